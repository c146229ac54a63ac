import type { AppError } from '../../contract/app-error.ts'
import type { ServiceSnapshot } from '../../contract/service-snapshot.ts'
import type { TuneIn } from '../../contract/session-spec.ts'
import type { FlowSnapshot, SocketSnapshot } from '../../contract/snapshot.ts'

type Outcome = {
  readonly label: string
  readonly live: boolean
  readonly joined: readonly SocketSnapshot[]
  /** `ip:port` of the ROUTE session that was asked for, `lls` for what the LLS lists, null for whatever there is. */
  readonly asked: string | null
  /** The timeout expired before anything of a service arrived. */
  readonly tuneInFailed: boolean
  readonly packets: number
  /** Only packets were wanted, whatever they contain. */
  readonly recorded: boolean
  readonly objects: number
  readonly wanted: TuneIn
  /** Each is made when it is asked for: there may be very many, and mostly the first tells enough. */
  readonly services: () => Iterable<ServiceSnapshot>
  readonly flows: readonly FlowSnapshot[]
}

/**
 * Why a session has nothing to show: no packets at all, or packets of other protocols. Null where a service was found or an
 * object arrived. Services asked for by number must be among those found.
 */
export function nothingReceived(outcome: Outcome): AppError | null {
  const { label, live, joined, asked, packets, objects, wanted, flows } = outcome
  const isAnything = packets > 0 && typeof wanted === 'string' && asked === null && !outcome.tuneInFailed
  if (isAnything && (objects > 0 || hasService(outcome.services()))) return null
  const services = [...outcome.services()]
  if (typeof wanted !== 'string' && services.length > 0 && !services.some(({ id }) => wanted.includes(id))) {
    return {
      code: 'nothing-received',
      message: `${label} has no service ${wanted.join(' or ')}; it has ${services.map(({ id }) => id).join(', ')}.`,
      tryThis: 'Name one of these with --services, or use all.',
    }
  }
  if (outcome.recorded && packets > 0) return null
  const silent = outcome.tuneInFailed ? notTunedIn(outcome, services) : null
  if (silent !== null) return silent
  const elsewhere = packets > 0 && asked !== null ? notAsAsked(label, asked, services, flows) : null
  if (elsewhere !== null) return elsewhere
  if (packets > 0 && (objects > 0 || hasService(services))) return null
  if (packets === 0) {
    const where = joined.map((socket) => `${socket.destination} on ${socket.interface}`).join(', ')
    return {
      code: 'nothing-received',
      message: live
        ? `Nothing was received from ${label}${where === '' ? '' : ` (joined ${where})`}.`
        : `Nothing was received from ${label}.`,
      tryThis: live
        ? where === ''
          ? 'Check that its sender runs.'
          : 'Check that the sender runs, and choose another interface with --interface.'
        : 'Check that the capture holds the address that was asked for.',
    }
  }
  const lls = services.length > 0 ? undefined : flows.find(({ protocol }) => protocol === 'lls')
  if (lls !== undefined) {
    return {
      code: 'nothing-received',
      message: `${label} has LLS on ${lls.destination} (${lls.packets} datagrams), but no SLT that can be read, so no service is known.`,
      tryThis:
        'See the warnings of its tables with --log receive@warning; name a service by its address, route://ADDRESS:PORT.',
    }
  }
  if (services.length > 0) {
    const [only] = services
    return {
      code: 'nothing-received',
      message:
        services.length === 1 && only !== undefined
          ? `${label} lists service ${only.id} alone. ${only.notPlayable ?? ''}`.trimEnd()
          : `${label} lists ${services.length} services, but gives none of them a broadcast address.`,
      tryThis: 'Name the address of a session, route://ADDRESS:PORT, where one is known.',
    }
  }
  const tunnel = flows.find(({ protocol }) => protocol === 'stltp' || protocol === 'alptp')
  if (tunnel !== undefined) {
    return {
      code: 'nothing-received',
      message: `${label} has ${tunnel.protocol.toUpperCase()} on ${tunnel.destination} (${tunnel.packets} datagrams), but no ROUTE, FLUTE or MMTP inside.`,
      tryThis: 'See the contents of its packets with inspect.',
    }
  }
  const busiest = busiestOf(flows)
  const where = `${flows.length} ${flows.length === 1 ? 'flow' : 'flows'}${busiest === undefined ? '' : `, most to ${busiest.destination}`}`
  return {
    code: 'other-protocol',
    message: `${label} carries ${packets} UDP datagrams on ${where}, none of them ROUTE, FLUTE or ATSC 3.0.`,
    tryThis: 'Use a capture or an address of a ROUTE, DVB-MABR or ATSC 3.0 service.',
  }
}

/** Whether one came, or is to come by broadcast. */
function hasService(services: Iterable<ServiceSnapshot>): boolean {
  for (const { packets, protocol } of services) if (packets > 0 || protocol !== 'none') return true
  return false
}

/** The LLS lists services, and nothing arrived from those that were joined. */
function notTunedIn({ label, packets }: Outcome, services: readonly ServiceSnapshot[]): AppError | null {
  const joined = services.filter((service) => service.state !== 'not-joined' && service.destination !== null)
  if (packets === 0 || joined.length === 0) return null
  const where = joined.map(({ id, name, destination }) => `${id}${name === null ? '' : ` "${name}"`} on ${destination}`)
  return {
    code: 'nothing-received',
    message: `${label} lists its services, but nothing arrived from ${where.join(', ')}.`,
    tryThis: 'Check that its sender runs, wait longer with --timeout, or join another with --services.',
  }
}

/** Packets arrived, but not what the URL names: another address, or no list of services. */
function notAsAsked(
  label: string,
  asked: string,
  services: readonly ServiceSnapshot[],
  flows: readonly FlowSnapshot[],
): AppError | null {
  const route = busiestOf(flows.filter((flow) => flow.protocol === 'route'))
  if (asked === 'lls') {
    if (services.length > 0 || route === undefined) return null
    return {
      code: 'nothing-received',
      message: `${label} has ROUTE on ${route.destination}, but no LLS that lists a service.`,
      tryThis: `Use route://${route.destination} instead of atsc://.`,
    }
  }
  if (flows.some((flow) => flow.destination === asked)) return null
  const other = route ?? busiestOf(flows)
  return {
    code: 'nothing-received',
    message: `${label} has no packets to ${asked}${other === undefined ? '' : `; most go to ${other.destination}`}.`,
    tryThis:
      other === undefined ? 'Correct the address.' : `Correct the address, for example route://${other.destination}.`,
  }
}

function busiestOf(flows: readonly FlowSnapshot[]): FlowSnapshot | undefined {
  return [...flows].sort((a, b) => b.bytes - a.bytes)[0]
}
