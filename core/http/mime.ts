import { contentTypeOf } from '../protocol/mime/content-types.ts'

/** Types from the network that are allowed in our headers. */
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}(?:\s*;\s*[a-z0-9-]+=(?:[\w.-]+|"[\w., -]*"))*$/i

/**
 * Content-Type of a file: by its extension, never by its bytes; for MP4 files, audio or video as the
 * network announces.
 * @param announced the type the network gives
 */
export function mediaTypeOf(name: string, announced: string | null): string {
  const known = contentTypeOf(name)
  const given = announced !== null && MEDIA_TYPE.test(announced) ? announced : null
  if (known === 'video/iso.segment' || known === 'video/mp4')
    return given?.toLowerCase().startsWith('audio/') ? 'audio/mp4' : 'video/mp4'
  const type = known ?? given ?? 'application/octet-stream'
  return /^text\/[^;]*$|^application\/json$/.test(type) ? `${type}; charset=utf-8` : type
}
