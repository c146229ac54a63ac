import { base64Text, hashOf } from '#platform'
import { asToi, type Toi, type Tsi } from '../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS, type FdtFile } from '../protocol/flute/fdt.ts'
import { serialiseFdt } from '../protocol/flute/fdt-writer.ts'
import type { LctExtension } from '../protocol/lct/extensions.ts'
import { NEVER_NTP, unixUsToNtp } from '../protocol/ntp.ts'
import type { EmitContext, PacketSender } from './emitter.ts'
import { FluteObject, NO_CODE_BLOCK_SYMBOLS, symbolBytesFor } from './flute-object.ts'
import { VERSION_STEP_US } from './table-version.ts'

const TABLE_TOI = asToi(0)
/** TOIs have 16 bits, as GPAC's; 0 is the table. */
export const LAST_TOI = 0xffff
const FLUTE_VERSION = 1
const INSTANCE_IDS = 0x10_0000

/** A file that a table lists. */
export type FluteEntry = {
  readonly toi: Toi
  /** Content-Location: in DVB-MABR the transport object URI. */
  readonly name: string
  readonly contentType: string
  readonly bytes: Uint8Array
  /** Its digest is in the table. */
  readonly digest: boolean
}

/** One FLUTE session, which is one LCT channel: its tables, and its objects. */
export class FluteTransmission {
  readonly tsi: Tsi
  readonly sender: PacketSender
  readonly #symbolBytes: number
  #instance: number
  #toi = 0
  /** The newest table, and what it lists. */
  #table: { readonly files: readonly FluteEntry[]; readonly bytes: Uint8Array } | null = null
  /** Sends the newest table again, with the A flag. */
  #close: ((context: EmitContext) => void) | null = null

  /** @param startUs time of the first packet, µs since the UNIX epoch: a sender that begins again has other tables, under other ids */
  constructor(tsi: Tsi, sender: PacketSender, startUs: number) {
    this.tsi = tsi
    this.sender = sender
    this.#symbolBytes = symbolBytesFor(sender.mtu)
    this.#instance = Math.floor(startUs / VERSION_STEP_US) % INSTANCE_IDS
  }

  /** The next TOI: 1 to 65535, then from 1 again. */
  nextToi(): Toi {
    this.#toi = this.#toi === LAST_TOI ? 1 : this.#toi + 1
    return asToi(this.#toi)
  }

  /** The next table is another one than the last. */
  nextInstance(): void {
    this.#instance = (this.#instance + 1) % INSTANCE_IDS
  }

  /** Sends a table of files (RFC 6726 §3.4). */
  sendTable(files: readonly FluteEntry[], context: EmitContext): void {
    this.sender.whole(this.openTable(files, context.timeUs), context)
  }

  /** A table of files, to be sent packet by packet. */
  openTable(files: readonly FluteEntry[], timeUs: number): FluteObject {
    const bytes = this.#tableOf(files)
    const { seconds, fraction } = unixUsToNtp(timeUs)
    const extensions: LctExtension[] = [
      { kind: 'fdt', fluteVersion: FLUTE_VERSION, instanceId: this.#instance },
      {
        kind: 'fti',
        transferLength: bytes.length,
        reserved: 0,
        symbolLength: this.#symbolBytes,
        maxSourceBlock: NO_CODE_BLOCK_SYMBOLS,
      },
      { kind: 'time', sctHigh: seconds, sctLow: fraction, ert: null, slc: null, otherUse: 0 },
    ]
    this.#close = (at) => this.sender.whole(this.#object(TABLE_TOI, bytes, extensions, 'session'), at)
    return this.#object(TABLE_TOI, bytes, extensions, null)
  }

  /** Closes the session with its newest table, where its last object has not done so. */
  close(context: EmitContext): void {
    this.#close?.(context)
    this.#close = null
  }

  /** Sends a listed file at once. @param endsSession nothing follows it */
  sendWhole({ toi, bytes }: FluteEntry, context: EmitContext, endsSession = false): void {
    this.sender.whole(this.#object(toi, bytes, [], endsSession ? 'session' : null), context)
  }

  /** A listed file, to be sent packet by packet. @param endsSession nothing follows it */
  open({ toi, bytes }: FluteEntry, endsSession: boolean): FluteObject {
    if (endsSession) this.#close = null
    return this.#object(toi, bytes, [], endsSession ? 'session' : 'object')
  }

  /** A table that is repeated is written, and its files' digests are worked out, once. */
  #tableOf(files: readonly FluteEntry[]): Uint8Array {
    const newest = this.#table
    if (newest?.files.length === files.length && newest.files.every((file, at) => file === files[at]))
      return newest.bytes
    const entries = files.map((file) => this.#entry(file))
    const bytes = serialiseFdt({ ...FDT_DEFAULTS, instanceExpiresNtp: NEVER_NTP, files: entries })
    this.#table = { files, bytes }
    return bytes
  }

  #object(
    toi: Toi,
    bytes: Uint8Array,
    extensions: readonly LctExtension[],
    closes: 'object' | 'session' | null,
  ): FluteObject {
    return new FluteObject({ tsi: this.tsi, toi, bytes, symbolBytes: this.#symbolBytes, extensions, closes })
  }

  #entry({ toi, name, contentType, bytes, digest }: FluteEntry): FdtFile {
    return {
      ...FDT_FILE_DEFAULTS,
      toi,
      contentLocation: name,
      contentType,
      contentLength: bytes.length,
      transferLength: bytes.length,
      contentMd5: digest ? base64Text(hashOf('md5', bytes)) : null,
      fecOti: {
        encodingId: 0,
        instanceId: null,
        maxSourceBlockLength: NO_CODE_BLOCK_SYMBOLS,
        encodingSymbolLength: this.#symbolBytes,
        maxEncodingSymbols: null,
        schemeSpecificInfo: null,
      },
    }
  }
}
