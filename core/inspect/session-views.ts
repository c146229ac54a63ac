import type { AlarmRow } from '../contract/alarm-row.ts'
import type { SignallingText } from '../contract/engine-api.ts'
import type { Losses, Report, ReportLink, ReportSource } from '../contract/report.ts'
import type { ServiceSnapshot } from '../contract/service-snapshot.ts'
import type {
  ChannelSnapshot,
  FlowSnapshot,
  SectionName,
  SessionSnapshot,
  SignallingSnapshot,
  SystemTimeSnapshot,
  TotalsSnapshot,
} from '../contract/snapshot.ts'
import type { ChannelFacts, FlowFacts, LinkFacts, ServiceFacts } from '../flow/facts.ts'
import { Version } from '../flow/version.ts'
import type { StreamWatch } from './clock/stream-watch.ts'
import type { ObjectColumns } from './columns/object-columns.ts'
import type { LossWatch } from './losses/loss-watch.ts'
import type { RateMeter } from './rate-meter.ts'
import { channelSnapshot } from './report/channel-snapshots.ts'
import { flowSnapshot, totalsOf } from './report/flow-snapshots.ts'
import type { ServiceLines } from './report/service-lines.ts'
import type { ServedState } from './report/service-state.ts'
import { makeReport, type ReportExtra, type ReportParts, reportPieces } from './report/session-report.ts'
import type { StartupLog } from './report/startup-log.ts'
import type { SectionVersions } from './section-versions.ts'
import type { SessionAlarms } from './session-alarms.ts'
import type { SignallingLog } from './signalling/signalling-log.ts'
import type { SystemTimeLog } from './signalling/system-time-log.ts'

/** Lines of a list in a snapshot, a bound on its size. */
const MAX_LINES = 512
/** Services in a snapshot: the longest list shown. */
const MAX_SERVICES = 10_000

/** The facts that are viewed. */
export type ViewedFacts = {
  readonly objects: ObjectColumns
  readonly services: readonly ServiceFacts[]
  readonly channels: readonly ChannelFacts[]
  readonly flows: readonly FlowFacts[]
  readonly links: readonly LinkFacts[]
  readonly signalling: SignallingLog
  readonly systemTime: SystemTimeLog
  readonly alarms: SessionAlarms
  readonly losses: LossWatch
  readonly watch: StreamWatch
  readonly rates: RateMeter
  readonly startup: StartupLog
  readonly lines: ServiceLines
  readonly versions: SectionVersions
  /** Stream time of the last sample. */
  readonly nowUs: () => number
}

/** The views of a session's facts: its report, and the sections of its receiver. */
export class SessionViews {
  readonly #of: ViewedFacts
  readonly #totals = new Version()
  readonly #lost = new Version()
  readonly #hosted = new Version()

  constructor(of: ViewedFacts) {
    this.#of = of
  }

  /** Packets dropped by this computer and by the capturing one, and the longest recent lag, ms; null where unknown. */
  host(): Pick<SessionSnapshot, 'hostDrops' | 'captureDrops' | 'eventLoopLagMs'> {
    const { host } = this.#of.losses
    return {
      hostDrops: host.dropped,
      captureDrops: host.droppedInCapture,
      eventLoopLagMs: host.lagNow(this.#of.nowUs()),
    }
  }

  losses(): Losses {
    return this.#of.losses.totals
  }

  systemTime(): SystemTimeSnapshot | null {
    return this.#of.systemTime.newest
  }

  /** Version of a section that is a view of these columns; grows when the section changes. */
  version(section: SectionName): number {
    const versions = this.#of.versions.of(section)
    switch (section) {
      case 'totals': {
        const { loss, ...totals } = this.totals()
        const { lost, before } = loss.last60
        return this.#totals.of(
          ...Object.values(totals).map((each) => each ?? -1),
          lost.bytes,
          before.lost.bytes,
          loss.last10.lost.bytes,
        )
      }
      case 'losses':
        return this.#lost.of(...Object.values(this.#of.losses.totals).flatMap(({ objects, bytes }) => [objects, bytes]))
      case 'alarms':
        return versions + this.#of.alarms.malformed.count + this.version('losses')
      case 'host':
        return this.#hosted.of(...Object.values(this.host()).map((each) => each ?? -1))
      default:
        return versions
    }
  }

  /** The report of the current state; final once the receiver is closed. */
  report(source: ReportSource, extra: ReportExtra): Report {
    return makeReport(this.#reportParts(), source, extra)
  }

  /** The same as JSON text, made while it is read. */
  reportPieces(source: ReportSource, extra: ReportExtra): Iterable<string> {
    return reportPieces(this.#reportParts(), source, extra)
  }

  #reportParts(): ReportParts {
    this.#of.objects.refresh()
    return {
      columns: this.#of.objects,
      signalling: this.#of.signalling,
      alarms: this.#of.alarms.report(),
      malformed: this.#of.alarms.malformed.count,
      losses: this.#of.losses,
      startup: this.#of.startup,
      notPlayable: (...of) => this.#of.lines.whyNotPlayable(...of, this.#of.nowUs()),
      services: this.#of.services,
      channels: this.#of.channels,
      flows: this.#of.flows,
      links: this.#of.links,
    }
  }

  totals(): TotalsSnapshot {
    const received = totalsOf(this.#of.flows, this.#of.channels, this.#of.rates, this.#of.losses.fetched)
    const { goneSinceUs, closedSinceUs } = this.#of.watch.silence
    const { neverCame, awaited } = this.#of.losses
    const loss = this.#of.losses.meter.spans(this.#of.channels)
    return {
      ...received,
      loss,
      objects: this.#of.objects.count,
      malformed: this.#of.alarms.malformed.count,
      neverCame,
      awaited,
      goneSinceUs,
      closedSinceUs,
    }
  }

  /** The receiver's services. */
  serviceFacts(): readonly ServiceFacts[] {
    return this.#of.services
  }

  /** @param playable address and codecs of a service's manifest where served */
  services(playable: (service: ServiceFacts) => ServedState): ServiceSnapshot[] {
    return this.#of.lines.snapshots(this.#of.services.slice(0, MAX_SERVICES), playable, this.#of.nowUs())
  }

  /** As `services` of nothing that plays, each made when it is asked for. */
  eachService(): Iterable<ServiceSnapshot> {
    return this.#of.lines.each(this.#of.services.slice(0, MAX_SERVICES), () => null, this.#of.nowUs())
  }

  flows(): FlowSnapshot[] {
    return this.#of.flows.slice(0, MAX_LINES).map((facts) => flowSnapshot(facts, this.#of.rates))
  }

  links(): ReportLink[] {
    return this.#of.links.map(({ kind, destination, counts, lmt }) => ({ kind, destination, counts, lmt }))
  }

  channels(): ChannelSnapshot[] {
    const sources = {
      rates: this.#of.rates,
      columns: this.#of.objects,
      losses: this.#of.losses,
      channels: this.#of.channels,
    }
    return this.#of.channels.slice(0, MAX_LINES).map((channel) => channelSnapshot(channel, sources))
  }

  signalling(): SignallingSnapshot[] {
    return this.#of.signalling.snapshot(MAX_LINES)
  }

  /** Empty where the text is not stored any more. */
  signallingText(key: string): SignallingText {
    return this.#of.signalling.text(key)
  }

  alarms(): AlarmRow[] {
    return this.#of.alarms.rows()
  }
}
