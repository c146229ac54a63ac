import type { Toi } from '../../contract/ids.ts'
import { contentEncodingOf } from '../../protocol/content-encoding.ts'
import type { Fdt, FdtFile } from '../../protocol/flute/fdt.ts'

/** Bound on the files of one channel's tables; the oldest entry is dropped first. */
const MAX_FILES = 65_536
/** Bound on the memory of all channels' entries, bytes; and the cost of an entry besides its name. */
const MAX_LISTED_BYTES = 64 << 20
const ENTRY_BYTES = 600

/** Entry of one TOI in a table. */
export type TableEntry = {
  /** With the table's defaults applied. */
  readonly file: FdtFile
  readonly table: Pick<Fdt, 'fecOti'>
  /** First packet of its table: a table sent earlier that arrives later is ignored. */
  readonly sinceUs: number
}

/**
 * The listed files of one channel, from FDT instances of FLUTE (RFC 6726 §3.4) and EFDTs of ROUTE: each table adds to
 * those before it, and the newest entry of a TOI counts.
 */
export class FileTable {
  readonly #files = new Map<Toi, TableEntry>()
  readonly #budget: { bytes: number }
  #newest: Toi | null = null

  /** @param budget memory of the entries of all tables */
  constructor(budget: { bytes: number }) {
    this.#budget = budget
  }

  get(toi: Toi): FdtFile | null {
    return this.#files.get(toi)?.file ?? null
  }

  entry(toi: Toi): TableEntry | null {
    return this.#files.get(toi) ?? null
  }

  /** The newest entry; null without any. */
  get newest(): TableEntry | null {
    return this.#newest === null ? null : this.entry(this.#newest)
  }

  /**
   * @param sinceUs time of the table's first packet
   * @returns TOIs that now mean other content
   */
  add(table: Fdt, sinceUs: number): Toi[] {
    const changed: Toi[] = []
    // The rest of the table is not used any more, and may be large.
    const defaults = { fecOti: table.fecOti }
    for (const entry of table.files.slice(0, MAX_FILES)) {
      const before = this.#files.get(entry.toi)
      if (before !== undefined && before.sinceUs > sinceUs) continue
      const file: FdtFile = {
        ...entry,
        contentType: entry.contentType ?? table.contentType,
        contentEncoding: contentEncodingOf(entry.contentEncoding ?? table.contentEncoding),
      }
      if (before !== undefined && !sameContent(before.file, file)) changed.push(entry.toi)
      this.#forget(entry.toi)
      this.#files.set(entry.toi, { file, table: defaults, sinceUs })
      this.#newest = entry.toi
      this.#budget.bytes += costOf(file)
    }
    for (const toi of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES && this.#budget.bytes <= MAX_LISTED_BYTES) break
      this.#forget(toi)
    }
    return changed
  }

  /** Removes all entries: the channel ended, or has another table. */
  clear(): void {
    for (const toi of this.#files.keys()) this.#forget(toi)
  }

  #forget(toi: Toi): void {
    const before = this.#files.get(toi)
    if (before === undefined) return
    this.#files.delete(toi)
    this.#budget.bytes -= costOf(before.file)
  }
}

function sameContent(a: FdtFile, b: FdtFile): boolean {
  return (
    a.contentLocation === b.contentLocation &&
    a.contentMd5 === b.contentMd5 &&
    a.contentLength === b.contentLength &&
    a.transferLength === b.transferLength
  )
}

function costOf({ contentLocation, otherAttributes }: FdtFile): number {
  return otherAttributes.reduce(
    (sum, { name, value }) => sum + 2 * (name.length + value.length),
    ENTRY_BYTES + 2 * contentLocation.length,
  )
}
