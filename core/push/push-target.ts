import type { PushTargetSnapshot } from '../contract/http-snapshots.ts'
import { withoutCredentials } from '../contract/shown-url.ts'
import type { Lease } from '../flow/lease.ts'
import type { FlowObject } from '../flow/objects.ts'
import { authorizationOf, HttpClient } from '../http/client/http-client.ts'
import { type HttpClock, pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { RequestSlots } from '../http/client/request-slots.ts'
import type { ChangeAnswer, ChangeRequest } from '../http/client/send-request.ts'
import type { TransferProgress, TransferTable } from '../http/transfer-table.ts'
import { countedPieces, PIECE_BYTES, piecesOf } from './counted-pieces.ts'
import { GrowingPushes } from './growing-pushes.ts'
import { answerText, isPassing, isTaken, reasonOf } from './push-answers.ts'

/** Bytes of files that wait; more and the oldest segments are left out, so that a slow server never holds up others. */
const QUEUE_BYTES = 64 * 1024 * 1024
/** What a file costs while it waits, besides its bytes. */
const ENTRY_BYTES = 1024
/** Queues of files, each in order. */
const LANES = 16
/** Connections kept for whole files: files that are sent while they come take long. */
const FOR_WHOLE_FILES = 1
/** Wait before a file is sent again: doubles with each attempt, ms. */
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 4000
/** A file may take longer than the time limit where it is long, bytes a second. */
const LEAST_RATE = 64 * 1024

/** How files are sent. */
export type PushRules = {
  readonly method: 'PUT' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** Time for which failed requests are sent again, from the first that failed after one that succeeded, ms. */
  readonly timeoutMs: number
  /** Failed requests are sent again. */
  readonly retries: boolean
  /** Files are sent while they come, in chunks; else once they are whole, with their length. */
  readonly growing: boolean
  /** Requests to one server at once, each on a connection: at most as many as it takes of one computer (GPAC: 6). */
  readonly connections: number
}

/** A file to send, or, without bytes, one to remove. */
export type Push = {
  /** Below the folder of the target, its components encoded. */
  readonly path: string
  /** Files of one lane are sent one after another. */
  readonly lane: string
  readonly headers: Readonly<Record<string, string>>
  readonly lease: Lease | null
  /** It may be left out where too much waits. */
  readonly spare: boolean
}

/** Files of one channel, in order, and those removed. */
type Lane = {
  /** By path: a newer file takes the place of one that waits. */
  readonly waiting: Map<string, Push>
  running: boolean
}

/** One server that gets files: what waits for it, what it got, and what it refused. */
export class PushTarget {
  readonly #folder: URL
  readonly #rules: PushRules
  readonly #authorization: string | null
  readonly #failed: (path: string, reason: string) => void
  readonly #client: HttpClient
  readonly #clock: HttpClock
  readonly #lanes: readonly Lane[] = Array.from({ length: LANES }, () => ({ waiting: new Map(), running: false }))
  readonly #slots: RequestSlots
  readonly #closing = new AbortController()
  /** Ends the pauses before next attempts. */
  #pausing = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #waitingBytes = 0
  #reachable = true
  /** When requests began to fail, none having succeeded since, on the clock's ms; null: the last one succeeded. */
  #failingMs: number | null = null
  #finishing = false
  #room: (() => void)[] = []
  readonly #transfers: TransferTable | null
  readonly #growing: GrowingPushes
  /** Files that were sent while they came and have no answer yet, each with its removal, which waits for that. */
  readonly #ending = new Map<string, Push | null>()
  readonly #state = { files: 0, bytes: 0, removed: 0, failed: 0, leftOut: 0, retries: 0 }
  #problem: string | null = null

  /**
   * @param folder its path ends in `/`; `user:password@` is sent to it alone
   * @param failed called for each file that was given up
   * @param transfers shows each file on its way; null: nobody looks
   */
  constructor(
    folder: URL,
    rules: PushRules,
    failed: (path: string, reason: string) => void,
    clock: HttpClock = SYSTEM_CLOCK,
    transfers: TransferTable | null = null,
  ) {
    this.#authorization = authorizationOf(folder)
    this.#folder = new URL(folder)
    this.#folder.username = ''
    this.#folder.password = ''
    this.#rules = rules
    this.#failed = failed
    this.#clock = clock
    this.#slots = new RequestSlots(rules.connections)
    this.#client = new HttpClient(clock, null, rules.connections)
    this.#transfers = transfers
    this.#growing = new GrowingPushes((path, headers, body, signal) => this.#sendGrowing(path, headers, body, signal))
  }

  /** Its folder, without credentials. */
  get url(): string {
    return withoutCredentials(this.#folder.href)
  }

  /** Counts and the state of the target. */
  snapshot(): PushTargetSnapshot {
    return {
      ...this.#state,
      url: this.url,
      waitingBytes: this.#waitingBytes,
      reachable: this.#reachable,
      problem: this.#problem,
    }
  }

  /** Begins to send a file that is coming. */
  begin(path: string, headers: Readonly<Record<string, string>>, object: FlowObject): void {
    // What fails is sent whole, again and again.
    if (!this.#rules.growing || this.#finishing || !this.#reachable || this.#failingMs !== null) return
    this.#growing.begin(path, headers, object)
  }

  /** An object that is being sent is lost. */
  lost(object: FlowObject): void {
    this.#growing.lost(object.index)
  }

  /** Takes a whole file: the end of one that is being sent, or one to send. @param index of its object */
  whole(push: Push & { readonly lease: Lease }, index: number): void {
    const sending = this.#growing.finish(push.path, index, push.lease)
    if (sending === null) {
      this.push(push)
      return
    }
    this.#drop(this.#laneOf(push.lane), push.path)
    push.lease.keep()
    const bytes = bytesOf(push)
    this.#waitingBytes += bytes
    // A server that takes nothing must not hold more than its share.
    if (this.#waitingBytes > QUEUE_BYTES) sending.abort()
    const cancel = this.#clock.after(this.#limitMs(push.lease), sending.abort)
    this.#ending.set(push.path, null)
    const run = sending.ended
      .then((end) => {
        this.#waitingBytes -= bytes
        const removal = this.#ending.get(push.path) ?? null
        this.#ending.delete(push.path)
        if (end === 'sent') this.#count(push)
        else this.push(push)
        if (removal !== null) this.push(removal)
      })
      .finally(() => {
        cancel()
        push.lease.release()
        this.#tellRoom()
        this.#running.delete(run)
      })
    this.#running.add(run)
  }

  /** Queues a file, or its removal. */
  push(push: Push): void {
    if (push.lease === null && this.#ending.has(push.path)) {
      this.#ending.set(push.path, push)
      return
    }
    const lane = this.#laneOf(push.lane)
    const waited = this.#drop(lane, push.path)
    if (waited?.lease != null && push.lease === null) {
      // It is to be removed before it was sent.
      this.#state.leftOut++
      return
    }
    push.lease?.keep()
    lane.waiting.set(push.path, push)
    this.#waitingBytes += bytesOf(push)
    if (this.#waitingBytes > QUEUE_BYTES) this.#leaveOut()
    if (lane.running) return
    lane.running = true
    const run = this.#run(lane).finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  /** While the server takes files but is behind: settles once it has caught up, or takes none any more. */
  busy(): Promise<void> | null {
    if (!this.#isBehind) return null
    return new Promise((resolve) => this.#room.push(resolve))
  }

  /** Waits until everything has been sent or given up. */
  async finish(): Promise<void> {
    this.#finishing = true
    // Of what has no end by now nothing more comes.
    this.#growing.close()
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Tries at once what waits to be sent again; its time limit begins once more. */
  tryNow(): void {
    const before = this.#pausing
    this.#pausing = new AbortController()
    this.#failingMs = null
    before.abort()
  }

  /** Gives up what waits. */
  flush(): void {
    this.#closing.abort()
    this.#pausing.abort()
    this.#growing.close()
  }

  async close(): Promise<void> {
    this.flush()
    await this.finish()
    await this.#client.close()
  }

  get #isBehind(): boolean {
    return this.#reachable && this.#waitingBytes > QUEUE_BYTES / 2
  }

  /** @throws where no answer comes, or no connection is free: then the file is sent once it is whole */
  async #sendGrowing(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ChangeAnswer> {
    const free = this.#slots.takeNow(FOR_WHOLE_FILES)
    if (free === null) throw new Error('all its connections are in use')
    const transfer = this.#begin(path, null)
    try {
      const answer = await this.#client.send({
        ...this.#request(path, headers),
        method: this.#rules.method,
        body: transfer === null ? body : countedPieces(body, transfer),
        answerMs: null,
        signal,
      })
      transfer?.end(isTaken(answer.status) ? null : answerText(answer.status))
      return answer
    } catch (error) {
      transfer?.end((error as Error).message)
      throw error
    } finally {
      free()
    }
  }

  #begin(path: string, sizeBytes: number | null): TransferProgress | null {
    return this.#transfers?.begin('push', this.url, path, sizeBytes) ?? null
  }

  async #run(lane: Lane): Promise<void> {
    for (;;) {
      const [first] = lane.waiting.values()
      if (first === undefined) break
      lane.waiting.delete(first.path)
      try {
        await this.#deliver(first, lane)
      } finally {
        this.#waitingBytes -= bytesOf(first)
        first.lease?.release()
        this.#tellRoom()
      }
    }
    lane.running = false
  }

  /** Sends a file until the server has it, a newer one is there, or its time is over. */
  async #deliver(push: Push, lane: Lane): Promise<void> {
    const { signal } = this.#closing
    const transfer = push.lease === null ? null : this.#begin(push.path, push.lease.bytes.byteLength)
    const giveUp = (why: string): void => {
      transfer?.end(why)
      this.#giveUp(push, why)
    }
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      if (signal.aborted) return giveUp('the session ended')
      if (this.#finishing && this.#leftMs() <= 0) return giveUp(this.#problem ?? 'the session ended')
      const answer = await this.#attempt(push, transfer)
      const reason = typeof answer === 'string' ? answer : reasonOf(answer.status, push.lease === null)
      this.#reachable = typeof answer !== 'string'
      if (reason === null) {
        transfer?.end(null)
        this.#count(push)
        return
      }
      this.#problem = reason
      this.#tellRoom()
      const passes = this.#rules.retries && (typeof answer === 'string' || isPassing(answer.status))
      if (signal.aborted || !passes) return giveUp(reason)
      this.#failingMs ??= this.#clock.nowMs()
      if (lane.waiting.has(push.path)) return transfer?.end('a newer one takes its place')
      const left = this.#leftMs()
      if (left <= 0) return giveUp(reason)
      const asked = typeof answer === 'string' ? null : answer.retryAfterMs
      // It is left alone for longer than files are kept for it.
      if (asked !== null && asked > left) return giveUp(`${reason} and asks for ${seconds(asked)}`)
      this.#state.retries++
      const pauseMs = Math.min(asked ?? waitMs, left)
      transfer?.retries(reason, pauseMs)
      await pause(this.#clock, pauseMs, this.#pausing.signal)
    }
  }

  /** Time for which failed requests are still sent again, ms. */
  #leftMs(): number {
    if (this.#failingMs === null) return this.#rules.timeoutMs
    return this.#rules.timeoutMs - (this.#clock.nowMs() - this.#failingMs)
  }

  /** @returns the answer, or why there is none */
  async #attempt({ path, headers, lease }: Push, transfer: TransferProgress | null): Promise<ChangeAnswer | string> {
    const size = lease?.bytes.byteLength ?? 0
    const inPieces = lease !== null && transfer !== null && size > PIECE_BYTES
    const length = inPieces ? { ...headers, 'Content-Length': String(size) } : headers
    const free = await this.#slots.take()
    try {
      const answer = await this.#client.send({
        ...this.#request(path, length),
        method: lease === null ? 'DELETE' : this.#rules.method,
        body: inPieces ? countedPieces(piecesOf(lease.bytes), transfer) : (lease?.bytes ?? null),
        answerMs: this.#limitMs(lease),
        signal: this.#closing.signal,
      })
      if (!inPieces) transfer?.moved(size)
      return answer
    } catch (error) {
      return (error as Error).message
    } finally {
      free()
    }
  }

  /** Address and headers of a request. */
  #request(path: string, headers: Readonly<Record<string, string>>): Pick<ChangeRequest, 'url' | 'headers'> {
    const own = this.#authorization === null ? undefined : { Authorization: this.#authorization }
    return {
      url: new URL(`${this.#folder.pathname}${path}`, this.#folder),
      headers: { 'User-Agent': 'routescope', ...own, ...this.#rules.headers, ...headers },
    }
  }

  /** Time that a file may take, ms. */
  #limitMs(lease: Lease | null): number {
    return this.#rules.timeoutMs + ((lease?.bytes.byteLength ?? 0) / LEAST_RATE) * 1000
  }

  #count(push: Push): void {
    this.#problem = null
    this.#failingMs = null
    if (push.lease === null) this.#state.removed++
    else {
      this.#state.files++
      this.#state.bytes += push.lease.bytes.byteLength
    }
  }

  #giveUp(push: Push, reason: string): void {
    this.#state.failed++
    this.#failed(push.path, reason)
  }

  /** Leaves out the oldest that wait: segments first. */
  #leaveOut(): void {
    for (const spare of [true, false])
      for (const lane of this.#lanes)
        for (const push of lane.waiting.values()) {
          if (this.#waitingBytes <= QUEUE_BYTES) return
          if (push.spare !== spare) continue
          this.#drop(lane, push.path)
          this.#state.leftOut++
        }
  }

  #drop(lane: Lane, path: string): Push | null {
    const waiting = lane.waiting.get(path)
    if (waiting === undefined) return null
    lane.waiting.delete(path)
    this.#waitingBytes -= bytesOf(waiting)
    waiting.lease?.release()
    return waiting
  }

  /** Few lanes, also where a broadcast has thousands of channels. */
  #laneOf(name: string): Lane {
    let sum = 0
    for (let at = 0; at < name.length; at++) sum = (sum * 31 + name.charCodeAt(at)) >>> 0
    return this.#lanes[sum % LANES] as Lane
  }

  #tellRoom(): void {
    if (this.#isBehind) return
    const waiting = this.#room
    this.#room = []
    for (const tell of waiting) tell()
  }
}

function bytesOf({ lease }: Push): number {
  return ENTRY_BYTES + (lease?.bytes.byteLength ?? 0)
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`
}
