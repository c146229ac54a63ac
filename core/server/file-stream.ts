import type { FileHandle } from 'node:fs/promises'
import type { ByteSink } from '../flow/bytes.ts'
import { mediaTypeOf } from '../http/mime.ts'
import { probeMediaType, splitterFor } from '../media/stream/split-stream.ts'
import type { StreamUnit } from '../media/stream/stream-unit.ts'

/** How fast a file is read: as fast as it is taken, or at the pace of its media. */
export type StreamPace = 'fast' | 'real'

const PIECE_BYTES = 16 * 1024
/** How far a stream is ahead of its media time, so that players have something to begin with, ms. */
const AHEAD_MS = 500
const UNKNOWN = 'application/octet-stream'

/**
 * Gives the bytes of an open file to a sink, then its end. At the pace of its media it goes on whether the sink keeps up or not, unless that is not ready.
 * @param name tells its format where its extension is known
 * @param signal ends it early, without an end
 */
export async function streamFile(
  { handle, name }: { readonly handle: FileHandle; readonly name: string },
  pace: StreamPace,
  sink: ByteSink,
  signal: AbortSignal,
): Promise<void> {
  const named = mediaTypeOf(name, null)
  const pieces = piecesOf((into, at) => handle.read(into, 0, into.byteLength, at), signal)
  if (pace === 'fast') await feed(pieces, named, sink, signal)
  else await feedPaced(pieces, named, sink, signal)
  if (!signal.aborted) sink.end(nowUs())
}

type Read = (into: Uint8Array, at: number) => Promise<{ bytesRead: number }>

async function* piecesOf(read: Read, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; !signal.aborted; ) {
    const piece = new Uint8Array(PIECE_BYTES)
    const { bytesRead } = await read(piece, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield piece.subarray(0, bytesRead)
  }
}

async function feed(
  pieces: AsyncIterable<Uint8Array>,
  named: string,
  sink: ByteSink,
  signal: AbortSignal,
): Promise<void> {
  let begun = false
  for await (const piece of pieces) {
    if (!begun) sink.format?.(formatOf(named, piece))
    begun = true
    for (let busy = sink.busy?.(); busy != null && !signal.aborted; busy = sink.busy?.()) await orAborted(busy, signal)
    if (signal.aborted) return
    sink.chunk(piece, 0, piece.byteLength, nowUs())
  }
}

async function feedPaced(
  pieces: AsyncIterable<Uint8Array>,
  named: string,
  sink: ByteSink,
  signal: AbortSignal,
): Promise<void> {
  const clock = new StreamClock(sink, signal)
  let splitter: ReturnType<typeof splitterFor> | null = null
  for await (const piece of pieces) {
    if (splitter === null) {
      const format = formatOf(named, piece)
      sink.format?.(format)
      splitter = splitterFor(format.contentType)
    }
    for (const unit of splitter.push(piece)) await clock.give(unit)
  }
  for (const unit of splitter?.end() ?? []) await clock.give(unit)
}

/** Gives units when they are due. */
class StreamClock {
  readonly #sink: ByteSink
  readonly #signal: AbortSignal
  /** When the media time was 0, on the clock of `performance`, ms; null: it has not begun. */
  #startMs: number | null = null

  constructor(sink: ByteSink, signal: AbortSignal) {
    this.#sink = sink
    this.#signal = signal
  }

  async give({ bytes, timeMs }: StreamUnit): Promise<void> {
    if (timeMs !== null && timeMs > AHEAD_MS) {
      if (this.#startMs === null) {
        const ready = this.#sink.ready?.() ?? null
        if (ready !== null) await orAborted(ready, this.#signal)
        this.#startMs = performance.now()
      }
      const wait = this.#sink.ready?.() ?? null
      if (wait !== null) {
        const sinceMs = performance.now()
        await orAborted(wait, this.#signal)
        this.#startMs += performance.now() - sinceMs
      }
      const leftMs = this.#startMs + timeMs - AHEAD_MS - performance.now()
      if (leftMs > 0) await orAborted(after(leftMs), this.#signal)
    }
    if (!this.#signal.aborted) this.#sink.chunk(bytes, 0, bytes.byteLength, nowUs())
  }
}

function formatOf(named: string, piece: Uint8Array): { contentType: string; extension: null } {
  return { contentType: named === UNKNOWN ? (probeMediaType(piece) ?? UNKNOWN) : named, extension: null }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function orAborted(what: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  let abort: () => void = () => {}
  const aborted = new Promise<void>((resolve) => {
    abort = resolve
  })
  signal.addEventListener('abort', abort)
  await Promise.race([what, aborted])
  signal.removeEventListener('abort', abort)
}

function nowUs(): number {
  return Date.now() * 1000
}
