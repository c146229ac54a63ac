import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ReportSignature } from '../../contract/report.ts'
import { dropOldest } from '../../flow/bounded-map.ts'
import type { LlsTableFact } from '../../flow/facts.ts'
import { type FindingFacts, findingAt, placeAt, type SignedThing } from '../../flow/findings.ts'
import type { SignerCertificate } from '../../protocol/cms/certificate.ts'
import { readAeat } from '../../protocol/lls/aeat.ts'
import { readCertificationData, toBeSignedBytes } from '../../protocol/lls/certification-data.ts'
import {
  LLS_HEADER_BYTES,
  LLS_TABLE,
  type LlsTable,
  llsTableName,
  parseLlsTable,
} from '../../protocol/lls/lls-table.ts'
import { readOnscreenMessages } from '../../protocol/lls/onscreen-message.ts'
import { parseSignedMultiTable, type SignedTable, unfoldTable } from '../../protocol/lls/signed-multi-table.ts'
import type { Slt } from '../../protocol/lls/slt.ts'
import { readSystemTime } from '../../protocol/lls/system-time.ts'
import { tableName, tableValues } from '../../protocol/lls/table-values.ts'
import { LLS_LIMITS } from '../../protocol/table-limits.ts'
import { looksLikeXml, parseXml } from '../../xml/xml-parser.ts'
import type { TableContext } from '../context/contexts.ts'
import { droppedEntries } from '../context/receive-context.ts'
import { reportSignature } from '../context/signatures.ts'
import { contentKey } from '../object/content-hash.ts'
import { PassedOver } from '../object/passed-over.ts'
import { WorkBudget } from '../object/work-budget.ts'
import { ListReading } from './list-reading.ts'

/** Bound on the different tables remembered; senders repeat a handful each second. */
const MAX_KNOWN = 1024
/** Bound on current SLTs of different broadcast streams and groups. */
const MAX_STREAMS = 64
/** Least cost of decoding one table, in bytes: 2048 new tables at once, then 512 a second. */
const TABLE_COST = 4 << 10
/** Cost of a service beside its XML: its row, and what is decided again for it. */
const SERVICE_COST = 256
/** Lists that wait to be read: while there are so many, no other table is taken. */
const MAX_WAITING = 4
const BUDGET = 8 << 20
const BUDGET_PER_SECOND = 2 << 20

/** A datagram seen before: its tables, and the stream it is an SLT of. */
type Known = { readonly keys: readonly number[]; readonly stream: string | null }

/** Arrival of a table: alone, or in a SignedMultiTable. */
type Arrival = {
  readonly key: number
  /** The same of its datagram. */
  readonly datagram: number
  readonly raw: Uint8Array
  readonly signed: boolean
  /** Of the tables that it came with. */
  readonly signature: ReportSignature | null
  /** This arrival was counted as a repetition. */
  readonly counted: boolean
  readonly timeUs: number
  readonly frame: number
}

/** A long list that is read in turns, or one that came after it, and how often it came again meanwhile. */
type WaitingList = { readonly table: LlsTable; readonly list: ListReading; readonly arrival: Arrival; repeats: number }

/**
 * Low level signalling, one table per datagram (A/331 §6). Tables are identified by content, since GPAC never changes
 * their version. The last SLT of each broadcast stream and group counts; together they list the services.
 */
export class LlsReceiver {
  readonly #context: TableContext
  readonly #sltsChanged: (slts: readonly Slt[], timeUs: number) => void
  /** By content, oldest first. */
  readonly #known = new Map<number, Known>()
  /** Reported tables, by content: those inside a SignedMultiTable arrive in differing wrappers. */
  readonly #reported = new Set<number>()
  readonly #current = new Map<string, { readonly key: number; readonly slt: Slt }>()
  /** Oldest first. */
  readonly #waiting: WaitingList[] = []
  readonly #budget: WorkBudget
  readonly #passed = new PassedOver()

  constructor(context: TableContext, sltsChanged: (slts: readonly Slt[], timeUs: number) => void) {
    this.#context = context
    this.#budget = new WorkBudget(BUDGET, BUDGET_PER_SECOND, context.work)
    this.#sltsChanged = sltsChanged
  }

