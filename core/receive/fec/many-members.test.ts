import { describe, expect, it, vi } from 'vitest'
import { HOSTILE_KINDS, hostileDatagrams, SLOW_STEP_US } from '../../testing/hostile-captures.ts'
import { content, TestSession, testFlow } from '../../testing/test-session.ts'
import { LctChannel } from '../lct/lct-channel.ts'

const MEMBERS = 64
const OPEN = 64
const FILES = 100

const members = Array.from({ length: MEMBERS }, (_, at) => `<ProtectedObject tsi="${10 + at}"/>`).join('')
const STSID = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS dIpAddr="239.255.1.1" dPort="5000"><LS tsi="10"><SrcFlow/></LS><LS tsi="9"><RepairFlow><FECParameters fecOTI="000000000000040001000104" maximumDelay="1000" overhead="25">${members}</FECParameters></RepairFlow></LS></RS></S-TSID>`

/** Lookups of source objects while files become whole, or are lost, that the repair flow does not protect. */
function lookups(whole: boolean): number {
  const session = new TestSession({ kind: 'route', address: '239.255.1.1', port: 5000 })
  session.sendObject({ tsi: 0, toi: 1, codepoint: 3 }, new TextEncoder().encode(STSID))
  for (let tsi = 10; tsi < 10 + MEMBERS; tsi++) session.send({ tsi, toi: 500, length: 4000, payload: content(20) })
  for (let toi = 1; toi <= OPEN; toi++) {
    session.send({ tsi: 9, toi, psi: 0, offset: 5000, payload: content(20) })
    session.send({ tsi: 10, toi, length: 4000, payload: content(20) })
  }
  const looks = vi.spyOn(LctChannel.prototype, 'openObject')
  for (let file = 0; file < FILES; file++) {
    const toi = 1000 + file
    session.sendObject({ tsi: 10, toi, length: whole ? 20 : 4000 }, content(20))
  }
  session.close()
  const { length } = looks.mock.calls
  looks.mockRestore()
  return length
}

describe('a repair flow of many members', () => {
  it.each([true, false])('costs about the same however many objects of the flow are open; whole: %j', (whole) => {
    // Each of them, looked at with each member, would be 4096 for each file.
    expect(lookups(whole)).toBeLessThan(FILES * 300)
  })

  it('looks at them as far as packets pay for it, where each packet is a step of time', () => {
    const kind = HOSTILE_KINDS.find(({ name }) => name === 'super-objects of a thousand members')
    if (kind === undefined) throw new RangeError('no such kind')
    const session = new TestSession({ kind: 'discover' })
    const looks = vi.spyOn(LctChannel.prototype, 'openObject')
    let arrived = 0
    for (const { bytes } of hostileDatagrams(kind, 1, 3000)) {
      session.datagram(bytes, testFlow())
      session.pass(SLOW_STEP_US / 1000)
      arrived += bytes.length
    }
    const { length } = looks.mock.calls
    looks.mockRestore()
    expect(length).toBeGreaterThan(1000)
    // One for each member with each packet would be three million.
    expect(length).toBeLessThan(200_000 + arrived / 8)
  })
})
