import { describe, expect, it } from 'vitest'
import { addDecodeTimes, trackDurations } from './chunk-times.ts'

const u32 = (...values: number[]): number[] =>
  values.flatMap((value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff))
const box = (type: string, ...parts: number[][]): number[] => {
  const body = parts.flat()
  return [...u32(body.length + 8), ...[...type].map((letter) => letter.charCodeAt(0)), ...body]
}
const tfhd = (flags: number, ...rest: number[]) => box('tfhd', u32(flags, 1, ...rest))
const tfdt = (time: number) => box('tfdt', u32(0x01000000, 0, time))
/** A run of samples whose data begins `offset` bytes after the start of the moof. */
const trun = (samples: number, offset: number, durations: readonly number[] = []) =>
  box('trun', u32(durations.length > 0 ? 0x101 : 0x1, samples, offset, ...durations))
const moof = (...traf: number[][]) => box('moof', box('mfhd', u32(0, 1)), box('traf', ...traf))
const init = new Uint8Array(box('moov', box('mvhd', u32(0)), box('mvex', box('trex', u32(0, 1, 1, 512, 0, 0)))))
const DURATIONS = trackDurations(init)

describe('decode times', () => {
  it('reads the default duration of each track from the initialisation segment', () => {
    expect([...DURATIONS]).toEqual([[1, 512]])
  })

  it('adds the end time of the previous fragment to one without a decode time', () => {
    const data = box('mdat', [1, 2, 3])
    const first = moof(tfhd(0x020000), tfdt(1000), trun(5, 80))
    const bare = moof(tfhd(0x020000), trun(5, 60))
    const whole = moof(tfhd(0x020000), tfdt(1000 + 5 * 512), trun(5, 80))
    const last = moof(tfhd(0x020000), trun(2, 60))
    const wholeLast = moof(tfhd(0x020000), tfdt(1000 + 10 * 512), trun(2, 80))
    const given = new Uint8Array([...first, ...data, ...bare, ...data, ...last, ...data])
    const wanted = [...first, ...data, ...whole, ...data, ...wholeLast, ...data]
    expect([...addDecodeTimes(given, DURATIONS)]).toEqual(wanted)
  })

  it('prefers durations of the run or fragment to those of the track', () => {
    const timeOfSecond = (...firstTraf: number[][]) => {
      const given = new Uint8Array([...moof(...firstTraf), ...moof(tfhd(0x020000), trun(1, 0))])
      const out = addDecodeTimes(given, DURATIONS)
      const at = given.length - moof(tfhd(0x020000), trun(1, 0)).length + 8 + 16 + 8 + 16
      return new DataView(out.buffer).getUint32(at + 16)
    }
    expect(timeOfSecond(tfhd(0x020000), tfdt(7), trun(2, 0, [10, 20]))).toBe(37)
    expect(timeOfSecond(tfhd(0x020008, 100), tfdt(7), trun(2, 0))).toBe(207)
    expect(timeOfSecond(tfhd(0x02000a, 1, 100), tfdt(7), trun(2, 0))).toBe(207)
  })

  it('does not change complete segments, and those with unknown durations', () => {
    const whole = new Uint8Array([
      ...moof(tfhd(0x020000), tfdt(7), trun(1, 0)),
      ...moof(tfhd(0x020000), tfdt(9), trun(1, 0)),
    ])
    expect(addDecodeTimes(whole, DURATIONS)).toBe(whole)
    const noStart = new Uint8Array(moof(tfhd(0x020000), trun(1, 0)))
    expect(addDecodeTimes(noStart, DURATIONS)).toBe(noStart)
    const noDurations = new Uint8Array([
      ...moof(tfhd(0x020000), tfdt(7), trun(1, 0)),
      ...moof(tfhd(0x020000), trun(1, 0)),
    ])
    expect(addDecodeTimes(noDurations, new Map())).toBe(noDurations)
  })

  it('never throws on random bytes', () => {
    const good = [...moof(tfhd(0x020000), tfdt(7), trun(3, 0, [1, 2, 3])), ...moof(tfhd(0x020000), trun(1, 0))]
    for (let at = 0; at < good.length; at++) {
      for (const value of [0, 1, 0xff]) {
        const broken = new Uint8Array(good)
        broken[at] = value
        expect(addDecodeTimes(broken, DURATIONS).length).toBeGreaterThanOrEqual(good.length)
        addDecodeTimes(broken.subarray(0, at), DURATIONS)
      }
    }
  })
})
