import { CAPTIONS_FOLDER } from '../contract/captions.ts'
import { codecsToDecode, type DecodedSnapshot } from '../contract/decoder.ts'
import { defined } from '../contract/defined.ts'
import { asServiceId, type ServiceId } from '../contract/ids.ts'
import type { Thumbnail, WallSnapshot } from '../contract/wall.ts'
import type { MediaDecoder } from '../decode/media-decoder.ts'
import { channelNumber } from '../flow/carriers.ts'
import type { CorsMode } from '../http/cors.ts'
import type { Exchange } from '../http/exchange.ts'
import { HOST_SETTINGS } from '../http/host-settings.ts'
import { type HostUse, joinHttpHost } from '../http/http-host.ts'
import type { Mount, MountHandle } from '../http/mount.ts'
import { encodeAddress } from '../http/request-target.ts'
import { serialiseXsDateTime } from '../manifest/mpd/time.ts'
import { CaptionAnswers } from './caption-answers.ts'
import type { ConfinedService } from './confined-service.ts'
import { DecodedAnswers } from './decoded-answers.ts'
import type { GatewayRules, GatewaySource } from './gateway-source.ts'
import { answerFileList, answerIndex } from './index-answer.ts'
import { NameAnswers } from './name-answers.ts'
import { refuseUnknown } from './refusals.ts'
import { type LookSource, ServiceLooks } from './service-looks.ts'

/** Settings of a gateway. */
export type GatewayOptions = GatewaySource &
  GatewayRules & {
    readonly host: string
    /** 0: any free port. */
    readonly port: number
    /** Path before `/serviceN`, as `/name`, so that several gateways can share a port; empty by default. */
    readonly prefix?: string
    readonly cors: CorsMode
    /** Certificate and key in PEM; null or absent: plain HTTP. */
    readonly tls?: { readonly cert: string; readonly key: string } | null
    /** Called with each request that is looked at. */
    readonly requested?: (exchange: Exchange) => void
    /** Called with every request, those that are refused before they are looked at too. */
    readonly arrived?: (exchange: Exchange) => void
    /** Decodes what players cannot; absent: nobody does. */
    readonly decoder?: MediaDecoder
    /** Called for each decoded segment with a picture. */
    readonly onDecoded?: (serviceId: ServiceId, made: DecodedSnapshot) => void
    /** How services are looked at; absent: not at all. */
    readonly looks?: Pick<LookSource, 'found' | 'always' | 'everyMs'>
    /** Origins that CORS admits beside those of this machine. */
    readonly allowOrigins?: readonly string[]
  }

/**
 * Headers of every reply, whole or partial, stored or arriving, and of errors: what a broadcast brings gets no rights of a page.
 * Our own lists override them.
 */
const FOREIGN_HEADERS = { 'Content-Security-Policy': "sandbox; default-src 'none'" }

