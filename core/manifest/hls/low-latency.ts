import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { byteRange, decimal, parseHlsAttributes, parseMedia, tagValue } from './parse.ts'
import type { HlsAttributes, HlsMedia } from './playlist.ts'

/** EXT-X-PART: a part of a segment, listed before the segment is whole. */
export type HlsPart = {
  readonly uri: string
  /** Number of its segment. */
  readonly sequence: number
  readonly durationS: number
  /** Half-open; null for the whole file. */
  readonly byteRange: readonly [number, number] | null
  /** It is not there. */
  readonly gap: boolean
}

/** What a media playlist has for low latency (RFC 8216bis §4.4.4.9, B.1). */
export type HlsLowLatency = {
  /** The playlist with the segment that is being made as its last one, as far as it is known: its URI is that of its first part. */
  readonly media: HlsMedia
  /** Number of the segment that is being made; null where no part of it is listed yet. */
  readonly open: number | null
  readonly partTargetS: number
  /** A request may name the segment and part that it waits for. */
  readonly canBlockReload: boolean
  /** In the order of the playlist. */
  readonly parts: readonly HlsPart[]
  /** The part that is made next, which may be asked for already; null where it is not named, or its end is not. */
  readonly hint: Pick<HlsPart, 'uri' | 'byteRange'> | null
}

/** What cannot be used is left out. @returns null for a playlist without parts */
export function lowLatencyOf(media: HlsMedia): HlsLowLatency | null {
  const { lines, segments } = media
  const faults = new EntryFaults()
  const target = attributesOf(lines, '#EXT-X-PART-INF:')?.get('PART-TARGET')
  const partTargetS = target === undefined ? null : faults.part('PART-TARGET', () => decimal(target, 0))
  if (partTargetS === null) return null
  const afterLast = (segments.at(-1)?.sequence ?? media.mediaSequence - 1) + 1
  const parts: HlsPart[] = []
  let at = 0
  lines.forEach((line, index) => {
    while (index >= (segments[at]?.endLine ?? Number.POSITIVE_INFINITY)) at++
    if (!line.startsWith('#EXT-X-PART:')) return
    const sequence = segments[at]?.sequence ?? afterLast
    const part = faults.part(`line ${index + 1}`, () => partOf(line, index, sequence, parts.at(-1)))
    if (part !== null) parts.push(part)
  })
  const first = parts.find(({ sequence }) => sequence === afterLast)
  return {
    media: first === undefined ? media : withSegment(media, first.uri),
    open: first === undefined ? null : afterLast,
    partTargetS,
    canBlockReload: attributesOf(lines, '#EXT-X-SERVER-CONTROL:')?.get('CAN-BLOCK-RELOAD') === 'YES',
    parts,
    hint: faults.part('EXT-X-PRELOAD-HINT', () => hintOf(lines)),
  }
}

function partOf(line: string, index: number, sequence: number, before: HlsPart | undefined): HlsPart {
  const attributes = parseHlsAttributes(tagValue(line))
  const uri = attributes.get('URI')
  if (uri === undefined) throw new CodecError('hls-missing', index + 1, '#EXT-X-PART has no URI')
  const range = attributes.get('BYTERANGE')
  return {
    uri,
    sequence,
    durationS: decimal(attributes.get('DURATION') ?? '', index),
    byteRange: range === undefined ? null : byteRange(range, uri, before, index),
    gap: attributes.get('GAP') === 'YES',
  }
}

function withSegment(media: HlsMedia, uri: string): HlsMedia {
  return parseMedia([...media.lines, `#EXTINF:${media.targetDurationS},`, uri])
}

function hintOf(lines: readonly string[]): HlsLowLatency['hint'] {
  const hint = attributesOf(
    lines.filter((line) => /[:,]TYPE=PART(?:,|$)/.test(line)),
    '#EXT-X-PRELOAD-HINT:',
  )
  const uri = hint?.get('URI')
  if (hint === null || uri === undefined) return null
  const start = hint.get('BYTERANGE-START')
  const length = hint.get('BYTERANGE-LENGTH')
  if (start === undefined && length === undefined) return { uri, byteRange: null }
  // How much of an open range belongs to the part is told with the part.
  if (length === undefined) return null
  return { uri, byteRange: byteRange(`${length}@${start ?? 0}`, uri, undefined, 0) }
}

function attributesOf(lines: readonly string[], tag: string): HlsAttributes | null {
  const line = lines.find((each) => each.startsWith(tag))
  return line === undefined ? null : parseHlsAttributes(tagValue(line))
}
