import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { NotReadable, readRegular } from '../files/door.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { XmlError } from '../xml/xml-element.ts'
import type { LoadOptions } from './load-options.ts'
import type { Presentation } from './presentation.ts'
import { loadDash } from './presentation-dash.ts'
import { loadFolder, loadSingleFile } from './presentation-files.ts'
import { readFailure } from './presentation-folder.ts'
import { loadHls } from './presentation-hls.ts'

/** Largest manifest that is read. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024

/**
 * Loads a presentation from a path: an MPD or a playlist with its segments, any other file by itself, or the files of a folder
 * as plain files. Manifests and initialisation segments are read, other files checked and read on demand.
 * @throws AppFailure file-not-found | file-unreadable | bad-manifest | bad-xml | input-unusable | not-supported
 */
export async function loadPresentation(input: string, options: Partial<LoadOptions> = {}): Promise<Presentation> {
  const all: LoadOptions = { loop: false, note: () => undefined, ...options }
  if (/^https?:/i.test(input)) {
    throw new AppFailure(
      'not-supported',
      `Presentations cannot be sent from an HTTP address yet: ${input}.`,
      'Download the presentation and give the path of its manifest.',
    )
  }
  const found = await stat(input).catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
    throw readFailure(
      input,
      new NotReadable(missing ? 'missing' : 'system', missing ? 'does not exist' : 'cannot be read', cause),
    )
  })
  if (found.isDirectory()) return loadFolder(input, all)
  if (!found.isFile()) {
    throw new AppFailure(
      'input-unusable',
      `"${input}" is neither a file nor a folder.`,
      'Give a manifest, a file or a folder.',
    )
  }
  const name = basename(input)
  if (/\.mpd$/i.test(name)) return loadMpd(input, name, all)
  if (/\.m3u8?$/i.test(name)) return loadHls(input, name, await bytesOf(input), all)
  return loadSingleFile(input)
}

async function loadMpd(path: string, name: string, options: LoadOptions): Promise<Presentation> {
  const bytes = await bytesOf(path)
  try {
    return await loadDash(path, name, bytes, parseMpd(bytes, '', new EntryFaults(true)), options)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    throw new AppFailure(
      'bad-manifest',
      `"${path}" is no usable MPD: ${thrown instanceof XmlError ? '' : `${lineAndColumn(bytes, thrown.offset)}: `}${thrown.message}.`,
      'Correct the MPD, or make it again.',
      thrown.code,
    )
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readRegular(path, MAX_MANIFEST_BYTES)
  } catch (error) {
    throw readFailure(path, error)
  }
}

/** Line and column of a character in the text, from 1. */
function lineAndColumn(bytes: Uint8Array, offset: number): string {
  const before = new TextDecoder('utf-8').decode(bytes).slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}
