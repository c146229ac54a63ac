import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hole } from '../holes.ts'
import { readBoxes } from './boxes.ts'
import { fragmentSamples } from './fragment-samples.ts'
import { patchSegment } from './patch-segment.ts'

const demo = join(__dirname, '..', '..', '..', 'assets', 'demo', 'presentation')
const fileOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(demo, name)))

/** A box with a payload that is not boxes. */
function box(type: string, payload: number, wide = false): number[] {
  const header = wide ? 16 : 8
  const size = header + payload
  const bytes = wide ? [0, 0, 0, 1] : [0, 0, size >> 8, size & 255]
  bytes.push(...[...type].map((letter) => letter.charCodeAt(0)))
  if (wide) bytes.push(0, 0, 0, 0, 0, 0, size >> 8, size & 255)
  for (let at = 0; at < payload; at++) bytes.push(0x80 + (at % 100))
  return bytes
}

const bytesOf = (...boxes: number[][]): Uint8Array => Uint8Array.from(boxes.flat())
const chain = (bytes: Uint8Array): string =>
  readBoxes(bytes)
    .map(({ type, size }) => `${type} ${size}`)
    .join(', ')

/** Bytes with holes, and the result of patching them. */
function patched(bytes: Uint8Array, missing: readonly Hole[], mode: 'simple' | 'strict') {
  const holed = bytes.slice()
  for (const [from, to] of missing) holed.fill(0xee, from, to)
  return patchSegment(holed, missing, mode)
}

const chainOf = (bytes: Uint8Array, missing: readonly Hole[], mode: 'simple' | 'strict'): string | null => {
  const result = patched(bytes, missing, mode)
  return result === null ? null : chain(result.bytes)
}

