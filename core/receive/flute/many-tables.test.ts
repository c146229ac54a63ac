import { expect, it, vi } from 'vitest'
import { HOSTILE_KINDS, hostileDatagrams } from '../../testing/hostile-captures.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'
import { ChannelNames } from '../lct/channel-names.ts'

/** Tables of one file each. */
const TABLES = 1500

it('a table asks only for the names of the files it lists, however many tables came before', () => {
  const kind = HOSTILE_KINDS.find(({ name }) => name === 'FDTs of one file')
  if (kind === undefined) throw new RangeError('no such kind')
  const session = new TestSession({ kind: 'discover' })
  const asked = vi.spyOn(ChannelNames.prototype, 'listedName')
  for (const { bytes } of hostileDatagrams(kind, 1, TABLES)) session.datagram(bytes, testFlow())
  session.pass(5000)
  session.close()
  const { length } = asked.mock.calls
  asked.mockRestore()
  expect(session.fragments.length).toBeGreaterThan(0)
  // Each of them asking for all of those before would be a million.
  expect(length).toBeLessThan(10 * TABLES)
})
