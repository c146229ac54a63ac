import { mpegCrc } from './psi.ts'
import { TS_PACKET_BYTES, TS_PAYLOAD_BYTES, TS_SYNC } from './ts-packets.ts'

/** A stream as the PMT has it. */
export type PmtStream = {
  readonly pid: number
  readonly streamType: number
  readonly descriptors: readonly number[]
}

/** PID of the PMT of the only program. */
export const PMT_PID = 0x1000
const PROGRAM = 1

/** Packets with the PAT (ISO/IEC 13818-1 §2.4.4.3) of one program. */
export function makePat(): Uint8Array {
  return packetsOf(0, [0, ...length(13), 0, 1, 0xc1, 0, 0, 0, PROGRAM, 0xe0 | (PMT_PID >> 8), PMT_PID & 255])
}

/** Packets with the PMT (§2.4.4.8) whose section has at most 1024 bytes: of some 64 streams. */
export function makePmt(version: number, pcrPid: number, streams: readonly PmtStream[]): Uint8Array {
  const entries = streams.flatMap(({ pid, streamType, descriptors }) => [
    streamType,
    0xe0 | (pid >> 8),
    pid & 255,
    0xf0 | (descriptors.length >> 8),
    descriptors.length & 255,
    ...descriptors,
  ])
  const head = [0, PROGRAM, 0xc1 | ((version & 31) << 1), 0, 0, 0xe0 | (pcrPid >> 8), pcrPid & 255, 0xf0, 0]
  return packetsOf(PMT_PID, [2, ...length(head.length + entries.length + 4), ...head, ...entries])
}

/** section_length with section_syntax_indicator and reserved bits. */
function length(bytes: number): [number, number] {
  return [0xb0 | (bytes >> 8), bytes & 255]
}

/** A section in as many packets as it takes, the rest of the last one stuffed. */
function packetsOf(pid: number, section: readonly number[]): Uint8Array {
  const crc = mpegCrc(Uint8Array.from(section), 0, section.length)
  // A pointer to its beginning stands before it.
  const bytes = Uint8Array.from([0, ...section, crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255])
  const packets = new Uint8Array(Math.ceil(bytes.length / TS_PAYLOAD_BYTES) * TS_PACKET_BYTES).fill(0xff)
  for (let [at, from] = [0, 0]; from < bytes.length; at += TS_PACKET_BYTES, from += TS_PAYLOAD_BYTES) {
    packets.set([TS_SYNC, (from === 0 ? 0x40 : 0) | (pid >> 8), pid & 255, 0x10], at)
    packets.set(bytes.subarray(from, from + TS_PAYLOAD_BYTES), at + 4)
  }
  return packets
}
