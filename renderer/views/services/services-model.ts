import type { ServiceSnapshot } from '../../../core/contract/snapshot.ts'
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
