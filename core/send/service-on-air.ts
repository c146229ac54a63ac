import type { FileBytes } from '../ingest/presentation.ts'
import type { Emitter } from './emitter.ts'
import type { FileCarousel } from './file-carousel.ts'
import type { TrackEmitter } from './track-emitter.ts'

/** An emitter of media or files: a broadcast ends when all of them have ended. */
export interface MediaEmitter extends Emitter {
  /** Objects sent completely. */
  readonly objects: number
  /** Continues after a pause without catching up. */
  resume(nowUs: number): void
  /** Ends after the object on its way, or within it where its rest takes too long; its sessions are closed. */
  close(nowUs: number): void
}

/** One service of a broadcast: what it sends beside its signalling. */
export interface ServiceOnAir {
  readonly media: readonly MediaEmitter[]
  /** Those of them whose files are read ahead, from `bytes`. */
  readonly tracks: readonly TrackEmitter[]
  readonly files: FileCarousel | null
  readonly bytes: FileBytes
  /** Continues after a pause without catching up. */
  resume(nowUs: number): void
}
