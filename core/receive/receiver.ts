import { CodecError } from '../bytes/codec-error.ts'
import type { FlowProtocol } from '../contract/report.ts'
import type { ReceiveSpec } from '../contract/session-spec.ts'
import type { BadDatagram, DatagramSink, Flow } from '../flow/datagrams.ts'
import { PAUSE_US, type ReceiveObserver } from '../flow/facts.ts'
import { placeAt } from '../flow/findings.ts'
import type { ObjectSink } from '../flow/objects.ts'
import { type ReceiveTarget, usesLls } from '../flow/receive-target.ts'
import { SpacedLooks } from '../flow/spaced-looks.ts'
import type { LinkSignalling } from '../protocol/alp/alp-receiver.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { DSTP_HEADER_BYTES } from '../protocol/stltp/recognise.ts'
import type { EventQueue } from './context/event-queue.ts'
import { ReceiveContext } from './context/receive-context.ts'
import { EarlyFlows } from './early-flows.ts'
import { FlowEntry } from './flow-entry.ts'
import { guessProtocol, isSurelyFlute } from './link/flow-kind.ts'
import { type LinkSource, Links } from './link/links.ts'
import { isDstp, Tunnels } from './link/tunnels.ts'
import { RECEIVE_LIMITS, type ReceiveLimits } from './object/limits.ts'
import type { ReadingWork } from './object/reading-work.ts'
import { ServiceDirectory } from './service/service-directory.ts'
import { LlsReceiver } from './signalling/lls-receiver.ts'

/** What to receive, and its bounds. */
export type ReceiverOptions = {
  /** At least one. `route` targets are services 1, 2, 3 … in this order; beside an LLS, which numbers its own, from 65536. */
  readonly targets: readonly ReceiveTarget[]
  readonly receive: ReceiveSpec
  readonly limits?: Partial<ReceiveLimits>
  /** µs from any beginning, to measure the time of FEC decoding; absent: not measured. */
  readonly elapsedUs?: () => number
  /** Table of the source's flows; without it tunnels (STLTP, ALPTP) are counted but not opened. */
  readonly flows?: FlowTable
  /** `ip:port` of flows that are STLTP tunnels, whatever their packets. */
  readonly stltp?: readonly string[]
}

/** Interval of timer checks, µs of stream time. */
const TICK_US = 100_000
/** Flows decided again at each tick; of more, all at once at this interval, µs. */
const FEW_FLOWS = 1024
const BIND_US = 1_000_000
/** Flows that each tick may decide again: in a capture of long pauses every packet is a tick. */
const BOUND_PER_TICK = 256
/** Sessions and channels that each tick looks at; of more, as many as what arrived pays for. */
const TICKED = 128
/** Rounds at the end: an SLT names a session, its S-TSID another, and that one's signalling one more. */
const NAMING_ROUNDS = 3

/**
 * Turns packets into objects, files and services. Pure: time and bytes are arguments. No received byte makes it throw;
 * unreadable input is counted by code and reported to the observer.
 *
 * Each flow is decided once, at its first packets: LLS, a session of the signalling or the target, a flow that looks
 * like ROUTE or FLUTE (when discovering), MMTP, or counted only.
 */
export class Receiver implements DatagramSink {
  readonly #context: ReceiveContext
  readonly #events: EventQueue
  readonly #work: ReadingWork
  readonly #observer: ReceiveObserver
  readonly #entries: FlowEntry[] = []
  #entryCount = 0
  /** Takes the packets of flows beyond the bound. */
  #overflow: FlowEntry | null = null
  readonly #directory: ServiceDirectory
  readonly #lls: LlsReceiver | null
  readonly #links: Links
  readonly #tunnels: Tunnels | null
  readonly #stltp: readonly string[]
  readonly #early: EarlyFlows
  readonly #directoryLooks = new SpacedLooks(TICKED)
  #nextTickUs = 0
  #mayBind = 0
  #nextBindUs = 0
  /** Grows when flows must be decided again; and its value when all were decided. */
  #turn = 0
  #allBound = 0
  #closed = false

