import type { FileTransfer, TransferState, TransfersSnapshot } from '../contract/served-requests.ts'
import { shownText } from '../contract/shown-text.ts'
import { Version } from '../flow/version.ts'

/** Transfers that are kept. The next one takes the place of the oldest. */
const KEPT = 200
/** Longest path and error that are kept, in characters. */
const LONGEST_TEXT = 500
/** A rate is measured over at least this time. */
const RATE_US = 1_000_000

type Row = { -readonly [Field in keyof FileTransfer]: FileTransfer[Field] }

/** One transfer, as the part that makes it reports it. */
export interface TransferProgress {
  /** So many more bytes have been transferred. */
  moved(bytes: number): void
  /** It failed and is tried again from its start. @param waitMs until then */
  retries(error: string, waitMs: number): void
  /** It has ended. @param error why it failed; null: it did not */
  end(error: string | null): void
}

/** Files that are uploaded, or pushed, for a window: the newest ones. */
export class TransferTable {
  readonly #nowUs: () => number
  readonly #places: KeptTransfer[] = []
  readonly #version = new Version()
  #total = 0

  /** @param nowUs wall clock, µs */
  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** Adds a transfer that begins. @param sizeBytes null: not known yet */
  begin(direction: FileTransfer['direction'], peer: string, path: string, sizeBytes: number | null): TransferProgress {
    const number = ++this.#total
    const named = { number, direction, peer, path: shownText(path, LONGEST_TEXT), sizeBytes }
    const transfer = new KeptTransfer(named, this.#nowUs)
    this.#places[(number - 1) % KEPT] = transfer
    return transfer
  }

  version(): number {
    let changes = 0
    for (const each of this.#places) changes += each.changes
    return this.#version.of(this.#total, changes)
  }

  snapshot(): TransfersSnapshot {
    return { total: this.#total, places: this.#places.map((each) => each.row()) }
  }
}

class KeptTransfer implements TransferProgress {
  readonly #nowUs: () => number
  readonly #row: Row
  /** Where the rate is measured from. */
  #mark: { readonly us: number; readonly bytes: number }
  /** When this attempt began, µs. */
  #attemptUs: number
  changes = 0

  constructor(named: Pick<FileTransfer, 'number' | 'direction' | 'peer' | 'path' | 'sizeBytes'>, nowUs: () => number) {
    this.#nowUs = nowUs
    const timeUs = nowUs()
    this.#mark = { us: timeUs, bytes: 0 }
    this.#attemptUs = timeUs
    this.#row = {
      ...named,
      timeUs,
      state: 'running',
      bytes: 0,
      rateBps: null,
      durationUs: null,
      retries: 0,
      retryAtUs: null,
      error: null,
    }
  }

  /** The transfer as it is now. */
  row(): FileTransfer {
    const nowUs = this.#nowUs()
    const { us, bytes } = this.#mark
    if (this.#row.state === 'running' && nowUs - us >= RATE_US) {
      this.#row.rateBps = rateOf(this.#row.bytes - bytes, nowUs - us)
      this.#mark = { us: nowUs, bytes: this.#row.bytes }
    }
    return this.#row
  }

  moved(bytes: number): void {
    this.changes++
    if (this.#row.state === 'retrying') this.#restart()
    this.#row.bytes += bytes
  }

  retries(error: string, waitMs: number): void {
    this.changes++
    this.#row.state = 'retrying'
    this.#row.retries++
    this.#row.retryAtUs = this.#nowUs() + Math.round(waitMs * 1000)
    this.#row.error = shownText(error, LONGEST_TEXT)
    this.#row.rateBps = null
  }

  end(error: string | null): void {
    this.changes++
    const state: TransferState = error === null ? 'done' : 'failed'
    const nowUs = this.#nowUs()
    this.#row.state = state
    this.#row.retryAtUs = null
    this.#row.durationUs = Math.max(0, nowUs - this.#row.timeUs)
    if (error === null) {
      this.#row.sizeBytes = this.#row.bytes
      this.#row.rateBps = rateOf(this.#row.bytes, nowUs - this.#attemptUs)
    } else {
      this.#row.rateBps = null
      this.#row.error = shownText(error, LONGEST_TEXT)
    }
  }

  #restart(): void {
    this.#attemptUs = this.#nowUs()
    this.#mark = { us: this.#attemptUs, bytes: 0 }
    this.#row.state = 'running'
    this.#row.retryAtUs = null
    this.#row.bytes = 0
  }
}

/** Bits per second; null where no time has passed. */
function rateOf(bytes: number, us: number): number | null {
  return us > 0 ? Math.round((bytes * 8 * 1_000_000) / us) : null
}
