import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fecObjectSymbols, writeFecTail } from '../../protocol/fec/fec-object.ts'
import { blockStart, blockSymbols, partition } from '../../protocol/fec/partition.ts'
import { encodeBlock } from '../../protocol/fec/raptorq-codec.ts'
import { content } from '../../testing/test-session.ts'
import { BytePool } from '../object/byte-pool.ts'
import { ByteRanges } from '../object/byte-ranges.ts'
import { isMostlyPadding, memberOf, type SolverInput, type SolverMember, solve, survey } from './fec-solver.ts'
import { RepairSymbols } from './repair-symbols.ts'

const SYMBOL = 64

/** An object as received: without the lost symbols. */
function member(object: Uint8Array, lost: ReadonlySet<number>, knowsLength = true): SolverMember {
  const ranges = new ByteRanges()
  for (let at = 0; at < object.length; at += SYMBOL) {
    if (!lost.has(at / SYMBOL)) ranges.add(at, Math.min(object.length, at + SYMBOL), [])
  }
  const came = new Uint8Array(object.length)
  for (const [from, to] of ranges.covered(0, object.length)) came.set(object.subarray(from, to), from)
  const length = knowsLength ? object.length : -1
  const symbols = fecObjectSymbols(object.length, SYMBOL)
  return { symbols, length, ranges, read: (from, to) => came.slice(from, to), sizeField: true }
}

/** Repair symbols of consecutive objects. */
function repairOf(objects: readonly Uint8Array[], count: number, sourceBlocks = 1): RepairSymbols {
  const pieces = objects.map((object) => {
    const piece = new Uint8Array(fecObjectSymbols(object.length, SYMBOL) * SYMBOL)
    piece.set(object)
    writeFecTail(object.length, piece.length, 0, piece.length, piece, 0)
    return piece
  })
  const whole = new Uint8Array(Buffer.concat(pieces))
  const parts = partition(whole.length / SYMBOL, sourceBlocks)
  const repair = new RepairSymbols(new BytePool(1 << 24, false))
  for (let sbn = 0; sbn < parts.blocks; sbn++) {
    const k = blockSymbols(parts, sbn)
    const start = blockStart(parts, sbn) * SYMBOL
    const symbols = encodeBlock(k, SYMBOL, whole.subarray(start, start + k * SYMBOL), count)
    for (let at = 0; at < count; at++) repair.add(sbn, k + at, symbols, at * SYMBOL, (at + 1) * SYMBOL)
  }
  return repair
}

function inputOf(members: readonly SolverMember[], repair: RepairSymbols, sourceBlocks = 1): SolverInput {
  return { members, symbolBytes: SYMBOL, sourceBlocks, repair, maxBytes: 1 << 24 }
}

const losses = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }).map((lost) => new Set(lost))

describe('a FEC object', () => {
  it('is recovered from a few more repair symbols than lost source symbols', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 2500 }), losses, (size, lost) => {
        const object = content(size)
        const one = member(object, lost)
        const input = inputOf([one], repairOf([object], lost.size + 3))
        const { blocks, fault } = survey(input)
        expect(fault).toBeNull()
        const missing = [...lost].filter((symbol) => symbol * SYMBOL < size).length
        expect(blocks).toMatchObject([{ sbn: 0, repairs: lost.size + 3 }])
        expect(blocks[0]?.missing).toBeLessThanOrEqual(missing)
        const solution = solve(input, blocks)
        expect(solution.wrong).toEqual([])
        expect(solution.failed).toEqual([])
        expect(Buffer.compare(solution.bytes.subarray(0, size), object)).toBe(0)
        expect(memberOf(solution, one, 0, SYMBOL)).toEqual({ length: size, ranges: [[0, size]] })
      }),
      { numRuns: 30 },
    )
  })

  it('of several objects restores the bytes of each, and unknown lengths', () => {
    const objects = [content(1000, 1), content(700, 2), content(1300, 3)]
    const members = objects.map((object, at) => member(object, new Set([at, 3]), at !== 1))
    const input = inputOf(members, repairOf(objects, 12, 2), 2)
    const { blocks } = survey(input)
    expect(blocks).toHaveLength(2)
    const solution = solve(input, blocks)
    let base = 0
    members.forEach((each, at) => {
      const object = objects[at] as Uint8Array
      expect(memberOf(solution, each, base, SYMBOL)?.length).toBe(object.length)
      const from = base * SYMBOL
      expect(Buffer.compare(solution.bytes.subarray(from, from + object.length), object)).toBe(0)
      base += each.symbols
    })
  })

  it('waits without enough symbols', () => {
    const object = content(2000)
    const input = inputOf([member(object, new Set([1, 2, 3]))], repairOf([object], 2))
    const { blocks } = survey(input)
    expect(blocks[0]).toMatchObject({ missing: 3, repairs: 2 })
    const solution = solve(input, blocks)
    expect(solution).toMatchObject({ failed: [0], wrong: [], recovered: 0 })
  })

  it('is wrong with repair symbols of another object', () => {
    const object = content(2000, 1)
    const input = inputOf([member(object, new Set([1, 2]))], repairOf([content(2000, 2)], 6))
    expect(solve(input, survey(input).blocks)).toMatchObject({ wrong: [0], recovered: 0 })
  })

  it('of impossible sizes is refused before anything is allocated', () => {
    const repair = repairOf([content(100)], 1)
    const huge = { symbols: 1 << 20, length: -1, ranges: null, read: () => new Uint8Array(0), sizeField: true }
    expect(survey(inputOf([huge], repair)).fault).toContain('a source block of')
    expect(survey({ ...inputOf([huge], repair, 64), maxBytes: 1 << 20 }).fault).toContain('symbols of 64 bytes')
    expect(survey(inputOf([{ ...huge, symbols: 1 }], repair, 4)).fault).toBe('1 symbols in 4 source blocks')
    expect(isMostlyPadding(inputOf([huge], repair))).toBe(true)
    expect(isMostlyPadding(inputOf([member(content(2000), new Set())], repair))).toBe(false)
  })
})
