import type { SessionRequest } from '../../core/contract/open-request.ts'
import { readStoredRequest, sameSources, storableRequest } from '../../core/contract/stored-request.ts'
import { readJson, writeJson } from './json-file.ts'

const MOST_RECENT = 12

/** Recently opened captures and addresses, newest first, kept in one file between runs. */
export class RecentItems {
  readonly #path: string
  #items: readonly SessionRequest[]

  constructor(path: string) {
    this.#path = path
    const stored = readJson(path)
    this.#items = (Array.isArray(stored) ? stored : [])
      .flatMap((one) => readStoredRequest(one) ?? [])
      .slice(0, MOST_RECENT)
  }

  list(): readonly SessionRequest[] {
    return this.#items
  }

  /** Puts `request` first; an earlier one with the same sources is removed. */
  add(request: SessionRequest): void {
    const stored = storableRequest(request)
    this.#items = [stored, ...this.#items.filter((other) => !sameSources(other, stored))].slice(0, MOST_RECENT)
    writeJson(this.#path, this.#items)
  }
}
