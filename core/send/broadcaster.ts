import type { ServiceId } from '../contract/ids.ts'
import { LOOPBACK } from '../contract/loopback.ts'
import type { Pace } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { FileBytes, Presentation, PresentationFile } from '../ingest/presentation.ts'
import { CountingContext } from './counting-context.ts'
import type { Emitter, PacketOut, SendWatch } from './emitter.ts'
import type { FileTimes } from './file-carousel.ts'
import { LiveService } from './live-service.ts'
import { LlsCarousel } from './lls-carousel.ts'
import { MABR_DEFAULTS, type MabrMember, MabrMultiplex, type MabrOptions } from './mabr-multiplex.ts'
import type { RepairBase } from './repair-servers.ts'
import { DEFAULT_MTU, MIN_MTU } from './route-object.ts'
import { ServiceBroadcast } from './service-broadcast.ts'
import type { ListedService, ServiceListing } from './service-list.ts'
import type { BegunService, ChannelOnAir, MediaEmitter, ServiceOnAir, Signalling } from './service-on-air.ts'
import { SplitEndpoints, type SplitMode } from './split-endpoints.ts'
import type { TableSigner } from './table-signer.ts'

/** What a broadcast can be. */
export type SentScheme = 'route' | 'atsc' | 'mabr'

/** First port of the services: that of the broadcast, or in DVB-MABR the one after the configuration's. */
export function firstServicePort(scheme: SentScheme, port: number): number {
  return scheme === 'mabr' ? port + 1 : port
}

/** Options of a broadcast. */
export type BroadcastOptions = {
  readonly scheme: SentScheme
  /** Group and port of the first service; of the configuration in DVB-MABR, whose services have the next ports. */
  readonly address: string
  readonly port: number
  readonly serviceId: ServiceId
  readonly serviceName: string
  /** Repeat for ever as live services, where a service has no setting of its own; otherwise one turn as is. */
  readonly loop: boolean
  /** `fast`: packets have their scheduled time. `real`: packets have their sending time. */
  readonly pace: Pace
  readonly flavour?: 'us' | 'korean'
  /** Size of a whole LCT packet: header, start_offset and data. */
  readonly mtu?: number
  readonly carouselMs?: number
  /** Source address in the signalling; absent: 127.0.0.1. */
  readonly sourceAddress?: string
  /** Name of the manifest on air; absent: the presentation's own. */
  readonly manifestName?: string
  /** Broadcast stream id of the SLT. */
  readonly bsid?: number
  /** Largest rate of plain files, bit/s. */
  readonly fileRateBps?: number
  /** Media on groups or ports of their own; not over DVB-MABR. */
  readonly split?: SplitMode
  /** The SLS are sent as text. */
  readonly plainSls?: boolean
  /** DVB-MABR: what it has beside the others; absent parts are MABR_DEFAULTS. */
  readonly mabr?: Partial<MabrOptions>
  /** How long signalling is sent before the media of what is finished, so that receivers have joined them, µs. */
  readonly leadUs?: number
  /** Repair symbols of media segments over ROUTE, in percent of their source symbols; absent: none. */
  readonly fecOverheadPercent?: number
  /** Called with why a file cannot be read; the broadcast goes on without it. */
  readonly onUnreadable?: (thrown: unknown) => void
  /** A segment is sent at once when it is due, not spread over its duration. */
  readonly burst?: boolean
  /** As in EmitContext. */
  readonly pieceMarginPercent?: number | null
  /** Signs LLS and SLS; not over DVB-MABR. Absent: they are not signed. */
  readonly signer?: TableSigner | null
  /** Learns of every object; absent: nobody asks. */
  readonly watch?: SendWatch | null
}

/** One service of a broadcast of several. */
export type BroadcastService = {
  readonly serviceId: ServiceId
  readonly serviceName: string
  readonly address: string
  readonly port: number
  /** Null: it has not come yet; `join` puts it on air. */
  readonly presentation: Presentation | null
  /** Its place in the SLT of atsc://. */
  readonly listing?: Partial<ServiceListing>
  /** Absent: as the broadcast. */
  readonly loop?: boolean
  readonly fileTimes?: FileTimes
  /** Where gateways of mabr:// fetch what they miss of it, beside those of the broadcast. */
  readonly repairServers?: readonly RepairBase[]
}

