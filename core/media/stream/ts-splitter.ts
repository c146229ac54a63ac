import { joinBytes } from '../../bytes/join-bytes.ts'
import { TS_PACKET_BYTES, TS_SYNC } from '../ts/ts-packets.ts'
import { NO_BYTES, type StreamSplitter, type StreamUnit } from './stream-unit.ts'

/** Packets of one PAT or PMT that are kept. */
const MAX_TABLE_PACKETS = 16
/** A clock that goes on by more is another clock, 27 MHz ticks. */
const MAX_STEP = 10 * 27_000_000
/** Stream types of video (ISO/IEC 13818-1 table 2-34): MPEG-1, -2 and -4, AVC, HEVC, VVC. */
const VIDEO_TYPES = new Set([0x01, 0x02, 0x10, 0x1b, 0x24, 0x33])

/**
 * Cuts an MPEG-2 transport stream (ISO/IEC 13818-1) at random access points of its video, or at its PATs where it has no video, and
 * at its clock references. Who begins at an entry gets the last PAT and PMT before.
 */
export class TsSplitter implements StreamSplitter {
  readonly facts = null
  #rest: Uint8Array = NO_BYTES
  #pat: readonly Uint8Array[] = []
  #pmt: readonly Uint8Array[] = []
  #pmtPid = -1
  #videoPid = -1
  /** The video marks its random access points. */
  #marked = false
  #clockPid = -1
  #clock: number | null = null
  #timeMs: number | null = null

  get lead(): Uint8Array | null {
    if (this.#pat.length === 0 || this.#pmt.length === 0) return null
    return joinBytes([...this.#pat, ...this.#pmt])
  }

  push(bytes: Uint8Array): StreamUnit[] {
    const all = joinBytes([this.#rest, bytes])
    const units: StreamUnit[] = []
    let begin = 0
    let entry = false
    let timeMs = this.#timeMs
    const cut = (at: number): void => {
      if (at > begin) units.push({ bytes: all.slice(begin, at), entry, timeMs })
      begin = at
      timeMs = this.#timeMs
    }
    let at = 0
    while (at + TS_PACKET_BYTES <= all.byteLength) {
      if (all[at] !== TS_SYNC) {
        at = nextSync(all, at + 1)
        continue
      }
      const packet = all.subarray(at, at + TS_PACKET_BYTES)
      const isEntry = this.#take(packet)
      if (isEntry || this.#timeMs !== timeMs) {
        cut(at)
        entry = isEntry
      }
      at += TS_PACKET_BYTES
    }
    cut(at)
    this.#rest = all.slice(at)
    return units
  }

  end(): StreamUnit[] {
    const rest = this.#rest
    this.#rest = NO_BYTES
    return rest.byteLength === 0 ? [] : [{ bytes: rest, entry: false, timeMs: this.#timeMs }]
  }

  /** @returns whether a client may begin at this packet */
  #take(packet: Uint8Array): boolean {
    const [, second = 0, third = 0, fourth = 0, fieldBytes = 0, flags = 0] = packet
    const pid = ((second & 0x1f) << 8) | third
    const isStart = (second & 0x40) !== 0
    if (pid === 0) {
      this.#pat = kept(this.#pat, packet, isStart)
      if (isStart) this.#pmtPid = programOf(packet) ?? this.#pmtPid
      return isStart && !this.#marked
    }
    if (pid === this.#pmtPid) {
      this.#pmt = kept(this.#pmt, packet, isStart)
      if (isStart) this.#videoPid = videoOf(packet) ?? -1
      return false
    }
    const hasFlags = (fourth & 0x20) !== 0 && fieldBytes > 0
    if (!hasFlags) return false
    if ((flags & 0x10) !== 0 && fieldBytes >= 7) this.#tick(pid, packet)
    if ((flags & 0x40) === 0 || pid !== this.#videoPid) return false
    this.#marked = true
    return true
  }

  /** Takes the program clock reference of a packet. */
  #tick(pid: number, packet: Uint8Array): void {
    if (this.#clockPid === -1) this.#clockPid = pid
    if (pid !== this.#clockPid) return
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = packet.subarray(6, 12)
    const base = a * 2 ** 25 + b * 2 ** 17 + c * 2 ** 9 + d * 2 + (e >> 7)
    const clock = base * 300 + (((e & 1) << 8) | f)
    const step = this.#clock === null ? 0 : clock - this.#clock
    this.#clock = clock
    this.#timeMs = (this.#timeMs ?? 0) + (step > 0 && step < MAX_STEP ? step / 27_000 : 0)
  }
}

function kept(before: readonly Uint8Array[], packet: Uint8Array, isStart: boolean): readonly Uint8Array[] {
  if (isStart) return [packet.slice()]
  return before.length === 0 || before.length >= MAX_TABLE_PACKETS ? before : [...before, packet.slice()]
}

function nextSync(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.byteLength; at++) if (bytes[at] === TS_SYNC) return at
  return bytes.byteLength
}

/** Offset of the section that begins in a packet; null where it is not inside. */
function sectionAt(packet: Uint8Array): number | null {
  const [, , , fourth = 0, fieldBytes = 0] = packet
  if ((fourth & 0x10) === 0) return null
  const payload = (fourth & 0x20) === 0 ? 4 : 5 + fieldBytes
  const at = payload + 1 + (packet[payload] ?? TS_PACKET_BYTES)
  return at + 12 <= TS_PACKET_BYTES ? at : null
}

/** End of a section without its CRC, or of the packet where it goes on in the next. */
function sectionEnd(packet: Uint8Array, at: number): number {
  return Math.min(TS_PACKET_BYTES, at + 3 + ((((packet[at + 1] ?? 0) & 0x0f) << 8) | (packet[at + 2] ?? 0)) - 4)
}

/** PID of the PMT of the first programme of a PAT. */
function programOf(packet: Uint8Array): number | null {
  const section = sectionAt(packet)
  if (section === null) return null
  for (let at = section + 8; at + 4 <= sectionEnd(packet, section); at += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = packet.subarray(at, at + 4)
    if (a !== 0 || b !== 0) return ((c & 0x1f) << 8) | d
  }
  return null
}

/** PID of the first video of a PMT. */
function videoOf(packet: Uint8Array): number | null {
  const section = sectionAt(packet)
  if (section === null) return null
  const end = sectionEnd(packet, section)
  let at = section + 12 + ((((packet[section + 10] ?? 0) & 0x0f) << 8) | (packet[section + 11] ?? 0))
  while (at + 5 <= end) {
    const [type = 0, b = 0, c = 0, d = 0, e = 0] = packet.subarray(at, at + 5)
    if (VIDEO_TYPES.has(type)) return ((b & 0x1f) << 8) | c
    at += 5 + (((d & 0x0f) << 8) | e)
  }
  return null
}
