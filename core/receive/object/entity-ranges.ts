import { CodecError } from '../../bytes/codec-error.ts'
import { ByteRanges } from './byte-ranges.ts'

/** Bound on files under assembly, and on their memory. */
const MAX_FILES = 64
const MAX_BYTES = 64 << 20

type Range = { readonly first: number; readonly last: number; readonly total: number | null }
type Partial = { readonly ranges: ByteRanges; bytes: Uint8Array; total: number | null }

/**
 * Joins files of entity mode sent in several objects, each with a Content-Range (RFC 9223 §4.2.2). Beyond the bound the
 * least recently used file is dropped.
 */
export class EntityRanges {
  readonly #files = new Map<string, Partial>()
  readonly #largest: number
  #bytes = 0

  constructor(largest: number) {
    this.#largest = Math.min(largest, MAX_BYTES)
  }

  /**
   * Adds one range.
   * @returns the whole file once complete, else null
   * @throws CodecError `entity-range` for an invalid range
   */
  add(key: string, range: Range, body: Uint8Array): Uint8Array | null {
    const end = range.first + body.length
    const total = range.total
    if (range.last + 1 !== end || end > this.#largest || (total !== null && (end > total || total > this.#largest))) {
      const text = `bytes ${range.first}-${range.last} of ${total ?? 'unknown'} with a body of ${body.length} are inconsistent`
      throw new CodecError('entity-range', 0, text)
    }
    let file = this.#files.get(key)
    if (file !== undefined) this.#files.delete(key)
    // Another total is another version of the file.
    if (file === undefined || (total !== null && file.total !== null && file.total !== total)) {
      if (file !== undefined) this.#bytes -= file.bytes.length
      file = { ranges: new ByteRanges(), bytes: new Uint8Array(0), total: null }
    }
    file.total ??= total
    if (file.bytes.length < end) {
      // Doubles each time; never sized by a claimed total.
      const grown = new Uint8Array(
        Math.min(this.#largest, Math.max(end, Math.min(file.bytes.length * 2, file.total ?? end))),
      )
      grown.set(file.bytes)
      this.#bytes += grown.length - file.bytes.length
      file.bytes = grown
    }
    file.bytes.set(body, range.first)
    const added = file.ranges.add(range.first, end, [])
    if (file.total !== null && file.ranges.prefix >= file.total) {
      this.#bytes -= file.bytes.length
      return file.bytes.subarray(0, file.total)
    }
    if (added < 0) {
      this.#bytes -= file.bytes.length
      return null
    }
    this.#files.set(key, file)
    for (const [oldest, { bytes }] of this.#files) {
      if (this.#files.size <= MAX_FILES && this.#bytes <= MAX_BYTES) break
      this.#files.delete(oldest)
      this.#bytes -= bytes.length
    }
    return null
  }
}
