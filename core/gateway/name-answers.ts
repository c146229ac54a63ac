import { randomBytes } from 'node:crypto'
import type { ServiceId } from '../contract/ids.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { leadsTo } from '../flow/address.ts'
import type { FlowObject } from '../flow/objects.ts'
import { answerConditions, answerContent, validatorHeaders } from '../http/content-answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { HeldRequests } from '../http/held-requests.ts'
import { answerGrowing, answerGrowingPart, growingRange } from '../http/live-answer.ts'
import { mediaTypeOf } from '../http/mime.ts'
import { parseRange } from '../http/ranges.ts'
import type { RequestTarget } from '../http/request-target.ts'
import { type ConfinedService, confinedService } from './confined-service.ts'
import { fileContent } from './file-content.ts'
import type { GatewayRules, GatewaySource } from './gateway-source.ts'
import { contentTag, ManifestAnswers } from './manifest-answer.ts'
import { type MmtAnswer, MmtPresentations } from './mmt-presentations.ts'
import {
  refuseAnnounced,
  refuseConfined,
  refuseExpected,
  refuseExpired,
  refuseLost,
  refusePassed,
  refuseUnknown,
} from './refusals.ts'
import { ServiceManifests } from './service-manifests.ts'
import { isManifest, isManifestName, ServiceScopes } from './service-scopes.ts'

/** Parameters of requests for the gateway and its players, which are no part of a file's name. */
const OWN_PARAMETER = /^(?:as|CMCD|_HLS_\w+)(?:=|$)/

/** Announced without a time: by a file table, or by the session having just begun. */
const ANNOUNCED = { durationUs: Number.POSITIVE_INFINITY, passed: false } as const

const HOLD_MS = [1000, 5000] as const
const MAX_HELD = 256
/** Manifests of a service that are read for what they cut. */
const MAX_MANIFESTS = 64

/** Answers requests for names of services: stored, arriving and expected files, and manifests rewritten for now. */
export class NameAnswers {
  readonly #options: GatewaySource & GatewayRules
  readonly #baseUrl: () => string
  readonly #waiting = new HeldRequests(MAX_HELD)
  readonly #manifests: ServiceManifests
  readonly #answers: ManifestAnswers
  readonly #mmt: MmtPresentations
  readonly #confined = new Map<ServiceId, { readonly version: number; readonly service: ConfinedService }>()
  /** Part of tags that distinguishes sessions on the same port. */
  readonly #instance = randomBytes(6).toString('base64url')

