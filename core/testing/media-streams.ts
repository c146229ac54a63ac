import type { ByteSink } from '../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../flow/samples.ts'
import type { MediaFormat } from '../media/stream/media-formats.ts'
import { openReader, openWriter } from '../media/stream/open-stages.ts'
import { SampleInterleaver } from '../media/stream/sample-interleaver.ts'
import { StreamFaults } from '../media/stream/stream-faults.ts'
import { demoFile } from './fuzz/samples.ts'

/** Samples with their tracks, kept. */
export type KeptSamples = {
  readonly tracks: SampleTrack[]
  readonly samples: Sample[]
  readonly faults: StreamFaults
  readonly refusals: string[]
}

/** A sink that keeps copies. */
function keepSamples(into: KeptSamples): SampleSink {
  return {
    track: (track) => void into.tracks.push(track),
    sample: (sample) => void into.samples.push({ ...sample, data: sample.data.slice() }),
    end: () => undefined,
  }
}

/** Reads a stream that comes in pieces. @param pieceAt length of the piece that begins at an offset */
export function readStream(
  format: MediaFormat,
  bytes: Uint8Array,
  pieceAt: (offset: number) => number = () => 65_536,
): KeptSamples {
  const kept: KeptSamples = { tracks: [], samples: [], faults: new StreamFaults(), refusals: [] }
  const reader = openReader(format, keepSamples(kept), kept.faults, {
    rate: null,
    refuse: (sentence) => void kept.refusals.push(sentence),
  })
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + Math.max(1, pieceAt(at)))
    reader.chunk(bytes, at, end, 0)
    at = end
  }
  reader.end(0)
  return kept
}

/** A sink that keeps each chunk. */
export function keepChunks(into: Uint8Array[]): ByteSink {
  return { chunk: (bytes, start, end) => void into.push(bytes.slice(start, end)), end: () => undefined }
}

/** Writes samples, in the order of their decode times, as a stream. */
export function writeStream(
  format: MediaFormat,
  { tracks, samples }: Pick<KeptSamples, 'tracks' | 'samples'>,
): Uint8Array {
  const chunks: Uint8Array[] = []
  const writer = new SampleInterleaver(openWriter(format, keepChunks(chunks), 1, new StreamFaults()))
  for (const track of tracks) writer.track(track)
  for (const sample of samples) writer.sample(sample)
  writer.end()
  return new Uint8Array(Buffer.concat(chunks))
}

/** The first seconds of the demo: H.264 as track 1, AAC as track 2, in one list. */
export function demoMedia(segments = 2): KeptSamples {
  const kept: KeptSamples = { tracks: [], samples: [], faults: new StreamFaults(), refusals: [] }
  for (const [at, name] of ['video', 'audio'].entries()) {
    const files = [`${name}-init.mp4`, ...Array.from({ length: segments }, (_, number) => `${name}-${number + 1}.m4s`)]
    const { tracks, samples } = readStream('mp4', new Uint8Array(Buffer.concat(files.map(demoFile))))
    kept.tracks.push(...tracks.map((track) => ({ ...track, id: at + 1 })))
    kept.samples.push(...samples.map((sample) => ({ ...sample, track: at + 1 })))
  }
  return kept
}
