import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { parseStreamAddress } from '../../socket/stream/stream-address.ts'
import { openStreamSource, type StreamSource } from '../../socket/stream/stream-source.ts'
import { byteTaker } from '../media/byte-taker.ts'
import { mediaSection } from '../media/media-section.ts'
import { declaredFormat } from '../media/stream-format.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import type { SocketInSpec } from './socket-in-options.ts'

/** Opens the socket, or prepares the connection. @throws AppFailure bad-url | not-supported | port-in-use | … */
export async function openSocketIn(spec: PartSpec, host: PartHost): Promise<Part> {
  const options = spec as unknown as SocketInSpec
  const address = parseStreamAddress(options.address, options.port)
  const format = declaredFormat(options, '')
  const source = await openStreamSource(address, {
    interface: options.interface ?? null,
    listen: options.listen,
    keepAlive: options.keepAlive,
    maxConnections: options.maxConnections,
    bufferBytes: options.blockSize,
    probesRtp: options.tsProbe && (format === null || format.extension === 'ts'),
    timeoutMs: options.timeoutMs,
    idleMs: options.idleMs,
    reorderPackets: options.reorderPackets,
    reorderDelayMs: options.reorderDelayMs,
    sources: options.sources,
    notSources: options.notSources,
    retry: options.retry,
    nowUs: () => host.nowUs(),
    log: (text) => host.log('socket', 'info', text),
  })
  return new SocketInPart(options, source)
}

/** Gives the bytes of a socket. */
class SocketInPart implements Part {
  readonly id: string
  readonly #spec: SocketInSpec
  readonly #source: StreamSource
  readonly #takers: Part[] = []
  readonly #sections: readonly AnySection[]
  #running: Promise<void> | null = null

  constructor(spec: SocketInSpec, source: StreamSource) {
    this.id = spec.id
    this.#spec = spec
    this.#source = source
    this.#sections = mediaSection(() => ({
      part: spec.id,
      direction: 'in',
      address: spec.address,
      bytes: source.counts.bytes,
      packets: source.counts.packets,
      clients: source.counts.connections,
      dropped: source.counts.refused,
    }))
  }

  link(to: Part): void {
    this.#takers.push(to)
  }

  run(): Promise<void> {
    this.#running = this.#run()
    return this.#running
  }

  async stop(): Promise<void> {
    this.#source.stop()
    await this.#running?.catch(() => undefined)
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  traffic(): PartTraffic {
    const { packets: items, bytes } = this.#source.counts
    return { given: { items, bytes } }
  }

  async #run(): Promise<void> {
    const sink = byteTaker(this.#takers)
    if (sink === null)
      throw new AppFailure('bad-spec', `Nothing takes what ${this.#spec.address} sends.`, 'Name a destination.')
    const format = declaredFormat(this.#spec, '')
    if (format !== null) sink.format?.(format)
    await this.#source.run(sink)
  }
}
