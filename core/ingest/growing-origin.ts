import type { GrowingBody } from './growing-body.ts'

/** A manifest as it was read. */
export type LiveDocument = {
  readonly bytes: Uint8Array
  /** Address that its names count from, without credentials; in a folder its name below the first manifest's. */
  readonly url: string
}

/**
 * Content of a file that a live manifest names, or why it is not there: `absent` for one that may still come, `gone` for one that
 * will not, `failed` where the way to it is in trouble.
 */
export type LiveFile =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'absent' | 'gone' | 'failed'; readonly reason: string }

/** A file that is read while it is made. */
export type GrowingFile = LiveFile | { readonly kind: 'growing'; readonly body: GrowingBody }

/** Where a live presentation is read: a server, or a folder that another program writes. */
export interface GrowingOrigin {
  /** Time of the clock that the manifest counts by, µs since the UNIX epoch. */
  nowUs(): number
  /**
   * Reads the manifest again.
   * @param held waits until it has changed
   * @returns null where it has not changed
   * @throws AppFailure where it cannot be read
   */
  manifest(held?: HeldReading | null): Promise<LiveDocument | null>
  /** Takes from the manifest where it wants to be read next, and its clock. */
  follow(locations: readonly string[], clocks: readonly LiveClockElement[]): Promise<void>
  /**
   * Reads a manifest that another one names.
   * @param name resolved against that one's address
   * @param held waits until it has changed
   * @throws AppFailure where it cannot be read
   */
  playlist(name: string, held?: HeldReading | null): Promise<LiveDocument>
  /**
   * Reads a file, or a part of it.
   * @param name as the manifest names it, resolved against its address
   * @param range bytes `[from, to)`
   * @param heldMs how much longer its origin may wait with the answer, until it is there
   */
  file(name: string, maxBytes: number, signal: AbortSignal, range?: ByteSpan | null, heldMs?: number): Promise<LiveFile>
  /**
   * Reads a file while it is made, from its first bytes on.
   * @param wholeUs when it is whole at the latest, by this machine's clock, µs since the UNIX epoch
   * @param over ends it, also after the first bytes
   */
  growing(name: string, wholeUs: number, over: AbortSignal): Promise<GrowingFile>
  /** A name as a person is shown it. */
  shown(name: string): string
  close(): Promise<void>
}

/** A reading that a server answers once there is something new: what it waits for, and for how long, ms. */
export type HeldReading = { readonly directives: string; readonly heldMs: number }

/** Bytes `[from, to)` of a file. */
export type ByteSpan = readonly [number, number]

/** UTCTiming of an MPD. */
export type LiveClockElement = { readonly scheme: string; readonly value: string }
