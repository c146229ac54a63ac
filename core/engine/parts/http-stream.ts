import type { PartSpec } from '../../contract/session-spec.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import { Version } from '../../flow/version.ts'
import type { AnySection, Part, PartHost } from '../part.ts'
import { clientSection, type HttpFront, openHttpFront, requestSection } from './http-front.ts'
import type { HttpStreamSpec } from './http-stream-options.ts'
import { ServedStream, streamRules } from './served-streams.ts'

/** Opens a stream for the clients of an HTTP server. @throws AppFailure as `openHttpFront` */
export async function openHttpStream(spec: PartSpec, host: PartHost): Promise<Part> {
  const own = spec as unknown as HttpStreamSpec
  const front = await openHttpFront(own, host)
  try {
    const served = new ServedStream(own.path, streamRules(own), front, host)
    host.log('http', 'info', `Stream on ${served.url}`)
    return new HttpStreamPart(own, front, served)
  } catch (error) {
    await front.use.close()
    throw error
  }
}

/** Serves one stream until it is stopped, or with `quit` until the stream is over. */
class HttpStreamPart implements Part {
  readonly id: string
  readonly input: ByteSink
  readonly #spec: HttpStreamSpec
  readonly #front: HttpFront
  readonly #served: ServedStream
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #tellStopped: () => void = () => {}
  readonly #stopped = new Promise<void>((resolve) => {
    this.#tellStopped = resolve
  })

  constructor(spec: HttpStreamSpec, front: HttpFront, served: ServedStream) {
    this.id = spec.id
    this.#spec = spec
    this.#front = front
    this.#served = served
    this.input = served.stream
    this.#sections = [
      {
        name: 'stream',
        version: () => this.#version.of(...served.versions()),
        read: () => [served.snapshot()],
      },
      requestSection(() => front.requests),
      clientSection(() => front.use),
    ]
  }

  async run(): Promise<void> {
    await Promise.race([this.#stopped, ...(this.#spec.quit ? [this.#served.stream.ended] : [])])
  }

  async stop(): Promise<void> {
    this.#tellStopped()
    this.#served.stream.end()
    await this.#front.use.close()
  }

  async close(): Promise<void> {
    await this.stop()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }
}
