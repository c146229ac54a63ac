import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AlarmNotice } from '../contract/alarm-notice.ts'
import type { AppError } from '../contract/app-error.ts'
import type { DumpResult } from '../contract/engine-api.ts'
import { parseChances } from '../contract/option-values.ts'
import type { RecordingOptions, SessionSpec } from '../contract/session-spec.ts'
import type {
  RecordingSnapshot,
  SectionMap,
  SectionName,
  SessionPhase,
  SessionSection,
  SessionSnapshot,
} from '../contract/snapshot.ts'
import { wholeSnapshot } from '../contract/whole-snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { type FileUse, refuseClashes } from '../files/file-clashes.ts'
import { noticeOf } from '../inspect/rules/alarm-runs.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { dumpFolderName, prepareFile } from './dump.ts'
import type { FileNotice } from './faces/receiving.ts'
import { Graph } from './graph.ts'
import { type PlannedPart, planGraph } from './graph-plan.ts'
import { GraphTraffic } from './graph-traffic.ts'
import { HandRecordings } from './hand-recordings.ts'
import { LiveClock } from './live-clock.ts'
import type { AnySection, Part, PartHost } from './part.ts'
import type { PartSection } from './section-feed.ts'
import { SessionAims } from './session-aims.ts'
import { SessionContents } from './session-contents.ts'
import type { SessionContext } from './session-context.ts'
import { refuseExisting, SessionDumps } from './session-dumps.ts'
import { type SessionSummary, summaryOf } from './session-summary.ts'
import { SharedValues } from './shared-values.ts'
import { graphPart } from './spec/graph-part.ts'
import { filesOfPart } from './spec/session-files.ts'

/** Time to wait for an unreadable source to fail before the session is shown. */
const BEGIN_MS = 500

/** One running SessionSpec: its graph of parts, and the state a person is shown. */
export class Session {
  readonly id: string
  readonly spec: SessionSpec
  readonly name: string
  /** Settles when the session finished, was stopped or failed, and everything is flushed. Never rejects. */
  readonly done: Promise<void>
  readonly #context: SessionContext
  readonly #startedWallUs: number
  /** Objects, signalling and report of its receivers. */
  readonly contents: SessionContents
  /** What it is for, as its parts show. */
  readonly aims: SessionAims
  readonly #graph: Graph
  readonly #traffic: GraphTraffic
  /** Files and folders that the spec names. */
  readonly #named: readonly FileUse[]
  /** Folders that a person has added to its server. */
  readonly #added: FileUse[] = []
  readonly #recordings: HandRecordings
  readonly #flows = new FlowTable()
  readonly #live: LiveClock
  readonly #shared = new SharedValues()
  readonly #dumps: SessionDumps
  readonly #problems: AppError[] = []
  /** Folder of temporary files; null while none was asked for. */
  #dir: string | null = null
  #degraded = false
  #failure: AppError | null = null
  #phase: SessionPhase = 'starting'
  #durationTimer: ReturnType<typeof setTimeout> | null = null
  #stopping: Promise<void> | null = null
  #settle: () => void = () => {}

