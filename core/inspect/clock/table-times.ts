import type { ServiceId } from '../../contract/ids.ts'
import { oldestKey } from '../../flow/bounded-map.ts'
import type { ServiceFacts } from '../../flow/facts.ts'
import { placeAt, type TableGap } from '../../flow/findings.ts'
import { renameKey } from '../../flow/rename-key.ts'
import { LLS_TABLE } from '../../protocol/lls/lls-table.ts'
import type { WatchedTable } from '../signalling/signalling-events.ts'
import type { ClockLimits } from './clock-limits.ts'
import type { FoundByClock, SilenceWatch } from './silence.ts'
import type { SkippedTime } from './skipped-time.ts'

/** Bound on watched tables: three of each of some hundred services. */
const MAX_TABLES = 1024
/** Intervals after which the usual one of a table is known. */
const FEW_INTERVALS = 3

/** What a table is, as rules know it. */
type Kind = 'slt' | 'systemTime' | 'sls'

type Life = {
  readonly table: WatchedTable
  readonly kind: Kind
  readonly firstUs: number
  /** Number and sum of the intervals that were no gap. */
  intervals: number
  intervalsUs: number
  /** Those longer than what is usual for its kind. */
  longIntervals: number
  /** Of the last arrival, or the end of a silence of its service since. */
  sinceUs: number
  lastUs: number
  gap: TableGap | null
  isSlow: boolean
}

/** Fragments of the SLS whose repetition a receiver waits for. */
const REPEATED: ReadonlySet<string> = new Set(['USBD', 'S-TSID', 'MPD', 'HLS'])

/**
 * Notices tables that are sent too seldom. A table is late only while packets of its service (of the LLS: any packets) go
 * on: a silence of these is another finding.
 */
export class TableTimes {
  readonly #found: FoundByClock
  readonly #limits: ClockLimits
  readonly #time: SkippedTime
  readonly #silence: SilenceWatch
  readonly #lookSoon: () => void
  readonly #lives = new Map<string, Life>()
  /** The same by service; null: of the LLS. */
  readonly #ofService = new Map<ServiceId | null, Life[]>()
  /** Fragments seen, by service. */
  readonly #types = new Map<ServiceId, Set<string>>()
  /** Services with signalling of ROUTE, as of the last look. */
  readonly #routes = new Set<ServiceId>()

  constructor(
    found: FoundByClock,
    limits: ClockLimits,
    time: SkippedTime,
    from: { readonly silence: SilenceWatch; readonly lookSoon: () => void },
  ) {
    this.#found = found
    this.#limits = limits
    this.#time = time
    this.#silence = from.silence
    this.#lookSoon = from.lookSoon
  }

  /** Usual interval of the most frequent table of a service, or (null) of any, µs; null while none is known. */
  intervalUs(service: ServiceId | null): number | null {
    let least: number | null = null
    for (const life of service === null ? this.#lives.values() : (this.#ofService.get(service) ?? [])) {
      const usualUs = meanOf(life)
      if (usualUs !== null && (least === null || usualUs < least)) least = usualUs
    }
    return least
  }

  /** Tables of a service, or (null) of anything, have come. */
  has(service: ServiceId | null): boolean {
    return service === null ? this.#lives.size > 0 : this.#ofService.has(service)
  }

