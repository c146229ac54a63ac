import type { Report } from '../contract/report.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { Receiver } from '../receive/receiver.ts'
import { type Datagram, play } from './datagrams.ts'
import { DEFAULT_RECEIVE } from './default-receive.ts'

/** Reads datagrams with only the rooms up to `inspect`. @returns the report, with the digest of every object */
export function reportOfDatagrams(datagrams: readonly Datagram[], target: ReceiveTarget): Report {
  const columns = new SessionColumns({ hash: true })
  const receive = { ...DEFAULT_RECEIVE, services: 'all' as const }
  const receiver = new Receiver({ targets: [target], receive }, { holds: false, whole: () => undefined }, columns)
  play(datagrams, receiver)
  receiver.close(datagrams.at(-1)?.timeUs ?? 0)
  const bytes = datagrams.reduce((sum, datagram) => sum + datagram.bytes.length, 0)
  return columns.views.report(
    { kind: 'capture', name: 'datagrams', firstTime: null, lastTime: null },
    { frames: datagrams.length, udp: datagrams.length, bytes, fragmentsDropped: 0 },
  )
}
