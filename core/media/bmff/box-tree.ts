import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import type { BoxField, BoxRow, ObjectBoxes } from '../../contract/object-boxes.ts'
import { type Hole, isWhole, nextHole } from '../holes.ts'
import { BOX_LAYOUTS } from './box-layouts.ts'
import { dottedAscii, FieldReader, FieldsEnd } from './field-reader.ts'
import { type FragmentSample, fragmentSamples } from './fragment-samples.ts'
import { boxAt, segmentBoxes } from './segment-boxes.ts'

/** Most boxes of a tree, and its levels. */
const MAX_ROWS = 3000
const MAX_DEPTH = 16
/** Most bytes in which boxes are looked for: a progressive file of minutes. */
const MAX_BYTES = 64 << 20
/** Bytes searched for a box where the first ones did not arrive. */
const SEARCHED = 1 << 20
/** Samples of an `mdat` that are listed. */
const MAX_SAMPLES = 1000
/** Types that files and segments begin with; `mmpu` is an MPU. */
const FIRST_TYPES = new Set('ftyp styp moov moof sidx ssix prft emsg mdat free skip uuid mmpu meta'.split(' '))

/** True where the bytes that arrived show boxes of a file or segment. */
export function looksLikeBoxFile(bytes: Uint8Array, holes: readonly Hole[]): boolean {
  if (bytes.length < 8) return false
  if (isWhole(holes, 0, 8)) return FIRST_TYPES.has(dottedAscii(bytes.subarray(4, 8))) && boxAt(bytes, holes, 0) !== null
  return segmentBoxes(bytes.subarray(0, SEARCHED), holes) !== null
}

/**
 * All boxes of an object, nested, of the bytes that arrived: nothing is read from a hole, and where the header of a box is in
 * one, its bytes up to the next box are a row without a type.
 * @param bytes the object as far as it is stored, with any bytes in its holes
 * @param size of the whole object; null while unknown
 */
export function readBoxTree(bytes: Uint8Array, holes: readonly Hole[], size: number | null): ObjectBoxes {
  const examined = bytes.subarray(0, MAX_BYTES)
  const tree = new Tree(examined, holes)
  for (const box of segmentBoxes(examined, holes) ?? []) {
    if (box.type === null) tree.gap(box.offset, box.offset + box.size, 0)
    else tree.box(box.type, box.offset, box.announced, box.headerBytes, 0, examined.length)
  }
  const end = tree.rows.reduce((last, row) => (row.depth === 0 ? Math.max(last, row.offset + row.size) : last), 0)
  if (size !== null && end > 0 && end < size && bytes.length < size) tree.gap(Math.max(end, bytes.length), size, 0)
  return { rows: tree.rows, more: tree.full || examined.length < bytes.length }
}

/**
 * The fields of the box whose header is at `offset`, in wire order; of an `mdat` the samples that the `moof` before it
 * describes. Empty where there is no box.
 */
export function describeBox(bytes: Uint8Array, holes: readonly Hole[], offset: number): BoxField[] {
  const header = headerAt(bytes, holes, offset, bytes.length)
  if (header === null) return []
  const { type, size, headerBytes } = header
  const fields: BoxField[] = [
    {
      name: 'size',
      value: String(size),
      offset,
      size: headerBytes >= 16 && u32At(bytes, offset) === 1 ? 16 : 4,
      note: null,
    },
    { name: 'type', value: type, offset: offset + 4, size: 4, note: null },
  ]
  if (type === 'mdat') return [...fields, ...sampleFields(bytes, holes, offset, size)]
  const reader = new FieldReader(bytes, holes, offset + headerBytes, offset + size)
  readFields(type, reader)
  return [...fields, ...reader.fields]
}

type Header = { readonly type: string; readonly size: number; readonly headerBytes: number }

class Tree {
  readonly rows: BoxRow[] = []
  full = false
  readonly #bytes: Uint8Array
  readonly #holes: readonly Hole[]
  /** Tracks of which a fragment has a decode time. */
  readonly #timed = new Set<string | null>()
  /** A box did not arrive as a whole: what later ones lack may have been in it. */
  #unsure = false
  /** Samples of the newest `moof`. */
  #samples: readonly FragmentSample[] | null = null