  /** @throws AppFailure bad-spec for parts that cannot be linked */
  constructor(id: string, spec: SessionSpec, context: SessionContext) {
    this.id = id
    this.spec = spec
    this.name = spec.name ?? id
    this.#context = context
    this.#startedWallUs = context.nowUs()
    this.#live = new LiveClock(context.nowUs)
    const plan = planGraph(spec.parts, spec.links, context.kinds)
    this.#named = plan.parts.flatMap(({ spec: part, kind, together }) =>
      [part, ...together].flatMap((each) => filesOfPart(each, kind.description)),
    )
    this.#graph = new Graph(plan, {
      opened: () => this.#refuseClashes(),
      partHost: (planned) => this.#partHost(planned),
      failed: (error) => this.#fail(error),
      sourcesStopped: () => this.#shared.close(),
    })
    this.#traffic = new GraphTraffic(this.#graph, context.nowUs, () => this.#hasEnded)
    this.contents = new SessionContents(this.name, this.#graph)
    this.aims = new SessionAims(this.#graph, this.contents)
    this.#dumps = new SessionDumps(context.writings, (written) => this.#refuseClashes(written))
    this.#recordings = new HandRecordings(this.#graph, (planned) => this.#partHost(planned), context.kinds)
    this.done = new Promise((resolveDone) => {
      this.#settle = resolveDone
    })
  }

  /**
   * Opens the graph, sinks before sources.
   * @throws AppFailure bad-spec where a file would be written that is read or written already, and for the first part that
   *   cannot be opened
   */
  async open(): Promise<void> {
    this.#context.log.log('engine', 'debug', `Parts: ${this.#graph.describe().replaceAll('\n', ', ')}`)
    try {
      await this.#refuseClashes()
      await this.#graph.open()
    } catch (thrown) {
      await this.#graph.stop('failed')
      await this.#release()
      throw thrown
    }
  }

  /**
   * Waits briefly for the first packet or the end of the session.
   * @returns the error of a session that failed before its first packet; null for any other
   */
  async startupFailure(): Promise<AppError | null> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeout = new Promise<void>((resolveTimeout) => {
      timer = setTimeout(resolveTimeout, BEGIN_MS)
    })
    const begun = this.#graph.parts.flatMap(({ source }) => source?.begun ?? [])
    await Promise.race([begun.length === 0 ? undefined : Promise.any(begun), this.done, timeout])
    clearTimeout(timer)
    const { packets, sentPackets } = this.summary()
    return packets === 0 && sentPackets === 0 ? this.#failure : null
  }

  /** Starts the sources. Returns at once; `done` settles at the end. */
  run(): void {
    this.#phase = 'running'
    if (this.spec.durationS !== undefined) {
      this.#durationTimer = setTimeout(() => void this.#end('finished'), this.spec.durationS * 1000)
    }
    void this.#graph.run().then(() => this.#end('finished'))
  }

  /** Stops sources and flushes sinks; what was received stays readable. */
  stop(): Promise<void> {
    this.#graph.flush()
    return this.#end('stopped')
  }

  /** Stops, waits for dumps, and frees store, gateway and temporary files. */
  async close(): Promise<void> {
    await this.stop()
    // A dump reads the store.
    await Promise.allSettled(this.#dumps.running)
    await this.#release()
    if (this.#dir !== null) await rm(this.#dir, { recursive: true, force: true })
  }

  /** Files and folders that it reads, and those that it writes until it has ended. */
  files(): readonly FileUse[] {
    const name = 'the presentation'
    const reads = this.#graph.parts.flatMap((part) => part.reads?.() ?? [])
    const uses: readonly FileUse[] = [
      ...this.#named,
      ...this.#added,
      ...reads.map((path) => ({ path, writes: false, shape: 'file' as const, name })),
      ...this.#recordings
        .files()
        .map((path) => ({ path, writes: true, shape: 'file' as const, name: 'the recording' })),
    ]
    return this.#stopping === null ? uses : uses.filter(({ writes }) => !writes)
  }

  problems(): readonly AppError[] {
    return this.#problems
  }

  failure(): AppError | null {
    return this.#failure
  }

  /** Whether a part of it did not work; a damaged capture, read as far as it can be, does not count. */
  get degraded(): boolean {
    return this.#degraded
  }

  /** Adds a listener for delivered files. */
  onFile(listener: (file: FileNotice) => void): void {
    for (const receiving of this.contents.receivers()) receiving.files.listen(listener)
  }

  /** Adds a listener for alarms that begin and end; first it is told of those that have begun. */
  onAlarm(listener: (notice: AlarmNotice) => void): void {
    for (const { columns } of this.contents.receivers())
      columns.runs.listen({
        began: (run) => listener(noticeOf('begin', run)),
        ended: (run) => listener(noticeOf('end', run)),
      })
  }

  /** All sections, those of the session first. */
  sections(): PartSection[] {
    const session: AnySection = { name: 'session', version: () => this.#version(), read: () => this.#section() }
    return [
      { part: null, section: session },
      { part: null, section: this.#traffic.section },
      ...this.#graph.parts.flatMap((part) => (part.state?.() ?? []).map((section) => ({ part: part.id, section }))),
    ]
  }

  /** The values of one section of every part that has it, in the order of the parts. */
  all<S extends SectionName>(name: S): SectionMap[S][] {
    return this.#graph.parts.flatMap((part) =>
      (part.state?.() ?? []).flatMap((section) => {
        if (section.name !== name) return []
        const value = section.read() as SectionMap[S] | null
        return value === null ? [] : [value]
      }),
    )
  }

  /** The sections of the first receiver as one value. */
  snapshot(): SessionSnapshot {
    return wholeSnapshot(this.id, (name) => this.all(name), {
      session: this.#section(),
      graph: this.#traffic.section.read() ?? [],
    })
  }

  /** Alarms of severity error. */
  get errors(): number {
    return this.all('alarms')
      .flat()
      .filter(({ severity }) => severity === 'error').length
  }

  summary(): SessionSummary {
    return summaryOf((name) => this.all(name), this.#graph.parts, this.contents.receivers())
  }

  /** Changes the loss model of its broadcasts. @throws AppFailure bad-spec | not-supported */
  setLoss(text: string): void {
    const chances = parseChances(text)
    if (chances === null) throw new AppFailure('bad-spec', `"${text}" are no two percentages.`, 'Write them as 1x50.')
    const losing = this.#graph.parts.flatMap((part) => part.losing ?? [])
    if (losing.length === 0)
      throw new AppFailure('not-supported', 'This session sends nothing.', 'Losses are made of what is sent.')
    for (const each of losing) each.chances = chances
  }

  /**
   * Serves one more folder by the session's server. @param writes uploads may be written into it, too
   * @throws AppFailure not-supported where it has none; bad-spec where others write it; as the server does
   */
  async addFolder(path: string, writes: boolean): Promise<void> {
    const serving = this.#graph.parts.find((part) => part.serving)?.serving
    if (!serving || this.#phase !== 'running')
      throw new AppFailure('not-supported', 'This session serves no folders.', 'Start a server first.')
    const use: FileUse = { path: resolve(path), writes, shape: 'folder', name: 'the added folder', shared: true }
    await this.#refuseClashes([use])
    await serving.addFolder(use.path, writes)
    this.#added.push(use)
  }

  /** Tries at once what waits for a server that files are pushed to. @throws AppFailure not-supported where none is */
  retryPush(url: string): void {
    const target = this.#graph.parts.flatMap(({ pushing }) => pushing ?? []).find((each) => each.url === url)
    if (target === undefined || this.#phase !== 'running')
      throw new AppFailure('not-supported', 'Nothing is pushed there any more.', 'Start it again.')
    target.tryNow()
  }

  /**
   * Writes what is stored as `serviceN/…` and the report below `dir`.
   * @param part the store; absent: the session's first
   * @param replace files that are there may be overwritten
   * @throws AppFailure folder-not-writable | disk-full | not-supported | file-exists
   */
  async dump(dir: string | null, defaultDir: string, part?: string, replace = false): Promise<DumpResult> {
    const receiving = this.contents.receiving(part)
    const store = this.contents.store(part)
    const target = dir ?? join(defaultDir, dumpFolderName(this.name, this.#startedWallUs))
    return this.#dumps.dump(target, dir === null || replace, store, receiving)
  }

  /**
   * Records what arrives from now on. @returns path of the file
   * @throws AppFailure folder-not-writable | disk-full | not-supported | file-exists
   */
  async startRecording(
    file: string | null,
    options: RecordingOptions,
    defaultDir: string,
    part?: string,
    replace = false,
  ): Promise<string> {
    const receiving = this.contents.receiving(part)
    const named = file ?? join(defaultDir, `${dumpFolderName(this.name, this.#context.nowUs())}.pcapng`)
    const target = resolve(named)
    const written: FileUse = { path: target, writes: true, shape: 'file', name: 'the recording' }
    await this.#refuseClashes([written])
    if (!replace) await refuseExisting([written])
    await prepareFile(target)
    if (this.#stopping !== null) {
      throw new AppFailure('not-supported', 'The session has ended; nothing arrives to be recorded.', 'Start it again.')
    }
    await this.#recordings.start(target, options, receiving)
    return target
  }

  /** Ends the recording started last by hand. @throws AppFailure not-supported where there is none; disk-full … */
  stopRecording(): Promise<RecordingSnapshot> {
    return this.#recordings.stop(this.name)
  }

  /** @param more that is to be written beside what the session writes */
  #refuseClashes(more: readonly FileUse[] = []): Promise<void> {
    return refuseClashes([...this.files(), ...more], this.#context.otherFiles())
  }

  get #hasEnded(): boolean {
    return this.#phase !== 'starting' && this.#phase !== 'running'
  }

  #version(): number {
    const phases: readonly SessionPhase[] = ['starting', 'running', 'finished', 'stopped', 'failed']
    return phases.indexOf(this.#phase) + 8 * (this.#problems.length + this.#graph.changes)
  }

  #section(): SessionSection {
    return {
      name: this.name,
      phase: this.#phase,
      problems: [...this.#problems],
      demo: this.all('presentation').some(({ demo }) => demo),
      parts: this.#graph.nodes.map(({ planned }) => graphPart(planned)),
      links: this.#graph.links,
    }
  }

  #partHost({ implied }: PlannedPart): PartHost {
    const { nowUs, log, sessionDir, demoDir, windowHost } = this.#context
    const dir = (): string => {
      this.#dir ??= sessionDir()
      return this.#dir
    }
    return {
      nowUs,
      log: log.log,
      logs: log.wants,
      problem: (error, level) => this.#problem(error, level),
      get sessionDir() {
        return dir()
      },
      demoDir,
      windowHost,
      durationS: this.spec.durationS ?? null,
      flows: this.#flows,
      live: this.#live,
      implied,
      shared: (key, make) => this.#shared.of(key, make),
    }
  }

  #problem(error: AppError, level: 'error' | 'warning'): void {
    if (level === 'error') this.#degraded = true
    this.#problems.push(error)
    this.#context.log.log('engine', level, `${error.message} ${error.tryThis}`)
  }

  #fail(error: AppError): void {
    this.#failure ??= error
    this.#problem(error, 'error')
    void this.#end('failed')
  }

  #end(phase: 'finished' | 'stopped' | 'failed'): Promise<void> {
    this.#stopping ??= this.#shutDown(phase)
    return this.#stopping
  }

  async #shutDown(phase: 'finished' | 'stopped' | 'failed'): Promise<void> {
    if (this.#durationTimer !== null) clearTimeout(this.#durationTimer)
    // `done` must exist before anything can fail here.
    await Promise.resolve()
    await this.#graph.stop(phase)
    if (this.#failure === null && phase === 'finished') this.#judge(this.#graph.parts)
    this.#phase = this.#failure === null || phase === 'stopped' ? phase : 'failed'
    this.#settle()
  }

  /** A session that ran to its end fails where none of its receivers has anything to show. */
  #judge(parts: readonly Part[]): void {
    const judged = parts.flatMap((part) => (part.outcome === undefined ? [] : [part.outcome()]))
    const nothing = judged.flatMap((error) => error ?? [])
    if (judged.length > 0 && nothing.length === judged.length) this.#failure = nothing[0] ?? null
    for (const error of nothing) this.#problem(error, 'error')
  }

  async #release(): Promise<void> {
    await this.#graph.close()
    await this.#shared.close()
  }
}
