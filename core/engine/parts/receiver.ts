import { totalmem } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { AppError } from '../../contract/app-error.ts'
import { defined } from '../../contract/defined.ts'
import type { Report } from '../../contract/report.ts'
import type { PartSpec, TuneIn } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { AbsentObject, FlowFacts, ReceiveObserver, ServiceFacts } from '../../flow/facts.ts'
import type { Finding } from '../../flow/findings.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { ObjectFanOut, ObserverTee } from '../../flow/tee.ts'
import { SessionColumns } from '../../inspect/session-columns.ts'
import type { LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { LinkSource } from '../../receive/link/links.ts'
import { Receiver } from '../../receive/receiver.ts'
import type { DatagramInput } from '../faces/datagram-input.ts'
import type { DatagramSource } from '../faces/datagram-source.ts'
import { ObjectContents } from '../faces/object-contents.ts'
import { FileCount, type Receiving } from '../faces/receiving.ts'
import type { Recording } from '../faces/recording.ts'
import { ServedFiles } from '../faces/served-files.ts'
import { KeptBack } from '../kept-back.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import { HostWatch } from '../receiving/host-watch.ts'
import { nothingReceived } from '../receiving/nothing-received.ts'
import { ReceiveLog } from '../receiving/receive-log.ts'
import { receiveMemory } from '../receiving/receive-memory.ts'
import { ReceiveStatistics } from '../receiving/receive-statistics.ts'
import { reportOf, reportPiecesOf } from '../receiving/receiver-report.ts'
import { receiverSections } from '../receiving/receiver-sections.ts'
import { Recordings } from '../receiving/recordings.ts'
import { joinedUsOf, labelOf, socketsOf, sumsOf } from '../receiving/sources.ts'
import { type Arrivals, StopRule } from '../receiving/stop-rule.ts'
import { DynamicJoins } from '../selection/dynamic-joins.ts'
import type { ReceiverSpec } from './receiver-options.ts'
import { SERVICES } from './shared-options.ts'

/** Interval of samples, µs of stream time: rates are of whole seconds, and what is due is found at its own time. */
const SAMPLE_US = 500_000

/** Makes a receiver, which has nothing to open. */
export async function openReceiver(spec: PartSpec, host: PartHost): Promise<Part> {
  return new ReceiverPart(spec as unknown as ReceiverSpec, host)
}

/** Rebuilds objects from datagrams, and collects facts: what to join, what arrived, what was lost, and who lost it. */
class ReceiverPart implements Part, Receiving, DatagramInput {
  readonly id: string
  readonly sources: DatagramSource[] = []
  readonly files = new FileCount()
  readonly objects = new ObjectContents(() => this.columns)
  readonly served = new ServedFiles(() => this.services())
  readonly #spec: ReceiverSpec
  readonly #host: PartHost
  readonly #to: Part[] = []
  readonly #observers: Partial<ReceiveObserver>[] = []
  readonly #absent: ((objects: readonly AbsentObject[]) => void)[] = []
  readonly #log: ReceiveLog
  readonly #statistics: ReceiveStatistics
  readonly #startedWallUs: number
  readonly #kept: KeptBack
  #columns: SessionColumns | null = null
  #receiver: Receiver | null = null
  #out: ObjectFanOut | null = null
  #observer: ObserverTee | null = null
  #watch: HostWatch | null = null
  #stopRule: StopRule | null = null
  #dynamic: DynamicJoins | null = null
  /** Flows of the LLS, whose packets do not show that a service arrives. */
  readonly #llsFlows: FlowFacts[] = []
  #sampledUs = 0
  /** One of the sources goes on for as long as it is joined. */
  #live = false
  #stopped = false
  #readToEnd = false
  readonly #recordings = new Recordings()
  readonly #sections: readonly AnySection[]

  constructor(spec: ReceiverSpec, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#startedWallUs = host.nowUs()
    this.#kept = host.shared(KeptBack.key, () => new KeptBack())
    this.#log = new ReceiveLog(host.log, host.logs)
    this.#statistics = new ReceiveStatistics(spec.statsMs, (text) => host.log('route', 'info', text))
    this.#sections = receiverSections(this)
  }

  get receiving(): Receiving {
    return this
  }

  get input(): DatagramInput {
    return this
  }

  /** Takes the datagrams directly. */
  get sink(): Receiver {
    return started(this.#receiver)
  }

  get columns(): SessionColumns {
    return started(this.#columns)
  }

  get observer(): ObserverTee {
    return started(this.#observer)
  }

  get wallClock(): boolean {
    return this.sources.some(({ wallClock }) => wallClock)
  }

  linked(from: Part): void {
    if (!from.source) {
      throw new AppFailure(
        'bad-spec',
        `${from.id} does not name what ${this.id} is to receive.`,
        'Receive from a multicast or from a capture.',
      )
    }
    this.sources.push(from.source)
  }

  link(to: Part): void {
    this.#to.push(to)
  }

  async start(): Promise<void> {
    const { sources } = this
    const playing = sources.find(({ wallClock }) => !wallClock)
    if (playing !== undefined && this.wallClock) {
      throw new AppFailure(
        'bad-spec',
        `The capture ${playing.label} is read as fast as possible beside a multicast: they have no time in common.`,
        'Set its pace to real, or run a session for each.',
      )
    }
    const addresses = sources.flatMap((source) => source.addresses.map((address) => ({ ...address, source })))
    if (addresses.length === 0) throw new AppFailure('bad-spec', 'There is nothing to receive from.', 'Add a source.')
    for (const { output } of sources) for (const recording of output.recordings) this.record(recording)
    const sinks = downstream(this.#to)
    const { keepAlive, timeoutS } = this.#spec
    this.#stopRule = new StopRule(
      { keepAlive, services: this.#services(), ...defined({ timeoutS: timeoutS === 0 ? undefined : timeoutS }) },
      this.#startedWallUs,
    )
    this.#live = sources.some(({ live }) => live)
    const columns = new SessionColumns({
      // SHA-256 is computed for a report, the app and `inspect` only.
      hash: this.#hash(sinks),
      bytesOf: (index, view) => this.objects.kept(index, view),
      urlOf: (serviceId, name) => this.served.urlOf(serviceId, name),
      live: this.#live,
      asksLls: addresses.some(({ target }) => target.kind === 'atsc'),
      shiftUs: () => this.shiftUs(),
      rules: defined({ profile: this.#spec.profile ?? undefined }),
      onAlarm: (alarm, text) => this.#log.alarm(alarm, text),
      onAbsent: (objects) => {
        for (const listener of this.#absent) listener(objects)
      },
    })
    this.#columns = columns
    this.#watch = new HostWatch(columns)
    this.#dynamic = this.#selection(sinks, columns)
    for (const source of sources) source.left = () => this.#dynamic?.left() ?? []
    const byTarget = new Map<ReceiveTarget, DatagramSource>(addresses.map(({ target, source }) => [target, source]))
    const observer = new ObserverTee(columns, this.#log.withoutAlarms(), ...this.#observers, {
      destinationsWanted: (wanted, target) => {
        this.#recordings.want(wanted, target)
        this.#dynamic?.want(wanted, target)
        byTarget.get(target)?.want?.(wanted)
      },
      linkSeen: (link) => this.#recordings.linkSeen(link),
      flowSeen: (flow) => {
        if (flow.protocol === 'lls') this.#llsFlows.push(flow)
      },
    })
    this.#observer = observer
    this.#out = new ObjectFanOut(this.#to.flatMap(({ input }) => (input && 'whole' in input ? [input] : [])))
    this.#receiver = new Receiver(
      {
        targets: addresses.map(({ target }) => target),
        receive: { ...this.#spec, services: this.#services() },
        limits: { memoryBytes: receiveMemory(totalmem()) },
        elapsedUs: () => performance.now() * 1000,
        flows: this.#host.flows,
        stltp: addresses.flatMap(({ tunnel }) => {
          const [first] = tunnel ?? []
          return first === undefined ? [] : [formatDestination(first.address, first.port)]
        }),
      },
      this.#out,
      observer,
    )
  }

  observe(observer: Partial<ReceiveObserver>): void {
    this.#observers.push(observer)
  }

  onAbsent(listener: (objects: readonly AbsentObject[]) => void): void {
    this.#absent.push(listener)
  }

  services(): readonly ServiceFacts[] {
    return this.#columns?.views.serviceFacts() ?? []
  }

  shiftUs(): number {
    return this.sources.reduce((shift, source) => shift || source.shiftUs, 0)
  }

  get joinsAsAsked(): boolean {
    return this.#dynamic !== null
  }

  asked(...asked: Parameters<Receiving['asked']>): void {
    this.#dynamic?.asked(...asked, this.#host.nowUs())
  }

  datagram(...datagram: Parameters<Receiver['datagram']>): void {
    this.#receiver?.datagram(...datagram)
  }

  tick(timeUs: number): void {
    if (this.#stopped) return
    if (this.#live) this.#watch?.look(socketsOf(this.sources), timeUs)
    this.#captureDrops(timeUs)
    this.#passedOver(timeUs)
    this.#columns?.keptBack(this.#kept.packets, timeUs)
    this.#receiver?.tick(timeUs)
    this.sample(timeUs)
    this.#dynamic?.look(timeUs)
    if (!this.#live || !this.#stopRule?.look(this.#arrivals(), timeUs)) return
    for (const source of this.sources) if (source.live) source.end?.()
  }

  loop(timeUs: number): void {
    this.#receiver?.loop(timeUs)
    this.#columns?.loop()
  }

  skipped(fromUs: number, byUs: number): void {
    this.#columns?.skipped(fromUs, byUs)
  }

  busy(): Promise<void> | null {
    return this.#out?.busy?.() ?? null
  }

  found(finding: Finding): void {
    this.#observer?.found(finding)
  }

  linkLayer(link: LinkSource): (signalling: LinkSignalling, timeUs: number, frame: number) => void {
    return this.sink.link(link)
  }

  ending(): void {
    this.#readToEnd = this.sources.every((source) => source.readToEnd)
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    // Long lists are read to their end in turns.
    while (this.#receiver?.readOn(this.#nowStreamUs()) === true) await setImmediate()
    if (this.#stopped) return
    this.#passedOver(this.#nowStreamUs())
    this.#columns?.keptBack(this.#kept.packets, this.#nowStreamUs())
    this.#watch?.close()
    this.#stopped = true
    this.#receiver?.close(this.#nowStreamUs())
    if (this.#readToEnd) this.#columns?.expireAbsent()
  }

  async finish(): Promise<void> {
    const columns = this.#columns
    if (columns === null) return
    const { firstTimeUs, lastTimeUs } = sumsOf(this.sources)
    const joinedUs = joinedUsOf(this.sources)
    if (joinedUs !== null) columns.joined(joinedUs)
    this.#captureDrops(this.#nowStreamUs())
    columns.settle((lastTimeUs ?? 0) - (firstTimeUs ?? 0))
  }

  traffic(): PartTraffic {
    return { given: this.files.amount }
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  outcome(): AppError | null {
    const totals = this.columns.views.totals()
    const wants = downstream(this.#to).flatMap((each) => each.wants?.() ?? [])
    const addresses = this.sources.flatMap((source) => source.addresses)
    const [only] = addresses
    return nothingReceived({
      label: labelOf(this.sources),
      live: this.sources.some(({ live }) => live),
      joined: socketsOf(this.sources),
      tuneInFailed: this.#stopRule?.ended === true && this.#servicePackets() === 0,
      packets: totals.packets,
      recorded: (this.#recordings.count > 0 || wants.length > 0) && wants.every((each) => each === 'facts'),
      objects: totals.objects,
      asked: addresses.length === 1 && only !== undefined ? askedOf(only.target) : null,
      wanted: addresses.length === 1 ? this.#services() : 'all',
      services: () => this.columns.views.eachService(),
      flows: this.columns.views.flows(),
    })
  }

  report(): Report {
    return reportOf(this.columns, this.sources)
  }

  reportPieces(): Iterable<string> {
    return reportPiecesOf(this.columns, this.sources)
  }

  droppedByHost(): number {
    return socketsOf(this.sources).reduce((sum, socket) => sum + (socket.droppedByHost ?? 0), 0)
  }

  /** Takes samples of rates, and hashes. */
  sample(timeUs: number): void {
    if (timeUs - this.#sampledUs < SAMPLE_US && timeUs >= this.#sampledUs) return
    this.#sampledUs = timeUs
    const columns = this.columns
    const joinedUs = joinedUsOf(this.sources)
    if (joinedUs !== null) columns.joined(joinedUs)
    columns.sample(timeUs, this.#receiver?.arrivedBytes ?? 0)
    this.#statistics.tick(timeUs, () => columns.views.totals())
  }

  /** Reports wanted destinations and tunnels to a recording, now and later. */
  record(recording: Recording): void {
    this.#recordings.add(recording)
  }

  /** Services asked for; those of the first source where there are several. */
  #services(): TuneIn {
    return this.sources[0]?.addresses[0]?.target.services ?? SERVICES.default
  }

  #hash(sinks: readonly Part[]): boolean {
    if (sinks.some((each) => each.needs?.().hash)) return true
    // A repair part wants no objects itself.
    const taken = sinks.some((each) => (each.wants?.() ?? null) !== null) || this.#recordings.count > 0
    return !taken && this.sources.every(({ live }) => !live)
  }

  /** Makes dynamic joins where only players take objects: a part that keeps objects wants all of them. */
  #selection(sinks: readonly Part[], columns: SessionColumns): DynamicJoins | null {
    const wants = sinks.flatMap((each) => each.wants?.() ?? [])
    const playersOnly = wants.length > 0 && wants.every((each) => each === 'asked') && this.#recordings.count === 0
    if (!playersOnly || this.sources.every(({ live }) => !live)) return null
    return new DynamicJoins({
      services: () => columns.views.serviceFacts(),
      channels: () => columns.views.channels(),
      sockets: () => socketsOf(this.sources),
      leave: (left) => {
        for (const source of this.sources) source.leave?.(left)
      },
      left: (destination, nowUs) => {
        this.#receiver?.left(destination, nowUs)
        columns.left(destination)
      },
      log: this.#host.log,
    })
  }

  #arrivals(): Arrivals {
    return {
      servicePackets: this.#servicePackets(),
      packets: sumsOf(this.sources).datagrams,
      services: this.#services() === 'scan' ? this.columns.views.serviceFacts().length : 0,
    }
  }

  #servicePackets(): number {
    let packets = sumsOf(this.sources).datagrams
    for (const flow of this.#llsFlows) packets -= flow.packets
    return packets
  }

  #captureDrops(timeUs: number): void {
    for (const source of this.sources) {
      const capture = source.capture()
      if (capture !== null) this.#watch?.capture(capture, timeUs)
    }
  }

  #passedOver(timeUs: number): void {
    for (const source of this.sources) {
      const capture = source.capture()
      if (capture !== null) this.#watch?.passed(capture, timeUs)
    }
  }

  #nowStreamUs(): number {
    return this.wallClock && !this.#stopped ? this.#host.nowUs() : (sumsOf(this.sources).lastTimeUs ?? 0)
  }
}

/** All parts that objects reach. */
function downstream(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => [part, ...downstream(part.to ?? [])])
}

/** `ip:port` of the one session asked for, `lls` for what the LLS lists, null for anything there is. */
function askedOf(target: ReceiveTarget): string | null {
  if (target.kind === 'route' || target.kind === 'mabr') return formatDestination(target.address, target.port)
  return target.kind === 'atsc' ? 'lls' : null
}

function started<T>(value: T | null): T {
  if (value === null) throw new Error('the receiver has not started')
  return value
}
