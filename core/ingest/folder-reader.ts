import { type FileHandle, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { type FolderDoor, NotReadable } from '../files/door.ts'
import { SpareMemory } from '../files/spare-memory.ts'
import type { FileReader } from './origin.ts'

/** Reads the files of a folder. A file is opened again each time, and may have become anything meanwhile. */
export function folderReader(door: FolderDoor): FileReader {
  const memory = new SpareMemory()
  return {
    read: (path, sizeBytes) => read(door, path, sizeBytes, memory),
    isThere: (path, sizeBytes) =>
      door.find(path).then(
        (found) => found.sizeBytes === sizeBytes,
        () => false,
      ),
    reuse: (bytes) => memory.give(bytes),
    paths: () => door.used(),
    close: async () => undefined,
  }
}

async function read(door: FolderDoor, path: string, sizeBytes: number, memory: SpareMemory): Promise<Uint8Array> {
  const shown = shownText(join(door.root, path), 1000)
  let found = sizeBytes
  try {
    const handle = await door.openFile(path)
    try {
      found = (await handle.stat()).size
      if (found === sizeBytes) {
        const bytes = memory.take(sizeBytes)
        found = await fill(bytes, handle).catch((error: unknown) => {
          memory.give(bytes)
          throw error
        })
        if (found === sizeBytes) return bytes
        memory.give(bytes)
      }
    } finally {
      await handle.close()
    }
  } catch (error) {
    // One sentence for all its files.
    if (await isGone(door.root))
      throw new AppFailure(
        'input-unusable',
        `The folder "${shownText(door.root, 1000)}" is gone while its files are being sent: nothing more of it is sent.`,
        'Put it back; everything else is sent.',
        error,
      )
    const reason = error instanceof NotReadable ? error.message : `cannot be read (${(error as Error).message})`
    throw new AppFailure(
      'input-unusable',
      `"${shown}" cannot be read any more: it ${reason}.`,
      'Keep the files where they are while they are sent.',
      error,
    )
  }
  throw new AppFailure(
    'input-unusable',
    `"${shown}" has changed from ${sizeBytes} to ${found} bytes while it is being sent.`,
    'Send it again when nothing writes to it any more.',
  )
}

/** Reads a file from its beginning until it ends or `bytes` is full. @returns bytes read */
async function fill(bytes: Uint8Array, handle: FileHandle): Promise<number> {
  let at = 0
  for (let read = -1; read !== 0 && at < bytes.length; at += read)
    read = (await handle.read(bytes, at, bytes.length - at, at)).bytesRead
  return at
}

async function isGone(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => false,
    (cause: NodeJS.ErrnoException) => cause.code === 'ENOENT' || cause.code === 'ENOTDIR',
  )
}
