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
  /** The program's own time from SIGTERM to its end, as `ownMs`; null before. */
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
   * @param spent takes the program's own time of the answer, as `ownMs`
   * @returns what is wrong, or null
   */
  async answers(spent: (ms: number) => void): Promise<string | null> {
    const began = performance.now()
    const before = timesOf(this.#program.child.pid)
    const status = await new Promise<number | string>((resolve) => {
      const request = get({ host: '127.0.0.1', port: this.port, agent: false, timeout: 60_000 }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', ({ message }) => resolve(message))
      })
      request.on('timeout', () => request.destroy(new Error('no answer in a minute')))
      request.on('error', ({ message }) => resolve(message))
    })
    spent(ownMs(performance.now() - began, before, timesOf(this.#program.child.pid)))
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
    const before = timesOf(pid)
    let last = before
    // Once it has ended nobody can tell.
    const look = setInterval(() => {
      last = timesOf(pid) ?? last
    }, LOOK_MS)
    this.#program.child.kill('SIGTERM')
    const { stderr } = await this.#program.ended
    clearInterval(look)
    this.endMs = ownMs(performance.now() - began, before, last)
    return stderr.includes(LAST_RESORT_MARK) ? stderr.slice(-2000) : null
  }
}

/** How long the main thread of a process ran, and how long it was ready to and others ran, ms. */
export type ThreadTimes = { readonly ranMs: number; readonly waitedMs: number }

/** Part of a time in which a program neither ran nor waited for a processor that counts as its own. */
const STOOD_PART = 1 / 10

/**
 * How much of a time is a program's own: what its main thread ran. On a busy machine the rest is that of others: who asks waits for a
 * processor too, and a virtual machine for its host. Of time in which it stood still without being ready a part counts.
 */
export function ownMs(ms: number, before: ThreadTimes | null, after: ThreadTimes | null): number {
  if (before === null || after === null) return ms
  const ranMs = Math.min(ms, after.ranMs - before.ranMs)
  const waitedMs = Math.max(0, after.waitedMs - before.waitedMs)
  return Math.max(ranMs, (ms - waitedMs) * STOOD_PART, 0)
}

/** Null where the system does not tell, or the process has ended. */
function timesOf(pid: number | undefined): ThreadTimes | null {
  try {
    const [ranNs, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ').map(Number)
    return ranNs === undefined || waitedNs === undefined ? null : { ranMs: ranNs / 1e6, waitedMs: waitedNs / 1e6 }
  } catch {
    return null
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
