import { createHash } from 'node:crypto'
import { CodecError } from '../bytes/codec-error.ts'
import type { RepairSpec } from '../contract/session-spec.ts'
import type { RepairServer } from '../flow/facts.ts'
import type { ByteRange, ListedFacts } from '../flow/objects.ts'
import { fetchResource, type HttpLimits } from '../http/client/fetch-resource.ts'
import type { HttpClient } from '../http/client/http-client.ts'
import { type HttpClock, pause } from '../http/client/http-clock.ts'
import type { RequestSlots } from '../http/client/request-slots.ts'
import type { ResourceAnswer, ResourceRequest } from '../http/client/resource-answer.ts'
import { decodeContent } from '../protocol/content-encoding.ts'
import { looksGzip } from '../protocol/gzip.ts'
import { wantedByBoxes } from './box-order.ts'
import { mergeGaps } from './gaps.ts'
import { ObjectAssembly } from './object-assembly.ts'
import type { Backoff } from './post-file-repair.ts'
import { type Resource, resourceOf } from './resource-url.ts'
import type { Place, ServerBook } from './server-book.ts'

/** An object with missing bytes to fetch. */
export type WantedObject = {
  /** Row in the session's columns. */
  readonly index: number
  readonly name: string
  /** As transported; null while unknown. */
  readonly size: number | null
  readonly received: number
  /** Received bytes up to the last one, holes zero; the job owns them. */
  readonly bytes: Uint8Array
  /** Up to `size` where known. */
  readonly missing: readonly ByteRange[]
  /** It is encoded on air: a server has the content, so byte ranges do not match. */
  readonly encoded: boolean
  readonly isBoxes: boolean
  readonly listed: Pick<ListedFacts, 'contentMd5' | 'alternateLocations'> | null
  readonly servers: readonly RepairServer[]
  /** Delay of the first request; silence counts from `lastTimeUs`, stream time. */
  readonly backoff: Backoff
  readonly lastTimeUs: number
  /** End of its use to players, stream µs; null where unknown. */
  readonly usefulUntilUs: number | null
}

/** Result of a job: `bytes` is the object now, `missing` its gaps. */
export type FetchOutcome = {
  readonly whole: boolean
  readonly bytes: Uint8Array
  /** The file: the same bytes, but for an object that is encoded on air. */
  readonly content: Uint8Array
  readonly missing: readonly ByteRange[]
  /** Null while unknown. */
  readonly size: number | null
  /** Bytes filled. */
  readonly filled: number
  /** Servers of the filled bytes. */
  readonly urls: readonly string[]
  /** Why it is incomplete; null where it is whole. */
  readonly reason: string | null
}

/** Shared by all jobs of a session. */
export type JobContext = {
  readonly spec: RepairSpec
  readonly clock: HttpClock
  readonly limits: HttpLimits & { readonly objectBytes: number; readonly retryMs: number; readonly retryForMs: number }
  readonly client: HttpClient
  readonly slots: RequestSlots
  readonly book: ServerBook
  readonly onBytes: (bytes: number) => void
}

/** Statuses worth a retry: the server is busy or restarting. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504])

/** Statuses that are final for an address. */
const ABSENT = new Set([404, 410])

/** Ranges requested for one object; with more gaps, near ones are joined. */
const MAX_REQUESTS = 256

/** After a request: continue, repeat later, or leave this server. */
type Step = 'on' | 'again' | 'leave'

/** Fetches the missing bytes of one object, from one server after another, until it is whole or no server remains. */
export class RepairJob {
  readonly #wanted: WantedObject
  readonly #context: JobContext
  readonly #signal: AbortSignal
  readonly #resource: Resource
  readonly #assembly: ObjectAssembly
  /** Set for an object that is encoded on air: a server sends the file itself. */
  #content: { readonly bytes: Uint8Array; readonly place: Place } | null = null
  #etags = new Map<string, string>()
  #reason: string | null = null

  constructor(wanted: WantedObject, context: JobContext, signal: AbortSignal) {
    this.#wanted = wanted
    this.#context = context
    this.#signal = signal
    this.#resource = resourceOf(wanted.name)
    this.#assembly = new ObjectAssembly(wanted.bytes, wanted.size, wanted.missing)
  }

