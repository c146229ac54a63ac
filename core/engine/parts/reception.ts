import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import { CaptureReader, type CaptureSummary } from '../../capture/capture-reader.ts'
import type { AppError } from '../../contract/app-error.ts'
import type { DumpResult } from '../../contract/engine-api.ts'
import type { ObjectDetail } from '../../contract/object-rows.ts'
import type { Report, ReportSource } from '../../contract/report.ts'
import type { LogLevel, LogTopic, RecordingOptions } from '../../contract/session-spec.ts'
import type { SinkSpec } from '../../contract/session-spec-1.ts'
import type {
  PlayableSnapshot,
  RecordingSnapshot,
  SessionSnapshot,
  SocketSnapshot,
  SourceSnapshot,
} from '../../contract/snapshot.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { FolderSink } from '../../files/folder-sink.ts'
import { ObjectStore } from '../../files/object-store.ts'
import { type FlowFacts, ObserverTee, type ServiceFacts } from '../../flow/facts.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { SessionColumns } from '../../inspect/session-columns.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { RECEIVE_LIMITS } from '../../receive/object/limits.ts'
import { Receiver } from '../../receive/receiver.ts'
import { DynamicJoins } from '../selection/dynamic-joins.ts'
import {
  askedOf,
  describeSources,
  planReceiving,
  type ReceivingPlan,
  type ReceivingSource,
  tuneInOf,
} from '../spec/receiving-sources.ts'
import { DEFAULT_STORE_MEMORY } from '../spec/spec.ts'
import { DatagramCounter, ObjectFanOut } from './fan-out.ts'
import { HostWatch } from './host-watch.ts'
import { LiveJoins } from './live-joins.ts'
import { type Arrivals, Patience } from './patience.ts'
import { ReceiveLog } from './receive-log.ts'
import { ReceiveStatistics } from './receive-statistics.ts'
import { Recordings } from './recordings.ts'
import { Repairing } from './repairing.ts'
import { nothingReceived } from './silence.ts'

type ReceptionContext = {
  readonly nowUs: () => number
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
  readonly logs: (topic: LogTopic, level: LogLevel) => boolean
  readonly sessionDir: string
  readonly onProblem: (error: AppError) => void
  /** Something could only be read in part; what was read is good. */
  readonly onWarning: (error: AppError) => void
}

/** A file as it is delivered, for whoever only wants to hear of it. */
export type FileNotice = {
  readonly service: number
  readonly name: string
  readonly bytes: number
  readonly complete: boolean
}

/** Stream time passes at least so often while a socket is silent. */
const LIVE_TICK_MS = 100
/** Rates are taken so often, µs of stream time. */
const SAMPLE_US = 250_000

type ReceptionState = Pick<
  SessionSnapshot,
  | 'links'
  | 'totals'
  | 'services'
  | 'flows'
  | 'channels'
  | 'signalling'
  | 'gateway'
  | 'recordings'
  | 'repair'
  | 'alarms'
  | 'losses'
  | 'hostDrops'
  | 'captureDrops'
  | 'eventLoopLagMs'
  | 'systemTime'
> & {
  readonly source: SourceSnapshot
}

/** The receiving side of a session: its sources, one receiver, and every sink of what is received. */
export class Reception {
  readonly columns: SessionColumns
  readonly #plan: ReceivingPlan
  readonly #sinks: readonly SinkSpec[]
  readonly #context: ReceptionContext
  readonly #startedWallUs: number
  readonly #flows = new FlowTable()
  readonly #fileListeners = new Set<(file: FileNotice) => void>()
  readonly #folders: FolderSink[] = []
  readonly #recordings: Recordings
  readonly #counter = new DatagramCounter()
  readonly #host: HostWatch
  readonly #log: ReceiveLog
  #repairing: Repairing | null = null
  #store: ObjectStore | null = null
  #gateway: Gateway | null = null
  #reader: CaptureReader | null = null
  #joins: LiveJoins | null = null
  /** Null where all that is wanted stays joined. */
  readonly #dynamic: DynamicJoins | null
  readonly #statistics: ReceiveStatistics
  /** Flows of the LLS, whose packets are no sign of a service. */
  readonly #llsFlows: FlowFacts[] = []
  readonly #patience: Patience
  #receiver: Receiver | null = null
  /** Takes the link-layer signalling of an ALP capture. */
  #alp: ReturnType<Receiver['link']> | null = null
  #summary: CaptureSummary | null = null
  #readToEnd = false
  #files = 0
  #sampledUs = 0
  #lastPacketWallUs: number | null = null
  #seenDatagrams = 0
  #endLive: () => void = () => {}
  #running: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | null = null
  #begun: () => void = () => {}
  /** Settles when packets come, or at once where only waiting can tell: a socket that is joined is all there is to see. */
  readonly begun: Promise<void>

