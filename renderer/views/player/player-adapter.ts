import type { TrackChoices } from './media-tracks.ts'

/** A rendition to choose. */
export type Quality = { readonly id: string; readonly label: string }

/** Why playback fails or is limited. */
export type PlayerProblem = {
  readonly kind: 'manifest' | 'segments' | 'decoder' | 'player'
  readonly message: string
  readonly tryThis: string
  /** Whether playback stopped. */
  readonly fatal: boolean
  /** Where no browser decodes what came: of which kind it is, and whether all of that kind is meant. */
  readonly undecodable?: { readonly kind: MediaKind; readonly all: boolean }
}

/** What to do about encryption. */
export const ENCRYPTED_ADVICE = 'Analysis continues. A player with a licence may play the files that Dump saves.'

/** Kinds of media that are played together. */
export type MediaKind = 'video' | 'audio'

/** State of a player for the view. Times are seconds of the media timeline. */
export type PlayerSnapshot = TrackChoices & {
  readonly phase: 'loading' | 'playing' | 'paused' | 'stalled' | 'ended'
  readonly timeS: number
  /** Seekable range. */
  readonly startS: number
  readonly endS: number
  readonly live: boolean
  /** Latency behind the live edge, and the player's target; null: not live or unknown. */
  readonly latencyS: number | null
  readonly targetLatencyS: number | null
  /** Seconds buffered ahead. */
  readonly bufferS: number
  /** The same of each kind of media; null where it has none, or the library does not tell. */
  readonly ahead: Readonly<Record<MediaKind, number | null>>
  readonly qualities: readonly Quality[]
  /** Chosen quality; null: automatic. */
  readonly chosen: string | null
  /** Quality that plays. */
  readonly playing: string | null
  readonly decodedFrames: number
  readonly droppedFrames: number
  readonly width: number
  readonly height: number
}

/** A player library behind a video element. Plays once created; `destroy` releases its resources. */
export interface PlayerAdapter {
  snapshot(): PlayerSnapshot
  seek(timeS: number): void
  /** @param id null for automatic */
  choose(id: string | null): void
  /** Plays another sound. */
  hear(id: string): void
  /** Draws captions. @param id null for none */
  caption(id: string | null): void
  destroy(): void
}

export type PlayerOptions = {
  readonly video: HTMLVideoElement
  /** Lies over the picture, for captions that the browser does not draw; null: nothing does. */
  readonly captions: HTMLDivElement | null
  readonly url: string
  /** Requests segments only when they are whole, which adds latency. */
  readonly wholeSegments: boolean
  /** What is left out, since nothing of it comes any more; null: nothing. */
  readonly without: MediaKind | null
  /** Where to begin, seconds; null: where the library begins. */
  readonly startS: number | null
  /** Names of segments that no decoder takes: something else fills their time. */
  readonly refused: ReadonlySet<string>
  readonly onProblem: (problem: PlayerProblem) => void
  /** Called for each segment, with its place on the time line of `timeS`, seconds. */
  readonly onSegment: (kind: MediaKind, startS: number, durationS: number, url: string) => void
  /** Called for each segment of the picture that came damaged or not at all, with its place; without an address where the manifest leaves it out. */
  readonly onDamage: (startS: number, durationS: number, url: string | null) => void
}

/** `720p 1.20 Mb/s`; without a height, the rate alone. */
export function qualityLabel(height: number | undefined, rateText: string): string {
  return height === undefined || height <= 0 ? rateText : `${height}p ${rateText}`
}
