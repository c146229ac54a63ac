import type { ServiceSnapshot, SignalledServer } from '../../../core/contract/service-snapshot.ts'
import type { SystemTimeSnapshot } from '../../../core/contract/snapshot.ts'
import { formatPercent } from '../../model/format.ts'
import { categoryName, protocolName } from '../../model/names.ts'

/** By channel number, then id; those without a number last. */
export function orderedServices(services: readonly ServiceSnapshot[]): readonly ServiceSnapshot[] {
  const place = (service: ServiceSnapshot) => service.major ?? Number.POSITIVE_INFINITY
  return [...services].sort((a, b) => place(a) - place(b) || (a.minor ?? 0) - (b.minor ?? 0) || a.id - b.id)
}

/** Protocol and category of a service. */
export function serviceKind(service: ServiceSnapshot): string {
  return service.category === null
    ? protocolName(service.protocol)
    : `${protocolName(service.protocol)}, ${categoryName(service.category)}`
}

/** Values of a SystemTime table: `TAI−UTC 37 s, local −PT5H, 25 times`. */
export function systemTimeText({ values, count }: SystemTimeSnapshot): string {
  const { currentUtcOffset, utcLocalOffset } = values
  const parts = [
    typeof currentUtcOffset === 'number' ? `TAI−UTC ${currentUtcOffset} s` : null,
    typeof utcLocalOffset === 'string' ? `local ${utcLocalOffset}` : null,
    `${count} ${count === 1 ? 'time' : 'times'}`,
  ]
  return parts.filter((part) => part !== null).join(', ')
}

/** Share of requests to a repair server, `, 25 %`; empty for a single server. */
export function repairShareText(server: SignalledServer, all: readonly SignalledServer[]): string {
  if (server.weight === 0) return ', not to be used'
  const total = all.reduce((sum, each) => sum + each.weight, 0)
  return total === server.weight ? '' : `, ${formatPercent(server.weight, total, 0)}`
}

/** Wait before a request: `Waits 50 ms without packets of an object, then 10 ms to 30 ms of back-off`. */
export function repairWaitText({ afterMs, fixedBackoffMs, randomBackoffMs }: SignalledServer): string {
  const most = fixedBackoffMs + randomBackoffMs
  const more =
    most === 0 ? '' : `, then ${randomBackoffMs === 0 ? '' : `${fixedBackoffMs} ms to `}${most} ms of back-off`
  return `Waits ${afterMs} ms without packets of an object${more}`
}
