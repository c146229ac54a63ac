import type { XmlLimits } from '../xml/xml-limits.ts'
import { XML_LIMITS } from '../xml/xml-limits.ts'

/** What a table may unpack to, and what its document may have. */
export type TableLimits = { readonly unpackedBytes: number; readonly xml: XmlLimits }

/*
 * Limits of signalling, each many times what is seen on air, where a table has a few kilobytes. What is larger is not read, and
 * an alarm names the table and the limit.
 */

/**
 * LLS. One table is one datagram; it may unpack to the 16 384 services that are kept, of two elements and 250 bytes each. On air:
 * ten services, 4 kB.
 */
export const LLS_LIMITS: TableLimits = {
  unpackedBytes: 4 << 20,
  xml: { maxLength: 4 << 20, maxDepth: 32, maxElements: 40_960, maxAttributes: 64 },
}

/**
 * SLS package, or an object of TOI 0, and each of its fragments. The largest is an MPD: four hours of one-second segments of two
 * tracks have 29 000 elements, a live window a hundred. A document is read in one piece, and this one in about 50 ms.
 */
export const SLS_LIMITS: TableLimits = {
  unpackedBytes: 2 << 20,
  xml: { ...XML_LIMITS, maxLength: 1 << 20, maxElements: 32_768 },
}

/**
 * S-TSID: each of its channels is several elements, and what is made of one costs more than its XML, for each of the four that look
 * at it. On air: ten channels, fifty elements; here two thousand channels, or eight thousand files of their tables.
 */
export const STSID_LIMITS: TableLimits = {
  unpackedBytes: 1 << 20,
  xml: { ...XML_LIMITS, maxLength: 1 << 20, maxElements: 8192 },
}

/**
 * FDT, EFDT and DVB-MABR configuration: five thousand files of 200 bytes each, read in one piece in about 50 ms. Who sends more
 * files divides them among instances (RFC 6726 §3.3).
 */
export const FILE_TABLE_LIMITS: TableLimits = {
  unpackedBytes: 1 << 20,
  xml: { ...XML_LIMITS, maxLength: 1 << 20, maxElements: 32_768 },
}
