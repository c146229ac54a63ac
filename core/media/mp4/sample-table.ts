import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { type Box, childBoxes, fullBox } from '../bmff/boxes.ts'

/** Most samples of a track: two days of audio at 48 kHz. */
const MAX_SAMPLES = 8_000_000

/** A table of the sample table box: where its entries begin, and how many there are. */
type Table = { readonly at: number; readonly count: number; readonly version: number }

/**
 * Reads the samples of one track of a plain MP4 one after another, in decode order (`stts`, `ctts`, `stsz`, `stsc`, `stco` or `co64`,
 * `stss`; ISO/IEC 14496-12 §8.6, §8.7). Fields are those of the current sample.
 */
export class SampleTableCursor {
  offset = 0
  size = 0
  decodeTicks = 0
  offsetTicks = 0
  durationTicks = 0
  sync = true
  readonly count: number
  readonly #bytes: Uint8Array
  readonly #stts: Table
  readonly #ctts: Table | null
  readonly #stss: Table | null
  readonly #stsc: Table
  readonly #chunks: Table
  readonly #wide: boolean
  readonly #sizes: Table | null
  readonly #oneSize: number
  #index = -1
  #sttsEntry = -1
  #sttsLeft = 0
  #cttsEntry = -1
  #cttsLeft = 0
  #stssEntry = 0
  #chunk = -1
  #chunkLeft = 0
  #stscEntry = 0

  /** @throws CodecError bmff-… for tables that are missing, cut off or too long */
  constructor(bytes: Uint8Array, stbl: Box) {
    const children = childBoxes(bytes, stbl)
    const find = (type: string): Box | undefined => children.find((box) => box.type === type)
    const table = (type: string, entryBytes: number): Table | null => {
      const box = find(type)
      if (box === undefined) return null
      const { fields, version } = fullBox(bytes, box, 4)
      const count = u32At(bytes, fields)
      fullBox(bytes, box, 4 + count * entryBytes)
      return { at: fields + 4, count, version }
    }
    const needed = (found: Table | null, type: string): Table => {
      if (found === null) throw new CodecError('bmff-table', stbl.offset, `the sample table has no ${type}`)
      return found
    }
    this.#bytes = bytes
    this.#stts = needed(table('stts', 8), 'stts')
    this.#ctts = table('ctts', 8)
    this.#stss = table('stss', 4)
    this.#stsc = needed(table('stsc', 12), 'stsc')
    this.#wide = find('co64') !== undefined
    this.#chunks = needed(this.#wide ? table('co64', 8) : table('stco', 4), 'stco')
    const stsz = find('stsz')
    if (stsz === undefined) throw new CodecError('bmff-table', stbl.offset, 'the sample table has no stsz')
    const { fields } = fullBox(bytes, stsz, 8)
    this.#oneSize = u32At(bytes, fields)
    this.count = u32At(bytes, fields + 4)
    if (this.count > MAX_SAMPLES) throw new CodecError('bmff-too-many', stsz.offset, `${this.count} samples in a track`)
    if (this.#oneSize === 0) fullBox(bytes, stsz, 8 + 4 * this.count)
    this.#sizes = this.#oneSize === 0 ? { at: fields + 8, count: this.count, version: 0 } : null
  }

  /** Goes to the next sample. @returns false behind the last, or where the tables tell of no more */
  next(): boolean {
    const bytes = this.#bytes
    const before = this.size
    this.decodeTicks += this.durationTicks
    if (++this.#index >= this.count) return false
    this.size = this.#sizes === null ? this.#oneSize : u32At(bytes, this.#sizes.at + 4 * this.#index)
    while (this.#sttsLeft === 0) {
      if (++this.#sttsEntry >= this.#stts.count) return false
      this.#sttsLeft = u32At(bytes, this.#stts.at + 8 * this.#sttsEntry)
      this.durationTicks = u32At(bytes, this.#stts.at + 8 * this.#sttsEntry + 4)
    }
    this.#sttsLeft--
    this.#composition()
    this.#syncSample()
    if (this.#chunkLeft > 0) {
      this.#chunkLeft--
      this.offset += before
      return true
    }
    return this.#nextChunk()
  }

  #composition(): void {
    const table = this.#ctts
    if (table === null) return
    while (this.#cttsLeft === 0 && ++this.#cttsEntry < table.count) {
      this.#cttsLeft = u32At(this.#bytes, table.at + 8 * this.#cttsEntry)
      const value = u32At(this.#bytes, table.at + 8 * this.#cttsEntry + 4)
      // Writers of version 0 use negative offsets as well.
      this.offsetTicks = value | 0
    }
    if (this.#cttsLeft > 0) this.#cttsLeft--
  }

  #syncSample(): void {
    const table = this.#stss
    if (table === null) return
    const number = this.#index + 1
    while (this.#stssEntry < table.count && u32At(this.#bytes, table.at + 4 * this.#stssEntry) < number)
      this.#stssEntry++
    this.sync = this.#stssEntry < table.count && u32At(this.#bytes, table.at + 4 * this.#stssEntry) === number
  }

  #nextChunk(): boolean {
    const bytes = this.#bytes
    const { at, count } = this.#stsc
    do {
      if (++this.#chunk >= this.#chunks.count || count === 0) return false
      while (this.#stscEntry + 1 < count && u32At(bytes, at + 12 * (this.#stscEntry + 1)) <= this.#chunk + 1)
        this.#stscEntry++
      this.#chunkLeft = u32At(bytes, at + 12 * this.#stscEntry + 4)
    } while (this.#chunkLeft === 0)
    this.#chunkLeft--
    const entry = this.#chunks.at + (this.#wide ? 8 : 4) * this.#chunk
    this.offset = this.#wide ? u32At(bytes, entry) * 0x1_0000_0000 + u32At(bytes, entry + 4) : u32At(bytes, entry)
    return true
  }
}

/** Whether the movie has samples of its own, as a plain MP4 does. */
export function hasSampleTable(bytes: Uint8Array, stbl: Box): boolean {
  const stsz = childBoxes(bytes, stbl).find(({ type }) => type === 'stsz')
  return stsz !== undefined && u32At(bytes, fullBox(bytes, stsz, 8).fields + 4) > 0
}
