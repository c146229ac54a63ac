/** Formats of byte streams that are read and written, by the names of their main suffixes. */
export type MediaFormat = 'mp4' | 'ts' | 'avc' | 'hevc' | 'aac' | 'mp3' | 'ac3'

type FormatRow = {
  readonly title: string
  readonly extensions: readonly string[]
  readonly mimes: readonly string[]
}

/** Suffixes (GPAC's as well) and media types of each format; the first of each is written. */
const MEDIA_FORMATS: Readonly<Record<MediaFormat, FormatRow>> = {
  mp4: {
    title: 'MP4',
    extensions: ['mp4', 'm4s', 'm4v', 'm4a', 'cmfv', 'cmfa', 'mov', 'frag', 'fmp4'],
    mimes: ['video/mp4', 'audio/mp4', 'application/mp4'],
  },
  ts: {
    title: 'MPEG-2 TS',
    extensions: ['ts', 'm2t', 'mts', 'm2ts', 'dmb', 'trp'],
    mimes: ['video/mp2t', 'video/mpeg-2', 'video/mp2t-es'],
  },
  avc: {
    title: 'H.264 Annex B',
    extensions: ['avc', '264', 'h264', '26l', 'h26l', 'avcs'],
    mimes: ['video/avc', 'video/h264'],
  },
  hevc: {
    title: 'H.265 Annex B',
    extensions: ['hevc', '265', 'h265', 'hvc', 'shvc'],
    mimes: ['video/hevc', 'video/h265'],
  },
  aac: { title: 'AAC in ADTS', extensions: ['aac', 'adts', 'loas'], mimes: ['audio/aac', 'audio/aacp', 'audio/x-m4a'] },
  mp3: { title: 'MPEG audio', extensions: ['mp3', 'mp2', 'mp1'], mimes: ['audio/mpeg', 'audio/mp3', 'audio/x-mp3'] },
  ac3: {
    title: 'AC-3',
    extensions: ['ac3', 'ec3', 'eac3'],
    mimes: ['audio/ac3', 'audio/eac3', 'audio/x-ac3'],
  },
}

const FORMATS = Object.keys(MEDIA_FORMATS) as MediaFormat[]

/** The format of a suffix without its dot; null for any other. */
export function formatOfExtension(extension: string): MediaFormat | null {
  const wanted = extension.toLowerCase()
  return FORMATS.find((format) => MEDIA_FORMATS[format].extensions.includes(wanted)) ?? null
}

/** The format of a media type, with or without parameters; null for any other. */
export function formatOfMime(mime: string): MediaFormat | null {
  const [wanted = ''] = mime.toLowerCase().split(';')
  return FORMATS.find((format) => MEDIA_FORMATS[format].mimes.includes(wanted.trim())) ?? null
}
