import type { CommandName, EngineCommands, WireEvent } from '../contract/engine-api.ts'
import { asServiceId } from '../contract/ids.ts'
import { OBJECT_BATCH_ROWS, OBJECT_ROW_BYTES } from '../contract/object-batch.ts'
import { packRows } from '../contract/packed-rows.ts'
import type { LogLine } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { listInterfaces } from '../socket/interfaces.ts'
import type { Engine } from './engine.ts'
import { openOutside, outsidePlayers } from './outside-players.ts'
import { parsePicture } from './receiving/pictures.ts'
import { savePicture, saveRequests } from './saved-files.ts'
import { SectionFeed } from './section-feed.ts'
import type { Session } from './session.ts'
import type { SessionContents } from './session-contents.ts'
import { parseRecordingOptions, parseSessionSpec } from './spec/spec.ts'

/** Interval of messages: objects that begin or end are in each. */
const BATCH_MS = 100
/** Objects that only grow, and sections, are in every fourth message. */
const SLOWLY_EVERY = 4
const HEX_PAGE_BYTES = 64 * 1024

type Watch = {
  /** Receiver whose objects are sent; undefined: the first. */
  readonly part: string | undefined
  objectCursor: number
  /** `objectChanges` of the session when rows were sent last. */
  objectChanges: number
  ticks: number
  readonly sections: SectionFeed
}

/** One connected window: which sessions it watches, and the answers to its commands. */
export class EngineWindow {
  readonly #engine: Engine
  readonly #post: (events: readonly WireEvent[]) => void
  /** Events of one turn, which go out as one message: a message costs more than what is in it. */
  #events: WireEvent[] = []
  readonly #behind: () => boolean
  readonly #closed: () => void
  readonly #watched = new Map<string, Watch>()
  readonly #unlisten: () => void
  #logLines: LogLine[] = []
  #timer: ReturnType<typeof setInterval> | null = null

