import type { AppError } from '../contract/app-error.ts'

/** Failures of one kind that are reported one by one; more are counted. */
const MOST = 8

/** Reports the first failures of many, each once, and the number of the others at the end. */
export class FirstReports {
  readonly #report: (error: AppError) => void
  readonly #seen = new Set<string>()
  #more = 0

  constructor(report: (error: AppError) => void) {
    this.#report = report
  }

  add(error: AppError): void {
    if (this.#seen.has(error.message)) return
    if (this.#seen.size >= MOST) {
      this.#more++
      return
    }
    this.#seen.add(error.message)
    this.#report(error)
  }

  /** Reports how many more there were, once. @param last makes the sentence */
  end(last: (more: number) => AppError): void {
    if (this.#more > 0) this.#report(last(this.#more))
    this.#more = 0
  }
}
