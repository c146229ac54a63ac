import type { ServiceId } from '../../contract/ids.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import { placeAt, type TableGap } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { ClockLimits } from './clock-limits.ts'
import type { FoundByClock, SilenceWatch } from './silence.ts'
import type { SkippedTime } from './skipped-time.ts'

const MAX_MANIFESTS = 1024
/** Intervals after which a manifest counts as repeated. */
const FEW_INTERVALS = 2

type Life = {
  readonly service: ServiceId
  readonly name: string
  row: number
  lastUs: number
  intervals: number
  intervalsUs: number
  gap: TableGap | null
}

/** Notices that a manifest which is an object of its own (DVB-MABR) is no longer repeated, while other packets come. */
export class ManifestTimes {
  readonly #found: FoundByClock
  readonly #limits: ClockLimits
  readonly #time: SkippedTime
  readonly #silence: SilenceWatch
  readonly #columns: ObjectColumns
  readonly #lives = new BoundedMap<string, Life>(MAX_MANIFESTS)

  constructor(
    found: FoundByClock,
    limits: ClockLimits,
    time: SkippedTime,
    from: { readonly silence: SilenceWatch; readonly columns: ObjectColumns },
  ) {
    this.#found = found
    this.#limits = limits
    this.#time = time
    this.#silence = from.silence
    this.#columns = from.columns
  }

  objectEnded({ kind, state, serviceId: service, name, index: row, lastTimeUs }: FlowObject): void {
    if (kind !== 'manifest' || state !== 'complete' || service === null || name === null) return
    const key = `${service} ${name}`
    const life = this.#lives.get(key)
    if (life === undefined) {
      this.#lives.set(key, { service, name, row, lastUs: lastTimeUs, intervals: 0, intervalsUs: 0, gap: null })
    } else if (row !== life.row) {
      life.row = row
      this.#came(life, lastTimeUs)
    }
  }

  /** Everything was silent until then. */
  resumed(timeUs: number): void {
    for (const life of this.#lives.values()) life.lastUs = Math.max(life.lastUs, timeUs)
  }

  /** @returns time, as it passed, at which a manifest is late unless it comes */
  look(): number {
    let dueUs = Number.POSITIVE_INFINITY
    for (const life of this.#lives.values()) {
      // Repetitions move the time of its row.
      const lastUs = this.#columns.values.lastTimeUs[life.row] ?? 0
      if (lastUs > life.lastUs) this.#came(life, lastUs)
      const limitUs = this.#limitUs(life)
      if (limitUs === null || life.gap?.sinceUs != null) continue
      const lateUs = this.#time.of(life.lastUs) + limitUs
      if (this.#time.of(this.#silence.signalUs) <= lateUs) {
        dueUs = Math.min(dueUs, lateUs)
        continue
      }
      life.gap ??= { sinceUs: null, longestUs: 0, times: 0, limitUs }
      life.gap.sinceUs = life.lastUs
      life.gap.times++
      life.gap.longestUs = Math.max(life.gap.longestUs, limitUs)
      const { service, name, gap } = life
      this.#found({ kind: 'manifestLate', table: `Manifest ${name}`, gap }, placeAt(life.lastUs, 0, { service }))
    }
    return dueUs
  }

  #came(life: Life, timeUs: number): void {
    const intervalUs = this.#time.of(timeUs) - this.#time.of(life.lastUs)
    const { gap } = life
    if (gap !== null && gap.sinceUs !== null) {
      gap.sinceUs = null
      gap.longestUs = Math.max(gap.longestUs, intervalUs)
    } else {
      life.intervals++
      life.intervalsUs += intervalUs
    }
    life.lastUs = timeUs
  }

  /** Null while it is not known that it is repeated. */
  #limitUs({ intervals, intervalsUs }: Life): number | null {
    return intervals < FEW_INTERVALS ? null : Math.max(this.#limits.manifestUs, (2 * intervalsUs) / intervals)
  }
}
