import { parseHlsAttributes, parsePlaylist, playlistLines, tagValue } from './parse.ts'
import type { HlsMaster, HlsVariant } from './playlist.ts'

/** A media playlist whose segments are decoded, and encoded again as what every player takes. */
export type DecodedPlaylist = {
  readonly kind: 'video' | 'audio'
  /** As the multivariant playlist has it. */
  readonly uri: string
  /** FRAME-RATE; null: not told, or sound. */
  readonly framesPerS: number | null
  /** Lines of the picture that is sent; null: not told, or sound. */
  readonly lines: number | null
}

/** A multivariant playlist of decoded media. */
export type DecodedMaster = { readonly text: string; readonly decoded: readonly DecodedPlaylist[] }

/** Codecs of what is made, in CODECS. */
const MADE = { video: 'avc1.640028', audio: 'flac' } as const
/** Decoding a larger picture costs more than it shows. */
const ENOUGH_LINES = 540
const PICTURES = /^(?:avc|hvc|hev|dvh|vvc|vvi|av01|vp0?9|mp4v)/
/** What is not so of the picture and sound that are made. */
const UNTRUE_ATTRIBUTES = /,?(?<![A-Z-])(?:SUPPLEMENTAL-CODECS|VIDEO-RANGE|SCORE)=(?:"[^"]*"|[^,]*)/g
/** Low latency: segments are decoded as a whole, so that parts of them have no address. */
const PART_TAGS = /^#EXT-X-(?:PART|PART-INF|PRELOAD-HINT|SERVER-CONTROL|RENDITION-REPORT)[:\s]/

/**
 * A multivariant playlist with one variant of undecodable ones, described as what it is decoded to. Where players can decode a variant
 * with a picture, it loses the others instead.
 * @param codecs that are decoded @param height lines of the picture that is made, at most
 * @throws CodecError hls-…; Error where pictures and sound are in the same segments
 */
export function decodedMaster(text: string, codecs: ReadonlySet<string>, height: number): DecodedMaster {
  const playlist = parsePlaylist(new TextEncoder().encode(text))
  if (playlist.kind === 'media') throw new Error('its playlist tells no codecs')
  const isForeign = ({ codecs: own }: HlsVariant): boolean => own.some((codec) => codecs.has(codec))
  const withPicture = playlist.variants.filter(hasPicture)
  const all = withPicture.length > 0 ? withPicture : playlist.variants
  const native = all.filter((one) => !isForeign(one))
  if (native.length > 0) return { text: described(text, (one) => native.some(sameAs(one)), null), decoded: [] }
  const kept = best(all)
  if (kept === null) throw new Error('its playlist has no variants')
  const decoded = decodedOf(playlist, kept, codecs)
  return { text: described(text, sameAs(kept), { codecs, height }), decoded }
}

/** A media playlist without parts of segments. */
export function withoutParts(text: string): string {
  return playlistLines(text)
    .filter((line) => !PART_TAGS.test(line))
    .join('\n')
}

function hasPicture({ codecs, resolution }: HlsVariant): boolean {
  return resolution !== null || codecs.some((codec) => PICTURES.test(codec))
}

/** The smallest that is large enough; null where there is none. */
function best(variants: readonly HlsVariant[]): HlsVariant | null {
  const linesOf = ({ resolution }: HlsVariant): number => resolution?.height ?? 0
  const bySize = [...variants].sort((a, b) => linesOf(a) - linesOf(b) || a.bandwidth - b.bandwidth)
  return bySize.find((one) => linesOf(one) >= ENOUGH_LINES) ?? bySize.at(-1) ?? null
}

/** Playlists of a variant whose codecs are decoded. @throws Error where its segments have pictures and sound */
function decodedOf(
  { renditions }: HlsMaster,
  { uri, codecs: own, attributes, resolution }: HlsVariant,
  codecs: ReadonlySet<string>,
): DecodedPlaylist[] {
  const sounds = own.filter((codec) => !PICTURES.test(codec) && !/^(?:stpp|wvtt)/.test(codec))
  const pictures = own.filter((codec) => PICTURES.test(codec))
  const group = renditions.filter(({ type, groupId }) => type === 'AUDIO' && groupId === attributes.get('AUDIO'))
  const isApart = sounds.length === 0 || (group.length > 0 && group.every((one) => one.uri !== null))
  if (!isApart && pictures.length > 0)
    throw new Error('its pictures and sound are in the same segments, of which ffmpeg is given neither')
  const rate = Number(attributes.get('FRAME-RATE'))
  const framesPerS = rate > 0 && rate < 1000 ? rate : null
  const lines = resolution?.height ?? null
  const main = pictures.length > 0 ? pictures : sounds
  const isSound = pictures.length === 0
  const decoded: DecodedPlaylist[] = []
  if (main.some((codec) => codecs.has(codec)))
    decoded.push(isSound ? soundOf(uri) : { kind: 'video', uri, framesPerS, lines })
  if (!isSound && sounds.some((codec) => codecs.has(codec)))
    for (const one of group) if (one.uri !== null) decoded.push(soundOf(one.uri))
  return decoded
}

const soundOf = (uri: string): DecodedPlaylist => ({ kind: 'audio', uri, framesPerS: null, lines: null })

type Line = { readonly uri: string; readonly bandwidth: number }
const sameAs =
  (one: Line) =>
  (other: Line): boolean =>
    one.uri === other.uri && one.bandwidth === other.bandwidth

/** The lines of a multivariant playlist with some variants. @param made what these become; null: they stay */
function described(
  text: string,
  keeps: (variant: Line) => boolean,
  made: { readonly codecs: ReadonlySet<string>; readonly height: number } | null,
): string {
  const lines: string[] = []
  let pending: string | null = null
  for (const line of playlistLines(text)) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) pending = line
    else if (pending !== null && line.trim() !== '' && !line.startsWith('#')) {
      const bandwidth = Number(parseHlsAttributes(tagValue(pending)).get('BANDWIDTH') ?? '0')
      if (keeps({ uri: line.trim(), bandwidth })) lines.push(made === null ? pending : variantMade(pending, made), line)
      pending = null
    } else if (line.startsWith('#EXT-X-MEDIA:') && made !== null) lines.push(line.replace(/,CHANNELS="[^"]*"/, ''))
    // Pictures of its own for seeking, which nobody decodes.
    else if (!line.startsWith('#EXT-X-I-FRAME-STREAM-INF:') || made === null) lines.push(line)
  }
  return lines.join('\n')
}

function variantMade(
  line: string,
  { codecs, height }: { readonly codecs: ReadonlySet<string>; readonly height: number },
): string {
  return line
    .replace(UNTRUE_ATTRIBUTES, '')
    .replace(/CODECS="([^"]*)"/, (_, list: string) => {
      const own = list.split(',').map((codec) => codec.trim())
      const all = own.map((codec) => (codecs.has(codec) ? MADE[PICTURES.test(codec) ? 'video' : 'audio'] : codec))
      return `CODECS="${[...new Set(all)].join(',')}"`
    })
    .replace(/RESOLUTION=(\d{1,6})x(\d{1,6})/, (_, width: string, own: string) => {
      const lines = Math.min(Number(own), height)
      return `RESOLUTION=${Math.round((Number(width) * lines) / Math.max(1, Number(own)))}x${lines}`
    })
}
