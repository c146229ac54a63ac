import type { DecoderSnapshot } from './decoder.ts'

/** Size of a thumbnail, px; a picture of another shape has black bars in it. */
export const THUMBNAIL = { width: 192, height: 108 } as const

/** A thumbnail as it was made: red, green and blue of each pixel, row by row. */
export type Thumbnail = {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** How loud one channel of sound was, dBFS; -100 is no sound at all. */
export type SoundLevel = { readonly peak: number; readonly rms: number }

/** What was last seen and heard of a service. Times are those of the stream, µs. */
export type ServiceLook = {
  readonly serviceId: number
  /** Number of its newest thumbnail; 0: there is none. */
  readonly picture: number
  /** Beginning of the segment that the thumbnail is of; null without one. */
  readonly pictureUs: number | null
  /** Row of that segment's object; null without one. */
  readonly object: number | null
  /** Left and right of the newest segment of sound; empty where none was heard. */
  readonly levels: readonly SoundLevel[]
  /** Since when the picture is black, does not move, and there is no sound; null: it is not so. */
  readonly blackSinceUs: number | null
  readonly frozenSinceUs: number | null
  readonly silentSinceUs: number | null
  /** Why there is no picture, or no sound, in a few words; null where there is, or none has come yet. */
  readonly noPicture: string | null
  readonly noSound: string | null
}

/** The looks at all services of a gateway. */
export type WallSnapshot = {
  readonly decoder: DecoderSnapshot
  /** Why looking has stopped for a while, one sentence; null where it goes on. */
  readonly problem: string | null
  /** Share of one processor core that ffmpeg took of late, at most; null: it was not used. */
  readonly share: number | null
  readonly services: readonly ServiceLook[]
}
