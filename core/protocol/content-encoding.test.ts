import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentEncodingOf, decodeContent, isKnownEncoding } from './content-encoding.ts'

const BYTES = Uint8Array.from({ length: 10_240 }, (_, at) => at & 255)

describe('a content encoding', () => {
  it.each([null, undefined, '', ' ', 'identity', 'Identity', 'null', 'NULL', 'none', 'identity, identity'])(
    'named %j is none',
    (name) => {
      expect(contentEncodingOf(name)).toBeNull()
    },
  )

  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    [' x-gzip ', gzipSync],
    ['gzip, identity', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['Deflate', gzipSync],
    ['zlib', deflateSync],
    ['ZLIB', deflateRawSync],
    ['gzip, deflate', (bytes: Uint8Array) => deflateSync(gzipSync(bytes))],
    ['Deflate ,identity,GZIP', (bytes: Uint8Array) => gzipSync(deflateRawSync(bytes))],
    ['gzip, gzip', (bytes: Uint8Array) => gzipSync(gzipSync(bytes))],
    ['gzip, gzip', gzipSync],
  ])('named %j is undone', (name, pack) => {
    expect(decodeContent(pack(BYTES), contentEncodingOf(name), 1 << 20)).toEqual(BYTES)
  })

  it('of several members is undone', () => {
    const members = Buffer.concat([gzipSync(BYTES.subarray(0, 5000)), gzipSync(BYTES.subarray(5000))])
    expect(decodeContent(members, contentEncodingOf('gzip'), 1 << 20)).toEqual(BYTES)
  })

  it.each(['br', 'zstd', 'compress', 'gzip, br', 'gzip, gzip, gzip', 'gzip, constructor', 'constructor'])(
    'named %j is not known',
    (name) => {
      const encoding = contentEncodingOf(name)
      expect(encoding === null || isKnownEncoding(encoding)).toBe(false)
      expect(decodeContent(BYTES, encoding, 10)).toBe(BYTES)
    },
  )

  it.each(['gzip', 'deflate', 'zlib'])('%s is bounded', (name) => {
    const bomb = name === 'gzip' ? gzipSync(BYTES) : deflateSync(BYTES)
    expect(() => decodeContent(bomb, name, 10_239)).toThrow(expect.objectContaining({ code: 'gzip-too-large' }))
  })

  it.each(['gzip, deflate', 'gzip, gzip'])('%s is bounded, all layers together', (name) => {
    const inner = gzipSync(BYTES)
    const bomb = name === 'gzip, gzip' ? gzipSync(inner) : deflateSync(inner)
    const most = inner.length + BYTES.length
    expect(decodeContent(bomb, name, most)).toEqual(BYTES)
    expect(() => decodeContent(bomb, name, most - 1)).toThrow(expect.objectContaining({ code: 'gzip-too-large' }))
  })

  it('of any bytes is undone or refused, with an error of its own', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('gzip', 'deflate', 'zlib', 'gzip, deflate', 'deflate, gzip'),
        (bytes, name) => {
          try {
            expect(decodeContent(bytes, name, 1000).length).toBeLessThanOrEqual(1000)
          } catch (thrown) {
            expect((thrown as { code?: string }).code).toMatch(/^gzip-/)
          }
        },
      ),
    )
  })
})