  constructor(options: ReceiverOptions, sink: ObjectSink, observer: ReceiveObserver) {
    const limits = { ...RECEIVE_LIMITS, ...options.limits }
    this.#context = new ReceiveContext(options.receive, limits, sink, observer, options.elapsedUs)
    this.#events = this.#context.events
    this.#work = this.#context.work
    this.#observer = observer
    this.#early = new EarlyFlows(limits, this.#context.pool)
    this.#directory = new ServiceDirectory(this.#context, options.targets, () => this.#rebind())
    const directory = this.#directory
    this.#lls = options.targets.some(usesLls)
      ? new LlsReceiver(this.#context, (slts, timeUs) => directory.sltsChanged(slts, timeUs))
      : null
    this.#links = new Links(this.#context)
    this.#stltp = options.stltp ?? []
    this.#tunnels = options.flows === undefined ? null : new Tunnels(this.#links, options.flows, this.#innerSink())
    this.#directory.start()
  }

  /** Memory of incomplete and waiting objects, bytes. */
  get usedBytes(): number {
    return this.#context.pool.used
  }

  /** The same with buffers kept for reuse. */
  get heldBytes(): number {
    return this.#context.pool.held
  }

  /** Bytes of all datagrams so far. */
  get arrivedBytes(): number {
    return this.#work.arrivedBytes
  }

  /** Buffers allocated for objects, and those used again. */
  get buffers(): { readonly allocated: number; readonly reused: number } {
    const { allocations, reuses } = this.#context.pool
    return { allocated: allocations, reused: reuses }
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    if (timeUs >= this.#nextTickUs) this.tick(timeUs)
    const entry = this.#entries[flow.id] ?? this.#enter(flow, bytes, start, end, timeUs)
    if (entry.turn !== this.#turn) this.#bind(entry)
    entry.packets++
    entry.bytes += end - start
    this.#work.arrivedBytes += end - start
    if (timeUs - entry.lastTimeUs > PAUSE_US) entry.pausedUntilUs = timeUs
    entry.lastTimeUs = timeUs
    const from = start + entry.skip
    try {
      if (entry.probesLeft > 0) {
        this.#probe(entry, bytes, from, end, timeUs)
        if (entry.turn !== this.#turn) this.#bind(entry)
      }
      if (entry.session !== null) {
        entry.session.datagram(flow, bytes, from, end, timeUs, frame)
      } else if (entry.mmtp !== null) {
        entry.mmtp.datagram(flow, bytes, from, end, timeUs, frame)
      } else if (entry.isLls && this.#lls !== null) {
        const fault = this.#lls.datagram(bytes, from, end, timeUs, frame)
        if (fault !== null) this.#observer.malformed({ code: fault, bytes, start, end, timeUs, frame }, flow)
      } else if (entry.tunnel !== null) {
        entry.tunnel.datagram(bytes, start, end, timeUs, frame)
      } else if (entry.awaitsName && entry.protocol !== 'unknown') {
        this.#early.keep(entry, bytes, start, end, timeUs, frame)
      }
    } catch (thrown) {
      this.#caught(thrown, flow, { bytes, start, end, timeUs, frame })
    }
    if (this.#events.waits) this.#followUp(flow, bytes, start, end, timeUs, frame)
  }

  /** Handles queued events until none is left: whole and lost objects, and their consequences. */
  #followUp(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    while (this.#events.waits) {
      try {
        this.#events.follow()
      } catch (thrown) {
        this.#caught(thrown, flow, { bytes, start, end, timeUs, frame })
      }
    }
  }

  /** `#followUp` between datagrams. */
  #settle(): void {
    while (this.#events.waits) this.#events.follow()
  }

  /** Time passes: objects expire, and unclaimed sessions get a service. */
  tick(timeUs: number): void {
    this.#nextTickUs = timeUs + TICK_US
    // Decodes before objects expire.
    this.#context.fec?.tick(timeUs)
    this.#directory.applyMore(timeUs)
    this.#lls?.tick()
    if (this.#directoryLooks.due(this.#directory.sessionCount + this.#context.channelCount, this.#work.arrivedBytes)) {
      this.#directory.serveUnclaimed(timeUs)
      // Signalling of a session that has an owner now applies before its objects expire.
      this.#settle()
      this.#directory.tick(timeUs)
      this.#settle()
    }
    this.#links.tick(timeUs)
    this.#mayBind += BOUND_PER_TICK
    const isTime = timeUs >= this.#nextBindUs || timeUs < this.#nextBindUs - BIND_US
    if (this.#entryCount <= FEW_FLOWS || (isTime && this.#mayBind >= this.#entryCount)) {
      this.#nextBindUs = timeUs + BIND_US
      this.#mayBind = 0
      this.#bindAll()
    }
    this.#early.tick(timeUs)
    this.#settle()
  }

  /** Reads and applies long lists of services for a turn. @returns whether more of them waits */
  readOn(timeUs: number): boolean {
    if (this.#closed) return false
    this.#directory.applyMore(timeUs)
    this.#lls?.tick()
    this.#settle()
    return this.#directory.appliesMore || this.#lls?.readsMore === true
  }

  /** The source starts again from its beginning; repeated content counts as new. */
  loop(timeUs: number): void {
    this.#context.fec?.finish(timeUs)
    this.#settle()
    this.#context.fec?.clear()
    this.#directory.loop(timeUs)
    this.#settle()
  }

  /** The source left this destination on request: its objects are cut off, none is lost. */
  left(destination: string, timeUs: number): void {
    this.#directory.session(destination)?.left(timeUs)
    this.#settle()
  }

  /** Ends open objects: `truncated` where the end cuts them off, lost where their transmission had ended. */
  close(timeUs: number): void {
    if (this.#closed) return
    this.#tunnels?.flush(timeUs)
    this.#links.tick(timeUs)
    this.#lls?.finish()
    // Delivered signalling may name further flows.
    for (let round = 0; round < NAMING_ROUNDS; round++) {
      this.#bindAll()
      this.#settle()
    }
    this.#closed = true
    this.#early.close()
    this.#directory.close(timeUs, () => this.#settle())
    this.#bindAll()
  }

  #enter(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, inner = false): FlowEntry {
    if (this.#entryCount >= this.#context.limits.flows) {
      if (this.#overflow === null) {
        this.#overflow = new FlowEntry(null, timeUs)
        this.#overflow.probesLeft = 0
        this.#observer.flowSeen(this.#overflow)
      }
      return this.#overflow
    }
    const entry = new FlowEntry(flow, timeUs, inner)
    if (isDstp(flow, bytes, start, end)) entry.skip = DSTP_HEADER_BYTES
    if (!inner && this.#stltp.includes(flow.destination)) this.#tunnels?.stltp(flow)
    this.#entries[flow.id] = entry
    this.#entryCount++
    this.#bind(entry)
    this.#observer.flowSeen(entry)
    return entry
  }

  /** Decides the destination of a flow's packets from the current signalling. */
  #bind(entry: FlowEntry): void {
    entry.turn = this.#turn
    const flow = entry.flow
    if (flow === null) return
    if (flow.destinationAddress === LLS_ADDRESS && flow.destinationPort === LLS_PORT) {
      entry.isLls = true
      entry.protocol = 'lls'
      entry.probesLeft = 0
      return
    }
    entry.tunnel = entry.inner ? null : (this.#tunnels?.at(flow) ?? null)
    if (entry.tunnel !== null) {
      entry.protocol = entry.tunnel.kind
      entry.probesLeft = 0
      return
    }
    entry.session = this.#directory.session(flow.destination)
    entry.service = this.#directory.serviceAt(flow.destination)
    entry.mmtp = this.#directory.mmtpSession(flow.destination)
    if (entry.service?.protocol === 'mmtp') {
      entry.protocol = 'mmtp'
      entry.probesLeft = 0
    }
    const named = entry.service !== null && (entry.service.joined || !entry.service.discovered)
    entry.awaitsName = !named && !entry.nameless && entry.session === null && entry.mmtp === null
    if (!entry.awaitsName) this.#replay(entry, flow)
  }

  /** Passes on the datagrams stored before the flow had a name, with their times of arrival. */
  #replay(entry: FlowEntry, flow: Flow): void {
    this.#early.release(entry, (bytes, start, end, timeUs, frame) => {
      const session = entry.session ?? entry.mmtp
      try {
        session?.datagram(flow, bytes, start + entry.skip, end, timeUs, frame)
      } catch (thrown) {
        this.#caught(thrown, flow, { bytes, start, end, timeUs, frame })
      }
    })
  }

  /** Signalling changed: each flow is decided again at its next packet, or when time passes. */
  #rebind(): void {
    this.#turn++
  }

  #bindAll(): void {
    if (this.#allBound === this.#turn) return
    this.#allBound = this.#turn
    for (const entry of this.#entries) if (entry !== undefined && entry.turn !== this.#turn) this.#bind(entry)
  }

  #probe(entry: FlowEntry, bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    entry.probesLeft--
    if (entry.flow !== null && !entry.inner && this.#tunnels?.probe(entry.flow, bytes, start, end) === true) {
      // Its FEC may have arrived earlier.
      this.#rebind()
      return
    }
    const guess: FlowProtocol = guessProtocol(bytes, start, end)
    if (guess === 'unknown') return
    if (guess === 'route' || entry.protocol === 'unknown') entry.protocol = guess
    // FLUTE and ROUTE repair packets may look alike: go on probing for a certain one.
    const sure = guess !== 'flute' || isSurelyFlute(bytes, start, end)
    if (sure) entry.probesLeft = 0
    if (entry.session === null && entry.mmtp === null && entry.flow !== null)
      this.#directory.arrived(entry.flow, guess, sure, timeUs)
  }

  /** Receives the datagrams inside tunnels; these open no further tunnels. */
  #innerSink(): DatagramSink {
    return {
      datagram: (flow, bytes, start, end, timeUs, frame) => {
        if (this.#entries[flow.id] === undefined) this.#enter(flow, bytes, start, end, timeUs, true)
        this.datagram(flow, bytes, start, end, timeUs, frame)
      },
    }
  }

  /**
   * A link below the source's IP packets, such as captured ALP.
   * @returns the sink of its link-layer signalling
   */
  link(source: LinkSource): (signalling: LinkSignalling, timeUs: number, frame: number) => void {
    return this.#links.add(source)
  }

  #caught(thrown: unknown, flow: Flow, datagram: Omit<BadDatagram, 'code'>): void {
    if (thrown instanceof CodecError) {
      this.#observer.malformed({ code: thrown.code, ...datagram }, flow)
      return
    }
    this.#observer.malformed({ code: 'internal', ...datagram }, flow)
    const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    const { destination } = flow
    this.#context.found({ kind: 'internalFault', reason, ...placeAt(datagram.timeUs, datagram.frame, { destination }) })
  }
}
