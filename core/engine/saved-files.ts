import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { writeWhole } from './dump.ts'

const MAX_PICTURE_BYTES = 14 << 20
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const MAX_HAR_BYTES = 14 << 20
/** Files of one name. */
const MAX_SAME = 1000

/**
 * Writes a picture of a window's player into `pictures/` below a folder.
 * @param name for the file, of which all but letters, digits and dots is replaced
 * @throws AppFailure bad-spec for what is no PNG; those of writeWhole
 */
export async function savePicture(folder: string, name: string, png: Uint8Array): Promise<{ readonly file: string }> {
  const isPng = png instanceof Uint8Array && PNG.every((byte, at) => png[at] === byte)
  if (!isPng || png.length > MAX_PICTURE_BYTES)
    throw new AppFailure('bad-spec', 'The picture is no PNG, or too large.', 'Play, then take the picture again.')
  const safe = String(name)
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 120)
  return saveBeside(join(folder, 'pictures'), safe || 'picture', '.png', png)
}

/**
 * Writes requests as a window has them, in HAR, below a folder.
 * @throws AppFailure bad-spec for what is no JSON of a log; those of writeWhole
 */
export async function saveRequests(folder: string, har: string): Promise<{ readonly file: string }> {
  if (!isHar(har)) throw new AppFailure('bad-spec', 'The requests are no HAR, or too many.', 'Filter them first.')
  return saveBeside(folder, 'requests', '.har', new TextEncoder().encode(har))
}

function isHar(text: unknown): boolean {
  if (typeof text !== 'string' || text.length > MAX_HAR_BYTES) return false
  try {
    return Array.isArray((JSON.parse(text) as { log?: { entries?: unknown } } | null)?.log?.entries)
  } catch {
    return false
  }
}

/** Writes a file as NAME.EXT, or NAME-2.EXT and so on where there is one. */
async function saveBeside(
  folder: string,
  name: string,
  extension: string,
  bytes: Uint8Array,
): Promise<{ readonly file: string }> {
  for (let at = 1; at <= MAX_SAME; at++) {
    const file = join(folder, `${name}${at === 1 ? '' : `-${at}`}${extension}`)
    if ((await stat(file).catch(() => null)) !== null) continue
    await writeWhole(file, [bytes])
    return { file }
  }
  throw new AppFailure('file-exists', `There are ${MAX_SAME} files called ${name}${extension}.`, 'Move them away.')
}
