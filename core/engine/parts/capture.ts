import { CaptureReader } from '../../capture/capture-reader.ts'
import { defined } from '../../contract/defined.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import type { LeftSnapshot } from '../../contract/snapshot.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { DatagramOutput } from '../datagram-output.ts'
import type { CaptureFacts, DatagramSource } from '../faces/datagram-source.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import { AlpLink } from '../receiving/alp-link.ts'
import { everything, type ReceiveAddress, readReceiveUrl } from '../receiving/receive-address.ts'
import { SourceState } from '../receiving/source-state.ts'
import { WrappedLinks } from '../receiving/wrapped-links.ts'
import type { CaptureSpec } from './capture-options.ts'

/** Opens captures as one part. @throws AppFailure bad-url */
export async function openCapture(spec: PartSpec, host: PartHost, together: readonly PartSpec[]): Promise<Part> {
  return new CapturePart([spec, ...together] as unknown as readonly [CaptureSpec], host)
}

/** Plays captures, several as one in the order of time. */
class CapturePart implements Part, DatagramSource {
  readonly id: string
  readonly label: string
  readonly kind = 'capture'
  readonly interfaceName: string
  readonly output = new DatagramOutput()
  readonly addresses: readonly ReceiveAddress[]
  readonly wallClock: boolean
  readonly live = false
  readonly readsStdin: boolean
  readonly begun: Promise<void>
  left: () => readonly LeftSnapshot[] = () => []
  readonly #host: PartHost
  readonly #reader: CaptureReader
  readonly #state: SourceState
  readonly #alp: AlpLink
  readonly #wrapped: WrappedLinks
  #begin: () => void = () => undefined
  #readToEnd = false
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(specs: readonly [CaptureSpec, ...CaptureSpec[]], host: PartHost) {
    const [spec] = specs
    for (const other of specs) sameClock(spec, other)
    const { pace, loop, linkType } = spec
    const files = specs.flatMap((each) => each.files)
    const [first = ''] = files
    this.id = spec.id
    this.addresses = specs.map(({ url, services }) =>
      url === undefined ? everything(services) : readReceiveUrl(url, services),
    )
    this.label = files.length > 1 ? `${first} and ${files.length - 1} more` : first
    this.interfaceName = first.split(/[\\/]/).at(-1) || 'any'
    this.wallClock = pace === 'real'
    this.begun = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.readsStdin = files.includes('-')
    this.#host = host
    this.#reader = new CaptureReader({
      files,
      pace,
      loop,
      ...defined({ linkType }),
      nowUs: () => host.nowUs(),
      flows: host.flows,
    })
    this.#alp = new AlpLink(this.output, () => this.#reader.alp)
    this.#wrapped = new WrappedLinks(this.output, () => this.#reader.wrapped)
    this.#state = new SourceState(this, () => host.nowUs(), { pace, progress: () => this.#reader.progress() })
  }

  get source(): DatagramSource {
    return this
  }

  get readToEnd(): boolean {
    return this.#readToEnd
  }

  get shiftUs(): number {
    return this.#reader.shiftUs
  }

  link(to: Part): void {
    this.output.link(to)
  }

  async start(): Promise<void> {
    this.output.connect()
  }

  run(): Promise<void> {
    this.#running = this.#play()
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#reader.stop()
    await this.#running.catch(() => undefined)
  }

  sockets(): readonly [] {
    return []
  }

  capture(): CaptureFacts {
    return this.#reader
  }

  state(): readonly AnySection[] {
    return this.#state.sections
  }

  traffic(): PartTraffic {
    return { given: this.output.traffic }
  }

  async #play(): Promise<void> {
    const reader = this.#reader
    let begun = false
    await reader.run(this.output, {
      tick: (timeUs) => {
        if (!begun && this.output.datagrams > 0) {
          begun = true
          this.#begin()
        }
        this.#alp.tick()
        this.#wrapped.tick()
        this.output.tick(timeUs)
      },
      loop: (timeUs) => this.output.loop(timeUs),
      skipped: (fromUs, byUs) => this.output.skipped(fromUs, byUs),
      busy: () => this.output.busy(),
      warning: (error) => this.#host.problem(error, 'warning'),
      notice: (text) => this.#host.log('engine', 'info', text),
      linkSignalling: (signalling, timeUs, frame) => this.#alp.signalling(signalling, timeUs, frame),
    })
    // A short capture has one tick, before its packets.
    this.#wrapped.tick()
    this.#readToEnd = !this.#stopping
  }
}

function sameClock(first: CaptureSpec, other: CaptureSpec): void {
  const { pace, loop, linkType } = other
  if (pace === first.pace && loop === first.loop && linkType === first.linkType) return
  throw new AppFailure(
    'bad-spec',
    `The captures ${first.id} and ${other.id} differ in pace, loop or link type; several are played as one.`,
    'Give them the same, or run a session for each.',
  )
}
