/**
 * What an installed ffmpeg decodes for players of a gateway. `off`: switched off. `absent`: none is installed. `asking`: it is being
 * asked. `ready`: it decodes. `unfit`: it cannot be used, for `reason`.
 */
export type DecoderSnapshot = {
  readonly state: 'off' | 'absent' | 'asking' | 'ready' | 'unfit'
  /** Path of the program; null where there is none. */
  readonly path: string | null
  /** As it tells it: `5.1.9-0+deb12u1`. */
  readonly version: string | null
  /** Codecs that it decodes, by their names in DECODER_NAMES. */
  readonly decodes: readonly string[]
  /** Why it is not used, or no longer works, one sentence; null where it works. */
  readonly reason: string | null
}

/** What is being decoded of a service. */
export type DecodedSnapshot = {
  /** Lines of the picture made; 0: sound only. */
  readonly height: number
  /** Pictures per second at most; 0: key frames only. */
  readonly framesPerS: number
  /** Media time made per time spent; at least 1 keeps up. */
  readonly speed: number
}

/** Names of ffmpeg's decoders by sample entry type (RFC 6381). */
const DECODER_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:hvc1|hev1|dvh1|dvhe)/, 'hevc'],
  [/^(?:avc1|avc3)/, 'h264'],
  [/^(?:vvc1|vvi1)/, 'vvc'],
  [/^av01/, 'av1'],
  [/^vp0?9/, 'vp9'],
  [/^mp4v\.(?:6[0-5])/i, 'mpeg2video'],
  [/^mp4v\.20/i, 'mpeg4'],
  [/^mp4a\.(?:40|67)/i, 'aac'],
  [/^mp4a\.(?:69|6b)/i, 'mp3'],
  [/^(?:ac-3|mp4a\.a5)/i, 'ac3'],
  [/^(?:ec-3|mp4a\.a6)/i, 'eac3'],
  [/^ac-4/, 'ac4'],
  [/^mh[am][12]/, 'mpegh_3d_audio'],
  [/^dts[ceh+-]/, 'dca'],
  [/^opus/i, 'opus'],
  [/^flac/i, 'flac'],
]

/** Name of ffmpeg's decoder for a codec of a manifest; null for one that is unknown. */
export function decoderNameOf(codec: string): string | null {
  return DECODER_NAMES.find(([pattern]) => pattern.test(codec))?.[1] ?? null
}

const FOLDER = /^~decoded~(.*)$/
const CODEC = /^[\w.+-]{1,64}$/
/** A presentation has a handful of codecs. */
const MAX_CODECS = 16

/**
 * Address of the same presentation with some codecs decoded: below a folder of its own, so that its references stay in it.
 * @param url `…/serviceN/<name>`
 */
export function decodedUrl(url: string, codecs: readonly string[]): string {
  return url.replace(/\/service\d+\//, (service) => `${service}~decoded~${codecs.map(encodeURIComponent).join(',')}/`)
}

/** Whether a presentation at this address is decoded on its way. */
export function isDecodedUrl(url: string): boolean {
  return /\/service\d+\/~decoded~/.test(url)
}

/** Codecs to decode by the first component of a name, decoded; null where it is no such folder. */
export function codecsToDecode(component: string): readonly string[] | null {
  const listed = FOLDER.exec(component)?.[1]?.split(',') ?? []
  return listed.length === 0 || listed.length > MAX_CODECS || !listed.every((codec) => CODEC.test(codec))
    ? null
    : listed
}