  /** @throws AppFailure bad-spec | bad-url where the sources do not go together or cannot be read */
  constructor(sources: readonly ReceivingSource[], sinks: readonly SinkSpec[], context: ReceptionContext) {
    this.#plan = planReceiving(sources)
    // Somebody who keeps what comes wants all of it: only what players alone ask for may be left.
    const playersOnly = sinks.length > 0 && sinks.every((sink) => sink.kind === 'gateway')
    const selects = playersOnly && this.#plan.receive.dynamicSelection && this.#plan.live.length > 0
    this.#dynamic = selects
      ? new DynamicJoins({
          services: () => this.columns.serviceFacts(),
          channels: () => this.columns.channels(),
          sockets: () => this.#socketStates(),
          leave: (left) => this.#joins?.leave(left),
          left: (destination, nowUs) => this.#receiver?.left(destination, nowUs),
          log: context.log,
        })
      : null
    this.#statistics = new ReceiveStatistics(this.#plan.receive.statsMs, (text) => context.log('route', 'info', text))
    this.#sinks = sinks
    this.#context = context
    this.#recordings = new Recordings(context.nowUs, describeSources(sources))
    this.#startedWallUs = context.nowUs()
    this.#patience = new Patience(this.#plan.receive, this.#startedWallUs)
    this.begun = new Promise((resolveBegun) => {
      this.#begun = () => {
        // Every tick comes here, and settling a promise again is not free.
        this.#begun = () => {}
        resolveBegun()
      }
    })
    this.#log = new ReceiveLog(context.log, context.logs)
    this.columns = new SessionColumns({
      // SHA-256 is for those who can ask for it: a report, the app, `inspect`. A plain dump or a gateway does not pay.
      hash:
        sinks.some((sink) => sink.kind === 'report' || sink.kind === 'store') ||
        (this.#plan.kind === 'capture' && sinks.length === 0),
      bytesOf: (index) => this.#store?.objectBytes(index) ?? null,
      urlOf: (serviceId, name) => this.#gateway?.urlOf(serviceId, name) ?? null,
      onAlarm: (alarm) => this.#log.alarm(alarm),
      onAbsent: (objects) => this.#repairing?.stage.neverCame(objects),
    })
    this.#host = new HostWatch(this.columns)
  }

