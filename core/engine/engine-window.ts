import type { CommandName, EngineCommands, WireEvent } from '../contract/engine-api.ts'
import type { LogLine, SectionChange, SectionMap, SectionName, SessionSnapshot } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { listInterfaces } from '../socket/interfaces.ts'
import type { Engine } from './engine.ts'
import { specForCapture, specForDemo, specForUrl } from './spec/session-specs.ts'
import { parseRecordingOptions, parseSessionSpec } from './spec/spec.ts'

/** Object rows go out ten times a second at most, snapshots every fourth of those at most, and only when they changed. */
const BATCH_MS = 100
const SNAPSHOT_EVERY = 3
/** Characters of JSON for which a snapshot is put off by another turn. */
const LARGE_SNAPSHOT = 500_000
const HEX_PAGE_BYTES = 64 * 1024

type Watch = {
  objectCursor: number
  lastSnapshot: string
  ticks: number
  readonly sent: Map<SectionName, { readonly text: string; readonly version: number }>
}

/** One connected window: which sessions it watches, and the answers to its commands. */
export class EngineWindow {
  readonly #engine: Engine
  readonly #post: (event: WireEvent) => void
  readonly #closed: () => void
  readonly #watched = new Map<string, Watch>()
  readonly #unlisten: () => void
  #logLines: LogLine[] = []
  #timer: ReturnType<typeof setInterval> | null = null

  /** Sends the recent log at once, and what is asked for afterwards. */
  constructor(engine: Engine, post: (event: WireEvent) => void) {
    this.#engine = engine
    this.#post = post
    this.#closed = engine.closeWithEngine(this)
    this.#logLines = [...engine.logger.recent()]
    this.#unlisten = engine.logger.listen((line) => {
      this.#logLines.push(line)
    })
    this.#timer = setInterval(() => this.#flush(), BATCH_MS)
  }

  close(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#unlisten()
    this.#watched.clear()
    this.#closed()
  }

  /** @throws AppFailure, and whatever the command throws; the arguments are the contract's, checked where they matter */
  async call(name: CommandName, args: readonly unknown[]): Promise<unknown> {
    const command = this.#commands[name] as (...args: readonly unknown[]) => unknown
    return command(...args)
  }

  readonly #commands: { [Name in CommandName]: (...args: Parameters<EngineCommands[Name]>) => Answer<Name> } = {
    hello: () => this.#engine.hello(),
    interfaces: () => listInterfaces(),
    startSession: async (spec) => {
      const session = await this.#engine.start(parseSessionSpec(spec, 'spec'))
      // What cannot be read at all is the answer to whoever named it, not a session without content.
      const failure = await session.stillborn()
      if (failure !== null) {
        await this.#engine.closeSession(session.id)
        throw new AppFailure(failure.code, failure.message, failure.tryThis, failure.cause)
      }
      return { sessionId: session.id }
    },
    specForCapture: (files, pace, choices) => specForCapture(files, pace, choices),
    specForUrl: (url, choices) => specForUrl(url, choices),
    specForDemo: () => specForDemo(),
    stopSession: async (sessionId) => {
      await this.#engine.session(sessionId).stop()
      return null
    },
    closeSession: async (sessionId) => {
      this.#watched.delete(sessionId)
      await this.#engine.closeSession(sessionId)
      return null
    },
    watchSession: (sessionId) => {
      this.#engine.session(sessionId)
      this.#watched.set(sessionId, { objectCursor: 0, lastSnapshot: '', ticks: 0, sent: new Map() })
      return null
    },
    unwatchSession: (sessionId) => {
      this.#watched.delete(sessionId)
      return null
    },
    listSessions: () => this.#engine.sessions().map((session) => ({ sessionId: session.id, name: session.name })),
    queryObjects: (sessionId, query) => this.#engine.session(sessionId).queryObjects(query),
    refreshObjects: (sessionId, viewId) => this.#engine.session(sessionId).refreshObjects(viewId),
    objectRows: (sessionId, viewId, from, to) => this.#engine.session(sessionId).objectRows(viewId, from, to),
    objectDetail: (sessionId, index) => this.#engine.session(sessionId).objectDetail(index),
    objectBytes: (sessionId, index, from, to) =>
      this.#engine.session(sessionId).objectBytes(index, from, Math.min(to, from + HEX_PAGE_BYTES)),
    objectPosition: (sessionId, viewId, index) => this.#engine.session(sessionId).objectPosition(viewId, index),
    signallingText: (sessionId, key) => this.#engine.session(sessionId).signallingText(key),
    report: (sessionId) => this.#engine.session(sessionId).report(),
    startRecording: async (sessionId, file, options) => {
      const { defaultDumpDir } = this.#engine.options
      return {
        file: await this.#engine
          .session(sessionId)
          .startRecording(file, parseRecordingOptions(options), defaultDumpDir),
      }
    },
    stopRecording: (sessionId) => this.#engine.session(sessionId).stopRecording(),
    dumpSession: (sessionId, dir) => this.#engine.session(sessionId).dump(dir, this.#engine.options.defaultDumpDir),
  }

  #flush(): void {
    if (this.#logLines.length > 0) {
      this.#post({ event: 'log', data: this.#logLines })
      this.#logLines = []
    }
    for (const [sessionId, watch] of this.#watched) this.#flushSession(sessionId, watch)
  }

  #flushSession(sessionId: string, watch: Watch): void {
    const session = this.#engine.sessions().find((open) => open.id === sessionId)
    if (session === undefined) {
      this.#watched.delete(sessionId)
      return
    }
    const batch = session.objectBatch(watch.objectCursor)
    if (batch !== null) {
      watch.objectCursor = batch.cursor
      this.#post({ event: 'objects', data: { sessionId, rows: batch.rows, total: batch.total } })
    }
    // A snapshot is a few kilobytes; one with thousands of services goes out less often, so as to cost no more.
    if (watch.ticks++ % (SNAPSHOT_EVERY * (1 + Math.floor(watch.lastSnapshot.length / LARGE_SNAPSHOT))) !== 0) return
    const snapshot = session.snapshot()
    const text = JSON.stringify(snapshot)
    if (text === watch.lastSnapshot) return
    watch.lastSnapshot = text
    const changes = changedSections(snapshot, watch.sent)
    if (changes.length > 0) this.#post({ event: 'sections', data: { sessionId, changes } })
    this.#post({ event: 'snapshot', data: snapshot })
  }
}

