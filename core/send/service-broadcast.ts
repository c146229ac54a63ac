import { asToi, type Toi } from '../contract/ids.ts'
import type { FileBytes, Presentation } from '../ingest/presentation.ts'
import { CODEPOINT, FILES_TSI, INIT_TOI, mediaTsi, PLAYLIST_TOIS, SLS_TSI } from '../protocol/route/toi-plan.ts'
import type { EmitContext, Emitter } from './emitter.ts'
import { PacketCutter } from './emitter.ts'
import { FileCarousel } from './file-carousel.ts'
import { broadcastMpd, segmentsToList } from './live-mpd.ts'
import { livePlaylist } from './live-playlist.ts'
import { type LoopPlan, planLoop } from './loop-plan.ts'
import {
  basePatterns,
  type ListedFile,
  type SignalledChannel,
  type SignalledManifest,
  type SignalledService,
  serialiseSls,
} from './service-signalling.ts'
import { type SegmentStart, TrackEmitter } from './track-emitter.ts'
import { type ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/** Options of one service. */
export type ServiceBroadcastOptions = SignalledService & {
  readonly loop: boolean
  readonly mtu: number
  readonly carouselUs: number
  /** Largest rate of plain files, bit/s. */
  readonly fileRateBps: number
  /** Name of the manifest on air; null: as in the presentation. */
  readonly manifestName: string | null
}

/** Sends one service: its signalling, and each of its channels by an emitter. */
export class ServiceBroadcast implements Emitter, SegmentStart {
  readonly tracks: readonly TrackEmitter[]
  readonly files: FileCarousel | null
  readonly bytes: FileBytes
  #nextUs: number
  #sls: { readonly toi: Toi; readonly bytes: Uint8Array }
  #version = 1
  #manifestVersion = 1
  #stsidVersion = 1
  #usbdVersion = 1
  #patterns: string | null = null
  #manifest: SignalledManifest | null
  readonly #channels: ChannelState[]
  readonly #options: ServiceBroadcastOptions
  readonly #presentation: Presentation
  readonly #loop: LoopPlan | null
  readonly #startUs: number
  readonly #cutter: PacketCutter

  /** @throws AppFailure not-supported, where the presentation cannot be looped; input-unusable, where it cannot be read */
  constructor(options: ServiceBroadcastOptions, presentation: Presentation, startUs: number) {
    this.#options = options
    this.#presentation = presentation
    this.#startUs = startUs
    this.#nextUs = startUs
    this.bytes = presentation.bytes
    this.#loop = options.loop ? planLoop(presentation) : null
    this.#cutter = new PacketCutter(options.address, options.port, options.mtu)
    const schedules = presentation.tracks.map((track) => new TrackSchedule(track, this.#loop))
    this.tracks = schedules.map(
      (schedule, index) => new TrackEmitter(schedule, mediaTsi(index), startUs, presentation.bytes, this.#cutter, this),
    )
    this.files =
      presentation.files.length === 0
        ? null
        : new FileCarousel(presentation, this.#cutter, {
            startUs,
            periodUs: options.carouselUs,
            rateBps: options.fileRateBps,
            repeat: options.loop,
          })
    this.#channels = this.tracks.map((emitter) => new ChannelState(emitter))
    this.#manifest = this.#manifestAt(0)
    this.#sls = this.#serialise()
  }

  get nextUs(): number {
    return this.#nextUs
  }

  /** Continues after a pause without catching up. */
  resume(nowUs: number): void {
    this.#nextUs = Math.max(this.#nextUs, nowUs)
    for (const track of this.tracks) track.resume(nowUs)
    this.files?.resume(nowUs)
  }

  /** Sends the current signalling, once per carousel period. */
  send(context: EmitContext): boolean {
    this.#sendSls(context)
    this.#nextUs += this.#options.carouselUs
    return true
  }

  beginSegment(
    track: TrackEmitter,
    segment: ScheduledSegment,
    context: EmitContext,
  ): { toi: Toi; bytes: Uint8Array } | null {
    const channel = this.#channels.find((candidate) => candidate.emitter === track)
    if (channel === undefined) return null
    const { playlist } = channel.emitter.schedule.track
    if (this.#loop === null) return playlist === null ? null : { toi: PLAYLIST_TOIS[0], bytes: playlist.bytes }
    if (playlist === null) {
      if (this.#loop.manifest === 'timeline') this.#renewManifest(segment.startUs, context)
      return null
    }
    const listed = segmentsToList(channel.emitter.schedule, segment.startUs, segment.index)
    if (listed.length === 0) return null
    channel.renewPlaylist(livePlaylist(channel.emitter.schedule, listed))
    this.#stsidVersion = nextVersion(this.#stsidVersion)
    this.#renew(context)
    return channel.playlist
  }

  #sendSls(context: EmitContext): void {
    this.#cutter.whole(SLS_TSI, this.#sls.toi, CODEPOINT.package, this.#sls.bytes, context)
  }

  #renewManifest(atUs: number, context: EmitContext): void {
    const manifest = this.#manifestAt(atUs)
    if (manifest === null || this.#manifest === null || equalBytes(manifest.bytes, this.#manifest.bytes)) return
    this.#manifest = manifest
    this.#manifestVersion = nextVersion(this.#manifestVersion)
    this.#renew(context)
  }

  /** Sends new signalling at once: the following packets need it. */
  #renew(context: EmitContext): void {
    this.#version = nextVersion(this.#version)
    this.#sls = this.#serialise()
    this.#sendSls(context)
  }

  #manifestAt(atUs: number): SignalledManifest | null {
    const { manifest } = this.#presentation
    if (manifest === null) return null
    const named = { name: this.#options.manifestName ?? manifest.name, contentType: manifest.contentType }
    if (this.#loop === null || manifest.mpd === null) return { ...named, bytes: manifest.bytes }
    const schedules = this.tracks.map((emitter) => emitter.schedule)
    const listed =
      this.#loop.manifest === 'numbered'
        ? null
        : new Map(this.tracks.map((emitter) => [emitter.schedule, listedNow(emitter, atUs)]))
    const publishUs = this.#startUs + atUs
    const text = broadcastMpd(manifest.mpd, schedules, { startUs: this.#startUs, publishUs, listed })
    return { ...named, bytes: new TextEncoder().encode(text) }
  }

  #serialise(): { readonly toi: Toi; readonly bytes: Uint8Array } {
    const channels = this.#channels.map((channel) => channel.signalled())
    if (this.files !== null) channels.push(filesChannel(this.#presentation))
    // The USBD lists the beginnings of their names, and a receiver reads it again only with a new version.
    const patterns = basePatterns(channels).join('\n')
    if (this.#patterns !== null && patterns !== this.#patterns) this.#usbdVersion = nextVersion(this.#usbdVersion)
    this.#patterns = patterns
    const versions = { manifest: this.#manifestVersion, stsid: this.#stsidVersion, usbd: this.#usbdVersion }
    return serialiseSls(this.#options, this.#manifest, channels, versions, this.#version)
  }
}

/** Signalling values of a media channel, and its child playlist. */
class ChannelState {
  readonly emitter: TrackEmitter
  playlist: { toi: Toi; bytes: Uint8Array } | null = null
  #efdtVersion = 0

  constructor(emitter: TrackEmitter) {
    this.emitter = emitter
    const { track, loop } = emitter.schedule
    if (track.playlist !== null && loop === null) this.playlist = { toi: PLAYLIST_TOIS[0], bytes: track.playlist.bytes }
  }

  renewPlaylist(bytes: Uint8Array): void {
    const toi = this.playlist?.toi === PLAYLIST_TOIS[0] ? PLAYLIST_TOIS[1] : PLAYLIST_TOIS[0]
    this.playlist = { toi, bytes }
    this.#efdtVersion = (this.#efdtVersion + 1) % 256
  }

  signalled(): SignalledChannel {
    const { track, fileTemplate } = this.emitter.schedule
    const files: ListedFile[] = []
    if (track.init !== null)
      files.push({
        toi: INIT_TOI,
        name: track.init.name,
        contentType: track.init.contentType,
        bytes: track.init.bytes.length,
      })
    if (track.playlist !== null && this.playlist !== null) {
      const { name, contentType } = track.playlist
      files.push({ toi: this.playlist.toi, name, contentType, bytes: this.playlist.bytes.length })
    }
    if (fileTemplate === null)
      for (const { toi, name, contentType, sizeBytes } of track.segments)
        files.push({ toi, name, contentType, bytes: sizeBytes })
    return {
      tsi: this.emitter.tsi,
      realTime: true,
      bandwidth: track.bandwidth,
      media: { repId: track.repId, contentType: track.contentType, lang: track.lang },
      efdtVersion: this.#efdtVersion,
      fileTemplate,
      largestBytes: [...track.segments, ...files.map((file) => ({ sizeBytes: file.bytes ?? 0 }))].reduce(
        (most, each) => Math.max(most, each.sizeBytes),
        0,
      ),
      files,
    }
  }
}

function filesChannel(presentation: Presentation): SignalledChannel {
  return {
    tsi: FILES_TSI,
    realTime: false,
    bandwidth: null,
    media: null,
    efdtVersion: 0,
    fileTemplate: null,
    largestBytes: presentation.files.reduce((most, file) => Math.max(most, file.sizeBytes), 0),
    files: presentation.files.map(({ name, contentType, sizeBytes }, index) => ({
      toi: asToi(index + 1),
      name,
      contentType,
      bytes: sizeBytes,
    })),
  }
}

/** The listed segments: at least the first one, because a timeline may not be empty. */
function listedNow(emitter: TrackEmitter, atUs: number): ScheduledSegment[] {
  const listed = segmentsToList(emitter.schedule, atUs, emitter.index)
  const first = emitter.schedule.at(0)
  return listed.length > 0 || first === null ? listed : [first]
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** 1 to 255: receivers cannot distinguish version 0 from a missing one. */
function nextVersion(version: number): number {
  return version >= 255 ? 1 : version + 1
}
