import type { Tsi } from '../contract/ids.ts'
import type { FileBytes } from '../ingest/presentation.ts'
import { FILES_TSI, mediaTsi } from '../protocol/route/toi-plan.ts'
import type { Emitter, PacketSender } from './emitter.ts'
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

/** One channel of media or files as it is now. */
export type ChannelOnAir = {
  readonly tsi: Tsi
  /** Representation@id or name of the playlist; null: plain files. */
  readonly repId: string | null
  /** `video`, `audio`, `text` …; null where unknown. */
  readonly contentType: string | null
  /** Rate that its manifest gives, bit/s. */
  readonly bandwidth: number | null
  /** Its destination and counts. */
  readonly sender: PacketSender
  /** Objects sent completely. */
  readonly objects: number
  /** Time of its next packet, µs since the UNIX epoch; WAITING_US and more: none is known. */
  readonly nextUs: number
}

/** The channels of a finished presentation. */
export function channelsOnAir({ tracks, files }: Pick<ServiceOnAir, 'tracks' | 'files'>): ChannelOnAir[] {
  const channels: ChannelOnAir[] = tracks.map(({ schedule: { track }, sender, objects, nextUs }, index) => {
    const { repId, contentType, bandwidth } = track
    return { tsi: mediaTsi(index), repId, contentType, bandwidth, sender, objects, nextUs }
  })
  if (files === null) return channels
  const { sender, objects, nextUs } = files
  return [...channels, { tsi: FILES_TSI, repId: null, contentType: null, bandwidth: null, sender, objects, nextUs }]
}

/** One service of a broadcast: what it sends beside its signalling. */
export interface ServiceOnAir {
  readonly media: readonly MediaEmitter[]
  /** Those of them whose files are read ahead, from `bytes`. */
  readonly tracks: readonly TrackEmitter[]
  readonly files: FileCarousel | null
  readonly bytes: FileBytes
  /** Its channels as they are now. */
  readonly onAir: readonly ChannelOnAir[]
  /** Continues after a pause without catching up. */
  resume(nowUs: number): void
}

/** Repeats tables; continues after a pause without catching up. */
export interface Signalling extends Emitter {
  resume(nowUs: number): void
}

/** A service that is put on air, and the signalling that it sends itself. */
export type BegunService = { readonly service: ServiceOnAir; readonly signalling: readonly Signalling[] }
