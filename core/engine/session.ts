import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AppError } from '../contract/app-error.ts'
import type { DumpResult, SignallingText } from '../contract/engine-api.ts'
import type { ObjectDetail, ObjectQuery, ObjectRow, ObjectView } from '../contract/object-rows.ts'
import type { Losses, Report } from '../contract/report.ts'
import type { LogLevel, LogTopic, RecordingOptions } from '../contract/session-spec.ts'
import type { PresentationSource, SessionSpec1 } from '../contract/session-spec-1.ts'
import type {
  RecordingSnapshot,
  SessionPhase,
  SessionSnapshot,
  SourceSnapshot,
  TotalsSnapshot,
} from '../contract/snapshot.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import { dumpFolderName, prepareFile, writeWhole } from './dump.ts'
import { Broadcasting } from './parts/broadcasting.ts'
import { type FileNotice, Reception } from './parts/reception.ts'
import { airOf, partsOf, sinksOfAll } from './spec/session-parts.ts'

/** What a session gets from the engine that owns it. */
export type SessionContext = {
  readonly nowUs: () => number
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
  /** Whether such a line would be kept, for those that cost something to write. */
  readonly logs: (topic: LogTopic, level: LogLevel) => boolean
  readonly demoDir: string
  /** Folder of this session alone, made when first needed, removed when the session is closed. */
  readonly sessionDir: string
}

/** What became of a session, in numbers. */
export type SessionSummary = {
  readonly packets: number
  readonly bytes: number
  readonly objects: number
  readonly complete: number
  readonly incomplete: number
  readonly files: number
  readonly sentPackets: number
  readonly sentObjects: number
  /** Datagrams the system dropped before we could read them. */
  readonly droppedByHost: number
  /** Largest delay of a sent packet behind its time, ms. */
  readonly lateMs: number
}

/** So long a window waits to hear that a capture is none. */
const BEGIN_MS = 500

const NO_TOTALS: TotalsSnapshot = {
  packets: 0,
  bytes: 0,
  rateBps: 0,
  packetsPerSecond: 0,
  malformed: 0,
  objects: 0,
  complete: 0,
  incomplete: 0,
  lostBytes: 0,
}

const NO_LOSSES: Losses = {
  network: { objects: 0, bytes: 0 },
  host: { objects: 0, bytes: 0 },
  sender: { objects: 0, bytes: 0 },
  unknown: { objects: 0, bytes: 0 },
}

/** One running SessionSpec1: what receives, what sends, and the state a person is shown. */
export class Session {
  readonly id: string
  readonly spec: SessionSpec1
  readonly name: string
  /** Settles when the session finished, was stopped or failed, and everything is flushed. Never rejects. */
  readonly done: Promise<void>
  readonly #context: SessionContext
  readonly #startedWallUs: number
  readonly #problems: AppError[] = []
  #spoiled = false
  #failure: AppError | null = null
  #phase: SessionPhase = 'starting'
  #reception: Reception | null = null
  #broadcasts: Broadcasting[] = []
  #durationTimer: ReturnType<typeof setTimeout> | null = null
  #stopping: Promise<void> | null = null
  #settle: () => void = () => {}

