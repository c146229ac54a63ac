import type { ObjectKind } from '../../flow/objects.ts'
import type { Fdt } from '../../protocol/flute/fdt.ts'
import { layoutOf, type SymbolLayout } from '../../protocol/flute/fec-oti.ts'
import { isConfigurationUri, MABR_CONTENT_TYPE } from '../../protocol/mabr/configuration.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { ChannelNames, manifestKind } from '../lct/channel-names.ts'
import type { TransportObject } from '../object/transport-object.ts'

/** What the FDT instances of a FLUTE channel say of its objects, so that TOIs can go round, and where their symbols belong. */
export class FluteNames extends ChannelNames {
  /** The channel belongs to a gateway configuration session: media files on it are initialisation segments. */
  configures = false

  override get mayCarryTable(): boolean {
    return false
  }

  override get carriesSls(): boolean {
    return false
  }

  override addTable(table: Fdt, sinceUs: number): number[] {
    // FLUTE has no file template: what no entry names has no name.
    return this.inBand.add(table, sinceUs)
  }

  /** Where the symbols of a file would belong whose table was lost: as in the file listed last. Null before any table. */
  likelyLayout(codepoint: number): SymbolLayout | null {
    const last = this.inBand.newest
    return last === null ? null : layoutOf(last.file.fecOti, last.table.fecOti, -1, codepoint)
  }

  /** Where the symbols of a file belong, null while no table names it. */
  layout(toi: number, codepoint: number): SymbolLayout | null {
    const listed = this.inBand.entry(toi)
    if (listed === null) return null
    return layoutOf(listed.file.fecOti, listed.table.fecOti, this.transferLength(toi), codepoint)
  }

  protected override kindOf(object: TransportObject, listed: boolean): ObjectKind {
    if (object.toi === 0) return 'signalling'
    const { name, contentType } = object
    if (!listed || name === null) return 'file'
    const type = contentType === null ? '' : bareMediaType(contentType)
    if (isConfigurationUri(name) || type === MABR_CONTENT_TYPE) return 'signalling'
    const manifest = manifestKind(name, contentType)
    if (manifest !== null) return manifest
    // What an object really is its bytes say, once they are there: see `FluteSession.isSound`.
    if (!/^(?:video|audio)\//.test(type) && !MEDIA_NAME.test(name)) return 'file'
    return this.configures ? 'init' : 'media'
  }
}

const MEDIA_NAME = /\.(?:m4s|m4v|m4a|mp4|cmf[vatm]|m2?ts|aac|webm)(?:[?#].*)?$/i
