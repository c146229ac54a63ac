import { writePesTime } from './ts-packetiser.ts'

/** Bytes up to and with PES_packet_length, which does not count them. */
const UNCOUNTED_BYTES = 6
const FIXED_BYTES = 9
const TIME_BYTES = 5

/** Builds PES packets (ISO/IEC 13818-1 §2.4.3.6), each over the memory of the one before. */
export class PesBuffer {
  bytes = new Uint8Array(8 * 1024)
  length = 0

  /** Begins a packet of no length of its own, with PTS, and DTS where that differs. */
  begin(streamId: number, pts: number, dts: number): void {
    const both = pts !== dts
    const fields = both ? 2 * TIME_BYTES : TIME_BYTES
    this.length = 0
    this.append([0, 0, 1, streamId, 0, 0, 0x84, both ? 0xc0 : 0x80, fields])
    this.room(fields)
    writePesTime(this.bytes, FIXED_BYTES, both ? 3 : 2, pts)
    if (both) writePesTime(this.bytes, FIXED_BYTES + TIME_BYTES, 1, dts)
  }

  append(bytes: Uint8Array | readonly number[]): void {
    const at = this.room(bytes.length)
    this.bytes.set(bytes, at)
  }

  /** Adds bytes, which the caller sets. @returns where they begin */
  room(count: number): number {
    const at = this.length
    this.length += count
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, at))
      this.bytes = grown
    }
    return at
  }

  /** Writes the length, where the field has room for it. */
  bound(): void {
    const size = this.length - UNCOUNTED_BYTES
    if (size <= 0xffff) this.bytes.set([size >> 8, size & 255], 4)
  }
}
