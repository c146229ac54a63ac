import { setMaxListeners } from 'node:events'
import { shownText } from '../contract/shown-text.ts'
import { withoutCredentials } from '../contract/shown-url.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parseUrl } from '../failure/parse-url.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { fetchResource, HTTP_LIMITS, type ResourceResult } from '../http/client/fetch-resource.ts'
import { HostRule } from '../http/client/host-rule.ts'
import { HttpClient } from '../http/client/http-client.ts'
import { type HttpClock, pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { RequestSlots } from '../http/client/request-slots.ts'
import type { ResourceRequest } from '../http/client/resource-answer.ts'
import type { ByteSpan, LiveFile } from './growing-origin.ts'
import type { LoadOptions } from './load-options.ts'
import { missingFile, nameBelow } from './names-below.ts'
import type { FileReader, Located, Origin } from './origin.ts'
import { PresentationBytes } from './presentation-bytes.ts'
import type { FileSharing } from './shared-files.ts'

/** Requests at once. */
const AT_ONCE = 16
/** Largest initialisation segment or playlist. */
const MAX_SMALL_BYTES = 16 << 20
/** Waits before a request that failed is sent again, ms. */
const RETRIES_MS: readonly number[] = [500, 1000, 2000]
/** Longest wait that a server may ask for, ms. */
const MAX_WAIT_MS = 10_000

type Bytes = Extract<ResourceResult, { kind: 'bytes' }>

/** The server of a manifest, and those that it leads to: names may be absolute addresses. */
export class HttpOrigin implements Origin {
  readonly stored: PresentationBytes
  readonly address: string
  readonly files: FileReader
  readonly #base: URL
  readonly #server: OriginServer
  readonly #sharing: FileSharing | undefined

  /**
   * @param manifest address of the manifest, after redirects
   * @param options `loop`: its files are looked for again in every turn
   */
  constructor(
    manifest: string,
    server: OriginServer,
    { sharing, loop }: Pick<LoadOptions, 'sharing' | 'loop'> = { loop: false },
  ) {
    this.#base = new URL('.', manifest)
    this.address = withoutCredentials(manifest)
    this.#server = server
    this.#sharing = sharing
    this.files = {
      read: (path, sizeBytes) => this.#read(path, sizeBytes),
      ...(loop ? { isThere: (path: string, sizeBytes: number) => this.#isThere(path, sizeBytes) } : undefined),
      paths: () => [],
      close: () => server.close(),
    }
    this.stored = new PresentationBytes(this.files)
  }

  async part(name: string, span: ByteSpan): Promise<Uint8Array> {
    const path = placeOf(name)
    const answer = await this.#server.ask(this.#urlOf(path), span, MAX_OBJECT_BYTES)
    if (answer === null) throw this.missing(path, 'a file of byte ranges')
    const bytes = bytesOf(answer)
    // A server without ranges gives the whole.
    return answer.whole ? bytes.slice(...span) : bytes
  }

  locate(names: readonly string[]): Promise<Located[]> {
    return Promise.all(names.map((name) => this.#locate(name)))
  }

  async read(name: string, role: string): Promise<Uint8Array> {
    const path = placeOf(name)
    const bytes = await this.#whole(path, MAX_SMALL_BYTES)
    if (bytes === null) throw this.missing(path, role)
    return bytes
  }

  async filesBeside(): Promise<null> {
    return null
  }

  async leftBeside(): Promise<readonly string[]> {
    return []
  }

  shown(path: string): string {
    return shownText(withoutCredentials(this.#urlOf(path)), 1000)
  }

  missing(path: string, role: string): AppFailure {
    return missingFile(this.shown(path), role)
  }

  async #locate(name: string): Promise<Located> {
    const path = placeOf(name)
    // Its first byte: the answer states how long the whole is.
    const answer = await this.#server.ask(this.#urlOf(path), [0, 1], MAX_OBJECT_BYTES)
    if (answer === null) return { path, sizeBytes: null }
    if (answer.total === null)
      throw new AppFailure(
        'input-unusable',
        `The server does not say how long "${this.shown(path)}" is.`,
        'Send a copy of the presentation on disk.',
      )
    return { path, sizeBytes: answer.total }
  }

  #urlOf(path: string): string {
    const url = new URL(path, this.#base)
    const { origin, username, password } = this.#base
    if (url.origin === origin) Object.assign(url, { username, password })
    return url.href
  }

  async #read(path: string, sizeBytes: number): Promise<Uint8Array> {
    const bytes = await this.#whole(path, sizeBytes + 1)
    if (bytes?.length === sizeBytes) return bytes
    const found = bytes === null ? 'is gone' : `has changed from ${sizeBytes} to ${bytes.length} bytes`
    throw new AppFailure(
      'input-unusable',
      `"${this.shown(path)}" ${found} while it is being sent.`,
      'Keep the presentation as it is while it is sent.',
    )
  }

  /** A whole file, which another input may have asked for; null where there is none. */
  async #whole(path: string, maxBytes: number): Promise<Uint8Array | null> {
    const url = this.#urlOf(path)
    const ask = async (): Promise<LiveFile> => {
      const answer = await this.#server.ask(url, null, maxBytes)
      return answer === null ? { kind: 'absent', reason: 'it is gone' } : { kind: 'bytes', bytes: bytesOf(answer) }
    }
    const { over } = this.#server
    const file = await (this.#sharing === undefined ? ask() : this.#sharing.get(`${url}\n`, over, ask))
    if (file.kind === 'failed') throw unreachable(url, { kind: 'cancelled' })
    return file.kind === 'bytes' ? file.bytes : null
  }

  /** A server in trouble says nothing of its files. */
  async #isThere(path: string, sizeBytes: number): Promise<boolean> {
    try {
      const answer = await this.#server.ask(this.#urlOf(path), [0, 1], MAX_OBJECT_BYTES)
      return answer !== null && (answer.total ?? sizeBytes) === sizeBytes
    } catch {
      return true
    }
  }
}

/** Sends requests to the server that a person named: bounded in number, and again where one fails. */
export class OriginServer {
  readonly #client: HttpClient
  readonly #clock: HttpClock
  readonly #slots = new RequestSlots(AT_ONCE)
  readonly #over = new AbortController()

  /** @param url address that a person named; its host may be in a local network */
  constructor(url: string, clock: HttpClock = SYSTEM_CLOCK) {
    this.#clock = clock
    // Each request listens to it.
    setMaxListeners(2 * AT_ONCE, this.#over.signal)
    this.#client = new HttpClient(clock, new HostRule([new URL(url).hostname]))
  }

  /**
   * Asks for a file, or bytes `[from, to)` of it.
   * @returns null where there is none
   * @throws AppFailure source-unreachable, once it was asked for in vain several times
   */
  async ask(url: string, range: ResourceRequest['range'], maxBytes: number): Promise<Bytes | null> {
    const request = { url, range, etag: null, total: null, encoded: false, maxBytes }
    // Also while it waits, so that a server in trouble is asked for few files at a time.
    const free = await this.#slots.take()
    try {
      for (let turn = 0; ; turn++) {
        const result = await fetchResource(this.#client, request, this.#clock, HTTP_LIMITS, this.#over.signal)
        if (result.kind === 'bytes' && result.broken === null) return result
        if (result.kind === 'refused' && (result.status === 404 || result.status === 410)) return null
        const waitMs = RETRIES_MS[turn]
        const again = result.kind !== 'refused' || result.status >= 500 || result.status === 429
        if (waitMs === undefined || !again || result.kind === 'cancelled') throw unreachable(url, result)
        const asked = result.kind === 'refused' ? (result.retryAfterMs ?? 0) : 0
        await pause(this.#clock, Math.max(waitMs, Math.min(asked, MAX_WAIT_MS)), this.#over.signal)
      }
    } finally {
      free()
    }
  }

  /** Aborted once it is closed. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#client.close()
  }
}

/** @throws AppFailure not-supported */
function placeOf(name: string): string {
  return /^https?:/i.test(name) && parseUrl(name) !== null ? name : nameBelow(name).resolved
}

/** The whole file of an answer without a range. */
export function bytesOf({ pieces }: Bytes): Uint8Array {
  return pieces[0]?.bytes ?? new Uint8Array(0)
}

function unreachable(url: string, result: ResourceResult): AppFailure {
  const why =
    result.kind === 'refused'
      ? `it answered ${result.status}`
      : result.kind === 'bytes'
        ? (result.broken ?? 'its answer is not whole')
        : result.kind === 'cancelled'
          ? 'the request was cancelled'
          : result.reason
  return new AppFailure(
    'source-unreachable',
    `"${shownText(withoutCredentials(url), 1000)}" could not be fetched: ${why}.`,
    'Check the address, and that its server answers from here.',
  )
}
