import { setMaxListeners } from 'node:events'
import type { RepairSpec } from '../contract/session-spec.ts'
import type { RepairSnapshot } from '../contract/snapshot.ts'
import { parseUrl } from '../failure/parse-url.ts'
import { HTTP_LIMITS, type HttpLimits } from '../http/client/fetch-resource.ts'
import { HostRule } from '../http/client/host-rule.ts'
import { HttpClient } from '../http/client/http-client.ts'
import { type HttpClock, pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { RequestSlots } from '../http/client/request-slots.ts'
import { type FetchOutcome, RepairJob, type WantedObject } from './repair-job.ts'
import { ServerBook } from './server-book.ts'

/** Bounds of fetching. Times ms. */
export type RepairLimits = HttpLimits & {
  /** Largest object; also the largest answer. */
  readonly objectBytes: number
  /** Memory of the objects waiting or being fetched. */
  readonly openBytes: number
  readonly openObjects: number
  /** A server that is busy or lacks the file is asked again every `retryMs`, for `retryForMs`. */
  readonly retryMs: number
  readonly retryForMs: number
  /** Deadline of an object where the signalling has none: media is late, a file is sent again. */
  readonly deadlineMs: number
  /** Upper bound of every deadline. */
  readonly longestDeadlineMs: number
}

const REPAIR_LIMITS: RepairLimits = {
  ...HTTP_LIMITS,
  objectBytes: 256 << 20,
  openBytes: 128 << 20,
  openObjects: 256,
  retryMs: 100,
  retryForMs: 1000,
  deadlineMs: 20_000,
  longestDeadlineMs: 600_000,
}

/** Options of `HttpRepair`. */
export type HttpRepairOptions = {
  readonly spec: RepairSpec
  /** Stream time is wall time: back-off applies, and excess is dropped. A capture waits for its repairs instead. */
  readonly live: boolean
  readonly clock?: HttpClock
  readonly limits?: Partial<RepairLimits>
}

type OpenRepair = {
  readonly wanted: WantedObject
  readonly bytes: number
  readonly abort: AbortController
  readonly done: (outcome: FetchOutcome | null) => void
}

/**
 * Fetches the missing bytes of objects by HTTP: a bounded number of requests at a time, each object until its deadline.
 */
export class HttpRepair {
  readonly #spec: RepairSpec
  readonly #live: boolean
  readonly #clock: HttpClock
  readonly #limits: RepairLimits
  readonly #slots: RequestSlots
  readonly #starts: RequestSlots
  readonly #book: ServerBook
  readonly #client: HttpClient
  /** By row, in order of arrival. */
  readonly #open = new Map<number, OpenRepair>()
  readonly #idle = new Set<() => void>()
  #openBytes = 0
  #active = 0
  #done = 0
  #failed = 0
  #bytes = 0
  #closing = false

  constructor(options: HttpRepairOptions) {
    const { allow, connections, urls } = options.spec
    this.#spec = options.spec
    this.#live = options.live
    this.#clock = options.clock ?? SYSTEM_CLOCK
    this.#limits = { ...REPAIR_LIMITS, ...options.limits }
    this.#slots = new RequestSlots(connections)
    this.#starts = new RequestSlots(connections)
    const named = urls.flatMap((url) => parseUrl(url)?.hostname ?? [])
    const hosts = new HostRule([...named, ...allow])
    this.#book = new ServerBook(urls, this.#clock, hosts)
    this.#client = new HttpClient(this.#clock, hosts)
  }

  /**
   * Takes an object to fetch its missing bytes. `done` is called once, later: with the outcome, or null after `cancel`.
   * @returns false where the bounds are reached
   */
  fetch(wanted: WantedObject, done: (outcome: FetchOutcome | null) => void): boolean {
    const bytes = Math.max(wanted.bytes.length, wanted.size ?? 0)
    if (this.#open.has(wanted.index) || !this.admits(bytes)) return false
    const open: OpenRepair = { wanted, bytes, abort: new AbortController(), done }
    setMaxListeners(0, open.abort.signal)
    this.#open.set(wanted.index, open)
    this.#openBytes += bytes
    void this.#run(open)
    return true
  }

  /** True where the bounds leave room for an object of this size. */
  admits(bytes: number): boolean {
    if (this.#closing || bytes > Math.min(this.#limits.objectBytes, this.#limits.openBytes)) return false
    return !this.#live || !this.#isFull(bytes)
  }

  has(index: number): boolean {
    return this.#open.has(index)
  }

  #isFull(more: number): boolean {
    return this.#open.size >= this.#limits.openObjects || this.#openBytes + more > this.#limits.openBytes
  }

  async #run(open: OpenRepair): Promise<void> {
    const { clock, limits } = { clock: this.#clock, limits: this.#limits }
    const { signal } = open.abort
    const backoffMs = this.#backoffMs(open.wanted)
    const cancelDeadline = clock.after(this.#deadlineMs(open.wanted, backoffMs), () => open.abort.abort())
    await pause(clock, backoffMs, signal)
    const release = await this.#starts.take()
    this.#active++
    const job = new RepairJob(
      open.wanted,
      {
        spec: this.#spec,
        clock,
        limits,
        client: this.#client,
        slots: this.#slots,
        book: this.#book,
        onBytes: (bytes) => {
          this.#bytes += bytes
        },
      },
      signal,
    )
    const outcome = await job.run()
    this.#active--
    release()
    cancelDeadline()
    if (this.#open.get(open.wanted.index) === open) {
      this.#leave(open)
      if (outcome.whole) this.#done++
      else this.#failed++
      open.done(outcome)
    }
    this.#tellIdle()
  }

  /** Spreads the requests of all receivers; a capture has only one receiver. */
  #backoffMs({ backoff, lastTimeUs }: WantedObject): number {
    if (!this.#live) return 0
    const { silentMs, fixedMs, randomMs } = backoff
    const silentSinceMs = this.#clock.wallMs() - lastTimeUs / 1000
    const silenceMs = Math.min(silentMs, Math.max(0, silentMs - silentSinceMs))
    return silenceMs + fixedMs + this.#clock.random() * randomMs
  }

  /** A capture has no clock: its objects do not expire. */
  #deadlineMs({ usefulUntilUs }: WantedObject, backoffMs: number): number {
    const { deadlineMs, longestDeadlineMs } = this.#limits
    if (!this.#live || usefulUntilUs === null) return backoffMs + deadlineMs
    return Math.max(0, Math.min(longestDeadlineMs, usefulUntilUs / 1000 - this.#clock.wallMs()))
  }

  #leave(open: OpenRepair): void {
    this.#open.delete(open.wanted.index)
    this.#openBytes -= open.bytes
  }

  #tellIdle(): void {
    for (const tell of [...this.#idle]) tell()
  }

  /** Stops fetching an object that became complete another way. */
  cancel(index: number): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    this.#leave(open)
    open.abort.abort()
    open.done(null)
    this.#tellIdle()
  }

  /** Back-pressure: reading of the capture waits while the bounds are reached. */
  busy(): Promise<void> | null {
    if (this.#live || !this.#isFull(0)) return null
    return this.#until(() => !this.#isFull(0))
  }

  /** Waits at most `graceMs` for all objects, then settles the rest as they are. */
  async flush(graceMs: number): Promise<void> {
    const cancel = this.#clock.after(graceMs, () => this.abortAll())
    await this.#until(() => this.#open.size === 0)
    cancel()
  }

  /** Stops all fetching now; each object is settled as it is. */
  abortAll(): void {
    for (const { abort } of this.#open.values()) abort.abort()
  }

  #until(met: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!met()) return
        this.#idle.delete(look)
        resolve()
      }
      this.#idle.add(look)
      look()
    })
  }

  state(): RepairSnapshot {
    return {
      active: this.#active,
      queued: Math.max(0, this.#open.size - this.#active),
      done: this.#done,
      failed: this.#failed,
      bytes: this.#bytes,
      servers: this.#book.snapshots(),
    }
  }

  /** Closes connections; settles open objects as they are. */
  async close(): Promise<void> {
    this.#closing = true
    this.abortAll()
    await this.#until(() => this.#open.size === 0)
    await this.#client.close()
  }
}