describe('patchSegment', () => {
  //                    0..24           24..84           84..304            304..364          364..584
  const two = bytesOf(box('styp', 16), box('moof', 52), box('mdat', 212), box('moof', 52), box('mdat', 212))

  it.each([
    ['nothing missing', [], 'styp 24, moof 60, mdat 220, moof 60, mdat 220', 'same'],
    [
      'a hole in the first mdat',
      [[100, 150]],
      'styp 24, free 60, free 220, moof 60, mdat 220',
      'styp 24, moof 60, mdat 220, moof 60, mdat 220',
    ],
    [
      'a hole in the second moof',
      [[320, 330]],
      'styp 24, moof 60, mdat 220, free 60, free 220',
      'styp 24, moof 60, mdat 220, free 60, mdat 220',
    ],
    ['a hole in styp', [[10, 12]], 'free 24, moof 60, mdat 220, moof 60, mdat 220', 'same'],
    ['the header of the first mdat', [[84, 92]], 'styp 24, free 60, free 220, moof 60, mdat 220', 'same'],
    ['half of that header', [[80, 88]], 'styp 24, free 60, free 220, moof 60, mdat 220', 'same'],
    [
      'the end of an mdat and the next moof',
      [[290, 364]],
      'styp 24, free 60, free 220, free 60, free 220',
      'styp 24, moof 60, mdat 220, free 60, mdat 220',
    ],
    ['all from within the first moof', [[40, 584]], 'styp 24, free 60, free 500', 'same'],
    ['the beginning', [[0, 30]], 'free 84, free 220, moof 60, mdat 220', 'free 84, mdat 220, moof 60, mdat 220'],
    [
      'a tail',
      [[500, 584]],
      'styp 24, moof 60, mdat 220, free 60, free 220',
      'styp 24, moof 60, mdat 220, moof 60, mdat 220',
    ],
  ] satisfies [string, Hole[], string, string][])('%s', (_, missing, strict, simple) => {
    expect(chainOf(two, missing, 'strict')).toBe(strict)
    expect(chainOf(two, missing, 'simple')).toBe(simple === 'same' ? strict : simple)
  })

  it('frees a moof without an mdat', () => {
    const bytes = bytesOf(box('moof', 40), box('moof', 40), box('mdat', 50))
    expect(
      chainOf(
        bytes,
        [
          [0, 0],
          [130, 132],
        ],
        'simple',
      ),
    ).toBe('free 48, moof 48, mdat 58')
    expect(chainOf(bytesOf(box('mdat', 40), box('moof', 40)), [[10, 11]], 'simple')).toBe('mdat 48, free 48')
  })

  it('zeroes only the first bytes of a hidden moof', () => {
    const result = patched(two, [[320, 330]], 'strict')
    const bytes = result?.bytes ?? new Uint8Array(0)
    expect([...bytes.subarray(304, 312)]).toEqual([0, 0, 0, 60, ...Buffer.from('free')])
    expect([...bytes.subarray(312, 344)]).toEqual(new Array(32).fill(0))
    expect(bytes.subarray(344, 364)).toEqual(two.subarray(344, 364))
    expect(bytes.subarray(0, 304)).toEqual(two.subarray(0, 304))
    expect(result?.steps).toEqual([
      { what: 'freed', type: 'moof', offset: 304, size: 60 },
      { what: 'freed', type: 'mdat', offset: 364, size: 220 },
    ])
  })

  it('leaves zeros in the holes of a kept mdat', () => {
    const result = patched(two, [[100, 150]], 'simple')
    expect(result?.bytes.subarray(100, 150)).toEqual(new Uint8Array(50))
    expect(result?.steps).toEqual([{ what: 'holes', type: 'mdat', offset: 84, size: 220 }])
  })

  it('reads 64-bit sizes, a size of 0 and a truncated box', () => {
    const wide = bytesOf(box('moof', 40), box('mdat', 40, true), box('moof', 40), box('mdat', 40, true))
    expect(chainOf(wide, [[70, 72]], 'strict')).toBe('free 48, free 56, moof 48, mdat 56')
    expect(chainOf(wide, [[56, 64]], 'strict')).toBe('free 48, free 56, moof 48, mdat 56')
    const open = bytesOf(box('moof', 40), box('mdat', 60))
    open.fill(0, 48, 52)
    expect(chainOf(open, [[80, 81]], 'simple')).toBe('moof 48, mdat 68')
    expect(chainOf(open, [[80, 81]], 'strict')).toBe('free 48, free 68')
    const cut = two.subarray(0, 500)
    expect(chainOf(cut, [[400, 401]], 'strict')).toBe('styp 24, moof 60, mdat 220, free 60, free 136')
    expect(chainOf(cut, [[400, 401]], 'simple')).toBe('styp 24, moof 60, mdat 220, moof 60, mdat 136')
  })

  it('adds bytes at the end without a box to the previous one', () => {
    const bytes = bytesOf(box('moof', 40), box('mdat', 40), [1, 2, 3])
    expect(chainOf(bytes, [[60, 61]], 'simple')).toBe('moof 48, mdat 51')
  })

  it('does not patch other files, and those with a damaged moov', () => {
    expect(chainOf(new Uint8Array(500).fill(0x41), [[10, 20]], 'strict')).toBeNull()
    expect(chainOf(bytesOf(box('ftyp', 16), box('moov', 100), box('mdat', 90)), [[50, 60]], 'simple')).toBeNull()
    expect(chainOf(bytesOf(box('ftyp', 16), box('moov', 100), box('mdat', 90)), [[150, 160]], 'simple')).toBe(
      'ftyp 24, moov 108, mdat 98',
    )
    expect(chainOf(new Uint8Array(5), [[0, 2]], 'strict')).toBeNull()
  })

  const anyBox = fc
    .tuple(fc.constantFrom('styp', 'sidx', 'prft', 'emsg', 'moof', 'mdat', 'free', 'abcd'), fc.nat(300), fc.boolean())
    .map(([type, payload, wide]) => box(type, payload, wide))
  const anyHoles = (length: number): fc.Arbitrary<Hole[]> =>
    fc.array(fc.tuple(fc.nat(length), fc.integer({ min: 1, max: 200 })), { maxLength: 8 }).map((ranges) => {
      const holes: Hole[] = []
      for (const [from, size] of ranges.sort((a, b) => a[0] - b[0])) {
        const start = Math.max(from, (holes.at(-1)?.[1] ?? -1) + 1)
        if (start < length) holes.push([start, Math.min(length, start + size)])
      }
      return holes
    })

  it('always returns a chain of boxes to the end, and changes received bytes only in hidden boxes', () => {
    const input = fc
      .array(anyBox, { minLength: 1, maxLength: 8 })
      .map((boxes) => bytesOf(...boxes))
      .chain((bytes) =>
        fc.tuple(fc.constant(bytes), anyHoles(bytes.length), fc.constantFrom('simple' as const, 'strict' as const)),
      )
    fc.assert(
      fc.property(input, ([bytes, missing, mode]) => {
        const result = patched(bytes, missing, mode)
        if (result === null) return
        expect(result.bytes.length).toBe(bytes.length)
        readBoxes(result.bytes)
        if (missing.length === 0) expect(result.bytes).toEqual(bytes)
        const touchable = new Uint8Array(bytes.length)
        for (const [from, to] of missing) touchable.fill(1, from, to)
        for (const { what, type, offset } of result.steps) {
          if (what !== 'holes') touchable.fill(1, offset, offset + 16 + (type === 'moof' ? 32 : 0))
        }
        for (let at = 0; at < bytes.length; at++)
          if (!touchable[at] && result.bytes[at] !== bytes[at]) expect(at).toBe('untouched')
      }),
      { numRuns: 2000 },
    )
  })

  it('accepts any bytes with any holes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }).chain((bytes) => fc.tuple(fc.constant(bytes), anyHoles(bytes.length))),
        ([bytes, missing]) => {
          for (const mode of ['simple', 'strict'] as const) {
            const result = patchSegment(bytes, missing, mode)
            if (result !== null && missing.length > 0) readBoxes(result.bytes)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('fragmentSamples', () => {
  it('finds the consecutive samples of a real fragment in its mdat', () => {
    const bytes = fileOf('video-3.m4s')
    const [, , moof, mdat] = readBoxes(bytes)
    if (moof === undefined || mdat === undefined) throw new Error('no fragment')
    const samples = fragmentSamples(bytes, moof)
    expect(samples.length).toBeGreaterThan(10)
    expect(samples[0]?.offset).toBe(mdat.offset + 8)
    let end = mdat.offset + 8
    for (const sample of samples) {
      expect(sample.offset).toBe(end)
      end += sample.size
    }
    expect(end).toBe(mdat.offset + mdat.size)
  })
})

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

/** Frames that ffmpeg decodes from an init segment followed by segments. */
function decodedFrames(parts: readonly Uint8Array[]): { frames: number; fatal: boolean; errors: string } {
  const run = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-threads', '1', '-i', 'pipe:0', '-map', '0:v', '-f', 'framemd5', 'pipe:1'],
    { input: Buffer.concat(parts), encoding: 'latin1', maxBuffer: 1 << 26 },
  )
  return {
    frames: run.stdout.split('\n').filter((line) => /^0,/.test(line)).length,
    fatal: run.status !== 0,
    errors: run.stderr,
  }
}

describe.skipIf(!hasFfmpeg)('patched segments of the demo, decoded by ffmpeg', () => {
  const init = fileOf('video-init.mp4')
  const segments = [1, 2, 3].map((number) => fileOf(`video-${number}.m4s`))
  const [first = init, second = init, third = init] = segments
  const hole: Hole = [Math.floor(second.length / 2), Math.floor(second.length / 2) + 1448]

  it('strict: every frame that came whole, without a cut slice, at which newer decoders end', () => {
    const all = decodedFrames([init, ...segments])
    expect(all.fatal).toBe(false)
    const holes: Hole[] = [hole, [second.length - 9000, second.length - 3000]]
    const result = patched(second, holes, 'strict')
    if (result === null) throw new Error('not patched')
    const { hidden, holed } = result.samples
    expect(hidden).toBeGreaterThan(0)
    expect(holed).toBe(0)
    expect(hidden).toBeLessThan(12)
    const left = decodedFrames([init, first, result.bytes, third])
    expect(left.fatal).toBe(false)
    expect(left.errors).not.toMatch(/error while decoding|invalid data|no frame/i)
    expect(left.frames).toBe(all.frames - hidden)
  })

  it('strict: goes on without the picture that a segment begins with', () => {
    const result = patched(second, [[5000, 6448]], 'strict')
    if (result === null) throw new Error('not patched')
    const left = decodedFrames([init, first, result.bytes, third])
    expect(left.fatal).toBe(false)
    expect(left.errors).not.toMatch(/error while decoding|invalid data/i)
    expect(left.frames).toBeGreaterThan(decodedFrames([init, first, third]).frames)
  })

  it('simple: unchanged timing, with damaged pictures', () => {
    const result = patched(second, [hole], 'simple')
    if (result === null) throw new Error('not patched')
    expect(result.samples).toMatchObject({ hidden: 0, holed: expect.any(Number) })
    expect(result.samples.holed).toBeGreaterThan(0)
    const left = decodedFrames([init, first, result.bytes, third])
    expect(left.fatal).toBe(false)
    expect(left.frames).toBeGreaterThan(decodedFrames([init, first, third]).frames)
  })
})
