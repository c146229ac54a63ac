import type { ByteRange, FlowFile, FlowObject, ObjectKind } from '../flow/objects.ts'

/** A file of a session that can be read back: all that was said of it, without its bytes. */
export type StoredFile = Omit<FlowFile, 'lease'> & {
  readonly size: number
  /** Grows with every file stored: tells two contents of one name apart. */
  readonly version: number
}

/** Why an object that was announced cannot be had: it was given up. */
export type LostObject = {
  /** Row of the object; what came of it may be stored. */
  readonly index: number
  readonly name: string
  readonly kind: ObjectKind
  readonly size: number | null
  readonly received: number
  readonly missing: readonly ByteRange[]
  readonly firstTimeUs: number
  readonly lastTimeUs: number
}

/** What there is under a name. `expired` was stored once and went by retention. */
export type Found =
  | { readonly state: 'ready'; readonly file: StoredFile }
  | { readonly state: 'receiving'; readonly object: FlowObject }
  | { readonly state: 'lost'; readonly lost: LostObject }
  | { readonly state: 'expired' }
  | { readonly state: 'unknown' }

/** Where the bytes of a stored file are: in memory, in a file below the spill folder, or nowhere any more. */
export type StoredBytes = { readonly bytes: Uint8Array } | { readonly path: string } | null
