import type { HlsMedia, HlsSegment } from './playlist.ts'

/** A segment in a sliding playlist. */
export type SlidingSegment = {
  readonly uri: string
  readonly mapUri: string | null
  readonly discontinuity: boolean
  /** It is not there; its time is. */
  readonly gap: boolean
  /** EXT-X-KEY of the segment, as written. */
  readonly keys: readonly string[]
  /** Its other tags, as written: EXTINF, EXT-X-PROGRAM-DATE-TIME … */
  readonly tags: readonly string[]
}

/** What is the same for all segments of a sliding playlist. */
export type SlidingHeader = {
  readonly version: number
  readonly targetDurationS: number
  readonly independentSegments: boolean
  readonly mediaSequence: number
  readonly discontinuitySequence: number
  /** Nothing follows. */
  readonly ended: boolean
}

/** Version that EXT-X-GAP needs (RFC 8216bis §8). */
export const GAP_VERSION = 8
/** Tags that are written anew, or are of parts and requests that a broadcast does not have. */
const OWN_TAGS =
  /^#EXT(?:M3U|-X-(?:BYTERANGE|MAP|KEY|DISCONTINUITY|GAP|ENDLIST|SKIP|PART|PART-INF|PRELOAD-HINT|RENDITION-REPORT|SERVER-CONTROL|DEFINE|VERSION|TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|PLAYLIST-TYPE|INDEPENDENT-SEGMENTS))(?::|$)/

/** Writes a media playlist whose window slides over what was sent (RFC 8216 §6.2.2). */
export function slidingPlaylist(header: SlidingHeader, segments: readonly SlidingSegment[]): string {
  const hasGap = segments.some(({ gap }) => gap)
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${hasGap ? Math.max(GAP_VERSION, header.version) : header.version}`,
    `#EXT-X-TARGETDURATION:${header.targetDurationS}`,
    `#EXT-X-MEDIA-SEQUENCE:${header.mediaSequence}`,
  ]
  if (header.discontinuitySequence > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${header.discontinuitySequence}`)
  if (header.independentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS')
  let map: string | null = null
  let keys = ''
  segments.forEach((segment, index) => {
    // That of the first is counted in the header.
    if (segment.discontinuity && index > 0) lines.push('#EXT-X-DISCONTINUITY')
    if (segment.keys.join('\n') !== keys) lines.push(...(segment.keys.length > 0 ? segment.keys : [NO_KEY]))
    keys = segment.keys.join('\n')
    if (segment.mapUri !== map && segment.mapUri !== null) lines.push(`#EXT-X-MAP:URI="${segment.mapUri}"`)
    map = segment.mapUri
    if (segment.gap) lines.push('#EXT-X-GAP')
    lines.push(...segment.tags, segment.uri)
  })
  if (header.ended) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

const NO_KEY = '#EXT-X-KEY:METHOD=NONE'

/** The tags of a segment that say nothing of its place. */
export function plainTags({ lines }: HlsMedia, { firstLine, endLine }: HlsSegment): string[] {
  return lines.slice(firstLine, endLine - 1).filter((line) => line.startsWith('#EXT') && !OWN_TAGS.test(line))
}

/** The keys of each segment of a playlist, in order: one tag, or several of different formats. */
export function keysOf({ lines, segments }: HlsMedia): (readonly string[])[] {
  let keys: readonly string[] = []
  let at = 0
  return segments.map(({ endLine }) => {
    const own = lines.slice(at, endLine).filter((line) => line.startsWith('#EXT-X-KEY:'))
    at = endLine
    if (own.length > 0) keys = own.some((line) => /METHOD=NONE\b/.test(line)) ? [] : own
    return keys
  })
}

/** A tag with its URI in another way. @param written gives it */
export function withUri(tag: string, written: (uri: string) => string): string {
  return tag.replace(/(?<=[:,]URI=")[^"]*(?=")/, (uri) => written(uri))
}
