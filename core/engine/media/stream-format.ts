import { AppFailure } from '../../failure/app-failure.ts'
import type { ByteFormat } from '../../flow/bytes.ts'
import { formatOfExtension, formatOfMime, type MediaFormat } from '../../media/stream/media-formats.ts'

const KNOWN = 'ts, mp4, avc, hevc, aac, mp3 or ac3'

/** A format as options name it. */
export type NamedFormat = { readonly ext?: string; readonly mime?: string }

/**
 * The format that options, else the suffix of a name, ask for; null where nothing does.
 * @throws AppFailure not-supported for a format that is not known
 */
function namedFormat({ ext, mime }: NamedFormat, name: string): MediaFormat | null {
  if (ext !== undefined) return known(formatOfExtension(ext), `The format ext=${ext}`)
  if (mime !== undefined) return known(formatOfMime(mime), `The media type ${mime}`)
  const suffix = /\.([a-z0-9]{2,5})$/i.exec(name)?.[1]
  return suffix === undefined ? null : formatOfExtension(suffix)
}

/** The format of an output. @throws AppFailure bad-spec where nothing names it */
export function outputFormat(named: NamedFormat, name: string, shown: string): MediaFormat {
  const format = namedFormat(named, name)
  if (format !== null) return format
  throw new AppFailure(
    'bad-spec',
    `Nothing says in which format to write ${shown}.`,
    `Add ext, such as ${shown.replace(/\/?$/, '')}/:ext=ts; known are ${KNOWN}.`,
  )
}

/** What a source declares of its bytes; null: its reader finds out. */
export function declaredFormat(named: NamedFormat, name: string): ByteFormat | null {
  const format = namedFormat(named, name)
  return format === null ? null : { contentType: named.mime ?? '', extension: format }
}

/** Raw pictures need a decoder or an encoder. */
const RAW = /^(?:yuv|rgb|rgb24|raw|pcm|wav|nv12|yuv420|y4m)$/i

function known(format: MediaFormat | null, what: string): MediaFormat {
  if (format !== null) return format
  const name = what.split(/[= ]/).at(-1) ?? ''
  throw RAW.test(name)
    ? new AppFailure(
        'not-supported',
        `${what} is raw media, which needs an encoder or decoder.`,
        `Decode or encode it with ffmpeg; known formats are ${KNOWN}.`,
      )
    : new AppFailure('not-supported', `${what} is not known.`, `Known are ${KNOWN}.`)
}
