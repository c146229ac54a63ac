import type { SignallingText } from '../contract/engine-api.ts'
import type { JsonObject, ReportLls, ReportSls } from '../contract/report.ts'
import type { SignallingSnapshot } from '../contract/snapshot.ts'
import type { LlsTable, SlsFragment } from '../receive/observer.ts'
import { looksLikeXml } from '../xml/xml-parser.ts'

/** Versions kept of one table or fragment; a dynamic MPD changes every few seconds. */
const MAX_VERSIONS = 32
/** Tables and fragments kept in all. */
const MAX_ENTRIES = 2048
/** Text kept in all; beyond it the oldest text goes, the entry stays. */
const MAX_TEXT = 8 << 20
const MAX_ONE_TEXT = 1 << 20
/** Fragments of one service that count as current. */
const MAX_CURRENT = 64

type Entry = {
  readonly key: string
  readonly scope: 'lls' | 'sls'
  readonly service: number | null
  readonly type: string
  readonly name: string
  readonly version: number | null
  readonly group: number
  readonly tableId: number
  /** Identity of an LLS table's content. */
  readonly content: number
  readonly bytes: number
  readonly values: JsonObject | null
  readonly xml: boolean
  text: string | null
  readonly firstTimeUs: number
  lastTimeUs: number
  count: number
}

/** Tables of LLS and fragments of SLS with their text, newest versions of each. */
export class SignallingLog {
  /** In order of arrival. */
  readonly #entries = new Map<string, Entry>()
  readonly #llsByContent = new Map<number, Entry>()
  /** Newest entry of each fragment, by service. */
  readonly #current = new Map<number, Map<string, Entry>>()
  readonly #series = new Map<string, Entry[]>()
  #serial = 0
  #textLength = 0

  llsTable(table: LlsTable, timeUs: number): void {
    const { tableId, group } = table
    const entry = this.#add(`lls/${tableId}/${group}`, {
      scope: 'lls',
      service: null,
      type: table.name,
      name: table.name,
      version: table.version,
      group,
      tableId,
      content: table.key,
      bytes: table.bytes,
      values: table.values,
      xml: table.xml !== null,
      text: table.xml,
      timeUs,
    })
    this.#llsByContent.set(table.key, entry)
  }

  llsRepeated(key: number, timeUs: number): void {
    const entry = this.#llsByContent.get(key)
    if (entry === undefined) return
    entry.count++
    entry.lastTimeUs = timeUs
  }

  slsFragment(service: number, fragment: SlsFragment, timeUs: number): void {
    const { type, name, version, bytes } = fragment
    const entry = this.#add(`sls/${service}/${type}/${name}`, {
      scope: 'sls',
      service,
      type,
      name,
      version,
      group: 0,
      tableId: 0,
      content: 0,
      bytes: bytes.length,
      values: null,
      xml: looksLikeXml(bytes),
      text: new TextDecoder().decode(bytes.subarray(0, MAX_ONE_TEXT)),
      timeUs,
    })
    let current = this.#current.get(service)
    if (current === undefined) {
      current = new Map()
      this.#current.set(service, current)
    }
    const id = `${type}/${name}`
    current.delete(id)
    current.set(id, entry)
    if (current.size > MAX_CURRENT) {
      for (const oldest of current.keys()) {
        current.delete(oldest)
        break
      }
    }
  }

  /** The package that brought the service's fragments came again. */
  slsRepeated(service: number, timeUs: number): void {
    for (const entry of this.#current.get(service)?.values() ?? []) {
      if (entry.type === 'EFDT') continue
      entry.count++
      entry.lastTimeUs = timeUs
    }
  }

  #add(
    series: string,
    fields: Omit<Entry, 'key' | 'firstTimeUs' | 'lastTimeUs' | 'count'> & { timeUs: number },
  ): Entry {
    const { timeUs, ...rest } = fields
    const entry: Entry = {
      ...rest,
      key: `${series}/${this.#serial++}`,
      firstTimeUs: timeUs,
      lastTimeUs: timeUs,
      count: 1,
    }
    this.#entries.set(entry.key, entry)
    this.#textLength += entry.text?.length ?? 0
    let versions = this.#series.get(series)
    if (versions === undefined) {
      versions = []
      this.#series.set(series, versions)
    }
    versions.push(entry)
    if (versions.length > MAX_VERSIONS) this.#remove(versions.shift() as Entry)
    if (this.#entries.size > MAX_ENTRIES) {
      for (const oldest of this.#entries.values()) {
        this.#remove(oldest)
        break
      }
    }
    if (this.#textLength > MAX_TEXT) {
      for (const oldest of this.#entries.values()) {
        if (this.#textLength <= MAX_TEXT) break
        if (oldest === entry) continue
        this.#textLength -= oldest.text?.length ?? 0
        oldest.text = null
      }
    }
    return entry
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#textLength -= entry.text?.length ?? 0
    entry.text = null
    if (this.#llsByContent.get(entry.content) === entry) this.#llsByContent.delete(entry.content)
    if (entry.service !== null) {
      const current = this.#current.get(entry.service)
      const id = `${entry.type}/${entry.name}`
      if (current?.get(id) === entry) current.delete(id)
    }
    const series = entry.key.slice(0, entry.key.lastIndexOf('/'))
    const versions = this.#series.get(series)
    if (versions === undefined) return
    const at = versions.indexOf(entry)
    if (at >= 0) versions.splice(at, 1)
    if (versions.length === 0) this.#series.delete(series)
  }

  /** Empty where the entry or its text is no longer kept. */
  text(key: string): SignallingText {
    const entry = this.#entries.get(key)
    return { key, language: entry?.xml === true ? 'xml' : 'plain', text: entry?.text ?? '' }
  }

  snapshot(): SignallingSnapshot[] {
    return [...this.#entries.values()].map((entry) => ({
      key: entry.key,
      scope: entry.scope,
      service: entry.service,
      type: entry.type,
      name: entry.name,
      version: entry.version,
      count: entry.count,
      bytes: entry.bytes,
      firstTimeUs: entry.firstTimeUs,
      lastTimeUs: entry.lastTimeUs,
    }))
  }

  reportLls(): ReportLls[] {
    const tables: ReportLls[] = []
    for (const entry of this.#entries.values()) {
      if (entry.scope !== 'lls') continue
      tables.push({
        tableId: entry.tableId,
        name: entry.name,
        group: entry.group,
        version: entry.version ?? 0,
        count: entry.count,
        firstTime: entry.firstTimeUs / 1e6,
        lastTime: entry.lastTimeUs / 1e6,
        bytes: entry.bytes,
        xml: entry.text,
        values: entry.values,
      })
    }
    return tables
  }

  reportSls(service: number): ReportSls[] {
    const fragments: ReportSls[] = []
    for (const entry of this.#entries.values()) {
      if (entry.scope !== 'sls' || entry.service !== service) continue
      const { type, name, version, bytes } = entry
      fragments.push({ type, name, version, firstTime: entry.firstTimeUs / 1e6, bytes })
    }
    return fragments
  }

  /** A discovered service was merged into another, or numbered anew. */
  serviceGone(service: number): void {
    this.#current.delete(service)
  }
}
