import type { Toi } from '../../contract/ids.ts'
import { MEDIA_NAME, type ObjectKind } from '../../flow/objects.ts'
import type { Fdt } from '../../protocol/flute/fdt.ts'
import { layoutOf, type SymbolLayout } from '../../protocol/flute/fec-oti.ts'
import { isConfigurationUri, MABR_CONTENT_TYPE } from '../../protocol/mabr/configuration.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { ChannelNames, manifestKind } from '../lct/channel-names.ts'
import type { TransportObject } from '../object/transport-object.ts'

/** Names and symbol layouts in the FDT instances of a FLUTE channel, whose TOIs may wrap. */
export class FluteNames extends ChannelNames {
  /** The channel belongs to a gateway configuration session: its media files are initialisation segments. */
  configures = false

  override get mayCarryTable(): boolean {
    return false
  }

  override get needsTable(): boolean {
    return true
  }

  override get carriesSls(): boolean {
    return false
  }

  override addTable(table: Fdt, sinceUs: number): Toi[] {
    // FLUTE has no file template: without an entry a TOI has no name.
    return this.inBand.add(table, sinceUs)
  }

  /** Assumed layout of a file whose table was lost: that of the newest listed file. Null before any table. */
  likelyLayout(codepoint: number): SymbolLayout | null {
    const last = this.inBand.newest
    return last === null ? null : layoutOf(last.file.fecOti, last.table.fecOti, -1, codepoint)
  }

  /** Layout of a file's symbols, null while no table lists it. */
  layout(toi: Toi, codepoint: number): SymbolLayout | null {
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
    // The whole object's bytes decide: see `FluteSession.isSound`.
    if (!/^(?:video|audio)\//.test(type) && !MEDIA_NAME.test(name)) return 'file'
    return this.configures ? 'init' : 'media'
  }
}