/** Live numbers; the same object for the life of the broadcaster. */
export type BroadcastCounters = {
  packets: number
  /** Bytes of UDP payload. */
  bytes: number
  /** Media segments and plain files sent completely. */
  objects: number
  /** Lateness of the oldest packet of the last `send`, µs. */
  lateUs: number
}

const DEFAULT_CAROUSEL_MS = 1000
const DEFAULT_BSID = 800
const DEFAULT_FILE_RATE_BPS = 10_000_000
/**
 * Segments that start within this time are loaded. At fast pace only what is due is: it waits for what is read, and uses less memory
 * again and again, which costs less than it waits.
 */
const READ_AHEAD_US = 3_000_000
/**
 * On the network, packets of one emitter this close are sent together: choosing an emitter for each costs more than sending.
 */
const TURN_US = 2000
/** Lateness from which the machine is assumed to have slept: missed packets are not sent in a burst. */
const PAUSE_US = 5_000_000

/**
 * Turns presentations into packets at given times, without clock, socket or file. Use:
 *
 * ```ts
 * for (let next = broadcaster.next(); next < Infinity; next = broadcaster.next()) {
 *   await clock.until(next)
 *   await broadcaster.prepare(now)   // null, or a promise while files are read
 *   broadcaster.send(now, out)
 * }
 * ```
 * In `fast` pace `now` for `prepare` is `next`, and that for `send` any later time: it ends early where bytes are not in memory.
 */
export class Broadcaster {
  readonly counters: BroadcastCounters = { packets: 0, bytes: 0, objects: 0, lateUs: 0 }
  /** In the order they were given; null where its presentation has not come. */
  readonly #services: (ServiceOnAir | null)[]
  /** Media and files: the broadcast ends when all of them have ended. */
  readonly #media: MediaEmitter[] = []
  /** Signalling first, so that at equal times it precedes the media it describes. */
  #emitters: readonly Emitter[] = []
  /** Time of the next packet, where the last look at the emitters has told it; null: not so, or what is live may have news. */
  #nextUs: number | null = null
  #isLive = false
  readonly #pace: Pace
  readonly #loading = new Map<PresentationFile, Promise<void>>()
  readonly #signalling: Signalling[]
  readonly #begin: (place: number, presentation: Presentation, startUs: number) => BegunService
  readonly #context: CountingContext
  readonly #onUnreadable: ((thrown: unknown) => void) | undefined

