import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannelMain, type UtilityProcess, utilityProcess, type WebContents } from 'electron'
import type { AppError } from '../../core/contract/app-error.ts'
import { guardErrors } from '../../core/guard/guard-errors.ts'
import type { EngineProcessOptions } from '../engine/index.ts'
import { SHELL_ENGINE_PORT } from '../preload/channels.ts'

/** Crashes within a minute after which the engine is not restarted: a restart does not help. */
const DEATHS_PER_MINUTE = 4
/** Longest wait for the engine to flush files to a slow disk; a hung engine must not keep the app from closing. */
const CLOSE_LIMIT_MS = 5_000

export type EngineHostOptions = {
  readonly modulePath: string
  readonly engine: Omit<EngineProcessOptions, 'tempDir'>
  /** Called when an engine has crashed; another one runs, unless it keeps crashing. The error names the lost state. */
  readonly onLost: (error: AppError) => void
}

/**
 * Supervises the engine process and connects every window to it by a port. Rows and statistics pass between engine and page
 * directly, without main.
 */
export class EngineHost {
  readonly #options: EngineHostOptions
  readonly #deaths: number[] = []
  #process: UtilityProcess | null = null
  #closing = false
  /** Removal of temporary files of crashed engines; the app waits for it before it quits. */
  #cleaning: Promise<void> = Promise.resolve()

  constructor(options: EngineHostOptions) {
    this.#options = options
    this.#start()
  }

  /** Sends the page of `contents` a port; its previous port closes with the page. */
  connect(contents: WebContents): void {
    if (this.#process === null || contents.isDestroyed()) return
    const { port1, port2 } = new MessageChannelMain()
    this.#process.postMessage('connect', [port1])
    contents.postMessage(SHELL_ENGINE_PORT, null, [port2])
  }

  /** Process id of the engine; undefined while none runs. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Stops all sessions, flushes their files and ends the process. */
  async close(): Promise<void> {
    this.#closing = true
    const child = this.#process
    if (child !== null) await this.#end(child)
    await this.#cleaning
  }

  #end(child: UtilityProcess): Promise<void> {
    return new Promise((done) => {
      const limit = setTimeout(() => child.kill(), CLOSE_LIMIT_MS)
      child.once('exit', () => {
        clearTimeout(limit)
        done()
      })
      child.postMessage('close')
    })
  }

  #start(): void {
    // Each engine has its own folder, which is removed after a crash.
    const tempDir = mkdtempSync(join(tmpdir(), 'routescope-'))
    const options: EngineProcessOptions = { ...this.#options.engine, tempDir }
    const child = utilityProcess.fork(this.#options.modulePath, [JSON.stringify(options)], {
      serviceName: 'Routescope engine',
    })
    guardErrors({ topic: 'engine', what: 'The engine process' }, child)
    this.#process = child
    child.once('exit', (code) => {
      this.#process = null
      this.#cleaning = Promise.all([this.#cleaning, rm(tempDir, { recursive: true, force: true })]).then(
        () => undefined,
        (error: unknown) => console.error(error),
      )
      if (!this.#closing) this.#recover(code)
    })
  }

  #recover(code: number): void {
    const now = Date.now()
    this.#deaths.push(now)
    const recent = this.#deaths.filter((time) => now - time < 60_000).length
    if (recent < DEATHS_PER_MINUTE) {
      this.#start()
      this.#options.onLost({
        code: 'engine-died',
        message: 'The engine stopped unexpectedly and was started again; sessions and their undumped files are lost.',
        tryThis: 'Open the capture or the address again.',
        cause: `exit status ${code}`,
      })
      return
    }
    this.#options.onLost({
      code: 'engine-died',
      message: `The engine stopped ${recent} times within a minute and was not started again.`,
      tryThis: 'Close Routescope, start it from a terminal and report what it prints there.',
      cause: `exit status ${code}`,
    })
  }
}
