import type { UserLinkType } from '../contract/session-spec.ts'
import type { ByteSource } from './byte-source.ts'
import { PCAP_HEADER_BYTES, type PcapHeader, PcapParser } from './pcap-parser.ts'
import { PcapngParser } from './pcapng-parser.ts'
import { type CaptureParser, CaptureRecord, type ParserEvents } from './record.ts'

/** Limit of bytes read to find the first packet. */
const MAX_BYTES = 1024 * 1024

/** Time of a capture's first record, µs since the UNIX epoch. */
export type FirstRecord = { readonly timeUs: number; readonly epochCorrected: boolean }

const NO_EVENTS: ParserEvents = { truncated: () => undefined, damaged: () => undefined, unreadable: () => undefined }

/**
 * Reads a capture from its beginning up to the first record with a time.
 * @param pcap its header, null for pcapng
 * @returns null where there is none in the first megabyte
 */
export async function firstRecord(
  source: ByteSource,
  pcap: PcapHeader | null,
  user: UserLinkType | null,
): Promise<FirstRecord | null> {
  const record = new CaptureRecord()
  let timeUs = -1
  const sink = {
    record(): boolean {
      if (timeUs < 0) timeUs = record.timeUs
      return timeUs < 0
    },
  }
  const parser: CaptureParser =
    pcap === null ? new PcapngParser(record, sink, NO_EVENTS, user) : new PcapParser(pcap, record, sink, NO_EVENTS)
  let bytes = new Uint8Array(16 * 1024)
  let used = 0
  let parsed = pcap === null ? 0 : PCAP_HEADER_BYTES
  while (timeUs < 0) {
    if (used === bytes.length) {
      if (used >= MAX_BYTES) return null
      const larger = new Uint8Array(used * 4)
      larger.set(bytes)
      bytes = larger
    }
    const count = await source.read(bytes, used, bytes.length - used)
    used += count
    if (used > parsed) parsed = parser.parse(bytes, parsed, used, count === 0)
    if (count === 0) break
  }
  return timeUs < 0 ? null : { timeUs, epochCorrected: parser.epochCorrected }
}
