import type { Pace } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { FileBytes, Presentation, PresentationFile } from '../ingest/presentation.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import type { EmitContext, Emitter, PacketOut } from './emitter.ts'
import type { FileCarousel } from './file-carousel.ts'
import { DEFAULT_MTU, MIN_MTU } from './route-object.ts'
import { ServiceBroadcast } from './service-broadcast.ts'
import { serialiseLls } from './service-list.ts'
import type { TrackEmitter } from './track-emitter.ts'

/** How a presentation is put on air. */
export type BroadcastOptions = {
  readonly scheme: 'route' | 'atsc'
  /** Group and port of the first service. */
  readonly address: string
  readonly port: number
  readonly serviceId: number
  readonly serviceName: string
  /** Repeat for ever as one live service; otherwise one turn, untouched. */
  readonly loop: boolean
  /** `fast`: packets carry the time they are due, however early they are asked for. `real`: the time they are sent. */
  readonly pace: Pace
  readonly flavour?: 'us' | 'korean'
  /** Whole LCT packet: header, start_offset and data. */
  readonly mtu?: number
  readonly carouselMs?: number
  /** What the signalling gives as source; absent: 127.0.0.1. */
  readonly sourceAddress?: string
  /** Name of the manifest on air; absent: the presentation's own. */
  readonly manifestName?: string
  /** Broadcast stream id of the SLT. */
  readonly bsid?: number
  /** Ceiling for plain files, bit/s. */
  readonly fileRateBps?: number
}

/** A service of a broadcast of several. */
export type BroadcastService = {
  readonly serviceId: number
  readonly serviceName: string
  readonly address: string
  readonly port: number
  readonly presentation: Presentation
}

/** Live numbers; the same object for the life of the broadcaster. */
export type BroadcastCounters = {
  packets: number
  /** UDP payload. */
  bytes: number
  /** Media segments and plain files sent completely. */
  objects: number
  /** How late the oldest packet of the last `send` was, µs. */
  lateUs: number
}

const DEFAULT_CAROUSEL_MS = 1000
const DEFAULT_BSID = 800
const DEFAULT_FILE_RATE_BPS = 10_000_000
const LOOPBACK = '127.0.0.1'
/** Segments that start within this are fetched. */
const READ_AHEAD_US = 3_000_000
/** On the network, packets of one emitter so close together go out together: choosing anew for each costs more than sending. */
const TURN_US = 2000
/** Later than this, the machine slept: what was missed is not sent in a burst. */
const PAUSE_US = 5_000_000

/**
 * Turns presentations into packets, given the time: knows no clock, socket or file. Drive it so:
 *
 * ```ts
 * for (let due = broadcaster.next(); due < Infinity; due = broadcaster.next()) {
 *   await clock.until(due)
 *   await broadcaster.prepare(now)   // null, or a promise while files are read
 *   broadcaster.send(now, out)
 * }
 * ```
 * In `fast` pace `now` is `due`.
 */
export class Broadcaster {
  readonly counters: BroadcastCounters = { packets: 0, bytes: 0, objects: 0, lateUs: 0 }
  readonly #services: readonly ServiceBroadcast[]
  /** Media and files: the broadcast ends when they are through. */
  readonly #media: readonly (TrackEmitter | FileCarousel)[]
  /** Signalling first, so that at one time it goes before what it describes. */
  readonly #emitters: readonly Emitter[]
  readonly #pace: Pace
  readonly #loading = new Map<PresentationFile, Promise<void>>()
  readonly #lls: LlsCarousel | null
  readonly #context = new CountingContext(this.counters)

