import type { FileHandle } from 'node:fs/promises'

/**
 * Writes bytes at a place of a file. The system may take only some of them at a time, as the last that fit on a disk: the rest is
 * written again, or fails with its reason.
 */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.byteLength - at, position + at)
    at += bytesWritten
  }
}
