import type { ServiceId } from '../../contract/ids.ts'
import type { FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import { type FindingFacts, type FindingPlace, type Outage, placeAt } from '../../flow/findings.ts'
import { renameKey } from '../../flow/rename-key.ts'
import type { ClockLimits } from './clock-limits.ts'
import type { ClosedSessions } from './closed-sessions.ts'
import { Pulse } from './pulse.ts'
import type { SkippedTime } from './skipped-time.ts'

/** Reports a finding of the clock. */
export type FoundByClock = (facts: FindingFacts, place: FindingPlace) => void

/** New packets of a service or the signal at one of the looks: times of the first and the last. */
type Came = { look: number; firstUs: number; lastUs: number }

/** Interval at which something is usually sent, µs; null while that is not known. */
export type ExpectedInterval = (service: ServiceId | null) => number | null

/**
 * Notices that the signal, or a service of it, has stopped: no packet for longer than is usual there. The signal is judged
 * by the clock, a service by the packets of others, so that a signal that is gone is one outage, and the end of a capture none.
 */
export class SilenceWatch {
  /** Grows with each service or signal that ends, and that comes again. */
  closings = 0
  readonly #found: FoundByClock
  readonly #limits: ClockLimits
  readonly #time: SkippedTime
  readonly #expected: ExpectedInterval
  readonly #signal: Pulse
  readonly #services = new Map<ServiceId, Pulse>()
  readonly #packets = new Map<FlowFacts, number>()
  /** By service; null: of anything. */
  readonly #arrived = new Map<ServiceId | null, Came>()
  #looks = 0
  readonly #closed: ClosedSessions
  /** Called when packets of a service, or (null) of anything, come again. */
  readonly #resumed: (service: ServiceId | null, timeUs: number) => void
  /** Destinations that were left on request: they are silent for us. */
  readonly #left = new Set<string>()

  constructor(
    found: FoundByClock,
    limits: ClockLimits,
    time: SkippedTime,
    expected: ExpectedInterval,
    closed: ClosedSessions,
    resumed: (service: ServiceId | null, timeUs: number) => void,
  ) {
    this.#resumed = resumed
    this.#closed = closed
    this.#found = found
    this.#limits = limits
    this.#time = time
    this.#expected = expected
    this.#signal = new Pulse(
      time,
      () => limits.signalUs,
      () => expected(null),
    )
  }

  /** Time of the last packet of a signal that is gone; null while it is there, and before the first packet. */
  get goneSinceUs(): number | null {
    return this.#signal.closed ? null : (this.#signal.outage?.fromUs ?? null)
  }

  /** The same of a signal whose sender closed all its sessions. */
  get closedSinceUs(): number | null {
    return this.#signal.closed ? (this.#signal.outage?.fromUs ?? null) : null
  }

  /** Time of the last packet of anything. */
  get signalUs(): number {
    return this.#signal.lastUs
  }

  /** Time of the last packet of a service; less than 0 before the first. */
  serviceUs(service: ServiceId): number {
    return this.#services.get(service)?.lastUs ?? -1
  }

  /** The service is silent, or the whole signal is gone. */
  isSilent(service: ServiceId): boolean {
    const pulse = this.#services.get(service)
    return pulse !== undefined && (pulse.outage !== null || (pulse.lastUs >= 0 && this.#signal.outage !== null))
  }

  /** Its sender closed the session of a silent service. */
  isClosed(service: ServiceId): boolean {
    const pulse = this.#services.get(service)
    if (pulse === undefined) return false
    return pulse.outage === null ? this.#signal.outage !== null && this.#signal.closed : pulse.closed
  }

  left(destination: string): void {
    this.#left.add(destination)
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    renameKey(this.#services, former, service)
    renameKey(this.#arrived, former, service)
  }

  serviceGone(service: ServiceId): void {
    this.#services.delete(service)
    this.#arrived.delete(service)
  }

  /** @returns time, as it passed, at which anything is silent unless a packet comes */
  look(flows: readonly FlowFacts[], services: readonly ServiceFacts[], nowUs: number): number {
    this.#looks++
    this.#closed.look()
    for (const flow of flows) this.#arrivals(flow)
    const whole = this.#newOf(null)
    const signal = this.#signal
    if (whole !== undefined) this.#came(signal, whole, null, null)
    const gone = signal.passed(nowUs)
    if (gone !== null && !this.#closes(signal, gone, null))
      this.#found({ kind: 'signalGone', outage: gone }, placeAt(gone.fromUs, 0))
    let dueUs = signal.dueUs(nowUs)
    for (const service of services) dueUs = Math.min(dueUs, this.#service(service, this.#newOf(service.id), nowUs))
    return dueUs
  }

  /** @returns as `look` */
  #service(service: ServiceFacts, came: Came | undefined, nowUs: number): number {
    const { id } = service
    let pulse = this.#services.get(id)
    if (pulse === undefined) {
      if (came === undefined || !service.joined) return Number.POSITIVE_INFINITY
      pulse = new Pulse(
        this.#time,
        () => this.#limits.serviceUs,
        () => this.#expected(id),
      )
      this.#services.set(id, pulse)
    }
    if (came !== undefined) {
      this.#came(pulse, came, service, this.#signal)
      return pulse.dueUs(nowUs)
    }
    if (!service.joined || (service.destination !== null && this.#left.has(service.destination)))
      return Number.POSITIVE_INFINITY
    const silent = pulse.passed(this.#signal.lastUs)
    if (silent !== null && !this.#closes(pulse, silent, id)) this.#tell('serviceSilent', silent, silent.fromUs, service)
    return pulse.dueUs(nowUs)
  }

  #came(pulse: Pulse, { firstUs, lastUs }: Came, service: ServiceFacts | null, of: Pulse | null): void {
    const known = pulse.outage !== null
    const ended = pulse.came(firstUs, lastUs)
    if (ended === null) return
    // A pause of everything is no silence of one service.
    if (!known && of !== null) return
    this.#resumed(service?.id ?? null, firstUs)
    // What comes after its end is another session.
    if (known ? pulse.closed : this.#closed.endedAt(service?.id ?? null, ended.fromUs)) {
      this.closings++
      return
    }
    if (service === null) {
      if (!known) this.#found({ kind: 'signalGone', outage: ended }, placeAt(ended.fromUs, 0))
      this.#found({ kind: 'signalBack', outage: ended }, placeAt(firstUs, 0))
      return
    }
    this.#tell('serviceBack', ended, firstUs, service)
  }

  /** @returns whether the sender closed what is silent */
  #closes(pulse: Pulse, outage: Outage, service: ServiceId | null): boolean {
    pulse.closed = this.#closed.endedAt(service, outage.fromUs)
    if (pulse.closed) this.closings++
    return pulse.closed
  }

  #tell(kind: 'serviceSilent' | 'serviceBack', outage: Outage, timeUs: number, service: ServiceFacts): void {
    const { id, name, destination } = service
    this.#found({ kind, serviceName: name, outage }, placeAt(timeUs, 0, { service: id, destination }))
  }

  /** Takes the packets of a flow since the last look. */
  #arrivals(flow: FlowFacts): void {
    const before = this.#packets.get(flow) ?? 0
    if (flow.packets === before || flow.protocol === 'unknown') return
    this.#packets.set(flow, flow.packets)
    const { serviceId, flow: of } = flow
    if (of !== null && this.#left.size > 0) this.#left.delete(of.destination)
    this.#add(null, this.#signal, flow, before === 0)
    if (serviceId !== null) this.#add(serviceId, this.#services.get(serviceId), flow, before === 0)
  }

  #add(key: ServiceId | null, pulse: Pulse | undefined, flow: FlowFacts, isNew: boolean): void {
    const { lastTimeUs, pausedUntilUs, firstTimeUs } = flow
    const previousUs = pulse?.lastUs ?? -1
    // Without a pause its next packet came soon after its last.
    const firstUs = isNew ? firstTimeUs : pausedUntilUs > previousUs ? pausedUntilUs : Math.min(previousUs, lastTimeUs)
    const all = this.#arrived.get(key)
    if (all === undefined) this.#arrived.set(key, { look: this.#looks, firstUs, lastUs: lastTimeUs })
    else if (all.look !== this.#looks) {
      all.look = this.#looks
      all.firstUs = firstUs
      all.lastUs = lastTimeUs
    } else {
      if (firstUs < all.firstUs) all.firstUs = firstUs
      if (lastTimeUs > all.lastUs) all.lastUs = lastTimeUs
    }
  }

  /** Packets since the last look; undefined without any. */
  #newOf(key: ServiceId | null): Came | undefined {
    const came = this.#arrived.get(key)
    return came?.look === this.#looks ? came : undefined
  }
}
