import { bytesToHex } from '../../bytes/hex.ts'
import type { SignallingText } from '../../contract/engine-api.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { JsonObject, ReportInterval, ReportLls, ReportSignature, ReportSls } from '../../contract/report.ts'
import type { SignallingSnapshot } from '../../contract/snapshot.ts'
import { isSameCarrier, type SignallingCarrier } from '../../flow/carriers.ts'
import { linkTableValues } from '../../protocol/alp/link-table.ts'
import { toJson } from '../../protocol/json-values.ts'
import { LLS_TABLE } from '../../protocol/lls/lls-table.ts'
import { tableValues } from '../../protocol/lls/table-values.ts'
import { describeSlsToi } from '../../protocol/sls/sls-toi.ts'
import { ListReading } from '../../receive/signalling/list-reading.ts'
import { LazyList, MadeInTurns } from '../report/json-pieces.ts'
import { fragmentValues } from './fragment-values.ts'
import type { IntervalMeter } from './interval-meter.ts'
import type { TableVersion } from './signalling-events.ts'

/** Content of one table; a longer one is cut, and then has no values. */
const MAX_ONE_CONTENT = 8 << 20
/** Hex in the report, bytes. */
const MAX_HEX = 4096
/** Raw bytes sent to a window. */
const MAX_RAW = 64 << 10

/** Bytes of an entry. `raw`: as sent where that differs from `body`. */
type Content = { readonly body: Uint8Array; readonly raw: Uint8Array | null; readonly whole: boolean }

/** A version of a table or fragment. */
export type SignallingEntry = {
  readonly key: string
  readonly series: SignallingSeries
  readonly version: number | null
  /** Content key of an LLS table. */
  readonly llsKey: number
  /** What carried a fragment last; null where unknown. */
  carrier: SignallingCarrier | null
  readonly bytes: number
  readonly xml: boolean
  content: Content | null
  signature: ReportSignature | null
  readonly firstTimeUs: number
  lastTimeUs: number
  count: number
}

/** One table or fragment through its versions. */
export type SignallingSeries = {
  id: string
  readonly scope: 'lls' | 'sls'
  service: ServiceId | null
  readonly type: string
  readonly name: string
  readonly group: number
  readonly tableId: number
  readonly signed: boolean
  readonly versions: SignallingEntry[]
  /** Version that arrived last. */
  current: SignallingEntry | null
  readonly meter: IntervalMeter
}

/** Text, values and bytes of a version. */
export function signallingTextOf(entry: SignallingEntry, content: Content): SignallingText {
  const raw = content.raw ?? content.body
  const readable = entry.xml || isText(content.body)
  return {
    key: entry.key,
    language: entry.xml ? 'xml' : 'plain',
    text: readable ? new TextDecoder().decode(content.body) : '',
    values: valuesOf(entry.series, content),
    raw: raw.slice(0, MAX_RAW),
    rawBytes: raw.length,
    signature: entry.signature,
  }
}

/** A version as a window shows it in a list. */
export function snapshotOf(entry: SignallingEntry): SignallingSnapshot {
  return {
    key: entry.key,
    series: entry.series.id,
    scope: entry.series.scope,
    service: entry.series.service,
    type: entry.series.type,
    name: entry.series.name,
    group: entry.series.scope === 'lls' ? entry.series.group : null,
    signed: entry.series.signed,
    signature: entry.signature?.verdict ?? null,
    version: entry.version,
    tsi: entry.carrier?.kind === 'lct' ? entry.carrier.tsi : null,
    toi: toiOf(entry),
    toiMeaning: meaningOf(entry),
    count: entry.count,
    bytes: entry.bytes,
    firstTimeUs: entry.firstTimeUs,
    lastTimeUs: entry.lastTimeUs,
    interval: entry.key === entry.series.versions.at(-1)?.key ? entry.series.meter.interval : null,
  }
}

/** A table of LLS in the report. */
export function llsReportOf(entry: SignallingEntry): ReportLls {
  const { series, content } = entry
  return {
    ...llsFacts(entry),
    // Made when they are looked at, one after the other: together they are many times the tables.
    get xml() {
      return llsXml(entry)
    },
    get values() {
      return valuesOf(series, content)
    },
    ...llsEnd(entry),
  }
}

function llsFacts(entry: SignallingEntry) {
  const { series } = entry
  return {
    tableId: series.tableId,
    name: series.name,
    group: series.group,
    version: entry.version ?? 0,
    count: entry.count,
    firstTime: entry.firstTimeUs / 1e6,
    lastTime: entry.lastTimeUs / 1e6,
    bytes: entry.bytes,
  }
}

