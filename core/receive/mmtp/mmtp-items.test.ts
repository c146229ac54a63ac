import { describe, expect, it } from 'vitest'
import { parseMpuMovie } from '../../media/mmt/mpu-movie.ts'
import { MMTP_HEADER_DEFAULTS, serialiseMmtpPacket } from '../../protocol/mmtp/mmtp-header.ts'
import { itemMpuPayloads, type MadeItem, makeItemMpu } from '../../testing/mmtp-items.ts'
import { content, TestSession } from '../../testing/test-session.ts'

const ITEMS: readonly MadeItem[] = [
  { id: 1, name: 'index.html', type: 'text/html', data: content(2500) },
  { id: 2, name: 'style.css', type: 'text/css', data: content(700) },
  { id: 7, name: 'logo.png', type: 'image/png', data: content(1999) },
]

/**
 * Sends MPUs as packets.
 * @param keep true for the numbers of packets that arrive
 */
function receive(mpus: readonly number[], keep: (packet: number) => boolean = () => true): TestSession {
  const session = new TestSession({ kind: 'discover' })
  let sequence = 0
  for (const number of mpus) {
    const mpu = makeItemMpu(number, 'app', ITEMS)
    for (const payload of itemMpuPayloads(mpu, number, ITEMS)) {
      const header = { ...MMTP_HEADER_DEFAULTS, packetId: 80, sequence }
      if (keep(sequence)) session.datagram(serialiseMmtpPacket(header, payload))
      sequence++
    }
  }
  return session
}

describe('non-timed MPUs', () => {
  it('are restored, with every item at its offset in the metadata', () => {
    const session = receive([5, 6])
    session.close()
    expect(session.files.map(({ name, complete }) => [name, complete])).toEqual([
      ['asset80/5.mp4', true],
      ['asset80/6.mp4', true],
    ])
    const file = session.files[0]?.lease.bytes ?? new Uint8Array(0)
    expect(Buffer.compare(file, makeItemMpu(5, 'app', ITEMS))).toBe(0)
    const { items } = parseMpuMovie(file)
    for (const { id, data } of ITEMS) {
      const extents = items.filter(({ itemId }) => itemId === id)
      const parts = extents.map(({ offset, length }) => file.subarray(offset, offset + length))
      expect(Buffer.compare(Buffer.concat(parts), data)).toBe(0)
    }
    expect(session.alarms).toEqual([])
  })

  it('are delivered once whole, although they are repeated', () => {
    const session = receive([5, 5, 5])
    session.pass(6000)
    expect(session.files.map(({ name }) => name)).toEqual(['asset80/5.mp4'])
    expect([...session.repeats.values()]).toEqual([2])
  })

  it('heal with the next repetition', () => {
    const session = receive([5, 5], (packet) => packet !== 3)
    session.pass(6000)
    expect(session.files.map(({ name, complete }) => [name, complete])).toEqual([['asset80/5.mp4', true]])
    expect(Buffer.compare(session.files[0]?.lease.bytes ?? new Uint8Array(0), makeItemMpu(5, 'app', ITEMS))).toBe(0)
  })

  it('have a hole for a lost packet, and report the number of items', () => {
    const session = receive([5, 6], (packet) => packet !== 3)
    session.close()
    expect(session.files.map(({ name }) => name)).toEqual(['asset80/6.mp4'])
    const lost = session.lost.find(({ name }) => name === 'asset80/5.mp4')
    expect(lost?.missing().reduce((sum, [from, to]) => sum + to - from, 0)).toBeGreaterThan(0)
    expect(session.alarms.find(({ rule }) => rule === 'MPU-LOSS')?.text).toContain('1 of ')
  })
})
