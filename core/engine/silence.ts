import type { AppError } from '../contract/app-error.ts'
import type { TuneIn } from '../contract/session-spec.ts'
import type { FlowSnapshot, ServiceSnapshot, SocketSnapshot } from '../contract/snapshot.ts'

type Outcome = {
  readonly label: string
  readonly live: boolean
  readonly joined: readonly SocketSnapshot[]
  readonly packets: number
  readonly objects: number
  readonly wanted: TuneIn
  readonly services: readonly ServiceSnapshot[]
  readonly flows: readonly FlowSnapshot[]
}

/**
 * Why a session has nothing to show: no packets at all, or packets of something else. Null where a service was found or an
 * object arrived; a capture of MMTP services only is not nothing. Services asked for by number must be among those found.
 */
export function nothingReceived(outcome: Outcome): AppError | null {
  const { label, live, joined, packets, objects, wanted, services, flows } = outcome
  if (typeof wanted !== 'string' && services.length > 0 && !services.some(({ id }) => wanted.includes(id))) {
    return {
      code: 'nothing-received',
      message: `${label} has no service ${wanted.join(' or ')}; it has ${services.map(({ id }) => id).join(', ')}.`,
      tryThis: 'Name one of these with --services, or use all.',
    }
  }
  if (objects > 0 || services.some((service) => service.packets > 0 || service.protocol !== 'none')) {
    if (packets > 0) return null
  }
  if (packets === 0) {
    const where = joined.map((socket) => `${socket.destination} on ${socket.interface}`).join(', ')
    return {
      code: 'nothing-received',
      message: live
        ? `Nothing was received from ${label} (joined ${where || 'nothing'}).`
        : `Nothing was received from ${label}.`,
      tryThis: live
        ? 'Check that the sender runs, and choose another interface with --interface.'
        : 'Check that the capture holds the address that was asked for.',
    }
  }
  const busiest = [...flows].sort((a, b) => b.bytes - a.bytes)[0]
  const named = flows.find((flow) => flow.protocol === 'flute' || flow.protocol === 'mmtp')
  const what =
    named === undefined
      ? `${packets} UDP datagrams on ${flows.length} ${flows.length === 1 ? 'flow' : 'flows'}${busiest === undefined ? '' : `, most to ${busiest.destination}`}, none of them ROUTE or ATSC 3.0`
      : `${named.protocol.toUpperCase()} on ${named.destination}, which this version counts but does not rebuild`
  return {
    code: 'other-protocol',
    message: `${label} carries ${what}.`,
    tryThis: 'Use a capture or an address of a ROUTE or ATSC 3.0 service.',
  }
}
