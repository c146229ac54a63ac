import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import { CodecError } from '../bytes/codec-error.ts'
import { gunzipIfGzip, gunzipLimited, looksGzip } from './gzip.ts'

const code = (run: () => unknown): string => {
  try {
    run()
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CodecError)
    return (thrown as CodecError).code
  }
  return 'nothing'
}

describe('gunzipLimited', () => {
  it('unpacks its own gzip, which is the same on each run', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(gunzipLimited(gzip(bytes), 500)).toEqual(bytes)
        expect(gzip(bytes)).toEqual(gzip(bytes))
      }),
    )
  })

  it('stops a bomb at the limit', () => {
    const bomb = gzipSync(new Uint8Array(64 << 20))
    expect(bomb.length).toBeLessThan(100_000)
    expect(code(() => gunzipLimited(bomb, 1 << 20))).toBe('gzip-too-large')
    expect(gunzipLimited(gzipSync(new Uint8Array(1000)), 1000)).toHaveLength(1000)
    expect(code(() => gunzipLimited(gzipSync(new Uint8Array(1001)), 1000))).toBe('gzip-too-large')
    expect(code(() => gunzipLimited(gzipSync(new Uint8Array(10)), 0))).toBe('gzip-too-large')
  })

  it('distinguishes truncation from damage at every length', () => {
    const whole = gzip(new TextEncoder().encode('SLT '.repeat(50)))
    for (let end = 0; end < whole.length; end++) {
      expect(code(() => gunzipLimited(whole.subarray(0, end), 1000))).toBe('gzip-truncated')
    }
    const damaged = whole.slice()
    damaged[12] = (damaged[12] as number) ^ 0xff
    expect(code(() => gunzipLimited(damaged, 1000))).toMatch(/^gzip-(corrupt|truncated)$/)
    expect(code(() => gunzipLimited(new Uint8Array([1, 2, 3]), 1000))).toBe('gzip-corrupt')
  })

  it('ignores bytes after the end, and keeps bytes that are not gzip', () => {
    const bytes = new Uint8Array([1, 2, 3])
    expect(gunzipLimited(Uint8Array.from([...gzip(bytes), 0, 0]), 10)).toEqual(bytes)
    expect(gunzipIfGzip(bytes, 1)).toBe(bytes)
    expect(looksGzip(new Uint8Array([0x1f]))).toBe(false)
  })

  it('throws only CodecError for random bytes after a gzip header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (rest) => {
        code(() => gunzipLimited(Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, ...rest]), 1000))
      }),
    )
  })
})
