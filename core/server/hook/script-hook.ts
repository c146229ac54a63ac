import type { Worker } from 'node:worker_threads'
import { AppFailure } from '../../failure/app-failure.ts'
import { startThread } from '../../guard/guarded-threads.ts'
import { headerProblem } from '../headers.ts'
import type { HookAnswer, HookRequest } from './hook.ts'
import type { FromScript, ScriptResult, ToScript } from './hook-messages.ts'
import hookWorker from './hook-worker.ts?thread'

/** Time in which a script is loaded, and answers, ms. */
const ANSWER_MS = 5000

type Waiting = { readonly resolve: (message: FromScript) => void; readonly reject: (error: Error) => void }

/** A user's script that decides about requests, in a thread of its own. */
export class ScriptHook {
  readonly #thread: Worker
  /** The next message of each question. */
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #ended: Error | null = null

  private constructor(path: string, warn: (text: string) => void) {
    this.#thread = startThread(hookWorker, path, (error) => this.#end(error))
    this.#thread.on('message', (message: FromScript) => {
      if (message.kind === 'uncaught') return warn(`The script failed outside of a request: ${message.problem}`)
      const id = message.kind === 'ready' ? 0 : message.id
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (message.kind === 'failed') waiting?.reject(new Error(message.problem))
      else waiting?.resolve(message)
    })
  }

  /**
   * Loads a script.
   * @param warn told of what it throws outside of requests
   * @throws AppFailure input-unusable
   */
  static async open(path: string, warn: (text: string) => void): Promise<ScriptHook> {
    const hook = new ScriptHook(path, warn)
    try {
      const message = await hook.#next(0, null)
      if (message.kind === 'ready' && message.problem !== null) throw new Error(message.problem)
      return hook
    } catch (error) {
      await hook.close()
      const reason = (error as Error).message.split('\n')[0] ?? ''
      throw new AppFailure('input-unusable', `The script ${path} cannot be used: ${reason}.`, 'Correct it.', error)
    }
  }

  /** Asks the script about a request. Rejects where it fails or does not answer in time. */
  async ask(request: HookRequest, gone: AbortSignal): Promise<HookAnswer> {
    const id = ++this.#count
    const message = await this.#next(id, { id, kind: 'ask', request })
    if (message.kind !== 'result') throw new Error('The script answered out of turn.')
    gone.addEventListener('abort', () => this.#post({ id, kind: 'over' }), { once: true })
    return answerOf(message.result, () => this.#pieces(id))
  }

  async close(): Promise<void> {
    this.#end(new Error('The server ends.'))
    await this.#thread.terminate()
  }

  async *#pieces(id: number): AsyncGenerator<Uint8Array> {
    for (;;) {
      const message = await this.#next(id, { id, kind: 'more' }, null)
      if (message.kind !== 'piece' || message.piece === null) return
      yield message.piece
    }
  }

  /** Sends a message and waits for the one that answers it. @param ms null: for any time */
  #next(id: number, message: ToScript | null, ms: number | null = ANSWER_MS): Promise<FromScript> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#waiting.delete(id)
        reject(new Error(`The script gave no answer within ${ANSWER_MS / 1000} s.`))
      }
      const timer = ms === null ? null : setTimeout(late, ms)
      const settled = (): void => {
        if (timer !== null) clearTimeout(timer)
      }
      this.#waiting.set(id, {
        resolve: (answer) => {
          settled()
          resolve(answer)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      })
      if (message !== null) this.#post(message)
    })
  }

  #post(message: ToScript): void {
    if (this.#ended === null) this.#thread.postMessage(message)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** Checks what a script returned. @throws Error for what no reply can have */
function answerOf(result: ScriptResult, pieces: () => AsyncIterable<Uint8Array>): HookAnswer {
  const { status, headers, body, serveFile, throttle } = result
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerProblem(name, value)
    if (problem !== null) throw new Error(`The header ${name} ${problem}.`)
  }
  if (throttle !== null && !(throttle > 0)) throw new Error(`A throttle of ${throttle} bytes a second is none.`)
  if (status === null && body === null) return { kind: 'file', path: serveFile, headers, bps: throttle }
  const code = status ?? 200
  if (!Number.isInteger(code) || code < 200 || code > 599) throw new Error(`${status} is no status of a reply.`)
  return {
    kind: 'reply',
    status: code,
    headers,
    body: body === 'pieces' ? pieces() : (body ?? new Uint8Array(0)),
    bps: throttle,
  }
}
