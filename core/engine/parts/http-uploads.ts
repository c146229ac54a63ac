import type { UploadsSnapshot } from '../../contract/http-snapshots.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { ByteTee } from '../../flow/byte-tee.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import type { ObjectSink } from '../../flow/objects.ts'
import { Version } from '../../flow/version.ts'
import { allowsOrigin } from '../../http/cors.ts'
import { parseTarget } from '../../http/request-target.ts'
import { UploadSource, type UploadTaker } from '../../server/source/upload-source.ts'
import { UploadedBytes } from '../../server/source/uploaded-bytes.ts'
import { UPLOADED_SERVICE, UploadedObjects } from '../../server/source/uploaded-objects.ts'
import type { Receiving } from '../faces/receiving.ts'
import type { AnySection, Part, PartHost } from '../part.ts'
import { UploadedService } from '../receiving/uploaded-service.ts'
import {
  clientSection,
  type HttpFront,
  openHttpFront,
  requestSection,
  transferSection,
  transferTable,
} from './http-front.ts'
import type { HttpInputSpec, HttpUploadsSpec } from './http-uploads-options.ts'

type UploadsSpec = HttpUploadsSpec | HttpInputSpec

/** Opens uploads that become objects, taken once it is started. @throws AppFailure bad-url */
export async function openHttpUploads(spec: PartSpec, host: PartHost): Promise<Part> {
  const uploads = spec as unknown as HttpUploadsSpec
  const objects = new UploadedObjects(() => host.nowUs())
  const receiving = new UploadedService(withoutCredentials(uploads.address), UPLOADED_SERVICE, {
    nowUs: () => host.nowUs(),
    warn: (text) => host.log('http', 'warning', text),
  })
  return new UploadsPart(uploads, host, {
    taker: objects,
    give: (to) => objects.add(to.input as ObjectSink),
    // It is told of files after those that keep them.
    begin: () => objects.add(receiving),
    end: () => undefined,
    receiving,
  })
}

/** Opens uploads that become one stream. @throws AppFailure bad-url */
export async function openHttpInput(spec: PartSpec, host: PartHost): Promise<Part> {
  const tee = new ByteTee()
  const taker = new UploadedBytes(tee, () => host.nowUs())
  const give = (to: Part): void => tee.add(to.input as ByteSink)
  const end = (): void => tee.end(host.nowUs())
  return new UploadsPart(spec as unknown as HttpInputSpec, host, {
    taker,
    give,
    begin: () => undefined,
    end,
    receiving: null,
  })
}

type Giving = {
  readonly taker: UploadTaker
  readonly give: (to: Part) => void
  /** Called once all takers are linked. */
  readonly begin: () => void
  readonly end: () => void
  /** Null: no objects are made. */
  readonly receiving: UploadedService | null
}

/** Takes uploads until it is stopped, one after another and side by side. */
class UploadsPart implements Part {
  readonly id: string
  readonly #spec: UploadsSpec
  readonly #host: PartHost
  readonly #giving: Giving
  readonly #place: { readonly listen: string; readonly prefix: string }
  readonly #source: UploadSource
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #front: HttpFront | null = null
  #linked = false
  #tellStopped: () => void = () => {}
  readonly #stopped = new Promise<void>((resolve) => {
    this.#tellStopped = resolve
  })

  constructor(spec: UploadsSpec, host: PartHost, giving: Giving) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#giving = giving
    this.#place = placeOf(spec.address)
    const transfers = transferTable(host)
    this.#source = new UploadSource(giving.taker, spec.maxUpload, transfers)
    this.#sections = [
      { name: 'uploads', version: () => this.#now(), read: () => this.#snapshot() },
      requestSection(() => this.#front?.requests ?? null),
      clientSection(() => this.#front?.use ?? null),
      transferSection(transfers),
      ...(giving.receiving?.state() ?? []),
    ]
  }

  get receiving(): Receiving | null {
    return this.#giving.receiving
  }

  link(to: Part): void {
    this.#giving.give(to)
    this.#linked = true
  }

  async start(): Promise<void> {
    if (!this.#linked)
      throw new AppFailure(
        'bad-spec',
        `${this.#spec.address} is given to nobody.`,
        'Name an output: --out, --push, --origin.',
      )
    this.#giving.begin()
    const front = await openHttpFront({ ...this.#spec, listen: this.#place.listen }, this.#host)
    this.#front = front
    front.use.mount({
      prefix: this.#place.prefix,
      rules: {
        ...front.rules,
        methods: ['PUT', 'POST'],
        otherMethods: 'Uploads are taken here; nothing can be read.',
        localNames: 'loopback',
        ownContinue: true,
        bodyMs: null,
      },
      log: (_level, text) => this.#host.log('http', 'warning', text),
      arrived: front.arrived,
      answer: async (exchange) => {
        front.log?.take(exchange)
        if (allowsOrigin(exchange.request, front.rules)) return this.#source.answer(exchange)
        exchange.response.shouldKeepAlive = false
        exchange.refuse({ status: 403, sentence: 'Pages of this origin may not write here.' })
      },
    })
    this.#host.log('http', 'info', `Uploads on ${front.use.origin}${this.#place.prefix}/`)
  }

  run(): Promise<void> {
    return this.#stopped
  }

  async stop(): Promise<void> {
    this.#tellStopped()
    await this.#front?.use.close()
    this.#giving.end()
  }

  async close(): Promise<void> {
    await this.stop()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  #now(): number {
    const { open, files, bytes, brokenOff } = this.#source.counts
    return this.#version.of(open, files, bytes, brokenOff)
  }

  #snapshot(): UploadsSnapshot | null {
    if (this.#front === null) return null
    const { origin } = this.#front.use
    return { url: `${origin}${this.#place.prefix}/`, baseUrl: origin, ...this.#source.counts }
  }
}

/** Reads `put://HOST:PORT/PATH`. @throws AppFailure bad-url */
function placeOf(address: string): { listen: string; prefix: string } {
  const [, listen = '', path = ''] = /^put:\/\/([^/]+)(\/[^?#]*)?$/i.exec(address) ?? []
  const target = parseTarget(path === '' ? '/' : path)
  const components =
    typeof target === 'number' ? [''] : target.components.filter((each, at, all) => each !== '' || at < all.length - 1)
  if (listen === '' || components.includes(''))
    throw new AppFailure(
      'bad-url',
      `"${address}" is no address for uploads.`,
      'Write put://HOST:PORT/ or put://HOST:PORT/PATH/.',
    )
  return { listen, prefix: components.map((each) => `/${each}`).join('') }
}
