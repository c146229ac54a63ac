import type { ByteRange, FlowFile, FlowObject, ObjectKind } from '../flow/objects.ts'

/** A stored file: its facts, without its bytes. */
export type StoredFile = Omit<FlowFile, 'lease' | 'serviceId'> & {
  /** It changes where signalling gives its service another number. */
  serviceId: FlowFile['serviceId']
  readonly size: number
  /** Grows with every file stored, so that two contents of one name differ. */
  readonly version: number
}

/** An announced object that ended incomplete. */
export type LostObject = {
  /** Row of the object; its received bytes may be stored. */
  readonly index: number
  readonly name: string
  readonly kind: ObjectKind
  readonly state: FlowObject['state']
  readonly size: number | null
  readonly received: number
  readonly missing: readonly ByteRange[]
  readonly firstTimeUs: number
  readonly lastTimeUs: number
}

/** Content of a name. `expired` was stored once and dropped by retention. */
export type Found =
  | { readonly state: 'ready'; readonly file: StoredFile }
  | { readonly state: 'receiving'; readonly object: FlowObject }
  | { readonly state: 'lost'; readonly lost: LostObject }
  | { readonly state: 'expired' }
  | { readonly state: 'unknown' }

/** Location of a stored file's bytes: memory, a file below the spill folder, or null where they were dropped. */
export type StoredBytes = { readonly bytes: Uint8Array } | { readonly path: string } | null
