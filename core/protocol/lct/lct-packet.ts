import { u16At, u24At, u32At, u48At } from '../../bytes/ints.ts'
import { asToi, asTsi, type Toi, type Tsi } from '../../contract/ids.ts'
import { ntpToUnixUs } from '../ntp.ts'
import { EXT_TIME_USE, LCT_FAULT, LCT_HET, LCT_VERSION, PSI_SOURCE } from './constants.ts'
import { toiText, wideToiAt } from './wide-toi.ts'

export { LCT_FAULT, lctFaultName } from './constants.ts'

/** Longer headers have times, which differ between packets. */
const MAX_LAST_BYTES = 32
const MAX_SAFE_HIGH = 0x1f_ffff // high 32 bits of 2^53-1

/**
 * An ALC/LCT packet header read in place; one instance is reused for every datagram and nothing is allocated.
 *
 * ```
 *  0                   1                   2                   3
 * |   V   | C |PSI|S| O |H|Res|A|B|   HDR_LEN     | Codepoint (CP)|
 * | CCI 4+4C | TSI 4S+2H | TOI 4O+2H | extensions up to HDR_LEN*4 |
 * ```
 * RFC 5651 §5.1. All forms are read: A/331 fixes C, S, O and H for ROUTE, but FLUTE and real streams differ.
 */
export class LctPacket {
  /** Protocol-specific indication; bit 1 marks a source packet in ROUTE. FLUTE leaves it 0. */
  psi = 0
  closeSession = false
  closeObject = false
  codepoint = 0
  tsi = asTsi(0)
  /** A wider one than 2^53-1 has a number that stands for it (`isWideToi`). */
  toi = asToi(0)
  /** The value of a wide TOI, in decimal; else null. */
  wideToi: string | null = null
  /** Congestion control information; -1 where its value is above 2^53-1 (C > 0). */
  cci = 0
  /** HDR_LEN*4, extensions included; the FEC Payload ID follows, unless the datagram ends here. */
  headerBytes = 0
  /** Length of the object as transported, -1 unknown. EXT_TOL takes precedence over EXT_FTI. */
  transferLength = -1
  /** HET of the extension with the length: 0 none, 194, 67 or 64. */
  lengthSource = 0
  /** Encoding Symbol Length of EXT_FTI, -1 unknown. Unusable in ROUTE: off air it is the size of this packet's payload. */
  symbolLength = -1
  /** Maximum Source Block Length of EXT_FTI, in symbols; -1 unknown, and for Raptor and RaptorQ. */
  maxSourceBlock = -1
  /** Z and N of EXT_FTI for Raptor and RaptorQ; otherwise -1. */
  sourceBlocks = -1
  subBlocks = -1
  /** Al of EXT_FTI for Raptor and RaptorQ, never 0; otherwise 1. */
  alignment = 1
  /** m of EXT_FTI for Reed-Solomon over GF(2^m), the bits of a symbol id; otherwise 8. */
  symbolIdBits = 8
  /** Offset of EXT_FTI in `bytes`, or -1. ROUTE repair packets have RaptorQ's OTI there, with any codepoint. */
  ftiAt = -1
  /** EXT_FDT, or -1. */
  fdtInstance = -1
  fluteVersion = -1
  /** EXT_CENC: 0 none, 1 zlib, 2 deflate, 3 gzip (RFC 6726 §3.4.3); -1 where absent. */
  contentEncoding = -1
  /** Sender current time of EXT_TIME, µs since the UNIX epoch, or -1. */
  sctUs = -1
  /** Expected residual time of EXT_TIME, ms, or -1. */
  ertMs = -1
  /** Session last changed of EXT_TIME, µs since the UNIX epoch, or -1. */
  slcUs = -1
  /** EXT_ROUTE_PRESENTATION_TIME, µs since the UNIX epoch, or -1. */
  presentationUs = -1
  /** The header has a time: EXT_TIME, EXT_ROUTE_PRESENTATION_TIME, or a non-zero CCI. */
  timed = false
  /** 0, or `LCT_FAULT.extension`: extensions from `faultOffset` on are unreadable; header and payload are usable. */
  extensionFault = 0
  /** Offset in `bytes` of the faulty field, or -1. */
  faultOffset = -1
  /** The last header, where an equal one has the same values; of length 0 otherwise. */
  readonly #last = new Uint8Array(MAX_LAST_BYTES)
  #lastBytes = 0

