import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { LAST_RESORT_MARK } from '../../contract/app-error.ts'
import { RunningProgram } from '../program.ts'

/** Interval at which a program that ends is looked at. */
const LOOK_MS = 20

/** The built program, running with an HTTP server, while hostile inputs are given to it. */
export class Victim {
  readonly port: number
  /** Of the address of the interface; empty for a gateway. */
  readonly token: string
  readonly #program: RunningProgram
  #ended: string | null = null
  #peakBytes = 0
  /** Time from SIGTERM to the end of the process, without what it waited for a processor; null before. */
  endMs: number | null = null

  private constructor(program: RunningProgram, port: number, token: string) {
    this.#program = program
    this.port = port
    this.token = token
    void program.ended.then(({ status, signal, stderr }) => {
      this.#ended = `the program ended with ${status ?? signal}: ${stderr.slice(-2000)}`
    })
  }

  /** @param ready what it prints: a port, then perhaps a token */
  static async start(args: readonly string[], ready: RegExp): Promise<Victim> {
    const program = new RunningProgram(args)
    const [, port = '', token = ''] = await program.printed('stdout', ready)
    return new Victim(program, Number(port), token)
  }

  /**
   * Asks its server for the index.
   * @param spent takes the time of the answer, without what the program waited for a processor that others used, ms
   * @returns what is wrong, or null
   */
  async answers(spent: (ms: number) => void): Promise<string | null> {
    const began = performance.now()
    const waited = waitedMs(this.#program.child.pid)
    const status = await new Promise<number | string>((resolve) => {
      const request = get({ host: '127.0.0.1', port: this.port, agent: false, timeout: 60_000 }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', ({ message }) => resolve(message))
      })
      request.on('timeout', () => request.destroy(new Error('no answer in a minute')))
      request.on('error', ({ message }) => resolve(message))
    })
    spent(withoutWaiting(performance.now() - began, waitedMs(this.#program.child.pid) - waited))
    if (this.#ended !== null) return this.#ended
    return typeof status === 'number' && status < 500 ? null : `it does not answer: ${status}`
  }

  /** Largest resident memory so far. */
  peakBytes(): number {
    this.#peakBytes = Math.max(this.#peakBytes, peakOf(this.#program.child.pid))
    return this.#peakBytes
  }

  /** Asks it to end. @returns what is wrong, or null */
  async stop(): Promise<string | null> {
    if (this.#ended !== null) return this.#ended
    const { pid } = this.#program.child
    const began = performance.now()
    const before = waitedMs(pid)
    let waited = before
    // Once it has ended nobody can tell.
    const look = setInterval(() => {
      waited = Math.max(waited, waitedMs(pid))
    }, LOOK_MS)
    this.#program.child.kill('SIGTERM')
    const { stderr } = await this.#program.ended
    clearInterval(look)
    this.endMs = withoutWaiting(performance.now() - began, waited - before)
    return stderr.includes(LAST_RESORT_MARK) ? stderr.slice(-2000) : null
  }
}

/** What is left of a time without the waiting in it. */
export function withoutWaiting(ms: number, waitedMs: number): number {
  return Math.max(0, ms - Math.max(0, waitedMs))
}

/** How long the main thread of a process was ready to run, and others ran, ms; 0 where the system does not tell. */
function waitedMs(pid: number | undefined): number {
  try {
    const [, waitedNs = '0'] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')
    return Number(waitedNs) / 1e6
  } catch {
    return 0
  }
}

/** Largest resident memory of a process so far, bytes; 0 where the system does not tell, or it has ended. */
export function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] =
      /VmHWM:\s+(\d+) kB/.exec(readFileSync(join('/proc', String(pid), 'status'), 'utf8')) ?? []
    return Number(kilobytes) * 1024
  } catch {
    return 0
  }
}
