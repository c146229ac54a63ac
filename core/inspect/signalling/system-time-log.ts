import type { SystemTimeSnapshot } from '../../contract/snapshot.ts'
import type { LlsTableFact } from '../../flow/facts.ts'
import { LLS_TABLE } from '../../protocol/lls/lls-table.ts'

/** The newest SystemTime table, and its times of arrival. */
export class SystemTimeLog {
  #key: number | null = null
  #newest: SystemTimeSnapshot | null = null

  /** Null before the first. */
  get newest(): SystemTimeSnapshot | null {
    return this.#newest
  }

  llsTable(table: LlsTableFact, timeUs: number): void {
    if (table.tableId !== LLS_TABLE.systemTime || table.values === null) return
    this.#key = table.key
    this.#newest = { values: table.values, firstTimeUs: timeUs, lastTimeUs: timeUs, count: 1 }
  }

  llsRepeated(key: number, timeUs: number): void {
    if (this.#newest === null || key !== this.#key) return
    this.#newest = { ...this.#newest, lastTimeUs: timeUs, count: this.#newest.count + 1 }
  }
}
