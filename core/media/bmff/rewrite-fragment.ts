import { u32At } from '../../bytes/ints.ts'
import { BOX_HEADER_BYTES, type Box, childBoxes, fullBox } from './boxes.ts'
import type { FragmentRun, FragmentSample } from './fragment-samples.ts'

/** New content of a sample: ranges of the old bytes, each with its length in front where they are NAL units. */
export type SampleContent = {
  readonly ranges: readonly (readonly [number, number])[]
  readonly nals: boolean
}

/** A sample of a rewritten fragment. */
export type RewrittenSample = {
  readonly sample: FragmentSample
  readonly content: SampleContent
  /** Ticks; null: that of the initialisation segment. */
  readonly duration: number | null
}

/** The samples to write, by the offset of the `trun` they were in. */
export type RewrittenRuns = ReadonlyMap<
  number,
  { readonly run: FragmentRun; readonly samples: readonly RewrittenSample[] }
>

/** Boxes that refer to samples by place, as those of encryption do: a fragment with one is not rewritten. */
const BY_PLACE = new Set(['senc', 'saiz', 'saio', 'sbgp', 'subs', 'uuid'])
const NAL_LENGTH_BYTES = 4

/** The moof and mdat of other samples, `room` bytes long with a free box at the end; null where that is too little. */
export function rewriteFragment(bytes: Uint8Array, moof: Box, runs: RewrittenRuns, room: number): Uint8Array | null {
  const moofBytes = moofSize(bytes, moof, runs)
  if (moofBytes === null) return null
  const dataBytes = samplesOf(runs).reduce((sum, one) => sum + sizeOf(one.content), 0)
  const left = room - moofBytes - BOX_HEADER_BYTES - dataBytes
  if (left < 0) return null
  // A free box needs a header: what is too short for one ends the mdat.
  const padded = left < BOX_HEADER_BYTES ? left : 0
  const out = new Writer(room)
  out.box('moof', () => {
    let dataAt = moofBytes + BOX_HEADER_BYTES
    for (const child of childBoxes(bytes, moof)) {
      if (child.type !== 'traf') out.copy(bytes, child)
      else dataAt = writeTraf(out, bytes, child, runs, dataAt)
    }
  })
  out.box('mdat', () => {
    for (const { content } of samplesOf(runs)) out.content(bytes, content)
    out.skip(padded)
  })
  if (left > padded) out.box('free', () => out.skip(left - BOX_HEADER_BYTES))
  return out.bytes
}

const samplesOf = (runs: RewrittenRuns): RewrittenSample[] => [...runs.values()].flatMap(({ samples }) => samples)

function sizeOf({ ranges, nals }: SampleContent): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + (nals ? NAL_LENGTH_BYTES : 0), 0)
}

/** Size of the moof to write; null where it cannot be rewritten. */
function moofSize(bytes: Uint8Array, moof: Box, runs: RewrittenRuns): number | null {
  let size = BOX_HEADER_BYTES
  for (const child of childBoxes(bytes, moof)) {
    if (child.type !== 'traf') {
      size += child.size
      continue
    }
    size += BOX_HEADER_BYTES
    for (const part of childBoxes(bytes, child)) {
      if (BY_PLACE.has(part.type)) return null
      if (part.type === 'trun') {
        const written = runs.get(part.offset)
        if (written === undefined) return null
        const flags = fieldsOf(written)
        size += 20 + (flags & FIRST ? 4 : 0) + written.samples.length * entryBytes(flags)
      } else size += part.type === 'tfhd' ? part.size - baseBytes(bytes, part) : part.size
    }
  }
  return size
}

/** Bytes of base_data_offset, which is not kept. */
const baseBytes = (bytes: Uint8Array, tfhd: Box): number => ((flagsOf(bytes, tfhd) & 1) === 0 ? 0 : 8)
const flagsOf = (bytes: Uint8Array, box: Box): number => u32At(bytes, fullBox(bytes, box, 0).fields - 4) & 0xff_ffff