  /** Last arrival of a table of a service (null: of the LLS), or of any of its tables, and the usual interval. */
  last(
    service: ServiceId | null,
    type?: string,
  ): { readonly lastUs: number; readonly intervalUs: number | null } | null {
    let newest: Life | null = null
    for (const life of this.#ofService.get(service) ?? [])
      if ((type === undefined || life.table.type === type) && (newest === null || life.lastUs > newest.lastUs))
        newest = life
    return newest === null ? null : { lastUs: newest.lastUs, intervalUs: meanOf(newest) }
  }

  /** Types of the fragments that arrived of a service. */
  typesOf(service: ServiceId): ReadonlySet<string> | undefined {
    return this.#types.get(service)
  }

  arrived(table: WatchedTable, timeUs: number): void {
    if (table.scope === 'sls' && table.service !== null) this.#seen(table.service, table.type)
    const kind = kindOf(table)
    if (kind === null) return
    const life = this.#lives.get(table.id)
    if (life === undefined) {
      const times = { firstUs: timeUs, sinceUs: timeUs, lastUs: timeUs, intervals: 0, intervalsUs: 0, longIntervals: 0 }
      const begun: Life = { table, kind, ...times, gap: null, isSlow: false }
      if (this.#lives.size >= MAX_TABLES) this.#forget(oldestKey(this.#lives) ?? '')
      this.#lives.set(table.id, begun)
      const others = this.#ofService.get(table.service)
      if (others === undefined) this.#ofService.set(table.service, [begun])
      else others.push(begun)
      this.#lookSoon()
      return
    }
    const gapUs = this.#time.of(timeUs) - this.#time.of(life.sinceUs)
    if (gapUs > this.#limitUs(life) && this.#livesOn(life)) this.#late(life, gapUs)
    if (life.gap !== null && life.gap.sinceUs !== null) {
      life.gap.sinceUs = null
      life.gap.longestUs = Math.max(life.gap.longestUs, gapUs)
      this.#lookSoon()
    }
    if (gapUs >= 0 && gapUs <= this.#limitUs(life)) {
      life.intervals++
      life.intervalsUs += gapUs
      if (gapUs > (this.#usualUs(life) ?? gapUs)) life.longIntervals++
    }
    life.sinceUs = timeUs
    life.lastUs = timeUs
    if (this.#counts(life)) this.#slow(life)
  }

  /** Packets come again after a silence of a service, or (null) of everything. */
  resumed(service: ServiceId | null, timeUs: number): void {
    for (const life of this.#lives.values())
      if (service === null || life.table.service === service) life.sinceUs = Math.max(life.sinceUs, timeUs)
  }

  /** @param service whose tables have ids of that number by now */
  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    renameKey(this.#types, former, service)
    renameKey(this.#ofService, former, service)
    if (this.#routes.delete(former)) this.#routes.add(service)
    for (const [id, { table }] of [...this.#lives]) if (id !== table.id) renameKey(this.#lives, id, table.id)
  }

  serviceGone(service: ServiceId): void {
    this.#types.delete(service)
    this.#routes.delete(service)
    for (const { table } of this.#ofService.get(service) ?? []) this.#lives.delete(table.id)
    this.#ofService.delete(service)
  }

  #forget(id: string): void {
    const life = this.#lives.get(id)
    if (life === undefined) return
    this.#lives.delete(id)
    const others = (this.#ofService.get(life.table.service) ?? []).filter((each) => each !== life)
    if (others.length === 0) this.#ofService.delete(life.table.service)
    else this.#ofService.set(life.table.service, others)
  }

  /** @returns time, as it passed, at which a table is late unless it comes: before, there is nothing to look at */
  look(services: readonly ServiceFacts[]): number {
    for (const { id, protocol } of services) {
      if (protocol === 'route') this.#routes.add(id)
      else this.#routes.delete(id)
    }
    let dueUs = Number.POSITIVE_INFINITY
    for (const life of this.#lives.values()) {
      if (!this.#counts(life)) continue
      if (life.gap?.sinceUs == null && this.#livesOn(life)) this.#late(life, this.#limitUs(life))
      if (life.gap?.sinceUs == null) dueUs = Math.min(dueUs, this.#time.of(life.sinceUs) + this.#limitUs(life))
      this.#slow(life)
    }
    return dueUs
  }

  /** Each arrival after the limit, or the limit's passing, is told: the first as an alarm, the others as its count. */
  #late(life: Life, gapUs: number): void {
    if (!this.#counts(life) || life.gap?.sinceUs === life.sinceUs) return
    const { table, kind, sinceUs } = life
    life.gap ??= { sinceUs: null, longestUs: 0, times: 0, limitUs: this.#limitUs(life) }
    life.gap.sinceUs = sinceUs
    life.gap.times++
    life.gap.longestUs = Math.max(life.gap.longestUs, gapUs)
    const facts = { kind: 'tableLate', of: kind, table: nameOf(table), gap: life.gap } as const
    this.#found(facts, placeAt(sinceUs, 0, { service: table.service }))
  }

  #slow(life: Life): void {
    const { table, kind, firstUs, isSlow } = life
    const usualUs = this.#usualUs(life)
    if (isSlow || usualUs === null) return
    // One lost packet, or a silence, does not make the others slow.
    if ((meanOf(life) ?? 0) <= usualUs || life.longIntervals * 2 <= life.intervals) return
    const { meter } = table
    life.isSlow = true
    const facts = { kind: 'tableSlow', of: kind, table: nameOf(table), limitUs: usualUs } as const
    const medianUs = () => meter.interval?.medianUs ?? 0
    this.#found({ ...facts, medianUs }, placeAt(firstUs, 0, { service: table.service }))
  }

  #counts({ table, kind }: Life): boolean {
    return kind !== 'sls' || (table.service !== null && this.#routes.has(table.service))
  }

  /** Others were sent after this table was due. */
  #livesOn(life: Life): boolean {
    const { table, sinceUs } = life
    const othersUs = table.service === null ? this.#silence.signalUs : this.#silence.serviceUs(table.service)
    return this.#time.of(othersUs) - this.#time.of(sinceUs) > this.#limitUs(life)
  }

  /** Interval at which a table is best sent, µs; null without one. */
  #usualUs({ kind }: Life): number | null {
    return kind === 'slt' ? this.#limits.sltUsualUs : kind === 'sls' ? this.#limits.slsUsualUs : null
  }

  #limitUs({ kind }: Life): number {
    const { sltUs, systemTimeUs, slsUs } = this.#limits
    return kind === 'slt' ? sltUs : kind === 'systemTime' ? systemTimeUs : slsUs
  }

  #seen(service: ServiceId, type: string): void {
    const types = this.#types.get(service)
    if (types === undefined) this.#types.set(service, new Set([type]))
    else types.add(type)
  }
}

/** Mean interval once there were some. */
function meanOf({ intervals, intervalsUs }: Life): number | null {
  return intervals < FEW_INTERVALS ? null : intervalsUs / intervals
}

function kindOf({ scope, tableId, type }: WatchedTable): Kind | null {
  if (scope === 'sls') return REPEATED.has(type) ? 'sls' : null
  return tableId === LLS_TABLE.slt ? 'slt' : tableId === LLS_TABLE.systemTime ? 'systemTime' : null
}

/** `SLT of group 1, signed`, `S-TSID`. */
export function nameOf({ scope, type, name, group, signed }: WatchedTable): string {
  if (scope === 'lls') return `${name} of group ${group}${signed ? ', signed' : ''}`
  return name === '' || name === type ? type : `${type} ${name}`
}
