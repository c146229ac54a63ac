import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Choices } from '../contract/choices.ts'
import type { EngineHello } from '../contract/engine-api.ts'
import type { SessionRequest } from '../contract/open-request.ts'
import type { RelayRequest } from '../contract/relay-request.ts'
import type { SendPlan, SendRequest } from '../contract/send-request.ts'
import type { LogLevel, LogTopic, SessionSpec } from '../contract/session-spec.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import type { FileUse } from '../files/file-clashes.ts'
import { onPeerError } from '../guard/guard-errors.ts'
import { onUncaughtError } from '../guard/last-resort.ts'
import { wallClockUs } from './clock.ts'
import { Logger } from './logger.ts'
import { preflight } from './preflight.ts'
import { PART_DESCRIPTIONS, PART_KINDS } from './registry.ts'
import { Session } from './session.ts'
import { refuseExisting } from './session-dumps.ts'
import { specForRelay } from './spec/relay-spec.ts'
import { specForSending } from './spec/send-spec.ts'
import { specForServing } from './spec/serve-spec.ts'
import { filesOfSpec } from './spec/session-files.ts'
import { specForSources } from './spec/session-specs.ts'
import type { WindowHost } from './window-host.ts'
import { Writings } from './writings.ts'

/** Settings of the process that the engine runs in. */
export type EngineOptions = {
  /** Folder for temporary files; absent: one of its own, made when needed and removed by `close`. */
  readonly tempDir?: string
  /** Folder of dumps that name none. */
  readonly defaultDumpDir: string
  /** Folder of the demo's presentation. */
  readonly demoDir: string
  readonly version: string
}

/**
 * Runs sessions. It owns the clock and the logger, and is the same in the app's engine process and in the command line.
 */
export class Engine {
  readonly nowUs = wallClockUs()
  readonly logger = new Logger(this.nowUs)
  readonly options: EngineOptions
  /** Dumps under way. */
  readonly writings = new Writings()
  readonly #sessions = new Map<string, Session>()
  readonly #windows = new Set<{ close(): void }>()
  #windowHost: Promise<WindowHost | null> = Promise.resolve(null)
  readonly #closing = new Set<Promise<void>>()
  #nextSession = 1
  /** Part of session ids: a window that outlives its engine must not take another's sessions for its own. */
  readonly #tag = randomBytes(4).toString('hex')
  #tempDir: string | null = null

  readonly #unwatch: readonly (() => void)[]

