import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patchLength, readPatch } from './patch.ts'

describe('the part of a file that an upload replaces', () => {
  it.each([
    [{}, null],
    [{ range: 'bytes=1-2' }, [{ from: 1, to: 3 }]],
    [
      { range: 'bytes=0-1, bytes=3-' },
      [
        { from: 0, to: 2 },
        { from: 3, to: null },
      ],
    ],
    [{ 'content-range': 'bytes 1-2/5' }, [{ from: 1, to: 3 }]],
    [{ 'content-range': 'bytes 1-2/*' }, [{ from: 1, to: 3 }]],
    [{ range: 'bytes=1-,3-4' }, 'malformed'],
    [{ range: 'bytes=-3' }, 'malformed'],
    [{ range: 'lines=1-2' }, 'malformed'],
    [{ 'content-range': 'bytes 4-2/5' }, 'malformed'],
    [{ 'content-range': 'bytes */5' }, 'malformed'],
  ])('%j', (headers, patch) => {
    expect(readPatch(headers)).toEqual(patch)
  })

  it('needs as many bytes as its ranges have', () => {
    const ranges = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(ranges, (pairs) => {
        const header = pairs.map(([from, more]) => `${from}-${from + more}`).join()
        const patch = readPatch({ range: `bytes=${header}` })
        const needed = pairs.reduce((sum, [, more]) => sum + more + 1, 0)
        expect(patch === null || patch === 'malformed' ? null : patchLength(patch)).toBe(needed)
      }),
    )
  })
})
