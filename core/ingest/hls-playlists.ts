import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import type { HlsVariables } from '../manifest/hls/variables.ts'

/** In GPAC's exact form, because its receiver compares the type of a package's part exactly. */
export const PLAYLIST_TYPE = 'application/vnd.apple.mpegURL'

/** A media playlist with its attributes from the master. */
export type Rendition = {
  readonly uri: string
  readonly contentType: string | null
  readonly lang: string | null
  readonly codecs: string | null
}

/** @throws AppFailure bad-manifest */
export function parsePlaylistOf(
  path: string,
  bytes: Uint8Array,
  imported: HlsVariables | null = null,
): HlsMaster | HlsMedia {
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

/** Each media playlist once, variants first. */
export function renditionsOf(master: HlsMaster): Rendition[] {
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
