import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { isAbsoluteReference } from '../manifest/reference.ts'

/** Files looked at together. */
const AT_ONCE = 64

/**
 * The path of a file that a manifest in `folder` names. On air the name stays as it is, so it must mean the same place to
 * whoever receives it: below the manifest, and not at some host.
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
      'Use a manifest that lies above its segments and names them without "..", and without queries.',
    )
  }
  return join(folder, decoded(name))
}

/** Size of a file; null where there is none. @throws AppFailure file-unreadable, input-unusable (too long, no file) */
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

/** Sizes of many files, in order. */
export async function sizesOfFiles(paths: readonly string[]): Promise<(number | null)[]> {
  const sizes: (number | null)[] = []
  for (let at = 0; at < paths.length; at += AT_ONCE)
    sizes.push(...(await Promise.all(paths.slice(at, at + AT_ONCE).map(sizeOfFile))))
  return sizes
}

/** A small file whole. @throws AppFailure input-unusable (missing), file-unreadable */
export async function readSmallFile(path: string, wanted: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' || cause.code === 'ENOTDIR' ? missing(path, wanted) : unreadable(path, cause)
  })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** @param wanted what the file is to the manifest: `initialisation segment of "video"` */
export function missing(path: string, wanted: string): AppFailure {
  return new AppFailure(
    'input-unusable',
    `"${path}" is missing: the manifest names it as ${wanted}.`,
    'Put the file there, or correct the manifest.',
  )
}

/** A file of a presentation that is there and cannot be read. */
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