  constructor(bytes: Uint8Array, holes: readonly Hole[]) {
    this.#bytes = bytes
    this.#holes = holes
  }

  gap(from: number, to: number, depth: number): void {
    const missing = missingIn(this.#holes, this.#bytes.length, from, to)
    const fault = missing > 0 ? 'the header of a box did not arrive' : 'no box begins here'
    this.#unsure ||= missing > 0
    this.#add({ type: null, offset: from, size: to - from, depth, missing, summary: null, fault })
  }

  box(type: string, offset: number, size: number, headerBytes: number, depth: number, limit: number): void {
    const missing = missingIn(this.#holes, this.#bytes.length, offset, offset + size)
    const at = this.rows.length
    const layout = BOX_LAYOUTS[type] ?? {}
    const summary = type === 'mdat' ? null : this.#summary(type, offset + headerBytes, offset + size)
    const over = offset + size - limit
    const fault = over > 0 ? `${over} bytes longer than ${depth === 0 ? 'what is there' : 'the box around it'}` : null
    if (!this.#add({ type, offset, size, depth, missing, summary, fault })) return
    if (type === 'moof') this.#samples = missing > 0 ? null : samplesOf(this.#bytes, offset, size, headerBytes)
    if (type === 'mdat') {
      this.#note(at, this.#hits(offset, offset + size, missing))
      // The next one belongs to another fragment: going through all samples for each of many would take its time.
      this.#samples = null
    }
    if (layout.children === undefined || depth + 1 >= MAX_DEPTH) return
    const types = this.#children(offset + headerBytes + layout.children, Math.min(offset + size, limit), depth + 1)
    if (types === null) this.#unsure = true
    let lacks = types === null ? [] : (layout.needs ?? []).filter((need) => !types.has(need))
    if (type === 'traf' && types !== null) {
      const track = this.rows.slice(at).find((row) => row.type === 'tfhd')?.summary ?? null
      // Later fragments of a track in one segment go on from the first (as GPAC's do).
      const known = this.#timed.has(track) || this.#unsure
      if (types.has('tfdt')) this.#timed.add(track)
      else if (known) lacks = lacks.filter((each) => each !== 'tfdt')
    }
    if (lacks.length > 0) this.#note(at, `${type} has no ${lacks.join(', no ')}`)
  }

  /** @returns the types of the children; null where not all of them are known */
  #children(from: number, end: number, depth: number): Set<string> | null {
    const types = new Set<string>()
    let at = from
    while (at < end) {
      // QuickTime ends some boxes with a word of zeros.
      if (end - at < 8) return types
      const header = headerAt(this.#bytes, this.#holes, at, end)
      if (header === null) {
        this.gap(at, end, depth)
        return null
      }
      this.box(header.type, at, header.size, header.headerBytes, depth, end)
      if (this.full) return null
      types.add(header.type)
      at += header.size
    }
    return at > end ? null : types
  }

  #add(row: BoxRow): boolean {
    if (this.rows.length < MAX_ROWS) this.rows.push(row)
    else this.full = true
    return !this.full
  }

  #note(at: number, text: string | null): void {
    const row = this.rows[at]
    if (row === undefined || text === null) return
    this.rows[at] = { ...row, fault: row.fault === null ? text : `${row.fault}; ${text}` }
  }

  #summary(type: string, from: number, end: number): string | null {
    const wanted = BOX_LAYOUTS[type]?.summary
    if (wanted === undefined) return null
    const reader = new FieldReader(this.#bytes, this.#holes, from, end, 0)
    readFields(type, reader)
    const words = wanted.map(([name, text]) => {
      const value = reader.fields.find((field) => field.name === name)?.value
      return value === undefined || value === null ? null : text.replace('$', value)
    })
    return words.includes(null) ? null : words.join(' ')
  }

  /** The samples of an `mdat` that lack bytes, where the `moof` before it arrived whole. */
  #hits(from: number, end: number, missing: number): string | null {
    if (missing === 0 || this.#samples === null) return null
    const inside = this.#samples.map((sample, index) => ({ ...sample, number: index + 1 }))
    const own = inside.filter(({ offset, size }) => offset >= from && offset + size <= end)
    const hit = own.filter(({ offset, size }) => !this.#arrived(offset, offset + size)).map(({ number }) => number)
    return hit.length === 0 ? null : `${hit.length} of ${own.length} samples cut: ${runsText(hit)}`
  }

  #arrived(from: number, to: number): boolean {
    return to <= this.#bytes.length && isWhole(this.#holes, from, to)
  }
}

function readFields(type: string, reader: FieldReader): void {
  const { read, children } = BOX_LAYOUTS[type] ?? {}
  try {
    if (read !== undefined) read(reader)
    else if (children === undefined) reader.rest('data')
  } catch (thrown) {
    if (!(thrown instanceof FieldsEnd)) throw thrown
  }
}

/** The header of any box; null where it did not arrive or is none. */
function headerAt(bytes: Uint8Array, holes: readonly Hole[], at: number, end: number): Header | null {
  if (!(at >= 0) || at + 8 > Math.min(end, bytes.length) || !isWhole(holes, at, at + 8)) return null
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return null
  let size = u32At(bytes, at)
  let headerBytes = 8
  if (size === 1) {
    if (at + 16 > bytes.length || !isWhole(holes, at, at + 16)) return null
    size = u32At(bytes, at + 8) * 0x1_0000_0000 + u32At(bytes, at + 12)
    headerBytes = 16
  } else if (size === 0) size = end - at
  if (type === 'uuid') headerBytes += 16
  return size < headerBytes ? null : { type, size, headerBytes }
}

/** Bytes of `[from, to)` that did not arrive. @param stored bytes there are; later ones are missing */
function missingIn(holes: readonly Hole[], stored: number, from: number, to: number): number {
  let missing = Math.max(0, to - Math.max(from, stored))
  const end = Math.min(to, stored)
  for (let at = from; at < end; ) {
    const hole = nextHole(holes, at)
    if (hole === null || hole[0] >= end) break
    missing += Math.min(hole[1], end) - Math.max(hole[0], from)
    at = hole[1]
  }
  return missing
}

function samplesOf(bytes: Uint8Array, offset: number, size: number, headerBytes: number): FragmentSample[] | null {
  try {
    return fragmentSamples(bytes, { type: 'moof', offset, size, headerBytes })
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}

/** The samples of an `mdat`, of the `moof` before it. */
function sampleFields(bytes: Uint8Array, holes: readonly Hole[], mdat: number, size: number): BoxField[] {
  const boxes = segmentBoxes(bytes.subarray(0, MAX_BYTES), holes) ?? []
  const moof = boxes.filter((box) => box.offset < mdat && box.type === 'moof').at(-1)
  const samples = moof?.whole ? samplesOf(bytes, moof.offset, moof.size, moof.headerBytes) : null
  if (samples === null) return []
  const own = samples
    .map((sample, index) => ({ ...sample, number: index + 1 }))
    .filter((sample) => sample.offset >= mdat && sample.offset + sample.size <= mdat + size)
  return own.slice(0, MAX_SAMPLES).map((sample) => {
    const missing = missingIn(holes, bytes.length, sample.offset, sample.offset + sample.size)
    return {
      name: `sample ${sample.number}`,
      value: `${sample.size} bytes of track ${sample.track}${sample.sync === true ? ', sync' : ''}`,
      offset: sample.offset,
      size: sample.size,
      note: missing === 0 ? null : `cut: ${missing} bytes did not arrive`,
    }
  })
}

/** `3, 7–9` of rising numbers; of many runs the first. */
function runsText(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  const shown = runs.slice(0, 4).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`))
  return runs.length > shown.length ? `${shown.join(', ')} …` : shown.join(', ')
}
