import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { channelNumber } from '../flow/carriers.ts'
import type { FlowObject } from '../flow/objects.ts'
import type { CorsMode } from '../http/cors.ts'
import { Exchange } from '../http/exchange.ts'
import { isLocalHostHeader, isLoopback, listen } from '../http/listen.ts'
import { mediaTypeOf } from '../http/mime.ts'
import { parseRange } from '../http/ranges.ts'
import { rawReply, refuseExpected, refuseExpired, refuseLost, refuseMalformed, refusePassed } from '../http/refusals.ts'
import { encodePath, parseTarget, type RequestTarget } from '../http/request-target.ts'
import { serialiseXsDateTime } from '../manifest/mpd/time.ts'
import { answerConditions, answerFile, validatorHeaders } from './file-answer.ts'
import { HeldRequests } from './held-requests.ts'
import { answerFileList, answerIndex, type GatewayService } from './index-answer.ts'
import { answerGrowing, answerGrowingPart, growingRange } from './live-answer.ts'
import { contentTag, ManifestAnswers } from './manifest-answer.ts'
import { type MmtAnswer, MmtPresentations } from './mmt-presentations.ts'
import { isManifest, isManifestName, ServiceManifests } from './service-manifests.ts'

/** What the gateway serves, where, and to whom. */
export type GatewayOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly cors: CorsMode
  readonly store: ObjectStore
  /** Wall clock. */
  readonly nowUs: () => number
  /** Stream time to wall time: 0 live and in `real` pace, whose stream time already is wall time. */
  readonly streamShiftUs: () => number
  /** Absolute times in manifests are moved by this: 0 live; for a replayed capture wall time now minus its own. */
  readonly manifestShiftUs: () => number
  /** Services with their manifests, as the receiver knows them. */
  readonly services: () => readonly GatewayService[]
  readonly log?: (level: 'info' | 'warning' | 'debug', text: string) => void
  /** False: an object is given out only when it is whole; who asks earlier waits. */
  readonly growing?: boolean
  /** False: as `growing` false, and manifests do not promise segments before they are whole. */
  readonly lowLatency?: boolean
  /** Told of every file that is asked for, before it is looked for. */
  readonly asked?: (serviceId: number, name: string) => void
  /** Shortest and longest time a request waits for what is expected; one segment lies between. */
  readonly holdMs?: readonly [number, number]
}

const HOLD_MS = [1000, 5000] as const
const MAX_HELD = 256
const MAX_HEADERS = 100
/** A client that neither sends nor takes anything for so long is let go. */
const IDLE_MS = 120_000

