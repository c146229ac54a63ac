import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../testing/seeded.ts'
import { type GzipFault, GzipMembers } from './gzip-members.ts'

const random = seeded(7)
const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, () => random() * 256))

/** What a chain gives, read in pieces of `most` bytes. */
async function inflated(packed: Uint8Array, most = packed.length): Promise<{ bytes: Buffer; faults: GzipFault[] }> {
  const faults: GzipFault[] = []
  let at = 0
  const next = async (): Promise<Uint8Array> => {
    const piece = packed.subarray(at, at + most)
    at += piece.length
    return piece
  }
  const members = new GzipMembers(next, (fault) => void faults.push(fault))
  const chunks: Uint8Array[] = []
  for (let chunk = await members.read(); chunk !== null; chunk = await members.read()) chunks.push(chunk)
  members.close()
  return { bytes: Buffer.concat(chunks), faults }
}

const [a, b] = [noise(150_000), Buffer.alloc(300_000, 'words ')]
const [packedA, packedB] = [gzipSync(a), gzipSync(b)]

describe('a chain of gzip members', () => {
  it.each([1, 7, 4096, 1 << 20])('is read in pieces of %d bytes, with padding between and behind', async (most) => {
    const short = gzipSync('short')
    const chain = Buffer.concat([short, Buffer.alloc(5), short, gzipSync(''), Buffer.alloc(9)])
    expect(await inflated(chain, most)).toEqual({ bytes: Buffer.from('shortshort'), faults: [] })
  })

  it('may have long headers with every field', async () => {
    const extra = Buffer.concat([Buffer.of(3, 0), Buffer.from('abc')])
    const fields = Buffer.concat([extra, Buffer.from(`${'n'.repeat(70_000)}\0comment\0`), Buffer.of(1, 2)])
    const plain = gzipSync('content')
    const header = Buffer.from(plain.subarray(0, 10))
    header[3] = 2 | 4 | 8 | 16
    const packed = Buffer.concat([header, fields, plain.subarray(10)])
    for (const most of [1, 1000, packed.length])
      expect(await inflated(packed, most)).toEqual({ bytes: Buffer.from('content'), faults: [] })
  })

  it('is used whole whatever follows it', async () => {
    for (const junk of [Buffer.of(1), Buffer.of(0x1f), Buffer.of(0, 0x1f, 0x8b, 8), noise(5000), noise(200_000)]) {
      for (const most of [333, 1 << 20]) {
        const { bytes, faults } = await inflated(Buffer.concat([packedA, junk]), most)
        expect(bytes.equals(a)).toBe(true)
        expect(faults).toMatchObject([{ kind: 'junk' }])
      }
    }
  })

  it('of members without content ends where they are too many for its size', async () => {
    const empty = gzipSync('')
    const { bytes, faults } = await inflated(Buffer.concat([gzipSync('first'), ...Array(20_000).fill(empty), packedA]))
    expect(bytes.toString()).toBe('first')
    expect(faults).toMatchObject([{ kind: 'members' }])
    const count = faults[0]?.kind === 'members' ? faults[0].count : 0
    expect(count).toBeGreaterThan(4096)
    expect(count).toBeLessThan(6000)
  })

  it('is read on behind junk between members, which is told with its place and size', async () => {
    const junk = Buffer.alloc(777, 'x')
    const { bytes, faults } = await inflated(Buffer.concat([packedA, junk, packedB, Buffer.of(9)]), 1000)
    expect(bytes.equals(Buffer.concat([a, b]))).toBe(true)
    const end = packedA.length + junk.length + packedB.length
    expect(faults).toEqual([
      { kind: 'junk', at: packedA.length, bytes: 777 },
      { kind: 'junk', at: end, bytes: 1 },
    ])
  })

  it('gives all up to a cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: packedA.length - 1 }), async (end) => {
        const { bytes, faults } = await inflated(Buffer.concat([packedB, packedA.subarray(0, end)]))
        expect(bytes.subarray(0, b.length).equals(b)).toBe(true)
        expect(a.subarray(0, bytes.length - b.length).equals(bytes.subarray(b.length))).toBe(true)
        // Noise is stored: what is there is given.
        expect(bytes.length - b.length).toBeGreaterThan(end - 400)
        expect(faults).toHaveLength(1)
      }),
      { numRuns: 30 },
    )
  })

  it('loses at most a chunk to damage, and reads the next member', async () => {
    const damaged = Buffer.from(packedA)
    damaged.fill(0xff, 100_000, 100_050)
    const { bytes, faults } = await inflated(Buffer.concat([damaged, packedB]))
    expect(bytes.subarray(-b.length).equals(b)).toBe(true)
    expect(faults.map(({ kind }) => kind)).toContain(bytes.length === a.length + b.length ? 'checksum' : 'damaged')
    const broken = gzipSync(a, { level: 0 })
    broken.fill(0xff, 130_000, 130_500)
    const read = await inflated(Buffer.concat([broken, packedB]), 4096)
    expect(read.bytes.subarray(-b.length).equals(b)).toBe(true)
  })

  it('compares check sum and size', async () => {
    for (const at of [8, 4]) {
      const wrong = Buffer.from(packedB)
      wrong[wrong.length - at] = (wrong[wrong.length - at] as number) ^ 1
      const { bytes, faults } = await inflated(Buffer.concat([wrong, packedA]))
      expect(bytes.equals(Buffer.concat([b, a]))).toBe(true)
      expect(faults).toEqual([{ kind: 'checksum', at: packedB.length - 8 }])
    }
  })

  it('ends for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(3), async (tail, kind) => {
        const heads = [Buffer.alloc(0), Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), gzipSync('x'), Buffer.of(0x1f)]
        const { bytes } = await inflated(Buffer.concat([heads[kind] as Buffer, tail]), 17)
        expect(bytes.length).toBeLessThan(1 << 20)
      }),
      { numRuns: 200 },
    )
  })
})