/** Serves the files that a session has received, and those it is receiving, to players: `/serviceN/<name>`. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #names: NameAnswers
  readonly #captions: CaptionAnswers
  readonly #decoded: DecodedAnswers | null
  readonly #looks: ServiceLooks | null
  #use: HostUse | null = null
  #mount: MountHandle | null = null
  #baseUrl: string | null = null
  #windowUse: HostUse | null = null
  #windowMount: MountHandle | null = null
  #windowUrl: string | null = null

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#names = new NameAnswers(options, () => this.#baseUrl ?? '')
    this.#captions = new CaptionAnswers(options.store, (...of) => this.#names.representationOf(...of))
    const { decoder, looks, onDecoded = () => {} } = options
    this.#looks =
      decoder === undefined || looks === undefined
        ? null
        : new ServiceLooks({
            store: options.store,
            decoder,
            services: () => options.services().map(({ id, name }) => ({ id, name: name ?? null })),
            representationOf: (serviceId, name) => this.#names.representationOf(serviceId, name),
            ...looks,
          })
    this.#decoded =
      decoder === undefined ? null : new DecodedAnswers(decoder, (...of) => this.#names.answer(...of), onDecoded)
  }

  /** Address of the index without the last slash; null while closed. */
  get baseUrl(): string | null {
    return this.#baseUrl
  }

  /** Its share of the server; null before it is open. */
  get server(): HostUse | null {
    return this.#use
  }

  get requests(): number {
    return (this.#mount?.requests ?? 0) + (this.#windowMount?.requests ?? 0)
  }

  /** Body bytes sent. */
  get bytes(): number {
    return (this.#mount?.bytes ?? 0) + (this.#windowMount?.bytes ?? 0)
  }

  /** Opens the port. @throws AppFailure port-in-use | address-not-local | socket-failed */
  async open(): Promise<{ baseUrl: string }> {
    const { host, port, prefix = '', cors, tls = null } = this.#options
    const use = await joinHttpHost(host, port, { ...HOST_SETTINGS, tls })
    try {
      this.#mount = use.mount(this.#mountAt(prefix, cors))
    } catch (error) {
      await use.close()
      throw error
    }
    this.#use = use
    this.#baseUrl = `${use.origin}${prefix}`
    return { baseUrl: this.#baseUrl }
  }

  /** Serves the same below an address of a window's own: `use` is closed with the gateway. */
  serveWindow(use: HostUse, prefix: string): void {
    // The prefix is a secret of the window, whose page has an origin of its own.
    this.#windowMount = use.mount(this.#mountAt(prefix, 'on'))
    this.#windowUse = use
    this.#windowUrl = `${use.origin}${prefix}`
  }

  /** Ends all requests at once. */
  async close(): Promise<void> {
    this.#baseUrl = null
    this.#windowUrl = null
    this.#names.close()
    await Promise.all([this.#looks?.close(), this.#decoded?.close(), this.#use?.close(), this.#windowUse?.close()])
  }

  #mountAt(prefix: string, cors: CorsMode): Mount {
    const { log, allowOrigins } = this.#options
    return {
      prefix,
      rules: {
        cors,
        ...defined({ origins: allowOrigins }),
        methods: ['GET', 'HEAD'],
        otherMethods: 'Files are read with GET or HEAD.',
        localNames: 'loopback',
        headers: FOREIGN_HEADERS,
      },
      arrived: (exchange) => this.#options.arrived?.(exchange),
      answer: (exchange) => this.#answer(exchange),
      ...defined({ log }),
    }
  }

  /** Address of a file; null while closed and for a name that no request can contain. */
  urlOf(serviceId: ServiceId, name: string): string | null {
    return addressBelow(this.#baseUrl, serviceId, name)
  }

  /** Address of a file for a window, which may ask no other server; that of `urlOf` where no window is served. */
  windowUrlOf(serviceId: ServiceId, name: string): string | null {
    return addressBelow(this.#windowUrl ?? this.#baseUrl, serviceId, name)
  }

  /** Carrier of a file: its representation by the manifest, else the number of its last channel; null where neither is known. */
  carrierOf(
    serviceId: ServiceId,
    name: string,
  ): { readonly representation: string | null; readonly number: number | null } | null {
    const representation = this.#names.representationOf(serviceId, name)
    if (representation !== null) return { representation, number: null }
    const found = this.#options.store.find(serviceId, name)
    // Manifests arrive with the signalling.
    if (found.state !== 'ready' || found.file.kind === 'manifest') return null
    const { carrier, representation: of } = found.file
    return {
      representation: of,
      number: carrier.kind === 'lct' || carrier.kind === 'mmtp' ? channelNumber(carrier) : null,
    }
  }

  /** What was taken out of the manifests of a service. @param name of its manifest */
  confined(serviceId: ServiceId, name: string): ConfinedService {
    return this.#names.confined(serviceId, name)
  }

  /** Looks at services for the next seconds. @param atUs stream time, once the session has ended; null: the newest */
  look(services: readonly ServiceId[], atUs: number | null): void {
    this.#looks?.ask(services, atUs)
  }

  /** Newest thumbnail of a service; null where there is none. */
  thumbnail(serviceId: ServiceId): Thumbnail | null {
    return this.#looks?.thumbnail(serviceId) ?? null
  }

  /** What was seen of the services; null where nobody looks. */
  get wall(): WallSnapshot | null {
    return this.#looks?.snapshot() ?? null
  }

  /** Grows when `wall` changes. */
  get wallVersion(): number {
    return this.#looks?.version ?? 0
  }

  /** Whether a manifest that the gateway makes, as of an MMT service, can be played now. */
  offers(serviceId: ServiceId): boolean {
    return this.#names.offers(serviceId)
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { store, requested } = this.#options
    const [first, ...rest] = exchange.target.components
    // No file of the broadcast is asked for.
    const isOurs = rest.length > 1 && rest[0] === CAPTIONS_FOLDER
    if (!isOurs) requested?.(exchange)
    if (first === undefined) return exchange.redirectToRoot()
    if (rest.length === 0 && first === '') return answerIndex(exchange, store, this.#options.services())
    if (rest.length === 0 && first === 'clock') return this.#answerClock(exchange)
    const service = /^service(\d{1,10})$/.exec(first)
    if (service !== null) {
      const serviceId = asServiceId(Number(service[1]))
      if (rest.length === 0)
        return exchange.text(308, 'text/plain; charset=utf-8', 'See the list.\n', {
          Location: `${exchange.prefix}/service${serviceId}/`,
        })
      if (isOurs) return this.#captions.answer(exchange, serviceId, 2)
      const codecs = rest.length > 1 ? codecsToDecode(rest[0] ?? '') : null
      if (codecs !== null && this.#decoded !== null) return this.#decoded.answer(exchange, serviceId, codecs, 2)
      if (rest.length > 1 || rest[0] !== '') return this.#names.answer(exchange, serviceId, 1)
      if (this.#isKnown(serviceId)) return answerFileList(exchange, store, serviceId)
      return refuseUnknown(exchange, `There is no service ${serviceId}.`)
    }
    const [only, ...others] = store.services().filter((id) => store.count(id, 1) > 0)
    if (only !== undefined && others.length === 0) return this.#names.answer(exchange, only, 0)
    refuseUnknown(exchange, 'Names are looked for below /serviceN/, where N is the number of the service.')
  }

  #isKnown(serviceId: ServiceId): boolean {
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
}

function addressBelow(baseUrl: string | null, serviceId: ServiceId, name: string): string | null {
  const path = encodeAddress(name)
  return path === null || baseUrl === null ? null : `${baseUrl}/service${serviceId}/${path}`
}
