import { CodecError } from '../../bytes/codec-error.ts'
import type { ObjectDetail, ObjectTimeFacts } from '../../contract/object-rows.ts'
import type { ObjectRow } from '../../contract/object-table.ts'
import type { LossCause } from '../../contract/report.ts'
import { readBoxes } from '../../media/bmff/boxes.ts'
import { gunzipLimited, looksGzip } from '../../protocol/gzip.ts'
import { describeLctPacket } from '../../protocol/lct/describe.ts'
import { isMultipart } from '../../protocol/mime/multipart.ts'
import { describeMmtpPacket } from '../../protocol/mmtp/describe.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import type { ObjectColumns } from './object-columns.ts'

/** Longest text of an object. */
const MAX_TEXT = 1 << 20
const BOX_TYPES = new Set(['ftyp', 'styp', 'moov', 'moof', 'sidx', 'prft', 'emsg', 'mdat', 'free', 'mmpu'])

/** Facts of a row besides its columns. */
export type DetailExtra = {
  /** The object as transported, null where it is not stored. */
  readonly stored: Uint8Array | null
  readonly url: string | null
  /** Availability start in the manifest, µs. */
  readonly availabilityUs: number | null
  readonly cause: LossCause | null
  /** Its carrier is MMTP, not LCT. */
  readonly mmtp: boolean
}

/** Makes the inspector's detail of one row. */
export function makeDetail(columns: ObjectColumns, row: ObjectRow, extra: DetailExtra): ObjectDetail {
  const { stored, url, cause, mmtp } = extra
  const header = columns.headerOf(row.index)
  return {
    row,
    sha256: columns.sha256Of(row.index),
    missing: columns.missingOf(row.index),
    recovered: columns.recoveredOf(row.index),
    header: mmtp ? describeMmtpPacket(header, 0, header.length) : describeLctPacket(header, 0, header.length),
    boxes: stored === null ? [] : topLevelBoxes(stored),
    storedBytes: stored?.length ?? 0,
    text: stored === null ? null : textOf(stored),
    url,
    repair: columns.repairOf(row.index),
    times: timesOf(columns, row, extra.availabilityUs),
    cause,
  }
}

function timesOf({ times }: ObjectColumns, row: ObjectRow, availabilityUs: number | null): ObjectTimeFacts {
  const { index } = row
  return {
    senderUs: times.senderUs.get(index),
    senderDelayUs: times.senderDelayUs.get(index),
    residualMs: times.residualMs.get(index),
    sessionChangedUs: times.sessionChangedUs.get(index),
    presentationUs: times.presentationUs.get(index),
    earliestTicks: times.earliestTicks.get(index),
    availabilityUs,
    // Repeats move the last packet's time: the margin needs an object that arrived once.
    marginUs:
      availabilityUs === null || row.state !== 'complete' || row.repeats > 0 ? null : availabilityUs - row.lastTimeUs,
  }
}

function topLevelBoxes(bytes: Uint8Array): ObjectDetail['boxes'] {
  if (bytes.length < 8 || !BOX_TYPES.has(String.fromCharCode(...bytes.subarray(4, 8)))) return []
  try {
    return readBoxes(bytes).map((box) => ({ type: box.type, offset: box.offset, size: box.size }))
  } catch (thrown) {
    if (thrown instanceof CodecError) return []
    throw thrown
  }
}

function textOf(stored: Uint8Array): ObjectDetail['text'] {
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
  return { language: xml ? 'xml' : 'plain', text: new TextDecoder().decode(bytes.subarray(0, MAX_TEXT)) }
}
