import { gunzipSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseCoding, encode, isText } from './coding.ts'

describe('the coding of a body', () => {
  it.each([
    ['gzip', 'gzip'],
    ['deflate, gzip', 'gzip'],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip;q=0.2, deflate;q=0.8', 'deflate'],
    ['*', 'gzip'],
    ['*;q=0', null],
    ['br, zstd', null],
    ['GZIP ; Q=1', 'gzip'],
    ['', null],
    [undefined, null],
  ])('%j gets %s', (accepted, coding) => {
    expect(chooseCoding(accepted)).toBe(coding)
  })

  it('is one that the client named with a weight, whatever else it wrote', () => {
    fc.assert(
      fc.property(fc.string(), (accepted) => {
        const coding = chooseCoding(accepted)
        expect(coding === null || /gzip|deflate|\*/i.test(accepted)).toBe(true)
      }),
    )
  })

  it('undoes to the same bytes', async () => {
    const text = new TextEncoder().encode('ROUTE '.repeat(500))
    expect(new Uint8Array(gunzipSync(await encode('gzip', text)))).toEqual(text)
    expect(new Uint8Array(inflateSync(await encode('deflate', text)))).toEqual(text)
  })

  it('is for texts: by their type, or by their bytes where that is unknown', () => {
    const text = new TextEncoder().encode('é')
    const binary = Uint8Array.of(0xe9)
    expect(['application/dash+xml', 'text/plain; charset=utf-8'].map((type) => isText(type, binary))).toEqual([
      true,
      true,
    ])
    expect(isText('video/mp4', text)).toBe(false)
    expect([text, binary].map((bytes) => isText('application/octet-stream', bytes))).toEqual([true, false])
  })
})
