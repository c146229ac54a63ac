import { describe, expect, it } from 'vitest'
import { CodecError } from './codec-error.ts'
import { EntryFaults } from './entry-faults.ts'

const odd = (value: number): number => {
  if (value % 2 === 0) throw new CodecError('even', 0, `${value} is even`)
  return value
}

describe('EntryFaults', () => {
  it('keeps the good entries in order, and notes the others by number and reason', () => {
    const faults = new EntryFaults()
    expect(faults.each('N', [1, 2, 3, 4], odd)).toEqual([1, 3])
    expect(faults).toMatchObject({
      count: 2,
      listed: [
        { path: 'N[2]', reason: '2 is even' },
        { path: 'N[4]', reason: '4 is even' },
      ],
    })
  })

  it('gives the whole path of a nested entry, and costs its parents nothing', () => {
    const faults = new EntryFaults()
    const tables = [[1], [3, 2], [5]]
    expect(faults.each('T', tables, (table) => faults.each('N', table, odd))).toEqual([[1], [3], [5]])
    expect(faults.listed).toEqual([{ path: 'T[2]/N[2]', reason: '2 is even' }])
  })

  it('finds its way back where an entry fails after its own entries', () => {
    const faults = new EntryFaults()
    faults.each('T', [2, 1], (own) => [faults.each('N', [4], odd), odd(own)])
    faults.drop('end', 'cut')
    expect(faults.listed.map(({ path }) => path)).toEqual(['T[1]/N[1]', 'T[1]', 'T[2]/N[1]', 'end'])
  })

  it('notes a part of an entry without the entry', () => {
    const faults = new EntryFaults()
    expect(faults.each('T', [1, 2], (value) => faults.part('half', () => odd(value)))).toEqual([1, null])
    expect(faults.listed).toEqual([{ path: 'T[2]/half', reason: '2 is even' }])
  })

  it('lists a bounded number and counts all', () => {
    const faults = new EntryFaults()
    faults.each('N', new Array<number>(1000).fill(2), odd)
    expect([faults.count, faults.listed.length]).toEqual([1000, 16])
  })

  it('throws at once where it is strict', () => {
    const faults = new EntryFaults(true)
    expect(() => faults.each('N', [1, 2], odd)).toThrow('2 is even')
    expect(() => faults.part('half', () => odd(2))).toThrow('2 is even')
    expect(() => faults.drop('end', 'cut')).toThrow('end: cut')
    expect(faults.count).toBe(0)
  })

  it('lets what is no fault of the entry through', () => {
    const faults = new EntryFaults()
    expect(() => faults.each('N', [1], () => JSON.parse('{'))).toThrow(SyntaxError)
    expect(faults.each('N', [2], odd)).toEqual([])
    expect(faults.listed.map(({ path }) => path)).toEqual(['N[1]'])
  })
})
