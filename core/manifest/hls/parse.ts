import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type {
  HlsAttributes,
  HlsMap,
  HlsMaster,
  HlsMedia,
  HlsPlaylist,
  HlsRendition,
  HlsSegment,
  HlsVariant,
} from './playlist.ts'
import { HlsVariables } from './variables.ts'

/** Larger playlists are refused before parsing. */
const MAX_PLAYLIST_BYTES = 8 * 1024 * 1024

/** Three lines for each segment of a day. */
const MAX_LINES = 262_144

/** Tags about the next segment; other tags before the first segment belong to the playlist. */
const SEGMENT_TAGS =
  /^#EXT(?:INF|-X-(?:BYTERANGE|DISCONTINUITY|KEY|MAP|PROGRAM-DATE-TIME|DATERANGE|GAP|BITRATE|PART))(?::|$)/

/**
 * Reads a master or a media playlist, its variables (EXT-X-DEFINE) written out. Unknown tags are kept as lines; a variant or segment that cannot be used is left out.
 * @throws CodecError hls-header | hls-too-large | hls-number | hls-missing; its offset is the line from 1
 */
export function parsePlaylist(
  bytes: Uint8Array,
  faults = new EntryFaults(),
  imported: HlsVariables | null = null,
): HlsPlaylist {
  if (bytes.byteLength > MAX_PLAYLIST_BYTES)
    throw new CodecError('hls-too-large', 0, `a playlist of ${bytes.byteLength} bytes is over ${MAX_PLAYLIST_BYTES}`)
  const text = new TextDecoder('utf-8').decode(bytes)
  const variables = new HlsVariables(imported)
  const lines = playlistLines(text).map((written) => {
    const line = variables.written(written.trimEnd())
    if (line.startsWith('#EXT-X-DEFINE:')) variables.define(parseHlsAttributes(tagValue(line)))
    return line
  })
  if (lines[0] !== '#EXTM3U') throw new CodecError('hls-header', 1, 'a playlist starts with #EXTM3U')
  const isMaster = lines.some((line) => line.startsWith('#EXT-X-STREAM-INF:') || line.startsWith('#EXT-X-MEDIA:'))
  return isMaster ? parseMaster(lines, variables, faults) : parseMedia(lines, faults)
}

/** The lines of a playlist. @throws CodecError hls-too-large */
export function playlistLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/, MAX_LINES + 1)
  if (lines.length > MAX_LINES) throw new CodecError('hls-too-large', 0, `a playlist of more than ${MAX_LINES} lines`)
  return lines
}

