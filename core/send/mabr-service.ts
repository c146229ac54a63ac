import { asToi, type ServiceId, type Toi } from '../contract/ids.ts'
import type { FileBytes, Presentation } from '../ingest/presentation.ts'
import type { MabrSession } from '../protocol/mabr/configuration.ts'
import { FILES_TSI, mediaTsi } from '../protocol/route/toi-plan.ts'
import type { ConfigurationCarousel } from './configuration-carousel.ts'
import { type EmitContext, isGoingOn, type OutgoingObject, PacketSender } from './emitter.ts'
import { FileCarousel, type FileTimes, repeatsFiles } from './file-carousel.ts'
import { FluteTransmission, LAST_TOI } from './flute-transmission.ts'
import { segmentsToList } from './live-mpd.ts'
import { livePlaylist } from './live-playlist.ts'
import { type LoopPlan, planLoop } from './loop-plan.ts'
import { type MabrChannel, mabrSession, objectBase } from './mabr-session.ts'
import type { MabrRepairOptions } from './mabr-transport.ts'
import { changesWithSegments, manifestOnAir } from './manifest-on-air.ts'
import { type CarouselFile, RepeatedFiles } from './repeated-files.ts'
import { type ChannelOnAir, channelsOnAir, type MediaEmitter, type ServiceOnAir } from './service-on-air.ts'
import { type Endpoint, sendersOf } from './split-endpoints.ts'
import { type SegmentCarriage, TrackEmitter } from './track-emitter.ts'
import { type ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/** Options of one service of a DVB-MABR broadcast. */
export type MabrServiceOptions = {
  readonly serviceId: ServiceId
  readonly address: string
  readonly port: number
  /** Where the tracks are sent, in their order; files go to the service's own. */
  readonly endpoints: readonly Endpoint[]
  readonly loop: boolean
  /** How long the configuration is sent before the media, µs. */
  readonly leadUs: number
  readonly mtu: number
  readonly carouselUs: number
  /** Largest rate of plain files, bit/s. */
  readonly fileRateBps: number
  readonly fileTimes: FileTimes
  /** Name of the manifest on air; null: as in the presentation. */
  readonly manifestName: string | null
  readonly digests: DigestedFiles
  /** Manifest, playlists and initialisation segments go with the segments, not with the configuration. */
  readonly inBand: boolean
  /** Address of the only sender, in the configuration; null: any. */
  readonly source: string | null
  readonly repair: MabrRepairOptions
}

/** Files that have an MD5 in their table: none, those that are repeated, or all. */
export type DigestedFiles = 'none' | 'meta' | 'all'

/**
 * One service of a DVB-MABR broadcast (ETSI TS 103 769): each track is a FLUTE session, in which every segment follows the table
 * that names it. Manifest, playlists and initialisation segments go with the configuration, or in band before each segment.
 */
export class MabrService implements ServiceOnAir, SegmentCarriage {
  readonly tracks: readonly TrackEmitter[]
  readonly files: FileCarousel | null
  readonly bytes: FileBytes
  readonly #options: MabrServiceOptions
  readonly #presentation: Presentation
  readonly #loop: LoopPlan | null
  /** The manifest on air has a list of what was sent. */
  #listsSegments = false
  readonly #startUs: number
  readonly #carousel: ConfigurationCarousel
  readonly #ended: (context: EmitContext) => void
  readonly #channels: readonly Channel[]
  /** In the configuration; null: not asked for yet. */
  #session: MabrSession | null = null
  /** Prefix of all object names. */
  readonly #base: string

  /** @throws AppFailure not-supported, where the presentation cannot be looped; input-unusable, where it cannot be read */
  constructor(
    options: MabrServiceOptions,
    presentation: Presentation,
    startUs: number,
    carousel: ConfigurationCarousel,
    ended: (context: EmitContext) => void,
  ) {
    this.#options = options
    this.#presentation = presentation
    this.#startUs = startUs + options.leadUs
    this.#carousel = carousel
    this.#ended = ended
    this.#base = objectBase(options.serviceId)
    this.bytes = presentation.bytes
    this.#loop = options.loop ? planLoop(presentation) : null
    const sender = new PacketSender(options.address, options.port, options.mtu)
    const senders = sendersOf(options.endpoints, options.mtu)
    this.#channels = senders.map((each, index) => {
      const session = new FluteTransmission(mediaTsi(index), each, startUs)
      return { session, repeated: new RepeatedFiles(session, options.digests !== 'none') }
    })
    this.tracks = presentation.tracks.map((track, index) => {
      const schedule = new TrackSchedule(track, this.#loop)
      return new TrackEmitter(schedule, this.#startUs, presentation.bytes, senders[index] as PacketSender, this)
    })
    this.files = presentation.files.length === 0 ? null : this.#fileCarousel(sender)
  }

  get media(): readonly MediaEmitter[] {
    return this.files === null ? this.tracks : [...this.tracks, this.files]
  }

  get onAir(): readonly ChannelOnAir[] {
    return channelsOnAir(this)
  }

  resume(nowUs: number): void {
    for (const each of this.media) each.resume(nowUs)
  }

  openSegment(track: TrackEmitter, segment: ScheduledSegment, bytes: Uint8Array, context: EmitContext): OutgoingObject {
    const { session, repeated } = this.#channels[this.tracks.indexOf(track)] as Channel
    const named = this.#announced(track, segment)
    if (this.#options.inBand) for (const each of [...named, ...this.#initOf(track)]) repeated.put(each)
    else this.#carousel.renew(named, context)
    const file = { name: segment.name, contentType: segment.source.contentType, bytes }
    const isLast = track.schedule.at(segment.index + 1) === null
    return this.#open(session, repeated, repeated.nextToi(), file, isLast, context)
  }

  /** The manifest of a loop leaves out a segment that is not sent any more. */
  listChanged(track: TrackEmitter, context: EmitContext): void {
    if (this.#loop === null || track.schedule.track.playlist !== null) return
    const named = this.#manifest(context.timeUs - this.#startUs)
    this.#listsSegments = true
    if (!this.#options.inBand) this.#carousel.renew(named, context)
  }

  /** Called when a track or the files have ended. */
  ended(track: TrackEmitter | null, context: EmitContext): void {
    if (track !== null) this.#channels[this.tracks.indexOf(track)]?.session.close(context)
    if (!this.media.some(isGoingOn)) this.#ended(context)
  }

  /** The service in the configuration: it never changes. */
  signalled(): MabrSession {
    this.#session ??= this.#describe()
    return this.#session
  }

  #describe(): MabrSession {
    const { serviceId, address, port, manifestName, source, repair, digests, inBand } = this.#options
    const channels: MabrChannel[] = this.tracks.map(({ schedule: { track } }, index) => ({
      tsi: mediaTsi(index),
      endpoint: this.#options.endpoints[index] as Endpoint,
      bandwidth: track.bandwidth,
      repId: track.repId,
      playlist: track.playlist?.name ?? null,
    }))
    if (this.files !== null)
      channels.push({ tsi: FILES_TSI, endpoint: { address, port }, bandwidth: null, repId: null, playlist: null })
    const { manifest } = this.#presentation
    const options = { serviceId, manifest, manifestName, base: this.#base, source, repair, inBand }
    return mabrSession({ ...options, protocol: 'flute', digests: digests === 'all' }, channels)
  }

  /** Manifest and playlist that name a segment: as they are, where they do not change. */
  #announced({ schedule, index, absent }: TrackEmitter, segment: ScheduledSegment): CarouselFile[] {
    const { playlist } = schedule.track
    if (this.#loop === null) {
      if (!this.#options.inBand) return []
      return [...this.#manifest(0), ...(playlist === null ? [] : [this.#named(playlist)])]
    }
    const lists = playlist === null && changesWithSegments(this.#loop, this.tracks, segment.startUs)
    const renewed = lists || this.#listsSegments
    this.#listsSegments = lists
    const manifest = renewed || this.#options.inBand ? this.#manifest(renewed ? segment.startUs : 0) : []
    if (playlist === null) return manifest
    const listed = segmentsToList(schedule, segment.startUs, index)
    if (listed.length === 0) return manifest
    return [...manifest, { ...this.#named(playlist), bytes: livePlaylist(schedule, listed, absent) }]
  }

  #initOf({ schedule }: TrackEmitter): CarouselFile[] {
    const { init } = schedule.track
    return init === null ? [] : [this.#named(init)]
  }

  /** What the configuration session repeats of this service at first. */
  carouselFiles(): CarouselFile[] {
    if (this.#options.inBand) return []
    const files = this.#manifest(0)
    for (const track of this.tracks) {
      const { playlist } = track.schedule.track
      if (playlist !== null && this.#loop === null) files.push(this.#named(playlist))
      files.push(...this.#initOf(track))
    }
    return files
  }

  #manifest(atUs: number): CarouselFile[] {
    const source = {
      presentation: this.#presentation,
      loop: this.#loop,
      startUs: this.#startUs,
      name: this.#options.manifestName,
    }
    const manifest = manifestOnAir(source, this.tracks, atUs)
    return manifest === null ? [] : [this.#named(manifest)]
  }

  #named({ name, contentType, bytes }: CarouselFile): CarouselFile {
    return { name: this.#base + name, contentType, bytes }
  }

  /** Sends the table that names an object, with what goes before it, and opens the object. */
  #open(
    session: FluteTransmission,
    repeated: RepeatedFiles | null,
    toi: Toi,
    file: CarouselFile,
    endsSession: boolean,
    context: EmitContext,
  ): OutgoingObject {
    const listed = { ...this.#named(file), toi, digest: this.#options.digests === 'all' }
    const before = repeated?.entries ?? []
    session.sendTable([...before, listed], context)
    session.nextInstance()
    for (const each of before) session.sendWhole(each, context)
    return session.open(listed, endsSession)
  }

  #fileCarousel(sender: PacketSender): FileCarousel {
    const session = new FluteTransmission(FILES_TSI, sender, this.#startUs)
    const repeats = repeatsFiles(this.#options.fileTimes, this.#options.loop)
    return new FileCarousel(
      this.#presentation,
      sender,
      // The same file has the same TOI in every turn, so that a turn mends another.
      (index, { name, contentType }, bytes, context) => {
        const isLast = !repeats && index + 1 === this.#presentation.files.length
        return this.#open(session, null, asToi((index % LAST_TOI) + 1), { name, contentType, bytes }, isLast, context)
      },
      {
        startUs: this.#startUs,
        periodUs: this.#options.carouselUs,
        rateBps: this.#options.fileRateBps,
        times: this.#options.fileTimes,
        repeat: repeats,
        ended: (context) => {
          session.close(context)
          this.ended(null, context)
        },
      },
    )
  }
}

/** The FLUTE session of a track, and what it repeats in band. */
type Channel = { readonly session: FluteTransmission; readonly repeated: RepeatedFiles }
