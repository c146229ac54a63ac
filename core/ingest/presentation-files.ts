import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { contentTypeOf } from '../protocol/mime/content-types.ts'
import type { Presentation, PresentationFile } from './presentation.ts'
import { PresentationBytes } from './presentation-bytes.ts'
import { sizesOfFiles, unreadable } from './presentation-folder.ts'

/** Most files of a presentation: each is listed in the signalling. */
const MAX_FILES = 4096

/** One file as a presentation of plain files. */
export async function loadSingleFile(path: string): Promise<Presentation> {
  return filesPresentation([{ path, name: basename(path) }])
}

/**
 * All files of a folder and its subfolders, by name, as plain files.
 * @throws AppFailure input-unusable, where there are none or too many; file-unreadable
 */
export async function loadFolder(folder: string): Promise<Presentation> {
  const found = await filesBelow(folder, [])
  if (found.length === 0)
    throw new AppFailure(
      'input-unusable',
      `There is no file in "${folder}".`,
      'Choose a folder with the files to send.',
    )
  return filesPresentation(found)
}

async function filesBelow(folder: string, inside: readonly string[]): Promise<{ path: string; name: string }[]> {
  const entries = await readdir(join(folder, ...inside), { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  const found: { path: string; name: string }[] = []
  for (const entry of entries) {
    const below = [...inside, entry.name]
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, below)))
    // Links are left out: their targets may be anywhere.
    else if (entry.isFile()) found.push({ path: join(folder, ...below), name: below.join('/') })
    if (found.length > MAX_FILES)
      throw new AppFailure(
        'input-unusable',
        `"${folder}" has more than ${MAX_FILES} files.`,
        'Send fewer files at a time.',
      )
  }
  return found
}

async function filesPresentation(found: readonly { path: string; name: string }[]): Promise<Presentation> {
  const bytes = new PresentationBytes()
  const files: PresentationFile[] = []
  const sizes = await sizesOfFiles(found.map(({ path }) => path))
  for (const [index, { path, name }] of found.entries()) {
    const sizeBytes = sizes[index] ?? null
    if (sizeBytes === null) throw new AppFailure('file-not-found', `"${path}" does not exist.`, 'Check the path.')
    const file = { name, contentType: contentTypeOf(name) ?? 'application/octet-stream', sizeBytes }
    bytes.add(file, path)
    files.push(file)
  }
  return { kind: 'files', manifest: null, tracks: [], files, durationUs: 0, bytes }
}
