import { asToi, type ServiceId, type Toi, type Tsi } from '../contract/ids.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { FileBytes, Presentation } from '../ingest/presentation.ts'
import type { MabrComponent, MabrSession, MabrTransportSession } from '../protocol/mabr/configuration.ts'
import { FILES_TSI, mediaTsi } from '../protocol/route/toi-plan.ts'
import type { CarouselFile, ConfigurationCarousel } from './configuration-carousel.ts'
import { type EmitContext, isGoingOn, type OutgoingObject, PacketSender } from './emitter.ts'
import { FileCarousel } from './file-carousel.ts'
import { FluteTransmission, LAST_TOI } from './flute-transmission.ts'
import { segmentsToList } from './live-mpd.ts'
import { livePlaylist } from './live-playlist.ts'
import { type LoopPlan, planLoop } from './loop-plan.ts'
import { fluteTransport, NO_OTHERS } from './mabr-transport.ts'
import { manifestOnAir } from './manifest-on-air.ts'
import type { MediaEmitter, ServiceOnAir } from './service-on-air.ts'
import { type SegmentCarriage, TrackEmitter } from './track-emitter.ts'
import { type ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/** Options of one service of a DVB-MABR broadcast. */
export type MabrServiceOptions = {
  readonly serviceId: ServiceId
  readonly address: string
  readonly port: number
  readonly loop: boolean
  readonly mtu: number
  readonly carouselUs: number
  /** Largest rate of plain files, bit/s. */
  readonly fileRateBps: number
  /** Name of the manifest on air; null: as in the presentation. */
  readonly manifestName: string | null
  /** Tables of media have the segments' MD5. */
  readonly digests: boolean
}

/** 10 % more than the media, for headers and tables. */
const PEAK = 1.1
/** Time that a gateway has before players ask, as GPAC's. */
const AVAILABILITY_OFFSET = 'PT4S'

/**
 * One service of a DVB-MABR broadcast (ETSI TS 103 769): each track is a FLUTE session, in which every segment follows the table
 * that names it. Manifest, playlists and initialisation segments go with the configuration.
 */
export class MabrService implements ServiceOnAir, SegmentCarriage {
  readonly tracks: readonly TrackEmitter[]
  readonly files: FileCarousel | null
  readonly bytes: FileBytes
  readonly #options: MabrServiceOptions
  readonly #presentation: Presentation
  readonly #loop: LoopPlan | null
  readonly #startUs: number
  readonly #carousel: ConfigurationCarousel
  readonly #ended: (context: EmitContext) => void
  readonly #sessions: readonly FluteTransmission[]
  /** Prefix of all object names. */
  readonly #base: string

  /** @throws AppFailure not-supported, where the presentation is live or cannot be looped; input-unusable, where it cannot be read */
  constructor(
    options: MabrServiceOptions,
    presentation: Presentation,
    startUs: number,
    carousel: ConfigurationCarousel,
    ended: (context: EmitContext) => void,
  ) {
    if (presentation.live !== undefined)
      throw new AppFailure(
        'not-supported',
        'A live presentation cannot be sent over DVB-MABR in this version.',
        'Send it to route://IP:PORT or atsc://.',
      )
    this.#options = options
    this.#presentation = presentation
    this.#startUs = startUs
    this.#carousel = carousel
    this.#ended = ended
    this.#base = `urn:routescope:mabr:service:${options.serviceId}/`
    this.bytes = presentation.bytes
    this.#loop = options.loop ? planLoop(presentation) : null
    const sender = new PacketSender(options.address, options.port, options.mtu)
    this.tracks = presentation.tracks.map(
      (track) => new TrackEmitter(new TrackSchedule(track, this.#loop), startUs, presentation.bytes, sender, this),
    )
    this.#sessions = this.tracks.map((_, index) => new FluteTransmission(mediaTsi(index), sender, startUs))
    this.files = presentation.files.length === 0 ? null : this.#fileCarousel(sender)
  }

  get media(): readonly MediaEmitter[] {
    return this.files === null ? this.tracks : [...this.tracks, this.files]
  }

  resume(nowUs: number): void {
    for (const each of this.media) each.resume(nowUs)
  }

  openSegment(track: TrackEmitter, segment: ScheduledSegment, bytes: Uint8Array, context: EmitContext): OutgoingObject {
    this.#announce(track, segment, context)
    const session = this.#sessions[this.tracks.indexOf(track)] as FluteTransmission
    const file = { name: segment.name, contentType: segment.source.contentType, bytes }
    const isLast = track.schedule.at(segment.index + 1) === null
    return this.#open(session, session.nextToi(), file, isLast, context)
  }

  /** Called when a track or the files have ended. */
  ended(_: TrackEmitter | null, context: EmitContext): void {
    if (!this.media.some(isGoingOn)) this.#ended(context)
  }

  /** The service in the configuration. */
  signalled(): MabrSession {
    const { manifest } = this.#presentation
    const manifestId = `manifest-${this.#options.serviceId}`
    const transports = this.tracks.map(({ schedule: { track } }, index) => {
      const component: Partial<MabrComponent> =
        track.playlist === null
          ? { kind: 'dash', ...this.#placeOf(track.repId), representation: track.repId }
          : { kind: 'hls', playlist: this.#base + track.playlist.name }
      return this.#transport(mediaTsi(index), track.bandwidth, { ...component, manifestId })
    })
    if (this.files !== null) {
      const component = { kind: 'generic', component: 'files' } as const
      transports.push(this.#transport(FILES_TSI, null, component))
    }
    return {
      serviceIdentifier: `urn:routescope:mabr:service:${this.#options.serviceId}`,
      availabilityOffset: AVAILABILITY_OFFSET,
      manifests:
        manifest === null
          ? []
          : [
              {
                manifestId,
                contentType: manifest.contentType,
                transportObjectUri: this.#base + (this.#options.manifestName ?? manifest.name),
                playbackPathPattern: null,
                url: '',
                ...NO_OTHERS,
              },
            ],
      transports,
      ...NO_OTHERS,
    }
  }

  #transport(tsi: Tsi, bandwidth: number | null, component: Partial<MabrComponent>): MabrTransportSession {
    const { address, port } = this.#options
    return {
      ...fluteTransport(address, port, tsi),
      id: String(tsi),
      transmissionMode: 'resource',
      transportSecurity: this.#options.digests ? 'integrity' : 'none',
      averageBitRate: bandwidth,
      maximumBitRate: bandwidth === null ? null : Math.ceil(bandwidth * PEAK),
      components: [{ ...EMPTY_COMPONENT, ...component }],
    }
  }

  /** Period and adaptation set of a representation: their ids, or where they have none their numbers in the MPD. */
  #placeOf(repId: string): { readonly period: string | null; readonly adaptationSet: string | null } {
    for (const [period, { id, adaptationSets }] of (this.#presentation.manifest?.mpd?.periods ?? []).entries())
      for (const [set, each] of adaptationSets.entries())
        if (each.representations.some((representation) => representation.id === repId))
          return { period: id ?? String(period + 1), adaptationSet: each.id ?? String(set + 1) }
    return { period: null, adaptationSet: null }
  }

  /** In a loop, lists the segment in the playlist or the manifest. */
  #announce({ schedule, index }: TrackEmitter, segment: ScheduledSegment, context: EmitContext): void {
    if (this.#loop === null) return
    const { playlist } = schedule.track
    if (playlist === null) {
      if (this.#loop.manifest === 'timeline') this.#carousel.renew(this.#manifest(segment.startUs), context)
      return
    }
    const listed = segmentsToList(schedule, segment.startUs, index)
    if (listed.length === 0) return
    this.#carousel.renew([{ ...this.#named(playlist), bytes: livePlaylist(schedule, listed) }], context)
  }

  /** What the configuration session repeats of this service at first. */
  carouselFiles(): CarouselFile[] {
    const files = this.#manifest(0)
    for (const { schedule } of this.tracks) {
      const { playlist, init } = schedule.track
      if (playlist !== null && this.#loop === null) files.push(this.#named(playlist))
      if (init !== null) files.push(this.#named(init))
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

  /** Sends the table that names an object, and opens the object. */
  #open(
    session: FluteTransmission,
    toi: Toi,
    file: CarouselFile,
    endsSession: boolean,
    context: EmitContext,
  ): OutgoingObject {
    const listed = { ...this.#named(file), toi, digest: this.#options.digests }
    session.sendTable([listed], context)
    session.nextInstance()
    return session.open(listed, endsSession)
  }

  #fileCarousel(sender: PacketSender): FileCarousel {
    const session = new FluteTransmission(FILES_TSI, sender, this.#startUs)
    return new FileCarousel(
      this.#presentation,
      sender,
      // The same file has the same TOI in every turn, so that a turn mends another.
      (index, { name, contentType }, bytes, context) => {
        const isLast = !this.#options.loop && index + 1 === this.#presentation.files.length
        return this.#open(session, asToi((index % LAST_TOI) + 1), { name, contentType, bytes }, isLast, context)
      },
      {
        startUs: this.#startUs,
        periodUs: this.#options.carouselUs,
        rateBps: this.#options.fileRateBps,
        repeat: this.#options.loop,
        ended: (context) => this.ended(null, context),
      },
    )
  }
}

const EMPTY_COMPONENT: MabrComponent = {
  kind: 'generic',
  manifestId: null,
  period: null,
  adaptationSet: null,
  representation: null,
  playlist: null,
  component: null,
  ...NO_OTHERS,
}
