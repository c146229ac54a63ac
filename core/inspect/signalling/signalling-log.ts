import { bytesToHex } from '../../bytes/hex.ts'
import type { SignallingText } from '../../contract/engine-api.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { JsonObject, ReportInterval, ReportLls, ReportSignature, ReportSls } from '../../contract/report.ts'
import type { SignallingSnapshot } from '../../contract/snapshot.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import { isSameCarrier, type SignallingCarrier } from '../../flow/carriers.ts'
import type { LlsTableFact, SlsFragment } from '../../flow/facts.ts'
import { renameKey } from '../../flow/rename-key.ts'
import { linkTableValues } from '../../protocol/alp/link-table.ts'
import { tableValues } from '../../protocol/lls/table-values.ts'
import { describeSlsToi } from '../../protocol/sls/sls-toi.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import { fragmentValues } from './fragment-values.ts'
import { IntervalMeter } from './interval-meter.ts'
import type { SignallingEvents, TableVersion } from './signalling-events.ts'

/** Versions stored of one table or fragment; a dynamic MPD changes every few seconds. */
const MAX_VERSIONS = 32
/** Tables and fragments stored in all. */
const MAX_ENTRIES = 2048
/** Part of them that is removed at once, as a power of two. */
const REMOVED_PART = 6
/** Content stored in all; beyond it the oldest content is dropped, its entry remains. */
const MAX_CONTENT = 24 << 20
/** Content of one table; a longer one is cut, and then has no values. */
const MAX_ONE_CONTENT = 8 << 20
/** Bound on current fragments of one service. */
const MAX_CURRENT = 64
/** Hex in the report, bytes. */
const MAX_HEX = 4096
/** Raw bytes sent to a window. */
const MAX_RAW = 64 << 10

/** Bytes of an entry. `raw`: as sent where that differs from `body`. */
type Content = { readonly body: Uint8Array; readonly raw: Uint8Array | null; readonly whole: boolean }

