import { defined } from '../../contract/defined.ts'
import { asServiceId } from '../../contract/ids.ts'
import { shownText } from '../../contract/shown-text.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { type BroadcastService, firstServicePort, type SentScheme } from '../../send/broadcaster.ts'
import { parseRepairServers, type RepairBase } from '../../send/repair-servers.ts'
import type { Programme } from '../faces/programme.ts'

/** What a broadcast gives its services where they have nothing of their own. */
export type ServiceDefaults = {
  readonly serviceId: number
  readonly serviceName: string
  readonly scheme: SentScheme
  readonly address: string
  readonly port: number
}

const LAST_SERVICE_ID = 65_535
const LAST_PORT = 65_535

/**
 * A service for each programme, on ports that follow each other. The first has the broadcast's id and name; the others have the
 * next free ids.
 * @throws AppFailure bad-spec
 */
export function servicesOf(
  broadcast: string,
  programmes: readonly Programme[],
  { serviceId, serviceName, scheme, address, port }: ServiceDefaults,
): BroadcastService[] {
  if (programmes.length > 1 && scheme === 'route')
    throw new AppFailure(
      'bad-spec',
      `${broadcast} has ${programmes.length} inputs, and a route:// address carries one service.`,
      'Send them to atsc:// or mabr://, which list several services.',
    )
  const firstPort = firstServicePort(scheme, port)
  if (firstPort + programmes.length - 1 > LAST_PORT)
    throw new AppFailure(
      'bad-spec',
      programmes.length === 1
        ? `There is no port ${firstPort}, on which the media would follow the configuration.`
        : `There are not ${programmes.length} ports from ${firstPort} on.`,
      'Use a lower port.',
    )
  const taken = new Set<number>()
  for (const { serviceId: own, input } of programmes.map(({ spec }) => spec)) {
    if (own === undefined) continue
    if (taken.has(own))
      throw new AppFailure(
        'bad-spec',
        `Two inputs of ${broadcast} have the service id ${own}; the second is ${shownText(input, 300)}.`,
        'Give each its own service id.',
      )
    taken.add(own)
  }
  let next = serviceId
  const free = (): number => {
    while (taken.has(next)) next++
    if (next > LAST_SERVICE_ID)
      throw new AppFailure('bad-spec', `No service id above ${serviceId} is free.`, 'Use a lower first service id.')
    taken.add(next)
    return next
  }
  const services = programmes.map(({ presentation, loop, spec }, at) => {
    const id = spec.serviceId ?? free()
    return {
      serviceId: asServiceId(id),
      // Its number is among the seven characters that the SLT has for a name.
      serviceName: spec.serviceName ?? (at === 0 ? serviceName : `Svc ${id}`),
      address: spec.groupAddress ?? address,
      port: spec.groupPort ?? firstPort + at,
      presentation,
      loop,
      listing: defined(listingOf(spec, presentation)),
      repairServers: repairServersOf(spec),
      fileTimes: defined({ everyUs: inUs(spec.repeatEveryS), overUs: inUs(spec.uploadS) }),
    }
  })
  const endpoints = new Set<string>()
  for (const { address: group, port: own, serviceId: id } of services) {
    const endpoint = formatDestination(group, own)
    if (endpoints.has(endpoint) || (scheme === 'mabr' && endpoint === formatDestination(address, port)))
      throw new AppFailure(
        'bad-spec',
        `Service ${id} would be sent to ${endpoint}, which is taken.`,
        'Give it another group or port (MCASTIP, MCASTPort).',
      )
    endpoints.add(endpoint)
  }
  return services
}

function inUs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000_000
}

/** Categories of services (A/331 table 6.4). */
const CATEGORY = { linear: 1, application: 3 } as const

function listingOf({ configuration, ...spec }: Programme['spec'], presentation: Programme['presentation']) {
  const { majorChannel, minorChannel, hidden, hideInGuide, shortName } = spec
  // Of a linear service receivers expect a manifest.
  const category = spec.category ?? (presentation?.kind === 'files' ? CATEGORY.application : CATEGORY.linear)
  const needsBroadband = configuration === 'broadband'
  return { majorChannel, minorChannel, category, hidden, hideInGuide, shortName, needsBroadband }
}

/** @throws AppFailure bad-spec */
function repairServersOf({ repairServers, input }: Programme['spec']): readonly RepairBase[] {
  if (repairServers === undefined) return []
  const servers = parseRepairServers(repairServers, input)
  if (servers !== null) return servers
  throw new AppFailure(
    'bad-spec',
    `The repair servers of ${shownText(input, 300)} are "${shownText(repairServers, 300)}".`,
    'Write [WEIGHT;]URL with commas between; src is the server of an http(s) input.',
  )
}
