import { asToi, type Toi } from '../../contract/ids.ts'

/** Numbers that stand for wide TOIs are multiples of `STEP` from here on: no TOI that is a number of its own reaches them. */
const FIRST = 2 ** 100
const STEP = 2 ** 48
const WORDS = 4
const BYTES = WORDS * 4
/** Widest TOI: three words and a half (RFC 5651 §5.1). */
const MOST = 2n ** 112n - 1n

/** True of a number that stands for a TOI above 2^53-1, which a number cannot have. */
export function isWideToi(toi: number): boolean {
  return toi > Number.MAX_SAFE_INTEGER
}

/**
 * The number that stands for a TOI of these bytes: one of 2^52, by its value alone, so that packets and file tables agree without a
 * table of what they have seen.
 */
export function wideToiAt(bytes: Uint8Array, at: number, size: number): Toi {
  let high = 0
  let low = 0
  for (let word = 0; word < WORDS; word++) {
    let value = 0
    for (let i = 0; i < 4; i++) {
      const from = word * 4 + i - (BYTES - size)
      value = (value << 8) | (from < 0 ? 0 : (bytes[at + from] as number))
    }
    high = mixed(high ^ value, 0x85eb_ca6b)
    low = mixed(low + value + word, 0xc2b2_ae35)
  }
  return asToi(FIRST + ((high & 0xf_ffff) * 2 ** 32 + (low >>> 0)) * STEP)
}

/** The TOI of a decimal number and its text where it is wide; null where it is no TOI. */
export function readToi(text: string): { readonly toi: Toi; readonly wide: string | null } | null {
  if (!/^\d{1,34}$/.test(text)) return null
  const value = BigInt(text)
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return { toi: asToi(Number(value)), wide: null }
  if (value > MOST) return null
  const bytes = new Uint8Array(BYTES)
  for (let at = BYTES - 1, left = value; left > 0n; at--, left >>= 8n) bytes[at] = Number(left & 0xffn)
  return { toi: wideToiAt(bytes, 0, BYTES), wide: String(value) }
}

/** A TOI's bytes in decimal. */
export function toiText(bytes: Uint8Array, at: number, size: number): string {
  let value = 0n
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(bytes[at + i] as number)
  return String(value)
}

/** A round of MurmurHash3's mixing. */
function mixed(value: number, by: number): number {
  let hash = Math.imul(value ^ (value >>> 16), by)
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4_eb2f)
  return hash ^ (hash >>> 15)
}
