import type { ServiceId } from '../../contract/ids.ts'
import type { Latest } from '../../contract/service-snapshot.ts'
import type { ChannelFacts, FlowFacts, ServiceFacts, SlsFragment } from '../../flow/facts.ts'
import { type Finding, findingAt } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { AnnouncedMedia } from '../losses/announced-media.ts'
import { AgreementWatch } from './agreement.ts'
import type { ClockLimits } from './clock-limits.ts'
import { ClosedSessions } from './closed-sessions.ts'
import { latestOf } from './last-seen.ts'
import { type Availability, segmentLatenessUs } from './lateness.ts'
import { ManifestTimes } from './manifest-times.ts'
import { ManifestUpdates } from './manifest-updates.ts'
import { MediaWatch } from './media-watch.ts'
import { SignallingPresence } from './presence.ts'
import { type FoundByClock, SilenceWatch } from './silence.ts'
import { SkippedTime } from './skipped-time.ts'
import { TableTimes } from './table-times.ts'
import { VersionWatch } from './version-watch.ts'

/** A clock that is looked at ten times a second and jumps by more stood still meanwhile, µs. */
const STALL_US = 1_500_000
/** Interval at which everything is looked at in a capture, where nothing is due before, µs. */
const LOOK_US = 1_000_000

/** Kind of session. */
export type WatchOptions = {
  /** The clock goes on without packets, ten times a second. */
  readonly live: boolean
  /** It asks for the services of the LLS. */
  readonly asksLls: boolean
  /** Stream time less the time of the capture, µs. */
  readonly shiftUs: () => number
}

/** How late a segment was, µs (less than 0: in time), and whether that is more than is right. */
export type Lateness = { readonly byUs: number; readonly isLate: boolean }

/** What the watch looks at. */
export type WatchedStream = {
  readonly flows: readonly FlowFacts[]
  readonly services: readonly ServiceFacts[]
  readonly channels: readonly ChannelFacts[]
  readonly media: AnnouncedMedia
  readonly columns: ObjectColumns
}

/**
 * Watches what a stream should bring by now. Its clock is the stream's: wall time of live sources, packet times of a capture,
 * where the same capture gives the same findings however fast it is played.
 */
export class StreamWatch {
  readonly silence: SilenceWatch
  readonly tables: TableTimes
  readonly versions: VersionWatch
  readonly media: MediaWatch
  readonly agreement: AgreementWatch
  readonly #presence: SignallingPresence
  readonly #closed: ClosedSessions
  readonly #manifests: ManifestTimes
  readonly #updates: ManifestUpdates
  readonly #stream: WatchedStream
  readonly #time = new SkippedTime()
  readonly #limits: ClockLimits
  readonly #shiftUs: () => number
  readonly #live: boolean
  #lookedUs = -1
  /** Stream time of the last look at everything that came at its interval. */
  #regularUs = -1
  /** Time, as it passed, at which something is silent, late or absent unless it comes. */
  #dueUs = Number.NEGATIVE_INFINITY
  /** The same of what is no silence. */
  #lateUs = Number.NEGATIVE_INFINITY
  /** A source broke off: nothing is known of the signal until it is back. */
  #brokeUs: number | null = null

