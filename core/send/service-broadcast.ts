import { sameBytes } from '#platform'
import { asToi, type Toi, type Tsi } from '../contract/ids.ts'
import type { FileBytes, LiveTrack, Presentation, PresentationFile } from '../ingest/presentation.ts'
import { CODEPOINT, FILES_TSI, INIT_TOI, mediaTsi, PLAYLIST_TOIS, SLS_TSI } from '../protocol/route/toi-plan.ts'
import { type EmitContext, type Emitter, isGoingOn, type OutgoingObject, PacketSender } from './emitter.ts'
import { type FecProtection, fecProtection, ProtectedRouteObject, repairFlow, repairTsi } from './fec-protection.ts'
import { FileCarousel, type FileTimes, repeatsFiles } from './file-carousel.ts'
import { segmentsToList } from './live-mpd.ts'
import { livePlaylist } from './live-playlist.ts'
import { type LoopPlan, planLoop } from './loop-plan.ts'
import type { MabrChannel } from './mabr-session.ts'
import { changesWithSegments, manifestOnAir } from './manifest-on-air.ts'
import { RouteObject } from './route-object.ts'
import { type ChannelOnAir, channelsOnAir, type MediaEmitter, type ServiceOnAir } from './service-on-air.ts'
import {
  basePatterns,
  type ListedFile,
  type SerialisedSls,
  type SignalledChannel,
  type SignalledManifest,
  type SignalledService,
  serialiseSls,
} from './service-signalling.ts'
import { type Endpoint, sendersOf } from './split-endpoints.ts'
import { firstVersion, nextVersion } from './table-version.ts'
import { type SegmentCarriage, TrackEmitter } from './track-emitter.ts'
import { type ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/** Options of one service. */
export type ServiceBroadcastOptions = SignalledService & {
  /** Where the tracks are sent, in their order; the rest goes to the service's own. */
  readonly endpoints: readonly Endpoint[]
  /** Where a track is sent that comes while its service is on air. */
  readonly endpointOf: (track: LiveTrack) => Endpoint
  readonly loop: boolean
  /** How long its signalling is sent before its media, µs. */
  readonly leadUs: number
  /** Repair symbols of segments, in percent; 0: none. */
  readonly fecOverheadPercent: number
  readonly mtu: number
  readonly carouselUs: number
  /** Largest rate of plain files, bit/s. */
  readonly fileRateBps: number
  readonly fileTimes: FileTimes
  /** Name of the manifest on air; null: as in the presentation. */
  readonly manifestName: string | null
}

/** Sends one service: its signalling, and each of its channels by an emitter. */
export class ServiceBroadcast implements Emitter, ServiceOnAir, SegmentCarriage {
  readonly tracks: readonly TrackEmitter[]
  readonly files: FileCarousel | null
  readonly bytes: FileBytes
  #nextUs: number
  #sls: SerialisedSls
  #version: number
  #manifestVersion: number
  #stsidVersion: number
  #usbdVersion: number
  #filesVersion: number
  #patterns: string | null = null
  #manifest: SignalledManifest | null
  /** The manifest on air has a list of what was sent. */
  #listsSegments = false
  readonly #channels: ChannelState[]
  readonly #options: ServiceBroadcastOptions
  readonly #protection: FecProtection | null
  readonly #ended: ((context: EmitContext) => void) | undefined
  readonly #presentation: Presentation
  readonly #loop: LoopPlan | null
  readonly #startUs: number
  /** Of the service's own endpoint, and of each track. */
  readonly #sender: PacketSender
  readonly #senders: readonly PacketSender[]

  /**
   * @param ended called when nothing of it follows
   * @throws AppFailure not-supported, where the presentation cannot be looped; input-unusable, where it cannot be read
   */
  constructor(
    options: ServiceBroadcastOptions,
    presentation: Presentation,
    startUs: number,
    ended?: (context: EmitContext) => void,
  ) {
    this.#options = options
    this.#ended = ended
    this.#protection = fecProtection(options.mtu, options.fecOverheadPercent)
    this.#presentation = presentation
    const mediaUs = startUs + options.leadUs
    this.#startUs = mediaUs
    this.#nextUs = startUs
    this.#version = firstVersion(startUs)
    this.#manifestVersion = this.#version
    this.#stsidVersion = this.#version
    this.#usbdVersion = this.#version
    this.#filesVersion = firstVersion(mediaUs)
    this.bytes = presentation.bytes
    this.#loop = options.loop ? planLoop(presentation) : null
    this.#sender = new PacketSender(options.address, options.port, options.mtu)
    this.#senders = sendersOf(options.endpoints, options.mtu)
    const schedules = presentation.tracks.map((track) => new TrackSchedule(track, this.#loop))
    this.tracks = schedules.map(
      (schedule, index) =>
        new TrackEmitter(schedule, mediaUs, presentation.bytes, this.#senders[index] as PacketSender, this),
    )
    this.files =
      presentation.files.length === 0
        ? null
        : new FileCarousel(
            presentation,
            new PacketSender(options.address, options.port, options.mtu),
            (index, _, bytes) => {
              const isLast = !repeatsFiles(options.fileTimes, options.loop) && index + 1 === presentation.files.length
              return this.#object(FILES_TSI, asToi(index + 1), CODEPOINT.file, bytes, isLast)
            },
            {
              startUs: mediaUs,
              periodUs: options.carouselUs,
              rateBps: options.fileRateBps,
              times: options.fileTimes,
              repeat: repeatsFiles(options.fileTimes, options.loop),
              changed: (context) => {
                this.#filesVersion = nextVersion(this.#filesVersion)
                this.#renewList(context)
              },
              ended: (context) => this.#endSignalling(context),
            },
          )
    this.#channels = this.tracks.map(
      (emitter, index) =>
        new ChannelState(
          emitter,
          mediaTsi(index),
          this.#senders[index] as PacketSender,
          this.#version,
          this.#protection,
        ),
    )
    this.#manifest = this.#manifestAt(0)
    this.#sls = this.#serialise()
  }

  get nextUs(): number {
    return this.#nextUs
  }

  get media(): readonly MediaEmitter[] {
    return this.files === null ? this.tracks : [...this.tracks, this.files]
  }

  get onAir(): readonly ChannelOnAir[] {
    return channelsOnAir(this)
  }

  /** The channels of its media. */
  get channels(): readonly MabrChannel[] {
    return this.#channels.map(({ tsi, sender: { address, port }, emitter: { schedule } }) => {
      const { bandwidth, repId, playlist } = schedule.track
      return { tsi, endpoint: { address, port }, bandwidth, repId, playlist: playlist?.name ?? null }
    })
  }

  /** Continues after a pause without catching up. */
  resume(nowUs: number): void {
    this.#nextUs = Math.max(this.#nextUs, nowUs)
    for (const each of this.media) each.resume(nowUs)
  }

  /** Sends the current signalling, once per carousel period. */
  send(context: EmitContext): boolean {
    this.#sendSls(context)
    this.#nextUs += this.#options.carouselUs
    return true
  }

  /** Before the segment go the playlist and signalling that name it, and the initialisation segment. */
  openSegment(track: TrackEmitter, segment: ScheduledSegment, bytes: Uint8Array, context: EmitContext): OutgoingObject {
    const channel = this.#channels[this.tracks.indexOf(track)] as ChannelState
    const { tsi, sender } = channel
    this.#announce(channel, segment, context)
    const { playlist } = channel
    if (playlist !== null) sender.whole(this.#object(tsi, playlist.toi, CODEPOINT.playlist, playlist.bytes), context)
    const { init } = track.schedule.track
    if (init !== null) sender.whole(this.#object(tsi, INIT_TOI, CODEPOINT.init, init.bytes), context)
    channel.closes = track.schedule.at(segment.index + 1) === null
    const object = this.#object(tsi, segment.toi, CODEPOINT.media, bytes, channel.closes)
    return this.#protection === null ? object : new ProtectedRouteObject(object, this.#protection, channel.closes)
  }

  /** What lists segments leaves out one that is not sent any more: the manifest of a loop, and a channel without a template. */
  listChanged(track: TrackEmitter, context: EmitContext): void {
    if (track.schedule.track.playlist === null) this.#announceSegments(context.timeUs - this.#startUs, context)
    if (track.schedule.fileTemplate !== null) return
    this.#channels[this.tracks.indexOf(track)]?.renewList()
    this.#renewList(context)
  }

  /** Closes the session of a track, where its last segment was not there to do it, and that of the signalling after all of them. */
  ended(track: TrackEmitter, context: EmitContext): void {
    const channel = this.#channels[this.tracks.indexOf(track)] as ChannelState
    const { init } = track.schedule.track
    const { playlist, closes, sender, tsi } = channel
    const last =
      init !== null
        ? this.#object(tsi, INIT_TOI, CODEPOINT.init, init.bytes, true)
        : playlist !== null
          ? this.#object(tsi, playlist.toi, CODEPOINT.playlist, playlist.bytes, true)
          : null
    if (!closes && last !== null) sender.whole(last, context)
    this.#endSignalling(context)
  }

  #endSignalling(context: EmitContext): void {
    if (this.tracks.some(isGoingOn) || (this.files !== null && isGoingOn(this.files))) return
    this.#nextUs = Number.POSITIVE_INFINITY
    this.#sendSls(context, true)
    this.#ended?.(context)
  }

  /** In a loop, lists the segment in the playlist or the manifest. */
  #announce(channel: ChannelState, segment: ScheduledSegment, context: EmitContext): void {
    if (this.#loop === null) return
    const { schedule, absent } = channel.emitter
    if (schedule.track.playlist === null) {
      this.#announceSegments(segment.startUs, context)
      return
    }
    const listed = segmentsToList(schedule, segment.startUs, segment.index)
    if (listed.length === 0) return
    channel.renewPlaylist(livePlaylist(schedule, listed, absent))
    this.#renewList(context)
  }

  /** The manifest of a loop, where it lists segments or does so no more. @param atUs from the start of the broadcast */
  #announceSegments(atUs: number, context: EmitContext): void {
    if (this.#loop === null) return
    const lists = changesWithSegments(this.#loop, this.tracks, atUs)
    if (lists || this.#listsSegments) this.#renewManifest(atUs, context)
    this.#listsSegments = lists
  }

  /** @param closes nothing follows it on its TSI */
  #object(tsi: Tsi, toi: Toi, codepoint: number, bytes: Uint8Array, closes = false): RouteObject {
    return new RouteObject(tsi, toi, codepoint, bytes, this.#sender.mtu, closes)
  }

  #sendSls(context: EmitContext, closes = false): void {
    const { toi, codepoint, bytes } = this.#sls
    this.#sender.whole(this.#object(SLS_TSI, toi, codepoint, bytes, closes), context)
  }

  #renewManifest(atUs: number, context: EmitContext): void {
    const manifest = this.#manifestAt(atUs)
    if (manifest === null || this.#manifest === null || sameBytes(manifest.bytes, this.#manifest.bytes)) return
    this.#manifest = manifest
    this.#manifestVersion = nextVersion(this.#manifestVersion)
    this.#renew(context)
  }

  #renewList(context: EmitContext): void {
    this.#stsidVersion = nextVersion(this.#stsidVersion)
    this.#renew(context)
  }

  /** Sends new signalling at once: the following packets need it. */
  #renew(context: EmitContext): void {
    this.#version = nextVersion(this.#version)
    this.#sls = this.#serialise()
    this.#sendSls(context)
  }

  #manifestAt(atUs: number): SignalledManifest | null {
    const source = {
      presentation: this.#presentation,
      loop: this.#loop,
      startUs: this.#startUs,
      name: this.#options.manifestName,
    }
    return manifestOnAir(source, this.tracks, atUs)
  }

  #serialise(): SerialisedSls {
    const channels = this.#channels.map((channel) => channel.signalled())
    if (this.files !== null)
      channels.push(filesChannel(this.#options, this.#presentation, this.files.absent, this.#filesVersion))
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
  readonly tsi: Tsi
  readonly sender: PacketSender
  playlist: { toi: Toi; bytes: Uint8Array } | null = null
  /** Its newest segment is the last, and closes the session. */
  closes = false
  #efdtVersion: number
  readonly #protection: FecProtection | null

  constructor(
    emitter: TrackEmitter,
    tsi: Tsi,
    sender: PacketSender,
    efdtVersion: number,
    protection: FecProtection | null,
  ) {
    this.#protection = protection
    this.emitter = emitter
    this.tsi = tsi
    this.sender = sender
    this.#efdtVersion = efdtVersion
    const { track, loop } = emitter.schedule
    if (track.playlist !== null && loop === null) this.playlist = { toi: PLAYLIST_TOIS[0], bytes: track.playlist.bytes }
  }

  renewPlaylist(bytes: Uint8Array): void {
    const toi = this.playlist?.toi === PLAYLIST_TOIS[0] ? PLAYLIST_TOIS[1] : PLAYLIST_TOIS[0]
    this.playlist = { toi, bytes }
    this.renewList()
  }

  /** Its list of files has changed. */
  renewList(): void {
    this.#efdtVersion = nextVersion(this.#efdtVersion)
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
      for (const segment of track.segments) {
        const { toi, name, contentType, sizeBytes } = segment
        if (!this.emitter.absent.has(segment)) files.push({ toi, name, contentType, bytes: sizeBytes })
      }
    return {
      tsi: this.tsi,
      endpoint: { address: this.sender.address, port: this.sender.port },
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
      repair: this.#protection === null ? undefined : this.#repairOf(this.#protection),
    }
  }

  /** Its repair packets follow the last packet of a segment, as late after the first one as the segment takes. */
  #repairOf(protection: FecProtection): SignalledChannel['repair'] {
    const { segments } = this.emitter.schedule.track
    const longestUs = segments.reduce((most, { durationUs }) => Math.max(most, durationUs), 0)
    return { tsi: repairTsi(this.tsi), flow: repairFlow(this.tsi, protection, Math.ceil(longestUs / 1000)) }
  }
}

function filesChannel(
  { address, port }: Endpoint,
  presentation: Presentation,
  absent: ReadonlySet<PresentationFile>,
  efdtVersion: number,
): SignalledChannel {
  return {
    tsi: FILES_TSI,
    endpoint: { address, port },
    realTime: false,
    bandwidth: null,
    media: null,
    efdtVersion,
    fileTemplate: null,
    largestBytes: presentation.files.reduce((most, file) => Math.max(most, file.sizeBytes), 0),
    files: presentation.files.flatMap((file, index) => {
      const { name, contentType, sizeBytes } = file
      return absent.has(file) ? [] : [{ toi: asToi(index + 1), name, contentType, bytes: sizeBytes }]
    }),
  }
}
