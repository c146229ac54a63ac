import type { Lease } from '../flow/lease.ts'
import type { FlowObject } from '../flow/objects.ts'
import type { ChangeAnswer } from '../http/client/send-request.ts'
import { FollowedObject } from './followed-object.ts'

/** Files that are sent while they come, at once. */
const MOST_GROWING = 32

/** Sends a file whose body comes piece by piece. Rejects where no answer comes. */
export type SendGrowing = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => Promise<ChangeAnswer>

/** What became of a file: the server has it, or it is to be sent whole. */
export type GrowingEnd = 'sent' | 'failed'

type Growing = {
  readonly index: number
  readonly body: FollowedObject
  readonly abort: AbortController
  /** Null until the request has begun. */
  sent: Promise<GrowingEnd> | null
}

/** Files that are sent to one server while they come (chunked), by their paths. */
export class GrowingPushes {
  readonly #send: SendGrowing
  readonly #growing = new Map<string, Growing>()
  /** The server takes no body without a length. */
  #refused = false
  #closed = false

  constructor(send: SendGrowing) {
    this.#send = send
  }

  /** Begins to send an object that is coming, unless it is whole before anything else happens. */
  begin(path: string, headers: Readonly<Record<string, string>>, object: FlowObject): void {
    if (this.#refused || this.#closed || this.#growing.size >= MOST_GROWING || this.#growing.has(path)) return
    const growing: Growing = {
      index: object.index,
      body: new FollowedObject(object),
      abort: new AbortController(),
      sent: null,
    }
    this.#growing.set(path, growing)
    setImmediate(() => {
      if (this.#growing.get(path) === growing && growing.sent === null) growing.sent = this.#run(path, headers, growing)
    })
  }

  /**
   * Gives the whole content of an object that is being sent.
   * @returns how that ends, and what breaks it off; null where it is not being sent
   */
  finish(path: string, index: number, whole: Lease): { ended: Promise<GrowingEnd>; abort: () => void } | null {
    const growing = this.#growing.get(path)
    if (growing === undefined || growing.index !== index) return null
    this.#growing.delete(path)
    if (growing.sent === null) {
      growing.body.cut()
      return null
    }
    growing.body.finish(whole)
    return { ended: growing.sent, abort: () => growing.abort.abort() }
  }

  /** Breaks off what is sent of an object that is lost. */
  lost(index: number): void {
    for (const [path, growing] of this.#growing) if (growing.index === index) this.#break(path, growing)
  }

  /** Breaks off all that has no end yet: nothing more comes. */
  close(): void {
    this.#closed = true
    for (const [path, growing] of this.#growing) this.#break(path, growing)
  }

  #break(path: string, { body, abort }: Growing): void {
    this.#growing.delete(path)
    body.cut()
    abort.abort()
  }

  async #run(path: string, headers: Readonly<Record<string, string>>, growing: Growing): Promise<GrowingEnd> {
    try {
      const { status } = await this.#send(path, headers, growing.body, growing.abort.signal)
      if (status === 411 || status === 501) this.#refused = true
      return status >= 200 && status < 300 && growing.body.isGiven ? 'sent' : 'failed'
    } catch {
      return 'failed'
    } finally {
      growing.body.cut()
    }
  }
}
