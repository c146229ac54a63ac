import { dirname, join, sep } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { undecodedName } from '../failure/undecoded-name.ts'
import { FolderDoor, NotReadable } from '../files/door.ts'
import { pathOfReference } from '../files/outside-name.ts'
import { safeRelativePath } from '../files/safe-name.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { folderReader } from './folder-reader.ts'
import type { ByteSpan } from './growing-origin.ts'
import { missingFile, nameBelow } from './names-below.ts'
import type { FileReader, Located, Origin } from './origin.ts'
import { PresentationBytes } from './presentation-bytes.ts'

/** Files examined at once. */
const AT_ONCE = 64
/** Entries of a folder that are looked at. */
const MAX_LISTED = 65_536
/** Largest initialisation segment or playlist. */
const MAX_SMALL_BYTES = 64 * 1024 * 1024

/** The folder of a manifest: the only place its files may be in. */
export class PresentationFolder implements Origin {
  readonly address = ''
  readonly door: FolderDoor
  readonly files: FileReader
  readonly stored: PresentationBytes
  readonly #shown: string

  private constructor(door: FolderDoor, shown: string) {
    this.door = door
    this.files = folderReader(door)
    this.stored = new PresentationBytes(this.files)
    this.#shown = shown
  }

  /** Opens the folder of a file. @throws AppFailure file-unreadable | file-not-found */
  static async of(file: string): Promise<PresentationFolder> {
    const folder = dirname(file)
    try {
      return new PresentationFolder(await FolderDoor.open(folder), folder)
    } catch (error) {
      throw readFailure(folder, error)
    }
  }

  /** At the path that a player makes of a name, or at the one that a dump of it has. A link out of the folder is not supported. */
  async locate(names: readonly string[]): Promise<Located[]> {
    const located: Located[] = []
    for (let at = 0; at < names.length; at += AT_ONCE)
      located.push(...(await Promise.all(names.slice(at, at + AT_ONCE).map((name) => this.#locate(name)))))
    return located
  }

  async filesBeside(name: string): Promise<readonly string[]> {
    const plain = pathOfReference(name.slice(0, name.lastIndexOf('/') + 1).replace(/\/$/, ''))
    return plain.ok || name.lastIndexOf('/') < 0 ? this.#filesIn(plain.ok ? plain.path : '') : []
  }

  async leftBeside(manifest: string): Promise<readonly string[]> {
    const used = new Set(
      this.door.used().map((real) => real.slice(this.door.root.length).replaceAll(sep, '/').replace(/^\//, '')),
    )
    const folders = new Set(['', ...[...used].map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/'))))])
    const files = await Promise.all([...folders].map((folder) => this.#filesIn(folder)))
    return files.flat().filter((path) => path !== manifest && !used.has(path) && !/\.(?:mpd|m3u8?)$/i.test(path))
  }

  async #filesIn(folder: string): Promise<readonly string[]> {
    try {
      const { entries } = await this.door.list(folder, [], MAX_LISTED)
      return entries.flatMap((entry) => (entry.kind === 'file' ? [entry.path] : []))
    } catch (error) {
      if (error instanceof NotReadable) return []
      throw error
    }
  }

  shown(path: string): string {
    return shownText(join(this.#shown, path), 1000)
  }

  async read(name: string, role: string): Promise<Uint8Array> {
    const [{ path, sizeBytes } = { path: name, sizeBytes: null }] = await this.locate([name])
    if (sizeBytes === null) throw this.missing(path, role)
    try {
      return await this.door.read(path, MAX_SMALL_BYTES)
    } catch (error) {
      throw readFailure(this.shown(path), error)
    }
  }

  async part(name: string, [from, to]: ByteSpan): Promise<Uint8Array> {
    const [{ path, sizeBytes } = { path: name, sizeBytes: null }] = await this.locate([name])
    if (sizeBytes === null) throw this.missing(path, 'a file of byte ranges')
    try {
      const handle = await this.door.openFile(path)
      try {
        const bytes = new Uint8Array(Math.max(0, Math.min(to, sizeBytes) - from))
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
        return bytes.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw readFailure(this.shown(path), error)
    }
  }

  missing(path: string, role: string): AppFailure {
    return missingFile(this.shown(path), role)
  }

  async #locate(name: string): Promise<Located> {
    const [first, dumped] = this.#pathsOf(name)
    const sizeBytes = await this.#size(first)
    if (sizeBytes !== null || dumped === undefined) return { path: first, sizeBytes }
    const dumpedBytes = await this.#size(dumped)
    return { path: dumpedBytes === null ? first : dumped, sizeBytes: dumpedBytes }
  }

  /** Paths of a name: decoded, without its query, and as a dump writes it. @throws AppFailure not-supported */
  #pathsOf(name: string): [string, string?] {
    const { resolved, path } = nameBelow(name)
    const dumped = safeRelativePath(resolved)
    return dumped === path ? [path] : [path, dumped]
  }

  async #size(path: string): Promise<number | null> {
    try {
      const { sizeBytes } = await this.door.find(path)
      if (sizeBytes <= MAX_OBJECT_BYTES) return sizeBytes
      throw tooLong(this.shown(path), sizeBytes)
    } catch (error) {
      if (error instanceof NotReadable && error.why === 'missing') return null
      throw readFailure(this.shown(path), error)
    }
  }
}

/** Failure for a file of a presentation that is longer than an object may be. */
export function tooLong(path: string, sizeBytes: number): AppFailure {
  return new AppFailure(
    'input-unusable',
    `"${path}" has ${sizeBytes} bytes, more than one object may have (${MAX_OBJECT_BYTES}).`,
    'Cut it into segments.',
  )
}

/** Failure for a file that the door refused; any other error is returned as it is. */
export function readFailure(path: string, error: unknown): unknown {
  if (!(error instanceof NotReadable)) return error
  const sentence = `"${shownText(path, 1000)}" ${error.message}.`
  switch (error.why) {
    case 'missing':
      return undecodedName(path) ?? new AppFailure('file-not-found', sentence, 'Check the path.', error.cause)
    case 'kind':
      return new AppFailure('input-unusable', sentence, 'Only regular files can be sent.')
    case 'outside':
      return new AppFailure('not-supported', sentence, 'Put a copy of the file into the folder.')
    case 'system':
      return new AppFailure('file-unreadable', sentence, 'Check that you may read it.', error.cause)
  }
}
