import type { ObjectKind } from '../../flow/objects.ts'
import type { Fdt, FdtFile } from '../../protocol/flute/fdt.ts'
import { layoutOf, type SymbolLayout } from '../../protocol/flute/fec-oti.ts'
import { isConfigurationUri, MABR_CONTENT_TYPE } from '../../protocol/mabr/configuration.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { ChannelNames, manifestKind } from '../lct/channel-names.ts'
import type { TransportObject } from '../object/transport-object.ts'

/** Files the tables of one channel may name at a time; the oldest entry is forgotten first. */
const MAX_FILES = 65_536
/** Memory that the entries of all channels may take, bytes, and what one takes besides its name. */
const MAX_LISTED_BYTES = 64 << 20
const ENTRY_BYTES = 600

type Listed = {
  /** With the instance's defaults filled in. */
  readonly file: FdtFile
  readonly table: Pick<Fdt, 'fecOti'>
  /** First packet of the instance that said it: a table that was sent earlier and came later does not count. */
  readonly sinceUs: number
}

/**
 * What the FDT instances of a FLUTE channel say of its objects (RFC 6726 §3.4): each instance adds to those before it. A TOI
 * stands for what the newest instance says of it, so that TOIs can go round.
 */
export class FluteNames extends ChannelNames {
  readonly #files = new Map<number, Listed>()
  /** The channel belongs to a gateway configuration session: media files on it are initialisation segments. */
  configures = false

  readonly #budget: { bytes: number }

  /** @param budget what the entries of all channels take */
  constructor(tsi: number, budget: { bytes: number }) {
    super(tsi)
    this.#budget = budget
  }

  override get mayCarryTable(): boolean {
    return false
  }

  override get carriesSls(): boolean {
    return false
  }

  /**
   * @param sinceUs time of the instance's first packet
   * @returns TOIs that stand for other content than before
   */
  addInstance(table: Fdt, sinceUs: number): number[] {
    const changed: number[] = []
    // The rest of the table is not needed any more, and may be large.
    const defaults = { fecOti: table.fecOti }
    for (const entry of table.files.slice(0, MAX_FILES)) {
      const before = this.#files.get(entry.toi)
      if (before !== undefined && before.sinceUs > sinceUs) continue
      const file: FdtFile = {
        ...entry,
        contentType: entry.contentType ?? table.contentType,
        contentEncoding: entry.contentEncoding ?? table.contentEncoding,
      }
      if (before !== undefined && !sameContent(before.file, file)) changed.push(entry.toi)
      this.#forget(entry.toi)
      this.#files.set(entry.toi, { file, table: defaults, sinceUs })
      this.#budget.bytes += costOf(file)
    }
    for (const toi of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES && this.#budget.bytes <= MAX_LISTED_BYTES) break
      this.#forget(toi)
    }
    return changed
  }

  #forget(toi: number): void {
    const before = this.#files.get(toi)
    if (before === undefined) return
    this.#files.delete(toi)
    this.#budget.bytes -= costOf(before.file)
  }

  /** The channel is gone. */
  clear(): void {
    for (const toi of [...this.#files.keys()]) this.#forget(toi)
  }

  /** Where the symbols of a file would belong whose table was lost: as in the file listed last. Null before any table. */
  likelyLayout(codepoint: number): SymbolLayout | null {
    const last = [...this.#files.values()].at(-1)
    return last === undefined ? null : layoutOf(last.file.fecOti, last.table.fecOti, -1, codepoint)
  }

  /** Where the symbols of a file belong, null while no table names it. */
  layout(toi: number, codepoint: number): SymbolLayout | null {
    const listed = this.#files.get(toi)
    if (listed === undefined) return null
    return layoutOf(listed.file.fecOti, listed.table.fecOti, this.transferLength(toi), codepoint)
  }

  protected override file(toi: number): FdtFile | null {
    return this.#files.get(toi)?.file ?? null
  }

  protected override kindOf(object: TransportObject, listed: boolean): ObjectKind {
    if (object.toi === 0) return 'signalling'
    const { name, contentType } = object
    if (!listed || name === null) return 'file'
    const type = contentType === null ? '' : bareMediaType(contentType)
    if (isConfigurationUri(name) || type === MABR_CONTENT_TYPE) return 'signalling'
    const manifest = manifestKind(name, contentType)
    if (manifest !== null) return manifest
    // What an object really is its bytes say, once they are there: see `FluteSession.objectSound`.
    if (!/^(?:video|audio)\//.test(type) && !MEDIA_NAME.test(name)) return 'file'
    return this.configures ? 'init' : 'media'
  }
}

const MEDIA_NAME = /\.(?:m4s|m4v|m4a|mp4|cmf[vatm]|m2?ts|aac|webm)(?:[?#].*)?$/i

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