type Entry = {
  readonly key: string
  readonly series: Series
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
type Series = {
  id: string
  readonly scope: 'lls' | 'sls'
  service: ServiceId | null
  readonly type: string
  readonly name: string
  readonly group: number
  readonly tableId: number
  readonly signed: boolean
  readonly versions: Entry[]
  /** Version that arrived last. */
  current: Entry | null
  readonly meter: IntervalMeter
}

type NewEntry = Pick<Entry, 'version' | 'llsKey' | 'carrier' | 'bytes' | 'signature'> & {
  readonly body: Uint8Array | null
  readonly raw: Uint8Array | null
  readonly timeUs: number
}

/** Tables of LLS and fragments of SLS with their bytes, the newest versions of each; values are decoded on demand. */
export class SignallingLog {
  /** In order of arrival. */
  readonly #entries = new Map<string, Entry>()
  readonly #llsByKey = new Map<number, Entry>()
  /** Newest entry of each fragment, by service. */
  readonly #current = new Map<ServiceId, BoundedMap<string, Entry>>()
  readonly #series = new Map<string, Series>()
  #serial = 0
  #contentBytes = 0
  readonly #events: Partial<SignallingEvents>

  constructor(events: Partial<SignallingEvents> = {}) {
    this.#events = events
  }

  llsTable(table: LlsTableFact, timeUs: number): void {
    const { key, tableId, name, group, version, bytes, raw, body, signed, signature } = table
    // Tables of the link layer share the id 0.
    const id = `lls/${tableId === 0 ? name : tableId}/${group}${signed ? '/signed' : ''}`
    const of = { id, scope: 'lls', service: null, type: name, name, group, tableId, signed } as const
    const series =
      this.#series.get(id) ?? this.#begin({ ...of, versions: [], current: null, meter: new IntervalMeter() })
    const entry = this.#add(series, {
      version,
      llsKey: key,
      carrier: null,
      bytes,
      body,
      raw,
      signature,
      timeUs,
    })
    this.#llsByKey.set(key, entry)
  }

  llsRepeated(key: number, timeUs: number): void {
    const entry = this.#llsByKey.get(key)
    if (entry !== undefined) this.#repeated(entry, timeUs)
  }

  llsSignature(key: number, signature: ReportSignature): void {
    const entry = this.#llsByKey.get(key)
    if (entry !== undefined) entry.signature = signature
  }

  slsFragment(service: ServiceId, fragment: SlsFragment, timeUs: number): void {
    const { type, name, version, bytes: body, carrier = null, signature = null } = fragment
    const id = idOf(service, fragment)
    let series = this.#series.get(id)
    // In one literal: each fragment of a storm has a name of its own.
    series ??= this.#begin({
      id,
      scope: 'sls',
      service,
      type,
      name,
      group: 0,
      tableId: 0,
      signed: signature !== null,
      versions: [],
      current: null,
      meter: new IntervalMeter(),
    })
    const fields = { version, llsKey: -1, carrier, bytes: body.length, body, raw: null, signature, timeUs }
    const entry = this.#add(series, fields)
    let current = this.#current.get(service)
    if (current === undefined) {
      current = new BoundedMap(MAX_CURRENT)
      this.#current.set(service, current)
    }
    current.set(`${type}/${name}`, entry)
  }

  /** What carried some of the service's fragments was repeated; null for all of them. */
  slsRepeated(service: ServiceId, timeUs: number, carrier: SignallingCarrier | null): void {
    for (const entry of this.#current.get(service)?.values() ?? []) {
      const { type } = entry.series
      if (carrier === null ? type !== 'EFDT' && type !== 'PACKAGE' : isCarriedBy(entry, carrier))
        this.#repeated(entry, timeUs)
    }
  }

  /** A fragment was repeated in another object, its carrier from now on. */
  slsUnchanged(service: ServiceId, fragment: string, carrier: SignallingCarrier | null, timeUs: number): void {
    const entry = this.#current.get(service)?.get(fragment)
    if (entry === undefined) return
    entry.carrier = carrier
    this.#repeated(entry, timeUs)
  }

  slsSignature(service: ServiceId, carrier: SignallingCarrier, signature: ReportSignature): void {
    for (const entry of this.#current.get(service)?.values() ?? []) {
      if (isCarriedBy(entry, carrier)) entry.signature = signature
    }
  }

  #begin(series: Series): Series {
    this.#series.set(series.id, series)
    return series
  }

  #add(series: Series, fields: NewEntry): Entry {
    const { version, llsKey, carrier, bytes, signature, timeUs, body, raw } = fields
    const content = body === null && raw === null ? null : keep(body ?? new Uint8Array(0), raw)
    const entry: Entry = {
      version,
      llsKey,
      carrier,
      bytes,
      signature,
      series,
      key: `table-${this.#serial++}`,
      xml: body !== null && looksLikeXml(body),
      content,
      firstTimeUs: timeUs,
      lastTimeUs: timeUs,
      count: 1,
    }
    this.#entries.set(entry.key, entry)
    this.#contentBytes += sizeOf(content)
    this.#arrived(entry, timeUs)
    series.versions.push(entry)
    if (series.versions.length > MAX_VERSIONS) this.#remove(series.versions[0] as Entry)
    if (this.#entries.size > MAX_ENTRIES) this.#removeOldest()
    if (this.#contentBytes > MAX_CONTENT) {
      for (const oldest of this.#entries.values()) {
        if (this.#contentBytes <= MAX_CONTENT) break
        if (oldest === entry) continue
        this.#contentBytes -= sizeOf(oldest.content)
        oldest.content = null
      }
    }
    return entry
  }

  #repeated(entry: Entry, timeUs: number): void {
    entry.count++
    entry.lastTimeUs = timeUs
    this.#arrived(entry, timeUs)
  }

  #arrived(entry: Entry, timeUs: number): void {
    const { series } = entry
    const before = series.current
    series.meter.arrived(timeUs)
    series.current = entry
    this.#events.arrived?.(series, timeUs)
    if (before !== null && before !== entry) this.#events.changed?.(series, versionOf(before), versionOf(entry), timeUs)
  }

  /** Removes several at once: a map passes over its removed entries to find the oldest. */
  #removeOldest(): void {
    let left = MAX_ENTRIES >> REMOVED_PART
    for (const entry of this.#entries.values()) {
      this.#remove(entry)
      if (--left === 0) return
    }
  }

  #remove(entry: Entry): void {
    const { series } = entry
    this.#entries.delete(entry.key)
    this.#contentBytes -= sizeOf(entry.content)
    entry.content = null
    if (this.#llsByKey.get(entry.llsKey) === entry) this.#llsByKey.delete(entry.llsKey)
    if (series.service !== null) {
      const current = this.#current.get(series.service)
      const id = `${series.type}/${series.name}`
      if (current?.get(id) === entry) current.delete(id)
    }
    const at = series.versions.indexOf(entry)
    if (at >= 0) series.versions.splice(at, 1)
    if (series.versions.length === 0) this.#series.delete(series.id)
  }

  /** Text, values and bytes of one version; empty where the entry or its content is not stored any more. */
  text(key: string): SignallingText {
    const entry = this.#entries.get(key)
    const content = entry?.content ?? null
    if (entry === undefined || content === null) {
      return { key, language: 'plain', text: '', values: null, raw: new Uint8Array(0), rawBytes: 0, signature: null }
    }
    const raw = content.raw ?? content.body
    const readable = entry.xml || isText(content.body)
    return {
      key,
      language: entry.xml ? 'xml' : 'plain',
      text: readable ? new TextDecoder().decode(content.body) : '',
      values: valuesOf(entry.series, content),
      raw: raw.slice(0, MAX_RAW),
      rawBytes: raw.length,
      signature: entry.signature,
    }
  }

  /** The newest entries, at most so many. */
  snapshot(most: number): SignallingSnapshot[] {
    return Array.from([...this.#entries.values()].slice(-most), (entry) => ({
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
    }))
  }

  reportLls(): ReportLls[] {
    const tables: ReportLls[] = []
    for (const entry of this.#entries.values()) {
      const { series, content } = entry
      if (series.scope !== 'lls') continue
      const payload = content === null ? null : content.body.length > 0 ? content.body : (content.raw ?? content.body)
      tables.push({
        tableId: series.tableId,
        name: series.name,
        group: series.group,
        version: entry.version ?? 0,
        count: entry.count,
        firstTime: entry.firstTimeUs / 1e6,
        lastTime: entry.lastTimeUs / 1e6,
        bytes: entry.bytes,
        // Made when they are looked at, one after the other: together they are many times the tables.
        get xml() {
          return entry.xml && content !== null ? new TextDecoder().decode(content.body) : null
        },
        get values() {
          return valuesOf(series, content)
        },
        hex: entry.xml || payload === null ? null : bytesToHex(payload.subarray(0, MAX_HEX)),
        signed: series.signed,
        signature: entry.signature,
        interval: secondsOf(series.meter),
      })
    }
    return tables
  }

  reportSls(service: ServiceId): ReportSls[] {
    const fragments: ReportSls[] = []
    for (const entry of this.#entries.values()) {
      const { series, version, bytes, count, signature, content } = entry
      if (series.scope !== 'sls' || series.service !== service) continue
      fragments.push({
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
      })
    }
    return fragments
  }

  /** Its tables are those of another number, under ids of that. */
  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    renameKey(this.#current, former, service)
    for (const series of [...this.#series.values()]) {
      if (series.service !== former) continue
      this.#series.delete(series.id)
      series.service = service
      series.id = idOf(service, series)
      this.#series.set(series.id, series)
    }
  }

  /** A discovered service was merged into another, or renumbered. */
  serviceGone(service: ServiceId): void {
    this.#current.delete(service)
  }
}