  constructor(stream: WatchedStream, limits: ClockLimits, found: (finding: Finding) => void, options: WatchOptions) {
    const tell: FoundByClock = (facts, place) => found(findingAt(facts, place))
    this.#stream = stream
    this.#limits = limits
    this.#shiftUs = options.shiftUs
    this.#live = options.live
    this.#closed = new ClosedSessions(stream.channels)
    this.silence = new SilenceWatch(
      tell,
      limits,
      this.#time,
      (service) => this.#expectedUs(service),
      this.#closed,
      (...resumed) => this.#resumed(...resumed),
    )
    const from = { ...stream, ...options, silence: this.silence, lookSoon: () => this.lookSoon() }
    this.tables = new TableTimes(tell, limits, this.#time, from)
    this.versions = new VersionWatch(tell)
    this.#manifests = new ManifestTimes(tell, limits, this.#time, from)
    this.#updates = new ManifestUpdates(tell)
    this.agreement = new AgreementWatch(tell, limits, this.#time, from)
    this.media = new MediaWatch(tell, limits, this.#time, { ...from, agreement: this.agreement })
    this.#presence = new SignallingPresence(tell, limits, this.#time, this, options.asksLls)
  }

  /** What was silent is not late as well. */
  #resumed(service: ServiceId | null, timeUs: number): void {
    this.tables.resumed(service, timeUs)
    if (service === null) this.#manifests.resumed(timeUs)
  }

  /** Interval at which something is usually sent of a service, or (null) of anything. */
  #expectedUs(service: ServiceId | null): number | null {
    return this.tables.has(service) ? this.tables.intervalUs(service) : this.media.shortestUs
  }

  /** What is due has changed: the next step of time looks at everything. */
  lookSoon(): void {
    this.#dueUs = Number.NEGATIVE_INFINITY
    this.#lateUs = Number.NEGATIVE_INFINITY
  }

  /** As `DatagramSourceEvents.skipped`. */
  skipped(fromUs: number, byUs: number): void {
    this.lookSoon()
    this.#time.skip(fromUs, byUs)
  }

  /** Takes what a source says of itself, and a sender of its session. */
  source(finding: Finding): void {
    if (finding.kind === 'sessionClosed') this.#closed.closed(finding)
    if (finding.kind === 'sessionRestarted') this.#updates.restarted(finding.timeUs)
    if (finding.kind === 'sourceBroke') this.#brokeUs ??= finding.timeUs
    if (finding.kind !== 'sourceBack' || this.#brokeUs === null) return
    this.lookSoon()
    this.#time.skip(this.#brokeUs + 1, Math.min(0, this.#brokeUs - finding.timeUs))
    this.#brokeUs = null
  }

  serviceGone(service: ServiceId): void {
    this.silence.serviceGone(service)
    this.tables.serviceGone(service)
    this.#presence.serviceGone(service)
    this.agreement.serviceGone(service)
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    this.silence.serviceRenumbered(former, service)
    this.tables.serviceRenumbered(former, service)
    this.#presence.serviceRenumbered(former, service)
    this.agreement.serviceRenumbered(former, service)
    this.#updates.serviceRenumbered(former, service)
    this.lookSoon()
  }

  objectBegun(object: FlowObject): void {
    this.media.objectBegun(object)
    this.agreement.objectBegun(object)
  }

  /** An object ended, or got its name after its end. */
  objectEnded(object: FlowObject): void {
    this.media.objectEnded(object)
    this.#manifests.objectEnded(object)
    this.#updates.objectEnded(object)
    if (object.kind === 'manifest' || object.kind === 'playlist') this.lookSoon()
  }

  slsFragment(service: ServiceId, fragment: SlsFragment, timeUs: number): void {
    this.agreement.slsFragment(service, fragment, timeUs)
    this.#updates.slsFragment(service, fragment, timeUs)
    this.lookSoon()
  }

  /** The source plays again from its beginning. */
  startOver(): void {
    this.#updates.restarted(this.#lookedUs)
    this.media.startOver()
    this.lookSoon()
  }

  /** Availability by the stream's clock, which may be another than the capture's. */
  inStreamTime(availability: Availability): Availability {
    return { ...availability, availabilityUs: availability.availabilityUs + this.#shiftUs() }
  }

  /** How late a segment was by its availability in stream time; null where that is not known. */
  latenessOf(arrival: { firstTimeUs: number; lastTimeUs: number }, availability: Availability): Lateness | null {
    const byUs = segmentLatenessUs(arrival, availability, 0)
    return byUs === null ? null : { byUs, isLate: byUs > this.#limits.segmentLateUs }
  }

  /** When the steps of tuning in last held. @param channels of the service, and of the one whose files it shares */
  latestOf(service: Pick<ServiceFacts, 'id' | 'sharesFilesOf'>, channels: readonly ChannelFacts[]): Latest {
    return latestOf(service, channels, this.#limits, this)
  }

  /** Call it a few times a second of stream time: a capture is looked at where something is due, else once a second. */
  look(nowUs: number): void {
    if (this.#isDue(nowUs)) this.#look(nowUs)
  }

  /** Live, the look itself notices that this computer stood still. */
  #isDue(nowUs: number): boolean {
    const elapsedUs = nowUs - this.#regularUs
    const isRegular = this.#regularUs < 0 || elapsedUs < 0 || elapsedUs >= LOOK_US
    if (isRegular) this.#regularUs = nowUs
    return isRegular || this.#live || this.#time.of(nowUs) >= this.#dueUs || this.#closed.any
  }

  /** The source ended. */
  close(): void {
    this.#updates.close()
  }

  #look(nowUs: number): void {
    const elapsedUs = this.#lookedUs < 0 ? 0 : nowUs - this.#lookedUs
    // This computer slept or was busy: what it did not see, nobody can blame on the signal.
    if (this.#live && elapsedUs > STALL_US) this.#time.skip(this.#lookedUs + 1, -elapsedUs)
    this.#lookedUs = nowUs
    if (this.#brokeUs !== null) return
    const { flows, services } = this.#stream
    const silentUs = this.silence.look(flows, services, nowUs)
    if (this.#time.of(nowUs) >= this.#lateUs)
      this.#lateUs = Math.min(
        this.tables.look(services),
        this.#presence.look(flows, services, nowUs),
        this.agreement.look(services, nowUs),
        this.media.look(),
      )
    this.#updates.look(nowUs)
    this.media.sample(nowUs)
    this.#dueUs = Math.min(silentUs, this.#lateUs, this.#manifests.look())
  }
}
