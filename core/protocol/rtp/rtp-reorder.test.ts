import { describe, expect, it } from 'vitest'
import { isRtpTs, RtpReorder } from './rtp-reorder.ts'

type Shape = {
  readonly source?: number
  readonly csrc?: number
  readonly extension?: number
  readonly padding?: number
}

function packet(sequence: number, { source = 7, csrc = 0, extension = 0, padding = 0 }: Shape = {}): Uint8Array {
  const head = Buffer.alloc(12)
  head[0] = 0x80 | csrc | (extension > 0 ? 0x10 : 0) | (padding > 0 ? 0x20 : 0)
  head[1] = 33
  head.writeUInt16BE(sequence & 0xffff, 2)
  head.writeUInt32BE(source, 8)
  const more = extension > 0 ? Buffer.from([0, 0, 0, extension, ...new Array(4 * extension).fill(9)]) : Buffer.alloc(0)
  const tail = Buffer.alloc(padding)
  if (padding > 0) tail[padding - 1] = padding
  return new Uint8Array(Buffer.concat([head, Buffer.alloc(4 * csrc), more, Buffer.from([sequence & 255]), tail]))
}

function run(packets: readonly Uint8Array[], depth = 8, delayUs = 10_000) {
  const taken: number[] = []
  let lost = 0
  const reorder = new RtpReorder(
    { depth, delayUs },
    (payload) => void taken.push(payload[0] as number),
    (count) => {
      lost += count
    },
  )
  for (const [at, bytes] of packets.entries()) reorder.packet(bytes, at * 100)
  reorder.flush()
  return { taken, lost, counts: reorder.counts }
}

describe('RTP packets', () => {
  it.each([
    ['in order', [1, 2, 3, 4], [1, 2, 3, 4], 0],
    ['swapped', [1, 3, 2, 4, 6, 5], [1, 2, 3, 4, 5, 6], 0],
    ['doubled', [1, 1, 2, 4, 4, 3], [1, 2, 3, 4], 0],
    ['lost', [1, 2, 4, 5], [1, 2, 4, 5], 1],
    ['over the end of 16 bits', [65533, 65535, 65534, 65537, 65536, 65538], [253, 254, 255, 0, 1, 2], 0],
    ['of a stream that begins elsewhere', [1, 2, 9000, 9001], [1, 2, 40, 41], 0],
  ])('%s', (_, sequences, taken, lost) => {
    const ran = run(sequences.map((sequence) => packet(sequence)))
    expect(ran.taken).toEqual(taken)
    expect(ran.lost).toBe(lost)
  })

  it('are given without contributing sources, extension and padding, and of a new source from its first', () => {
    const packets = [packet(1, { csrc: 2 }), packet(2, { extension: 1, padding: 5 }), packet(500, { source: 8 })]
    expect(run(packets).taken).toEqual([1, 2, 244])
    expect(isRtpTs(packet(1))).toBe(true)
    expect(isRtpTs(new Uint8Array(188).fill(0x47))).toBe(false)
  })

  it('wait no longer than the depth and the delay', () => {
    expect(run([packet(1), ...[3, 4, 5, 6].map((each) => packet(each))], 2).counts).toMatchObject({ lost: 1 })
    expect(run([packet(1), packet(3), packet(4), packet(2)], 100, 150).counts).toMatchObject({ lost: 1, late: 1 })
  })
})
