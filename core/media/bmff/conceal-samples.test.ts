import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Hole } from '../holes.ts'
import { readBoxes } from './boxes.ts'
import { type FragmentSample, fragmentSamples } from './fragment-samples.ts'
import { patchSegment } from './patch-segment.ts'

const demo = join(__dirname, '..', '..', '..', 'assets', 'demo', 'presentation')
const video = new Uint8Array(readFileSync(join(demo, 'video-2.m4s')))
const audio = new Uint8Array(readFileSync(join(demo, 'audio-2.m4s')))

function samplesOf(bytes: Uint8Array): FragmentSample[] {
  const moof = readBoxes(bytes).find(({ type }) => type === 'moof')
  if (moof === undefined) throw new Error('no moof')
  return fragmentSamples(bytes, moof)
}

const contentOf = (bytes: Uint8Array, { offset, size }: FragmentSample): string =>
  Buffer.from(bytes.subarray(offset, offset + size)).toString('hex')

/** The samples of a segment that came without some bytes. */
function patched(bytes: Uint8Array, holes: readonly Hole[], length = bytes.length) {
  const received = bytes.slice(0, length)
  for (const [from, to] of holes) received.fill(0xee, from, to)
  const result = patchSegment(received, holes, 'strict', length < bytes.length)
  if (result === null) throw new Error('not patched')
  return { ...result, list: samplesOf(result.bytes) }
}

/** A video segment whose samples are no NAL units, as of VP9 or AV1. */
function opaqueVideo(): Uint8Array {
  const bytes = video.slice()
  const samples = samplesOf(bytes)
  for (const { offset, size } of samples) bytes.fill(0x90, offset, offset + size)
  return bytes
}

describe('a damaged fragment', () => {
  const samples = samplesOf(video)
  const at = (index: number): FragmentSample => samples[index] as FragmentSample

  const durationOf = (list: readonly FragmentSample[]): number =>
    list.reduce((sum, { duration }) => sum + (duration ?? 0), 0)

  it('keeps its length and its time line: the sample before a lost one lasts longer', () => {
    const { list, samples: counts, bytes } = patched(video, [[at(20).offset + 100, at(22).offset + 10]])
    expect(counts).toEqual({ all: 50, hidden: 3, holed: 0 })
    expect(list).toHaveLength(47)
    expect(durationOf(list)).toBe(durationOf(samples))
    expect(list[19]?.duration).toBe(4 * (at(19).duration ?? 0))
    expect(bytes).toHaveLength(video.length)
    expect(readBoxes(bytes).map(({ type }) => type)).toEqual(['styp', 'sidx', 'moof', 'mdat', 'free'])
  })

  it('of H.264 has no cut slice, and every whole picture as it was sent', () => {
    const { list, bytes } = patched(video, [[at(20).offset + 100, at(22).offset + 10]])
    const received = samples.flatMap((sample, index) => (index >= 20 && index <= 22 ? [] : contentOf(video, sample)))
    expect(list.map((sample) => contentOf(bytes, sample))).toEqual(received)
  })

  it('of sound repeats the sample before a lost one', () => {
    const sound = samplesOf(audio)
    const [first, second] = [sound[40], sound[44]] as [FragmentSample, FragmentSample]
    const { list, bytes, samples: counts } = patched(audio, [[first.offset, second.offset]])
    expect(counts).toMatchObject({ hidden: 0, holed: 4 })
    const whole = sound.map((sample) => contentOf(audio, sample))
    const heard = list.map((sample) => contentOf(bytes, sample))
    expect(heard).toHaveLength(whole.length)
    heard.forEach((content, index) => {
      if (index < 40 || index > 43) expect(content).toBe(whole[index])
      else expect(whole).toContain(content)
    })
    expect(durationOf(list)).toBe(durationOf(sound))
  })

  it('of sound leaves a long stretch out', () => {
    const sound = samplesOf(audio)
    const [from, to] = [sound[30], sound[60]] as [FragmentSample, FragmentSample]
    expect(patched(audio, [[from.offset, to.offset]]).samples).toMatchObject({ hidden: 30, holed: 0 })
  })

  it('of other video is cut at the first lost sample, and goes on at the next sync sample', () => {
    const bytes = opaqueVideo()
    const lost = [[at(20).offset + 5, at(20).offset + 6]] satisfies Hole[]
    const { list, samples: counts } = patched(bytes, lost)
    expect(list).toHaveLength(20)
    expect(durationOf(list)).toBe(durationOf(samples))
    expect(counts).toEqual({ all: 50, hidden: 30, holed: 0 })
    // The next fragment begins with a sync sample.
    const twice = new Uint8Array(2 * bytes.length)
    twice.set(bytes)
    twice.set(bytes, bytes.length)
    expect(patchSegment(twice, lost, 'strict')?.samples).toEqual({ all: 100, hidden: 30, holed: 0 })
  })

  it('of unknown length ends where what came ends', () => {
    const { list, samples: counts } = patched(video, [], at(30).offset + 200)
    expect(counts).toMatchObject({ all: 50, hidden: 20 })
    expect(list).toHaveLength(30)
  })

  it('has its mdat header again where only that was lost, and is hidden without its moof', () => {
    const mdat = readBoxes(video).find(({ type }) => type === 'mdat')
    if (mdat === undefined) throw new Error('no mdat')
    const { bytes, samples: counts, steps } = patched(video, [[mdat.offset, mdat.offset + 40]])
    expect(steps.map(({ what }) => what)).toEqual(['headed', 'cut'])
    expect(counts.hidden).toBe(1)
    expect(readBoxes(bytes).map(({ type }) => type)).toContain('mdat')
    const headless = patchSegment(video, [[mdat.offset - 40, mdat.offset + 40]], 'strict')
    expect(readBoxes(headless?.bytes ?? new Uint8Array(0)).some(({ type }) => type === 'moof')).toBe(false)
  })
})
