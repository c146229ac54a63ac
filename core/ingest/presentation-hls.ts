import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { asToi } from '../contract/ids.ts'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import { type HlsVariables, unknownVariable } from '../manifest/hls/variables.ts'
import { resolveReference } from '../manifest/reference.ts'
import { applyFileTemplate } from '../protocol/flute/file-template.ts'
import { contentTypeOf } from '../protocol/mime/content-types.ts'
import { FIRST_RESERVED_TOI } from '../protocol/route/toi-plan.ts'
import { type LoadOptions, noteLeftFiles } from './load-options.ts'
import type {
  InlineFile,
  Presentation,
  PresentationPlaylist,
  PresentationSegment,
  PresentationTrack,
} from './presentation.ts'
import { PresentationBytes } from './presentation-bytes.ts'
import { PresentationFolder } from './presentation-folder.ts'

/** In GPAC's exact form, because its receiver compares the type of a package's part exactly. */
const PLAYLIST_TYPE = 'application/vnd.apple.mpegURL'

/** A media playlist with its attributes from the master. */
type Rendition = {
  readonly uri: string
  readonly contentType: string | null
  readonly lang: string | null
  readonly codecs: string | null
}

/**
 * Loads the presentation of an HLS playlist on disk: a master with its child playlists, or one media playlist.
 * @throws AppFailure bad-manifest | not-supported | input-unusable | file-unreadable
 */
export async function loadHls(
  path: string,
  name: string,
  bytes: Uint8Array,
  options: LoadOptions,
): Promise<Presentation> {
  const top = parse(path, bytes)
  const folder = await PresentationFolder.of(path)
  const stored = new PresentationBytes(folder.door)
  const tracks: PresentationTrack[] = []
  if (top.kind === 'media') tracks.push(await loadTrack(folder, path, '', top, null, stored))
  else
    for (const rendition of renditionsOf(top)) {
      const childName = resolveReference('', known(path, rendition.uri))
      const playlistPath = folder.shown(childName)
      const playlistBytes = await folder.read(childName, 'child playlist')
      const playlist = parse(playlistPath, playlistBytes, top.defined)
      if (playlist.kind === 'master')
        throw new AppFailure(
          'bad-manifest',
          `"${playlistPath}" is a master playlist inside a master playlist.`,
          'Correct the playlists.',
        )
      tracks.push(
        await loadTrack(folder, playlistPath, childName, playlist, { rendition, bytes: playlistBytes }, stored),
      )
    }
  if (tracks.length === 0)
    throw new AppFailure('input-unusable', `"${path}" names no media playlist.`, 'Use a playlist with media in it.')
  await noteLeftFiles(folder, name, options)
  return {
    kind: 'hls',
    manifest: { name, contentType: PLAYLIST_TYPE, bytes, mpd: null },
    tracks,
    files: [],
    durationUs: tracks
      .flatMap((track) => track.segments.slice(-1))
      .reduce((us, last) => Math.max(us, last.startUs + last.durationUs), 0),
    bytes: stored,
  }
}

