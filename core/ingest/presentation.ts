import type { Mpd, MpdRepresentation } from '../manifest/mpd/mpd.ts'

/** One presentation (or a set of plain files) ready to be broadcast: what it consists of, and a way to its bytes. */
export type Presentation = {
  /** `files` has no manifest and no tracks. */
  readonly kind: 'dash' | 'hls' | 'files'
  readonly manifest: PresentationManifest | null
  /** One per representation and period (DASH), or per media playlist (HLS). */
  readonly tracks: readonly PresentationTrack[]
  /** Plain files, in the order they are sent. */
  readonly files: readonly PresentationFile[]
  /** One turn, µs. */
  readonly durationUs: number
  /** Bytes of segments and files. */
  readonly bytes: FileBytes
}

/** The manifest of a presentation: an MPD, or a multivariant playlist. */
export type PresentationManifest = {
  readonly name: string
  readonly contentType: string
  /** As found. */
  readonly bytes: Uint8Array
  /** Null for HLS. */
  readonly mpd: Mpd | null
}

/** Segments that belong to one representation: they become one LCT channel. */
export type PresentationTrack = {
  /** Representation@id, or the playlist's name without extension. */
  readonly repId: string
  /** `video`, `audio`, `text` …; null where nothing says. */
  readonly contentType: string | null
  readonly mimeType: string | null
  readonly codecs: string | null
  readonly lang: string | null
  /** bit/s; where the manifest does not say, that of the largest segment. */
  readonly bandwidth: number
  /** Sent before every segment; null where segments need none. */
  readonly init: InlineFile | null
  readonly segments: readonly PresentationSegment[]
  /** EFDT fileTemplate under which every TOI gives the name of its segment; null: each is listed by itself. */
  readonly fileTemplate: string | null
  /** Null for DASH. */
  readonly playlist: PresentationPlaylist | null
  /** Null for HLS. */
  readonly representation: MpdRepresentation | null
}

/** A playlist of a presentation. */
export type PresentationPlaylist = InlineFile & {
  readonly version: number
  /** EXT-X-MEDIA-SEQUENCE of the first segment. */
  readonly mediaSequence: number
  readonly targetDurationS: number
  /** Attribute list of EXT-X-MAP, without byte range; null without. */
  readonly mapUri: string | null
  readonly independentSegments: boolean
  /** Why it cannot be written again as the sliding window of a loop, as the end of a sentence; null where it can. */
  readonly obstacle: string | null
}

/** A small file kept in memory: initialisation segment, playlist. */
export type InlineFile = { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }

/** A file whose bytes are fetched when they are due. */
export type PresentationFile = {
  /** Content-Location: relative to the manifest, percent-encoded as the manifest writes it. */
  readonly name: string
  readonly contentType: string
  readonly sizeBytes: number
}

/** A media segment and its times. */
export type PresentationSegment = PresentationFile & {
  /** Segment number, or its media time where the template says `$Time$`. */
  readonly toi: number
  /** From the start of the presentation, µs. */
  readonly startUs: number
  readonly durationUs: number
}

/**
 * Where bytes come from. The broadcaster is synchronous and knows no files, so reading is split: `load` fetches, `get` gives
 * what has been fetched.
 */
export interface FileBytes {
  /** The bytes if they are in memory; they must not be changed. */
  get(file: PresentationFile): Uint8Array | null
  /** Fetches them. Rejects with AppFailure where the file has gone or has another size than when it was listed. */
  load(file: PresentationFile): Promise<void>
  /** Not needed again soon: may be forgotten. */
  release(file: PresentationFile): void
}
