import type { DecodedSnapshot } from '../../contract/decoder.ts'
import { defined } from '../../contract/defined.ts'
import type { GatewaySnapshot } from '../../contract/http-snapshots.ts'
import type { ServiceId } from '../../contract/ids.ts'
import { parseEndpoint } from '../../contract/option-values.ts'
import type { PictureSnapshot, PlayableSnapshot } from '../../contract/service-snapshot.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import type { Thumbnail } from '../../contract/wall.ts'
import type { MediaDecoder } from '../../decode/media-decoder.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { ObjectStore } from '../../files/object-store.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { ServiceFacts } from '../../flow/facts.ts'
import { Version } from '../../flow/version.ts'
import { AnnouncedFiles } from '../../gateway/announced-files.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import type { RequestTable } from '../../server/request-table.ts'
import type { Receiving } from '../faces/receiving.ts'
import type { Serving } from '../faces/served-files.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import { Pictures } from '../receiving/pictures.ts'
import type { GatewaySpec } from './gateway-options.ts'
import { clientSection, readTls, requestLog, requestSection, requestTable } from './http-front.ts'
import { oneReceiver } from './repair.ts'

/** Services of which it is remembered how they are decoded. */
const MAX_DECODED = 256

/** Opens a gateway, which listens once it is linked to a store. */
export async function openGateway(spec: PartSpec, host: PartHost): Promise<Part> {
  return new GatewayPart(spec as unknown as GatewaySpec, host)
}

/** Serves the files of a store over HTTP. */
class GatewayPart implements Part, Serving {
  readonly id: string
  readonly #spec: GatewaySpec
  readonly #host: PartHost
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #receiving: Receiving | null = null
  #store: ObjectStore | null = null
  #gateway: Gateway | null = null
  #decoder: MediaDecoder | null = null
  #requests: RequestTable | null = null
  #decoderVersion = 0
  readonly #decoded = new BoundedMap<ServiceId, DecodedSnapshot>(MAX_DECODED)
  readonly #pictures = new Pictures()
  readonly #announced = new AnnouncedFiles()