  /** @param baseUrl for clients without a usable Host header */
  constructor(options: GatewaySource & GatewayRules, baseUrl: () => string) {
    this.#options = options
    this.#baseUrl = baseUrl
    const warn = (text: string): void => options.log?.('warning', text)
    const scopes = new ServiceScopes(options.store)
    this.#manifests = new ServiceManifests(options.store, scopes, warn)
    this.#answers = new ManifestAnswers(options.store, this.#manifests, scopes, options, warn, (serviceId) =>
      this.#onAir(serviceId),
    )
    this.#mmt = new MmtPresentations(options.store, options, options.services, warn)
  }

  /** Representation of a name, by the manifests; null where none has it. */
  representationOf(serviceId: ServiceId, name: string): string | null {
    return this.#manifests.representationOf(serviceId, name)
  }

  /** Whether a manifest that the gateway makes, as of an MMT service, can be played now. */
  offers(serviceId: ServiceId): boolean {
    return this.#mmt.ready(serviceId)
  }

  /**
   * What was taken out of the manifests of a service, and how it is encrypted.
   * @param name of the service's manifest
   */
  confined(serviceId: ServiceId, name: string): ConfinedService {
    const { store } = this.#options
    const known = this.#confined.get(serviceId)
    if (known?.version === store.version) return known.service
    const main = store.find(serviceId, name)
    if (main.state === 'ready') this.#manifests.read(main.file)
    // A master playlist tells nothing of its variants.
    for (const file of store.list(serviceId).filter(isManifest).slice(0, MAX_MANIFESTS)) this.#manifests.read(file)
    const offAir = main.state === 'ready' ? this.#answers.offAir(main.file) : []
    const service = { ...confinedService(this.#manifests.readOf(serviceId)), offAir }
    this.#confined.set(serviceId, { version: store.version, service })
    return service
  }

  /** Representations that the S-TSID announces. */
  #onAir(serviceId: ServiceId): ReadonlySet<string> | null {
    return this.#options.services().find(({ id }) => id === serviceId)?.announced ?? null
  }

  /** Ends all requests that wait. */
  close(): void {
    this.#waiting.releaseAll()
  }

  /** @param skip components of the path before the name */
  async answer(exchange: Exchange, serviceId: ServiceId, skip: number): Promise<void> {
    const { store } = this.#options
    const { target } = exchange
    if (this.#mmt.serves(serviceId) && (await this.#answerMmt(exchange, serviceId, skip))) return
    const names = askedNames(target, skip)
    const startedMs = performance.now()
    for (const name of names) this.#options.asked?.(serviceId, name)
    for (;;) {
      const name = names.find((one) => store.find(serviceId, one).state !== 'unknown') ?? names[0] ?? ''
      const found = store.find(serviceId, name)
      const { version } = store
      let waitMs = this.#options.holdMs?.[1] ?? HOLD_MS[1]
      if (found.state === 'ready') {
        const done = await this.#answerReady(exchange, found.file)
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
        const announced = this.#announced(serviceId, names)
        if (announced !== null && (store.finished || announced.expired)) return refuseAnnounced(exchange)
        if (store.finished) return this.#refuseUnknown(exchange)
        const expected = this.#expects(serviceId, names) ?? (announced === null ? null : ANNOUNCED)
        if (expected === null) return this.#refuseUnknown(exchange)
        if (expected.passed) return refusePassed(exchange)
        waitMs = this.#holdMs(expected.durationUs)
      }
      const end = await this.#waiting.hold(
        exchange,
        waitMs - (performance.now() - startedMs),
        'next-segment',
        (changed) => store.watch(changed),
        () => store.version !== version,
      )
      if (end === 'gone') return exchange.isOver ? undefined : void exchange.response.destroy()
      if (end !== 'settled') return refuseExpected(exchange)
    }
  }

  /** Answers for the presentation of an MMT service. @returns false for a name that is not part of it */
  async #answerMmt(exchange: Exchange, serviceId: ServiceId, skip: number): Promise<boolean> {
    const { store } = this.#options
    const name = exchange.target.components.slice(skip).join('/')
    const startedMs = performance.now()
    for (;;) {
      const { version } = store
      const answer = this.#mmt.answer(serviceId, name, this.#clockUrl(exchange))
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
      const end = await this.#waiting.hold(exchange, waitMs, 'service', watch, () => store.version !== version)
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
    await answerContent(exchange, fileContent(file, { bytes }, { etag, modifiedMs }))
  }

  #holdMs(durationUs: number): number {
    const [least, most] = this.#options.holdMs ?? HOLD_MS
    return Math.min(most, Math.max(least, durationUs / 1000))
  }

  #expects(serviceId: ServiceId, names: readonly string[]): { durationUs: number; passed: boolean } | null {
    const services = this.#options.services()
    const { store } = this.#options
    // A player may be started before any service is found.
    if (services.length === 0 && store.services().length === 0) return ANNOUNCED
    for (const name of names) {
      const expected = this.#manifests.expects(serviceId, name)
      if (expected !== null) return expected
      const known = services.find(({ id }) => id === serviceId)
      const awaited = known?.manifest?.name ?? null
      // A player may request the manifest before signalling names it.
      const mayCome = awaited === null && known !== undefined && isManifestName(name)
      const isAwaited = mayCome || (awaited !== null && leadsTo(name, awaited))
      if (isAwaited) return { durationUs: Number.POSITIVE_INFINITY, passed: false }
    }
    return null
  }

  /** What file tables have of the first of these names that one lists. */
  #announced(serviceId: ServiceId, names: readonly string[]): { readonly expired: boolean } | null {
    for (const name of names) {
      const announced = this.#options.announced?.(serviceId, name) ?? null
      if (announced !== null) return announced
    }
    return null
  }

  async #answerReady(exchange: Exchange, file: StoredFile): Promise<'done' | 'gone' | 'not-yet'> {
    const { store } = this.#options
    if (isManifest(file) && exchange.target.query.get('as') !== 'sent') {
      const answer = this.#answers.answer(file, exchange.prefix, this.#clockUrl(exchange))
      if (answer === 'not-yet') return 'not-yet'
      if (typeof answer === 'object' && 'refused' in answer) {
        refuseConfined(exchange, answer.refused)
        return 'done'
      }
      if (answer !== 'as-sent') {
        this.#answerText(exchange, file, answer.text)
        return 'done'
      }
    }
    const validators = {
      etag: `"${this.#instance}-${file.version.toString(16)}-${file.size.toString(16)}"`,
      modifiedMs: Math.floor((file.lastTimeUs + this.#options.streamShiftUs()) / 1000),
    }
    const bytes = store.bytesOf(file)
    if (bytes === null) return 'gone'
    return (await answerContent(exchange, fileContent(file, bytes, validators))) ? 'done' : 'gone'
  }

  /** Answers with a rewritten manifest, whose tag is of its content: it changes while its file does not. */
  #answerText(exchange: Exchange, file: StoredFile, text: string): void {
    this.#answerOwn(exchange, mediaTypeOf(file.name, file.contentType), text)
  }

  #answerOwn(exchange: Exchange, contentType: string, text: string): void {
    const validators = { etag: `"${contentTag(text)}"`, modifiedMs: null }
    const headers = { ...validatorHeaders(validators), 'Cache-Control': 'no-cache' }
    if (answerConditions(exchange, validators, headers)) return
    exchange.text(200, contentType, text, headers)
  }

  /** Answers with an object that is arriving. @returns false where it ended meanwhile: look the name up again */
  async #answerReceiving(exchange: Exchange, object: FlowObject, startedMs: number): Promise<boolean> {
    const leftMs = (this.#options.holdMs?.[1] ?? HOLD_MS[1]) - (performance.now() - startedMs)
    const range =
      exchange.isHead || exchange.request.headers['if-range'] !== undefined
        ? null
        : parseRange(exchange.request.headers.range)
    // Packed bytes are unpacked as a whole, and options may allow whole files only.
    const { growing, lowLatency } = this.#options
    // A manifest is confined to its service, which takes the whole of it.
    const whole = isManifest({ kind: object.kind, name: object.name ?? '' })
    const packed = whole || object.contentEncoding !== null || growing === false || lowLatency === false
    const usable = (): boolean =>
      object.state !== 'receiving' ||
      (!packed &&
        (range === null
          ? exchange.isHead || object.prefixBytes() > 0
          : growingRange(range, object, false) !== 'undecided'))
    const end = await this.#waiting.hold(exchange, leftMs, 'bytes', (changed) => object.watch(changed), usable)
    if (end === 'gone') {
      if (!exchange.isOver) exchange.response.destroy()
      return true
    }
    // A complete object becomes a file; an incomplete one was lost.
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

  /** Clock URL at the address that this client uses. */
  #clockUrl(exchange: Exchange): string {
    const { host } = exchange.request.headers
    const plain = host !== undefined && /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host)
    return plain ? `http://${host}${exchange.prefix}/clock` : `${this.#baseUrl()}/clock`
  }

  #refuseUnknown(exchange: Exchange): void {
    refuseUnknown(
      exchange,
      this.#options.store.finished
        ? 'The session has ended, and nothing of that name arrived.'
        : 'Nothing of that name was ever announced.',
    )
  }
}

/** Names that a request may mean, in the order they are looked for: decoded and as written, with a query and without. */
export function askedNames({ components, written, search }: RequestTarget, skip: number): readonly string[] {
  const decoded = components.slice(skip).join('/')
  const asWritten = written.slice(skip).join('/')
  if (search === '') return decoded === asWritten ? [decoded] : [decoded, asWritten]
  const parameters = search.slice(1).split('&')
  const foreign = parameters.filter((parameter) => !OWN_PARAMETER.test(parameter))
  const queries = [search, foreign.length === 0 ? '' : `?${foreign.join('&')}`, '']
  const paths = [decoded, asWritten]
  return [...new Set(queries.flatMap((query) => paths.map((path) => path + (query === '?' ? '' : query))))]
}
