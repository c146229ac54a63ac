import type { ServiceSnapshot, SystemTimeSnapshot } from '../../../core/contract/snapshot.ts'
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