/** An attribute list such as `BANDWIDTH=1,CODECS="a,b"`. */
export function parseHlsAttributes(text: string): HlsAttributes {
  const attributes = new Map<string, string>()
  for (const [, name, quoted, plain] of text.matchAll(/(?<![A-Z0-9-])([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g))
    attributes.set(name ?? '', quoted ?? plain?.trim() ?? '')
  return attributes
}

function parseMaster(lines: readonly string[], defined: HlsVariables, faults: EntryFaults): HlsMaster {
  const variants: HlsVariant[] = []
  const renditions: HlsRendition[] = []
  let pending: HlsAttributes | null = null
  lines.forEach((line, index) => {
    if (line.startsWith('#EXT-X-STREAM-INF:')) pending = parseHlsAttributes(tagValue(line))
    else if (line.startsWith('#EXT-X-MEDIA:')) {
      const attributes = parseHlsAttributes(tagValue(line))
      renditions.push({
        type: attributes.get('TYPE') ?? '',
        groupId: attributes.get('GROUP-ID') ?? '',
        name: attributes.get('NAME') ?? '',
        language: attributes.get('LANGUAGE') ?? null,
        uri: attributes.get('URI') ?? null,
        attributes,
      })
    } else if (line !== '' && !line.startsWith('#') && pending !== null) {
      const attributes = pending
      pending = null
      const read = faults.part(`line ${index + 1}`, () => variant(line, attributes, index))
      if (read !== null) variants.push(read)
    }
  })
  return {
    kind: 'master',
    version: version(lines),
    independentSegments: independent(lines),
    variants,
    renditions,
    defined,
    lines,
  }
}

function variant(uri: string, attributes: HlsAttributes, line: number): HlsVariant {
  const size = /^(\d{1,6})x(\d{1,6})$/.exec(attributes.get('RESOLUTION') ?? '')
  return {
    uri,
    bandwidth: whole(attributes.get('BANDWIDTH') ?? '0', line),
    codecs: (attributes.get('CODECS') ?? '')
      .split(',')
      .map((codec) => codec.trim())
      .filter((codec) => codec !== ''),
    resolution: size === null ? null : { width: Number(size[1]), height: Number(size[2]) },
    attributes,
  }
}

type Pending = {
  firstLine: number | null
  /** Line of its EXTINF. */
  extInf: number | null
  byteRange: string | null
  discontinuity: boolean
  gap: boolean
  programDateTime: string | null
}

const nothingPending = (): Pending => ({
  firstLine: null,
  extInf: null,
  byteRange: null,
  discontinuity: false,
  gap: false,
  programDateTime: null,
})

/** The lines of a media playlist, without variables. @throws CodecError hls-missing | hls-number */
export function parseMedia(lines: readonly string[], faults = new EntryFaults()): HlsMedia {
  const segments: HlsSegment[] = []
  let targetDurationS: number | null = null
  let mediaSequence = 0
  let discontinuitySequence = 0
  let playlistType: HlsMedia['playlistType'] = null
  let map: HlsMap | null = null
  let pending = nothingPending()
  /** Of the next segment; those left out count as well. */
  let position = 0
  lines.forEach((line, index) => {
    if (SEGMENT_TAGS.test(line)) pending.firstLine ??= index
    if (line.startsWith('#EXTINF:')) pending.extInf = index
    else if (line.startsWith('#EXT-X-BYTERANGE:')) pending.byteRange = tagValue(line)
    else if (line === '#EXT-X-DISCONTINUITY') pending.discontinuity = true
    else if (line === '#EXT-X-GAP') pending.gap = true
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) pending.programDateTime = tagValue(line)
    else if (line.startsWith('#EXT-X-MAP:')) map = faults.part(`line ${index + 1}`, () => parseMap(line, index))
    else if (line.startsWith('#EXT-X-TARGETDURATION:')) targetDurationS = decimal(tagValue(line), index)
    else if (line.startsWith('#EXT-X-SKIP:'))
      position += whole(parseHlsAttributes(tagValue(line)).get('SKIPPED-SEGMENTS') ?? '0', index)
    else if (line.startsWith('#EXT-X-MEDIA-SEQUENCE:')) mediaSequence = whole(tagValue(line), index)
    else if (line.startsWith('#EXT-X-DISCONTINUITY-SEQUENCE:')) discontinuitySequence = whole(tagValue(line), index)
    else if (line.startsWith('#EXT-X-PLAYLIST-TYPE:')) {
      const type = tagValue(line)
      playlistType = type === 'VOD' || type === 'EVENT' ? type : null
    } else if (line !== '' && !line.startsWith('#')) {
      const { extInf, byteRange: range, discontinuity, gap, programDateTime, firstLine } = pending
      const segment = faults.part(`line ${index + 1}`, () => ({
        uri: line,
        sequence: position,
        ...lengthOf(lines, extInf, index),
        byteRange: range === null ? null : byteRange(range, line, segments.at(-1), index),
        discontinuity,
        gap,
        programDateTime,
        map,
        firstLine: firstLine ?? index,
        endLine: index + 1,
      }))
      if (segment !== null) segments.push(segment)
      pending = nothingPending()
      position++
    }
  })
  if (targetDurationS === null) throw new CodecError('hls-missing', 1, 'a media playlist has no #EXT-X-TARGETDURATION')
  return {
    kind: 'media',
    version: version(lines),
    targetDurationS,
    mediaSequence,
    discontinuitySequence,
    playlistType,
    endList: lines.includes('#EXT-X-ENDLIST'),
    independentSegments: independent(lines),
    // Some playlists have EXT-X-MEDIA-SEQUENCE after the first segment.
    segments: segments.map((segment) => ({ ...segment, sequence: mediaSequence + segment.sequence })),
    lines,
    headerLines: segments[0]?.firstLine ?? lines.length,
  }
}

/** Duration and title of the segment at a line, from its EXTINF. */
function lengthOf(
  lines: readonly string[],
  extInf: number | null,
  index: number,
): Pick<HlsSegment, 'durationS' | 'title'> {
  if (extInf === null) throw new CodecError('hls-missing', index + 1, 'a segment has no #EXTINF')
  const [seconds = '', ...title] = tagValue(lines[extInf] ?? '').split(',')
  return { durationS: decimal(seconds, extInf), title: title.join(',') }
}

function parseMap(line: string, index: number): HlsMap {
  const attributes = parseHlsAttributes(tagValue(line))
  const uri = attributes.get('URI')
  if (uri === undefined) throw new CodecError('hls-missing', index + 1, '#EXT-X-MAP has no URI')
  const range = attributes.get('BYTERANGE')
  return { uri, byteRange: range === undefined ? null : byteRange(range, uri, undefined, index), line: index }
}

/** `length[@offset]`; without an offset it follows the previous range of the same file (§4.3.2.2). */
export function byteRange(
  text: string,
  uri: string,
  before: Pick<HlsSegment, 'uri' | 'byteRange'> | undefined,
  line: number,
): [number, number] {
  const [length = '', offset] = text.split('@')
  const follows = before?.uri === uri ? before.byteRange?.[1] : 0
  const from = offset === undefined ? (follows ?? 0) : whole(offset, line)
  return [from, from + whole(length, line)]
}

function version(lines: readonly string[]): number {
  const index = lines.findIndex((line) => line.startsWith('#EXT-X-VERSION:'))
  return index < 0 ? 1 : whole(tagValue(lines[index] ?? ''), index)
}

const independent = (lines: readonly string[]): boolean => lines.includes('#EXT-X-INDEPENDENT-SEGMENTS')
/** What follows the name of a tag. */
export const tagValue = (line: string): string => line.slice(line.indexOf(':') + 1).trim()

function whole(text: string, line: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new CodecError('hls-number', line + 1, `not a whole number: "${text.slice(0, 60)}"`)
  return value
}

/** @throws CodecError hls-number */
export function decimal(text: string, line: number): number {
  const value = Number(text)
  if (!/^\d+(?:\.\d*)?$/.test(text.trim()) || !Number.isFinite(value))
    throw new CodecError('hls-number', line + 1, `not a duration: "${text.slice(0, 60)}"`)
  return value
}
