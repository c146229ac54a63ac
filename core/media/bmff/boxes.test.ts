import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { hexToBytes } from '../../bytes/hex.ts'
import { childBoxes, findBox, readBoxes } from './boxes.ts'
import { trackTimescales } from './init-segment.ts'

const demo = join(__dirname, '..', '..', '..', 'assets', 'demo', 'presentation')
const fileOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(demo, name)))

describe('readBoxes', () => {
  it('lists the whole top level of a media segment', () => {
    const bytes = fileOf('video-3.m4s')
    const boxes = readBoxes(bytes)
    expect(boxes.map((box) => box.type)).toEqual(['styp', 'sidx', 'moof', 'mdat'])
    expect(boxes.reduce((end, box) => (box.offset === end ? end + box.size : Number.NaN), 0)).toBe(bytes.length)
  })

  it('reads children on demand', () => {
    const bytes = fileOf('audio-init.mp4')
    const moov = readBoxes(bytes).find((box) => box.type === 'moof' || box.type === 'moov')
    if (moov === undefined) throw new Error('no moov')
    expect(childBoxes(bytes, moov).map((box) => box.type)).toContain('trak')
    expect(findBox(bytes, moov, 'trak', 'mdia', 'mdhd')?.size).toBe(32)
    expect(findBox(bytes, moov, 'trak', 'nope')).toBeUndefined()
  })

  it('reads 64-bit sizes, uuid, and a last box of size 0', () => {
    //                      size 1    mdat     64-bit size 18    ..   size 24  uuid     16 bytes                         size 0 free
    const bytes = hexToBytes(
      '000000016d6461740000000000000012aabb00000018757569640102030405060708090a0b0c0d0e0f10000000006672656501',
    )
    expect(readBoxes(bytes)).toEqual([
      { type: 'mdat', offset: 0, size: 18, headerBytes: 16 },
      { type: 'uuid', offset: 18, size: 24, headerBytes: 24 },
      { type: 'free', offset: 42, size: 9, headerBytes: 8 },
    ])
  })

  it.each([
    ['a cut header', '0000000c6d64', 'bmff-truncated'],
    ['a box beyond the end', '000000206d646174aabb', 'bmff-truncated'],
    ['a cut 64-bit size', '000000016d64617400000000', 'bmff-truncated'],
    ['a size below its header', '000000046d646174', 'bmff-size'],
    ['a uuid below its header', '0000001075756964aabbccddeeff0011', 'bmff-size'],
  ])('refuses %s', (_, hex, code) => {
    expect(() => readBoxes(hexToBytes(hex))).toThrowError(expect.objectContaining({ name: 'CodecError', code }))
  })

  it('refuses endless tiny boxes', () => {
    const bytes = new Uint8Array(8 * 20_000)
    for (let at = 0; at < bytes.length; at += 8) bytes[at + 3] = 8
    expect(() => readBoxes(bytes)).toThrowError(expect.objectContaining({ code: 'bmff-too-many' }))
  })

  it('throws only CodecError for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readBoxes(bytes)
          trackTimescales(bytes)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CodecError)
        }
      }),
    )
  })
})

describe('trackTimescales', () => {
  it('finds them in the demo', () => {
    expect([...trackTimescales(fileOf('video-init.mp4'))]).toEqual([[1, 12_800]])
    expect([...trackTimescales(fileOf('audio-init.mp4')).values()]).toEqual([48_000])
  })

  it('is empty without a moov', () => {
    expect(trackTimescales(fileOf('video-1.m4s')).size).toBe(0)
  })

  it('throws CodecError for every truncation', () => {
    const bytes = fileOf('video-init.mp4')
    for (let length = 1; length < bytes.length; length++) {
      try {
        trackTimescales(bytes.slice(0, length))
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CodecError)
      }
    }
  })
})
