import { NTP_2000_S, NTP_TO_UNIX_S } from './record.ts'

/** How one pcapng interface counts time (if_tsresol and if_tsoffset), as a function of the two words of a time stamp. */
export class PcapngTime {
  readonly resolution: number
  readonly offsetUs: number
  /** Units are µs, as where if_tsresol is absent. */
  readonly isMicroseconds: boolean
  readonly #wholeUs: number
  readonly #restUs: number
  readonly #divisor: number

  /** @param resolution if_tsresol: r for 10^-r s, 0x80 | r for 2^-r s */
  constructor(resolution: number, offsetSeconds: number) {
    this.resolution = resolution
    this.offsetUs = offsetSeconds * 1e6
    this.isMicroseconds = resolution === 6
    // One unit of the high word is 2^32 units: for divisors of a µs split it so that no product passes 2^53.
    this.#divisor = resolution > 6 && resolution < 0x80 ? 10 ** (resolution - 6) : 1
    this.#wholeUs = Math.floor(0x100000000 / this.#divisor)
    this.#restUs = 0x100000000 % this.#divisor
  }

  /** Integer µs since the UNIX epoch. */
  toUs(high: number, low: number): number {
    const resolution = this.resolution
    if (resolution === 6) return high * 0x100000000 + low + this.offsetUs
    if (resolution >= 0x80) return binaryUs(high, low, resolution & 0x7f) + this.offsetUs
    if (resolution < 6) return (high * 0x100000000 + low) * 10 ** (6 - resolution) + this.offsetUs
    // Exact to 10^-12; finer stamps of today do not fit 64 bits without an offset anyway.
    return high * this.#wholeUs + Math.floor((high * this.#restUs + low) / this.#divisor) + this.offsetUs
  }
}

function binaryUs(high: number, low: number, bits: number): number {
  if (bits >= 32) {
    const unit = 2 ** (bits - 32)
    const seconds = Math.floor(high / unit)
    const rest = (high - seconds * unit) * 0x100000000 + low
    return seconds * 1e6 + Math.floor((rest / (unit * 0x100000000)) * 1e6)
  }
  const unit = 2 ** bits
  const seconds = high * (0x100000000 / unit) + Math.floor(low / unit)
  return seconds * 1e6 + Math.floor(((low % unit) / unit) * 1e6)
}

/** GPAC writes NTP seconds into the high word and µs into the low one. */
export function looksLikeNtpWords(high: number, low: number): boolean {
  return high >= NTP_2000_S && low < 1_000_000
}

/** Integer µs since the UNIX epoch of such a pair. */
export function ntpWordsToUs(high: number, low: number): number {
  return (high - NTP_TO_UNIX_S) * 1e6 + low
}
