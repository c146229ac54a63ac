import { createHash } from 'node:crypto'
import { gzip } from '#platform'
import { asToi, asTsi } from '../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS, type FdtFecOti, type FdtFile } from '../protocol/flute/fdt.ts'
import { serialiseFdt } from '../protocol/flute/fdt-writer.ts'
import type { LctExtension } from '../protocol/lct/extensions.ts'
import { lctHeaderBytes, serialiseLctHeader } from '../protocol/lct/header.ts'
import { unixUsToNtp } from '../protocol/ntp.ts'
import type { Datagram } from './datagrams.ts'

/** One file of a FLUTE session. */
export type FluteFile = {
  readonly toi: number
  /** Content-Location. */
  readonly name: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** Tables and headers of a test's FLUTE session. */
export type FluteSenderOptions = {
  readonly address: string
  readonly port: number
  readonly tsi: number
  /** E, bytes. */
  readonly symbolBytes: number
  /** B, symbols; null: one block has all, as in GPAC. */
  readonly blockSymbols: number | null
  /** 16-bit TSI and TOI (H=1), as in GPAC; else 32 bits. */
  readonly shortIds: boolean
  /** Where data objects have their sizes: EXT_FTI in every packet, or the table. */
  readonly sizes: 'fti' | 'table'
  readonly digest: 'md5' | 'sha-256' | 'none'
  readonly gzipTable: boolean
  /** End of the table's entries, NTP seconds. */
  readonly expiresNtp: number
}

const FLUTE_SENDER: FluteSenderOptions = {
  address: '239.255.1.1',
  port: 6000,
  tsi: 1,
  symbolBytes: 1000,
  blockSymbols: null,
  shortIds: true,
  sizes: 'table',
  digest: 'md5',
  gzipTable: false,
  // GPAC's value for "never".
  expiresNtp: 4_294_944_000,
}

const ONE_BLOCK = 65_535
const GZIP = 3

/** A FLUTE sender for tests: turns FDT instances and Compact No-Code objects into packets. */
export class FluteSender {
  readonly options: FluteSenderOptions
  #instance = 0

  constructor(options: Partial<FluteSenderOptions> = {}) {
    this.options = { ...FLUTE_SENDER, ...options }
  }

  /**
   * The packets of one FDT instance.
   * @param same send the previous instance again
   * @param overrides replace attributes of every file in the table
   */
  table(files: readonly FluteFile[], timeUs: number, same = false, overrides: Partial<FdtFile> = {}): Datagram[] {
    if (!same) this.#instance++
    const fdt = {
      ...FDT_DEFAULTS,
      instanceExpiresNtp: this.options.expiresNtp,
      files: files.map((file) => ({ ...this.#entry(file), ...overrides })),
    }
    const plain = serialiseFdt(fdt)
    const bytes = this.options.gzipTable ? gzip(plain) : plain
    const { seconds, fraction } = unixUsToNtp(timeUs)
    const extensions: LctExtension[] = [
      { kind: 'fdt', fluteVersion: 1, instanceId: this.#instance & 0xf_ffff },
      ...(this.options.gzipTable ? [{ kind: 'cenc', encoding: GZIP, reserved: 0 } as const] : []),
      this.#fti(bytes.length),
      { kind: 'time', sctHigh: seconds, sctLow: fraction, ert: null, slc: null, otherUse: 0 },
    ]
    return this.#packets(0, bytes, extensions, timeUs, false)
  }

  /** The packets of one object, all at one time; the last one closes it. */
  object(file: Pick<FluteFile, 'toi' | 'bytes'>, timeUs: number): Datagram[] {
    const extensions = this.options.sizes === 'fti' ? [this.#fti(file.bytes.length)] : []
    return this.#packets(file.toi, file.bytes, extensions, timeUs, true)
  }

  #fti(transferLength: number): LctExtension {
    const { symbolBytes, blockSymbols } = this.options
    return {
      kind: 'fti',
      transferLength,
      reserved: 0,
      symbolLength: symbolBytes,
      maxSourceBlock: blockSymbols ?? ONE_BLOCK,
    }
  }

  #entry({ toi, name, contentType, bytes }: FluteFile): FdtFile {
    const { digest, sizes, symbolBytes, blockSymbols } = this.options
    const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest('base64')
    const value = digest === 'sha-256' ? `sha-256=:${hash('sha256')}:` : ''
    const oti: FdtFecOti = {
      encodingId: 0,
      instanceId: null,
      maxSourceBlockLength: blockSymbols ?? ONE_BLOCK,
      encodingSymbolLength: symbolBytes,
      maxEncodingSymbols: null,
      schemeSpecificInfo: null,
    }
    return {
      ...FDT_FILE_DEFAULTS,
      toi: asToi(toi),
      contentLocation: name,
      contentType,
      contentLength: bytes.length,
      transferLength: bytes.length,
      contentMd5: digest === 'md5' ? hash('md5') : null,
      fecOti: sizes === 'table' ? oti : null,
      otherAttributes: value === '' ? [] : [{ name: 'Content-Digest', local: 'Content-Digest', value }],
    }
  }

  #packets(
    toi: number,
    bytes: Uint8Array,
    extensions: readonly LctExtension[],
    timeUs: number,
    closes: boolean,
  ): Datagram[] {
    const { address, port, tsi, symbolBytes, shortIds } = this.options
    const datagrams: Datagram[] = []
    const symbols = Math.max(1, Math.ceil(bytes.length / symbolBytes))
    for (const [sbn, first, count] of blocks(symbols, this.options.blockSymbols ?? symbols)) {
      for (let esi = 0; esi < count; esi++) {
        const symbol = first + esi
        const header = {
          psi: 0,
          reserved: 0,
          closeSession: false,
          closeObject: closes && symbol === symbols - 1,
          codepoint: 0,
          cciBytes: 4,
          cci: 0n,
          tsiBytes: shortIds ? 2 : 4,
          tsi: asTsi(tsi),
          toiBytes: shortIds ? 2 : 4,
          toi: asToi(toi),
          extensions,
        }
        const data = bytes.subarray(symbol * symbolBytes, (symbol + 1) * symbolBytes)
        const headerBytes = lctHeaderBytes(header)
        const packet = new Uint8Array(headerBytes + 4 + data.length)
        serialiseLctHeader(header, packet)
        new DataView(packet.buffer).setUint32(headerBytes, sbn * 0x1_0000 + (esi & 0xffff))
        packet.set(data, headerBytes + 4)
        datagrams.push({ address, port, bytes: packet, timeUs })
      }
    }
    return datagrams
  }
}

/** Source blocks as number, first symbol and symbols (RFC 5052 §9.1). */
function blocks(symbols: number, most: number): [number, number, number][] {
  const count = Math.ceil(symbols / most)
  const small = Math.floor(symbols / count)
  const longer = symbols - small * count
  const list: [number, number, number][] = []
  let first = 0
  for (let sbn = 0; sbn < count; sbn++) {
    const size = sbn < longer ? small + 1 : small
    list.push([sbn, first, size])
    first += size
  }
  return list
}
