import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { GatewayService } from './index-answer.ts'

/** What a gateway needs from its session. */
export type GatewaySource = {
  readonly store: ObjectStore
  /** Wall clock. */
  readonly nowUs: () => number
  /** Stream time to wall time: 0 live and in `real` pace, whose stream time already is wall time. */
  readonly streamShiftUs: () => number
  /** Absolute times in manifests are moved by this: 0 live; for a replayed capture wall time now minus its own. */
  readonly manifestShiftUs: () => number
  /** Services with their manifests, as the receiver knows them. */
  readonly services: () => readonly GatewayService[]
  /** Called for every requested file, before it is looked up. */
  readonly asked?: (serviceId: ServiceId, name: string) => void
  readonly log?: (level: 'info' | 'warning' | 'debug', text: string) => void
}

/** What a gateway gives out, and how long it waits. */
export type GatewayRules = {
  /** False: an object is served once it is whole; earlier requests wait. */
  readonly growing?: boolean
  /** False: as `growing` false, and manifests do not promise segments before they are whole. */
  readonly lowLatency?: boolean
  /** Shortest and longest time a request waits for what is expected; one segment lies between. */
  readonly holdMs?: readonly [number, number]
}
