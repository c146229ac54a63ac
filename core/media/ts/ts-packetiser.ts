import { TS_CLOCK_WRAP, TS_PACKET_BYTES, TS_PAYLOAD_BYTES, TS_SYNC } from './ts-packets.ts'

/** Adaptation field with flags and a PCR. */
const PCR_FIELD_BYTES = 8

/** What the first packet of a PES packet says in its adaptation field. */
export type FirstPacket = {
  /** Units of 27 MHz; null: none. */
  readonly pcr: number | null
  readonly randomAccess: boolean
  readonly discontinuity: boolean
}

/** Writes transport packets into a buffer that grows, with a continuity counter for each PID. */
export class TsPacketiser {
  bytes = new Uint8Array(256 * TS_PACKET_BYTES)
  length = 0
  readonly #continuity = new Map<number, number>()

  /** Appends packets made before, such as those of a table, with the next continuity counters of their PID. */
  table(packets: Uint8Array, pid: number): void {
    for (let from = 0; from < packets.length; from += TS_PACKET_BYTES) {
      const at = this.#room(1)
      this.bytes.set(packets.subarray(from, from + TS_PACKET_BYTES), at)
      this.bytes[at + 3] = 0x10 | this.#next(pid)
    }
  }

  /** Appends a packet with nothing but a PCR; its continuity counter does not move (ISO/IEC 13818-1 §2.4.3.3). */
  pcrOnly(pid: number, pcr: number): void {
    const at = this.#room(1)
    this.bytes.fill(0xff, at, at + TS_PACKET_BYTES)
    this.#head(at, pid, false, 0x20 | (this.#continuity.get(pid) ?? 15))
    this.bytes[at + 4] = TS_PAYLOAD_BYTES - 1
    this.bytes[at + 5] = 0x10
    this.#pcr(at + 6, pcr)
  }

  /** Appends the packets of a PES packet; the last is filled by its adaptation field. */
  pes(pid: number, pes: Uint8Array, size: number, first: FirstPacket): void {
    let done = this.#packet(pid, pes, 0, size, first)
    done = this.#fullPackets(pid, pes, done, size)
    if (done < size) this.#packet(pid, pes, done, size, null)
  }

  /** @param first null: not the first of its PES packet. @returns how much of the PES packet is done */
  #packet(pid: number, pes: Uint8Array, done: number, size: number, first: FirstPacket | null): number {
    const at = this.#room(1)
    const flags = first === null ? 0 : flagsOf(first)
    let field = flags === 0 ? 0 : first === null || first.pcr === null ? 2 : PCR_FIELD_BYTES
    const count = Math.min(size - done, TS_PAYLOAD_BYTES - field)
    if (count < TS_PAYLOAD_BYTES - field) field = TS_PAYLOAD_BYTES - count
    this.#head(at, pid, first !== null, (field > 0 ? 0x30 : 0x10) | this.#next(pid))
    if (field > 0) {
      this.bytes[at + 4] = field - 1
      if (field > 1) {
        this.bytes[at + 5] = flags
        this.bytes.fill(0xff, at + 6, at + 4 + field)
        if (first !== null && first.pcr !== null) this.#pcr(at + 6, first.pcr)
      }
    }
    this.bytes.set(pes.subarray(done, done + count), at + 4 + field)
    return done + count
  }

  /** Appends packets that are nothing but payload. @returns how much of the PES packet is done */
  #fullPackets(pid: number, pes: Uint8Array, from: number, size: number): number {
    const count = Math.floor((size - from) / TS_PAYLOAD_BYTES)
    if (count <= 0) return from
    let at = this.#room(count)
    let done = from
    for (let packet = 0; packet < count; packet++) {
      this.#head(at, pid, false, 0x10 | this.#next(pid))
      this.bytes.set(pes.subarray(done, done + TS_PAYLOAD_BYTES), at + 4)
      at += TS_PACKET_BYTES
      done += TS_PAYLOAD_BYTES
    }
    return done
  }

  #head(at: number, pid: number, starts: boolean, control: number): void {
    this.bytes[at] = TS_SYNC
    this.bytes[at + 1] = (starts ? 0x40 : 0) | (pid >> 8)
    this.bytes[at + 2] = pid & 255
    this.bytes[at + 3] = control
  }

  #pcr(at: number, pcr: number): void {
    const base = Math.floor(pcr / 300) % TS_CLOCK_WRAP
    const extension = pcr % 300
    const high = Math.floor(base / 2)
    this.bytes[at] = high / 2 ** 24
    this.bytes[at + 1] = high >>> 16
    this.bytes[at + 2] = high >>> 8
    this.bytes[at + 3] = high
    this.bytes[at + 4] = ((base % 2) << 7) | 0x7e | (extension >> 8)
    this.bytes[at + 5] = extension
  }

  #next(pid: number): number {
    const next = ((this.#continuity.get(pid) ?? 15) + 1) & 15
    this.#continuity.set(pid, next)
    return next
  }

  #room(packets: number): number {
    const at = this.length
    this.length += packets * TS_PACKET_BYTES
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, at))
      this.bytes = grown
    }
    return at
  }
}

/** Flags of the adaptation field: discontinuity, random access, PCR. */
function flagsOf({ pcr, randomAccess, discontinuity }: FirstPacket): number {
  return (discontinuity ? 0x80 : 0) | (randomAccess ? 0x40 : 0) | (pcr === null ? 0 : 0x10)
}

/** Writes a time of 33 bits with its marker bits. @param prefix 2: PTS alone, 3: PTS before DTS, 1: DTS */
export function writePesTime(into: Uint8Array, at: number, prefix: number, ticks: number): void {
  const value = ((ticks % TS_CLOCK_WRAP) + TS_CLOCK_WRAP) % TS_CLOCK_WRAP
  const high = Math.floor(value / 2 ** 30)
  const middle = Math.floor(value / 2 ** 15) & 0x7fff
  const low = value % 2 ** 15
  into[at] = (prefix << 4) | (high << 1) | 1
  into[at + 1] = middle >> 7
  into[at + 2] = ((middle & 127) << 1) | 1
  into[at + 3] = low >> 7
  into[at + 4] = ((low & 127) << 1) | 1
}