  /**
   * @param content one presentation, sent where `options` say, or several services with addresses of their own
   * @param startUs µs since the UNIX epoch at which the first packet is due
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
      : [{ serviceId, serviceName, address, port, presentation: content }]
    const sourceAddress = options.sourceAddress ?? LOOPBACK
    const carouselUs = Math.max(1, options.carouselMs ?? DEFAULT_CAROUSEL_MS) * 1000
    this.#pace = options.pace
    this.#services = services.map(
      ({ presentation, ...service }) =>
        new ServiceBroadcast(
          {
            ...service,
            scheme,
            sourceAddress,
            mtu,
            carouselUs,
            flavour: options.flavour ?? 'us',
            loop: options.loop,
            fileRateBps: options.fileRateBps ?? DEFAULT_FILE_RATE_BPS,
            manifestName: options.manifestName ?? null,
          },
          presentation,
          startUs,
        ),
    )
    this.#media = this.#services.flatMap((service): (TrackEmitter | FileCarousel)[] =>
      service.files === null ? [...service.tracks] : [...service.tracks, service.files],
    )
    const listed = services.map((service) => ({ ...service, sourceAddress }))
    this.#lls =
      scheme === 'atsc'
        ? new LlsCarousel(serialiseLls(listed, options.bsid ?? DEFAULT_BSID, 1), startUs, carouselUs)
        : null
    this.#emitters = [...(this.#lls === null ? [] : [this.#lls]), ...this.#services, ...this.#media]
  }

  /** When the next packet is due, µs since the UNIX epoch; Infinity when all has been sent. */
  next(): number {
    if (earliest(this.#media) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    return earliest(this.#emitters)
  }

  /**
   * Fetches the bytes needed soon after `nowUs`. Null where all are in memory; otherwise wait before `send`, which leaves
   * out what has no bytes yet. Rejects with AppFailure when a file cannot be read.
   */
  prepare(nowUs: number): Promise<void> | null {
    const loads: Promise<void>[] = []
    for (const service of this.#services) {
      for (const track of service.tracks)
        for (const segment of track.missingUntil(nowUs + READ_AHEAD_US))
          loads.push(this.#load(service.bytes, segment.source))
      for (const file of service.files?.missing() ?? []) loads.push(this.#load(service.bytes, file))
    }
    return loads.length === 0 ? null : Promise.all(loads).then(() => undefined)
  }

  /** Sends every packet due by `nowUs`, in the order they are due. */
  send(nowUs: number, out: PacketOut): void {
    const dueUs = this.next()
    this.counters.lateUs = Math.max(0, Math.min(nowUs - dueUs, nowUs))
    if (this.#pace === 'real' && nowUs - dueUs > PAUSE_US) this.#resume(nowUs)
    this.#context.target = out
    let stalled: Set<Emitter> | null = null
    for (;;) {
      const emitter = this.#due(nowUs, stalled)
      if (emitter === null) break
      // What was stalled is sent late: time does not go back for it.
      const timeUs = this.#pace === 'fast' ? emitter.nextUs : nowUs
      if (timeUs > this.#context.timeUs) this.#context.timeUs = timeUs
      const untilUs = this.#pace === 'fast' ? emitter.nextUs : Math.min(nowUs, emitter.nextUs + TURN_US)
      while (emitter.nextUs <= untilUs) {
        if (emitter.send(this.#context)) continue
        stalled ??= new Set()
        stalled.add(emitter)
        break
      }
    }
    this.counters.objects = this.#media.reduce((sum, emitter) => sum + emitter.objects, 0)
  }

  /** The emitter due first; null where none is due by `nowUs`, or all media has been sent. */
  #due(nowUs: number, stalled: ReadonlySet<Emitter> | null): Emitter | null {
    if (earliest(this.#media) === Number.POSITIVE_INFINITY) return null
    let first: Emitter | null = null
    for (const emitter of this.#emitters) {
      if (emitter.nextUs > nowUs || stalled?.has(emitter)) continue
      if (first === null || emitter.nextUs < first.nextUs) first = emitter
    }
    return first
  }

  #resume(nowUs: number): void {
    this.#lls?.resume(nowUs)
    for (const service of this.#services) service.resume(nowUs)
  }

  #load(bytes: FileBytes, file: PresentationFile): Promise<void> {
    const running = this.#loading.get(file)
    if (running !== undefined) return running
    const load = bytes.load(file).finally(() => this.#loading.delete(file))
    this.#loading.set(file, load)
    return load
  }
}

/** Counts what goes through it; one for the life of a broadcaster, so that a packet allocates nothing. */
class CountingContext implements EmitContext, PacketOut {
  timeUs = 0
  target: PacketOut | null = null
  readonly #counters: BroadcastCounters

  constructor(counters: BroadcastCounters) {
    this.#counters = counters
  }

  get out(): PacketOut {
    return this
  }

  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): void {
    this.#counters.packets++
    this.#counters.bytes += bytes.length
    this.target?.packet(address, port, bytes, timeUs)
  }
}

/** SLT and SystemTime, each carousel period. */
class LlsCarousel implements Emitter {
  nextUs: number
  readonly #datagrams: readonly Uint8Array[]
  readonly #periodUs: number

  constructor(datagrams: readonly Uint8Array[], startUs: number, periodUs: number) {
    this.nextUs = startUs
    this.#datagrams = datagrams
    this.#periodUs = periodUs
  }

  resume(nowUs: number): void {
    this.nextUs = Math.max(this.nextUs, nowUs)
  }

  send({ out, timeUs }: EmitContext): boolean {
    for (const datagram of this.#datagrams) out.packet(LLS_ADDRESS, LLS_PORT, datagram, timeUs)
    this.nextUs += this.#periodUs
    return true
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
