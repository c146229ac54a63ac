import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { isAbsoluteReference } from '../manifest/reference.ts'

/** Files examined at once. */
const AT_ONCE = 64

/**
 * The path of a file that a manifest in `folder` names. The name is sent unchanged, so it must be valid for receivers too:
 * below the manifest, and without a host.
 * @throws AppFailure not-supported
 */
export function pathOfName(folder: string, name: string): string {
  if (isAbsoluteReference(name) || name.startsWith('/')) {
    throw new AppFailure(
      'not-supported',
      `The manifest names "${name.slice(0, 200)}" by an absolute address, which cannot be sent from a folder.`,
      'Use a manifest whose addresses are relative.',
    )
  }
  if (name.includes('?') || name.split('/').includes('..')) {
    throw new AppFailure(
      'not-supported',
      `The manifest names "${name.slice(0, 200)}", which is not a plain path below its own folder.`,
      'Use a manifest in a folder above its segments, with names without ".." and queries.',
    )
  }
  return join(folder, decoded(name))
}

/** Size of a file; null where it does not exist. @throws AppFailure file-unreadable, input-unusable (too long, not a file) */
async function sizeOfFile(path: string): Promise<number | null> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null
    throw unreadable(path, cause)
  })
  if (found === null) return null
  if (!found.isFile()) {
    throw new AppFailure('input-unusable', `"${path}" is no file.`, 'Check what the manifest names.')
  }
  if (found.size > MAX_OBJECT_BYTES) {
    throw new AppFailure(
      'input-unusable',
      `"${path}" has ${found.size} bytes, more than one object may have (${MAX_OBJECT_BYTES}).`,
      'Cut it into segments.',
    )
  }
  return found.size
}

/** Sizes of many files in order. */
export async function sizesOfFiles(paths: readonly string[]): Promise<(number | null)[]> {
  const sizes: (number | null)[] = []
  for (let at = 0; at < paths.length; at += AT_ONCE)
    sizes.push(...(await Promise.all(paths.slice(at, at + AT_ONCE).map(sizeOfFile))))
  return sizes
}

/** Content of a small file. @throws AppFailure input-unusable (missing), file-unreadable */
export async function readSmallFile(path: string, role: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' || cause.code === 'ENOTDIR' ? missing(path, role) : unreadable(path, cause)
  })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** @param role of the file in the manifest: `initialisation segment of "video"` */
export function missing(path: string, role: string): AppFailure {
  return new AppFailure(
    'input-unusable',
    `"${path}" is missing: the manifest names it as ${role}.`,
    'Put the file there, or correct the manifest.',
  )
}

/** An existing file of a presentation that cannot be read. */
export function unreadable(path: string, cause: unknown): AppFailure {
  return new AppFailure('file-unreadable', `"${path}" cannot be read.`, 'Check that you may read it.', cause)
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name // a bare % in a file name
  }
}
