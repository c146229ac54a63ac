import type { CommandName, EngineCommands, WireEvent } from '../contract/engine-api.ts'
import type { LogLine, SectionChange } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { listInterfaces } from '../socket/interfaces.ts'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'
import { specForCapture, specForDemo, specForUrl } from './spec/session-specs.ts'
import { parseRecordingOptions, parseSessionSpec } from './spec/spec.ts'

/** Object rows go out ten times a second at most, sections every third of those, and only when they changed. */
const BATCH_MS = 100
const SECTIONS_EVERY = 3
const HEX_PAGE_BYTES = 64 * 1024

type Watch = {
  objectCursor: number
  ticks: number
  /** Version last sent of each section, by part and name. */
  readonly sent: Map<string, number>
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
      const failure = await session.startupFailure()
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
      this.#watched.set(sessionId, { objectCursor: 0, ticks: 0, sent: new Map() })
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
    if (watch.ticks++ % SECTIONS_EVERY !== 0) return
    const changes = changedSections(session, watch.sent)
    if (changes.length === 0) return
    this.#post({ event: 'sections', data: { sessionId, changes } })
    this.#post({ event: 'snapshot', data: session.snapshot() })
  }
}

/** What has changed since `sent`, which is brought up to date. A section that was not sent yet counts as changed. */
function changedSections(session: Session, sent: Map<string, number>): SectionChange[] {
  const changes: SectionChange[] = []
  for (const { part, section } of session.sections()) {
    const key = `${part ?? ''}\n${section.name}`
    const version = section.version()
    const before = sent.get(key)
    if (before === version) continue
    const value = section.read()
    // What a part does not have yet is not worth a word.
    if (value === null && before === undefined) continue
    sent.set(key, version)
    changes.push({ part, section: section.name, version, value } as SectionChange)
  }
  return changes
}

type Answer<Name extends CommandName> = ReturnType<EngineCommands[Name]> | Promise<ReturnType<EngineCommands[Name]>>
