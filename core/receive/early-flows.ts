import type { FlowEntry } from './flow-entry.ts'
import type { BytePool } from './object/byte-pool.ts'
import type { ReceiveLimits } from './object/limits.ts'

const FIRST_PAGE_BYTES = 4096
const MAX_PAGE_BYTES = 256 * 1024
/** Numbers per datagram in `EarlyDatagrams.#index`. */
const FIELDS = 5

/** Takes the stored datagrams of a flow, in order of arrival. */
type EarlySink = (bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number) => void

/** Copies of one flow's datagrams, in pages. */
class EarlyDatagrams {
  readonly #pages: Uint8Array[] = []
  /** Page, start, end, time and frame of each datagram. */
  readonly #index: number[] = []
  #used = 0
  pageBytes = 0

  /** Bytes of the new page for a datagram of this size; 0 where the last page has room. */
  needs(size: number): number {
    const last = this.#pages.at(-1)
    if (last !== undefined && last.length - this.#used >= size) return 0
    const next = last === undefined ? FIRST_PAGE_BYTES : Math.min(MAX_PAGE_BYTES, last.length * 2)
    return Math.max(next, size)
  }

  add(bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    const page = this.needs(end - start)
    if (page > 0) {
      this.#pages.push(new Uint8Array(page))
      this.pageBytes += page
      this.#used = 0
    }
    const at = this.#pages.length - 1
    this.#pages[at]?.set(bytes.subarray(start, end), this.#used)
    this.#index.push(at, this.#used, this.#used + end - start, timeUs, frame)
    this.#used += end - start
  }

  replay(into: EarlySink): void {
    const index = this.#index
    for (let at = 0; at < index.length; at += FIELDS) {
      const page = this.#pages[index[at] as number] as Uint8Array
      const [start, end, timeUs, frame] = index.slice(at + 1, at + FIELDS) as [number, number, number, number]
      into(page, start, end, timeUs, frame)
    }
  }
}

/**
 * Stores datagrams of flows that no signalling names so far. A capture may show media before the SLT, S-TSID or gateway
 * configuration; without a copy its first objects would be incomplete. Bounds: `earlyBytes` in all and `earlyMs` per
 * flow; a flow beyond either is dropped as a whole, as if it had not been received.
 */
export class EarlyFlows {
  readonly #limits: ReceiveLimits
  readonly #pool: BytePool
  readonly #kept = new Map<FlowEntry, EarlyDatagrams>()
  #bytes = 0

  constructor(limits: ReceiveLimits, pool: BytePool) {
    this.#limits = limits
    this.#pool = pool
  }

  keep(entry: FlowEntry, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    const kept = this.#kept.get(entry) ?? new EarlyDatagrams()
    const more = kept.needs(end - start)
    const room = this.#bytes + more <= this.#limits.earlyBytes && this.#pool.reserve(more)
    if (!room) {
      this.#drop(entry)
      return
    }
    this.#bytes += more
    kept.add(bytes, start, end, timeUs, frame)
    this.#kept.set(entry, kept)
  }

  /** Passes on the stored datagrams of a flow, and removes them. */
  release(entry: FlowEntry, into: EarlySink): void {
    const kept = this.#kept.get(entry)
    if (kept === undefined) return
    this.#forget(entry, kept)
    kept.replay(into)
  }

  /** Drops flows that stayed unnamed for `earlyMs`. */
  tick(timeUs: number): void {
    for (const entry of this.#kept.keys()) {
      if (timeUs - entry.firstTimeUs >= this.#limits.earlyMs * 1000) this.#drop(entry)
    }
  }

  /** Drops everything: no more signalling will arrive. */
  close(): void {
    for (const entry of [...this.#kept.keys()]) this.#drop(entry)
  }

  #drop(entry: FlowEntry): void {
    entry.awaitsName = false
    entry.nameless = true
    const kept = this.#kept.get(entry)
    if (kept !== undefined) this.#forget(entry, kept)
  }

  #forget(entry: FlowEntry, kept: EarlyDatagrams): void {
    this.#kept.delete(entry)
    this.#bytes -= kept.pageBytes
    this.#pool.unreserve(kept.pageBytes)
  }
}
