import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { type Datagram, shuffled } from '../datagrams.ts'
import { lossyObjects, protectedSession } from '../fec-fixture.ts'
import { mabrCapture } from '../mabr-capture.ts'
import { atscFixture, demoDash, routeFixture } from '../make-fixtures.ts'
import { mmtpCapture } from '../mmtp-capture.ts'
import { receiveAll } from '../receive-all.ts'
import { type FuzzTarget, inProcess } from './fuzz-target.ts'
import { mutate } from './mutate.ts'

const DISCOVER: ReceiveTarget = { kind: 'discover' }

/** Sessions of each protocol as our own sender makes them. */
const SESSIONS: Readonly<Record<string, () => Promise<readonly Datagram[]>>> = {
  route: routeFixture,
  atsc: atscFixture,
  'route with RaptorQ': async () => protectedSession(await routeFixture(), { symbolBytes: 512, overhead: 0.2 }),
  'RaptorQ objects': async () => lossyObjects(8, 200_000, 1024, 20),
  mabr: async () => mabrCapture(await demoDash()),
  'mabr by ROUTE': async () => mabrCapture(await demoDash(), { transport: 'route' }),
  mmtp: async () => mmtpCapture(),
}

/** Whole receptions of damaged, lost, doubled and disordered datagrams; nothing may be thrown, nor memory kept at the end. */
export const receptionTargets = (): FuzzTarget[] =>
  Object.entries(SESSIONS).map(([name, make]) => {
    const whole = memoised(make)
    return {
      name: `reception ${name}`,
      unit: 'datagrams',
      weight: 10,
      batch: 2000,
      open: inProcess(async (count, random, spent) => {
        const all = await whole()
        const from = Math.floor(random() * all.length)
        const piece = Array.from({ length: count }, (_, at) => all[(from + at) % all.length] as Datagram)
        const damaged = piece.flatMap((datagram) => hurt(datagram, piece, random))
        const datagrams = random() < 0.3 ? shuffled(damaged, 64, Math.floor(random() * 1e9)) : damaged
        const began = performance.now()
        try {
          const { usedBytes } = receiveAll(datagrams, DISCOVER)
          spent((performance.now() - began) / count)
          return usedBytes === 0 ? null : `${usedBytes} bytes are still counted after the end`
        } catch (thrown) {
          return `threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`
        }
      }),
    }
  })

function memoised<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () => {
    made ??= make()
    return made
  }
}

function hurt(datagram: Datagram, all: readonly Datagram[], random: () => number): Datagram[] {
  const draw = random()
  if (draw < 0.02) return []
  if (draw < 0.03) return [datagram, datagram]
  if (draw > 0.1) return [datagram]
  const other = all[Math.floor(random() * all.length)] ?? datagram
  return [{ ...datagram, bytes: mutate(datagram.bytes, other.bytes, random) }]
}
