import type { LoopLedger } from './loop-ledger.ts'

/** What the broadcasts of a session and the part that compares what comes back share. */
export class LoopLink {
  /** Null: nothing is compared. */
  ledger: LoopLedger | null = null
  /** Settles once every broadcast has sent its last packet. */
  readonly over: Promise<void>
  #sending = 0
  #settle: () => void = () => undefined

  constructor() {
    this.over = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** The session's link, for `PartHost.shared`. */
  static readonly key = 'self-loop'

  /** A broadcast begins. @returns its ledger; null: nothing is compared */
  begin(): LoopLedger | null {
    this.#sending++
    return this.ledger
  }

  /** A broadcast has sent its last packet. */
  end(): void {
    if (--this.#sending > 0) return
    this.ledger?.end()
    this.#settle()
  }

  async close(): Promise<void> {
    this.#settle()
  }
}
