import { CodecError } from '../../bytes/codec-error.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, boolAttr, otherAttributes, uintAttr } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { keptAttributes, XmlWriter } from '../../xml/xml-writer.ts'

/** SystemTime table, A/331 §6.4. It has no time of day: the physical layer has. */
export type SystemTime = {
  /** TAI - UTC, seconds; null where absent. */
  readonly currentUtcOffset: number | null
  /** Upper 16 bits of the physical layer's PTP seconds. */
  readonly ptpPrepend: number
  /** A leap second is announced for the end of the day. */
  readonly leap59: boolean
  readonly leap61: boolean
  /** xs:dayTimeDuration as written, `-PT5H`; null where absent. */
  readonly utcLocalOffset: string | null
  /** Daylight saving time is in effect. */
  readonly dsStatus: boolean
  /** Local day of the month and hour of the next change. */
  readonly dsDayOfMonth: number | null
  readonly dsHour: number | null
  readonly otherAttributes: readonly XmlAttribute[]
}

const SYSTEM_TIME_NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SYSTIME/1.0/'

const KNOWN = new Set([
  'currentUtcOffset',
  'ptpPrepend',
  'leap59',
  'leap61',
  'utcLocalOffset',
  'dsStatus',
  'dsDayOfMonth',
  'dsHour',
])

/** Parses a SystemTime table's XML (`LlsTable.body`). @throws CodecError `system-time-root` | `xml-…` */
export function parseSystemTime(bytes: Uint8Array | string): SystemTime {
  return readSystemTime(parseXml(bytes))
}

/** As `parseSystemTime`, from a parsed document. @throws CodecError `system-time-root` */
export function readSystemTime(root: XmlElement): SystemTime {
  if (root.local !== 'SystemTime') {
    throw new CodecError('system-time-root', root.offset, `expected SystemTime, got ${root.local}`)
  }
  const offset = attr(root, 'currentUtcOffset')?.trim()
  return {
    currentUtcOffset: offset !== undefined && /^[+-]?\d{1,5}$/.test(offset) ? Number(offset) : null,
    ptpPrepend: uintAttr(root, 'ptpPrepend', 0xffff) ?? 0,
    leap59: boolAttr(root, 'leap59', false),
    leap61: boolAttr(root, 'leap61', false),
    utcLocalOffset: attr(root, 'utcLocalOffset'),
    dsStatus: boolAttr(root, 'dsStatus', false),
    dsDayOfMonth: uintAttr(root, 'dsDayOfMonth'),
    dsHour: uintAttr(root, 'dsHour'),
    otherAttributes: otherAttributes(root, KNOWN),
  }
}

/** Offset of local time from UTC in seconds, from `utcLocalOffset`; null where it is not a duration. */
export function utcLocalOffsetSeconds(duration: string): number | null {
  const match = /^\s*(-?)P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?\s*$/.exec(
    duration,
  )
  if (match === null) return null
  const [, sign, days, hours, minutes, seconds] = match
  const total = Number(days ?? 0) * 86400 + Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return sign === '-' && total !== 0 ? -total : total
}

/** The table as XML. */
export function serialiseSystemTime(time: SystemTime): Uint8Array {
  return new XmlWriter()
    .leaf('SystemTime', {
      xmlns: SYSTEM_TIME_NAMESPACE,
      currentUtcOffset: time.currentUtcOffset,
      ptpPrepend: time.ptpPrepend || null,
      leap59: time.leap59 || null,
      leap61: time.leap61 || null,
      utcLocalOffset: time.utcLocalOffset,
      dsStatus: time.dsStatus,
      dsDayOfMonth: time.dsDayOfMonth,
      dsHour: time.dsHour,
      ...keptAttributes(time.otherAttributes),
    })
    .toBytes()
}