function idOf(service: ServiceId, { type, name }: { readonly type: string; readonly name: string }): string {
  return `sls/${service}/${type}/${name}`
}

function versionOf({ version, carrier, series, content }: Entry): TableVersion {
  return {
    version,
    carrier,
    get values() {
      return valuesOf(series, content)
    },
  }
}

function isCarriedBy(entry: Entry, carrier: SignallingCarrier): boolean {
  return entry.carrier !== null && isSameCarrier(entry.carrier, carrier)
}

function toiOf({ carrier }: Entry): number | null {
  return carrier?.kind === 'lct' ? carrier.toi : null
}

function meaningOf({ series, carrier }: Entry): string | null {
  if (series.type === 'EFDT' || carrier?.kind !== 'lct') return null
  return carrier.tsi === 0 && carrier.toi > 0 ? describeSlsToi(carrier.toi) : null
}

/** Copies the bytes, which belong to the receiver. */
function keep(body: Uint8Array, raw: Uint8Array | null): Content {
  const whole = body.length <= MAX_ONE_CONTENT
  return {
    body: body.slice(0, MAX_ONE_CONTENT),
    raw: raw === null ? null : raw.slice(0, MAX_ONE_CONTENT),
    whole,
  }
}

function sizeOf(content: Content | null): number {
  return content === null ? 0 : content.body.length + (content.raw?.length ?? 0)
}

function valuesOf(series: Series, content: Content | null): JsonObject | null {
  if (content === null || !content.whole || content.body.length === 0) return null
  if (series.scope === 'lls' && series.tableId === 0) {
    const values = linkTableValues(series.name, content.body)
    if (values !== null) return values
  }
  return series.scope === 'lls' ? tableValues(series.tableId, content.body) : fragmentValues(series.type, content.body)
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
