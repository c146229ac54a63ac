import { defined } from '../contract/defined.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ReportSignature } from '../contract/report.ts'
import type { RuleProfile } from '../contract/rule-row.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import type { CarrierPlace, SignallingCarrier } from '../flow/carriers.ts'
import type { BadDatagram, Flow } from '../flow/datagrams.ts'
import type {
  AbsentObject,
  ChannelFacts,
  FlowFacts,
  LinkFacts,
  LlsTableFact,
  MmtpFacts,
  ReceiveObserver,
  RepairFact,
  ServiceFacts,
  SlsFragment,
} from '../flow/facts.ts'
import { type Finding, type FindingKind, findingAt, placeAt } from '../flow/findings.ts'
import type { FlowObject } from '../flow/objects.ts'
import { SpacedLooks } from '../flow/spaced-looks.ts'
import { StreamWatch } from './clock/stream-watch.ts'
import { KeptObjects } from './columns/kept-objects.ts'
import { MAX_ROWS, ObjectColumns } from './columns/object-columns.ts'
import { LossWatch } from './losses/loss-watch.ts'
import { RateMeter } from './rate-meter.ts'
import { ServiceLines } from './report/service-lines.ts'
import { StartupLog } from './report/startup-log.ts'
import type { AlarmRuns } from './rules/alarm-runs.ts'
import { clockLimits } from './rules/clock.ts'
import type { RuleSettings } from './rules/judge.ts'
import { SectionVersions } from './section-versions.ts'
import { type AlarmTaker, SessionAlarms } from './session-alarms.ts'
import { SessionViews } from './session-views.ts'
import { ShownObjects, type StoredObjects } from './shown-objects.ts'
import { SignallingLog } from './signalling/signalling-log.ts'
import { SystemTimeLog } from './signalling/system-time-log.ts'

/** Flows and channels whose rates are measured with every sample; of more, each sample allows for `SAMPLED` of them. */
const FEW_SAMPLED = 256
const SAMPLED = 32
/**
 * Flows and channels that each sample allows losses and the clock to look at; a service has more to it. A live session has few
 * samples a second, a capture of long pauses one for each packet.
 */
const WATCHED = 64
const WATCHED_LIVE = 512
const OF_A_SERVICE = 8
/** Runs of alarms that are looked at with every sample, and the alarms of one: of more runs, looks are as rare as those at flows. */
const FEW_RUNS = 64
const OF_A_RUN = 8
/** Findings that change the states of services. */
const CHANGES_SERVICES: ReadonlySet<FindingKind> = new Set([
  'signalGone',
  'signalBack',
  'serviceSilent',
  'serviceBack',
  'sessionRestarted',
])
/** Options of `SessionColumns`. */
export type SessionColumnsOptions = StoredObjects & {
  /** Compute SHA-256 of every whole object, as transported. */
  readonly hash: boolean
  readonly maxRows?: number
  /** Time passes without packets too: the stream's clock is called ten times a second. */
  readonly live?: boolean
  /** The session asks for the services of the LLS. */
  readonly asksLls?: boolean
  /** By which edition it is judged, what is muted, and limits. */
  readonly rules?: RuleSettings
  /** Stream time less the time of the capture, µs; absent: 0. */
  readonly shiftUs?: () => number
  /** Receives every alarm, of the receiver and of losses. */
  readonly onAlarm?: AlarmTaker
  /** Receives announced objects as soon as their absence is certain. */
  readonly onAbsent?: (objects: readonly AbsentObject[]) => void
}

/**
 * The facts of a session as columns: the one model behind report, snapshot and object rows. It takes events and makes
 * views; the packet path computes nothing here.
 */
