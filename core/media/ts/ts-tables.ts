import { mpegCrc } from './psi.ts'
import { TS_PACKET_BYTES, TS_SYNC } from './ts-packets.ts'

/** A stream as the PMT has it. */
export type PmtStream = {
  readonly pid: number
  readonly streamType: number
  readonly descriptors: readonly number[]
}

/** PID of the PMT of the only program. */
export const PMT_PID = 0x1000
const PROGRAM = 1

/** A packet with the PAT (ISO/IEC 13818-1 §2.4.4.3) of one program. */
export function makePat(): Uint8Array {
  return packetOf(0, [0, ...length(13), 0, 1, 0xc1, 0, 0, 0, PROGRAM, 0xe0 | (PMT_PID >> 8), PMT_PID & 255])
}

/** A packet with the PMT (§2.4.4.8). */
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
  return packetOf(PMT_PID, [2, ...length(head.length + entries.length + 4), ...head, ...entries])
}

/** section_length with section_syntax_indicator and reserved bits. */
function length(bytes: number): [number, number] {
  return [0xb0 | (bytes >> 8), bytes & 255]
}

function packetOf(pid: number, section: readonly number[]): Uint8Array {
  const packet = new Uint8Array(TS_PACKET_BYTES).fill(0xff)
  packet.set([TS_SYNC, 0x40 | (pid >> 8), pid & 255, 0x10, 0])
  packet.set(section, 5)
  const end = 5 + section.length
  const crc = mpegCrc(packet, 5, end)
  packet.set([crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255], end)
  return packet
}
