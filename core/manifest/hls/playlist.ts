import type { HlsVariables } from './variables.ts'

/** An HLS playlist (RFC 8216) with its lines, so that a rewrite keeps all others as written. */
export type HlsPlaylist = HlsMaster | HlsMedia

/** A multivariant playlist. RFC 8216 §4.3.4. */
export type HlsMaster = {
  readonly kind: 'master'
  readonly version: number
  readonly independentSegments: boolean
  readonly variants: readonly HlsVariant[]
  /** EXT-X-MEDIA; `uri` null where the rendition is inside the variant. */
  readonly renditions: readonly HlsRendition[]
  /** Variables that its media playlists may import. */
  readonly defined: HlsVariables
  readonly lines: readonly string[]
}

/** EXT-X-STREAM-INF with its URI. */
export type HlsVariant = {
  readonly uri: string
  /** bit/s */
  readonly bandwidth: number
  readonly codecs: readonly string[]
  readonly resolution: { readonly width: number; readonly height: number } | null
  readonly attributes: HlsAttributes
}

/** EXT-X-MEDIA. */
export type HlsRendition = {
  /** `AUDIO`, `VIDEO`, `SUBTITLES`, `CLOSED-CAPTIONS`. */
  readonly type: string
  readonly groupId: string
  readonly name: string
  readonly language: string | null
  readonly uri: string | null
  readonly attributes: HlsAttributes
}

/** A media playlist. RFC 8216 §4.3.3. */
export type HlsMedia = {
  readonly kind: 'media'
  readonly version: number
  readonly targetDurationS: number
  /** EXT-X-MEDIA-SEQUENCE: number of the first segment, 0 where absent. */
  readonly mediaSequence: number
  readonly discontinuitySequence: number
  readonly playlistType: 'VOD' | 'EVENT' | null
  readonly endList: boolean
  readonly independentSegments: boolean
  readonly segments: readonly HlsSegment[]
  readonly lines: readonly string[]
  /** Number of lines before the first segment's. */
  readonly headerLines: number
}

/** EXTINF with its URI. */
export type HlsSegment = {
  readonly uri: string
  readonly sequence: number
  readonly durationS: number
  readonly title: string
  /** Byte range of the segment in the file, half-open; null for the whole file. */
  readonly byteRange: readonly [number, number] | null
  readonly discontinuity: boolean
  readonly gap: boolean
  /** EXT-X-PROGRAM-DATE-TIME of this segment, as written. */
  readonly programDateTime: string | null
  /** Current initialisation section (EXT-X-MAP); null without one. */
  readonly map: HlsMap | null
  /** Its lines in the playlist, half-open: its tags, then the URI. */
  readonly firstLine: number
  readonly endLine: number
}

/** EXT-X-MAP: URI and range of the initialisation segment. */
export type HlsMap = {
  readonly uri: string
  readonly byteRange: readonly [number, number] | null
  readonly line: number
}

/** An attribute list (RFC 8216 §4.2), quotes removed. */
export type HlsAttributes = ReadonlyMap<string, string>