  /**
   * Takes one LLS datagram.
   * @returns null, or the code of its fault
   */
  datagram(bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): string | null {
    const datagram = bytes.subarray(start, end)
    const key = contentKey(datagram)
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#known.delete(key)
      this.#known.set(key, known)
      for (const each of known.keys) {
        const waiting = this.#waiting.find(({ arrival }) => arrival.key === each)
        if (waiting === undefined) this.#context.observer.llsRepeated(each, timeUs)
        else waiting.repeats++
      }
      // An SLT replaced in between counts again.
      if (known.stream === null || this.#current.get(known.stream)?.key === key) return null
    }
    this.#passed.arrived(timeUs)
    if (this.#waiting.length >= MAX_WAITING || !this.#budget.take(TABLE_COST, timeUs)) return this.#storm(timeUs, frame)
    return this.#read(datagram, key, known !== undefined, timeUs, frame)
  }

  #read(datagram: Uint8Array, key: number, counted: boolean, timeUs: number, frame: number): string | null {
    const keys: number[] = [key]
    let stream: string | null = null
    let code: string | null = null
    try {
      const table = parseLlsTable(datagram, LLS_LIMITS.unpackedBytes)
      this.#budget.add(table.body.length)
      const arrival = { key, datagram: key, raw: datagram, signed: false, signature: null, counted, timeUs, frame }
      if (table.tableId === LLS_TABLE.signedMultiTable) stream = this.#signed(table, arrival, keys)
      else stream = this.#table(table, arrival)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      code = thrown.code
      // As much was unpacked as is allowed.
      if (code === 'gzip-too-large') this.#budget.add(LLS_LIMITS.unpackedBytes / 8)
      const table = llsTableName(datagram[0] ?? 0)
      this.#found({ kind: 'llsUnreadable', table, group: null, signed: false, fault: thrown }, timeUs, frame)
      if (datagram.length >= LLS_HEADER_BYTES) this.#unreadable(datagram, key, timeUs)
    }
    this.#known.set(key, { keys, stream })
    if (this.#known.size > MAX_KNOWN) {
      for (const gone of dropOldest(this.#known)?.keys ?? []) this.#reported.delete(gone)
    }
    return code
  }

  #list(table: Omit<LlsTableFact, 'values'>, timeUs: number): void {
    const { tableId, body } = table
    const listed = {
      ...table,
      get values() {
        return body === null ? null : tableValues(tableId, body)
      },
    }
    this.#context.observer.llsTable(listed, timeUs)
  }

  /** Lists an unreadable table, without content. */
  #unreadable(datagram: Uint8Array, key: number, timeUs: number): void {
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    const [tableId, group, , version] = datagram as unknown as [number, number, number, number]
    const name = llsTableName(tableId)
    const bytes = datagram.length
    this.#list(
      { key, tableId, name, group, version, bytes, raw: datagram, body: null, signed: false, signature: null },
      timeUs,
    )
  }

  /** Takes the tables inside as if each had arrived alone, and checks the signature. */
  #signed(table: LlsTable, arrival: Arrival, keys: number[]): string | null {
    const { timeUs, frame } = arrival
    const faults = new EntryFaults()
    const { tables, signedBytes, signature } = parseSignedMultiTable(table, faults)
    this.#entries(table, faults, arrival)
    // The same tables with a new signature, which a sender may make each time, are no new version.
    const key = contentKey(signedBytes) + table.groupId * 256 + table.version
    keys[0] = key
    const { signatures, observer } = this.#context
    const inner = tables.map((each) => ({
      table: each,
      key: contentKey(each.payload) + each.tableId * 256 + each.version,
    }))
    keys.push(...inner.map((each) => each.key))
    // CertificationData in the same datagram counts for its signature.
    for (const each of inner) if (each.table.tableId === LLS_TABLE.certificationData) this.#certificates(each.table)
    const verdict = signatures.check(`lls/${table.groupId}/${table.tableId}`, signature, [signedBytes], (later) => {
      const report = reportSignature(later, timeUs)
      for (const each of keys) observer.llsSignature(each, report)
      this.#checked({ of: 'lls-tables', group: table.groupId }, report, timeUs, frame)
    })
    const report = reportSignature(verdict, timeUs)
    const { groupId: group, version, body } = table
    const name = llsTableName(table.tableId)
    const { raw } = arrival
    if (this.#reported.has(key)) {
      if (!arrival.counted) observer.llsRepeated(key, timeUs)
      observer.llsSignature(key, report)
    } else {
      this.#reported.add(key)
      this.#list(
        {
          key,
          tableId: table.tableId,
          name,
          group,
          version,
          bytes: raw.length,
          raw,
          body,
          signed: false,
          signature: report,
        },
        timeUs,
      )
    }
    if (verdict.signer !== null) this.#dates(verdict.signer, timeUs, frame)
    this.#checked({ of: 'lls-tables', group }, report, timeUs, frame)
    let stream: string | null = null
    // One limit for all of them: 255 small bombs are a bomb.
    let left = LLS_LIMITS.unpackedBytes
    for (const { table: each, key: innerKey } of inner) {
      let unfolded: LlsTable
      try {
        unfolded = unfoldTable(each, left)
      } catch (thrown) {
        if (!(thrown instanceof CodecError)) throw thrown
        const name = llsTableName(each.tableId)
        this.#found({ kind: 'llsUnreadable', table: name, group, signed: true, fault: thrown }, timeUs, frame)
        continue
      }
      left -= unfolded.body.length
      this.#budget.add(unfolded.body.length)
      const repeated = this.#reported.has(innerKey) && !arrival.counted
      const inside = { ...arrival, key: innerKey, raw: each.payload, signed: true, signature: report }
      const found = this.#table(unfolded, inside)
      if (repeated) observer.llsRepeated(innerKey, timeUs)
      observer.llsSignature(innerKey, report)
      if (found !== null) stream = found
    }
    return stream
  }

  /** Whether lists wait. */
  get readsMore(): boolean {
    return this.#waiting.length > 0
  }

  /** Reads on in lists that wait, as far as that is short. */
  tick(): void {
    for (const first of [...this.#waiting]) {
      if (!first.list.readOn()) return
      this.#waiting.shift()
      this.#used(first)
      if (first.list.isLong) return
    }
  }

  /** Nothing more comes: the lists that wait are read. */
  finish(): void {
    for (const each of this.#waiting.splice(0)) this.#used(each)
  }

  #used({ table, list, arrival, repeats }: WaitingList): void {
    const { key, datagram, signature, timeUs } = arrival
    const stream = this.#readTable(table, list, arrival)
    const { observer } = this.#context
    for (let count = 0; count < repeats; count++) observer.llsRepeated(key, timeUs)
    if (signature !== null) observer.llsSignature(key, signature)
    const known = this.#known.get(datagram)
    if (known !== undefined) this.#known.set(datagram, { ...known, stream })
  }

  /** @returns the stream of this service list, null for other tables and for a list that is read later */
  #table(table: LlsTable, arrival: Arrival): string | null {
    const list = table.tableId === LLS_TABLE.slt ? new ListReading(table.body) : null
    // The last list counts: none is read before one that came earlier.
    if (list === null || (!list.isLong && this.#waiting.length === 0)) return this.#readTable(table, list, arrival)
    // What was unpacked is its own, the datagram is not.
    if (!this.#waiting.some(({ arrival: { key } }) => key === arrival.key))
      this.#waiting.push({ table, list, arrival: { ...arrival, raw: arrival.raw.slice() }, repeats: 0 })
    return null
  }

  #readTable(table: LlsTable, list: ListReading | null, arrival: Arrival): string | null {
    const { tableId, groupId, version, body } = table
    const { key, datagram, raw, signed, timeUs, frame } = arrival
    const name = tableName(tableId, body)
    if (!this.#reported.has(key)) {
      this.#reported.add(key)
      const facts = {
        key,
        tableId,
        name,
        group: groupId,
        version,
        bytes: raw.length,
        raw,
        body,
        signed,
        signature: null,
      }
      this.#list(list === null ? facts : { ...facts, announces: () => list.destinations() }, timeUs)
    }
    try {
      if (list !== null) {
        const { slt } = list
        this.#entries(table, list.faults, arrival)
        this.#budget.add(slt.services.length * SERVICE_COST)
        // Captures of several channels have several SLTs with the same group: the broadcast stream distinguishes them.
        const stream = `${slt.bsids.slice(0, 16).join(',')}/${groupId}`
        // A repetition of the whole datagram counts as its list.
        this.#setSlt(stream, datagram, slt, timeUs)
        return stream
      }
      if (tableId === LLS_TABLE.certificationData) this.#certificationData(table, arrival)
      else {
        const faults = new EntryFaults()
        checkTable(tableId, body, faults)
        this.#entries(table, faults, arrival)
      }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#found({ kind: 'llsUnreadable', table: name, group: groupId, signed: false, fault: thrown }, timeUs, frame)
    }
    return null
  }

  #entries({ tableId, groupId, body }: LlsTable, faults: EntryFaults, { timeUs, frame }: Arrival): void {
    const facts = droppedEntries(`${tableName(tableId, body)} of group ${groupId}`, faults)
    if (facts !== null) this.#found(facts, timeUs, frame)
  }

  #setSlt(stream: string, key: number, slt: Slt, timeUs: number): void {
    const most = this.#context.limits.services
    const kept = slt.services.length > most ? { ...slt, services: slt.services.slice(0, most) } : slt
    this.#current.delete(stream)
    this.#current.set(stream, { key, slt: kept })
    let services = 0
    for (const each of this.#current.values()) services += each.slt.services.length
    for (const [oldest, each] of this.#current) {
      if (this.#current.size <= 1 || (this.#current.size <= MAX_STREAMS && services <= most)) break
      this.#current.delete(oldest)
      services -= each.slt.services.length
    }
    this.#sltsChanged(
      Array.from(this.#current.values(), (each) => each.slt),
      timeUs,
    )
  }

  /** Stores the certificates of a table that is otherwise invalid, where it is readable as one. */
  #certificates(table: SignedTable): void {
    try {
      const { body } = unfoldTable(table, LLS_LIMITS.unpackedBytes)
      this.#context.signatures.add(readCertificationData(parseXml(body, LLS_LIMITS.xml)).certificates)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
    }
  }

  #certificationData(table: LlsTable, arrival: Arrival): void {
    const { key, timeUs, frame } = arrival
    const { observer, signatures } = this.#context
    const faults = new EntryFaults()
    const data = readCertificationData(parseXml(table.body, LLS_LIMITS.xml, faults), faults)
    this.#entries(table, faults, arrival)
    signatures.add(data.certificates)
    for (const certificate of data.certificates) this.#dates(certificate, timeUs, frame)
    const content = toBeSignedBytes(table.body)
    if (data.signature === null || content === null) return
    const signed = { of: 'certificates', group: table.groupId } as const
    const tell = (report: ReturnType<typeof reportSignature>): void => {
      observer.llsSignature(key, report)
      this.#checked(signed, report, timeUs, frame)
    }
    const verdict = signatures.check(`cdt/${table.groupId}`, data.signature, [content], (later) =>
      tell(reportSignature(later, timeUs)),
    )
    tell(reportSignature(verdict, timeUs))
  }

  #dates(certificate: SignerCertificate, timeUs: number, frame: number): void {
    const { issuerDer, serial, subject, validFromUs, validToUs } = certificate
    const id = `${issuerDer}/${serial}`
    this.#found({ kind: 'certificateSeen', id, subject, validFromUs, validToUs }, timeUs, frame)
  }

  #checked(signed: SignedThing, { verdict, text }: ReportSignature, timeUs: number, frame: number): void {
    this.#found({ kind: 'signatureChecked', signed, verdict, text }, timeUs, frame)
  }

  /** New tables arrive faster than any station changes them: they are counted and not read for now. */
  #storm(timeUs: number, frame: number): string {
    this.#passed.count++
    this.#found({ kind: 'limit', hit: { limit: 'lls-tables', passed: this.#passed } }, timeUs, frame)
    return 'lls-storm'
  }

  #found(facts: FindingFacts, timeUs: number, frame: number): void {
    this.#context.found(findingAt(facts, placeAt(timeUs, frame)))
  }
}

/** @throws CodecError for an unreadable table of a standard form */
function checkTable(tableId: number, body: Uint8Array, faults: EntryFaults): void {
  if (tableId === LLS_TABLE.userDefined || tableId > LLS_TABLE.certificationData) return
  if (!looksLikeXml(body)) throw new CodecError('lls-not-xml', 0, 'the body is neither XML nor gzip of it')
  const root = parseXml(body, LLS_LIMITS.xml, faults)
  if (tableId === LLS_TABLE.systemTime) readSystemTime(root)
  else if (tableId === LLS_TABLE.aeat) readAeat(root)
  else if (tableId === LLS_TABLE.onscreenMessage) readOnscreenMessages(root)
}
