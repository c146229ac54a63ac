import type { CaptureConnection } from '../../capture/capture-connection.ts'
import { CaptureConnections } from '../../capture/capture-connections.ts'
import { LiveCapture } from '../../capture/live-capture.ts'
import { defined } from '../../contract/defined.ts'
import type { ReportSource } from '../../contract/report.ts'
import type { UserLinkType } from '../../contract/session-spec.ts'
import type { LeftSnapshot } from '../../contract/snapshot.ts'
import { placeAt } from '../../flow/findings.ts'
import { DatagramOutput } from '../datagram-output.ts'
import type { CaptureFacts, DatagramSource } from '../faces/datagram-source.ts'
import type { AnySection, Part, PartHost } from '../part.ts'
import { AlpLink } from './alp-link.ts'
import type { ReceiveAddress } from './receive-address.ts'
import { SourceState } from './source-state.ts'
import { WrappedLinks } from './wrapped-links.ts'

/** Options of a live capture's part. */
export type LiveCaptureSource = {
  readonly id: string
  readonly kind: ReportSource['kind']
  /** Address or name for a person, without user name and password. */
  readonly label: string
  readonly interfaceName: string
  readonly address: ReceiveAddress
  readonly linkType?: UserLinkType
  readonly readsStdin?: boolean
  /** Opens a connection to the capture. @throws AppFailure where it fails */
  readonly connect: (signal: AbortSignal) => Promise<CaptureConnection>
  /** Called ten times a second. @returns packets dropped beside those that the capture reports */
  readonly drops?: () => number
}

/** Interval of ticks while the source is silent. */
const TICK_MS = 100

/** Reads a capture while it is made: in wall time, with ticks while it is silent, and reconnects after a break. */
export class LiveCapturePart implements Part, DatagramSource {
  readonly id: string
  readonly label: string
  readonly kind: ReportSource['kind']
  readonly interfaceName: string
  readonly output = new DatagramOutput()
  readonly addresses: readonly ReceiveAddress[]
  readonly wallClock = true
  readonly live = true
  readonly readsStdin: boolean
  readonly begun: Promise<void>
  left: () => readonly LeftSnapshot[] = () => []
  readonly #host: PartHost
  readonly #source: LiveCaptureSource
  readonly #capture: LiveCapture
  readonly #connections: CaptureConnections
  readonly #alp: AlpLink
  readonly #wrapped: WrappedLinks
  readonly #state: SourceState
  /** The present connection, or the last. */
  #connection: CaptureConnection | null = null
  #begin: () => void = () => undefined
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(source: LiveCaptureSource, host: PartHost) {
    const { id, label, kind, interfaceName, address, linkType, readsStdin = false } = source
    this.id = id
    this.label = label
    this.kind = kind
    this.interfaceName = interfaceName
    this.addresses = [address]
    this.readsStdin = readsStdin
    this.begun = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.#host = host
    this.#source = source
    const nowUs = () => host.nowUs()
    this.#capture = new LiveCapture({ label, nowUs, flows: host.flows, ...defined({ linkType }) }, this.output, {
      busy: () => this.output.busy(),
      warning: (error) => host.problem(error, 'warning'),
      notice: (text) => host.log('engine', 'info', text),
      linkSignalling: (signalling, timeUs, frame) => this.#alp.signalling(signalling, timeUs, frame),
    })
    this.#alp = new AlpLink(this.output, () => this.#capture.alp)
    this.#wrapped = new WrappedLinks(this.output, () => this.#capture.wrapped)
    this.#state = new SourceState(this, nowUs)
    this.#connections = new CaptureConnections(
      { capture: this.#capture, connect: (signal) => this.#connect(signal), nowUs },
      {
        stalled: (seconds) =>
          host.problem(
            {
              code: 'source-silent',
              message: `${label}: no bytes for ${seconds} s, since ${clock(nowUs() - seconds * 1e6)}.`,
              tryThis: 'Check that its sender runs; new packets are received again.',
            },
            'warning',
          ),
        flowing: () => host.log('engine', 'info', `${label}: bytes arrive again.`),
        broke: (sinceUs, reason) => this.#broke(sinceUs, reason),
        failed: (reason) => host.log('engine', 'info', `${label} still does not answer: ${reason}`),
        back: (sinceUs, backUs) => {
          const seconds = (backUs - sinceUs) / 1e6
          this.output.found({ kind: 'sourceBack', source: label, seconds, ...placeAt(backUs, 0) })
        },
      },
    )
  }

  get source(): DatagramSource {
    return this
  }

  get readToEnd(): boolean {
    return !this.#stopping && this.#connection?.ends === true
  }

  /** Live packets have wall time; those of a finished capture do not. */
  get shiftUs(): number {
    return this.#connection?.paced === true ? this.#capture.clock.shiftUs : 0
  }

  link(to: Part): void {
    this.output.link(to)
  }

  async start(): Promise<void> {
    this.output.connect()
  }

  run(): Promise<void> {
    const timer = setInterval(() => this.#tick(), TICK_MS)
    this.#running = this.#connections.run().finally(() => clearInterval(timer))
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#connections.stop()
    await this.#running.catch(() => undefined)
  }

  end(): void {
    this.#connections.stop()
  }

  sockets(): readonly [] {
    return []
  }

  capture(): CaptureFacts {
    const { frames, malformed, fragmentsDropped, reportedDrops, undatedDrops, passedOver } = this.#capture
    const dropped = this.#source.drops?.() ?? 0
    return { frames, malformed, fragmentsDropped, reportedDrops: reportedDrops + dropped, undatedDrops, passedOver }
  }

  state(): readonly AnySection[] {
    return this.#state.sections
  }

  async #connect(signal: AbortSignal): Promise<CaptureConnection> {
    this.#connection = await this.#source.connect(signal)
    return this.#connection
  }

  #broke(sinceUs: number, reason: string): void {
    this.output.found({
      kind: 'sourceBroke',
      source: this.label,
      reason: reason.replace(/\.$/, ''),
      ...placeAt(sinceUs, this.#capture.frames),
    })
    this.#host.problem(
      {
        code: 'source-broke',
        message: `${this.label} broke off at ${clock(sinceUs)}: ${reason.replace(/\.$/, '')}.`,
        tryThis: 'It is opened again until it comes back; what was sent meanwhile is missing.',
      },
      'warning',
    )
  }

  #tick(): void {
    if (this.output.datagrams > 0) this.#begin()
    this.#alp.tick()
    this.#wrapped.tick()
    this.#connections.look()
    this.output.tick(this.#capture.passed())
  }
}

/** Wall time of day, as in the log. */
function clock(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(11, 19)
}