/** Fields of a `trun` (ISO/IEC 14496-12 §8.8.8). */
const OFFSET = 1
const FIRST = 4
const DURATION = 0x100
const SIZE = 0x200
const FLAGS = 0x400
const COMPOSITION = 0x800

type RewrittenRun = RewrittenRuns extends ReadonlyMap<number, infer Run> ? Run : never

/** The fields that the samples need: those they had, and what now differs from the default. */
function fieldsOf({ run, samples }: RewrittenRun): number {
  const longer = samples.some(({ sample, duration }) => duration !== sample.duration)
  const resized = samples.some(({ sample, content }) => sizeOf(content) !== sample.size)
  const fields = (run.fields & ~FIRST) | OFFSET | (longer ? DURATION : 0) | (resized ? SIZE : 0)
  return fields | (samples[0]?.sample === run.samples[0] ? run.fields & FIRST : 0)
}

const entryBytes = (fields: number): number =>
  4 * [DURATION, SIZE, FLAGS, COMPOSITION].filter((field) => (fields & field) !== 0).length

/** @param dataAt of its first sample, from the start of the moof @returns that of the next traf */
function writeTraf(out: Writer, bytes: Uint8Array, traf: Box, runs: RewrittenRuns, dataAt: number): number {
  let at = dataAt
  out.box('traf', () => {
    for (const part of childBoxes(bytes, traf)) {
      if (part.type === 'tfhd') writeTfhd(out, bytes, part)
      else if (part.type === 'trun') at = writeTrun(out, bytes, part, runs.get(part.offset), at)
      else out.copy(bytes, part)
    }
  })
  return at
}

/** The same with offsets from the moof (default-base-is-moof). */
function writeTfhd(out: Writer, bytes: Uint8Array, tfhd: Box): void {
  const { version, fields } = fullBox(bytes, tfhd, 4)
  const flags = flagsOf(bytes, tfhd)
  out.box('tfhd', () => {
    out.u32(((version << 24) | (flags & ~1) | 0x02_0000) >>> 0)
    out.u32(u32At(bytes, fields))
    out.range(bytes, fields + 4 + baseBytes(bytes, tfhd), tfhd.offset + tfhd.size)
  })
}

function writeTrun(
  out: Writer,
  bytes: Uint8Array,
  trun: Box,
  written: RewrittenRun | undefined,
  dataAt: number,
): number {
  if (written === undefined) return dataAt
  const { version } = fullBox(bytes, trun, 4)
  const { samples } = written
  const fields = fieldsOf(written)
  let at = dataAt
  out.box('trun', () => {
    out.u32(((version << 24) | fields) >>> 0)
    out.u32(samples.length)
    out.u32(dataAt)
    if (fields & FIRST) out.u32(samples[0]?.sample.flags ?? 0)
    for (const { sample, content, duration } of samples) {
      const size = sizeOf(content)
      if (fields & DURATION) out.u32(duration ?? 0)
      if (fields & SIZE) out.u32(size)
      if (fields & FLAGS) out.u32(sample.flags ?? 0)
      if (fields & COMPOSITION) out.u32(sample.compositionOffset ?? 0)
      at += size
    }
  })
  return at
}

class Writer {
  readonly bytes: Uint8Array
  readonly #view: DataView
  at = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  box(type: string, write: () => void): void {
    const start = this.at
    this.at += 4
    for (const letter of type) this.bytes[this.at++] = letter.charCodeAt(0)
    write()
    this.#view.setUint32(start, this.at - start)
  }

  skip(bytes: number): void {
    this.at += bytes
  }

  u32(value: number): void {
    this.#view.setUint32(this.at, value)
    this.at += 4
  }

  copy(bytes: Uint8Array, box: Box): void {
    this.range(bytes, box.offset, box.offset + box.size)
  }

  range(bytes: Uint8Array, from: number, to: number): void {
    this.bytes.set(bytes.subarray(from, to), this.at)
    this.at += to - from
  }

  content(bytes: Uint8Array, { ranges, nals }: SampleContent): void {
    for (const [from, to] of ranges) {
      if (nals) this.u32(to - from)
      this.range(bytes, from, to)
    }
  }
}