  /** @throws AppFailure for the first sink or source that cannot be opened */
  async open(): Promise<void> {
    for (const sink of this.#sinks) {
      if (sink.kind === 'folder') {
        const folder = new FolderSink({
          dir: sink.dir,
          maxSegments: sink.maxSegments,
          splitTsi: sink.splitTsi,
          onProblem: this.#context.onProblem,
        })
        await folder.open()
        this.#folders.push(folder)
      } else if (sink.kind === 'capture') {
        const { id: _, kind: __, file, ...options } = sink
        await this.#recordings.start(resolve(file), options, false)
      }
    }
    await this.#openStoreAndGateway()
    const observer = new ObserverTee(this.columns, this.#log.withoutAlarms(), {
      destinationsWanted: (wanted, target) => {
        this.#recordings.want(wanted, target)
        this.#dynamic?.want(wanted, target)
        this.#joins?.want(this.#plan.tunnels.get(target) ?? wanted, target)
      },
      linkSeen: (link) => this.#recordings.linkSeen(link),
      flowSeen: (flow) => {
        if (flow.protocol === 'lls') this.#llsFlows.push(flow)
      },
      slsFragment: (serviceId, fragment) => this.#repairing?.stage.slsFragment(serviceId, fragment),
      serviceChanged: ({ id, sharesFilesOf }) => {
        if (sharesFilesOf !== null) this.#store?.share(id, sharesFilesOf)
      },
    })
    this.#repairing = await this.#openRepair(observer)
    const { capture, live, targets, receive } = this.#plan
    if (live.length > 0) this.#joins = new LiveJoins(live, this.#flows, this.#counter, this.#context)
    if (capture !== null) {
      this.#reader = new CaptureReader({ ...capture, nowUs: this.#context.nowUs, flows: this.#flows })
    }
    this.#receiver = new Receiver(
      {
        targets,
        receive,
        limits: { memoryBytes: receiveMemory(totalmem()) },
        elapsedUs: () => performance.now() * 1000,
        flows: this.#flows,
        stltp: [...this.#plan.tunnels.values()].flatMap(([tunnel]) =>
          tunnel === undefined ? [] : [formatDestination(tunnel.address, tunnel.port)],
        ),
      },
      this.#repairing.stage,
      observer,
    )
    this.#counter.next = this.#receiver
    this.#tapRecordings()
    await this.#joins?.opened()
  }

  /** Runs until the capture is over, the stream is silent for too long, or `stop`. Rejects with AppFailure. */
  run(): Promise<void> {
    const parts: Promise<void>[] = []
    if (this.#joins !== null) parts.push(this.#listen())
    if (this.#reader !== null) parts.push(this.#read(this.#reader))
    this.#running = Promise.all(parts).then(() => undefined)
    return this.#running
  }

  /** Ends the source, then flushes what is open through every sink. */
  stop(): Promise<void> {
    this.#stopping ??= this.#flush()
    return this.#stopping
  }

  /** Nobody wants to wait for what is still being fetched. */
  hurry(): void {
    this.#repairing?.hurry()
  }

  /** Gives back store, gateway and their files. */
  async close(): Promise<void> {
    await this.stop()
    await this.#gateway?.close()
    await this.#store?.close()
  }

  onFile(listener: (file: FileNotice) => void): void {
    this.#fileListeners.add(listener)
  }

  files(): number {
    return this.#files
  }

  droppedByHost(): number {
    return this.#socketStates().reduce((sum, socket) => sum + (socket.droppedByHost ?? 0), 0)
  }

  /** Why a session that ran to its end has nothing to show; null where it received something. */
  silence(): AppError | null {
    const { flows, totals } = this.state()
    return nothingReceived({
      label: this.#plan.label,
      live: this.#joins !== null,
      joined: this.#socketStates(),
      tuneInFailed: this.#patience.ended && this.#servicePackets() === 0,
      packets: totals.packets,
      recorded:
        this.#sinks.length > 0 && this.#sinks.every((sink) => sink.kind === 'capture' || sink.kind === 'report'),
      objects: totals.objects,
      asked: askedOf(this.#plan.targets),
      wanted: tuneInOf(this.#plan.targets, this.#plan.receive),
      services: this.columns.services(() => null),
      flows,
    })
  }

  state(): ReceptionState {
    this.#sample(this.#nowStreamUs())
    return {
      source: this.#sourceState(),
      totals: this.columns.totals(),
      services: this.columns.services((service) => this.#playable(service)),
      flows: this.columns.flows(),
      links: this.columns.links(),
      channels: this.columns.channels(),
      signalling: this.columns.signalling(),
      gateway:
        this.#gateway === null || this.#gateway.baseUrl === null
          ? null
          : { baseUrl: this.#gateway.baseUrl, requests: this.#gateway.requests, bytes: this.#gateway.bytes },
      recordings: this.#recordings.snapshots(),
      repair: this.#repairing?.state() ?? null,
      alarms: this.columns.alarms(),
      losses: this.columns.losses(),
      ...this.columns.host(),
      systemTime: this.columns.systemTime(),
    }
  }

  report(): Report {
    const counters = this.#reader?.counters ?? null
    const source: ReportSource = {
      kind: this.#plan.kind,
      name: this.#plan.label,
      firstTime: seconds(this.#counter.firstTimeUs),
      lastTime: seconds(this.#counter.lastTimeUs),
    }
    return this.columns.report(source, {
      frames: counters?.frames ?? this.#counter.datagrams,
      udp: this.#counter.datagrams,
      bytes: this.#counter.bytes,
      fragmentsDropped: counters?.fragmentsDropped ?? 0,
      malformed: counters?.malformed ?? 0,
    })
  }

  objectBatch(cursor: number): { rows: Uint8Array; total: number; cursor: number } | null {
    return this.columns.objectBatch(cursor)
  }

  /** @throws AppFailure no-such-session where the row does not exist */
  objectDetail(index: number): ObjectDetail {
    const detail = Number.isSafeInteger(index) ? this.columns.detail(index) : null
    if (detail === null) {
      throw new AppFailure('no-such-session', `There is no object in row ${index}.`, 'Choose another object.')
    }
    return detail
  }

  objectBytes(index: number, from: number, to: number): Uint8Array {
    if (!Number.isSafeInteger(index)) return new Uint8Array(0)
    const bytes = this.#store?.objectBytes(index, from, to) ?? this.columns.storedBytes(index)?.subarray(from, to)
    // A copy: a view would carry its whole buffer across the process border.
    return bytes === undefined ? new Uint8Array(0) : bytes.slice()
  }

  /** @throws AppFailure folder-not-writable | disk-full | not-supported */
  dump(dir: string): Promise<DumpResult> {
    if (this.#store === null) {
      throw new AppFailure('not-supported', 'This session keeps no objects to dump.', 'Start it with a store sink.')
    }
    return this.#store.dump(dir)
  }

  async #openStoreAndGateway(): Promise<void> {
    const gateway = this.#sinks.find((sink) => sink.kind === 'gateway')
    const store = this.#sinks.find((sink) => sink.kind === 'store')
    if (gateway === undefined && store === undefined) return
    this.#store = new ObjectStore({
      memoryBytes: store?.memoryBytes ?? DEFAULT_STORE_MEMORY,
      spillDir: resolve(this.#context.sessionDir, 'objects'),
      maxSegments: gateway?.maxSegments ?? store?.maxSegments ?? 0,
      dumpPatched: this.#plan.receive.keepCorrupt,
      onProblem: this.#context.onProblem,
    })
    if (gateway === undefined) return
    // Loaded where it is used: without it a program that only reads a capture starts noticeably sooner.
    const http = await import('../../gateway/gateway.ts')
    this.#gateway = new http.Gateway({
      host: gateway.host,
      port: gateway.port,
      cors: gateway.cors,
      store: this.#store,
      nowUs: this.#context.nowUs,
      streamShiftUs: () => 0,
      manifestShiftUs: () => this.#reader?.shiftUs ?? 0,
      services: () => this.columns.serviceFacts(),
      growing: !this.#plan.receive.fullSegments,
      lowLatency: this.#plan.receive.lowLatency,
      ...(this.#dynamic === null ? {} : { asked: (serviceId, name) => this.#asked(serviceId, name) }),
      log: (level, text) => this.#context.log('http', level, text),
    })
    const { baseUrl } = await this.#gateway.open()
    this.#context.log('http', 'info', `Gateway on ${baseUrl}`)
  }

  /** All sinks of objects, behind the stage that decides what becomes of lost ones. */
  #openRepair(observer: ObserverTee): Promise<Repairing> {
    const { receive, live, capture } = this.#plan
    return Repairing.open(receive, live.length > 0 || capture?.pace === 'real', {
      files: new ObjectFanOut([{ whole: (file) => this.#delivered(file) }, ...this.#folders]),
      store: this.#store,
      idle: this.#store === null && !(receive.keepCorrupt && this.#folders.length > 0),
      observer,
      serversOf: (serviceId) => this.columns.serviceFacts().find(({ id }) => id === serviceId)?.repairServers ?? [],
      usefulUntilUs: (object) => this.columns.usefulUntilUs(object),
    })
  }

  async #read(reader: CaptureReader): Promise<void> {
    const log = this.#context.log
    this.#summary = await reader.run(this.#counter, {
      tick: (timeUs) => {
        if (this.#counter.datagrams > 0) this.#begun()
        if (reader.alp !== null) this.#alpLink(reader)
        this.#host.capture(reader, timeUs)
        this.#recordings.watch(() => this.droppedByHost(), this.#context.onProblem)
        this.#receiver?.tick(timeUs)
        this.#sample(timeUs)
      },
      loop: (timeUs) => {
        this.#recordings.comment('The capture starts again from its beginning.')
        this.#receiver?.loop(timeUs)
        this.columns.loop()
      },
      busy: () => this.#busy(),
      warning: (error) => this.#context.onWarning(error),
      notice: (text) => log('engine', 'info', text),
      linkSignalling: (signalling, timeUs, frame) => this.#alpLink(reader)?.(signalling, timeUs, frame),
    })
    this.#readToEnd = true
  }

  /** An ALP capture is a link of its own, announced when its first packet was read. */
  #alpLink(reader: CaptureReader): ReturnType<Receiver['link']> | null {
    this.#alp ??=
      this.#receiver?.link({
        kind: 'alp',
        destination: null,
        counts: () => ({ ...reader.alp }),
        losses: [['dropped', 'segmented ALP packets']],
        lossRule: 'ALP-SEGMENTS',
      }) ?? null
    return this.#alp
  }

  /** No recording costs nothing. */
  #tapRecordings(): void {
    this.#counter.tap = this.#recordings.any ? this.#recordings : null
  }

  /**
   * Records what arrives from now on.
   * @throws AppFailure not-supported where nothing arrives any more; folder-not-writable | disk-full
   */
  async startRecording(file: string, options: RecordingOptions): Promise<void> {
    if (this.#stopping !== null) {
      throw new AppFailure('not-supported', 'The session has ended; nothing arrives to be recorded.', 'Start it again.')
    }
    await this.#recordings.start(file, options, true)
    this.#tapRecordings()
  }

  /** @throws AppFailure not-supported where nothing is recorded; disk-full … */
  async stopRecording(): Promise<RecordingSnapshot> {
    const stopped = this.#recordings.stop(this.droppedByHost())
    this.#tapRecordings()
    const recording = await stopped
    if (recording !== null) return recording
    throw new AppFailure('not-supported', 'Nothing is being recorded.', 'Start a recording first.')
  }

  #busy(): Promise<void> | null {
    const sinks = this.#repairing?.stage.busy() ?? null
    const writing = this.#recordings.busy()
    if (sinks === null) return writing
    return writing === null ? sinks : Promise.all([sinks, writing]).then(() => undefined)
  }

  #listen(): Promise<void> {
    this.#begun()
    return new Promise((end) => {
      const timer = setInterval(() => {
        // What has arrived comes before the time that has passed.
        this.#joins?.flush()
        const now = this.#context.nowUs()
        this.#host.look(this.#socketStates(), now)
        this.#recordings.watch(() => this.droppedByHost(), this.#context.onProblem)
        this.#receiver?.tick(now)
        this.#sample(now)
        this.#joins?.tellProblems()
        this.#dynamic?.look(now)
        if (this.#patience.look(this.#arrivals(), now)) this.#endLive()
      }, LIVE_TICK_MS)
      this.#endLive = () => {
        clearInterval(timer)
        end()
      }
    })
  }

  #asked(serviceId: number, name: string): void {
    const carrier = this.#gateway?.carrierOf(serviceId, name) ?? null
    const have = this.#store?.find(serviceId, name).state === 'ready'
    this.#dynamic?.asked(serviceId, name, carrier, have, this.#context.nowUs())
  }

  #arrivals(): Arrivals {
    const scans = this.#plan.receive.services === 'scan'
    return {
      servicePackets: this.#servicePackets(),
      packets: this.#counter.datagrams,
      services: scans ? this.columns.serviceFacts().length : 0,
    }
  }

  #servicePackets(): number {
    let packets = this.#counter.datagrams
    for (const flow of this.#llsFlows) packets -= flow.packets
    return packets
  }

  #socketStates(): SocketSnapshot[] {
    return this.#joins?.states() ?? []
  }

  #delivered(file: FlowFile): void {
    this.#files++
    if (this.#fileListeners.size === 0) return
    const { serviceId, name, lease, complete } = file
    for (const listener of this.#fileListeners)
      listener({ service: serviceId, name, bytes: lease.bytes.byteLength, complete })
  }

  #sample(timeUs: number): void {
    if (this.#counter.datagrams > this.#seenDatagrams) {
      this.#seenDatagrams = this.#counter.datagrams
      this.#lastPacketWallUs = this.#context.nowUs()
    }
    if (timeUs - this.#sampledUs < SAMPLE_US && timeUs >= this.#sampledUs) return
    this.#sampledUs = timeUs
    const joinedUs = this.#joinedUs()
    if (joinedUs !== null) this.columns.joined(joinedUs)
    this.columns.sample(timeUs)
    this.#statistics.tick(timeUs, () => this.columns.totals())
  }

  /** When listening began: the first group joined, or the first packet of a capture. */
  #joinedUs(): number | null {
    const joined = this.#socketStates().map((socket) => socket.joinedWallUs)
    return joined.length === 0 ? this.#counter.firstTimeUs : Math.min(...joined)
  }

  #nowStreamUs(): number {
    const { live, capture } = this.#plan
    const clockRuns = this.#stopping === null && (live.length > 0 || capture?.pace === 'real')
    return clockRuns ? this.#context.nowUs() : (this.#counter.lastTimeUs ?? 0)
  }

  async #flush(): Promise<void> {
    const captureEnd = this.#readToEnd
    this.#reader?.stop()
    this.#endLive()
    await this.#running.catch(() => undefined)
    await this.#joins?.close()
    this.#host.close()
    this.#repairing?.ending(captureEnd)
    this.#receiver?.close(this.#nowStreamUs())
    if (captureEnd) this.columns.giveUpAbsent()
    await this.#repairing?.close(captureEnd)
    this.#store?.finish()
    const joinedUs = this.#joinedUs()
    if (joinedUs !== null) this.columns.joined(joinedUs)
    if (this.#reader !== null) this.#host.capture(this.#reader, this.#nowStreamUs())
    this.columns.settle((this.#counter.lastTimeUs ?? 0) - (this.#counter.firstTimeUs ?? 0))
    const dropped = this.droppedByHost()
    const closed = await Promise.allSettled([
      ...this.#folders.map((folder) => folder.close()),
      this.#recordings.close(dropped),
    ])
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }

  #playable(service: ServiceFacts): PlayableSnapshot | null {
    if (service.manifest === null || this.#gateway === null) return null
    const url = this.#gateway.urlOf(service.id, service.manifest.name)
    const stored = this.#store?.find(service.id, service.manifest.name).state === 'ready'
    if (url === null || !(stored || this.#gateway.offers(service.id))) return null
    return {
      kind: service.manifest.kind,
      url,
      live: this.#store?.finished !== true,
      codecs: service.manifest.codecs,
    }
  }

  #sourceState(): SourceSnapshot {
    return {
      kind: this.#plan.kind,
      label: this.#plan.label,
      pace: this.#plan.capture?.pace ?? null,
      firstTimeUs: this.#counter.firstTimeUs,
      lastTimeUs: this.#counter.lastTimeUs,
      startedWallUs: this.#startedWallUs,
      lastPacketWallUs: this.#lastPacketWallUs,
      progress: this.#reader?.progress() ?? null,
      sockets: this.#socketStates(),
      left: this.#dynamic?.left() ?? [],
    }
  }
}

function seconds(timeUs: number | null): number | null {
  return timeUs === null ? null : timeUs / 1e6
}

/** An eighth of the machine's memory for objects under way and on their way to disk, within reason. */
function receiveMemory(totalBytes: number): number {
  return Math.min(2 ** 31, Math.max(RECEIVE_LIMITS.memoryBytes, totalBytes / 8))
}
