import type { ByteRange } from '../flow/objects.ts'
import { type MpuContents, readMpuFile } from '../media/mmt/mpu-reader.ts'
import { mpuMediaSegment, type PlayedSample } from '../media/mmt/mpu-segment.ts'
import type { StoredMpu } from './mmt-stretches.ts'

/** Makes a media segment of a stored MPU; samples that lack bytes are left empty. */
export function segmentOf({ decodeTime, sequence, missing, still, duration }: StoredMpu, file: Uint8Array): Uint8Array {
  // Read again, not kept: a day of MPUs has millions of samples.
  const contents = readMpuFile(file.length, (from, to) => file.subarray(from, to))
  const trackId = contents.movie.tracks[0]?.trackId ?? 1
  const samples: PlayedSample[] = []
  for (const { at, sample } of samplesOf(contents)) {
    const end = at + sample.size
    const whole = end <= file.length && !missing.some(([from, to]) => from < end && to > at)
    samples.push({ ...sample, data: whole ? file.subarray(at, end) : null })
  }
  const first = samples.find(({ data }) => data !== null)
  if (still && first !== undefined) samples.splice(0, samples.length, { ...first, duration })
  return mpuMediaSegment({ trackId, sequenceNumber: sequence, decodeTime, samples })
}

/** Whether an MPU with holes is worth playing: half of its samples arrived. A gap in the time line makes players wait. */
export function isPlayable(contents: MpuContents, missing: readonly ByteRange[]): boolean {
  let whole = 0
  let all = 0
  for (const { at, sample } of samplesOf(contents)) {
    all++
    if (!missing.some(([from, to]) => from < at + sample.size && to > at)) whole++
  }
  return whole > 0 && whole * 2 >= all
}

function* samplesOf({ movie, fragments }: MpuContents) {
  const trackId = movie.tracks[0]?.trackId
  for (const { at, fragment } of fragments)
    for (const run of fragment.tracks)
      if (run.track.trackId === trackId) for (const sample of run.samples) yield { at: at + sample.offset, sample }
}