type Answer<Name extends CommandName> = ReturnType<EngineCommands[Name]> | Promise<ReturnType<EngineCommands[Name]>>

/** Stands for all parts of a session until each has sections of its own. */
const WHOLE = 'whole'

function changedSections(snapshot: SessionSnapshot, sent: Watch['sent']): SectionChange[] {
  const changes: SectionChange[] = []
  for (const [name, value] of Object.entries(sectionsOf(snapshot))) {
    const section = name as SectionName
    const text = JSON.stringify(value)
    const before = sent.get(section)
    if (before?.text === text || (before === undefined && value === null)) continue
    const version = (before?.version ?? 0) + 1
    sent.set(section, { text, version })
    changes.push({ part: section === 'session' ? null : WHOLE, section, version, value } as SectionChange)
  }
  return changes
}

function sectionsOf(snapshot: SessionSnapshot): { [S in SectionName]?: SectionMap[S] | null } {
  const { name, phase, problems, hostDrops, eventLoopLagMs, recordings } = snapshot
  const { source, totals, services, flows, links, channels, signalling, alarms, losses, systemTime } = snapshot
  const { repair, gateway, broadcast } = snapshot
  const demo = broadcast !== null
  return {
    session: { name, phase, problems, demo, parts: [{ id: WHOLE, kind: WHOLE, title: name }] },
    source,
    totals,
    services,
    flows,
    links,
    channels,
    signalling,
    alarms,
    losses,
    host: { hostDrops, eventLoopLagMs },
    systemTime,
    repair,
    gateway,
    recording: recordings.at(-1) ?? null,
    broadcast,
  }
}
