import type { LiveFile } from './growing-origin.ts'

/** Bytes that are kept for inputs that have not asked for them yet: among several, and while there is one only. */
const MOST_BYTES = 64 << 20
const MOST_BYTES_ALONE = 4 << 20
/** How long they are kept, ms. */
const KEPT_MS = 30_000

/** One input's way to the files of servers that it may have in common with others. */
export interface FileSharing {
  /**
   * Gets a file: from another input that has asked for it, or by asking.
   * @param address with the login, by which files are told apart
   * @param over ends the waiting for another input's answer
   * @param fetch asks the server; its failure is this input's own, and another one asks for itself
   */
  get(address: string, over: AbortSignal, fetch: () => Promise<LiveFile>): Promise<LiveFile>
}

/** What the inputs of one broadcast ask servers for: each file that several of them want is fetched once. */
export class SharedFiles {
  /** By address, the oldest first. */
  readonly #fetched = new Map<string, Fetched>()
  #inputs = 0
  #bytes = 0

  /** For a further input. */
  join(): FileSharing {
    this.#inputs++
    const input = {}
    return { get: (address, over, fetch) => this.#get(input, address, over, fetch) }
  }

  async close(): Promise<void> {
    this.#fetched.clear()
    this.#bytes = 0
  }

  async #get(input: object, address: string, over: AbortSignal, fetch: () => Promise<LiveFile>): Promise<LiveFile> {
    for (;;) {
      const known = this.#fetched.get(address)
      // Who asks for it again wants it as it is now.
      if (known === undefined || (known.bytes > 0 && known.takers.has(input))) return this.#fetch(input, address, fetch)
      known.takers.add(input)
      const file = await within(known.file, over)
      if (file === null) return { kind: 'failed', reason: 'its time was up' }
      if (file.kind === 'failed') continue
      if (known.takers.size >= this.#inputs) this.#drop(address, known)
      return file
    }
  }

  #fetch(input: object, address: string, fetch: () => Promise<LiveFile>): Promise<LiveFile> {
    const before = this.#fetched.get(address)
    if (before !== undefined) this.#drop(address, before)
    const file = fetch()
    const fetched: Fetched = { file: file.catch(() => FAILED), takers: new Set([input]), sinceMs: Date.now(), bytes: 0 }
    this.#fetched.set(address, fetched)
    fetched.file = fetched.file.then((come) => {
      if (come.kind === 'bytes' && this.#fetched.get(address) === fetched) this.#keep(fetched, come.bytes.length)
      else this.#drop(address, fetched)
      return come
    })
    return file
  }

  #keep(fetched: Fetched, bytes: number): void {
    fetched.bytes = bytes
    this.#bytes += bytes
    const most = this.#inputs > 1 ? MOST_BYTES : MOST_BYTES_ALONE
    const sinceMs = Date.now() - KEPT_MS
    for (const [address, each] of this.#fetched)
      if (each.bytes > 0 && (this.#bytes > most || each.sinceMs < sinceMs)) this.#drop(address, each)
  }

  #drop(address: string, fetched: Fetched): void {
    if (this.#fetched.get(address) !== fetched) return
    this.#fetched.delete(address)
    this.#bytes -= fetched.bytes
  }
}

/** A file that was asked for. */
type Fetched = {
  /** Never rejects. */
  file: Promise<LiveFile>
  /** Inputs that have it, or wait for it. */
  readonly takers: Set<object>
  readonly sinceMs: number
  /** 0: it has not come yet. */
  bytes: number
}

const FAILED: LiveFile = { kind: 'failed', reason: 'it could not be fetched' }

/** @returns null where the signal comes first */
function within<Value>(value: Promise<Value>, over: AbortSignal): Promise<Value | null> {
  return new Promise((resolve) => {
    const end = (): void => resolve(null)
    if (over.aborted) end()
    over.addEventListener('abort', end)
    void value.then((come) => {
      over.removeEventListener('abort', end)
      resolve(come)
    })
  })
}
