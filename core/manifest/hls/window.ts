import type { HlsMedia, HlsSegment } from './playlist.ts'

/** Which part of a media playlist is shown. */
export type PlaylistWindow = {
  /** Whether a segment is available. */
  readonly has: (segment: HlsSegment) => boolean
  /** True adds EXT-X-ENDLIST; false removes it: the presentation grows. */
  readonly ended: boolean
  /** While it grows: number of newest segments listed; null lists all. */
  readonly newest: number | null
}

/**
 * A media playlist limited to the available segments. Missing ones at either end are left out; those in between become
 * EXT-X-GAP, so that times continue and audio and video with different holes stay in sync.
 */
export function windowPlaylist(playlist: HlsMedia, window: PlaylistWindow): string {
  const { segments, lines } = playlist
  const had = segments.map((segment) => window.has(segment))
  const last = had.lastIndexOf(true)
  const first = Math.max(had.indexOf(true), window.newest === null ? 0 : last + 1 - window.newest)
  const listed = last < 0 ? [] : segments.slice(first, last + 1)
  const holes = listed.some((segment) => !window.has(segment) && !segment.gap)
  const skippedDiscontinuities = segments.slice(0, Math.max(0, first)).filter((segment) => segment.discontinuity).length
  const out = headerOf(playlist, {
    mediaSequence: listed[0]?.sequence ?? playlist.mediaSequence,
    discontinuitySequence: playlist.discontinuitySequence + skippedDiscontinuities,
    version: holes ? Math.max(8, playlist.version) : null,
    vod: window.ended,
  })
  // A key applies until the next one, even when its own segment is left out.
  const key = lines
    .slice(playlist.headerLines, listed[0]?.firstLine ?? 0)
    .filter((line) => line.startsWith('#EXT-X-KEY:'))
  out.push(...key.slice(-1))
  let mapLine: number | null = null
  for (const segment of listed) {
    // The current MAP may precede a segment that is left out.
    if (segment.map !== null && segment.map.line !== mapLine) {
      if (segment.map.line < segment.firstLine) out.push(lines[segment.map.line] ?? '')
      mapLine = segment.map.line
    }
    if (!window.has(segment) && !segment.gap) out.push('#EXT-X-GAP')
    out.push(
      ...lines
        .slice(segment.firstLine, segment.endLine)
        .filter((line) => !/^#EXT-X-(?:ENDLIST|SKIP)(?::|$)/.test(line)),
    )
  }
  if (window.ended) out.push('#EXT-X-ENDLIST')
  return `${out.join('\n')}\n`
}

type HeaderChange = {
  readonly mediaSequence: number
  readonly discontinuitySequence: number
  readonly version: number | null
  readonly vod: boolean
}

function headerOf(playlist: HlsMedia, change: HeaderChange): string[] {
  const dropped = /^#EXT-X-(?:MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|PLAYLIST-TYPE|ENDLIST|SKIP)(?::|$)/
  const kept = playlist.lines
    .slice(0, playlist.headerLines)
    .filter((line) => line !== '' && !dropped.test(line))
    .map((line) =>
      line.startsWith('#EXT-X-VERSION:') && change.version !== null ? `#EXT-X-VERSION:${change.version}` : line,
    )
  if (change.version !== null && !kept.some((line) => line.startsWith('#EXT-X-VERSION:')))
    kept.splice(1, 0, `#EXT-X-VERSION:${change.version}`)
  kept.push(`#EXT-X-MEDIA-SEQUENCE:${change.mediaSequence}`)
  if (change.discontinuitySequence > 0) kept.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${change.discontinuitySequence}`)
  if (change.vod) kept.push('#EXT-X-PLAYLIST-TYPE:VOD')
  return kept
}
