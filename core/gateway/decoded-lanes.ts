import { addressesOf, addressOf, leadsTo } from '../flow/address.ts'
import { type DecodedPlaylist, decodedMaster, withoutParts } from '../manifest/hls/decoded-hls.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { type DecodedRepresentation, decodedMpd } from '../manifest/mpd/decoded-mpd.ts'
import { mpdOf } from '../manifest/mpd/parse.ts'
import { initSegment, type SegmentFinder, segmentFinder } from '../manifest/mpd/segments.ts'
import { parseXmlSource } from '../manifest/mpd/xml-source.ts'
import { resolveReference } from '../manifest/reference.ts'
import { SoundContext } from './sound-context.ts'

/** Media of a presentation that is decoded, with what finds its segments. */
export type Lane = {
  readonly kind: 'video' | 'audio'
  /** Pictures per second by the manifest; null: not told, or sound. */
  readonly framesPerS: number | null
  /** Lines of the picture that is sent; null: not told, or sound. */
  readonly lines: number | null
  /** Path of its playlist; null: it has none. */
  readonly playlist: string | null
  /** Path of its initialisation segment; null: its playlist was not asked for yet. */
  readonly init: string | null
  readonly find: SegmentFinder
  readonly durationMs: number
  readonly sound: SoundContext
}

/** A manifest as it is served, and the lanes of its presentation; null: they stay. */
export type DecodedManifest = {
  readonly text: string
  readonly contentType: string
  readonly lanes: readonly Lane[] | null
}

/** A manifest of the gateway, and what is decoded of its presentation. */
export type ManifestToDecode = {
  readonly text: string
  /** Where it is served. */
  readonly path: string
  readonly codecs: ReadonlySet<string>
  /** Lines of the picture that is made, at most. */
  readonly height: number
  /** What is known of the presentation. */
  readonly lanes: readonly Lane[]
}

/** The manifest of a decoded presentation. @throws CodecError; Error where it cannot be decoded */
export function decodedManifest(manifest: ManifestToDecode): DecodedManifest {
  return manifest.text.trimStart().startsWith('#EXTM3U') ? playlistOf(manifest) : mpdManifest(manifest)
}

function mpdManifest({ text, path, codecs, height, lanes }: ManifestToDecode): DecodedManifest {
  const mpd = mpdOf(parseXmlSource(new TextEncoder().encode(text)), path)
  const made = decodedMpd(mpd, { codecs, height })
  return { text: made.text, contentType: 'application/dash+xml', lanes: mpdLanes(made.decoded, lanes) }
}

function mpdLanes(decoded: readonly DecodedRepresentation[], known: readonly Lane[]): Lane[] {
  return decoded.flatMap(({ kind, framesPerS, representation }) => {
    const { addressing } = representation
    const init = initSegment(representation)
    if (init === null || init.range !== null || (addressing.kind !== 'template' && addressing.kind !== 'list'))
      return []
    const ticks = addressing.duration ?? addressing.timeline?.at(-1)?.duration ?? 2 * addressing.timescale
    const before = known.find((lane) => lane.init === init.name)
    return {
      kind,
      framesPerS,
      lines: representation.height,
      playlist: null,
      init: init.name,
      find: segmentFinder(representation),
      durationMs: (ticks / addressing.timescale) * 1000,
      sound: before?.sound ?? new SoundContext(ticks),
    }
  })
}

const PLAYLIST = 'application/vnd.apple.mpegurl'

function playlistOf({ text, path, codecs, height, lanes }: ManifestToDecode): DecodedManifest {
  const lane = lanes.find((one) => one.playlist !== null && leadsTo(one.playlist, path))
  if (lane !== undefined) {
    const media = parsePlaylist(new TextEncoder().encode(text))
    const next = media.kind === 'media' ? listed(lane, media, path) : lane
    return {
      text: withoutParts(text),
      contentType: PLAYLIST,
      lanes: lanes.map((one) => (one === lane ? next : one)),
    }
  }
  // A playlist of what players decode themselves.
  if (!text.includes('#EXT-X-STREAM-INF:')) return { text, contentType: PLAYLIST, lanes: null }
  const made = decodedMaster(text, codecs, height)
  return {
    text: made.text,
    contentType: PLAYLIST,
    lanes: made.decoded.map((one) => playlistLane(one, resolveReference(path, one.uri), lanes)),
  }
}

function playlistLane({ kind, framesPerS, lines }: DecodedPlaylist, playlist: string, known: readonly Lane[]): Lane {
  const before = known.find((lane) => lane.playlist === playlist)
  const found = before ?? { init: null, find: () => null, durationMs: 0, sound: new SoundContext(0) }
  return { ...found, kind, framesPerS, lines, playlist }
}

/** A lane with the segments of its playlist. @throws Error where these are parts of files, encrypted, or not of MP4 */
function listed(lane: Lane, { segments, targetDurationS, lines }: HlsMedia, path: string): Lane {
  const [first] = segments
  if (first === undefined) return lane
  const { map } = first
  if (lines.some((line) => line.startsWith('#EXT-X-KEY:') && !line.includes('METHOD=NONE')))
    throw new Error('its segments are encrypted')
  if (map === null) throw new Error('its segments are no MP4, and ffmpeg is given nothing else')
  if (map.byteRange !== null || segments.some(({ byteRange }) => byteRange !== null))
    throw new Error('its segments are parts of files')
  const numbers = new Map<string, number>()
  for (const { uri, sequence } of segments)
    for (const address of addressesOf(resolveReference(path, uri))) numbers.set(address, sequence)
  return {
    ...lane,
    init: resolveReference(path, map.uri),
    durationMs: (segments.at(-1)?.durationS ?? targetDurationS) * 1000,
    find: (name) => {
      const number = numbers.get(addressOf(name))
      return number === undefined ? null : { number, time: null }
    },
  }
}