  /**
   * Sends the recent log at once, and afterwards what the window asks for.
   * @param behind whether the window has not read all messages yet, so that changes wait
   */
  constructor(engine: Engine, post: (events: readonly WireEvent[]) => void, behind: () => boolean) {
    this.#engine = engine
    this.#post = post
    this.#behind = behind
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

  /** Runs a command. @throws AppFailure, and what the command throws; the arguments are the contract's, checked where they matter */
  async call(name: CommandName, args: readonly unknown[]): Promise<unknown> {
    const command = this.#commands[name] as (...args: readonly unknown[]) => unknown
    return command(...args)
  }

  readonly #commands: { [Name in CommandName]: (...args: Parameters<EngineCommands[Name]>) => Answer<Name> } = {
    hello: () => this.#engine.hello(),
    interfaces: () => listInterfaces(),
    startSession: (spec) => this.#started(this.#engine.start(parseSessionSpec(spec, 'spec'))),
    openSession: (request) => this.#started(this.#engine.open(request)),
    readGpacLine: async (line) => (await import('./gpac/gpac-form.ts')).formOfGpacLine(String(line)),
    checkSending: (request) => this.#engine.checkSending(request),
    startSending: (request) => this.#started(this.#engine.send(request)),
    startServing: (choices) => this.#started(this.#engine.serve(choices)),
    addFolder: async (sessionId, path, writes) => {
      await this.#engine.session(sessionId).addFolder(String(path), writes === true)
      return null
    },
    retryPush: (sessionId, url) => {
      this.#engine.session(sessionId).retryPush(String(url))
      return null
    },
    saveRequests: (sessionId, har) => {
      this.#engine.session(sessionId)
      return saveRequests(this.#engine.options.defaultDumpDir, har)
    },
    planRelay: async (request) => (await import('./relay-plan.ts')).planRelay(request),
    startRelay: (request, replace) => this.#started(this.#engine.relay(request, replace === true)),
    sessionLines: async (sessionId) => (await import('./relay-plan.ts')).linesOf(this.#engine.session(sessionId).spec),
    setLoss: (sessionId, chances) => {
      this.#engine.session(sessionId).setLoss(chances)
      return null
    },
    stopSession: async (sessionId) => {
      await this.#engine.session(sessionId).stop()
      return null
    },
    closeSession: async (sessionId) => {
      this.#watched.delete(sessionId)
      await this.#engine.closeSession(sessionId)
      return null
    },
    watchSession: (sessionId, part) => {
      this.#engine.session(sessionId)
      this.#watched.set(sessionId, { part, objectCursor: 0, objectChanges: -1, ticks: 0, sections: new SectionFeed() })
      return null
    },
    unwatchSession: (sessionId) => {
      this.#watched.delete(sessionId)
      return null
    },
    listSessions: () => this.#engine.sessions().map((session) => ({ sessionId: session.id, name: session.name })),
    queryObjects: (sessionId, query, part) => this.#engine.session(sessionId).contents.queryObjects(query, part),
    refreshObjects: (sessionId, viewId, part) => this.#engine.session(sessionId).contents.refreshObjects(viewId, part),
    objectRows: (sessionId, viewId, from, to, part) =>
      packRows(this.#engine.session(sessionId).contents.objectRows(viewId, from, to, part)),
    objectDetail: (sessionId, index, part) => this.#engine.session(sessionId).contents.objectDetail(index, part),
    objectBytes: (sessionId, index, from, to, part, view) =>
      this.#engine
        .session(sessionId)
        .contents.objectBytes(index, from, Math.min(to, from + HEX_PAGE_BYTES), part, view),
    objectBoxes: (sessionId, index, view, part) =>
      this.#engine.session(sessionId).contents.objectBoxes(index, view, part),
    boxFields: (sessionId, index, view, offset, part) =>
      this.#engine.session(sessionId).contents.boxFields(index, view, offset, part),
    objectPosition: (sessionId, viewId, index, part) =>
      this.#engine.session(sessionId).contents.objectPosition(viewId, index, part),
    signallingText: (sessionId, key, part) => this.#engine.session(sessionId).contents.signallingText(key, part),
    report: (sessionId, part) => this.#engine.session(sessionId).contents.report(part),
    pictured: (sessionId, serviceId, picture, part) => {
      this.#engine
        .session(sessionId)
        .contents.receiving(part)
        .served.pictured(asServiceId(serviceId), parsePicture(picture))
      return null
    },
    lookAt: (sessionId, services, atUs, part) => {
      const ids = Array.isArray(services) ? services.filter(Number.isSafeInteger).map(asServiceId) : []
      const { served } = this.#engine.session(sessionId).contents.receiving(part)
      served.look(ids, Number.isFinite(atUs) ? atUs : null)
      return null
    },
    thumbnail: (sessionId, serviceId, part) =>
      this.#engine.session(sessionId).contents.receiving(part).served.thumbnail(asServiceId(serviceId)),
    savePicture: (sessionId, name, png) => {
      // Only while something may play.
      this.#engine.session(sessionId)
      return savePicture(this.#engine.options.defaultDumpDir, name, png)
    },
    outsidePlayers,
    openOutside: (sessionId, serviceId, player, part) => {
      const url = this.#engine.session(sessionId).contents.receiving(part).served.manifestUrl(asServiceId(serviceId))
      if (url === null) throw new AppFailure('bad-spec', 'The service has no address.', 'Wait for its manifest.')
      return openOutside(player, url)
    },
    startRecording: async (sessionId, file, options, part, replace) => {
      const { defaultDumpDir } = this.#engine.options
      return {
        file: await this.#engine
          .session(sessionId)
          .startRecording(file, parseRecordingOptions(options), defaultDumpDir, part, replace === true),
      }
    },
    stopRecording: (sessionId) => this.#engine.session(sessionId).stopRecording(),
    dumpSession: (sessionId, dir, part, replace) =>
      this.#engine.session(sessionId).dump(dir, this.#engine.options.defaultDumpDir, part, replace === true),
  }

  /** Rows that have changed; those that only grow less often. */
  #batch(session: Session, watch: Watch): ReturnType<SessionContents['objectBatch']> {
    const changes = session.contents.objectChanges(watch.part)
    if (changes === watch.objectChanges && watch.ticks % SLOWLY_EVERY !== 0) return null
    const batch = session.contents.objectBatch(watch.objectCursor, watch.part)
    // After a full batch the next one follows at once.
    if (batch === null || batch.rows.byteLength < OBJECT_BATCH_ROWS * OBJECT_ROW_BYTES) watch.objectChanges = changes
    return batch
  }

  /** Answers with the failure where the session cannot be read at all, instead of showing an empty session. */
  async #started(starting: Promise<Session>): Promise<{ readonly sessionId: string }> {
    const session = await starting
    const failure = await session.startupFailure()
    if (failure === null) return { sessionId: session.id }
    await this.#engine.closeSession(session.id)
    throw new AppFailure(failure.code, failure.message, failure.tryThis, failure.cause)
  }

  #flush(): void {
    if (this.#logLines.length > 0) {
      this.#events.push({ event: 'log', data: this.#logLines })
      this.#logLines = []
    }
    for (const [sessionId, watch] of this.#watched) this.#flushSession(sessionId, watch)
    if (this.#events.length === 0) return
    this.#post(this.#events)
    this.#events = []
  }

  #flushSession(sessionId: string, watch: Watch): void {
    if (this.#behind()) return
    const session = this.#engine.sessions().find((open) => open.id === sessionId)
    if (session === undefined) {
      this.#watched.delete(sessionId)
      return
    }
    const batch = this.#batch(session, watch)
    if (batch !== null) {
      watch.objectCursor = batch.cursor
      this.#events.push({ event: 'objects', data: { sessionId, rows: batch.rows, total: batch.total } })
    }
    if (watch.ticks++ % SLOWLY_EVERY !== 0) return
    const changes = watch.sections.changes(session.sections())
    if (changes.length === 0) return
    this.#events.push({ event: 'sections', data: { sessionId, changes } })
  }
}

type Answer<Name extends CommandName> = ReturnType<EngineCommands[Name]> | Promise<ReturnType<EngineCommands[Name]>>