function parse(path: string, bytes: Uint8Array, imported: HlsVariables | null = null): HlsMaster | HlsMedia {
  try {
    return parsePlaylist(bytes, new EntryFaults(true), imported)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    throw new AppFailure(
      'bad-manifest',
      `"${path}" is no usable playlist: line ${Math.max(1, thrown.offset)}: ${thrown.message}.`,
      'Correct the playlist, or make it again.',
      thrown.code,
    )
  }
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

/** Each media playlist once, variants first. */
function renditionsOf(master: HlsMaster): Rendition[] {
  const found = new Map<string, Rendition>()
  for (const { uri, codecs, resolution } of master.variants) {
    const hasVideo = resolution !== null || codecs.some((codec) => /^(avc|hvc|hev|vp0|av01|dvh|vvc)/.test(codec))
    const contentType = hasVideo || codecs.length === 0 ? 'video' : 'audio'
    if (!found.has(uri)) found.set(uri, { uri, contentType, lang: null, codecs: codecs.join(',') || null })
  }
  for (const { uri, type, language } of master.renditions) {
    const contentType = type === 'AUDIO' ? 'audio' : type === 'VIDEO' ? 'video' : 'text'
    // A rendition's own type takes precedence over the one derived from the variant.
    if (uri !== null) found.set(uri, { uri, contentType, lang: language, codecs: found.get(uri)?.codecs ?? null })
  }
  return [...found.values()]
}

async function loadTrack(
  folder: PresentationFolder,
  path: string,
  name: string,
  media: HlsMedia,
  child: { readonly rendition: Rendition; readonly bytes: Uint8Array } | null,
  stored: PresentationBytes,
): Promise<PresentationTrack> {
  const map = checkedMap(path, media)
  const listed = media.segments.filter((segment) => !segment.gap)
  const names = listed.map((segment) => resolveReference(name, known(path, segment.uri)))
  const located = await folder.locate(names)
  const numbering = numberingOf(names)
  const kind = child?.rendition.contentType ?? null
  const mimeType = map === null ? null : `${kind === 'audio' ? 'audio' : 'video'}/mp4`
  const segments: PresentationSegment[] = []
  let startS = 0
  for (const segment of media.segments) {
    const startUs = Math.round(startS * 1_000_000)
    startS += segment.durationS
    if (segment.gap) continue
    const index = segments.length
    const segmentName = names[index] ?? ''
    const { path: segmentPath, sizeBytes } = located[index] ?? { path: segmentName, sizeBytes: null }
    if (sizeBytes === null) throw folder.missing(segmentPath, `segment ${segment.sequence} of "${path}"`)
    const entry = {
      name: segmentName,
      contentType: mimeType ?? contentTypeOf(segmentName) ?? 'application/octet-stream',
      sizeBytes,
      toi: asToi((numbering?.first ?? 1) + index),
      startUs,
      durationUs: Math.round(startS * 1_000_000) - startUs,
    }
    stored.add(entry, segmentPath)
    segments.push(entry)
  }
  if (segments.length === 0)
    throw new AppFailure('input-unusable', `"${path}" lists no segments.`, 'Use a playlist with media in it.')
  const initName = map === null ? null : resolveReference(name, known(path, map))
  const init: InlineFile | null =
    initName === null
      ? null
      : {
          name: initName,
          contentType: mimeType ?? 'video/mp4',
          bytes: await folder.read(initName, `initialisation section of "${path}"`),
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
    playlist: child === null ? null : playlistOf(name, media, map, child.bytes),
    representation: null,
  }
}

/** The initialisation section shared by all segments, or null. @throws AppFailure not-supported */
function checkedMap(path: string, media: HlsMedia): string | null {
  if (!media.endList) {
    throw new AppFailure(
      'not-supported',
      `"${path}" has no #EXT-X-ENDLIST, so it is live: a file on disk does not get the following segments.`,
      'Send a finished playlist; with --loop it becomes a live service.',
    )
  }
  const maps = new Set(media.segments.map((segment) => segment.map?.uri ?? null))
  const ranges = media.segments.some((segment) => segment.byteRange !== null || segment.map?.byteRange != null)
  if (ranges) throw unsupported(path, 'takes byte ranges of larger files')
  if (maps.size > 1) throw unsupported(path, 'changes its initialisation section (EXT-X-MAP)')
  return [...maps][0] ?? null
}

function playlistOf(name: string, media: HlsMedia, mapUri: string | null, bytes: Uint8Array): PresentationPlaylist {
  const { version, mediaSequence, targetDurationS, independentSegments, segments, lines } = media
  let obstacle: string | null = null
  if (lines.some((line) => line.startsWith('#EXT-X-KEY:') && !line.includes('METHOD=NONE'))) obstacle = 'is encrypted'
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

/** The EFDT template and first number of names with consecutive numbers; null for other names. */
function numberingOf(names: readonly string[]): { readonly template: string; readonly first: number } | null {
  const [name = ''] = names
  const literal = (text: string): string => text.replaceAll('$', '$$$$')
  // The segment number is usually the last one in the name, so the search starts at the end.
  for (const { 0: digits, index } of [...name.matchAll(/\d{1,10}/g)].reverse()) {
    const first = Number(digits)
    if (first + names.length >= FIRST_RESERVED_TOI) continue
    const token = digits.startsWith('0') && digits.length > 1 ? `$TOI%0${digits.length}d$` : '$TOI$'
    const template = literal(name.slice(0, index)) + token + literal(name.slice(index + digits.length))
    if (names.every((each, at) => applyFileTemplate(template, asToi(first + at)) === each)) return { template, first }
  }
  return null
}

function unsupported(path: string, reason: string): AppFailure {
  return new AppFailure(
    'not-supported',
    `"${path}" cannot be sent: it ${reason}.`,
    'Cut the presentation into one file per segment, with one initialisation section.',
  )
}
