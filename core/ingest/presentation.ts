import type { Toi } from '../contract/ids.ts'
import type { Mpd, MpdRepresentation } from '../manifest/mpd/mpd.ts'
import type { GrowingBody } from './growing-body.ts'

/** One presentation (or a set of plain files) ready for broadcast: its parts, and access to their bytes. */
export type Presentation = {
  /** `files` has no manifest and no tracks. */
  readonly kind: 'dash' | 'hls' | 'files'
  readonly manifest: PresentationManifest | null
  /** One per representation and period (DASH), or per media playlist (HLS). */
  readonly tracks: readonly PresentationTrack[]
  /** Plain files, in the order they are sent. */
  readonly files: readonly PresentationFile[]
  /** Duration of one turn, µs. */
  readonly durationUs: number
  /** Bytes of segments and files. */
  readonly bytes: FileBytes
  /** It grows while it is sent: tracks and segments come from here, and there are no others. Absent: it is finished. */
  readonly live?: LiveFeed
}

/** The manifest of a presentation: an MPD, or a multivariant playlist. */
export type PresentationManifest = {
  readonly name: string
  readonly contentType: string
  /** The manifest as found. */
  readonly bytes: Uint8Array
  /** Null for HLS. */
  readonly mpd: Mpd | null
}

/** Segments of one representation, which become one LCT channel. */
export type PresentationTrack = {
  /** Representation@id, or the playlist's name without extension. */
  readonly repId: string
  /** `video`, `audio`, `text` …; null where unknown. */
  readonly contentType: string | null
  readonly mimeType: string | null
  readonly codecs: string | null
  readonly lang: string | null
  /** bit/s; without a value in the manifest, that of the largest segment. */
  readonly bandwidth: number
  /** Sent before every segment; null where segments need none. */
  readonly init: InlineFile | null
  readonly segments: readonly PresentationSegment[]
  /** EFDT fileTemplate by which every TOI gives the name of its segment; null: segments are listed separately. */
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
  /** URI of EXT-X-MAP, without byte range; null where absent. */
  readonly mapUri: string | null
  readonly independentSegments: boolean
  /** Why it cannot be rewritten as the sliding window of a loop, as the end of a sentence; null where it can. */
  readonly obstacle: string | null
}

/** A small file kept in memory: initialisation segment, playlist. */
export type InlineFile = { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }

/** A file whose bytes are loaded on demand. */
export type PresentationFile = {
  /** Content-Location: relative to the manifest, percent-encoded as in the manifest. */
  readonly name: string
  readonly contentType: string
  readonly sizeBytes: number
}

/** A media segment and its times. */
export type PresentationSegment = PresentationFile & {
  /** Segment number, or media time where the template has `$Time$`. */
  readonly toi: Toi
  /** Time from the start of the presentation, µs. */
  readonly startUs: number
  readonly durationUs: number
}

/**
 * Access to the bytes of files. The broadcaster is synchronous and has no file access, so reading is split: `load` reads, `get`
 * returns loaded bytes.
 */
export interface FileBytes {
  /** The bytes if they are in memory; they must not be changed. */
  get(file: PresentationFile): Uint8Array | null
  /** Whether the last `load` failed; until `release` the broadcast goes on without the file. */
  isUnreadable(file: PresentationFile): boolean
  /** Paths of the files on disk, which nothing else may write meanwhile. */
  paths(): readonly string[]
  /** Loads them. Rejects with AppFailure where the file has disappeared, is another kind of file or has changed its size. */
  load(file: PresentationFile): Promise<void>
  /** Not needed soon: may be dropped, and its bytes are read by nobody any more. */
  release(file: PresentationFile): void
  /** Ends what is being loaded, and frees what loading needs. */
  close(): Promise<void>
}

/** A presentation that grows while it is sent. Its broadcast takes from it what has come; nothing is kept beyond that. */
export interface LiveFeed {
  /** The manifest as it is sent; another object when it has changed. */
  readonly manifest: PresentationManifest
  /** Channels that may still give segments; another array when it has changed. */
  readonly tracks: readonly LiveTrack[]
  /** Number of changes of manifest and tracks, and the time of the last one, µs since the UNIX epoch. */
  readonly changes: number
  readonly changedUs: number
  /** Nothing more comes, of these tracks or others. */
  readonly isOver: boolean
  /** This machine's clock less the one that the manifest counts by, µs. */
  readonly clockUs: number
  /** Called when there is something new: a segment, a manifest, a track, the end. */
  onNews: () => void
  /** Begins to follow the presentation. */
  start(): void
}

/** The segments of one representation as they come: one LCT channel. */
export interface LiveTrack {
  readonly repId: string
  /** `video`, `audio`, `text` …; null where unknown. */
  readonly contentType: string | null
  readonly lang: string | null
  /** bit/s, where the manifest says it. */
  readonly bandwidth: number | null
  /** EFDT fileTemplate by which every TOI gives the name of its segment; null: each segment is listed. */
  readonly fileTemplate: string | null
  /** Of the newest segments; null where they need none. */
  readonly init: InlineFile | null
  /** The media playlist of what was taken, another object when it has changed; null where there is none beside the manifest. */
  readonly playlist: InlineFile | null
  /** Its segments come piece by piece. */
  readonly isPartial: boolean
  /** Duration of the newest segments, µs; 0 where it is not known yet. */
  readonly segmentUs: number
  /** Since when no further segment comes, µs since the UNIX epoch; null: one may come. */
  readonly endedUs: number | null
  /** The oldest segment that has come and was not taken; null: none at the moment. */
  peek(): LiveSegment | null
  /** Frees it. */
  take(): void
}

/** A media segment that has come, or begun to. Times are µs since the UNIX epoch, by the clock of this machine. */
export type LiveSegment = InlineFile & {
  readonly toi: Toi
  /** When the manifest announces it: as complete, or where it comes piece by piece its first part. */
  readonly announcedUs: number
  readonly arrivedUs: number
  readonly durationUs: number
  /** Sent before it; null where it needs none. */
  readonly init: InlineFile | null
  /** It is still coming, or came piece by piece; its bytes are what has come. Null: it came whole. */
  readonly growing: GrowingBody | null
}
