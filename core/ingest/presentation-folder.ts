import { dirname, join } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { undecodedName } from '../failure/undecoded-name.ts'
import { FolderDoor, NotReadable } from '../files/door.ts'
import { pathOfReference } from '../files/outside-name.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { isAbsoluteReference, resolveReference } from '../manifest/reference.ts'

/** Files examined at once. */
const AT_ONCE = 64
/** Largest initialisation segment or playlist. */
const MAX_SMALL_BYTES = 64 * 1024 * 1024

/** The folder of a manifest: the only place its files may be in. */
export class PresentationFolder {
  readonly door: FolderDoor
  readonly #shown: string

  private constructor(door: FolderDoor, shown: string) {
    this.door = door
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

  /**
   * The path below the folder of a file that a manifest names. The name is sent unchanged, so it must be valid for receivers
   * too: below the manifest, and without a host.
   * @throws AppFailure not-supported
   */
  pathOf(name: string): string {
    if (isAbsoluteReference(name) || name.startsWith('/')) {
      throw new AppFailure(
        'not-supported',
        `The manifest names "${shownText(name, 300)}" by an absolute address, which cannot be sent from a folder.`,
        'Use a manifest whose addresses are relative.',
      )
    }
    const plain: ReturnType<typeof pathOfReference> = name.includes('?')
      ? { ok: false, problem: 'is not a plain path below its own folder' }
      : pathOfReference(resolveReference('', name))
    if (plain.ok) return plain.path
    throw new AppFailure(
      'not-supported',
      `The manifest names "${shownText(name, 300)}", which ${plain.problem}.`,
      'Use a manifest in a folder above its segments, with plain names without ".." and queries.',
    )
  }

  /** A path as it is shown. */
  shown(path: string): string {
    return shownText(join(this.#shown, path), 1000)
  }

  /**
   * Sizes of many files in order; null for one that does not exist.
   * @throws AppFailure file-unreadable | not-supported (a link out of the folder) | input-unusable (too long, not a file)
   */
  async sizes(paths: readonly string[]): Promise<(number | null)[]> {
    const sizes: (number | null)[] = []
    for (let at = 0; at < paths.length; at += AT_ONCE)
      sizes.push(...(await Promise.all(paths.slice(at, at + AT_ONCE).map((path) => this.#size(path)))))
    return sizes
  }

  /** Content of a small file. @throws AppFailure input-unusable (missing), file-unreadable, not-supported */
  async read(path: string, role: string): Promise<Uint8Array> {
    try {
      return await this.door.read(path, MAX_SMALL_BYTES)
    } catch (error) {
      if (error instanceof NotReadable && error.why === 'missing') throw this.missing(path, role)
      throw readFailure(this.shown(path), error)
    }
  }

  /** @param role of the file in the manifest: `initialisation segment of "video"` */
  missing(path: string, role: string): AppFailure {
    return new AppFailure(
      'input-unusable',
      `"${this.shown(path)}" is missing: the manifest names it as ${shownText(role)}.`,
      'Put the file there, or correct the manifest.',
    )
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
