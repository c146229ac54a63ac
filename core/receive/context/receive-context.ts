import { CodecError } from '../../bytes/codec-error.ts'
import type { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { ReceiveSpec } from '../../contract/session-spec.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { Destination, ReceiveObserver } from '../../flow/facts.ts'
import { type Finding, type FindingFacts, placeAt } from '../../flow/findings.ts'
import type { FlowFile, ObjectSink } from '../../flow/objects.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { refusalOfGroup } from '../../protocol/ip/signalled-address.ts'
import { FecReceiver } from '../fec/fec-receiver.ts'
import { Beginnings } from '../object/beginnings.ts'
import { BytePool } from '../object/byte-pool.ts'
import type { ObjectContext } from '../object/channel-events.ts'
import { EntityRanges } from '../object/entity-ranges.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import { OpenOrder } from '../object/open-order.ts'
import { ReadingWork } from '../object/reading-work.ts'
import type { DeliveryContext } from './contexts.ts'
import { EventQueue } from './event-queue.ts'
import { Signatures } from './signatures.ts'

/** Sessions of one service begin again within this time of each other, µs. */
const ONE_RESTART_US = 10_000_000
/** Services and senders whose last restart is remembered. */
const MAX_RESTARTED = 1024

/** Shared by all parts of one receiver; `contexts.ts` and `ObjectContext` narrow it to the needs of each. */
export class ReceiveContext implements DeliveryContext, ObjectContext {
  readonly spec: ReceiveSpec
  readonly limits: ReceiveLimits
  readonly sink: ObjectSink
  readonly observer: ReceiveObserver
  readonly pool: BytePool
  readonly reorderUs: number
  /** Repair flows; null where FEC is off. */
  readonly fec: FecReceiver | null
  /** Finished objects remembered by all channels. */
  readonly known = { count: 0 }
  readonly openOrder = new OpenOrder()
  readonly beginnings = new Beginnings(() => this.work.arrivedBytes)
  /** Memory of the entries of all file tables. */
  readonly listed = { bytes: 0 }
  /** Work on tables, packages and packed files, of all sources. */
  readonly work = new ReadingWork()
  /** Certificates in the LLS, for all signed content. */
  readonly signatures = new Signatures()
  /** Partial objects of entity mode. */
  readonly entityRanges: EntityRanges
  /** Consequences of received packets. */
  readonly events = new EventQueue()
  #objects = 0
  #channels = 0
  readonly #restarts = new BoundedMap<ServiceId, { readonly destination: string; readonly timeUs: number }>(
    MAX_RESTARTED,
  )

  /** When senders last began again, by their address. */
  readonly #senders = new BoundedMap<string, number>(MAX_RESTARTED)

  /** @param elapsedUs measures decoding time, unlike stream time */
  constructor(
    spec: ReceiveSpec,
    limits: ReceiveLimits,
    sink: ObjectSink,
    observer: ReceiveObserver,
    elapsedUs: () => number = () => 0,
  ) {
    this.spec = spec
    this.limits = limits
    this.sink = sink
    this.observer = observer
    this.entityRanges = new EntityRanges(limits.objectBytes)
    this.pool = new BytePool(limits.memoryBytes, sink.holds !== true)
    this.reorderUs = spec.reorderMs * 1000
    this.fec = spec.fec
      ? new FecReceiver(limits, this.pool, this.reorderUs, elapsedUs, () => this.work.arrivedBytes)
      : null
  }

  /**
   * Whether the sender of a service is told to have begun again: once, where its media is in several sessions.
   * @param destination session that shows it
   * @param follows another of its channels has shown it
   */
  beganAgain(serviceId: ServiceId, destination: string, follows: boolean, timeUs: number): boolean {
    const before = this.#restarts.get(serviceId)
    const isNear = before !== undefined && timeUs - before.timeUs < ONE_RESTART_US
    if (isNear && (follows || before.destination !== destination)) return false
    this.#restarts.set(serviceId, { destination, timeUs })
    return true
  }

  /** A sender, by its address, began again. */
  senderBegan(sender: string, timeUs: number): void {
    this.#senders.set(sender, timeUs)
  }

  /** Whether a sender began again at about this time. */
  hasBegun(sender: string, timeUs: number): boolean {
    return Math.abs((this.#senders.get(sender) ?? Number.NEGATIVE_INFINITY) - timeUs) <= ONE_RESTART_US
  }

  nextObjectIndex(): number {
    return this.#objects++
  }

  /** The bound on channels that one more channel of a session would exceed; null where it would exceed none. */
  channelLimit(ofSession: number): number | null {
    const { channels, channelsInAll } = this.limits
    if (ofSession >= channels) return channels
    return this.#channels >= channelsInAll ? channelsInAll : null
  }

  /** Channels of all sessions so far. */
  get channelCount(): number {
    return this.#channels
  }

  nextChannelIndex(): number {
    return this.#channels++
  }

  found(finding: Finding): void {
    this.observer.found(finding)
  }

  signalledGroup({ address, port }: Destination, table: string, service: ServiceId | null, timeUs: number): boolean {
    const reason = refusalOfGroup(address, port)
    if (reason === null) return true
    const facts = { kind: 'addressRefused', table, address: formatDestination(address, port), reason } as const
    this.found({ ...facts, ...placeAt(timeUs, 0, { service }) })
    return false
  }

  file(file: FlowFile): void {
    this.sink.whole(file)
  }
}

/** The finding about entries of a table that were left out, and how it is oddly written; null where there is nothing. */
export function droppedEntries(table: string, { count, listed, writings }: EntryFaults): FindingFacts | null {
  return count === 0 && writings.length === 0
    ? null
    : { kind: 'entriesDropped', table, dropped: listed, count, writings }
}

/**
 * Runs a parser on received bytes.
 * @returns its CodecError, or null after success
 */
export function codecFault(use: () => void): CodecError | null {
  try {
    use()
    return null
  } catch (thrown) {
    if (thrown instanceof CodecError) return thrown
    throw thrown
  }
}
