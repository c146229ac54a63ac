/** libpcap's ceiling for the bytes of one record. */
export const MAX_RECORD_BYTES = 262144
/** Parsers give up looking for the next good record after so many bytes. */
export const MAX_RESYNC_BYTES = 16 * 1024 * 1024
/** pcapng blocks up to here are looked at as a whole. */
export const MAX_PARSED_BLOCK_BYTES = 1024 * 1024
/** Parsers leave at most so much unread for the next call: a block, and the look-ahead of a resynchronisation. */
export const MAX_TAIL_BYTES = 2 * 1024 * 1024
/** NTP seconds of 2000-01-01: as UNIX time this is 2069, so such a file counts from 1900 (GPAC writes them). */
export const NTP_2000_S = 0xbc17c200
/** Seconds from 1900 to 1970. */
export const NTP_TO_UNIX_S = 2208988800

/** Year 2223: times beyond it come from damage, and would not leave room for exact arithmetic. */
const MAX_TIME_US = 8e15

/** The time itself, or -1 where no capture can have it. */
export function plausibleTimeUs(timeUs: number): number {
  return timeUs >= 0 && timeUs <= MAX_TIME_US ? timeUs : -1
}

/**
 * One captured frame on its way from a parser to the reader, in one reused object: fields rather than arguments, because
 * numbers beyond 31 bits would be allocated when passed.
 */
export class CaptureRecord {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** Length on the wire, where the capture says. */
  originalLength = 0
  linkType = 0
  /** Capture time in integer µs since the UNIX epoch, NTP epoch already corrected; -1 where the record has none that can be. */
  timeUs = -1
}

/** Takes the records a parser finds, one call each; the record is in the parser's CaptureRecord. */
export interface RecordSink {
  /** @returns false where the record cannot be taken now: the parser stops in front of it and offers it again. */
  record(): boolean
}

/** What a parser says besides records. Offsets are positions in the buffer being parsed. */
export interface ParserEvents {
  /** The file breaks off inside a record or block. */
  truncated(at: number): void
  /** Bytes were damaged: `[from, to)` could not be read, `reason` completes "…, because". */
  damaged(at: number, skippedBytes: number, reason: string): void
  /** The rest cannot be read: no good record followed for MAX_RESYNC_BYTES, or until the end of the file. */
  unreadable(at: number, skippedBytes: number, reason: string): void
}

/** Reads one file's bytes in pieces. State between calls is small; what was not consumed is offered again with more behind. */
export interface CaptureParser {
  /** The NTP epoch was taken off this file's times. */
  readonly epochCorrected: boolean
  /** Link types seen so far, in order. */
  readonly linkTypes: readonly number[]
  /** Blocks that hold no packet or could not be used. */
  readonly skippedBlocks: number
  /** Packets that the capturing system says it lost; 0 where it says nothing. */
  readonly reportedDrops: number
  /** Of these, what it says without saying when: only in the statistics of an interface. */
  readonly undatedDrops: number
  /**
   * Reads records of `bytes[from, to)`.
   * @param atEnd nothing follows
   * @returns where it stopped; all before is done with
   */
  parse(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number
}