  /** Never rejects. */
  async run(): Promise<FetchOutcome> {
    const places = this.#places()
    if (places.length === 0) this.#reason = 'no server is known for it'
    for (const place of places) {
      if (this.#signal.aborted || this.#done) break
      if (place.server.isAbsent(place.url) || !place.server.isUsable(this.#context.clock.nowMs())) {
        this.#reason ??= place.server.problem
        continue
      }
      await this.#ask(place)
      if (this.#done) this.#verify()
    }
    return this.#outcome()
  }

  #places(): Place[] {
    const { listed, servers } = this.#wanted
    return this.#context.book.placesOf(this.#resource, listed, servers)
  }

  get #done(): boolean {
    return this.#content !== null || this.#assembly.whole
  }

  /** Requests from one server until nothing is missing, it has nothing more, or its time has passed. */
  async #ask(place: Place): Promise<void> {
    const { clock, limits } = this.#context
    let triesUntilMs: number | null = null
    while (!this.#signal.aborted && !this.#done) {
      const asks = this.#plan(place)
      if (asks.length === 0) return
      const before = this.#assembly.filled
      const steps = await this.#askAll(asks, place)
      if (steps.includes('leave')) return
      if (steps.includes('again')) {
        const nowMs = clock.nowMs()
        triesUntilMs ??= nowMs + limits.retryForMs
        const waitMs = Math.max(limits.retryMs, place.server.restsUntilMs(nowMs) - nowMs)
        if (nowMs + waitMs > triesUntilMs) return
        await pause(clock, waitMs, this.#signal)
      } else if (!this.#done && this.#assembly.filled === before) return
    }
  }

  async #askAll(asks: readonly ResourceRequest[], place: Place): Promise<Step[]> {
    const steps: Step[] = []
    const queue = [...asks]
    const worker = async (): Promise<void> => {
      for (let ask = queue.shift(); ask !== undefined; ask = queue.shift()) {
        const step = await this.#request(ask, place)
        steps.push(step)
        // The remaining requests would get the same answer, or this one had everything.
        if (step !== 'on' || this.#done) queue.length = 0
      }
    }
    const { connections } = this.#context.spec
    await Promise.all(Array.from({ length: Math.min(connections, asks.length) }, worker))
    return steps
  }

  /** The next requests: the whole file, or ranges. */
  #plan(place: Place): ResourceRequest[] {
    const { spec, limits } = this.#context
    const { offset, isChunk } = this.#resource
    const { size, gaps, reach } = this.#assembly
    const total = isChunk || this.#wanted.encoded ? null : size
    const common = { url: place.url, etag: null, total, encoded: this.#wanted.encoded, maxBytes: limits.objectBytes }
    const ask = (range: ResourceRequest['range']): ResourceRequest => ({ ...common, range })
    if (this.#wanted.encoded) return isChunk ? [] : [ask(null)]
    if (isChunk && size === null) return []
    const whole =
      spec.minReceivedPercent === 0 || (size !== null && this.#wanted.received * 100 < spec.minReceivedPercent * size)
    if (!place.server.ranges) return [ask(null)]
    if (whole && this.#assembly.filled === 0) {
      return [ask(isChunk ? [offset, offset + (size as number)] : null)]
    }
    if (size === null && reach === 0) return [ask(null)]
    // One byte already received shows whether it is the same file.
    if (size === null) return [ask([Math.max(0, reach - 1), null])]
    return this.#wantedGaps(gaps).map(([from, to]) => ask([offset + from, offset + to]))
  }

  #wantedGaps(gaps: readonly ByteRange[]): ByteRange[] {
    const { order, mergeBytes } = this.#context.spec
    const inOrder = order !== 'none' && this.#wanted.isBoxes
    const wanted = inOrder ? wantedByBoxes(this.#assembly.bytes, gaps, order, Math.max(64, mergeBytes)) : gaps
    let ranges = mergeGaps(wanted, mergeBytes)
    for (let apart = mergeBytes; ranges.length > MAX_REQUESTS; ranges = mergeGaps(wanted, apart))
      apart = 4 * apart + 1024
    return ranges
  }

  async #request(ask: ResourceRequest, place: Place): Promise<Step> {
    const { client, clock, limits, slots } = this.#context
    const release = await slots.take()
    try {
      // Another request may have learned this meanwhile.
      if (this.#signal.aborted || place.server.restsUntilMs(clock.nowMs()) > 0) return 'leave'
      place.server.requests++
      const etag = this.#etags.get(place.url) ?? null
      const result = await fetchResource(client, { ...ask, etag }, clock, limits, this.#signal)
      switch (result.kind) {
        case 'bytes':
          return this.#take(ask, result, place)
        case 'refused':
          return this.#refused(result.status, result.retryAfterMs, place)
        case 'mismatch':
          return this.#mismatched(result.reason, place)
        case 'failed':
          this.#reason = result.reason
          place.server.failed(result.reason, clock.nowMs())
          return 'leave'
        case 'cancelled':
          return 'leave'
      }
    } finally {
      release()
    }
  }

  #refused(status: number, waitMs: number | null, { server, url }: Place): Step {
    this.#reason = `HTTP ${status}`
    server.problem = this.#reason
    if (ABSENT.has(status)) server.lacks(url, this.#reason)
    if (!PASSING.has(status)) return 'leave'
    const nowMs = this.#context.clock.nowMs()
    server.busy(this.#reason, waitMs, nowMs)
    return server.restsUntilMs(nowMs) > nowMs + this.#context.limits.retryForMs ? 'leave' : 'again'
  }

  #mismatched(reason: string, place: Place): Step {
    this.#reason = reason
    place.server.mismatched(reason)
    this.#assembly.forget(place.server)
    this.#etags.delete(place.url)
    return 'leave'
  }

  #take(ask: ResourceRequest, answer: ResourceAnswer, place: Place): Step {
    const { server } = place
    const bytes = answer.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)
    server.bytes += bytes
    this.#context.onBytes(bytes)
    if (this.#wanted.encoded) return this.#takeContent(answer, place)
    const { offset, isChunk } = this.#resource
    for (const piece of answer.pieces) {
      const at = this.#assembly.conflict(piece, offset)
      if (at !== null) return this.#mismatched(`its bytes differ at ${at} from those received`, place)
    }
    // Only an answer that agrees with the bytes on air sets the object's length.
    const total = answer.total ?? endOf(ask, answer)
    if (!isChunk && total !== null) {
      if (total < this.#assembly.reach) {
        return this.#mismatched(`its file has ${total} bytes, fewer than were received`, place)
      }
      if (total > this.#context.limits.objectBytes) return 'leave'
      this.#assembly.learnSize(total)
    }
    if (ask.range !== null && answer.whole) server.ranges = false
    if (answer.etag !== null) this.#etags.set(place.url, answer.etag)
    let added = 0
    for (const piece of answer.pieces) added += this.#assembly.fill(piece, offset, server)
    if (answer.broken === null) {
      server.worked()
      return 'on'
    }
    this.#reason = answer.broken
    server.failed(answer.broken, this.#context.clock.nowMs())
    // Part of it arrived, so the rest may; but a slow server is of no use.
    return added > 0 && answer.broken === 'the connection broke' ? 'again' : 'leave'
  }

  #takeContent(answer: ResourceAnswer, place: Place): Step {
    const [piece] = answer.pieces
    if (piece === undefined || answer.broken !== null) {
      this.#reason = answer.broken
      place.server.failed(answer.broken ?? 'an empty answer', this.#context.clock.nowMs())
      return 'again'
    }
    let { bytes } = piece
    // A server may store the packed form and not say so.
    const encoding = answer.encoding ?? (looksGzip(bytes) ? 'gzip' : null)
    if (encoding !== null) {
      try {
        bytes = decodeContent(bytes, encoding, this.#context.limits.objectBytes)
      } catch (thrown) {
        if (thrown instanceof CodecError) return this.#mismatched(`its ${encoding} cannot be read`, place)
        throw thrown
      }
    }
    place.server.worked()
    this.#content = { bytes, place }
    return 'on'
  }

  /** Checks Content-MD5 of the File entry: a whole file with other content is no repair. */
  #verify(): void {
    const expected = this.#wanted.listed?.contentMd5?.trim() ?? null
    if (expected === null || this.#resource.isChunk) return
    const content = this.#content?.bytes ?? this.#assembly.bytes
    if (createHash('md5').update(content).digest('base64') === expected) return
    const servers = this.#content === null ? this.#assembly.servers : [this.#content.place.server]
    this.#reason = 'its MD5 is not that of the file table'
    for (const server of servers) {
      server.mismatched(this.#reason)
      this.#assembly.forget(server)
    }
    this.#content = null
    this.#etags.clear()
  }

  #outcome(): FetchOutcome {
    const whole = this.#done
    const { bytes, gaps, filled, servers, size } = this.#assembly
    const content = this.#content
    return {
      whole,
      bytes,
      content: content?.bytes ?? bytes,
      missing: gaps,
      size,
      filled: content === null ? filled : content.bytes.length,
      urls: content === null ? servers.map((server) => server.shownUrl) : [content.place.server.shownUrl],
      reason: whole ? null : (this.#reason ?? 'its time was up'),
    }
  }
}

/** End of the resource from the answer to an open-ended range, where no header states it. */
function endOf(ask: ResourceRequest, { pieces, broken }: ResourceAnswer): number | null {
  const [piece] = pieces
  return ask.range?.[1] === null && broken === null && piece !== undefined ? piece.at + piece.bytes.length : null
}
