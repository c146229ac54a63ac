import type { PackageTrack } from './package-track.ts'

/** A segment of every track, as playlists list it. */
export type ListedSegment = { readonly number: number; readonly durationS: number }

/** What the playlists of a packaged presentation say. */
export type PlaylistFacts = {
  /** Names of segments are `BASE-ID-N.m4s`; those of media playlists `BASE-ID.m3u8`. */
  readonly base: string
  readonly segments: readonly ListedSegment[]
  /** Nothing follows. */
  readonly isOver: boolean
  readonly tracks: readonly PackageTrack[]
}

/** Writes the multivariant playlist (RFC 8216 §4.3.4): a variant for each picture, with all sounds; of sound alone, one for each. */
export function masterPlaylist({ base, tracks }: PlaylistFacts): string {
  const pictures = tracks.filter(({ track }) => track.kind === 'video')
  const sounds = tracks.filter(({ track }) => track.kind === 'audio')
  const renditions = pictures.length === 0 ? [] : sounds
  const lines = renditions.map(({ id, track }, at) => {
    const language = track.language === null ? '' : `,LANGUAGE="${plain(track.language)}"`
    const isDefault = at === 0 ? 'YES' : 'NO'
    return `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="${id}"${language},DEFAULT=${isDefault},AUTOSELECT=YES,URI="${uri(base, id)}"`
  })
  const variants = (pictures.length === 0 ? sounds : pictures).flatMap(({ id, track, bandwidth }) => {
    const { width, height, codec } = track
    const all = [...new Set([codec, ...renditions.map((each) => each.track.codec)])].map(plain).join(',')
    const most = bandwidth + Math.max(0, ...renditions.map((each) => each.bandwidth))
    const size = width === undefined || height === undefined ? '' : `,RESOLUTION=${width}x${height}`
    const group = renditions.length === 0 ? '' : ',AUDIO="audio"'
    return [`#EXT-X-STREAM-INF:BANDWIDTH=${most},CODECS="${all}"${size}${group}`, uri(base, id)]
  })
  return text(['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS', ...lines, ...variants])
}

/** Writes the media playlist of a track (RFC 8216 §4.3.3). */
export function mediaPlaylist({ base, segments, isOver }: PlaylistFacts, { id }: PackageTrack): string {
  const longest = Math.max(1, ...segments.map(({ durationS }) => durationS))
  const name = encodeURIComponent(`${base}-${id}`)
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(longest)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.number ?? 1}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MAP:URI="${name}-init.mp4"`,
    ...segments.flatMap(({ number, durationS }) => [`#EXTINF:${durationS.toFixed(3)},`, `${name}-${number}.m4s`]),
    ...(isOver ? ['#EXT-X-ENDLIST'] : []),
  ])
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function uri(base: string, id: string): string {
  return `${encodeURIComponent(`${base}-${id}`)}.m3u8`
}

/** A quoted string has neither quotes nor line breaks. */
function plain(value: string): string {
  return value.replace(/["\r\n]/g, '')
}
