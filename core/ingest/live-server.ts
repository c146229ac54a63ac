import { setMaxListeners } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { shownText } from '../contract/shown-text.ts'
import { withoutCredentials } from '../contract/shown-url.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parseUrl } from '../failure/parse-url.ts'
import { fetchResource, HTTP_LIMITS, type ResourceResult } from '../http/client/fetch-resource.ts'
import { HostRule } from '../http/client/host-rule.ts'
import { HttpClient } from '../http/client/http-client.ts'
import { SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { RequestSlots } from '../http/client/request-slots.ts'
import { parseXsDateTime } from '../manifest/mpd/time.ts'
import { resolveReference } from '../manifest/reference.ts'
import { askGrowing } from './growing-answer.ts'
import type {
  ByteSpan,
  GrowingFile,
  GrowingOrigin,
  HeldReading,
  LiveClockElement,
  LiveDocument,
  LiveFile,
} from './growing-origin.ts'
import { bytesOf } from './http-origin.ts'
import { ServerClock } from './server-clock.ts'
import type { FileSharing } from './shared-files.ts'

/** Requests at once. */
const AT_ONCE = 16
/** Largest manifest, and largest answer of a clock. */
const MAX_MANIFEST_BYTES = 8 << 20
const MAX_CLOCK_BYTES = 4096
/** How often a clock is asked, µs. */
const CLOCK_US = 30_000_000
/** Refusals of an address from Location after which the first address is asked again. */
const MOST_REFUSALS = 2

const CLOCKS = {
  date: 'urn:mpeg:dash:utc:http-head:',
  text: /^urn:mpeg:dash:utc:http-(?:xsdate|iso):/,
  direct: 'urn:mpeg:dash:utc:direct:',
} as const

/** A live presentation on an HTTP server. */
export class LiveServer implements GrowingOrigin {
  readonly #first: string
  readonly #client: HttpClient
  readonly #clock: ServerClock
  readonly #localUs: () => number
  readonly #sharing: FileSharing | undefined
  readonly #slots = new RequestSlots(AT_ONCE)
  readonly #over = new AbortController()
  readonly #login: { readonly origin: string; readonly username: string; readonly password: string }
  #address: string
  /** Address of the manifest after redirects. */
  #url: string
  #refusals = 0
  #conditions: Readonly<Record<string, string>> = {}
  #ownClock = false
  #clockAskedUs = Number.NEGATIVE_INFINITY

  /**
   * @param address that a person named; its host may be in a local network
   * @param sharing with the other inputs of the broadcast; absent: there are none
   */
  constructor(address: string, localUs: () => number, sharing?: FileSharing) {
    const { origin, username, password, hostname } = new URL(address)
    this.#first = address
    this.#address = address
    this.#url = address
    this.#login = { origin, username, password }
    this.#localUs = localUs
    this.#sharing = sharing
    this.#clock = new ServerClock(localUs)
    this.#client = new HttpClient(SYSTEM_CLOCK, new HostRule([hostname]))
    setMaxListeners(4 * AT_ONCE, this.#over.signal)
  }

  nowUs(): number {
    return this.#clock.nowUs()
  }

  async manifest(held: HeldReading | null = null): Promise<LiveDocument | null> {
    const askedUs = this.#localUs()
    const address = withDirectives(this.#address, held)
    const asked = { headers: this.#conditions, heldMs: held?.heldMs ?? 0 }
    const result = await this.#ask(address, MAX_MANIFEST_BYTES, this.#over.signal, asked)
    if (!this.#ownClock && (result.kind === 'bytes' || result.kind === 'refused'))
      this.#takeHeaders(result.headers, askedUs, this.#localUs())
    if (result.kind === 'refused' && result.status === 304) return null
    if (result.kind === 'bytes' && result.broken === null) {
      this.#refusals = 0
      const { etag, 'last-modified': modified } = result.headers
      this.#conditions = {
        ...(etag === undefined ? undefined : { 'If-None-Match': etag }),
        ...(modified === undefined ? undefined : { 'If-Modified-Since': modified }),
      }
      this.#url = result.url
      return { bytes: bytesOf(result), url: result.url }
    }
    const shown = this.shown(this.#address)
    if (++this.#refusals >= MOST_REFUSALS && this.#address !== this.#first) this.#goTo(this.#first)
    throw new AppFailure(
      'source-unreachable',
      `The manifest "${shown}" could not be fetched: ${reasonOf(result)}.`,
      'Check its server; it is asked again.',
    )
  }

  async follow(locations: readonly string[], clocks: readonly LiveClockElement[]): Promise<void> {
    const [location] = locations
    if (location !== undefined && this.#refusals === 0) {
      const next = resolveReference(this.#url, location)
      if (withoutCredentials(this.#address) !== next) this.#goTo(next)
    }
    await this.#setClock(clocks)
  }

  async playlist(name: string, held: HeldReading | null = null): Promise<LiveDocument> {
    const asked = { heldMs: held?.heldMs ?? 0 }
    const result = await this.#ask(withDirectives(name, held), MAX_MANIFEST_BYTES, this.#over.signal, asked)
    if (result.kind === 'bytes' && result.broken === null) return { bytes: bytesOf(result), url: result.url }
    throw new AppFailure(
      'source-unreachable',
      `The playlist "${this.shown(name)}" could not be fetched: ${reasonOf(result)}.`,
      'Check its server; it is asked again.',
    )
  }

  file(
    name: string,
    maxBytes: number,
    signal: AbortSignal,
    range: ByteSpan | null = null,
    heldMs = 0,
  ): Promise<LiveFile> {
    const fetch = (): Promise<LiveFile> => this.#file(name, maxBytes, signal, range, heldMs)
    if (this.#sharing === undefined) return fetch()
    return this.#sharing.get(`${this.#withLogin(name)}\n${range?.join('-') ?? ''}`, signal, fetch)
  }

  async #file(
    name: string,
    maxBytes: number,
    signal: AbortSignal,
    range: ByteSpan | null,
    heldMs: number,
  ): Promise<LiveFile> {
    const free = await this.#slots.take()
    try {
      const result = await this.#ask(name, maxBytes, signal, { range, heldMs })
      if (result.kind === 'bytes' && result.broken === null) {
        // A server without ranges gives the whole.
        const whole = bytesOf(result)
        const bytes = range !== null && result.whole ? whole.slice(...range) : whole
        if (range !== null && bytes.length < range[1] - range[0])
          return { kind: 'absent', reason: `it has ${bytes.length} of ${range[1] - range[0]} bytes` }
        return bytes.length === 0 ? { kind: 'absent', reason: 'it is empty' } : { kind: 'bytes', bytes }
      }
      const reason = reasonOf(result)
      if (result.kind === 'refused' && result.status === 404) return { kind: 'absent', reason }
      if (result.kind === 'refused' && result.status === 410) return { kind: 'gone', reason }
      return { kind: 'failed', reason }
    } finally {
      free()
    }
  }

  growing(name: string, _: number, over: AbortSignal): Promise<GrowingFile> {
    return askGrowing(this.#client, this.#withLogin(name), over)
  }

  shown(name: string): string {
    return shownText(withoutCredentials(name), 1000)
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#client.close()
  }

  /** Takes the time of an answer: GPAC's own header has milliseconds, the other one seconds. */
  #takeHeaders(headers: IncomingHttpHeaders, askedUs: number, answeredUs: number): void {
    const utcMs = Number(headers['server-utc'])
    if (utcMs > 0 && Number.isSafeInteger(utcMs)) this.#clock.exact(utcMs * 1000, askedUs, answeredUs)
    else this.#clock.date(headers.date, askedUs, answeredUs)
  }

  #goTo(address: string): void {
    this.#address = address
    this.#conditions = {}
    this.#refusals = 0
  }

  /** Asks the first of the manifest's clocks that answers. */
  async #setClock(clocks: readonly LiveClockElement[]): Promise<void> {
    const nowUs = this.#localUs()
    const isDue = nowUs - this.#clockAskedUs >= CLOCK_US
    for (const { scheme, value } of clocks) {
      const [first = ''] = value.trim().split(/\s+/)
      if (scheme.startsWith(CLOCKS.direct)) {
        if (this.#takeTime(value, nowUs, nowUs)) return
      } else if (scheme.startsWith(CLOCKS.date) || CLOCKS.text.test(scheme)) {
        if (!isDue) return
        if (await this.#askClock(resolveReference(this.#url, first), scheme.startsWith(CLOCKS.date))) {
          this.#clockAskedUs = nowUs
          return
        }
      }
    }
  }

  async #askClock(url: string, byDate: boolean): Promise<boolean> {
    const askedUs = this.#localUs()
    const result = await this.#ask(url, byDate ? MAX_MANIFEST_BYTES : MAX_CLOCK_BYTES, this.#over.signal)
    const answeredUs = this.#localUs()
    if (byDate) {
      if ((result.kind !== 'bytes' && result.kind !== 'refused') || result.headers.date === undefined) return false
      this.#ownClock = true
      this.#clock.date(result.headers.date, askedUs, answeredUs)
      return true
    }
    if (result.kind !== 'bytes' || result.broken !== null) return false
    return this.#takeTime(new TextDecoder().decode(bytesOf(result)), askedUs, answeredUs)
  }

  #takeTime(text: string, askedUs: number, answeredUs: number): boolean {
    const timeUs = timeOf(text)
    if (timeUs === null) return false
    this.#ownClock = true
    this.#clock.exact(timeUs, askedUs, answeredUs)
    return true
  }

  #ask(
    url: string,
    maxBytes: number,
    signal: AbortSignal,
    { headers = {}, range = null, heldMs = 0 }: Asked = {},
  ): Promise<ResourceResult> {
    const request = {
      url: this.#withLogin(url),
      range,
      etag: null,
      total: null,
      encoded: false,
      maxBytes,
      headers,
    }
    const limits = { ...HTTP_LIMITS, answerMs: HTTP_LIMITS.answerMs + heldMs }
    return fetchResource(this.#client, request, SYSTEM_CLOCK, limits, signal)
  }

  /** With the name and password of the person's address, for its own server. */
  #withLogin(address: string): string {
    const url = this.#login.username === '' ? null : parseUrl(address)
    if (url?.origin !== this.#login.origin) return address
    return Object.assign(url, { username: this.#login.username, password: this.#login.password }).href
  }
}

/** What is asked for beside an address, and how much longer the answer may take, ms. */
type Asked = {
  readonly headers?: Readonly<Record<string, string>>
  readonly range?: ByteSpan | null
  readonly heldMs?: number
}

function withDirectives(address: string, held: HeldReading | null): string {
  if (held === null) return address
  const [plain = ''] = address.split('#', 1)
  return `${plain}${plain.includes('?') ? '&' : '?'}${held.directives}`
}

function timeOf(text: string): number | null {
  try {
    return parseXsDateTime(text)
  } catch {
    return null
  }
}

/** As the end of a sentence. */
function reasonOf(result: ResourceResult): string {
  switch (result.kind) {
    case 'refused':
      return `it answered ${result.status}`
    case 'bytes':
      return result.broken ?? 'its answer is not whole'
    case 'cancelled':
      return 'its time was up'
    default:
      return result.reason
  }
}
