import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pathOfName } from './outside-name.ts'

/** Facts about what is at a path of our own, links followed; null for nothing. */
export function factsAt(path: string): Promise<BigIntStats | null> {
  return stat(path, { bigint: true }).catch(() => null)
}

/** What stands in the way of reading a file; `cause` is the system's error where there is one. */
export class NotReadable extends Error {
  /**
   * `missing`: there is nothing; `folder`: a folder, not a file; `kind`: neither; `outside`: a link leads out of the folder;
   * `system`: any other error.
   */
  readonly why: 'missing' | 'folder' | 'kind' | 'outside' | 'system'

  constructor(why: NotReadable['why'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'NotReadable'
    this.why = why
  }
}

/** Facts about a file found below a folder. */
export type FoundFile = { readonly sizeBytes: number; readonly modifiedMs: number }

/** An open file, and its path once all links are followed. */
export type OpenedFile = { readonly handle: FileHandle; readonly real: string }

/** An entry of a folder: a path to follow, or why it is left out, as the end of a sentence. */
export type FolderEntry =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'left-out'; readonly name: string; readonly problem: string }

// Neither waits for the writer of a pipe, nor makes a terminal the process's own. Both are undefined on Windows.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/**
 * Opens a file for reading, if it is a regular one, and never waits for a pipe or a device.
 * @throws NotReadable
 */
export async function openRegular(path: string): Promise<FileHandle> {
  // Before it is opened: opening a device may do something.
  const kind = await system(stat(path))
  if (!kind.isFile()) throw notRegular(kind)
  const handle = await system(open(path, READ))
  try {
    const opened = await system(handle.stat())
    if (!opened.isFile()) throw notRegular(opened)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Reads a whole regular file.
 * @param most bytes; a larger file is refused
 * @throws NotReadable
 */
export async function readRegular(path: string, most: number): Promise<Uint8Array> {
  const handle = await openRegular(path)
  try {
    return await readAll(handle, most)
  } finally {
    await handle.close()
  }
}

/**
 * The way to files below one folder whose names come from outside: manifests, listings, requests. A file is opened where its
 * path is plain, it is a regular file, and it lies below the folder once all links are followed; the last two are checked on
 * the open file, so that nothing can be exchanged in between. Links that stay below the folder are followed.
 */
export class FolderDoor {
  /** The folder, links followed. */
  readonly root: string
  readonly #used = new Set<string>()

  private constructor(root: string) {
    this.root = root
  }

  /** @throws NotReadable where the folder does not exist */
  static async open(folder: string): Promise<FolderDoor> {
    return new FolderDoor(await system(realpath(folder)))
  }

  /** Real paths of all files that were found or opened. */
  used(): readonly string[] {
    return [...this.#used]
  }

  /** Finds a file without opening it. @throws NotReadable */
  async find(path: string): Promise<FoundFile> {
    const real = this.#checked(await system(realpath(this.#join(path))))
    const found = await system(stat(real))
    if (!found.isFile()) throw notRegular(found)
    this.#used.add(real)
    return { sizeBytes: found.size, modifiedMs: found.mtimeMs }
  }

  /** Opens a file. @throws NotReadable */
  async openFile(path: string): Promise<FileHandle> {
    return (await this.openReal(path)).handle
  }

  /** Opens a file, and tells where it really is. @throws NotReadable */
  async openReal(path: string): Promise<OpenedFile> {
    const joined = this.#join(path)
    this.#checked(await system(realpath(joined)))
    const handle = await openRegular(joined)
    try {
      const real = this.#checked(await pathOfOpen(handle, joined))
      this.#used.add(real)
      return { handle, real }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Reads a whole file of at most `most` bytes. @throws NotReadable */
  async read(path: string, most: number): Promise<Uint8Array> {
    const handle = await this.openFile(path)
    try {
      return await readAll(handle, most)
    } finally {
      await handle.close()
    }
  }

  /**
   * Lists a folder below the root in the order of its names, links followed by the rules of files.
   * @param path empty for the root
   * @param most entries; where there are more, `isCut` is true and none is looked at
   * @param above real paths of the folders that lead here: a link to one of them would go round for ever
   * @throws NotReadable where it cannot be listed
   */
  async list(
    path: string,
    above: readonly string[] = [],
    most = Number.POSITIVE_INFINITY,
  ): Promise<{ real: string; entries: readonly FolderEntry[]; isCut: boolean }> {
    const real = this.#checked(await system(realpath(path === '' ? this.root : this.#join(path))))
    const entries: FolderEntry[] = []
    const names = await system(readdir(real, { encoding: 'buffer' }))
    if (names.length > most) return { real, entries, isCut: true }
    for (const name of names) {
      entries.push(await this.#entry(path, name, [...above, real]))
    }
    return { real, entries: entries.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)), isCut: false }
  }

  async #entry(folder: string, bytes: Buffer, above: readonly string[]): Promise<FolderEntry> {
    const name = bytes.toString()
    const leftOut = (problem: string): FolderEntry => ({ kind: 'left-out', name: join(folder, name), problem })
    if (!Buffer.from(name).equals(bytes)) return leftOut('has a name that is not UTF-8')
    const path = folder === '' ? name : `${folder}/${name}`
    const plain = pathOfName(path)
    if (!plain.ok) return leftOut(plain.problem)
    try {
      const real = this.#checked(await system(realpath(this.#join(path))))
      const found = await system(stat(real))
      if (found.isFile()) return { kind: 'file', path }
      if (!found.isDirectory()) return leftOut(notRegular(found).message)
      return above.includes(real) ? leftOut('is a link to a folder around it') : { kind: 'folder', path }
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error
      return leftOut(error.why === 'missing' ? 'is a link to nothing' : error.message)
    }
  }

  #join(path: string): string {
    const plain = pathOfName(path)
    if (!plain.ok) throw new NotReadable('outside', plain.problem)
    return join(this.root, path)
  }

  #checked(real: string): string {
    const { root } = this
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return real
    throw new NotReadable('outside', 'is a link that leads out of the folder')
  }
}

/** Real path of an open file: the system's own on Linux, else that of the path if it still leads to the same file. */
async function pathOfOpen(handle: FileHandle, path: string): Promise<string> {
  if (process.platform === 'linux') {
    const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null)
    if (real !== null) return real
  }
  const real = await system(realpath(path))
  const [opened, found] = await Promise.all([handle.stat({ bigint: true }), system(stat(real, { bigint: true }))])
  if (opened.dev === found.dev && opened.ino === found.ino) return real
  throw new NotReadable('system', 'was exchanged while it was opened')
}

