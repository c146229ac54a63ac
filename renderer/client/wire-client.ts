import type { AppError } from '../../core/contract/app-error.ts'
import type {
  CommandName,
  EngineCommands,
  EngineEvents,
  EventName,
  WireMessage,
  WireReply,
  WireRequest,
} from '../../core/contract/engine-api.ts'
import { ENGINE_LOST, EngineCallError } from './call-error.ts'
import type { ConnectionState, EngineClient } from './engine-client.ts'
import { busy } from './idle.ts'
import { shownValue } from './shown-values.ts'
import { withoutTrailingUndefined } from './wire-arguments.ts'

/** One connection: sends requests until it is closed. */
export type Wire = { readonly send: (request: WireRequest) => void; readonly close: () => void }

type Pending = {
  readonly command: CommandName
  readonly resolve: (value: never) => void
  readonly reject: (error: EngineCallError) => void
  readonly done: () => void
}

/**
 * Numbers calls, delivers events and survives reconnects, for both wires. Calls before the first connection wait for it; calls
 * in flight when it breaks fail with `engine-died`; watched sessions are watched again on the next connection.
 */
export class WireClient implements EngineClient {
  #wire: Wire | null = null
  #state: ConnectionState = 'connecting'
  #failure: AppError | null = null
  #nextId = 1
  readonly #pending = new Map<number, Pending>()
  #waiting: WireRequest[] = []
  readonly #watched = new Map<string, string | undefined>()
  readonly #listeners = new Map<EventName, Set<(data: never) => void>>()
  readonly #stateListeners = new Set<(state: ConnectionState) => void>()
  #closed = false

  get state(): ConnectionState {
    return this.#state
  }

  get failure(): AppError | null {
    return this.#failure
  }

  /** Uses a new connection instead of the current one. */
  attach(wire: Wire): void {
    if (this.#closed) {
      wire.close()
      return
    }
    if (this.#wire !== null) this.detach()
    const again = this.#state === 'lost' || this.#state === 'failed'
    this.#failure = null
    this.#wire = wire
    this.#become('open')
    const waiting = this.#waiting
    this.#waiting = []
    for (const request of waiting) wire.send(request)
    if (again) for (const [sessionId, part] of [...this.#watched]) this.#watchAgain(sessionId, part)
  }

  /** The connection broke: fails its calls in flight. */
  detach(error: AppError = ENGINE_LOST): void {
    if (this.#wire === null) return
    this.#wire = null
    this.#become('lost')
    this.#rejectAll(error)
  }

  /** Nothing reconnects by itself: fails all calls until the next connection, those that wait for the first one too. */
  fail(error: AppError): void {
    this.#wire = null
    this.#waiting = []
    this.#failure = error
    this.#become('failed')
    this.#rejectAll(error)
  }

  /** Handles one message of the wire; replies to unknown calls are ignored. */
  receive(message: WireMessage): void {
    if ('id' in message) this.#answer(message)
    else for (const { event, data } of message) this.#emit(event, shownValue(event, data) as never)
  }

  call<Name extends CommandName>(
    name: Name,
    ...args: Parameters<EngineCommands[Name]>
  ): Promise<ReturnType<EngineCommands[Name]>> {
    this.#noteWatching(name, args)
    if (this.#state === 'lost' || this.#state === 'failed' || this.#closed)
      return Promise.reject(new EngineCallError(this.#failure ?? ENGINE_LOST))
    const request: WireRequest = { id: this.#nextId++, command: name, args: withoutTrailingUndefined(args) }
    const done = busy()
    return new Promise<ReturnType<EngineCommands[Name]>>((resolve, reject) => {
      this.#pending.set(request.id, { command: name, resolve: resolve as (value: never) => void, reject, done })
      if (this.#wire === null) this.#waiting.push(request)
      else this.#wire.send(request)
    })
  }

  on<Name extends EventName>(event: Name, listener: (data: EngineEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener as (data: never) => void)
    return () => {
      listeners.delete(listener as (data: never) => void)
    }
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener)
    return () => {
      this.#stateListeners.delete(listener)
    }
  }

  close(): void {
    this.#closed = true
    const wire = this.#wire
    this.detach()
    wire?.close()
  }

  #answer(reply: WireReply): void {
    const call = this.#pending.get(reply.id)
    if (call === undefined) return
    this.#pending.delete(reply.id)
    call.done()
    if (reply.ok) call.resolve(shownValue(call.command, reply.value) as never)
    else call.reject(new EngineCallError(reply.error))
  }

  #rejectAll(error: AppError): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const call of pending) {
      call.done()
      call.reject(new EngineCallError(error))
    }
  }

  #emit(event: EventName, data: never): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(data)
  }

  #noteWatching(name: CommandName, args: readonly unknown[]): void {
    const [sessionId, part] = args
    if (typeof sessionId !== 'string') return
    if (name === 'watchSession') this.#watched.set(sessionId, typeof part === 'string' ? part : undefined)
    else if (name === 'unwatchSession' || name === 'closeSession') this.#watched.delete(sessionId)
  }

  #watchAgain(sessionId: string, part: string | undefined): void {
    this.call('watchSession', sessionId, part).catch((thrown: unknown) => {
      this.#watched.delete(sessionId)
      const error = thrown instanceof EngineCallError ? thrown.error : ENGINE_LOST
      this.#emit('problem', { sessionId, error } as never)
    })
  }

  #become(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of this.#stateListeners) listener(state)
  }
}
