import type { ServiceId } from '../../contract/ids.ts'
import type { JsonObject } from '../../contract/report.ts'
import type { SignallingCarrier } from '../../flow/carriers.ts'
import type { IntervalMeter } from './interval-meter.ts'

/** A table through its versions, whatever its content. */
export type WatchedTable = {
  readonly id: string
  readonly scope: 'lls' | 'sls'
  readonly service: ServiceId | null
  readonly type: string
  readonly name: string
  readonly group: number
  readonly tableId: number
  readonly signed: boolean
  readonly meter: IntervalMeter
}

/** Told when tables arrive and change. */
export type SignallingEvents = {
  arrived(table: WatchedTable, timeUs: number): void
  /** Another content than the last arrived. */
  changed(table: WatchedTable, before: TableVersion, now: TableVersion, timeUs: number): void
}

/** One version of a table. */
export type TableVersion = {
  readonly version: number | null
  readonly carrier: SignallingCarrier | null
  /** Decoded anew each time; null where that is not possible. */
  readonly values: JsonObject | null
}
