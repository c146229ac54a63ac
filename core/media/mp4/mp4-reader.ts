import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink } from '../../flow/samples.ts'
import { findBox } from '../bmff/boxes.ts'
import { NON_SYNC_SAMPLE } from '../bmff/fragment-samples.ts'
import { parseMovieFragment } from '../mmt/movie-fragment.ts'
import { type MpuMovie, parseMpuMovie } from '../mmt/mpu-movie.ts'
import { ByteQueue } from '../stream/byte-queue.ts'
import { MAX_TABLE_BYTES, MAX_UNIT_BYTES, type StreamFaults } from '../stream/stream-faults.ts'
import { type ReadTrack, timescaleOfMovie, tracksOfMovie } from './movie-tracks.ts'
import { hasSampleTable, SampleTableCursor } from './sample-table.ts'

/** Boxes that are read as a whole; the data of all others is passed over. */
const READ_BOXES = new Set(['moov', 'moof'])
/** Most samples that wait for their data. */
const MAX_WAITING = 65_536

/** Why a plain MP4 cannot be read from a stream. */
export const LATE_MOVIE = 'This MP4 has its movie header (moov) behind the media data, and a stream cannot be rewound.'

/** A sample whose data follows in the stream. */
type Expected = {
  readonly track: ReadTrack
  /** In the stream. */
  readonly offset: number
  readonly size: number
  readonly decodeTicks: number
  readonly offsetTicks: number
  readonly durationTicks: number
  readonly sync: boolean
}

/** The next sample of a track of a plain file. */
type TrackCursor = { readonly track: ReadTrack; readonly cursor: SampleTableCursor }

/** What is done with the bytes of the box in progress. */
type Doing = { readonly type: string; left: number; whole: Uint8Array[] | null }

/**
 * Reads MP4 as a stream: fragments (ISO/IEC 14496-12 §8.8), with or without another `moov` before each, or a plain file whose `moov`
 * precedes its data. Samples are given in the order of their data.
 */
export class Mp4Reader implements ByteSink {
  readonly #sink: SampleSink
  readonly #faults: StreamFaults
  readonly #refuse: (sentence: string) => void
  readonly #queue = new ByteQueue(64 * 1024)
  #doing: Doing | null = null
  #boxStart = 0
  #movie: MpuMovie | null = null
  #tracks = new Map<number, ReadTrack>()
  /** In the order of their data. */
  #expected: Expected[] = []
  #cursors: TrackCursor[] = []
  /** Stream offset at which the file in progress begins. */
  #origin = 0
  #fragments = false
  #refused = false
  #ended = false

  /** @param refuse gets the reason, as a sentence, why nothing more is read */
  constructor(sink: SampleSink, faults: StreamFaults, refuse: (sentence: string) => void) {
    this.#sink = sink
    this.#faults = faults
    this.#refuse = refuse
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    if (this.#refused) return
    this.#queue.append(bytes, start, end)
    this.#work()
  }

  /** Another file follows, or bytes are missing: up to the next `moof` or `moov` nothing is understood. */
  discontinuity(): void {
    this.#queue.clear()
    this.#doing = null
    this.#expected = []
    this.#cursors = []
    this.#origin = this.#queue.consumed
    this.#fragments = false
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#expected.length > 0 || this.#doing !== null) this.#faults.add('truncated')
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #work(): void {
    const queue = this.#queue
    while (!this.#refused && queue.length > 0) {
      if (this.#doing === null) {
        if (!this.#header()) return
        continue
      }
      const doing = this.#doing
      if (doing.whole !== null) {
        if (queue.length < doing.left) return
        this.#whole(doing.type, queue.bytes.slice(queue.start, queue.start + doing.left))
        queue.consume(doing.left)
        this.#doing = null
      } else if (!this.#data(doing)) return
    }
  }

  /** @returns false where more bytes are needed */
  #header(): boolean {
    const { bytes, start, length, consumed } = this.#queue
    if (length < 8) return false
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8))
    let size = u32At(bytes, start)
    let headerBytes = 8
    if (size === 1) {
      if (length < 16) return false
      size = u32At(bytes, start + 8) * 0x1_0000_0000 + u32At(bytes, start + 12)
      headerBytes = 16
    } else if (size === 0) size = Number.POSITIVE_INFINITY
    if (size < headerBytes || !/^[ -~©]{4}$/.test(type)) {
      this.#faults.add('resynchronised')
      this.#resynchronise()
      return true
    }
    this.#boxStart = consumed
    const whole = READ_BOXES.has(type)
    if (whole && size > MAX_TABLE_BYTES) {
      this.#stop(`A ${type} box of ${size} bytes is longer than the limit of ${MAX_TABLE_BYTES}.`)
      return false
    }
    if (type === 'moof') this.#fragments = true
    if (type === 'mdat' && this.#movie === null && !this.#fragments) {
      this.#stop(LATE_MOVIE)
      return false
    }
    // The whole box is kept with its header, of others only the data counts.
    if (!whole) this.#queue.consume(headerBytes)
    this.#doing = { type, left: whole ? size : size - headerBytes, whole: whole ? [] : null }
    return true
  }

