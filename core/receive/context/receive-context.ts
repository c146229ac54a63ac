import { CodecError } from '../../bytes/codec-error.ts'
import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { ReceiveObserver } from '../../flow/facts.ts'
import type { Finding } from '../../flow/findings.ts'
import type { FlowFile, ObjectSink } from '../../flow/objects.ts'
import { FecReceiver } from '../fec/fec-receiver.ts'
import { BytePool } from '../object/byte-pool.ts'
import type { ObjectContext } from '../object/channel-events.ts'
import { EntityRanges } from '../object/entity-ranges.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import type { DeliveryContext } from './contexts.ts'
import { EventQueue } from './event-queue.ts'
import { Signatures } from './signatures.ts'

/** What all parts of one receiver share; each is given as much of it as it needs, by `contexts.ts` and `ObjectContext`. */
export class ReceiveContext implements DeliveryContext, ObjectContext {
  readonly spec: ReceiveSpec
  readonly limits: ReceiveLimits
  readonly sink: ObjectSink
  readonly observer: ReceiveObserver
  readonly pool: BytePool
  readonly reorderUs: number
  /** Repair flows; null where they are not to be used. */
  readonly fec: FecReceiver | null
  /** Finished objects that all channels remember. */
  readonly known = { count: 0 }
  /** Memory of what FDT instances say. */
  readonly listed = { bytes: 0 }
  /** Certificates of LLS, for all that is signed. */
  readonly signatures = new Signatures()
  /** Partial objects of entity mode. */
  readonly entityRanges: EntityRanges
  /** What follows from what was received. */
  readonly events = new EventQueue()
  #objects = 0
  #channels = 0

  /** @param elapsedUs measures how long decoding takes; the time of the stream is another */
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
    this.fec = spec.fec ? new FecReceiver(limits, this.pool, this.reorderUs, elapsedUs) : null
  }

  nextObjectIndex(): number {
    return this.#objects++
  }

  nextChannelIndex(): number {
    return this.#channels++
  }

  found(finding: Finding): void {
    this.observer.found(finding)
  }

  file(file: FlowFile): void {
    this.sink.whole(file)
  }
}

/** Runs a parser on what came from the wire. @returns what went wrong, or null with `use` done */
export function codecFault(use: () => void): CodecError | null {
  try {
    use()
    return null
  } catch (thrown) {
    if (thrown instanceof CodecError) return thrown
    throw thrown
  }
}
