import { CodecError } from '../bytes/codec-error.ts'
import type { FlowProtocol } from '../contract/report.ts'
import type { ReceiveSpec, TuneIn } from '../contract/session-spec.ts'
import type { DatagramSink, Flow } from '../protocol/ip/flow.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { FlowEntry } from './flow-entry.ts'
import { guessProtocol, isSurelyFlute } from './flow-kind.ts'
import { RECEIVE_LIMITS, type ReceiveLimits } from './limits.ts'
import { LlsReceiver } from './lls-receiver.ts'
import type { ObjectSink } from './object-flow.ts'
import type { ReceiveObserver } from './observer.ts'
import { ReceiveContext } from './receive-context.ts'
import { ServiceDirectory, usesLls } from './service-directory.ts'

/**
 * What to receive. `route`: one ROUTE session. `atsc`: services through the LLS. `mabr`: services through the gateway
 * configuration sent there (DVB-MABR), by FLUTE or ROUTE. `discover`: the LLS where there is one, and
 * every other flow that looks like ROUTE or FLUTE; for captures. Each joins the services it is asked to; absent: those of the ReceiveSpec.
 */
export type ReceiveTarget = (
  | { readonly kind: 'route'; readonly address: string; readonly port: number }
  | { readonly kind: 'atsc' }
  | { readonly kind: 'mabr'; readonly address: string; readonly port: number }
  | { readonly kind: 'discover' }
) & { readonly services?: TuneIn }

export type ReceiverOptions = {
  /** At least one. `route` targets are services 1, 2, 3 … in this order; beside an LLS, which numbers its own, from 65536. */
  readonly targets: readonly ReceiveTarget[]
  readonly receive: ReceiveSpec
  readonly limits?: Partial<ReceiveLimits>
  /** µs from any beginning: measures how long FEC decoding takes. Without it that counts as nothing. */
  readonly elapsedUs?: () => number
}

/** Timers are looked at this often, µs of stream time. */
const TICK_US = 100_000

/**
 * Packets to objects to files to services. Pure: time and bytes are arguments. Nothing received makes it throw; what cannot
 * be read is counted by code and told to the observer.
 *
 * Each flow is decided once, at its first packets: LLS, a session that signalling or the target names, one that looks like
 * ROUTE or FLUTE (when discovering), MMTP, or something only counted.
 */
export class Receiver implements DatagramSink {
  readonly #context: ReceiveContext
  readonly #observer: ReceiveObserver
  readonly #entries: FlowEntry[] = []
  #entryCount = 0
  /** Takes the packets of flows beyond the bound. */
  #overflow: FlowEntry | null = null
  readonly #directory: ServiceDirectory
  readonly #lls: LlsReceiver | null
  #nextTickUs = 0
  #internalFaults = 0
  #closed = false

  constructor(options: ReceiverOptions, sink: ObjectSink, observer: ReceiveObserver) {
    const limits = { ...RECEIVE_LIMITS, ...options.limits }
    this.#context = new ReceiveContext(options.receive, limits, sink, observer, options.elapsedUs)
    this.#observer = observer
    this.#directory = new ServiceDirectory(this.#context, options.targets, () => this.#rebind())
    const directory = this.#directory
    this.#lls = options.targets.some(usesLls)
      ? new LlsReceiver(this.#context, (slts, timeUs) => directory.sltsChanged(slts, timeUs))
      : null
    this.#directory.start()
  }

  /** Memory held for unfinished and waiting objects, bytes. */
  get heldBytes(): number {
    return this.#context.pool.used
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    if (timeUs >= this.#nextTickUs) this.tick(timeUs)
    const entry = this.#entries[flow.id] ?? this.#enter(flow, timeUs)
    entry.packets++
    entry.bytes += end - start
    entry.lastTimeUs = timeUs
    try {
      if (entry.probesLeft > 0) this.#probe(entry, bytes, start, end, timeUs)
      if (entry.session !== null) {
        entry.session.datagram(flow, bytes, start, end, timeUs, frame)
      } else if (entry.mmtp !== null) {
        entry.mmtp.datagram(flow, bytes, start, end, timeUs, frame)
      } else if (entry.isLls && this.#lls !== null) {
        const fault = this.#lls.datagram(bytes, start, end, timeUs, frame)
        if (fault !== null) this.#observer.malformed(fault, flow, bytes, start, end, timeUs, frame)
      }
    } catch (thrown) {
      this.#caught(thrown, flow, bytes, start, end, timeUs, frame)
    }
  }

  /** Time passes: what waited long enough is given up, and sessions nobody claims get a service. */
  tick(timeUs: number): void {
    this.#nextTickUs = timeUs + TICK_US
    // What can be decoded now is not given up.
    this.#context.fec?.tick(timeUs)
    this.#directory.tick(timeUs)
  }

  /** The source starts again from its beginning; what comes is new even where it has been seen. */
  loop(timeUs: number): void {
    this.#context.fec?.finish(timeUs)
    this.#context.fec?.clear()
    this.#directory.loop(timeUs)
  }

  /** Ends what is open: an object cut off by the end is `truncated`, one whose transmission was over is lost. */
  close(timeUs: number, _reason: 'capture-end' | 'stopped'): void {
    if (this.#closed) return
    this.#closed = true
    this.#context.fec?.finish(timeUs)
    this.#directory.close(timeUs)
  }

  #enter(flow: Flow, timeUs: number): FlowEntry {
    if (this.#entryCount >= this.#context.limits.flows) {
      if (this.#overflow === null) {
        this.#overflow = new FlowEntry(null, timeUs)
        this.#overflow.probesLeft = 0
        this.#observer.flowSeen(this.#overflow)
      }
      return this.#overflow
    }
    const entry = new FlowEntry(flow, timeUs)
    this.#entries[flow.id] = entry
    this.#entryCount++
    this.#bind(entry)
    this.#observer.flowSeen(entry)
    return entry
  }

  /** Decides where a flow's packets go, from what signalling says by now. */
  #bind(entry: FlowEntry): void {
    const flow = entry.flow
    if (flow === null) return
    if (flow.destinationAddress === LLS_ADDRESS && flow.destinationPort === LLS_PORT) {
      entry.isLls = true
      entry.protocol = 'lls'
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
  }

  #rebind(): void {
    for (const entry of this.#entries) if (entry !== undefined) this.#bind(entry)
  }

  #probe(entry: FlowEntry, bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    entry.probesLeft--
    const guess: FlowProtocol = guessProtocol(bytes, start, end)
    if (guess === 'unknown') return
    if (guess === 'route' || entry.protocol === 'unknown') entry.protocol = guess
    // FLUTE and ROUTE repair packets may look alike: go on looking for a packet that tells.
    const sure = guess !== 'flute' || isSurelyFlute(bytes, start, end)
    if (sure) entry.probesLeft = 0
    if (entry.session === null && entry.mmtp === null && entry.flow !== null)
      this.#directory.arrived(entry.flow, guess, sure, timeUs)
  }

  #caught(
    thrown: unknown,
    flow: Flow,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    frame: number,
  ): void {
    if (thrown instanceof CodecError) {
      this.#observer.malformed(thrown.code, flow, bytes, start, end, timeUs, frame)
      return
    }
    this.#observer.malformed('internal', flow, bytes, start, end, timeUs, frame)
    if (this.#internalFaults++ > 0) return
    const words = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    this.#context.alarm({
      rule: 'INTERNAL',
      severity: 'error',
      service: null,
      tsi: null,
      toi: null,
      timeUs,
      frame,
      text: `A datagram to ${flow.destination} was not handled: ${words}`,
    })
  }
}