  constructor(spec: GatewaySpec, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#sections = [
      { name: 'gateway', version: () => this.#now(), read: () => this.#snapshot() },
      { name: 'wall', version: () => this.#gateway?.wallVersion ?? 0, read: () => this.#gateway?.wall ?? null },
      requestSection(() => this.#requests),
      clientSection(() => this.#gateway?.server ?? null),
    ]
  }

  linked(from: Part): void {
    this.#receiving = oneReceiver(this.id, this.#receiving, from)
    this.#store = from.store ?? null
    this.#receiving.served.serveBy(this)
    this.#receiving.observe({
      slsFragment: (serviceId, fragment, timeUs) =>
        this.#announced.slsFragment(serviceId, fragment, timeUs - (this.#receiving?.shiftUs() ?? 0)),
      serviceRenumbered: ({ id }, former) => this.#announced.serviceRenumbered(former, id),
    })
  }

  async start(): Promise<void> {
    const receiving = this.#receiving
    const store = this.#store
    const endpoint = parseEndpoint(this.#spec.listen)
    if (receiving === null || store === null || endpoint === null) {
      throw new AppFailure('bad-spec', `${this.id} has nothing to serve.`, 'Link a source to it.')
    }
    const { cors, allowOrigins, fullSegments, lowLatency, ffmpeg, watchPictures } = this.#spec
    // Loaded here, so that a program that only reads a capture starts sooner.
    const { Gateway } = await import('../../gateway/gateway.ts')
    const { MediaDecoder } = await import('../../decode/media-decoder.ts')
    this.#decoder = new MediaDecoder(ffmpeg, () => this.#decoderVersion++)
    const [tls, log] = [await readTls(this.#spec), requestLog(this.#spec, this.#host)]
    this.#gateway = new Gateway({
      ...endpoint,
      cors,
      tls,
      requested: (exchange) => log?.take(exchange),
      arrived: (exchange) => this.#requests?.take(exchange, exchange.prefix),
      ...defined({ allowOrigins: allowOrigins ?? undefined }),
      store,
      nowUs: () => this.#host.nowUs(),
      streamShiftUs: () => 0,
      manifestShiftUs: () => receiving.shiftUs(),
      services: () => receiving.services(),
      decoder: this.#decoder,
      onDecoded: (serviceId, made) => {
        this.#decoded.set(serviceId, made)
        this.#decoderVersion++
      },
      looks: { found: (finding) => receiving.observer.found?.(finding), always: watchPictures },
      growing: !fullSegments,
      lowLatency,
      announced: (serviceId, name) => this.#announcedFile(serviceId, name),
      asked: (serviceId, name) => this.#asked(serviceId, name),
      log: (level, text) => this.#host.log('http', level, text),
    })
    const { baseUrl } = await this.#gateway.open()
    this.#requests = requestTable(baseUrl, this.#host)
    await this.#host.windowHost?.serve(this.#gateway)
    this.#host.log('http', 'info', `Gateway on ${baseUrl}`)
  }

  async stop(): Promise<void> {
    // Received files stay served until the session is closed.
  }

  async close(): Promise<void> {
    await this.#gateway?.close()
  }

  traffic(): PartTraffic {
    return { taken: { items: this.#gateway?.requests ?? 0, bytes: this.#gateway?.bytes ?? 0 } }
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  wants(): 'all' | 'asked' {
    return this.#spec.dynamicSelection ? 'asked' : 'all'
  }

  urlOf(serviceId: ServiceId, name: string): string | null {
    return this.#gateway?.urlOf(serviceId, name) ?? null
  }

  playable({ id, manifest }: ServiceFacts): PlayableSnapshot | null {
    if (manifest === null || this.#gateway === null) return null
    const url = this.#gateway.windowUrlOf(id, manifest.name)
    const stored = this.#store?.find(id, manifest.name).state === 'ready'
    if (url === null || !(stored || this.#gateway.offers(id))) return null
    const confined = this.#gateway.confined(id, manifest.name)
    return {
      kind: manifest.kind,
      url,
      live: this.#store?.finished !== true,
      codecs: manifest.codecs,
      ...confined,
      restarts: this.#store?.restartsOf(id) ?? 0,
      picture: this.#pictures.of(id),
      decoder: this.#decoder?.snapshot(manifest.codecs) ?? null,
      decoded: this.#decoded.get(id) ?? null,
    }
  }

  pictured(serviceId: ServiceId, picture: PictureSnapshot): void {
    this.#pictures.take(serviceId, picture)
  }

  look(services: readonly ServiceId[], atUs: number | null): void {
    this.#gateway?.look(services, atUs)
  }

  thumbnail(serviceId: ServiceId): Thumbnail | null {
    return this.#gateway?.thumbnail(serviceId) ?? null
  }

  playableVersion(): number {
    return this.#pictures.version + this.#decoderVersion
  }

  #announcedFile(serviceId: ServiceId, name: string): { readonly expired: boolean } | null {
    const file = this.#announced.find(serviceId, name)
    if (file === null) return null
    const nowUs = this.#host.nowUs() - (this.#receiving?.shiftUs() ?? 0)
    return { expired: file.expiresUs !== null && file.expiresUs <= nowUs }
  }

  #asked(serviceId: ServiceId, name: string): void {
    if (this.#receiving?.joinsAsAsked !== true) return
    const carrier = this.#gateway?.carrierOf(serviceId, name) ?? null
    const have = this.#store?.find(serviceId, name).state === 'ready'
    this.#receiving.asked(serviceId, name, carrier, have)
  }

  #now(): number {
    const { baseUrl = null, requests = 0, bytes = 0 } = this.#gateway ?? {}
    return this.#version.of(baseUrl === null ? 0 : 1, requests, bytes)
  }

  #snapshot(): GatewaySnapshot | null {
    const { baseUrl = null, requests = 0, bytes = 0 } = this.#gateway ?? {}
    return baseUrl === null ? null : { baseUrl, requests, bytes, playsAtOnce: this.#spec.playAtOnce }
  }
}