/** Reads an open file as far as it goes, which may have changed since it was measured. */
async function readAll(handle: FileHandle, most: number): Promise<Uint8Array> {
  const { size } = await system(handle.stat())
  if (size > most) throw new NotReadable('system', `has ${size} bytes, more than ${most}`)
  const bytes = new Uint8Array(size)
  let at = 0
  while (at < size) {
    const { bytesRead } = await system(handle.read(bytes, at, size - at, at))
    if (bytesRead === 0) break
    at += bytesRead
  }
  return at === size ? bytes : bytes.subarray(0, at)
}

type Kind = Pick<
  Awaited<ReturnType<typeof stat>>,
  'isDirectory' | 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice'
>

function notRegular(found: Kind): NotReadable {
  const what = found.isDirectory() ? 'folder' : found.isFIFO() ? 'named pipe' : found.isSocket() ? 'socket' : 'device'
  return new NotReadable(found.isDirectory() ? 'folder' : 'kind', `is a ${what}, not a file`)
}

async function system<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new NotReadable('missing', 'does not exist', error)
    // A pipe without a reader, or a socket, that was put there after it was looked at.
    if (error.code === 'ENXIO') throw new NotReadable('kind', 'is a named pipe or a socket, not a file', error)
    throw new NotReadable('system', systemReason(error), error)
  }
}

function systemReason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user'
    case 'ELOOP':
      return 'is a link that goes round in circles'
    case 'ENAMETOOLONG':
      return 'has a name that is too long for this system'
    case 'EMFILE':
    case 'ENFILE':
      return 'cannot be opened: too many files are open'
    default:
      return `cannot be read (${code ?? message})`
  }
}

function nameOf(entry: FolderEntry): string {
  return entry.kind === 'left-out' ? entry.name : entry.path
}