/** Serves what a session has received, and what it is receiving, to players: `/serviceN/<name>`. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 30_000,
      noDelay: true,
    },
    (request, response) => this.#respond(request, response),
  )
  readonly #held = new HeldRequests(MAX_HELD)
  readonly #manifests: ServiceManifests
  readonly #answers: ManifestAnswers
  readonly #mmt: MmtPresentations
  /** Tells this session's contents from those of another on the same port. */
  readonly #instance = randomBytes(6).toString('base64url')
  #baseUrl: string | null = null
  #requests = 0
  #bytes = 0

  constructor(options: GatewayOptions) {
    this.#options = options
    const warn = (text: string): void => options.log?.('warning', text)
    this.#manifests = new ServiceManifests(options.store, warn)
    this.#answers = new ManifestAnswers(options.store, this.#manifests, options, warn)
    this.#mmt = new MmtPresentations(options.store, options, options.services, warn)
    this.#server.maxRequestsPerSocket = 1000
    this.#server.timeout = IDLE_MS
    this.#server.on('clientError', refuseMalformed)
    this.#server.on('connect', (_request, socket) => socket.end(rawReply('405 Method Not Allowed')))
  }

  /** Address of the index without the last slash; null while closed. */
  get baseUrl(): string | null {
    return this.#baseUrl
  }

  get requests(): number {
    return this.#requests
  }

  /** Body bytes given out. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws AppFailure port-in-use | address-not-local | socket-failed */
  async open(): Promise<{ baseUrl: string }> {
    const { host, port } = await listen(this.#server, this.#options.host, this.#options.port)
    this.#baseUrl = `http://${host}:${port}`
    return { baseUrl: this.#baseUrl }
  }

  /** Lets everyone go at once. */
  async close(): Promise<void> {
    this.#baseUrl = null
    this.#held.releaseAll()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  /** Address of a file; null while closed and for a name that no request can say. */
  urlOf(serviceId: number, name: string): string | null {
    const path = encodePath(name)
    return path === null || this.#baseUrl === null ? null : `${this.#baseUrl}/service${serviceId}/${path}`
  }

  /** What carries a file: its representation as a manifest says, or the number of the channel it came on before; null where neither is known. */
  carrierOf(
    serviceId: number,
    name: string,
  ): { readonly representation: string | null; readonly number: number | null } | null {
    const representation = this.#manifests.representationOf(serviceId, name)
    if (representation !== null) return { representation, number: null }
    const found = this.#options.store.find(serviceId, name)
    // A manifest comes with the signalling.
    if (found.state !== 'ready' || found.file.kind === 'manifest') return null
    const { carrier, representation: of } = found.file
    return {
      representation: of,
      number: carrier.kind === 'lct' || carrier.kind === 'mmtp' ? channelNumber(carrier) : null,
    }
  }

  /** True where a manifest that nobody sent, as of an MMT service, can be played now. */
  offers(serviceId: number): boolean {
    return this.#mmt.ready(serviceId)
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    this.#requests++
    const exchange = new Exchange(request, response, this.#options.cors, (bytes) => {
      this.#bytes += bytes
    })
    this.#route(exchange).catch((error: unknown) => {
      this.#options.log?.('warning', `A request failed: ${error instanceof Error ? error.message : String(error)}`)
      exchange.refuse({ status: 500, sentence: 'The gateway failed on this request; the session log says why.' })
    })
  }

  async #route(exchange: Exchange): Promise<void> {
    const { request } = exchange
    if (request.rawHeaders.length > 2 * MAX_HEADERS)
      return exchange.refuse({ status: 431, sentence: `More than ${MAX_HEADERS} header fields.` })
    if (isLoopback(this.#options.host) && !isLocalHostHeader(request.headers.host, this.#options.host))
      return exchange.refuse({ status: 421, sentence: 'This address is served under another name.' })
    if (request.method === 'OPTIONS') return answerOptions(exchange)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return exchange.refuse({ status: 405, sentence: 'Files are read with GET or HEAD.', headers: { Allow: ALLOWED } })
    const target = parseTarget(request.url ?? '/')
    if (target === 400) return exchange.refuse({ status: 400, sentence: 'The address is malformed.' })
    if (target === 414) return exchange.refuse({ status: 414, sentence: 'The address is too long.' })
    const { store } = this.#options
    const [first = '', ...rest] = target.components
    if (rest.length === 0 && first === '') return answerIndex(exchange, store, this.#options.services())
    if (rest.length === 0 && first === 'clock') return this.#answerClock(exchange)
    const service = /^service(\d{1,10})$/.exec(first)
    if (service !== null) {
      const serviceId = Number(service[1])
      if (rest.length === 0)
        return exchange.text(308, 'text/plain; charset=utf-8', 'See the list.\n', { Location: `/service${serviceId}/` })
      if (rest.length > 1 || rest[0] !== '') return this.#answerName(exchange, serviceId, target, 1)
      if (this.#isKnown(serviceId)) return answerFileList(exchange, store, serviceId)
      return exchange.refuse({ status: 404, sentence: `There is no service ${serviceId}.`, state: 'unknown' })
    }
    const [only, ...others] = store.services().filter((id) => store.list(id).length > 0)
    if (only !== undefined && others.length === 0) return this.#answerName(exchange, only, target, 0)
    return exchange.refuse({
      status: 404,
      sentence: 'Names are looked for below /serviceN/, where N is the number of the service.',
      state: 'unknown',
    })
  }

  #isKnown(serviceId: number): boolean {
    return (
      this.#options.store.services().includes(serviceId) || this.#options.services().some(({ id }) => id === serviceId)
    )
  }

  #answerClock(exchange: Exchange): void {
    const nowMs = Math.floor(this.#options.nowUs() / 1000)
    // Three decimals always: some players read the date by position.
    const text = serialiseXsDateTime(nowMs * 1000).replace(/(?:\.(\d+))?Z$/, (_, ms = '') => `.${ms.padEnd(3, '0')}Z`)
    exchange.text(200, 'text/plain; charset=utf-8', text, { 'Cache-Control': 'no-store' })
  }

  /** @param skip components of the path before the name */
  async #answerName(exchange: Exchange, serviceId: number, target: RequestTarget, skip: number): Promise<void> {
    const { store } = this.#options
    if (this.#mmt.serves(serviceId) && (await this.#answerMmt(exchange, serviceId, target, skip))) return
    const names = [target.components.slice(skip).join('/'), target.written.slice(skip).join('/')]
    const startedMs = performance.now()
    for (const name of new Set(names)) this.#options.asked?.(serviceId, name)
    for (;;) {
      const name = names.find((one) => store.find(serviceId, one).state !== 'unknown') ?? names[0] ?? ''
      const found = store.find(serviceId, name)
      const { version } = store
      let waitMs = this.#options.holdMs?.[1] ?? HOLD_MS[1]
      if (found.state === 'ready') {
        const done = await this.#answerReady(exchange, found.file, target)
        if (done === 'done') return
        if (done === 'gone') {
          const again = store.find(serviceId, name)
          if (again.state !== 'ready' || again.file !== found.file) continue
          return refuseExpired(exchange)
        }
        if (store.finished) return this.#refuseUnknown(exchange)
      } else if (found.state === 'receiving') {
        if (await this.#answerReceiving(exchange, found.object, startedMs)) return
      } else if (found.state === 'lost') {
        return refuseLost(exchange, found.lost)
      } else if (found.state === 'expired') {
        return refuseExpired(exchange)
      } else {
        if (store.finished) return this.#refuseUnknown(exchange)
        const expected = this.#expects(serviceId, names)
        if (expected === null) return this.#refuseUnknown(exchange)
        if (expected.passed) return refusePassed(exchange)
        waitMs = this.#holdMs(expected.durationUs)
      }
      const end = await this.#held.hold(
        exchange,
        waitMs - (performance.now() - startedMs),
        (changed) => store.watch(changed),
        () => store.version !== version,
      )
      if (end === 'gone') return exchange.isOver ? undefined : void exchange.response.destroy()
      if (end !== 'settled') return refuseExpected(exchange)
    }
  }

  /** Answers for the presentation of an MMT service. @returns false for a name that is not part of it */
  async #answerMmt(exchange: Exchange, serviceId: number, target: RequestTarget, skip: number): Promise<boolean> {
    const { store } = this.#options
    const name = target.components.slice(skip).join('/')
    const startedMs = performance.now()
    for (;;) {
      const { version } = store
      const answer = this.#mmt.answer(serviceId, name, `${this.#addressFor(exchange)}/clock`)
      if (answer === null) return false
      if (answer !== 'not-yet') {
        await this.#answerMade(exchange, name, answer)
        return true
      }
      if (store.finished) {
        this.#refuseUnknown(exchange)
        return true
      }
      const waitMs = (this.#options.holdMs?.[1] ?? HOLD_MS[1]) - (performance.now() - startedMs)
      const watch = (changed: () => void): (() => void) => store.watch(changed)
      const end = await this.#held.hold(exchange, waitMs, watch, () => store.version !== version)
      if (end === 'settled') continue
      if (end !== 'gone') refuseExpected(exchange)
      else if (!exchange.isOver) exchange.response.destroy()
      return true
    }
  }

  async #answerMade(exchange: Exchange, name: string, answer: MmtAnswer): Promise<void> {
    if (answer.kind === 'manifest') return this.#answerOwn(exchange, answer.contentType, answer.text)
    const { bytes, kind, contentType, lastTimeUs } = answer
    const etag = `"${this.#instance}-${contentTag(bytes)}"`
    const modifiedMs = Math.floor((lastTimeUs + this.#options.streamShiftUs()) / 1000)
    const file = { name, kind, contentType, size: bytes.byteLength, complete: true }
    await answerFile(exchange, file, { bytes }, { etag, modifiedMs })
  }

  #holdMs(durationUs: number): number {
    const [least, most] = this.#options.holdMs ?? HOLD_MS
    return Math.min(most, Math.max(least, durationUs / 1000))
  }

  #expects(serviceId: number, names: readonly string[]): { durationUs: number; passed: boolean } | null {
    for (const name of names) {
      const expected = this.#manifests.expects(serviceId, name)
      if (expected !== null) return expected
      const known = this.#options.services().find(({ id }) => id === serviceId)
      const awaited = known?.manifest?.name ?? null
      // A player may be quicker than the signalling that names the manifest.
      if (awaited === name || (awaited === null && known !== undefined && isManifestName(name)))
        return { durationUs: Number.POSITIVE_INFINITY, passed: false }
    }
    return null
  }

  async #answerReady(
    exchange: Exchange,
    file: StoredFile,
    target: RequestTarget,
  ): Promise<'done' | 'gone' | 'not-yet'> {
    const { store } = this.#options
    if (isManifest(file) && target.query.get('as') !== 'sent') {
      const answer = this.#answers.answer(file, `${this.#addressFor(exchange)}/clock`)
      if (answer === 'not-yet') return 'not-yet'
      if (answer !== 'as-sent') {
        this.#answerText(exchange, file, answer.text)
        return 'done'
      }
    }
    const validators = {
      etag: `"${this.#instance}-${file.version.toString(16)}-${file.size.toString(16)}"`,
      modifiedMs: Math.floor((file.lastTimeUs + this.#options.streamShiftUs()) / 1000),
    }
    return (await answerFile(exchange, file, store.bytesOf(file), validators)) ? 'done' : 'gone'
  }

  /** A manifest that was rewritten: it changes while its file does not, so only its content tells it apart. */
  #answerText(exchange: Exchange, file: StoredFile, text: string): void {
    this.#answerOwn(exchange, mediaTypeOf(file.name, file.contentType), text)
  }

  #answerOwn(exchange: Exchange, contentType: string, text: string): void {
    const validators = { etag: `"${contentTag(text)}"`, modifiedMs: null }
    const headers = { ...validatorHeaders(validators), 'Cache-Control': 'no-cache' }
    if (answerConditions(exchange, validators, headers)) return
    exchange.text(200, contentType, text, headers)
  }

  /** @returns false where the object ended meanwhile and what came of it is to be looked at anew */
  async #answerReceiving(exchange: Exchange, object: FlowObject, startedMs: number): Promise<boolean> {
    const leftMs = (this.#options.holdMs?.[1] ?? HOLD_MS[1]) - (performance.now() - startedMs)
    const range =
      exchange.isHead || exchange.request.headers['if-range'] !== undefined
        ? null
        : parseRange(exchange.request.headers.range)
    // Its bytes are not content before they are unpacked, which needs all of them; or only whole files were asked for.
    const { growing, lowLatency } = this.#options
    const packed = object.contentEncoding !== null || growing === false || lowLatency === false
    const usable = (): boolean =>
      object.state !== 'receiving' ||
      (!packed &&
        (range === null
          ? exchange.isHead || object.prefixBytes() > 0
          : growingRange(range, object, false) !== 'undecided'))
    const end = await this.#held.hold(exchange, leftMs, (changed) => object.watch(changed), usable)
    if (end === 'gone') {
      if (!exchange.isOver) exchange.response.destroy()
      return true
    }
    // Complete, it is about to be a file; if not, it was lost.
    if (object.state !== 'receiving') return false
    const part = range === null || packed ? null : growingRange(range, object, end !== 'settled')
    if (end !== 'settled' && (part === null || part === 'undecided')) refuseExpected(exchange)
    else if (range === null) answerGrowing(exchange, object)
    else if (part === null || part === 'undecided')
      exchange.refuse({
        status: 416,
        sentence: 'The range asked for lies outside of the file.',
        headers: { 'Content-Range': `bytes */${object.size ?? '*'}` },
      })
    else answerGrowingPart(exchange, object, part)
    return true
  }

  /** The address by which this client reaches us. */
  #addressFor(exchange: Exchange): string {
    const { host } = exchange.request.headers
    const plain = host !== undefined && /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host)
    return plain ? `http://${host}` : (this.#baseUrl ?? '')
  }

  #refuseUnknown(exchange: Exchange): void {
    const sentence = this.#options.store.finished
      ? 'The session is over, and nothing of that name came.'
      : 'Nothing of that name was ever announced.'
    exchange.refuse({ status: 404, sentence, state: 'unknown' })
  }
}

const ALLOWED = 'GET, HEAD, OPTIONS'

function answerOptions(exchange: Exchange): void {
  exchange.head(204, { Allow: ALLOWED })
  exchange.end()
}
