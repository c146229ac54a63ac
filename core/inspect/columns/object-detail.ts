import { CodecError } from '../../bytes/codec-error.ts'
import type { BytesView } from '../../contract/object-boxes.ts'
import type { ObjectDetail, ObjectTimeFacts } from '../../contract/object-rows.ts'
import type { ObjectRow } from '../../contract/object-table.ts'
import type { LossCause } from '../../contract/report.ts'
import type { ByteRange } from '../../flow/objects.ts'
import { looksLikeBoxFile } from '../../media/bmff/box-tree.ts'
import { gunzipLimited, looksGzip } from '../../protocol/gzip.ts'
import { describeLctPacket } from '../../protocol/lct/describe.ts'
import { isMultipart } from '../../protocol/mime/multipart.ts'
import { describeMmtpPacket } from '../../protocol/mmtp/describe.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import type { Availability } from '../clock/lateness.ts'
import type { Lateness } from '../clock/stream-watch.ts'
import type { ObjectColumns } from './object-columns.ts'
import { MAX_RANGES } from './row-ranges.ts'

/** Longest text of an object. */
const MAX_TEXT = 1 << 20

/** Facts of a row besides its columns. */
export type DetailExtra = {
  /** The object as it arrived, null where it is not stored. */
  readonly arrived: Uint8Array | null
  /** Length of its patched file; null without one. */
  readonly served: number | null
  readonly url: string | null
  /** By the manifest. */
  readonly availability: Availability | null
  readonly late: Lateness | null
  readonly cause: LossCause | null
  /** Its carrier is MMTP, not LCT. */
  readonly mmtp: boolean
}

/** Makes the inspector's detail of one row. */
export function makeDetail(columns: ObjectColumns, row: ObjectRow, extra: DetailExtra): ObjectDetail {
  const { arrived, url, cause, mmtp } = extra
  const header = columns.headerOf(row.index)
  const content = columns.contentBytesOf(row.index)
  const repair = columns.repairOf(row.index)
  const holes = holesOf(columns, row.index, 'arrived')
  const fetched = repair?.how === 'http' && repair.fetched.length > 0 ? row.size : null
  return {
    row,
    sha256: columns.sha256Of(row.index),
    missing: columns.missingOf(row.index),
    recovered: columns.recoveredOf(row.index),
    header: mmtp ? describeMmtpPacket(header, 0, header.length) : describeLctPacket(header, 0, header.length, content),
    isBoxes: arrived !== null && looksLikeBoxFile(arrived, holes),
    storedBytes: arrived?.length ?? 0,
    unpacked: arrived !== null && row.state === 'complete' && arrived.length !== row.size,
    servedBytes: extra.served ?? fetched,
    holes,
    text: arrived === null ? null : textOf(arrived, holes),
    url,
    repair,
    times: timesOf(columns, row, extra),
    cause,
  }
}

function timesOf({ times }: ObjectColumns, row: ObjectRow, { availability, late }: DetailExtra): ObjectTimeFacts {
  const { index } = row
  const once = row.state === 'complete' && row.repeats === 0
  return {
    senderUs: times.senderUs.get(index),
    senderDelayUs: times.senderDelayUs.get(index),
    residualMs: times.residualMs.get(index),
    sessionChangedUs: times.sessionChangedUs.get(index),
    presentationUs: times.presentationUs.get(index),
    earliestTicks: times.earliestTicks.get(index),
    availabilityUs: availability?.availabilityUs ?? null,
    isLate: once && late?.isLate === true,
    // Repeats move the last packet's time: the margin needs an object that arrived once.
    marginUs: once && late !== null ? -late.byUs : null,
  }
}

/** Ranges of an object that a view of its bytes does not have, in order: of what arrived, those fetched by HTTP as well. */
export function holesOf(columns: ObjectColumns, row: number, view: BytesView): readonly ByteRange[] {
  if (view === 'served') return []
  const fetched = columns.repairOf(row)?.fetched ?? []
  const missing = columns.missingOf(row)
  const holes = fetched.length === 0 ? [...missing] : [...fetched, ...missing].sort((a, b) => a[0] - b[0])
  // Only so many ranges are stored: nothing is known about the bytes after the last one.
  const last = holes.at(-1)
  const size = columns.values.size[row] as number
  if (holes.length >= MAX_RANGES && last !== undefined && last[1] < size) holes.push([last[1], size])
  return holes
}

function textOf(stored: Uint8Array, holes: readonly ByteRange[]): ObjectDetail['text'] {
  let bytes = stored
  if (looksGzip(stored)) {
    try {
      bytes = gunzipLimited(stored, MAX_TEXT)
    } catch (thrown) {
      if (thrown instanceof CodecError) return null
      throw thrown
    }
  }
  const head = bytes.subarray(0, 16)
  const xml = looksLikeXml(bytes)
  const playlist = new TextDecoder().decode(head).trimStart().startsWith('#EXTM3U')
  if (!xml && !playlist && !isMultipart(bytes)) return null
  return {
    language: xml ? 'xml' : 'plain',
    text: bytes === stored ? textAround(bytes, holes) : new TextDecoder().decode(bytes.subarray(0, MAX_TEXT)),
  }
}

/** Bytes as text, with a word in place of each hole. */
function textAround(bytes: Uint8Array, holes: readonly ByteRange[]): string {
  const end = Math.min(bytes.length, MAX_TEXT)
  const parts: string[] = []
  let at = 0
  for (const [from, to] of holes) {
    if (from >= end) break
    parts.push(new TextDecoder().decode(bytes.subarray(at, from)), `[${to - from} bytes not received]`)
    at = to
  }
  if (at < end) parts.push(new TextDecoder().decode(bytes.subarray(at, end)))
  return parts.join('')
}
