/** Numbers of RFC 5651 (LCT), RFC 5775 (ALC), RFC 6726 (FLUTE), RFC 9223 and A/331 Annex A (ROUTE), under their names there. */

/** The supported value of the V field. */
export const LCT_VERSION = 1

/** Header extension types. Below 128 a length byte (HEL, in 32-bit words) follows; from 128 on the extension is 4 bytes. */
export const LCT_HET = {
  /** RFC 5651 §5.2.2 */
  nop: 0,
  /** RFC 5651 §5.2.2 */
  auth: 1,
  /** RFC 5651 §5.2.2 */
  time: 2,
  /** FEC Object Transmission Information, RFC 5775 §2.4 */
  fti: 64,
  /** EXT_ROUTE_PRESENTATION_TIME, RFC 9223 §2.1, A/331 A.3.7 */
  presentationTime: 66,
  /** Transport object length, 48 bits, RFC 9223 §2.1 */
  tol48: 67,
  /** RFC 6726 §3.4.1 */
  fdt: 192,
  /** RFC 6726 §3.4.3 */
  cenc: 193,
  /** Transport object length, 24 bits, RFC 9223 §2.1 */
  tol24: 194,
} as const

/** EXT_TIME Use field: which 32-bit words follow, RFC 5651 §5.2.2. */
export const EXT_TIME_USE = { sctHigh: 0x8000, sctLow: 0x4000, ert: 0x2000, slc: 0x1000 } as const

/** Protocol-specific indication of ALC, RFC 5775 §2.1: the source packet indicator is its high bit. */
export const PSI_SOURCE = 2

/** Faults of a header. `extension` leaves the payload usable; see `LctPacket.extensionFault`. */
export const LCT_FAULT = { none: 0, truncated: 1, version: 2, length: 3, extension: 4 } as const

const FAULT_NAMES = ['none', 'lct-truncated', 'lct-version', 'lct-length', 'lct-extension'] as const

/** Stable name of a `LCT_FAULT` code, as counted in the report. */
export function lctFaultName(code: number): string {
  return FAULT_NAMES[code] ?? `lct-fault-${code}`
}
