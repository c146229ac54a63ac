import type {
  CommandName,
  EngineCommands,
  EngineEvents,
  EventName,
  WireEvent,
  WireMessage,
  WireReply,
} from '../contract/engine-api.ts'
import { OBJECT_ROW, OBJECT_ROW_BYTES } from '../contract/object-batch.ts'
import { SessionSections } from '../contract/session-sections.ts'
import type { SessionSnapshot } from '../contract/snapshot.ts'
import type { Engine } from '../engine/engine.ts'
import { serveEngine, type Wire } from '../engine/serve.ts'
import { AppFailure } from '../failure/app-failure.ts'

/** A window at the other end of a wire in memory: sends commands, keeps the received events, and waits for them. */
export class TestWindow {
  readonly events: WireEvent[] = []
  readonly #replies = new Map<number, (reply: WireReply) => void>()
  readonly #looking = new Set<() => void>()
  #listener: (message: unknown) => void = () => undefined
  #closed: () => void = () => undefined
  #nextId = 1

  constructor(engine: Engine) {
    const wire: Wire = {
      // A real wire copies messages: one that cannot be copied is an error.
      post: (message) => this.#take(structuredClone(message)),
      onMessage: (listener) => {
        this.#listener = listener
      },
      onClose: (listener) => {
        this.#closed = listener
      },
    }
    serveEngine(engine, wire)
  }

  /** @throws AppFailure from the engine's answer */
  async call<N extends CommandName>(
    command: N,
    ...args: Parameters<EngineCommands[N]>
  ): Promise<ReturnType<EngineCommands[N]>> {
    const reply = await this.send({ id: this.#nextId++, command, args })
    if (!reply.ok) throw new AppFailure(reply.error.code, reply.error.message, reply.error.tryThis, reply.error.cause)
    return reply.value as ReturnType<EngineCommands[N]>
  }

  /** Sends any message, including invalid requests. */
  send(message: { readonly id: number } & Record<string, unknown>): Promise<WireReply> {
    return new Promise((resolve) => {
      this.#replies.set(message.id, resolve)
      this.#listener(structuredClone(message))
    })
  }

  /** Sends a message without an answer. */
  drop(message: unknown): void {
    this.#listener(message)
  }

  /** Settles when the events satisfy the test, now or later. */
  until(satisfied: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!satisfied()) return
        this.#looking.delete(look)
        resolve()
      }
      this.#looking.add(look)
      look()
    })
  }

  data<N extends EventName>(event: N): EngineEvents[N][] {
    return this.events.filter((each) => each.event === event).map((each) => each.data as EngineEvents[N])
  }

  /** The session's state, assembled from its sections as in a page. */
  snapshot(sessionId: string): SessionSnapshot | null {
    const sections = new SessionSections()
    for (const each of this.data('sections')) if (each.sessionId === sessionId) sections.take(each.changes)
    return sections.snapshot(sessionId)
  }

  /** Settles with the last snapshot when the session has ended. */
  async ended(sessionId: string): Promise<SessionSnapshot> {
    const over = (): boolean => !['starting', 'running', undefined].includes(this.snapshot(sessionId)?.phase)
    await this.until(over)
    return this.snapshot(sessionId) as SessionSnapshot
  }

  /** Indices of the rows received so far. */
  rows(sessionId: string): Set<number> {
    const indices = new Set<number>()
    for (const batch of this.data('objects')) {
      if (batch.sessionId !== sessionId) continue
      const view = new DataView(batch.rows.buffer, batch.rows.byteOffset, batch.rows.byteLength)
      for (let at = 0; at < batch.rows.byteLength; at += OBJECT_ROW_BYTES) {
        indices.add(view.getUint32(at + OBJECT_ROW.index, true))
      }
    }
    return indices
  }

  close(): void {
    this.#closed()
  }

  #take(message: WireMessage): void {
    if ('id' in message) {
      this.#replies.get(message.id)?.(message)
      this.#replies.delete(message.id)
      return
    }
    this.events.push(...message)
    for (const look of [...this.#looking]) look()
  }
}
