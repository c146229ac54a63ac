import type { ServiceId } from '../../contract/ids.ts'
import type { ServiceFacts } from '../../flow/facts.ts'

/** Channels, or flows, by their service. */
export type OfServices<T> = ReadonlyMap<ServiceId, readonly T[]>

/** Groups items by service, so that a long list of services costs no more than its length. */
export function ofServices<T extends { readonly serviceId: ServiceId | null }>(all: readonly T[]): OfServices<T> {
  const grouped = new Map<ServiceId, T[]>()
  for (const each of all) {
    if (each === undefined || each.serviceId === null) continue
    const group = grouped.get(each.serviceId)
    if (group === undefined) grouped.set(each.serviceId, [each])
    else group.push(each)
  }
  return grouped
}

/** What a service has of the one whose files it shares. */
export function sharedWith<T>({ sharesFilesOf }: ServiceFacts, all: OfServices<T>): readonly T[] {
  return sharesFilesOf === null ? [] : (all.get(sharesFilesOf) ?? [])
}
