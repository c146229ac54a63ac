import { NTP_TO_UNIX_S } from '../protocol/ntp.ts'
import { NTP_2000_S } from './record.ts'

/** Converts the two words of a pcapng time stamp by an interface's if_tsresol and if_tsoffset. */
export class PcapngTime {
  readonly resolution: number
  readonly offsetUs: number
  /** Units are µs, the default without if_tsresol. */
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
    // Exact to 10^-12; finer stamps do not fit 64 bits without an offset.
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

/** Whether the words are NTP seconds and µs, as GPAC writes them. */
export function looksLikeNtpWords(high: number, low: number): boolean {
  return high >= NTP_2000_S && low < 1_000_000
}

/** Converts such a pair to integer µs since the UNIX epoch. */
export function ntpWordsToUs(high: number, low: number): number {
  return (high - NTP_TO_UNIX_S) * 1e6 + low
}
