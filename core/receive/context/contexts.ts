import type { ServiceId } from '../../contract/ids.ts'
import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { Destination, ReceiveObserver } from '../../flow/facts.ts'
import type { Finding } from '../../flow/findings.ts'
import type { FlowFile, ObjectSink } from '../../flow/objects.ts'
import type { BytePool } from '../object/byte-pool.ts'
import type { EntityRanges } from '../object/entity-ranges.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import type { ReadingWork } from '../object/reading-work.ts'
import type { Signatures } from './signatures.ts'

/** Has an observer of findings. */
export interface ObservedContext {
  readonly observer: ReceiveObserver
  found(finding: Finding): void
}

/** Reads tables and packages, which may be signed. */
export interface TableContext extends ObservedContext {
  readonly limits: ReceiveLimits
  readonly work: ReadingWork
  /** Certificates in the LLS, for all signed content. */
  readonly signatures: Signatures
}

/** Delivers files, and objects that lack bytes. */
export interface FileContext extends ObservedContext {
  /** Whether a destination that a table names may be joined; finds what is refused. Every table's addresses pass here. */
  signalledGroup(address: Destination, table: string, service: ServiceId | null, timeUs: number): boolean
  readonly spec: ReceiveSpec
  readonly limits: ReceiveLimits
  readonly work: ReadingWork
  readonly sink: ObjectSink
  file(file: FlowFile): void
}

/** Makes files of whole objects. */
export interface DeliveryContext extends TableContext, FileContext {
  readonly pool: BytePool
  /** Partial objects of entity mode. */
  readonly entityRanges: EntityRanges
}