  constructor(options: EngineOptions) {
    this.options = options
    this.#unwatch = [
      onPeerError(({ topic, level, text }) => this.#log(topic, level, text)),
      onUncaughtError((error) => this.#log('engine', 'error', toAppError(error).message)),
    ]
  }

  hello(): EngineHello {
    return {
      version: this.options.version,
      platform: process.platform,
      defaultDumpDir: this.options.defaultDumpDir,
      parts: PART_DESCRIPTIONS,
    }
  }

  /**
   * Opens the port of loopback on which windows are served what sessions receive.
   * @param port 0: any free one
   * @returns its origin. @throws AppFailure port-in-use | socket-failed
   */
  async serveWindows(port: number): Promise<string> {
    const opened = import('./window-host.ts').then(({ WindowHost }) => WindowHost.open(port))
    this.#windowHost = opened.catch(() => null)
    return (await opened).origin
  }

  /**
   * Opens everything the spec names and starts it.
   * @param savedAs the file it was read from, which it must not write
   * @throws AppFailure for the first part that could not be opened; those opened before are closed again
   */
  async start(spec: SessionSpec, savedAs?: string): Promise<Session> {
    const saved: FileUse[] =
      savedAs === undefined ? [] : [{ path: savedAs, writes: false, shape: 'file', name: 'the session file' }]
    const id = `s${this.#nextSession++}-${this.#tag}`
    const session = new Session(id, spec, {
      nowUs: this.nowUs,
      log: this.logger.session(spec.log),
      kinds: PART_KINDS,
      demoDir: this.options.demoDir,
      sessionDir: () => join(this.tempDir(), id),
      otherFiles: () => [...saved, ...this.#filesBeside(id)],
      windowHost: await this.#windowHost,
      writings: this.writings,
    })
    await session.open()
    this.#sessions.set(id, session)
    session.run()
    return session
  }

  /**
   * Starts the session of a request from a command line, a form, a recent item or a link.
   * @throws AppFailure bad-spec | bad-url, and as `start` does
   */
  async open(request: SessionRequest): Promise<Session> {
    return this.start(specForSources(request.sources, request.choices))
  }

  /** Starts the session of a request to broadcast. @throws AppFailure bad-spec | bad-url, and as `start` does */
  async send(request: SendRequest): Promise<Session> {
    return this.start(specForSending(request))
  }

  /** Starts the session of a form to serve folders. @throws AppFailure bad-spec, and as `start` does */
  async serve(choices: Choices): Promise<Session> {
    return this.start(specForServing(choices))
  }

  /**
   * Starts the session of a relay.
   * @param replace files that are there may be overwritten
   * @throws AppFailure bad-spec | file-exists, and as `start` does
   */
  async relay(request: RelayRequest, replace: boolean): Promise<Session> {
    const spec = specForRelay(request)
    if (!replace) await refuseExisting(filesOfSpec(spec, PART_DESCRIPTIONS).filter(({ writes }) => writes))
    return this.start(spec)
  }

  /** Loads what would be sent, without sending it. @throws AppFailure as `send` does */
  async checkSending(request: SendRequest): Promise<SendPlan> {
    const { nowUs } = this
    const { demoDir } = this.options
    return preflight(specForSending({ ...request, receiveBack: false }), { nowUs, demoDir, kinds: PART_KINDS })
  }

  /** Returns a folder for temporary files, which only this user may enter: names in the system's folder can be guessed. */
  tempDir(): string {
    this.#tempDir ??= this.options.tempDir ?? mkdtempSync(join(tmpdir(), 'routescope-'))
    return this.#tempDir
  }

  #filesBeside(id: string): FileUse[] {
    return this.sessions().flatMap((session) =>
      session.id === id
        ? []
        : session.files().map((use) => ({ ...use, name: `${use.name} of the session ${session.name}:` })),
    )
  }

  session(sessionId: string): Session {
    const session = this.#sessions.get(sessionId)
    if (session === undefined) {
      throw new AppFailure(
        'no-such-session',
        `Session ${sessionId} is not open any more.`,
        'Open the capture or the address again.',
      )
    }
    return session
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  async closeSession(sessionId: string): Promise<void> {
    const session = this.session(sessionId)
    this.#sessions.delete(sessionId)
    const closing = session.close()
    this.#closing.add(closing)
    await closing.finally(() => this.#closing.delete(closing))
  }

  /** Registers a window to be closed with the engine. @returns the function that unregisters it */
  closeWithEngine(window: { close(): void }): () => void {
    this.#windows.add(window)
    return () => this.#windows.delete(window)
  }

  /** Logs what concerns no session in particular, once, where any session wants it. */
  #log(topic: LogTopic, level: LogLevel, text: string): void {
    const logs = [...this.#sessions.values()].map(({ spec }) => this.logger.session(spec.log))
    const log = logs.length === 0 ? this.logger.session() : logs.find((each) => each.wants(topic, level))
    log?.log(topic, level, text)
  }

  /** Ends dumps, closes windows and sessions, and removes temporary files. */
  async close(): Promise<void> {
    this.writings.abort()
    for (const unwatch of this.#unwatch) unwatch()
    for (const window of [...this.#windows]) window.close()
    for (const id of [...this.#sessions.keys()]) void this.closeSession(id).catch(() => undefined)
    await Promise.allSettled(this.#closing)
    await (await this.#windowHost)?.close()
    if (this.#tempDir === null || this.#tempDir === this.options.tempDir) return
    await rm(this.#tempDir, { recursive: true, force: true })
    this.#tempDir = null
  }
}
