import type { JsonValue } from '../../contract/report.ts'
import { isSameCarrier } from '../../flow/carriers.ts'
import { placeAt } from '../../flow/findings.ts'
import { LLS_TABLE } from '../../protocol/lls/lls-table.ts'
import type { TableVersion, WatchedTable } from '../signalling/signalling-events.ts'
import type { FoundByClock } from './silence.ts'
import { nameOf } from './table-times.ts'

/** Parts of the signalling that have a version, of their own or that of their package. */
const VERSIONED: ReadonlySet<string> = new Set([
  'USBD',
  'S-TSID',
  'MPD',
  'HELD',
  'EFDT',
  'APD',
  'DWD',
  'RSAT',
  'MPT',
  'HRBM',
])

/** Notices tables whose content changes while their version does not: receivers do not read them again. */
export class VersionWatch {
  readonly #found: FoundByClock

  constructor(found: FoundByClock) {
    this.#found = found
  }

  changed(table: WatchedTable, before: TableVersion, now: TableVersion, timeUs: number): void {
    const version = table.scope === 'lls' ? llsVersion(table, before, now) : slsVersion(table, before, now)
    if (version === null) return
    const facts = { kind: 'versionUnchanged', scope: table.scope, table: nameOf(table), version } as const
    this.#found(facts, placeAt(timeUs, 0, { service: table.service }))
  }
}

/** The version that both have; null where it changed, or nothing says that they are the same table. */
function llsVersion({ tableId }: WatchedTable, before: TableVersion, now: TableVersion): string | null {
  // Tables of the link layer have rules of their own; SignedMultiTables and private tables wrap what may differ each time.
  if (tableId < LLS_TABLE.slt || tableId > LLS_TABLE.certificationData) return null
  if (now.version === null || now.version !== before.version) return null
  // A capture of several stations has an SLT of each.
  if (tableId === LLS_TABLE.slt && text(before.values?.bsids) !== text(now.values?.bsids)) return null
  return String(now.version)
}

function slsVersion({ type }: WatchedTable, before: TableVersion, now: TableVersion): string | null {
  if (!VERSIONED.has(type)) return null
  if (now.version !== null) return now.version === before.version ? String(now.version) : null
  // Without an envelope the package has the version, in its TOI.
  if (before.version !== null || before.carrier?.kind !== 'lct' || now.carrier?.kind !== 'lct') return null
  if (now.carrier.tsi !== 0 || now.carrier.toi === 0 || !isSameCarrier(before.carrier, now.carrier)) return null
  return `that of TOI 0x${now.carrier.toi.toString(16).padStart(8, '0')}`
}

function text(value: JsonValue | undefined): string {
  return JSON.stringify(value ?? null)
}