export class SessionColumns implements ReceiveObserver {
  readonly objects: ObjectColumns
  readonly shown: ShownObjects
  /** Its report, and what windows are shown. */
  readonly views: SessionViews
  readonly #options: SessionColumnsOptions
  readonly #services: ServiceFacts[] = []
  readonly #known = new Set<ServiceFacts>()
  readonly #channels: ChannelFacts[] = []
  readonly #flows: FlowFacts[] = []
  readonly #links: LinkFacts[] = []
  readonly #signalling = new SignallingLog({
    arrived: (table, timeUs) => this.#watch.tables.arrived(table, timeUs),
    changed: (...change) => this.#watch.versions.changed(...change),
  })
  readonly #alarms: SessionAlarms
  readonly #rates = new RateMeter()
  readonly #startup = new StartupLog()
  readonly #systemTime = new SystemTimeLog()
  readonly #losses: LossWatch
  readonly #watch: StreamWatch
  readonly #lines: ServiceLines
  readonly #kept = new KeptObjects()
  readonly #versions = new SectionVersions()
  #nowUs = 0
  #objectChanges = 0
  readonly #rateLooks = new SpacedLooks(SAMPLED)
  readonly #watchLooks: SpacedLooks
  readonly #runLooks: SpacedLooks

  constructor(options: SessionColumnsOptions) {
    this.#options = options
    const watched = options.live === true ? WATCHED_LIVE : WATCHED
    this.#watchLooks = new SpacedLooks(watched)
    this.#runLooks = new SpacedLooks(watched)
    this.objects = new ObjectColumns(options.hash, options.maxRows ?? MAX_ROWS)
    this.#losses = new LossWatch(
      this.objects,
      this.#channels,
      (destination) => this.#rateOf(destination),
      (finding) => this.found(finding),
      options.onAbsent,
    )
    this.#alarms = new SessionAlarms(this.objects, this.#losses, options.rules, options.onAlarm)
    this.runs.listen({ began: () => undefined, ended: () => this.#versions.bump('alarms') })
    this.#watch = new StreamWatch(
      {
        flows: this.#flows,
        services: this.#services,
        channels: this.#channels,
        media: this.#losses.media,
        columns: this.objects,
      },
      clockLimits(this.#alarms.judge),
      (finding) => this.found(finding),
      {
        live: options.live ?? false,
        asksLls: options.asksLls ?? false,
        shiftUs: options.shiftUs ?? (() => 0),
      },
    )
    const known = { channels: this.#channels, losses: this.#losses, watch: this.#watch }
    this.#lines = new ServiceLines({ ...known, flows: this.#flows, rates: this.#rates, startup: this.#startup })
    this.views = new SessionViews({
      objects: this.objects,
      services: this.#services,
      channels: this.#channels,
      flows: this.#flows,
      links: this.#links,
      signalling: this.#signalling,
      systemTime: this.#systemTime,
      alarms: this.#alarms,
      losses: this.#losses,
      watch: this.#watch,
      rates: this.#rates,
      startup: this.#startup,
      lines: this.#lines,
      versions: this.#versions,
      nowUs: () => this.#nowUs,
    })
    const { bytesOf, urlOf } = options
    this.shown = new ShownObjects(this.objects, { ...known, kept: this.#kept, ...defined({ bytesOf, urlOf }) })
  }

  flowSeen(flow: FlowFacts): void {
    this.#versions.bump('flows')
    this.#flows.push(flow)
  }

  linkSeen(link: LinkFacts): void {
    this.#versions.bump('links')
    this.#links.push(link)
  }

  serviceChanged(service: ServiceFacts): void {
    this.#versions.bump('services')
    this.#watch.lookSoon()
    // A list may have 10 000 services, and each change lists them all.
    if (this.#known.has(service)) return
    this.#known.add(service)
    this.#services.push(service)
    if (service.sharesFilesOf === null) return
    this.#lines.shares(service.sharesFilesOf)
    this.#losses.media.share(service.id, service.sharesFilesOf)
  }

  serviceGone(service: ServiceFacts): void {
    this.#versions.bump('services', 'signalling')
    this.#known.delete(service)
    this.#lines.serviceGone(service.id)
    const at = this.#services.indexOf(service)
    if (at >= 0) this.#services.splice(at, 1)
    this.#signalling.serviceGone(service.id)
    this.#startup.serviceGone(service.id)
    this.#losses.serviceGone(service.id)
    this.#watch.serviceGone(service.id)
  }

  serviceRenumbered({ id }: ServiceFacts, former: ServiceId): void {
    this.#versions.bump('services', 'signalling', 'alarms')
    this.#lines.serviceRenumbered(former, id)
    // Before the watch, which looks at its tables.
    this.#signalling.serviceRenumbered(former, id)
    this.#startup.serviceRenumbered(former, id)
    this.#losses.media.serviceRenumbered(former, id)
    this.#watch.serviceRenumbered(former, id)
    this.#alarms.serviceRenumbered(former, id)
  }

  channelSeen(channel: ChannelFacts): void {
    this.#versions.bump('channels')
    this.#channels[channel.index] = channel
    this.#losses.channelSeen(channel)
  }

  llsTable(table: LlsTableFact, timeUs: number): void {
    this.#versions.bump('signalling', 'systemTime')
    this.#signalling.llsTable(table, timeUs)
    this.#startup.llsTable(table, timeUs)
    this.#systemTime.llsTable(table, timeUs)
  }

  llsRepeated(key: number, timeUs: number): void {
    this.#signalling.llsRepeated(key, timeUs)
    this.#systemTime.llsRepeated(key, timeUs)
  }

  slsFragment(serviceId: ServiceId, fragment: SlsFragment, timeUs: number): void {
    this.#versions.bump('signalling')
    this.#signalling.slsFragment(serviceId, fragment, timeUs)
    this.#startup.slsFragment(serviceId, fragment, timeUs)
    const own = this.#services.find(({ id }) => id === serviceId)?.destination ?? null
    this.#losses.slsFragment(serviceId, fragment, own, timeUs)
    this.#watch.slsFragment(serviceId, fragment, timeUs)
  }

  slsRepeated(serviceId: ServiceId, timeUs: number, carrier: SignallingCarrier | null): void {
    this.#signalling.slsRepeated(serviceId, timeUs, carrier)
  }

  slsUnchanged(serviceId: ServiceId, fragment: string, carrier: SignallingCarrier | null, timeUs: number): void {
    this.#signalling.slsUnchanged(serviceId, fragment, carrier, timeUs)
  }

  llsSignature(key: number, signature: ReportSignature): void {
    this.#versions.bump('signalling')
    this.#signalling.llsSignature(key, signature)
  }

  slsSignature(serviceId: ServiceId, carrier: SignallingCarrier, signature: ReportSignature): void {
    this.#versions.bump('signalling')
    this.#signalling.slsSignature(serviceId, carrier, signature)
  }

  objectBegun(object: FlowObject, bytes: Uint8Array, start: number, end: number, packetEnd: number): void {
    this.#objectChanges++
    this.objects.begin(object, bytes, start, end, packetEnd)
    this.#startup.objectBegun(object)
    this.#losses.objectBegun(object)
    this.#watch.objectBegun(object)
  }

  objectEnded(object: FlowObject): void {
    this.#objectChanges++
    this.objects.end(object)
    this.#startup.objectEnded(object)
    this.#losses.objectEnded(object)
    this.#watch.objectEnded(object)
    this.#kept.objectEnded(object)
  }

  objectResumed(object: FlowObject): void {
    this.#objectChanges++
    this.objects.resume(object)
    this.#losses.objectResumed(object)
  }

  repeatLost(
    { index, serviceId, destination }: ChannelFacts,
    carrier: CarrierPlace,
    { packets, bytes, media }: { readonly packets: number; readonly bytes: number; readonly media: boolean },
    timeUs: number,
  ): void {
    this.#losses.meter.repeatLost(index, packets, bytes, media, timeUs)
    const place = placeAt(timeUs, 0, { service: serviceId, carrier, destination })
    this.found(findingAt({ kind: 'repeatsLost', packets, bytes, media }, place))
  }

  objectRepeated(index: number, packets: number, repeats: number, timeUs: number): void {
    this.objects.repeat(index, packets, repeats, timeUs)
  }

  objectRepaired(index: number, repair: RepairFact): void {
    this.#objectChanges++
    const fetched = repair.how === 'http' && index < this.objects.count
    // By its state before it was repaired.
    if (fetched) this.#losses.objectFetched(index)
    this.objects.repaired(index, repair)
    if (fetched) this.#startup.fetched(this.objects.values.channel[index] as number, repair.kind, this.#nowUs)
  }

  objectNamed(object: FlowObject): void {
    this.#objectChanges++
    this.objects.named(object)
    this.#startup.objectEnded(object)
    this.#losses.objectEnded(object)
    this.#watch.objectEnded(object)
  }

  malformed(bad: BadDatagram, flow: Flow): void {
    this.#alarms.malformedDatagram(bad, flow)
  }

  found(finding: Finding): void {
    if (finding.kind === 'objectUnnamed' && this.#losses.toldUnnamed(finding.object)) return
    if (this.#alarms.found(finding)) this.#versions.bump('alarms')
    this.#watch.source(finding)
    if (CHANGES_SERVICES.has(finding.kind)) this.#versions.bump('services')
    if (finding.kind === 'objectRepaired' && finding.absent)
      this.#losses.absentFetched(finding.bytes, finding.destination, finding.carrier)
    if (finding.kind === 'sessionClosed') this.#losses.sessionClosed(finding.destination, finding.carrier)
    if (finding.kind === 'sessionRestarted') this.#losses.startOver(finding.channel)
  }

  /** The capture starts again from its beginning. */
  loop(): void {
    this.#watch.startOver()
    this.#losses.startOver(null)
  }

  /** The stream's clock does not show all the time that passed, as in `DatagramSourceEvents`. */
  skipped(fromUs: number, byUs: number): void {
    this.#watch.skipped(fromUs, byUs)
  }

  /** A destination was left on request. */
  left(destination: string): void {
    this.#watch.silence.left(destination)
  }

  /** The source was joined, or its first packet arrived; the earliest counts. */
  joined(timeUs: number): void {
    this.#startup.joined(timeUs)
  }

  /** Samples the sockets' drop counters. */
  hostSockets(sockets: readonly SocketSnapshot[], timeUs: number): void {
    this.#losses.hostSockets(sockets, timeUs)
  }

  /** Reading of the sockets was delayed by `lagMs` at some time within the stretch. */
  hostLag(lagMs: number, fromUs: number, timeUs: number): void {
    this.#losses.host.lag(lagMs, fromUs, timeUs)
  }

  /**
   * Packets dropped according to the capture, up to `timeUs`; `sometime` of them since `sinceUs`, at an unknown time.
   */
  captureDrops(total: number, sometime: number, sinceUs: number, timeUs: number): void {
    this.#losses.captureDrops(total, sometime, sinceUs, timeUs)
  }

  /** Frames of the capture up to this time that could not be read. */
  passedOver(total: number, timeUs: number): void {
    this.#losses.host.passedOver(total, timeUs)
  }

  /** Packets that loss models of the session kept back so far, by destination. */
  keptBack(packets: ReadonlyMap<string, number>, timeUs: number): void {
    this.#losses.host.keptBack(packets, timeUs)
  }

  #rateOf(destination: string): number {
    let bps = 0
    for (const flow of this.#flows) if (flow.flow?.destination === destination) bps += this.#rates.bitsPerSecond(flow)
    return bps
  }

  /**
   * Takes the stream's time; rates are means over windows of about a second, and objects are hashed as they arrive.
   * Call it a few times a second.
   * @param arrivedBytes of all packets so far: of very many flows and channels, looks are as frequent as these pay for
   */
  sample(timeUs: number, arrivedBytes = 0): void {
    this.#nowUs = timeUs
    this.objects.hashArrived()
    const counted = this.#flows.length + this.#channels.length
    const looks = this.#rateLooks.due(counted <= FEW_SAMPLED ? 0 : counted, arrivedBytes)
    if (looks && this.#rates.isDue(timeUs)) this.#rates.sample(timeUs, this.#counted())
    const watches = this.#watchLooks.due(counted + OF_A_SERVICE * this.#services.length, arrivedBytes)
    if (watches) this.#losses.lookAround(timeUs)
    this.#losses.sample(timeUs)
    const { closings } = this.#watch.silence
    if (watches) this.#watch.look(timeUs)
    if (this.#watch.silence.closings !== closings) this.#versions.bump('services')
    if (looks) this.#versions.count(timeUs, this.#packets())
    const { runs } = this.#alarms
    if (this.#runLooks.due(runs.size <= FEW_RUNS ? 0 : runs.size * OF_A_RUN, arrivedBytes)) runs.look(timeUs)
  }

  /** End of an object's use to players, stream µs; null where unknown. */
  usefulUntilUs(object: FlowObject): number | null {
    return this.#losses.usefulUntilUs(object)
  }

  /** The source ended: announced objects without packets are absent. */
  expireAbsent(): void {
    this.#losses.expireAbsent()
  }

  /** The session ended after `spanUs` of stream time: rates are means over all of it. */
  settle(spanUs: number): void {
    this.#rates.settle(spanUs, this.#counted())
    this.#losses.settle(this.#nowUs)
    this.#watch.close()
    this.#alarms.runs.close()
    this.#versions.settle()
  }

  #counted(): readonly (FlowFacts | ChannelFacts | MmtpFacts)[] {
    const counted: (FlowFacts | ChannelFacts | MmtpFacts)[] = [...this.#flows]
    for (const service of this.#services) if (service.mmtp !== null) counted.push(...service.mmtp)
    for (const channel of this.#channels) if (channel !== undefined) counted.push(channel)
    return counted
  }

  #packets(): number {
    let packets = 0
    for (const flow of this.#flows) packets += flow.packets
    return packets
  }

  /** Its alarms as they begin and end. */
  get runs(): AlarmRuns {
    return this.#alarms.runs
  }

  /** Grows when an object begins, ends or changes its facts; not while it grows. */
  get objectChanges(): number {
    return this.#objectChanges
  }

  /** Edition by which it is judged; null: by the severities of the rules. */
  get profile(): RuleProfile | null {
    return this.#options.rules?.profile ?? null
  }

  get objectCount(): number {
    return this.objects.count
  }
}
