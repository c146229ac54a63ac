import { describe, expect, it } from 'vitest'
import { DecodedFragments, MAX_DECODED_BYTES } from './decoded-fragments.ts'
import { keptOneOf, PICTURE_STEPS, PicturePace } from './picture-steps.ts'

function box(type: string, content = ''): Uint8Array {
  const bytes = new Uint8Array(8 + content.length)
  new DataView(bytes.buffer).setUint32(0, bytes.length)
  bytes.set(new TextEncoder().encode(type + content), 4)
  return bytes
}

const STREAM = ['ftyp', 'moov', 'moof', 'mdat', 'styp', 'moof', 'mdat', 'mfra'].map((type) => box(type, 'abc'))
const lengths = (pieces: readonly Uint8Array[]) => pieces.map(({ length }) => length)

describe('fragments of ffmpeg', () => {
  it.each([1, 3, 7, 22, 1000])('are cut at their ends, from pieces of %i bytes', (size) => {
    const stream = Buffer.concat(STREAM)
    const splitter = new DecodedFragments()
    const pieces: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += size) pieces.push(...splitter.push(stream.subarray(at, at + size)))
    expect(lengths(pieces)).toEqual([22, 22, 33])
    expect(Buffer.concat(pieces)).toEqual(stream.subarray(0, 77))
    expect(splitter.init).toEqual(new Uint8Array(stream.subarray(0, 22)))
  })

  it.each([
    ['text', new TextEncoder().encode('frame=  12 fps=30'), /a box/],
    ['media before its description', box('moof'), /unexpected box "moof"/],
    ['another box', box('zzzz'), /unexpected box "zzzz"/],
    ['a box without a size', new Uint8Array(8), /of 0 bytes/],
    ['a box of 4 GB', Uint8Array.of(255, 255, 255, 255, 109, 111, 111, 118), /of 4294967295 bytes/],
  ])('refuse %s', (_, bytes, words) => {
    expect(() => new DecodedFragments().push(bytes)).toThrow(words)
  })

  it('are bounded', () => {
    const splitter = new DecodedFragments()
    const head = box('mdat')
    new DataView(head.buffer).setUint32(0, MAX_DECODED_BYTES)
    splitter.push(Buffer.concat(STREAM.slice(0, 2)))
    expect(splitter.push(head)).toEqual([])
    expect(() => splitter.push(new Uint8Array(MAX_DECODED_BYTES))).toThrow(/more than/)
  })
})

describe('size and rate of decoded pictures', () => {
  it('begins by the number of processors', () => {
    const heights = [1, 2, 4, 8, 16].map((processors) => new PicturePace(processors).step.height)
    expect(heights).toEqual([360, 360, 540, 540, 720])
  })

  it('goes down at once where it is far too slow, and after two that are too slow', () => {
    const pace = new PicturePace(2)
    const first = pace.step
    pace.made(0.9, first)
    pace.made(1.2, first)
    pace.made(0.9, first)
    expect(pace.step).toBe(first)
    pace.made(0.9, first)
    expect(pace.step).toBe(PICTURE_STEPS[PICTURE_STEPS.indexOf(first) + 1])
    pace.made(0.5, pace.step)
    expect(pace.step).toBe(PICTURE_STEPS.at(-1))
    pace.made(0.1, pace.step)
    expect(pace.step).toBe(PICTURE_STEPS.at(-1))
  })

  it('goes up after three with room, but not back to what was too much until later', () => {
    const pace = new PicturePace(2)
    const first = pace.step
    for (let at = 0; at < 3; at++) pace.made(3, first)
    const better = pace.step
    expect(PICTURE_STEPS.indexOf(better)).toBe(PICTURE_STEPS.indexOf(first) - 1)
    // Segments that were begun before tell nothing of it.
    pace.made(0.1, first)
    expect(pace.step).toBe(better)
    pace.made(0.5, better)
    expect(pace.step).toBe(first)
    let segments = 0
    for (; pace.step === first && segments < 100; segments++) pace.made(3, first)
    expect(segments).toBe(60)
  })

  it.each([
    [59.94, 30, 2],
    [50, 30, 2],
    [30000 / 1001, 30, 1],
    [30, 30, 1],
    [120, 30, 4],
    [25, 60, 1],
    [null, 30, 1],
  ])('of %s pictures per second and at most %i, one of %i is kept', (rate, most, kept) => {
    expect(keptOneOf(rate, most)).toBe(kept)
  })
})
