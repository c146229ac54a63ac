import { expect, it } from 'vitest'
import type { Destination } from '../../flow/facts.ts'
import { IdleSessions } from './idle-sessions.ts'

const TARGET = { kind: 'mabr', address: '239.1.1.1', port: 7000 } as const
const CONFIG = '239.1.1.1:7000'
const MEDIA = '239.1.1.1:7001'
const S = 1_000_000

const wanted = (generation = 1): Destination[] => [
  { address: '239.1.1.1', port: 7000 },
  { address: '239.1.1.1', port: 7001, idle: { afterMs: 60_000, services: [1], generation } },
]
const sockets = (packets: number) => [
  { destination: CONFIG, packets: 1 },
  { destination: MEDIA, packets },
]

/** A session that was left after a minute of silence. */
function left(): IdleSessions {
  const sessions = new IdleSessions()
  expect(sessions.want(wanted(), TARGET)).toEqual([])
  expect(sessions.look(sockets(5), 0)).toEqual([])
  expect(sessions.look(sockets(6), 30 * S)).toEqual([])
  expect(sessions.look(sockets(6), 89 * S)).toEqual([])
  expect(sessions.look(sockets(6), 90 * S)).toEqual([MEDIA])
  expect([...sessions.left]).toEqual([MEDIA])
  expect(sessions.silentMs(MEDIA)).toBe(60_000)
  return sessions
}

it('leaves sessions that exceed their idle timeout, and none without a timeout', () => {
  const sessions = left()
  expect(sessions.look([{ destination: CONFIG, packets: 1 }], 900 * S)).toEqual([])
})

it('joins it again for a player of its service, whether its files are known or not, and restarts its timeout', () => {
  for (const destination of [MEDIA, null]) {
    const sessions = left()
    expect(sessions.asked(2, null, 100 * S)).toEqual([])
    expect(sessions.asked(1, CONFIG, 100 * S)).toEqual([])
    expect(sessions.asked(1, destination, 100 * S)).toEqual([MEDIA])
    expect([...sessions.left]).toEqual([])
    expect(sessions.look(sockets(0), 101 * S)).toEqual([])
    // A session that players ask for is not idle, even if silent.
    expect(sessions.asked(1, MEDIA, 150 * S)).toEqual([])
    expect(sessions.look(sockets(0), 170 * S)).toEqual([])
    expect(sessions.look(sockets(0), 210 * S)).toEqual([MEDIA])
  }
})

it('joins it again when the configuration changes, and forgets destinations no longer named', () => {
  const sessions = left()
  expect(sessions.want(wanted(), TARGET)).toEqual([])
  expect(sessions.want(wanted(2), TARGET)).toEqual([MEDIA])
  const gone = left()
  expect(gone.want(wanted().slice(0, 1), TARGET)).toEqual([])
  expect([...gone.left]).toEqual([])
})