  /** Skips to the next box that begins a fragment or a movie. */
  #resynchronise(): void {
    const queue = this.#queue
    queue.consume(1)
    while (queue.length >= 8) {
      const type = String.fromCharCode(...queue.bytes.subarray(queue.start + 4, queue.start + 8))
      if (type === 'moof' || type === 'moov' || type === 'styp' || type === 'ftyp') return
      queue.consume(1)
    }
  }

  /** Takes data of the box in progress. @returns false where more bytes are needed */
  #data(doing: Doing): boolean {
    const queue = this.#queue
    const boxEnd = queue.consumed + doing.left
    const next = this.#next()
    if (next === null || next.offset >= boxEnd) {
      const count = Math.min(doing.left, queue.length)
      this.#advance(doing, count)
      return true
    }
    const skip = next.offset - queue.consumed
    if (skip > 0) {
      this.#advance(doing, Math.min(skip, queue.length))
      return queue.length > 0
    }
    if (next.size > doing.left || next.size > MAX_UNIT_BYTES) {
      this.#faults.add(next.size > MAX_UNIT_BYTES ? 'oversized' : 'truncated')
      this.#expected.shift()
      return true
    }
    if (queue.length < next.size) return false
    this.#expected.shift()
    this.#give(next, queue.bytes.subarray(queue.start, queue.start + next.size))
    this.#advance(doing, next.size)
    return true
  }

  #advance(doing: Doing, count: number): void {
    this.#queue.consume(count)
    doing.left -= count
    if (doing.left === 0) this.#doing = null
  }

  /** The next sample whose data has not passed. */
  #next(): Expected | null {
    const at = this.#queue.consumed
    for (;;) {
      if (this.#expected.length === 0) this.#refill()
      const [next] = this.#expected
      if (next === undefined) return null
      if (next.offset >= at) return next
      this.#faults.add('unsupported')
      this.#expected.shift()
    }
  }

  /** Takes the next sample of the tables of a plain file: the one whose data comes first. */
  #refill(): void {
    let first: TrackCursor | null = null
    for (const each of this.#cursors) if (first === null || each.cursor.offset < first.cursor.offset) first = each
    if (first === null) return
    const { track, cursor } = first
    const { size, decodeTicks, offsetTicks, durationTicks, sync } = cursor
    const offset = this.#origin + cursor.offset
    this.#expected.push({ track, offset, size, decodeTicks, offsetTicks, durationTicks, sync })
    if (!cursor.next()) this.#cursors = this.#cursors.filter((each) => each.cursor !== cursor)
  }

  #give({ track, decodeTicks, offsetTicks, durationTicks, sync }: Expected, data: Uint8Array): void {
    this.#sink.sample({
      track: track.track.id,
      data,
      decodeTicks: decodeTicks + track.delayTicks,
      offsetTicks,
      durationTicks,
      sync,
    })
  }

  #whole(type: string, bytes: Uint8Array): void {
    try {
      if (type === 'moov') this.#takeMovie(bytes)
      else this.#takeFragment(bytes)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#faults.add('malformed')
    }
  }

  #takeMovie(bytes: Uint8Array): void {
    const movie = parseMpuMovie(bytes)
    if (movie.moov === null) return
    const all = tracksOfMovie(movie, timescaleOfMovie(bytes, movie.moov))
    const tracks = all.filter(({ encrypted }) => !encrypted)
    if (all.length > 0 && tracks.length === 0) {
      this.#stop('All tracks of this MP4 are encrypted, and nothing here has their keys.')
      return
    }
    this.#movie = movie
    if (tracks.length < all.length) this.#faults.add('encrypted')
    this.#tracks = new Map(tracks.map((track) => [track.mpu.trackId, track]))
    this.#cursors = []
    for (const track of tracks) {
      this.#sink.track(track.track)
      const stbl = findBox(bytes, track.mpu.box, 'mdia', 'minf', 'stbl')
      if (stbl === undefined || !hasSampleTable(bytes, stbl)) continue
      const cursor = new SampleTableCursor(bytes, stbl)
      if (cursor.next()) this.#cursors.push({ track, cursor })
    }
  }

  #takeFragment(bytes: Uint8Array): void {
    const movie = this.#movie
    if (movie === null) {
      this.#faults.add('undecodable')
      return
    }
    const { tracks } = parseMovieFragment(bytes, movie, this.#boxStart - this.#origin)
    const expected: Expected[] = []
    for (const { track: mpu, decodeTime, samples } of tracks) {
      const track = this.#tracks.get(mpu.trackId)
      if (track === undefined) continue
      let decodeTicks = decodeTime
      for (const { offset, size, duration, flags, compositionOffset } of samples) {
        const at = this.#boxStart + offset
        const sync = (flags & NON_SYNC_SAMPLE) === 0
        expected.push({
          track,
          offset: at,
          size,
          decodeTicks,
          offsetTicks: compositionOffset,
          durationTicks: duration,
          sync,
        })
        decodeTicks += duration
      }
    }
    if (this.#expected.length + expected.length > MAX_WAITING) {
      this.#faults.add('oversized')
      return
    }
    if (this.#expected.length > 0) this.#faults.add('truncated')
    this.#expected = expected.sort((a, b) => a.offset - b.offset)
  }

  #stop(sentence: string): void {
    this.#refused = true
    this.#queue.clear()
    this.#refuse(sentence)
  }
}
