import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { readBoxes } from './boxes.ts'
import { trackTimescales } from './init-segment.ts'
import { shiftSegment } from './shift-segment.ts'

const demo = join(__dirname, '..', '..', '..', 'assets', 'demo', 'presentation')
const fileOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(demo, name)))

const box = (type: string, content: string): string =>
  `${(8 + content.length / 2).toString(16).padStart(8, '0')}${bytesToHex(new TextEncoder().encode(type))}${content}`
const tfhd = (track: string): string => box('tfhd', `00000000${track}`)
const fragment = (sequence: string, tfdt: string, track = '00000007'): string =>
  box('moof', box('mfhd', `00000000${sequence}`) + box('traf', tfhd(track) + box('tfdt', tfdt)))

const track7 = new Map([[7, 1000]])
const second = { ticks: 1, timescale: 1 }
const shifted = (hex: string, shift = second, sequence = 5, timescales = track7): string =>
  bytesToHex(shiftSegment(hexToBytes(hex), shift, timescales, sequence).bytes)

describe('shiftSegment', () => {
  it('raises 32- and 64-bit decode times and numbers fragments', () => {
    const two = fragment('00000001', '00000000000003e8') + fragment('00000002', '0100000000000000ffffffff')
    const wanted = fragment('00000005', '00000000000007d0') + fragment('00000006', '0100000000000001000003e7')
    expect(shifted(two)).toBe(wanted)
    expect(shiftSegment(hexToBytes(two), second, track7, 5).fragments).toBe(2)
  })

  it('moves sidx in its own timescale, 32 and 64 bits', () => {
    const fields = (time: string): string => `00000007${'00000064'}${time}`
    expect(shifted(box('sidx', `00000000${fields('00000010')}00000000`))).toBe(
      box('sidx', `00000000${fields('00000074')}00000000`),
    )
    expect(shifted(box('sidx', `01000000${fields('0000000000000010')}`))).toBe(
      box('sidx', `01000000${fields('0000000000000074')}`),
    )
  })

  it('moves emsg of version 1 and leaves version 0, which counts from the segment', () => {
    const v1 = (time: string): string => box('emsg', `01000000000003e8${time}0000000000000000`)
    expect(shifted(v1('0000000000000001'))).toBe(v1('00000000000003e9'))
    const v0 = box('emsg', '000000006161006200000003e80000000100000000')
    expect(shifted(v0)).toBe(v0)
  })

  it('rounds to the nearest tick, far beyond 2^53 µs·ticks', () => {
    const shift = { ticks: 24_000_000 * 1_000_000, timescale: 1_000_000 }
    expect(shifted(fragment('00000000', '010000000000000000000000'), shift, 0, new Map([[7, 90_000]]))).toBe(
      fragment('00000000', `01000000${(24_000_000n * 90_000n).toString(16).padStart(16, '0')}`),
    )
    const third = { ticks: 1, timescale: 3 }
    expect(shifted(fragment('00000000', '0000000000000000'), third, 0)).toBe(fragment('00000000', '000000000000014d'))
  })

  it('refuses times that do not fit and unknown tracks', () => {
    const code = (wanted: string): unknown => expect.objectContaining({ name: 'CodecError', code: wanted })
    expect(() => shifted(fragment('00000000', '00000000ffffff00'))).toThrowError(code('bmff-range'))
    expect(() => shifted(fragment('00000000', '0000000000000000', '00000008'))).toThrowError(code('bmff-no-timescale'))
    expect(() => shifted(box('moof', box('traf', tfhd('00000007'))))).toThrowError(code('bmff-no-time'))
    expect(() => shifted(box('moof', box('traf', tfhd('00000007') + box('tfdt', '01000000000003e8'))))).toThrowError(
      code('bmff-truncated'),
    )
  })

  it('changes only the times of a demo segment, in a copy', () => {
    const original = fileOf('video-2.m4s')
    const before = original.slice()
    const { bytes } = shiftSegment(original, { ticks: 24, timescale: 1 }, trackTimescales(fileOf('video-init.mp4')), 14)
    expect(original).toEqual(before)
    expect(readBoxes(bytes)).toEqual(readBoxes(original))
    const changed = [...bytes.keys()].filter((at) => bytes[at] !== original[at])
    expect(changed.length).toBeGreaterThan(0)
    // sidx and tfdt have 64-bit times, mfhd a number: nothing after the moof may differ.
    const mdat = readBoxes(bytes).find(({ type }) => type === 'mdat')
    expect(Math.max(...changed)).toBeLessThan(mdat?.offset ?? 0)
  })

  it('throws CodecError for every truncation', () => {
    const bytes = hexToBytes(fragment('00000001', '00000000000003e8'))
    for (let length = 1; length < bytes.length; length++) {
      expect(() => shiftSegment(bytes.slice(0, length), second, track7, 1)).toThrow(CodecError)
    }
  })
})
