import { asToi } from '../contract/ids.ts'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import { unknownVariable } from '../manifest/hls/variables.ts'
import { resolveReference } from '../manifest/reference.ts'
import { contentTypeOf } from '../protocol/mime/content-types.ts'
import { chosenMaster } from './chosen-master.ts'
import { numberingOf } from './file-template.ts'
import type { GrowingOrigin } from './growing-origin.ts'
import { OriginOnAir } from './hls-on-air.ts'
import { PLAYLIST_TYPE, parsePlaylistOf, type Rendition, renditionsOf } from './hls-playlists.ts'
import { type LoadOptions, noteLeftFiles } from './load-options.ts'
import type { Origin, StoredFiles } from './origin.ts'
import type {
  InlineFile,
  Presentation,
  PresentationPlaylist,
  PresentationSegment,
  PresentationTrack,
} from './presentation.ts'
import { type FilePart, type WholeFile, wholeFilesNote, wholeFilesOf } from './whole-files.ts'

/** A media playlist that a master names, as found. */
type ChildPlaylist = { readonly rendition: Rendition; readonly bytes: Uint8Array }

/**
 * Loads the presentation of an HLS playlist: a master with its child playlists, or one media playlist. One without an end gives a
 * presentation that grows.
 * @param live where it is read then
 * @throws AppFailure bad-manifest | not-supported | input-unusable | file-unreadable
 */
export async function loadHls(
  found: Origin,
  path: string,
  name: string,
  written: Uint8Array,
  options: LoadOptions,
  live: () => Promise<GrowingOrigin>,
): Promise<Presentation> {
  // In a folder names are below the playlist, or refused.
  const onAir = found.address === '' ? null : new OriginOnAir(found)
  const origin = onAir ?? found
  const { top, read } = chosenOf(parsePlaylistOf(path, written), written, path, options)
  let bytes = read
  const { stored } = origin
  const tracks: PresentationTrack[] = []
  const whole: string[] = []
  const add = async (at: string, childName: string, playlist: HlsMedia, child: ChildPlaylist | null) => {
    const track = await loadTrack(origin, at, childName, playlist, child, stored)
    if (hasRanges(playlist)) whole.push(...track.segments.map((file) => file.name))
    tracks.push(track)
  }
  const follow = async (): Promise<Presentation> => {
    const { openLiveHls } = await import('./live-hls.ts')
    return openLiveHls(await live(), path, name, options)
  }
  if (top.kind === 'media') {
    if (!top.endList && !options.loop) return follow()
    const sent = onAir?.media(top, read, '', path) ?? { playlist: top, bytes: read }
    bytes = sent.bytes
    await add(path, '', sent.playlist, null)
  } else {
    const sent = onAir?.master(top, read, path) ?? { playlist: top, bytes: read }
    bytes = sent.bytes
    for (const rendition of renditionsOf(sent.playlist)) {
      const childName = resolveReference('', known(path, rendition.uri))
      const playlistPath = origin.shown(childName)
      const playlistBytes = await origin.read(childName, 'child playlist')
      const playlist = parsePlaylistOf(playlistPath, playlistBytes, top.defined)
      if (playlist.kind === 'master')
        throw new AppFailure(
          'bad-manifest',
          `"${playlistPath}" is a master playlist inside a master playlist.`,
          'Correct the playlists.',
        )
      if (!playlist.endList && !options.loop) return follow()
      const child = onAir?.media(playlist, playlistBytes, childName, playlistPath) ?? {
        playlist,
        bytes: playlistBytes,
      }
      await add(playlistPath, childName, child.playlist, { rendition, bytes: child.bytes })
    }
  }
  if (tracks.length === 0)
    throw new AppFailure('input-unusable', `"${path}" names no media playlist.`, 'Use a playlist with media in it.')
  if (whole.length > 0) options.note(wholeFilesNote([...new Set(whole)]))
  await noteLeftFiles(origin, name, options)
  return {
    kind: 'hls',
    manifest: { name, contentType: PLAYLIST_TYPE, bytes, mpd: null },
    tracks,
    files: [],
    durationUs: tracks
      .flatMap((track) => track.segments)
      .reduce((us, last) => Math.max(us, last.startUs + last.durationUs), 0),
    bytes: stored,
  }
}

/** The playlist as it is sent, with what was chosen of it. @throws AppFailure input-unusable, where nothing is left */
function chosenOf(
  top: HlsMaster | HlsMedia,
  read: Uint8Array,
  path: string,
  { representations, note }: LoadOptions,
): { readonly top: HlsMaster | HlsMedia; readonly read: Uint8Array } {
  if (representations === 'all') return { top, read }
  if (top.kind === 'master') {
    const chosen = chosenMaster(top, representations, path)
    return { top: chosen, read: new TextEncoder().encode(chosen.lines.join('\n')) }
  }
  note({
    sentence: `All of "${path}" is sent: it is one media playlist, of which there is nothing to choose.`,
    tryThis: 'Send the multivariant playlist, or leave --representations out.',
  })
  return { top, read }
}

/** A reference without variables that only a player knows. @throws AppFailure not-supported */
function known(path: string, reference: string): string {
  const variable = unknownVariable(reference)
  if (variable === null) return reference
  throw new AppFailure(
    'not-supported',
    `"${path}" cannot be sent: it names "${shownText(reference, 300)}", and no #EXT-X-DEFINE gives ${variable} a value.`,
    'Write the value into the playlist, or send the multivariant playlist that defines it.',
  )
}

