import type { ServiceSnapshot, SignalledServer, SystemTimeSnapshot } from '../../../core/contract/snapshot.ts'
import { formatPercent } from '../../model/format.ts'
import { categoryName, protocolName } from '../../model/names.ts'

/** By channel number, then id; those without a number last. */
export function orderedServices(services: readonly ServiceSnapshot[]): readonly ServiceSnapshot[] {
  const place = (service: ServiceSnapshot) => service.major ?? Number.POSITIVE_INFINITY
  return [...services].sort((a, b) => place(a) - place(b) || (a.minor ?? 0) - (b.minor ?? 0) || a.id - b.id)
}

/** The line under a service's name. */
export function serviceKind(service: ServiceSnapshot): string {
  return service.category === null
    ? protocolName(service.protocol)
    : `${protocolName(service.protocol)}, ${categoryName(service.category)}`
}

/** What a SystemTime table says: `TAI−UTC 37 s, local −PT5H, 25 times`. */
export function systemTimeText({ values, count }: SystemTimeSnapshot): string {
  const { currentUtcOffset, utcLocalOffset } = values
  const parts = [
    typeof currentUtcOffset === 'number' ? `TAI−UTC ${currentUtcOffset} s` : null,
    typeof utcLocalOffset === 'string' ? `local ${utcLocalOffset}` : null,
    `${count} ${count === 1 ? 'time' : 'times'}`,
  ]
  return parts.filter((part) => part !== null).join(', ')
}

/** How often a repair server is asked, where there are several or it is not to be used: `, 25 %`. */
export function repairShareText(server: SignalledServer, all: readonly SignalledServer[]): string {
  if (server.weight === 0) return ', not to be used'
  const total = all.reduce((sum, each) => sum + each.weight, 0)
  return total === server.weight ? '' : `, ${formatPercent(server.weight, total, 0)}`
}

/** When it is asked: `Asked after 50 ms without packets of an object and 10 ms to 30 ms more`. */
export function repairWaitText({ afterMs, fixedBackoffMs, randomBackoffMs }: SignalledServer): string {
  const most = fixedBackoffMs + randomBackoffMs
  const more = most === 0 ? '' : ` and ${randomBackoffMs === 0 ? '' : `${fixedBackoffMs} ms to `}${most} ms more`
  return `Asked after ${afterMs} ms without packets of an object${more}`
}
