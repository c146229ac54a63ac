import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { FolderDoor, type FoundFile } from '../files/door.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { contentTypeOf } from '../protocol/mime/content-types.ts'
import { folderReader } from './folder-reader.ts'
import type { LoadOptions } from './load-options.ts'
import type { Presentation, PresentationFile } from './presentation.ts'
import { PresentationBytes } from './presentation-bytes.ts'
import { readFailure, tooLong } from './presentation-folder.ts'

/** Most files of a presentation: each is listed in the signalling. */
const MAX_FILES = 4096
/** Most folders below an input, which links can make many of few. */
const MAX_FOLDERS = 4096

/** One file as a presentation of plain files. The person named it, so a link is followed wherever it leads. */
export async function loadSingleFile(path: string, { fileName }: LoadOptions): Promise<Presentation> {
  try {
    const real = await realpath(path)
    const door = await FolderDoor.open(dirname(real))
    return await filesPresentation(door, [{ path: basename(real), name: fileName ?? basename(path) }])
  } catch (error) {
    throw readFailure(path, error)
  }
}

/**
 * All files of a folder and its subfolders, by name, as plain files. Entries that the door refuses are left out.
 * @throws AppFailure input-unusable, where there are none or too many; file-unreadable
 */
export async function loadFolder(folder: string, options: LoadOptions): Promise<Presentation> {
  try {
    const door = await FolderDoor.open(folder)
    const found = await new FolderWalk(door, folder, options).files()
    if (found.length === 0)
      throw new AppFailure(
        'input-unusable',
        `There is no file in "${shownText(folder, 1000)}".`,
        'Choose a folder with the files to send.',
      )
    return await filesPresentation(
      door,
      found.map((path) => ({ path, name: path })),
    )
  } catch (error) {
    throw readFailure(folder, error)
  }
}

class FolderWalk {
  readonly #door: FolderDoor
  readonly #shown: string
  readonly #options: LoadOptions
  readonly #found: string[] = []
  #folders = 0

  constructor(door: FolderDoor, shown: string, options: LoadOptions) {
    this.#door = door
    this.#shown = shownText(shown, 1000)
    this.#options = options
  }

  async files(): Promise<readonly string[]> {
    await this.#walk('', [])
    return this.#found
  }

  async #walk(folder: string, above: readonly string[]): Promise<void> {
    if (++this.#folders > MAX_FOLDERS) throw this.#tooMany(`${MAX_FOLDERS} folders`)
    const { real, entries, isCut } = await this.#door.list(folder, above, MAX_FILES)
    if (isCut) throw this.#tooMany(`${MAX_FILES} entries in a folder`)
    for (const entry of entries) {
      if (entry.kind === 'folder') await this.#walk(entry.path, [...above, real])
      else if (entry.kind === 'file') this.#found.push(entry.path)
      else if (entry.kind === 'left-out')
        this.#options.note({
          sentence: `"${shownText(entry.name)}" in "${this.#shown}" is not sent: it ${entry.problem}.`,
          tryThis: 'Only plain files and folders below the folder itself are sent.',
        })
      if (this.#found.length > MAX_FILES) throw this.#tooMany(`${MAX_FILES} files`)
    }
  }

  #tooMany(what: string): AppFailure {
    return new AppFailure('input-unusable', `"${this.#shown}" has more than ${what}.`, 'Send fewer files at a time.')
  }
}

async function filesPresentation(
  door: FolderDoor,
  found: readonly { path: string; name: string }[],
): Promise<Presentation> {
  const bytes = new PresentationBytes(folderReader(door))
  const files: PresentationFile[] = []
  for (const { path, name } of found) {
    const { sizeBytes }: FoundFile = await door.find(path)
    if (sizeBytes > MAX_OBJECT_BYTES) throw tooLong(shownText(path), sizeBytes)
    const file = { name, contentType: contentTypeOf(name) ?? 'application/octet-stream', sizeBytes }
    bytes.add(file, path)
    files.push(file)
  }
  return { kind: 'files', manifest: null, tracks: [], files, durationUs: 0, bytes }
}
