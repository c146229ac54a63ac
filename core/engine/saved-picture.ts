import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { writeWhole } from './dump.ts'

const MAX_PICTURE_BYTES = 14 << 20
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Pictures of one name. */
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
  for (let at = 1; at <= MAX_SAME; at++) {
    const file = join(folder, 'pictures', `${safe || 'picture'}${at === 1 ? '' : `-${at}`}.png`)
    if ((await stat(file).catch(() => null)) !== null) continue
    await writeWhole(file, [png])
    return { file }
  }
  throw new AppFailure('file-exists', `There are ${MAX_SAME} pictures called ${safe}.`, 'Move them away.')
}