async function loadTrack(
  origin: Origin,
  path: string,
  name: string,
  media: HlsMedia,
  child: ChildPlaylist | null,
  stored: StoredFiles,
): Promise<PresentationTrack> {
  checkEnd(path, media)
  const isWhole = hasRanges(media)
  const parts = segmentParts(name, path, media)
  const files: readonly WholeFile[] = isWhole ? wholeFilesOf(parts) : withLaterMaps(name, path, media, parts.map(asOne))
  const names = files.map((file) => file.name)
  const located = await origin.locate(names)
  const numbering = numberingOf(names)
  const maps = [...new Set(media.segments.flatMap(({ map }) => (map === null ? [] : [map.uri])))]
  const apart = maps.map((uri) => resolveReference(name, known(path, uri))).filter((each) => !names.includes(each))
  const kind = child?.rendition.contentType ?? null
  const mimeType = maps.length === 0 ? null : `${kind === 'audio' ? 'audio' : 'video'}/mp4`
  const segments = files.map((file, index): PresentationSegment => {
    const { path: filePath, sizeBytes } = located[index] ?? { path: file.name, sizeBytes: null }
    if (sizeBytes === null) throw origin.missing(filePath, `${isWhole ? 'a file' : 'a segment'} of "${path}"`)
    const entry = {
      ...file,
      contentType: mimeType ?? contentTypeOf(file.name) ?? 'application/octet-stream',
      sizeBytes,
      toi: asToi((numbering?.first ?? 1) + index),
    }
    stored.add(entry, filePath)
    return entry
  })
  if (segments.length === 0)
    throw new AppFailure('input-unusable', `"${path}" lists no segments.`, 'Use a playlist with media in it.')
  const [initName = null] = apart
  const init: InlineFile | null =
    initName === null
      ? null
      : {
          name: initName,
          contentType: mimeType ?? 'video/mp4',
          bytes: await origin.read(initName, `initialisation section of "${path}"`),
        }
  const rates = segments.map((segment) => (segment.sizeBytes * 8_000_000) / Math.max(1, segment.durationUs))
  return {
    repId: (name === '' ? 'media' : name).replace(/\.m3u8?$/i, ''),
    contentType: kind,
    mimeType,
    codecs: child?.rendition.codecs ?? null,
    lang: child?.rendition.lang ?? null,
    bandwidth: Math.ceil(rates.reduce((most, rate) => Math.max(most, rate), 0)),
    init,
    segments,
    fileTemplate: numbering?.template ?? null,
    playlist: child === null ? null : playlistOf(name, media, maps[0] ?? null, child.bytes),
    representation: null,
  }
}

/** The segments of a playlist but its gaps, by the names of their files. */
function segmentParts(name: string, path: string, media: HlsMedia): FilePart[] {
  const parts: FilePart[] = []
  let startS = 0
  for (const segment of media.segments) {
    const startUs = Math.round(startS * 1_000_000)
    startS += segment.durationS
    if (segment.gap) continue
    const uri = resolveReference(name, known(path, segment.uri))
    parts.push({ name: uri, startUs, endUs: Math.round(startS * 1_000_000) })
  }
  return parts
}

/**
 * The files with the initialisation sections that come after the first one, each before the segments that need it: the first is
 * repeated before every segment, these are sent once.
 */
function withLaterMaps(name: string, path: string, media: HlsMedia, files: readonly WholeFile[]): WholeFile[] {
  const maps = media.segments.flatMap(({ map, gap }) => (gap ? [] : [map]))
  const first = maps.find((map) => map !== null)
  const sent = new Set([
    ...files.map((file) => file.name),
    ...(first == null ? [] : [resolveReference(name, first.uri)]),
  ])
  return files.flatMap((file, index) => {
    const map = maps[index] ?? null
    const uri = map === null ? null : resolveReference(name, known(path, map.uri))
    if (uri === null || sent.has(uri)) return [file]
    sent.add(uri)
    return [{ name: uri, startUs: file.startUs, durationUs: 0 }, file]
  })
}

function asOne({ name, startUs, endUs }: FilePart): WholeFile {
  return { name, startUs, durationUs: endUs - startUs }
}

/** @throws AppFailure not-supported, for a live playlist */
function checkEnd(path: string, media: HlsMedia): void {
  if (media.endList) return
  throw new AppFailure(
    'not-supported',
    `"${path}" has no #EXT-X-ENDLIST, so it is live already: it cannot be sent in a loop.`,
    'Send it without --loop.',
  )
}

/** Whether segments are byte ranges of files, which are then sent whole. */
function hasRanges({ segments }: HlsMedia): boolean {
  return segments.some(({ byteRange }) => byteRange !== null)
}

function playlistOf(name: string, media: HlsMedia, mapUri: string | null, bytes: Uint8Array): PresentationPlaylist {
  const { version, mediaSequence, targetDurationS, independentSegments, segments, lines } = media
  let obstacle: string | null = null
  if (lines.some((line) => line.startsWith('#EXT-X-KEY:') && !line.includes('METHOD=NONE'))) obstacle = 'is encrypted'
  else if (hasRanges(media)) obstacle = 'takes byte ranges of larger files'
  else if (new Set(segments.map(({ map }) => map?.uri)).size > 1) obstacle = 'changes its initialisation section'
  else if (segments.some((segment) => segment.discontinuity)) obstacle = 'has discontinuities'
  else if (segments.some((segment) => segment.gap)) obstacle = 'has gaps'
  return {
    name,
    contentType: PLAYLIST_TYPE,
    bytes,
    version,
    mediaSequence,
    targetDurationS,
    independentSegments,
    mapUri,
    obstacle,
  }
}
