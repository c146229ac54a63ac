/**
 * Bytes on loan, and the one place that says who owns their memory:
 *
 * - `bytes` may be read during the call that brought the lease, and between `keep` and `release`. They do not change.
 * - `keep` may be called several times; each is undone by one `release`. Kept memory counts as the lender's until then.
 * - A sink that `holds` owns what it is given and needs neither call: the lender then uses no memory again (`ObjectSink.holds`).
 */
export interface Lease {
  readonly bytes: Uint8Array
  keep(): void
  release(): void
}

/** Bytes that nobody uses again: whoever reads them keeps them. */
export function ownBytes(bytes: Uint8Array): Lease {
  return { bytes, keep: nothing, release: nothing }
}

function nothing(): void {}

/** Files from here on are put together in shared memory, and go to disk from there. Shorter ones are cheaper to copy. */
export const LONG_FILE_BYTES = 1 << 20

/** True where another thread can read the bytes where they are, and copying them would cost more than keeping the lease. */
export function isReadInPlace({ bytes }: Lease): boolean {
  return bytes.byteLength >= LONG_FILE_BYTES && bytes.buffer instanceof SharedArrayBuffer
}
