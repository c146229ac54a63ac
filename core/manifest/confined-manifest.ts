import type { CutReferences } from './reference-scope.ts'

/** A manifest whose references stay in the broadcast. */
export type ConfinedManifest = {
  readonly text: string
  /** Its text as it was sent. */
  readonly original: string
  readonly cuts: CutReferences
  /** Some references count from the root of the service, which only its server knows. */
  readonly isRooted: boolean
  /** Nothing that can be played is left. */
  readonly isEmpty: boolean
  /** How all of its media is encrypted: `cenc, Widevine`; null where something can be played without a licence. */
  readonly encryption: string | null
}
