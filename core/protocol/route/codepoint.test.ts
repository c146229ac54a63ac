import { describe, expect, it } from 'vitest'
import { codepointName, resolveCodepoint } from './codepoint.ts'

const payload = {
  codepoint: 0,
  formatId: 1,
  fragmentation: 2,
  inOrder: false,
  sourceFecPayloadId: 0,
  fecParams: null,
  otherAttributes: [],
}

describe('resolveCodepoint', () => {
  it('follows the fixed table', () => {
    const kinds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 128].map((codepoint) => {
      const { formatId, isInit, isNewInit, isMedia } = resolveCodepoint(codepoint)
      return `${codepoint}:${formatId}${isInit ? 'i' : ''}${isNewInit ? 'n' : ''}${isMedia ? 'm' : ''}`
    })
    expect(kinds.join(' ')).toBe('0:1 1:1 2:2 3:3 4:4 5:1in 6:1in 7:1i 8:1m 9:2m 10:1m 11:1 128:1')
  })

  it('accepts any codepoint declared by the S-TSID, 0 included', () => {
    expect(resolveCodepoint(0, [payload])).toMatchObject({
      formatId: 1,
      fragmentation: 2,
      inOrder: false,
      declared: true,
    })
    expect(resolveCodepoint(200, [{ ...payload, codepoint: 200, formatId: 3 }]).formatId).toBe(3)
    expect(resolveCodepoint(200, [{ ...payload, codepoint: 200, formatId: 77 }]).formatId).toBe(1)
    expect(resolveCodepoint(8, [{ ...payload, codepoint: 128 }])).toMatchObject({ isMedia: true, declared: false })
  })

  it('returns the same object for the same undeclared codepoint', () => {
    expect(resolveCodepoint(8)).toBe(resolveCodepoint(8, []))
    expect(codepointName(8)).toBe('media segment, file')
    expect(codepointName(200)).toBe('declared by the S-TSID')
    expect(codepointName(50)).toBe('reserved')
  })
})
