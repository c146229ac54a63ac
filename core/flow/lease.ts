/**
 * Borrowed bytes, and the one definition of who owns their memory:
 *
 * - `bytes` may be read during the call that passes the lease, and between `keep` and `release`. They do not change.
 * - `keep` may be called several times; one `release` undoes each. Until then the memory counts as the lender's.
 * - A sink with `holds` owns the bytes without either call: the lender does not reuse their memory (`ObjectSink.holds`).
 *   Where it calls `hold`, the memory is reused once as many calls of `spent` have told that nobody reads it any more.
 */
export interface Lease {
  readonly bytes: Uint8Array
  keep(): void
  release(): void
  /** Of a sink that holds: it will tell when the bytes are read no more, or never. */
  hold?(): void
  /** Undoes one `hold`: no view of the bytes is left where this sink gave any. */
  spent?(): void
}

/** A lease of bytes that are never reused: a reader keeps them for free. */
export function ownBytes(bytes: Uint8Array): Lease {
  return { bytes, keep: nothing, release: nothing }
}

function nothing(): void {}

/** Files from this size on are assembled in shared memory and written from there. Shorter ones are cheaper to copy. */
export const LONG_FILE_BYTES = 1 << 20

/** True where another thread can read the bytes in place, and copying would cost more than keeping the lease. */
export function isReadInPlace({ bytes }: Lease): boolean {
  return bytes.byteLength >= LONG_FILE_BYTES && bytes.buffer instanceof SharedArrayBuffer
}
