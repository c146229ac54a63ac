import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FRAGMENT_LIMITS, Reassembler } from './fragments.ts'

type Piece = { readonly offset: number; readonly bytes: Uint8Array; readonly more: boolean }

/** Cuts `whole` at multiples of 8. */
function cut(whole: Uint8Array, cuts: readonly number[]): Piece[] {
  const edges = [...new Set([0, ...cuts.map((at) => Math.floor(at / 8) * 8), whole.length])].sort((a, b) => a - b)
  return edges.slice(0, -1).map((offset, index) => {
    const end = edges[index + 1] as number
    return { offset, bytes: whole.slice(offset, end), more: end < whole.length }
  })
}

function add(reassembler: Reassembler, id: number, piece: Piece, timeUs = 0): Uint8Array | null {
  reassembler.key.fill(0)
  reassembler.key[1] = id
  const { bytes, offset, more } = piece
  reassembler.timeUs = timeUs
  const whole = reassembler.add(bytes, 0, bytes.length, offset, more, 17)
  return whole ? reassembler.bytes.slice(0, reassembler.total) : null
}

test('any datagram is reassembled, with any cuts, order and repeats', () => {
  const scenario = fc.uint8Array({ minLength: 16, maxLength: 4000 }).chain((whole) =>
    fc.record({
      whole: fc.constant(whole),
      cuts: fc.array(fc.integer({ min: 8, max: whole.length - 1 }), { minLength: 1, maxLength: 12 }),
      seed: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
      repeat: fc.nat({ max: 20 }),
    }),
  )
  fc.assert(
    fc.property(scenario, ({ whole, cuts, seed, repeat }) => {
      const pieces = cut(whole, cuts)
      const order = pieces
        .map((piece, index) => ({ piece, rank: seed[index] as number }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ piece }) => piece)
      if (order.length > 1) order.splice(1, 0, order[0] as Piece)
      const reassembler = new Reassembler()
      const results = order.map((piece) => add(reassembler, repeat, piece)).filter((result) => result !== null)
      expect(results).toEqual([whole])
      expect(reassembler.waiting).toBe(0)
      expect(reassembler.dropped).toBe(0)
    }),
  )
})

test('overlapping fragments drop the datagram and its later fragments', () => {
  const reassembler = new Reassembler()
  add(reassembler, 1, { offset: 0, bytes: new Uint8Array(16), more: true })
  add(reassembler, 1, { offset: 8, bytes: new Uint8Array(16), more: true })
  expect(add(reassembler, 1, { offset: 24, bytes: new Uint8Array(8), more: false })).toBeNull()
  reassembler.flush()
  expect(reassembler.dropped).toBe(3)
})

test('an id reused before its datagram was whole starts a new one', () => {
  const reassembler = new Reassembler()
  add(reassembler, 1, { offset: 0, bytes: new Uint8Array(8).fill(1), more: true })
  add(reassembler, 1, { offset: 0, bytes: new Uint8Array(8).fill(2), more: true })
  const whole = add(reassembler, 1, { offset: 8, bytes: Uint8Array.of(3), more: false })
  expect(whole).toEqual(Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2, 3))
  expect(reassembler.dropped).toBe(1)
})

test('an incomplete datagram expires after 30 s of capture time', () => {
  const reassembler = new Reassembler()
  add(reassembler, 1, { offset: 0, bytes: new Uint8Array(8), more: true }, 0)
  add(reassembler, 2, { offset: 0, bytes: new Uint8Array(8), more: true }, FRAGMENT_LIMITS.ageUs + 1)
  expect([reassembler.waiting, reassembler.dropped]).toEqual([1, 1])
})

test('at most 256 datagrams are incomplete; the oldest is dropped', () => {
  const reassembler = new Reassembler()
  for (let id = 0; id <= FRAGMENT_LIMITS.datagrams; id++) {
    add(reassembler, id, { offset: 0, bytes: new Uint8Array(8), more: true })
  }
  expect([reassembler.waiting, reassembler.dropped]).toEqual([FRAGMENT_LIMITS.datagrams, 1])
  expect(add(reassembler, 1, { offset: 8, bytes: Uint8Array.of(1), more: false })).toHaveLength(9)
})

test('a fragment that ends beyond 65535, or is not a multiple of 8 though more follows, is refused', () => {
  const reassembler = new Reassembler()
  add(reassembler, 1, { offset: 65528, bytes: new Uint8Array(16), more: false })
  add(reassembler, 1, { offset: 0, bytes: new Uint8Array(9), more: true })
  expect([reassembler.waiting, reassembler.dropped]).toEqual([0, 2])
})

test('fragments are lost unless the first or the last frame cut their datagram', () => {
  const reassembler = new Reassembler()
  const piece = (id: number, frame: number, offset: number): void => {
    reassembler.frame = frame
    add(reassembler, id, { offset, bytes: new Uint8Array(8), more: true })
  }
  piece(1, 1, 8)
  piece(2, 2, 0)
  piece(3, 3, 8)
  piece(4, 4, 0)
  reassembler.flush(4)
  expect([reassembler.dropped, reassembler.lost, reassembler.lostFrame]).toEqual([4, 2, 2])
})
