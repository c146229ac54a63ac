/** One of the renditions a person may choose. */
export type Quality = { readonly id: string; readonly label: string }

/** Why nothing plays, or less than everything. */
export type PlayerProblem = {
  readonly kind: 'manifest' | 'segments' | 'decoder' | 'player'
  readonly message: string
  readonly tryThis: string
  /** Playing cannot go on. */
  readonly fatal: boolean
}

/** What the view sees of a player, four times a second. Times are seconds of the media timeline. */
export type PlayerSnapshot = {
  readonly phase: 'loading' | 'playing' | 'paused' | 'stalled' | 'ended'
  readonly timeS: number
  /** What can be sought to. */
  readonly startS: number
  readonly endS: number
  readonly live: boolean
  /** Behind the live edge, and what the player aims at; null where it is not live or not known yet. */
  readonly latencyS: number | null
  readonly targetLatencyS: number | null
  /** Playable without another byte. */
  readonly bufferS: number
  readonly qualities: readonly Quality[]
  /** Chosen by hand, null for automatic. */
  readonly chosen: string | null
  /** The one playing. */
  readonly playing: string | null
  readonly decodedFrames: number
  readonly droppedFrames: number
  readonly width: number
  readonly height: number
}

/** A player library behind a video element. Made playing; `destroy` lets go of everything. */
export interface PlayerAdapter {
  snapshot(): PlayerSnapshot
  seek(timeS: number): void
  /** @param id null for automatic */
  choose(id: string | null): void
  destroy(): void
}

export type PlayerOptions = {
  readonly video: HTMLVideoElement
  readonly url: string
  /** Ask for segments only once they are whole, at the price of latency. */
  readonly wholeSegments: boolean
  readonly onProblem: (problem: PlayerProblem) => void
}

/** `720p 1.20 Mb/s`; without a height, the rate alone. */
export function qualityLabel(height: number | undefined, rateText: string): string {
  return height === undefined || height <= 0 ? rateText : `${height}p ${rateText}`
}
