import { expect, it, vi } from 'vitest'
import { HOSTILE_KINDS, hostileDatagrams } from '../../testing/hostile-captures.ts'
import type { HostileKind } from '../../testing/hostile-kind.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'
import { ChannelNames } from '../lct/channel-names.ts'

/** Tables of one file each. */
const TABLES = 1500
const MANY = 15_000

it('a table asks only for the names of the files it lists, however many tables came before', () => {
  const session = new TestSession({ kind: 'discover' })
  const asked = vi.spyOn(ChannelNames.prototype, 'listedName')
  for (const { bytes } of hostileDatagrams(kind(), 1, TABLES)) session.datagram(bytes, testFlow())
  session.pass(5000)
  session.close()
  const { length } = asked.mock.calls
  asked.mockRestore()
  expect(session.fragments.length).toBeGreaterThan(0)
  // Each of them asking for all of those before would be a million.
  expect(length).toBeLessThan(10 * TABLES)
})

it('tables are read as far as what arrived pays for them, however slowly they come, and the alarm counts the others', () => {
  const session = new TestSession({ kind: 'discover' })
  let arrived = 0
  for (const { bytes } of hostileDatagrams(kind(), 1, MANY)) {
    session.datagram(bytes, testFlow())
    session.pass(100)
    arrived += bytes.length
  }
  session.close()
  const alarms = session.alarms.filter(({ rule }) => rule === 'LIMIT-TABLES')
  expect(alarms).toHaveLength(1)
  const read = MANY - Number(alarms[0]?.count)
  expect(read).toBeGreaterThan(4096)
  expect(read).toBeLessThan(4096 + arrived / 1024 + 100)
})

function kind(): HostileKind {
  const found = HOSTILE_KINDS.find(({ name }) => name === 'FDTs of one file')
  if (found === undefined) throw new RangeError('no such kind')
  return found
}
