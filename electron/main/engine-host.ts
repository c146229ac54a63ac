import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { app, MessageChannelMain, type UtilityProcess, utilityProcess, type WebContents } from 'electron'
import type { AppError } from '../../core/contract/app-error.ts'
import { removeRemains } from '../../core/engine/dump-remains.ts'
import { guardErrors } from '../../core/guard/guard-errors.ts'
import type { EngineProcessOptions } from '../engine/index.ts'
import { SHELL_ENGINE_FAILURE, SHELL_ENGINE_PORT } from '../preload/channels.ts'
import { exitReason, type GoneDetails } from './engine-exit.ts'

const SERVICE_NAME = 'Routescope engine'
/** Crashes within a minute after which the engine is not restarted by itself: that does not help. */
const DEATHS_PER_MINUTE = 4
/** Longest wait for the engine to flush files to a slow disk; a hung engine must not keep the app from closing. */
const CLOSE_LIMIT_MS = 5_000
/** Longest wait, after the exit, for Chromium to report how the process ended. */
const GONE_LIMIT_MS = 200
/** End of the engine's standard error that is kept, UTF-16 units. */
const KEPT_ERRORS = 8_000

export type EngineHostOptions = {
  readonly modulePath: string
  readonly engine: Omit<EngineProcessOptions, 'tempDir'>
  /** Called when an engine has crashed and another one runs. The error names the lost state. */
  readonly onLost: (error: AppError) => void
  /** Called when the engine keeps crashing and none runs until `restart`. */
  readonly onFailed: (error: AppError) => void
  /** Called with the folders of all dumps under way, at each change. */
  readonly onWriting: (folders: readonly string[]) => void
}

/** A running engine process. */
type Running = { readonly child: UtilityProcess; errors: string; gone: GoneDetails | null; writing: readonly string[] }

/**
 * Supervises the engine process and connects every window to it by a port. Rows and statistics pass between engine and page
 * directly, without main.
 */
export class EngineHost {
  readonly #options: EngineHostOptions
  #deaths: number[] = []
  #running: Running | null = null
  /** Why no engine runs; null while one does or is about to. */
  #failure: AppError | null = null
  #closing = false
  /** Removal of files of ended engines; the app waits for it before it quits. */
  #cleaning: Promise<void> = Promise.resolve()

  constructor(options: EngineHostOptions) {
    this.#options = options
    app.on('child-process-gone', (_event, details) => {
      if (details.name === SERVICE_NAME) this.#last.gone = details
    })
    this.#last = this.#start()
  }

  /** The engine that runs, or ran last. */
  #last: Running

  /** Sends the page of `contents` a port, or why there is none; its previous port closes with the page. */
  connect(contents: WebContents): void {
    if (contents.isDestroyed()) return
    if (this.#failure !== null) contents.send(SHELL_ENGINE_FAILURE, this.#failure)
    if (this.#running === null) return
    const { port1, port2 } = new MessageChannelMain()
    this.#running.child.postMessage('connect', [port1])
    contents.postMessage(SHELL_ENGINE_PORT, null, [port2])
  }

  /** Starts the engine after it has failed. @returns whether it did */
  restart(): boolean {
    if (this.#failure === null || this.#closing) return false
    this.#failure = null
    this.#deaths = []
    this.#start()
    return true
  }

  /** Stops all sessions, flushes their files and ends the process. @param limitMs after which it is killed */
  async close(limitMs = CLOSE_LIMIT_MS): Promise<void> {
    this.#closing = true
    if (this.#running !== null) await this.#end(this.#running.child, limitMs)
    await this.#cleaning
  }

  #end(child: UtilityProcess, limitMs: number): Promise<void> {
    return new Promise((done) => {
      const limit = setTimeout(() => kill(child), limitMs)
      child.once('exit', () => {
        clearTimeout(limit)
        done()
      })
      child.postMessage('close')
    })
  }

  #start(): Running {
    // Each engine has its own folder, which is removed after a crash.
    const tempDir = mkdtempSync(join(tmpdir(), 'routescope-'))
    const options: EngineProcessOptions = { ...this.#options.engine, tempDir }
    const child = utilityProcess.fork(this.#options.modulePath, [JSON.stringify(options)], {
      serviceName: SERVICE_NAME,
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    guardErrors({ topic: 'engine', what: 'The engine process' }, child)
    const running: Running = { child, errors: '', gone: null, writing: [] }
    let pid: number | undefined
    child.once('spawn', () => {
      pid = child.pid
    })
    if (child.stderr !== null) guardErrors({ topic: 'engine', what: "The engine's standard error" }, child.stderr)
    child.stderr?.on('data', (chunk: Buffer) => {
      running.errors = (running.errors + chunk).slice(-KEPT_ERRORS)
      process.stderr.write(chunk)
    })
    child.on('message', ({ writing }: { readonly writing: readonly string[] }) => this.#writing(running, writing))
    child.once('exit', (code) => {
      this.#running = null
      const left = pid === undefined ? [] : running.writing.map((folder) => removeRemains(folder, pid as number))
      const removals = [this.#cleaning, rm(tempDir, { recursive: true, force: true }), ...left]
      this.#cleaning = Promise.all(removals).then(
        () => undefined,
        (error: unknown) => console.error(error),
      )
      this.#writing(running, [])
      if (!this.#closing) setTimeout(() => this.#recover(code, running), GONE_LIMIT_MS)
    })
    this.#running = running
    this.#last = running
    return running
  }

  #writing(running: Running, folders: readonly string[]): void {
    if (running.writing.length === 0 && folders.length === 0) return
    running.writing = folders
    this.#options.onWriting(folders)
  }

  #recover(code: number, { gone, errors }: Running): void {
    if (this.#closing) return
    const reason = exitReason(code, gone, errors)
    const now = Date.now()
    this.#deaths = [...this.#deaths.filter((time) => now - time < 60_000), now]
    if (this.#deaths.length < DEATHS_PER_MINUTE) {
      this.#start()
      this.#options.onLost({
        code: 'engine-died',
        message: `The engine stopped unexpectedly: it ${reason}. It was started again; sessions and their undumped files are lost.`,
        tryThis: 'Open the capture or the address again.',
        cause: reason,
      })
      return
    }
    this.#failure = {
      code: 'engine-died',
      message: `The engine stopped ${this.#deaths.length} times within a minute and was not started again; the last time it ${reason}.`,
      tryThis: 'Restart it, then open the capture or the address again.',
      cause: reason,
    }
    this.#options.onFailed(this.#failure)
  }
}

/** Ends a process that does not answer: a signal that it cannot put off. */
function kill(child: UtilityProcess): void {
  try {
    if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
