import { asToi, type Toi } from '../../contract/ids.ts'
/**
 * TOI of an SLS package, A/331 Annex C: its fragments and version. Some senders set only the bits of changed fragments, or none
 * (GPAC, off air): the fields are for display, never for decisions.
 *
 * ```
 * | gzip 1 | 0 6 | RSAT 1 | DWD 1 | HELD 1 | 0 2 | APD 1 | MPD 1 | S-TSID 1 | USBD 1 | 0 8 | version 8 |
 * ```
 */
export type SlsToi = {
  readonly gzip: boolean
  readonly rsat: boolean
  readonly dwd: boolean
  readonly held: boolean
  readonly apd: boolean
  readonly mpd: boolean
  readonly stsid: boolean
  readonly usbd: boolean
  /** Modulo 256. */
  readonly version: number
}

// Multipliers, not shifts: shifting into bit 31 would make the number negative.
const BIT = {
  gzip: 0x8000_0000,
  rsat: 0x0100_0000,
  dwd: 0x0080_0000,
  held: 0x0040_0000,
  apd: 0x0008_0000,
  mpd: 0x0004_0000,
  stsid: 0x0002_0000,
  usbd: 0x0001_0000,
} as const

/** The fields of an SLS package's TOI; of a wider TOI those of its low 32 bits. */
export function parseSlsToi(toi: Toi): SlsToi {
  const has = (bit: number): boolean => Math.floor(toi / bit) % 2 === 1
  return {
    gzip: has(BIT.gzip),
    rsat: has(BIT.rsat),
    dwd: has(BIT.dwd),
    held: has(BIT.held),
    apd: has(BIT.apd),
    mpd: has(BIT.mpd),
    stsid: has(BIT.stsid),
    usbd: has(BIT.usbd),
    version: toi % 256,
  }
}

/** TOI of a package with these fragments; omitted ones are absent. */
export function slsToi(fields: Partial<SlsToi> & { readonly version: number }): Toi {
  let toi = fields.version % 256
  if (fields.gzip) toi += BIT.gzip
  if (fields.rsat) toi += BIT.rsat
  if (fields.dwd) toi += BIT.dwd
  if (fields.held) toi += BIT.held
  if (fields.apd) toi += BIT.apd
  if (fields.mpd) toi += BIT.mpd
  if (fields.stsid) toi += BIT.stsid
  if (fields.usbd) toi += BIT.usbd
  return asToi(toi)
}

const RESERVED = 0x7e30_ff00

/**
 * The differences between a package and its TOI, in words; null where they agree. Fragments without a bit (envelope, HLS
 * playlists) are ignored.
 * @param types of its fragments
 */
export function slsToiMismatch(toi: Toi, types: ReadonlySet<string>, gzip: boolean): string | null {
  const announced = parseSlsToi(toi)
  const faults: string[] = []
  const compare = (bit: boolean, there: boolean, what: string): void => {
    if (bit && !there) faults.push(`${what} announced, not there`)
    if (!bit && there) faults.push(`${what} there, not announced`)
  }
  compare(announced.usbd, types.has('USBD'), 'USBD')
  compare(announced.stsid, types.has('S-TSID'), 'S-TSID')
  compare(announced.mpd, types.has('MPD'), 'MPD')
  compare(announced.apd, types.has('APD'), 'APD')
  compare(announced.held, types.has('HELD'), 'HELD')
  compare(announced.dwd, types.has('DWD'), 'DWD')
  compare(announced.rsat, types.has('RSAT'), 'RSAT')
  compare(announced.gzip, gzip, 'gzip')
  // The mask excludes bit 31, so the result is never negative.
  if ((toi & RESERVED) !== 0) faults.push('reserved bits set')
  return faults.length === 0 ? null : faults.join(', ')
}

/** The TOI in words: `gzip, MPD, S-TSID, version 3`. */
export function describeSlsToi(toi: Toi): string {
  const fields = parseSlsToi(toi)
  const words: string[] = []
  if (fields.gzip) words.push('gzip')
  if (fields.rsat) words.push('RSAT')
  if (fields.dwd) words.push('DWD')
  if (fields.held) words.push('HELD')
  if (fields.apd) words.push('APD')
  if (fields.mpd) words.push('MPD')
  if (fields.stsid) words.push('S-TSID')
  if (fields.usbd) words.push('USBD')
  words.push(`version ${fields.version}`)
  return words.join(', ')
}
