import { describe, expect, it } from 'vitest'
import { ReadOnce } from './read-once.ts'

const BYTES = Uint8Array.of(1, 2, 3)

describe('a document', () => {
  it('is read once by its own reader, and by others each time', () => {
    let own = 0
    let other = 0
    const length = ({ length }: Uint8Array): number => {
      own++
      return length
    }
    const first = ([one]: Uint8Array): number => {
      other++
      return one as number
    }
    const document = new ReadOnce(BYTES, length)
    expect([document.by(length), document.by(first), document.by(length), document.by(first)]).toEqual([3, 1, 3, 1])
    expect([own, other]).toEqual([1, 2])
  })

  it('that cannot be read is tried once, and is the same error for all', () => {
    let tried = 0
    const reader = (): never => {
      tried++
      throw new RangeError('no document')
    }
    const document = new ReadOnce(BYTES, reader)
    for (let asked = 0; asked < 3; asked++) expect(() => document.by(reader)).toThrow('no document')
    expect(tried).toBe(1)
  })

  it('may be read before it is asked for, in a way of its own', () => {
    const reader = ({ length }: Uint8Array): number => length
    expect(new ReadOnce(BYTES, reader, () => 7).by(reader)).toBe(7)
  })
})
