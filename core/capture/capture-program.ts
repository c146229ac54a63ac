import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { startReadProgram } from '../guard/guarded-programs.ts'
import type { CaptureConnection } from './capture-connection.ts'
import { noProgram, notExecutable, programFailure } from './capture-program-errors.ts'
import { CAPTURE_TOOLS, type CaptureTool, captureArguments } from './capture-tools.ts'

/** A program that does not end when asked to is killed after this time. */
const KILL_MS = 2000
/** Limit of a program's messages that are kept. */
const MAX_WORDS = 8192

/** Running programs, which are killed where this process ends without closing them. */
const running = new Set<CaptureProgram>()
let watchesExit = false

/** A running capture program. dumpcap gives its statistics at its end, tcpdump also when asked. */
export class CaptureProgram implements CaptureConnection {
  readonly tool: CaptureTool
  readonly about = null
  readonly ends = false
  readonly paced = false
  readonly #on: string
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #exited: Promise<void>
  /** Settles at its first bytes, which show that it has opened the interface. */
  readonly begun: Promise<void>
  #status: number | string | null = null
  #words = ''
  #closing = false
  #killTimer: ReturnType<typeof setTimeout> | null = null

  private constructor(tool: CaptureTool, on: string, child: ChildProcessByStdio<null, Readable, Readable>) {
    this.tool = tool
    this.#on = on
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-MAX_WORDS)
    })
    this.begun = new Promise((resolve) => {
      child.stdout.once('readable', resolve)
    })
    this.#exited = new Promise((resolve) => {
      child.on('close', (status, signal) => {
        this.#status = status ?? signal
        running.delete(this)
        if (this.#killTimer !== null) clearTimeout(this.#killTimer)
        resolve()
      })
    })
    running.add(this)
    if (watchesExit) return
    watchesExit = true
    process.on('exit', () => {
      for (const program of running) program.#child.kill('SIGKILL')
    })
  }

  /**
   * Starts the first program that can be run.
   * @throws AppFailure program-missing | capture-refused
   */
  static async start(
    on: string,
    filter: string,
    tools: readonly CaptureTool[] = CAPTURE_TOOLS,
  ): Promise<CaptureProgram> {
    let refused: CaptureTool | null = null
    for (const tool of tools) {
      const env = { ...process.env, LC_ALL: 'C' }
      const child = startReadProgram(tool.path, captureArguments(tool, on, filter), env)
      const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
        child.once('spawn', () => resolve(null))
        child.once('error', resolve)
      })
      if (error === null) return new CaptureProgram(tool, on, child)
      if (error.code === 'EACCES' || error.code === 'EPERM') refused ??= tool
    }
    throw refused === null ? noProgram() : notExecutable(refused)
  }

  /** Captured packets as a pcap or pcapng. @throws AppFailure where it ends by itself */
  get chunks(): AsyncIterable<Uint8Array> {
    return this.#chunks()
  }

  /** Dropped packets that tcpdump reported; dumpcap reports them in its capture. */
  get drops(): number {
    if (this.tool.kind === 'dumpcap') return 0
    const sum = (pattern: RegExp): number => Number([...this.#words.matchAll(pattern)].at(-1)?.[1] ?? 0)
    return sum(/^(\d+) packets? dropped by kernel/gm) + sum(/^(\d+) packets? dropped by interface/gm)
  }

  /** Asks tcpdump for its statistics; dumpcap gives them at its end only. */
  askDrops(): void {
    if (this.tool.kind === 'tcpdump' && process.platform === 'linux' && !this.#closing) this.#child.kill('SIGUSR1')
  }

  /** Asks it to end; its last packets and statistics still arrive. */
  close(): void {
    if (this.#closing || this.#status !== null) return
    this.#closing = true
    this.#child.kill('SIGINT')
    this.#killTimer = setTimeout(() => this.#kill(), KILL_MS)
  }

  /** Kills it, and lets its streams go: where it was a script, programs of its own may keep them open. */
  #kill(): void {
    this.#child.kill('SIGKILL')
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of this.#child.stdout) yield chunk as Uint8Array
    } catch (error) {
      // Killed: the stream was let go.
      if (!this.#closing) throw error
    }
    await this.#exited
    if (!this.#closing) throw programFailure(this.tool, this.#on, this.#words, this.#status)
  }

  /** Settles when it has ended. */
  get exited(): Promise<void> {
    return this.#exited
  }
}
