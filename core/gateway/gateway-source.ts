import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { GatewayService } from './index-answer.ts'

/** Services of the session for its gateway. */
export type GatewaySource = {
  readonly store: ObjectStore
  /** Wall clock. */
  readonly nowUs: () => number
  /** Wall time less stream time, µs: 0 live and in `real` pace, whose stream time is wall time. */
  readonly streamShiftUs: () => number
  /** Shift of absolute times in manifests, µs: 0 live; for a replayed capture wall time less its own. */
  readonly manifestShiftUs: () => number
  /** Services with their manifests, as the receiver knows them. */
  readonly services: () => readonly GatewayService[]
  /** The entry of a name in a file table, and whether it has expired; null where none lists it. */
  readonly announced?: (serviceId: ServiceId, name: string) => { readonly expired: boolean } | null
  /** Called for every requested file, before it is looked up. */
  readonly asked?: (serviceId: ServiceId, name: string) => void
  readonly log?: (level: 'info' | 'warning' | 'debug', text: string) => void
}

/** What a gateway serves, and how long it waits. */
export type GatewayRules = {
  /** False: an object is served once it is whole; earlier requests wait. */
  readonly growing?: boolean
  /** False: as `growing` false, and manifests do not announce segments before they are whole. */
  readonly lowLatency?: boolean
  /** Shortest and longest time a request waits for an expected object; the duration of one segment is between them. */
  readonly holdMs?: readonly [number, number]
}