function llsXml({ xml, content }: SignallingEntry): string | null {
  return xml && content !== null ? new TextDecoder().decode(content.body) : null
}

function llsEnd({ series, xml, content, signature }: SignallingEntry) {
  const payload = content === null ? null : content.body.length > 0 ? content.body : (content.raw ?? content.body)
  return {
    hex: xml || payload === null ? null : bytesToHex(payload.subarray(0, MAX_HEX)),
    signed: series.signed,
    signature,
    interval: secondsOf(series.meter),
  }
}

/** As `llsReportOf`, for the text of a report: a long table is decoded and written in turns. */
export function llsPiecesOf(entry: SignallingEntry): object {
  return {
    ...llsFacts(entry),
    xml: new MadeInTurns(function* () {
      yield
      return llsXml(entry)
    }),
    values: new MadeInTurns(() => valuesInTurns(entry)),
    ...llsEnd(entry),
  }
}

/** A fragment of SLS in the report. */
export function slsReportOf(entry: SignallingEntry): ReportSls {
  const { series, version, bytes, count, signature, content } = entry
  return {
    type: series.type,
    name: series.name,
    version,
    firstTime: entry.firstTimeUs / 1e6,
    bytes,
    lastTime: entry.lastTimeUs / 1e6,
    count,
    toi: toiOf(entry),
    toiMeaning: meaningOf(entry),
    get values() {
      return valuesOf(series, content)
    },
    signature,
    interval: secondsOf(series.meter),
  }
}

/** What others compare of a version. */
export function versionOf({ version, carrier, series, content }: SignallingEntry): TableVersion {
  return {
    version,
    carrier,
    get values() {
      return valuesOf(series, content)
    },
  }
}

/** Whether a carrier was the last that brought an entry. */
export function isCarriedBy(entry: SignallingEntry, carrier: SignallingCarrier): boolean {
  return entry.carrier !== null && isSameCarrier(entry.carrier, carrier)
}

function toiOf({ carrier }: SignallingEntry): number | null {
  return carrier?.kind === 'lct' ? carrier.toi : null
}

function meaningOf({ series, carrier }: SignallingEntry): string | null {
  if (series.type === 'EFDT' || carrier?.kind !== 'lct') return null
  return carrier.tsi === 0 && carrier.toi > 0 ? describeSlsToi(carrier.toi) : null
}

/** Copies the bytes, which belong to the receiver. */
export function keptContent(body: Uint8Array, raw: Uint8Array | null): Content {
  const whole = body.length <= MAX_ONE_CONTENT
  return {
    body: body.slice(0, MAX_ONE_CONTENT),
    raw: raw === null ? null : raw.slice(0, MAX_ONE_CONTENT),
    whole,
  }
}

/** Bytes of a content; 0 of one that was dropped. */
export function contentSize(content: Content | null): number {
  return content === null ? 0 : content.body.length + (content.raw?.length ?? 0)
}

function valuesOf(series: SignallingSeries, content: Content | null): JsonObject | null {
  if (content === null || !content.whole || content.body.length === 0) return null
  if (series.scope === 'lls' && series.tableId === 0) {
    const values = linkTableValues(series.name, content.body)
    if (values !== null) return values
  }
  return series.scope === 'lls' ? tableValues(series.tableId, content.body) : fragmentValues(series.type, content.body)
}

/** As `valuesOf`, of a long list of services in turns: its services are made while they are written. */
function* valuesInTurns({ series, content }: SignallingEntry): Generator<void, object | null> {
  if (series.scope !== 'lls' || series.tableId !== LLS_TABLE.slt || content?.whole !== true)
    return valuesOf(series, content)
  const list = new ListReading(content.body)
  if (!list.isLong) return valuesOf(series, content)
  while (!list.readOn()) yield
  const slt = list.readable
  if (slt === null) return null
  const { services } = slt
  return {
    ...(toJson({ ...slt, services: [] }) as JsonObject),
    services: new LazyList(services.length, (at) => toJson(services[at])),
  }
}

function secondsOf(meter: IntervalMeter): ReportInterval | null {
  const interval = meter.interval
  if (interval === null) return null
  return { min: interval.minUs / 1e6, median: interval.medianUs / 1e6, max: interval.maxUs / 1e6 }
}

/** Checks only the beginning: text has no control characters but tabs and line ends. */
function isText(body: Uint8Array): boolean {
  for (let at = 0; at < body.length && at < 4096; at++) {
    const byte = body[at] as number
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false
  }
  return true
}
