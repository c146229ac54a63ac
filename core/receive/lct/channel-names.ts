import type { Toi, Tsi } from '../../contract/ids.ts'
import type { ObjectKind } from '../../flow/objects.ts'
import { contentEncodingOf } from '../../protocol/content-encoding.ts'
import type { Fdt, FdtFile } from '../../protocol/flute/fdt.ts'
import { applyFileTemplate } from '../../protocol/flute/file-template.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { resolveCodepoint } from '../../protocol/route/codepoint.ts'
import type { SourceFlow } from '../../protocol/sls/s-tsid.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { FileTable } from './file-table.ts'

/**
 * Name, type, encoding and kind of a channel's objects from the signalling. A File entry for the TOI overrides the file
 * template. TOI 0 is a table only where the S-TSID carries none.
 */
export class ChannelNames {
  /** The S-TSID's description of this channel, null until it arrives. */
  source: SourceFlow | null = null
  readonly #tsi: Tsi
  /** Files listed in the S-TSID. */
  readonly #listed: FileTable
  /** Files listed in tables sent in the channel itself. */
  protected readonly inBand: FileTable
  #inBandTable: Fdt | null = null

  /** @param budget memory of the entries of all tables */
  constructor(tsi: Tsi, budget: { bytes: number }) {
    this.#tsi = tsi
    this.#listed = new FileTable(budget)
    this.inBand = new FileTable(budget)
  }

  describe(source: SourceFlow): void {
    this.source = source
    this.#listed.clear()
    if (source.efdt !== null) this.#listed.add(source.efdt, 0)
  }

  /**
   * Adds a table sent in the channel.
   * @param sinceUs time of its first packet
   * @returns TOIs that now mean other content
   */
  addTable(table: Fdt, sinceUs: number): Toi[] {
    // Without its files, which may be many.
    this.#inBandTable = { ...table, files: [] }
    return this.inBand.add(table, sinceUs)
  }

  /** The channel ended. */
  clear(): void {
    this.#listed.clear()
    this.inBand.clear()
  }

  /** True where TOI 0 may be a table: not where the S-TSID carries one, since `$Time$` media starts with TOI 0. */
  get mayCarryTable(): boolean {
    return this.#tsi === 0 || this.source === null || this.source.efdt === null
  }

  /** True where the channel's objects are service signalling. */
  get carriesSls(): boolean {
    return this.#tsi === 0
  }

  /** True where only a table in the channel names objects: one that comes whole without a name is told. */
  get needsTable(): boolean {
    return false
  }

  /** Name in the File entry of this TOI, null without one. */
  listedName(toi: Toi): string | null {
    return this.file(toi)?.contentLocation || null
  }

  /** Transport length in a File entry, -1 without one. Content-Length counts only for content without encoding. */
  transferLength(toi: Toi): number {
    const file = this.file(toi)
    if (file === null) return -1
    if (file.transferLength !== null) return file.transferLength
    return file.contentEncoding === null && file.contentLength !== null ? file.contentLength : -1
  }

  /** Content-Length in a File entry; null without one. */
  contentLength(toi: Toi): number | null {
    return this.file(toi)?.contentLength ?? null
  }

  /** 1 file, 2 entity, 3 package, 4 signed package: format of the object's bytes. */
  formatId(codepoint: number): number {
    return resolveCodepoint(codepoint, this.source?.payloads ?? []).formatId
  }

  /** Sets an object's name, type and kind. */
  resolve(object: TransportObject): void {
    const file = this.file(object.toi)
    const table = this.source?.efdt ?? this.#inBandTable
    object.listed = file
    if (file !== null) {
      // An entry without a name describes bytes, and names nothing.
      object.name = file.contentLocation || null
      object.contentType = file.contentType
      object.contentEncoding = file.contentEncoding
    } else if (table?.fileTemplate != null && this.#tsi !== 0) {
      object.name = applyFileTemplate(table.fileTemplate, object.carrier.wideToi ?? object.toi)
      object.contentType ??= table.contentType
      object.contentEncoding = contentEncodingOf(table.contentEncoding)
    }
    object.kind = this.kindOf(object, file !== null)
  }

  /** File entry of a TOI. */
  protected file(toi: Toi): FdtFile | null {
    return this.#listed.get(toi) ?? this.inBand.get(toi)
  }

  protected kindOf(object: TransportObject, listed: boolean): ObjectKind {
    if (this.#tsi === 0) return 'signalling'
    if (object.toi === 0 && this.source !== null && this.source.efdt === null) return 'signalling'
    const byName = manifestKind(object.name, object.contentType)
    if (byName !== null) return byName
    const meaning = resolveCodepoint(object.codepoint, this.source?.payloads ?? [])
    if (meaning.isInit) return 'init'
    if (meaning.isMedia) return 'media'
    // Codepoints from 128 on mean nothing by themselves: in a real-time flow the template names segments, File entries
    // the rest.
    if (this.source?.realTime === true && object.codepoint >= 128) return listed ? 'init' : 'media'
    return 'file'
  }
}

/**
 * Kind of manifest by name or media type; null for anything else. A playlist that is an object of its own is a child.
 */
export function manifestKind(name: string | null, contentType: string | null): 'manifest' | 'playlist' | null {
  const type = contentType === null ? '' : bareMediaType(contentType)
  if (type === 'application/dash+xml' || name?.endsWith('.mpd') === true) return 'manifest'
  if (/mpegurl$/.test(type) || name?.endsWith('.m3u8') === true) return 'playlist'
  return null
}
