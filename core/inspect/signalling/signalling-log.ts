import type { SignallingText } from '../../contract/engine-api.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { ReportSignature } from '../../contract/report.ts'
import type { SignallingSnapshot } from '../../contract/snapshot.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { SignallingCarrier } from '../../flow/carriers.ts'
import type { LlsTableFact, SlsFragment } from '../../flow/facts.ts'
import { renameKey } from '../../flow/rename-key.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import { IntervalMeter } from './interval-meter.ts'
import {
  contentSize,
  isCarriedBy,
  keptContent,
  type SignallingEntry,
  type SignallingSeries,
  signallingTextOf,
  snapshotOf,
  versionOf,
} from './signalling-entry.ts'
import type { SignallingEvents } from './signalling-events.ts'

/** Versions stored of one table or fragment; a dynamic MPD changes every few seconds. */
const MAX_VERSIONS = 32
/** Tables and fragments stored in all. */
const MAX_ENTRIES = 2048
/** Part of them that is removed at once, as a power of two. */
const REMOVED_PART = 6
/** Content stored in all; beyond it the oldest content is dropped, its entry remains. */
const MAX_CONTENT = 24 << 20
/** Bound on current fragments of one service. */
const MAX_CURRENT = 64

type NewEntry = Pick<SignallingEntry, 'version' | 'llsKey' | 'carrier' | 'bytes' | 'signature'> & {
  readonly body: Uint8Array | null
  readonly raw: Uint8Array | null
  readonly timeUs: number
}

/** Entries of a report. */
export type ListedSignalling = {
  readonly lls: readonly SignallingEntry[]
  readonly sls: ReadonlyMap<ServiceId, readonly SignallingEntry[]>
}

/** Tables of LLS and fragments of SLS with their bytes, the newest versions of each; values are decoded on demand. */
export class SignallingLog {
  /** In order of arrival. */
  readonly #entries = new Map<string, SignallingEntry>()
  readonly #llsByKey = new Map<number, SignallingEntry>()
  /** Newest entry of each fragment, by service. */
  readonly #current = new Map<ServiceId, BoundedMap<string, SignallingEntry>>()
  readonly #series = new Map<string, SignallingSeries>()
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

  #begin(series: SignallingSeries): SignallingSeries {
    this.#series.set(series.id, series)
    return series
  }

  #add(series: SignallingSeries, fields: NewEntry): SignallingEntry {
    const { version, llsKey, carrier, bytes, signature, timeUs, body, raw } = fields
    const content = body === null && raw === null ? null : keptContent(body ?? new Uint8Array(0), raw)
    const entry: SignallingEntry = {
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
    this.#contentBytes += contentSize(content)
    this.#arrived(entry, timeUs)
    series.versions.push(entry)
    if (series.versions.length > MAX_VERSIONS) this.#remove(series.versions[0] as SignallingEntry)
    if (this.#entries.size > MAX_ENTRIES) this.#removeOldest()
    if (this.#contentBytes > MAX_CONTENT) {
      for (const oldest of this.#entries.values()) {
        if (this.#contentBytes <= MAX_CONTENT) break
        if (oldest === entry) continue
        this.#contentBytes -= contentSize(oldest.content)
        oldest.content = null
      }
    }
    return entry
  }

  #repeated(entry: SignallingEntry, timeUs: number): void {
    entry.count++
    entry.lastTimeUs = timeUs
    this.#arrived(entry, timeUs)
  }

  #arrived(entry: SignallingEntry, timeUs: number): void {
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

  #remove(entry: SignallingEntry): void {
    const { series } = entry
    this.#entries.delete(entry.key)
    this.#contentBytes -= contentSize(entry.content)
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
    return signallingTextOf(entry, content)
  }

  /** The newest entries, at most so many. */
  snapshot(most: number): SignallingSnapshot[] {
    return Array.from([...this.#entries.values()].slice(-most), snapshotOf)
  }

  /** What a report lists: tables of LLS, and the fragments of each service, in order of arrival. */
  listed(): ListedSignalling {
    const lls: SignallingEntry[] = []
    const sls = new Map<ServiceId, SignallingEntry[]>()
    for (const entry of this.#entries.values()) {
      const { scope, service } = entry.series
      if (scope === 'lls') lls.push(entry)
      else if (service !== null) {
        const fragments = sls.get(service)
        if (fragments === undefined) sls.set(service, [entry])
        else fragments.push(entry)
      }
    }
    return { lls, sls }
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