  /**
   * @param content one presentation, sent to the address in `options`, or several services with their own addresses
   * @param startUs time of the first packet, µs since the UNIX epoch
   * @throws AppFailure not-supported | input-unusable | bad-spec
   */
  constructor(options: BroadcastOptions, content: Presentation | readonly BroadcastService[], startUs: number) {
    const mtu = options.mtu ?? DEFAULT_MTU
    if (mtu < MIN_MTU) {
      throw new AppFailure(
        'bad-spec',
        `An mtu of ${mtu} bytes is too small.`,
        `Use at least ${MIN_MTU}, usually ${DEFAULT_MTU}.`,
      )
    }
    const { scheme, address, port, serviceId, serviceName } = options
    const services: readonly BroadcastService[] = isList(content)
      ? content
      : [{ serviceId, serviceName, address, port: firstServicePort(scheme, port), presentation: content }]
    const sourceAddress = options.sourceAddress ?? LOOPBACK
    const carouselUs = Math.max(1, options.carouselMs ?? DEFAULT_CAROUSEL_MS) * 1000
    this.#pace = options.pace
    this.#context = new CountingContext(this.counters, options)
    this.#onUnreadable = options.onUnreadable
    const common = { mtu, carouselUs, fileRateBps: options.fileRateBps ?? DEFAULT_FILE_RATE_BPS }
    const { flavour = 'us', plainSls = false } = options
    // DVB-MABR knows no signed packages.
    const signer = scheme === 'mabr' ? null : (options.signer ?? null)
    const split = new SplitEndpoints(
      options.split ?? 'off',
      address,
      1 + Math.max(...services.map((each) => each.port)),
    )
    const member = (service: BroadcastService, presentation: Presentation): MabrMember => ({
      ...service,
      presentation,
      flavour,
      gzip: !plainSls,
      signer,
      loop: service.loop ?? options.loop,
      leadUs: options.leadUs ?? 0,
      fecOverheadPercent: options.fecOverheadPercent ?? 0,
      fileRateBps: common.fileRateBps,
      fileTimes: service.fileTimes ?? {},
      manifestName: options.manifestName ?? null,
      endpoints: split.of(service, presentation.tracks),
      endpointOf: split.growing(service),
    })
    this.#services = services.map(() => null)
    this.#signalling = []
    const present = services.flatMap((service, place) =>
      service.presentation === null ? [] : [{ place, presentation: service.presentation }],
    )
    const memberAt = (place: number, presentation: Presentation): MabrMember =>
      member(services[place] as BroadcastService, presentation)
    if (scheme === 'mabr') {
      const mabr = { ...MABR_DEFAULTS, ...options.mabr, address, port, mtu, carouselUs, sourceAddress }
      const members = present.map(({ place, presentation }) => memberAt(place, presentation))
      const multiplex = new MabrMultiplex(mabr, members, startUs)
      this.#signalling.push(multiplex.carousel)
      for (const [at, { place, presentation }] of present.entries())
        this.#put(place, presentation, multiplex.services[at] as BegunService)
      this.#begin = (place, presentation, atUs) => multiplex.join(memberAt(place, presentation), atUs)
    } else {
      const sent: Signalling[] = []
      this.#begin = (place, presentation, atUs) => {
        const { live } = presentation
        const own = { ...common, ...memberAt(place, presentation), scheme, sourceAddress }
        const service =
          live === undefined
            ? new ServiceBroadcast(own, presentation, atUs)
            : new LiveService(own, presentation, live, atUs)
        sent[place] = service
        return { service, signalling: [service] }
      }
      for (const { place, presentation } of present)
        this.#put(place, presentation, this.#begin(place, presentation, startUs))
      const listed = services.map((service, place) => ({ ...service, place, sourceAddress }))
      const onAir = (): ListedService[] =>
        listed.filter(({ place }) => (sent[place]?.nextUs ?? Number.POSITIVE_INFINITY) !== Number.POSITIVE_INFINITY)
      if (scheme === 'atsc')
        this.#signalling.unshift(new LlsCarousel(onAir, options.bsid ?? DEFAULT_BSID, signer, startUs, carouselUs))
    }
    this.#emitters = [...this.#signalling, ...this.#media]
  }

  /**
   * Puts a service on air whose presentation was null so far.
   * @param place of the service, from 0
   * @throws AppFailure as the constructor; the broadcast goes on without it then
   */
  join(place: number, presentation: Presentation, nowUs: number): void {
    this.#put(place, presentation, this.#begin(place, presentation, nowUs))
    this.#emitters = [...this.#signalling, ...this.#media]
  }

  #put(place: number, presentation: Presentation, { service, signalling }: BegunService): void {
    this.#services[place] = service
    if (presentation.live !== undefined) this.#isLive = true
    this.#nextUs = null
    this.#signalling.push(...signalling)
    this.#media.push(...service.media)
  }

  /** The channels of each service, in the order of the services, as they are now. */
  get onAir(): readonly (readonly ChannelOnAir[])[] {
    return this.#services.map((service) => service?.onAir ?? [])
  }

  /** Time of the next packet, µs since the UNIX epoch; Infinity when all are sent. */
  next(): number {
    if (this.#nextUs !== null && !this.#isLive) return this.#nextUs
    if (earliest(this.#media) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    return earliest(this.#emitters)
  }

  /**
   * Loads the bytes needed soon after `nowUs`. Null where all are in memory; otherwise wait before `send`, which skips emitters
   * without bytes. A file that cannot be read is reported to `onUnreadable`, and left out.
   */
  prepare(nowUs: number): Promise<void> | null {
    const loads: Promise<void>[] = []
    const untilUs = this.#pace === 'fast' ? nowUs : nowUs + READ_AHEAD_US
    for (const service of this.#services) {
      if (service === null) continue
      for (const track of service.tracks)
        for (const segment of track.missingUntil(untilUs)) loads.push(this.#load(service.bytes, segment.source))
      for (const file of service.files?.missing() ?? []) loads.push(this.#load(service.bytes, file))
    }
    return loads.length === 0 ? null : Promise.all(loads).then(() => undefined)
  }

  /**
   * Sends every packet scheduled up to `nowUs`, in order.
   * @param most ends after about so many packets
   */
  send(nowUs: number, out: PacketOut, most = Number.POSITIVE_INFINITY): void {
    const isFast = this.#pace === 'fast'
    const dueUs = this.next()
    this.#nextUs = null
    this.counters.lateUs = isFast ? 0 : Math.max(0, Math.min(nowUs - dueUs, nowUs))
    if (!isFast && nowUs - dueUs > PAUSE_US) this.#resume(nowUs)
    this.#context.target = out
    const lastPacket = this.counters.packets + most
    let stalled: Set<Emitter> | null = null
    while (this.counters.packets < lastPacket) {
      const emitter = this.#earliest(nowUs, stalled)
      if (emitter === null) break
      // Delayed packets are sent late: time does not go back for them.
      const timeUs = isFast ? emitter.nextUs : nowUs
      if (timeUs > this.#context.timeUs) this.#context.timeUs = timeUs
      const untilUs = isFast ? emitter.nextUs : Math.min(nowUs, emitter.nextUs + TURN_US)
      while (emitter.nextUs <= untilUs) {
        if (emitter.send(this.#context)) continue
        // No packet of a later time goes before it.
        if (isFast) {
          this.#count()
          return
        }
        stalled ??= new Set()
        stalled.add(emitter)
        break
      }
    }
    this.#count()
  }

  /**
   * Nothing follows the objects on their way, whose rest may take CLOSING_REST_US at the pace of the media; `next` is Infinity
   * once all sessions are closed.
   */
  close(nowUs: number): void {
    this.#nextUs = null
    for (const each of this.#media) each.close(nowUs)
  }

  /** The emitter with the earliest packet up to `nowUs`; null where there is none, or all media is sent: `next` is known then. */
  #earliest(nowUs: number, stalled: ReadonlySet<Emitter> | null): Emitter | null {
    const emitters = this.#emitters
    const firstMedia = emitters.length - this.#media.length
    let first: Emitter | null = null
    let firstUs = Number.POSITIVE_INFINITY
    let nextUs = Number.POSITIVE_INFINITY
    let isOver = true
    for (let at = 0; at < emitters.length; at++) {
      const emitter = emitters[at] as Emitter
      const us = emitter.nextUs
      if (at >= firstMedia && us !== Number.POSITIVE_INFINITY) isOver = false
      if (us < nextUs) nextUs = us
      if (us > nowUs || us >= firstUs || stalled?.has(emitter)) continue
      first = emitter
      firstUs = us
    }
    if (isOver || first === null) this.#nextUs = isOver ? Number.POSITIVE_INFINITY : nextUs
    return isOver ? null : first
  }

  #count(): void {
    this.counters.objects = this.#media.reduce((sum, emitter) => sum + emitter.objects, 0)
  }

  #resume(nowUs: number): void {
    for (const each of this.#signalling) each.resume(nowUs)
    for (const service of this.#services) service?.resume(nowUs)
  }

  #load(bytes: FileBytes, file: PresentationFile): Promise<void> {
    const running = this.#loading.get(file)
    if (running !== undefined) return running
    const load = bytes
      .load(file)
      .catch((thrown: unknown) => this.#onUnreadable?.(thrown))
      .finally(() => this.#loading.delete(file))
    this.#loading.set(file, load)
    return load
  }
}

function earliest(emitters: readonly Emitter[]): number {
  let us = Number.POSITIVE_INFINITY
  for (const emitter of emitters) if (emitter.nextUs < us) us = emitter.nextUs
  return us
}

function isList(content: Presentation | readonly BroadcastService[]): content is readonly BroadcastService[] {
  return Array.isArray(content)
}