  /**
   * Reads the header of the UDP payload `bytes[start, end)`. Never throws, never reads outside the range.
   * @returns 0, or the `LCT_FAULT` that makes the packet unusable
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (this.#isLast(bytes, start, end)) return LCT_FAULT.none
    this.#lastBytes = 0
    this.transferLength = -1
    this.lengthSource = 0
    this.symbolLength = -1
    this.maxSourceBlock = -1
    this.sourceBlocks = -1
    this.subBlocks = -1
    this.alignment = 1
    this.symbolIdBits = 8
    this.ftiAt = -1
    this.fdtInstance = -1
    this.fluteVersion = -1
    this.contentEncoding = -1
    this.sctUs = -1
    this.ertMs = -1
    this.slcUs = -1
    this.presentationUs = -1
    this.extensionFault = 0
    this.faultOffset = -1

    if (end - start < 4) return this.#fault(LCT_FAULT.truncated, end)
    const b0 = bytes[start] as number
    const b1 = bytes[start + 1] as number
    if (b0 >> 4 !== LCT_VERSION) return this.#fault(LCT_FAULT.version, start)

    const cciBytes = 4 + ((b0 >> 2) & 3) * 4
    const half = (b1 >> 4) & 1
    const tsiBytes = (b1 >> 7) * 4 + half * 2
    const toiBytes = ((b1 >> 5) & 3) * 4 + half * 2
    const headerBytes = (bytes[start + 2] as number) * 4
    if (4 + cciBytes + tsiBytes + toiBytes > headerBytes) return this.#fault(LCT_FAULT.length, start + 2)
    if (headerBytes > end - start) return this.#fault(LCT_FAULT.truncated, end)

    this.psi = b0 & 3
    this.closeSession = (b1 & 2) !== 0
    this.closeObject = (b1 & 1) !== 0
    this.headerBytes = headerBytes
    this.codepoint = bytes[start + 3] as number

    let at = start + 4
    this.cci = cciBytes === 4 ? u32At(bytes, at) : wide(bytes, at, cciBytes)
    this.timed = this.cci > 0
    at += cciBytes

    this.tsi = (tsiBytes === 4 ? u32At(bytes, at) : wide(bytes, at, tsiBytes)) as Tsi
    at += tsiBytes

    const toi = toiBytes === 4 ? u32At(bytes, at) : wide(bytes, at, toiBytes)
    this.toi = toi < 0 ? wideToiAt(bytes, at, toiBytes) : (toi as Toi)
    this.wideToi = toi < 0 ? toiText(bytes, at, toiBytes) : null
    at += toiBytes

    const headerEnd = start + headerBytes
    if (at < headerEnd) this.#readExtensions(bytes, at, headerEnd)
    // Headers with an offset in `bytes` are excluded: it differs in the next packet.
    if (headerBytes <= MAX_LAST_BYTES && this.ftiAt < 0 && this.extensionFault === 0) {
      for (let i = 0; i < headerBytes; i++) this.#last[i] = bytes[start + i] as number
      this.#lastBytes = headerBytes
    }
    return LCT_FAULT.none
  }

  /** True where the header equals the last one: the headers of one object are equal, except that of its last packet. */
  #isLast(bytes: Uint8Array, start: number, end: number): boolean {
    const last = this.#last
    const size = this.#lastBytes
    if (size === 0 || end - start < size) return false
    for (let i = 0; i < size; i++) if (bytes[start + i] !== last[i]) return false
    return true
  }

  #readExtensions(bytes: Uint8Array, start: number, headerEnd: number): void {
    let at = start
    // Extensions start aligned and are whole words, so at least 4 bytes are left while at < headerEnd.
    while (at < headerEnd) {
      const het = bytes[at] as number
      if (het >= 128) {
        if (het === LCT_HET.tol24) {
          this.transferLength = u24At(bytes, at + 1)
          this.lengthSource = het
        } else if (het === LCT_HET.fdt) {
          const word = u24At(bytes, at + 1)
          this.fluteVersion = word >> 20
          this.fdtInstance = word & 0xf_ffff
        } else if (het === LCT_HET.cenc) {
          this.contentEncoding = bytes[at + 1] as number
        }
        at += 4
        continue
      }
      const size = (bytes[at + 1] as number) * 4
      if (size === 0 || at + size > headerEnd) {
        this.extensionFault = LCT_FAULT.extension
        this.faultOffset = at
        return
      }
      if (het === LCT_HET.tol48) {
        if (size >= 8) {
          this.transferLength = u48At(bytes, at + 2)
          this.lengthSource = het
        }
      } else if (het === LCT_HET.fti) {
        this.ftiAt = at
        this.#readFti(bytes, at, size)
      } else if (het === LCT_HET.time) {
        this.#readTime(bytes, at, size)
      } else if (het === LCT_HET.presentationTime && size >= 12) {
        this.presentationUs = ntpToUnixUs(u32At(bytes, at + 4), u32At(bytes, at + 8))
        this.timed = true
      }
      at += size
    }
  }

  /** EXT_TIME: a word for each bit set in Use, in order (RFC 5651 §5.2.2). Words beyond its length are absent. */
  #readTime(bytes: Uint8Array, start: number, size: number): void {
    const use = u16At(bytes, start + 2)
    const end = start + size
    let at = start + 4
    if ((use & EXT_TIME_USE.sctHigh) !== 0) {
      const low = (use & EXT_TIME_USE.sctLow) !== 0 && at + 8 <= end
      if (at + 4 <= end) this.sctUs = ntpToUnixUs(u32At(bytes, at), low ? u32At(bytes, at + 4) : 0)
      at += 4
    }
    if ((use & EXT_TIME_USE.sctLow) !== 0) at += 4
    if ((use & EXT_TIME_USE.ert) !== 0) {
      if (at + 4 <= end) this.ertMs = u32At(bytes, at)
      at += 4
    }
    if ((use & EXT_TIME_USE.slc) !== 0 && at + 4 <= end) this.slcUs = ntpToUnixUs(u32At(bytes, at), 0)
    this.timed = true
  }

  /** EXT_FTI. Its layout depends on the FEC Encoding ID: the codepoint in FLUTE, 0 for ROUTE source packets off air. */
  #readFti(bytes: Uint8Array, at: number, size: number): void {
    const fec = (this.psi & PSI_SOURCE) !== 0 ? 0 : this.codepoint
    if (size < 12) return
    // Raptor (1) and RaptorQ (6) have a 40-bit transfer length, all others 48 bits.
    const raptor = fec === 1 || fec === 6
    if (this.lengthSource === 0 || this.lengthSource === LCT_HET.fti) {
      this.transferLength = raptor
        ? (bytes[at + 2] as number) * 0x1_0000_0000 + u32At(bytes, at + 3)
        : u48At(bytes, at + 2)
      this.lengthSource = LCT_HET.fti
    }
    if (fec === 5) {
      this.symbolLength = u16At(bytes, at + 8)
      this.maxSourceBlock = bytes[at + 10] as number
    } else if (size < 16) {
      // Every other scheme has four words; a shorter extension has the transfer length only.
    } else if (raptor) {
      this.symbolLength = u16At(bytes, at + 8)
      this.sourceBlocks = fec === 1 ? u16At(bytes, at + 10) : (bytes[at + 10] as number)
      this.subBlocks = fec === 1 ? (bytes[at + 12] as number) : u16At(bytes, at + 11)
      this.alignment = (bytes[at + 13] as number) || 1
    } else {
      this.symbolLength = u16At(bytes, at + 10)
      this.maxSourceBlock = fec === 0 ? u32At(bytes, at + 12) : u16At(bytes, at + 12)
      if (fec === 2) this.symbolIdBits = (bytes[at + 8] as number) || 8
    }
  }

  #fault(code: number, offset: number): number {
    this.faultOffset = offset
    return code
  }
}

/** Integer of 0 to 16 bytes; -1 above 2^53-1. */
function wide(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i += 2) {
    if (value > MAX_SAFE_HIGH * 0x1_0000 + 0xffff) return -1
    value = value * 0x1_0000 + u16At(bytes, at + i)
  }
  return value
}
