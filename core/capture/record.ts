import type { PassedReason } from './passed-frames.ts'

/** libpcap's limit of one record's bytes. */
export const MAX_RECORD_BYTES = 262144
/** Bytes after which parsers stop searching for the next good record. */
export const MAX_RESYNC_BYTES = 16 * 1024 * 1024
/** Largest pcapng block that is parsed; larger ones are skipped. */
export const MAX_PARSED_BLOCK_BYTES = 1024 * 1024
/** Largest rest that parsers leave for the next call: a block, and the look-ahead of a resynchronisation. */
export const MAX_TAIL_BYTES = 2 * 1024 * 1024
/** NTP seconds of 2000-01-01: as UNIX time this is 2069, so such a file counts from 1900 (GPAC writes them). */
export const NTP_2000_S = 0xbc17c200

/** Year 2223: later times are damaged, and too large for exact arithmetic. */
const MAX_TIME_US = 8e15

/** Returns the time, or -1 where no capture can have it. */
export function plausibleTimeUs(timeUs: number): number {
  return timeUs >= 0 && timeUs <= MAX_TIME_US ? timeUs : -1
}

/**
 * One captured frame that a parser passes to the reader, in one reused object: numbers beyond 31 bits would be allocated as
 * arguments.
 */
export class CaptureRecord {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** Length on the wire, where known. */
  originalLength = 0
  linkType = 0
  /** Capture time in integer µs since the UNIX epoch, NTP epoch corrected; -1 where the record has no plausible one. */
  timeUs = -1
}

/** Takes the records of a parser, one call each; the record is in the parser's CaptureRecord. */
export interface RecordSink {
  /** @returns false where the record cannot be taken now: the parser stops in front of it and offers it again. */
  record(): boolean
}

/** Events of a parser besides records. Offsets are positions in the buffer being parsed. */
export interface ParserEvents {
  /** The file breaks off inside a record or block. */
  truncated(at: number): void
  /** Bytes were damaged: `[from, to)` could not be read, `reason` completes "…, because". */
  damaged(at: number, skippedBytes: number, reason: string): void
  /** Another file follows in the same one, with a header of its own at `at`. */
  joined?(at: number): void
  /** Fractions of seconds are ns although the header says µs. */
  nanoseconds?(): void
  /**
   * A frame of the capture cannot be read.
   * @param detail number of its interface or link type, else 0
   */
  passedOver?(reason: PassedReason, detail: number, captured: number, original: number): void
  /** The rest cannot be read: no good record followed for MAX_RESYNC_BYTES, or until the end of the file. */
  unreadable(at: number, skippedBytes: number, reason: string): void
}

/** Formats of captures. */
export type CaptureFormat = 'pcap' | 'pcapng'

/** Parses one file's bytes in pieces. State between calls is small; unconsumed bytes are passed again with more behind. */
export interface CaptureParser {
  /** This file's times were corrected from the NTP epoch. */
  readonly epochCorrected: boolean
  /** Link types seen so far, in order. */
  readonly linkTypes: readonly number[]
  /** Blocks without a packet, or unusable. */
  readonly skippedBlocks: number
  /** Lost packets that the capturing system reports. */
  readonly reportedDrops: number
  /** Part of these without a time: reported in an interface's statistics only. */
  readonly undatedDrops: number
  /** Format of the capture that begins where the last call stopped, which this parser does not read; null for none. */
  readonly follows: CaptureFormat | null
  /**
   * Reads records of `bytes[from, to)`.
   * @param atEnd nothing follows
   * @returns where it stopped; bytes before are consumed
   */
  parse(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number
}