  constructor(id: string, spec: SessionSpec1, context: SessionContext) {
    this.id = id
    this.spec = spec
    this.name = spec.name ?? id
    this.#context = context
    this.#startedWallUs = context.nowUs()
    this.done = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** Whether standard input is a source, and so cannot be a keyboard. */
  get readsStdin(): boolean {
    return this.spec.sources.some((source) => source.kind === 'capture' && source.files.includes('-'))
  }

  /**
   * Opens sinks before sources, so that nothing arrives before it can be kept.
   * @throws AppFailure for the first thing that cannot be opened
   */
  async open(): Promise<void> {
    try {
      const { receiving, presentation } = partsOf(this.spec)
      for (const sink of this.spec.sinks) if (sink.kind === 'report') await prepareFile(sink.file)
      if (receiving.length > 0) {
        this.#reception = new Reception(receiving, sinksOfAll(this.spec, receiving), {
          ...this.#context,
          onProblem: (error) => this.#problem(error, 'error'),
          onWarning: (error) => this.#problem(error, 'warning'),
        })
        await this.#reception.open()
      }
      if (presentation !== null) {
        const { air, captureFile } = airOf(this.spec, presentation)
        for (const sink of air) {
          const broadcast = new Broadcasting(presentation, sink, captureFile, this.spec.durationS ?? null, {
            ...this.#context,
            onProblem: (error) => this.#problem(error, 'error'),
          })
          this.#broadcasts.push(broadcast)
          await broadcast.open()
        }
      }
    } catch (thrown) {
      await this.#release()
      throw thrown
    }
  }

  /**
   * Waits until packets come or the session is over, but not for long.
   * @returns why there is no session to show: it failed before the first packet; null where there is one
   */
  async stillborn(): Promise<AppError | null> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, BEGIN_MS)
    })
    await Promise.race([this.#reception?.begun, this.done, patience])
    clearTimeout(timer)
    return this.summary().packets === 0 && this.summary().sentPackets === 0 ? this.#failure : null
  }

  /** Starts the sources. Returns at once; `done` tells the end. */
  run(): void {
    this.#phase = 'running'
    const parts: Promise<void>[] = []
    if (this.#reception !== null) parts.push(this.#reception.run())
    for (const broadcast of this.#broadcasts) parts.push(broadcast.run())
    if (this.spec.durationS !== undefined) {
      this.#durationTimer = setTimeout(() => void this.#end('finished'), this.spec.durationS * 1000)
    }
    for (const part of parts) part.catch((thrown) => this.#fail(toAppError(thrown)))
    // A session that receives is over when its source is; one that only sends, when everything is sent.
    const leading = this.#reception === null ? parts : parts.slice(0, 1)
    void Promise.allSettled(leading).then(() => this.#end('finished'))
  }

  /** Stops sources and flushes sinks; what was received stays readable. */
  stop(): Promise<void> {
    this.#reception?.hurry()
    return this.#end('stopped')
  }

  /** Stops and gives everything back: store, gateway, temporary files. */
  async close(): Promise<void> {
    await this.stop()
    await this.#release()
    await rm(this.#context.sessionDir, { recursive: true, force: true })
  }

  problems(): readonly AppError[] {
    return this.#problems
  }

  failure(): AppError | null {
    return this.#failure
  }

  /** Whether a part of it did not work; a damaged capture, read as far as it is good, does not count. */
  get spoiled(): boolean {
    return this.#spoiled
  }

  /** Tells of each file as it is delivered, until the session is closed. */
  onFile(listener: (file: FileNotice) => void): void {
    this.#reception?.onFile(listener)
  }

  snapshot(): SessionSnapshot {
    const reception = this.#reception
    const state = reception?.state() ?? null
    return {
      sessionId: this.id,
      name: this.name,
      phase: this.#phase,
      problems: this.#problems,
      source: state?.source ?? this.#sendingSource(),
      totals: state?.totals ?? NO_TOTALS,
      services: state?.services ?? [],
      flows: state?.flows ?? [],
      links: state?.links ?? [],
      channels: state?.channels ?? [],
      signalling: state?.signalling ?? [],
      gateway: state?.gateway ?? null,
      recordings: state?.recordings ?? [],
      broadcast: this.#broadcasts[0]?.state() ?? null,
      repair: state?.repair ?? null,
      alarms: state?.alarms ?? [],
      losses: state?.losses ?? NO_LOSSES,
      hostDrops: state?.hostDrops ?? null,
      captureDrops: state?.captureDrops ?? null,
      eventLoopLagMs: state?.eventLoopLagMs ?? null,
      systemTime: state?.systemTime ?? null,
      objectCount: state?.totals.objects ?? 0,
    }
  }

  summary(): SessionSummary {
    const totals = this.#reception?.state().totals ?? NO_TOTALS
    const sent = this.#broadcasts.map((broadcast) => broadcast.state())
    return {
      packets: totals.packets,
      bytes: totals.bytes,
      objects: totals.objects,
      complete: totals.complete,
      incomplete: totals.incomplete,
      files: this.#reception?.files() ?? 0,
      sentPackets: sent.reduce((sum, part) => sum + part.packets, 0),
      sentObjects: sent.reduce((sum, part) => sum + part.objects, 0),
      droppedByHost: this.#reception?.droppedByHost() ?? 0,
      lateMs: Math.max(0, ...sent.map((part) => part.lateMs)),
    }
  }

  report(): Report {
    return this.#receiving().report()
  }

  objectBatch(cursor: number): { rows: Uint8Array; total: number; cursor: number } | null {
    return this.#reception?.objectBatch(cursor) ?? null
  }

  queryObjects(query: ObjectQuery): ObjectView {
    return this.#receiving().columns.query(query)
  }

  refreshObjects(viewId: number): ObjectView {
    return this.#receiving().columns.refresh(viewId)
  }

  objectRows(viewId: number, from: number, to: number): readonly ObjectRow[] {
    return this.#receiving().columns.rows(viewId, from, to)
  }

  objectPosition(viewId: number, index: number): number {
    return this.#receiving().columns.position(viewId, index)
  }

  objectDetail(index: number): ObjectDetail {
    return this.#receiving().objectDetail(index)
  }

  objectBytes(index: number, from: number, to: number): Uint8Array {
    return this.#receiving().objectBytes(index, from, to)
  }

  signallingText(key: string): SignallingText {
    return this.#receiving().columns.signallingText(key)
  }

  /**
   * Writes what is stored as `serviceN/…` and the report below `dir`.
   * @throws AppFailure folder-not-writable | disk-full
   */
  async dump(dir: string | null, defaultDir: string): Promise<DumpResult> {
    const reception = this.#receiving()
    const target = dir ?? join(defaultDir, dumpFolderName(this.name, this.#startedWallUs))
    const result = await reception.dump(target)
    await writeWhole(join(target, 'report.json'), `${JSON.stringify(this.report(), null, 1)}\n`)
    return { ...result, dir: target }
  }

  /**
   * Records what arrives from now on. @returns where to
   * @throws AppFailure folder-not-writable | disk-full | not-supported
   */
  async startRecording(file: string | null, options: RecordingOptions, defaultDir: string): Promise<string> {
    const reception = this.#receiving()
    const named = file ?? join(defaultDir, `${dumpFolderName(this.name, this.#context.nowUs())}.pcapng`)
    const target = resolve(named)
    await prepareFile(target)
    await reception.startRecording(target, options)
    return target
  }

  stopRecording(): Promise<RecordingSnapshot> {
    return this.#receiving().stopRecording()
  }

  #receiving(): Reception {
    if (this.#reception === null) {
      throw new AppFailure(
        'not-supported',
        `${this.name} only sends; nothing is received in it.`,
        'Open a session that receives.',
      )
    }
    return this.#reception
  }

  #sendingSource(): SourceSnapshot {
    const source = this.spec.sources.find((part): part is PresentationSource => part.kind === 'presentation')
    return {
      kind: 'presentation',
      label: source?.input ?? this.name,
      pace: null,
      firstTimeUs: null,
      lastTimeUs: null,
      startedWallUs: this.#startedWallUs,
      lastPacketWallUs: null,
      progress: null,
      sockets: [],
      left: [],
    }
  }

  #problem(error: AppError, level: 'error' | 'warning'): void {
    if (level === 'error') this.#spoiled = true
    this.#problems.push(error)
    this.#context.log('engine', level, `${error.message} ${error.tryThis}`)
  }

  #fail(error: AppError): void {
    if (this.#failure === null) this.#failure = error
    this.#problem(error, 'error')
    void this.#end('failed')
  }

  #end(phase: 'finished' | 'stopped' | 'failed'): Promise<void> {
    this.#stopping ??= this.#shutDown(phase)
    return this.#stopping
  }

  async #shutDown(phase: 'finished' | 'stopped' | 'failed'): Promise<void> {
    if (this.#durationTimer !== null) clearTimeout(this.#durationTimer)
    const parts = [...this.#broadcasts.map((broadcast) => broadcast.stop()), this.#reception?.stop()]
    for (const result of await Promise.allSettled(parts)) {
      if (result.status !== 'rejected') continue
      const error = toAppError(result.reason)
      if (this.#failure === null) this.#failure = error
      this.#problem(error, 'error')
    }
    try {
      for (const sink of this.spec.sinks) {
        if (sink.kind === 'report' && this.#reception !== null) {
          await writeWhole(sink.file, `${JSON.stringify(this.report(), null, 1)}\n`)
        }
      }
    } catch (thrown) {
      const error = toAppError(thrown)
      if (this.#failure === null) this.#failure = error
      this.#problem(error, 'error')
    }
    if (this.#failure === null && phase === 'finished') {
      this.#failure = this.#reception?.silence() ?? null
      if (this.#failure !== null) this.#problem(this.#failure, 'error')
    }
    this.#phase = this.#failure === null || phase === 'stopped' ? phase : 'failed'
    this.#settle()
  }

  async #release(): Promise<void> {
    await Promise.allSettled([this.#reception?.close(), ...this.#broadcasts.map((broadcast) => broadcast.close())])
  }
}
