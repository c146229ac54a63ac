import { CodecError } from '../bytes/codec-error.ts'
import type { JsonObject, JsonValue } from '../contract/report.ts'
import { LLS_HEADER_BYTES, LLS_TABLE, type LlsTable, llsTableName, parseLlsTable } from '../protocol/lls/lls-table.ts'
import { parseSignedMultiTable } from '../protocol/lls/signed-multi-table.ts'
import { parseSlt, type Slt } from '../protocol/lls/slt.ts'
import { parseSystemTime } from '../protocol/lls/system-time.ts'
import { looksLikeXml } from '../xml/xml-parser.ts'
import { contentKey } from './content-hash.ts'
import type { ReceiveContext } from './receive-context.ts'

/** Different tables remembered; senders repeat a handful each second. */
const MAX_KNOWN = 256
/** Most that one table may unpack to. */
const MAX_TABLE_BYTES = 16 << 20

/**
 * Low level signalling, one table in each datagram (A/331 §6). Tables are told apart by content, since GPAC never changes
 * their version; of SLTs the last of each broadcast stream and group counts, and together they list the services.
 */
export class LlsReceiver {
  readonly #context: ReceiveContext
  readonly #sltsChanged: (slts: readonly Slt[], timeUs: number) => void
  /** By content: what an SLT said and for whom; null for other tables and for what could not be read. */
  readonly #known = new Map<number, { readonly stream: string; readonly slt: Slt } | null>()
  readonly #current = new Map<string, Slt>()

  constructor(context: ReceiveContext, sltsChanged: (slts: readonly Slt[], timeUs: number) => void) {
    this.#context = context
    this.#sltsChanged = sltsChanged
  }

  /** One LLS datagram. @returns null, or the code of what is wrong with it */
  datagram(bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): string | null {
    const datagram = bytes.subarray(start, end)
    const key = contentKey(datagram)
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#context.observer.llsRepeated(key, timeUs)
      if (known !== null && this.#current.get(known.stream) !== known.slt) this.#setSlt(known.stream, known.slt, timeUs)
      return null
    }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(key, null)
    try {
      const table = parseLlsTable(datagram, MAX_TABLE_BYTES)
      if (table.tableId === LLS_TABLE.signedMultiTable) {
        for (const inner of parseSignedMultiTable(table, MAX_TABLE_BYTES).tables) {
          this.#table(inner, contentKey(inner.body) + inner.tableId, inner.body.length, timeUs, frame)
        }
      } else {
        this.#table(table, key, end - start, timeUs, frame)
      }
      return null
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      const id = datagram[0] ?? 0
      const rule = thrown.code.startsWith('gzip') ? 'LLS-GZIP' : 'LLS-XML'
      this.#alarm(
        rule,
        `The LLS table ${llsTableName(id)} cannot be read (${thrown.code}): ${thrown.message}`,
        timeUs,
        frame,
      )
      if (datagram.length >= LLS_HEADER_BYTES) this.#report(datagram, key, timeUs)
      return thrown.code
    }
  }

  /** A table that cannot be read is still listed, without its content. */
  #report(datagram: Uint8Array, key: number, timeUs: number): void {
    const [tableId, group, , version] = datagram as unknown as [number, number, number, number]
    const name = llsTableName(tableId)
    this.#context.observer.llsTable(
      { key, tableId, name, group, version, bytes: datagram.length, xml: null, values: null },
      timeUs,
    )
  }

  #table(table: LlsTable, key: number, bytes: number, timeUs: number, frame: number): void {
    const { tableId, groupId, version, body } = table
    let values: JsonObject | null = null
    let fault: CodecError | null = null
    let slt: Slt | null = null
    try {
      if (tableId === LLS_TABLE.slt) {
        slt = parseSlt(body)
        values = asJson(slt) as JsonObject
      } else if (tableId === LLS_TABLE.systemTime) {
        values = asJson(parseSystemTime(body)) as JsonObject
      }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      fault = thrown
    }
    this.#context.observer.llsTable(
      {
        key,
        tableId,
        name: llsTableName(tableId),
        group: groupId,
        version,
        bytes,
        xml: looksLikeXml(body) ? new TextDecoder().decode(body) : null,
        values,
      },
      timeUs,
    )
    if (fault !== null) {
      const text = `The LLS table ${llsTableName(tableId)} of group ${groupId} cannot be read (${fault.code}): ${fault.message}`
      this.#alarm('LLS-XML', text, timeUs, frame)
    }
    if (slt === null) return
    // Captures of several channels hold several SLTs with the same group: the broadcast stream tells them apart.
    const stream = `${slt.bsids.join(',')}/${groupId}`
    this.#known.set(key, { stream, slt })
    this.#setSlt(stream, slt, timeUs)
  }

  #setSlt(stream: string, slt: Slt, timeUs: number): void {
    if (this.#current.size >= MAX_KNOWN) this.#current.clear()
    this.#current.set(stream, slt)
    this.#sltsChanged([...this.#current.values()], timeUs)
  }

  #alarm(rule: string, text: string, timeUs: number, frame: number): void {
    this.#context.alarm({ rule, severity: 'error', service: null, tsi: null, toi: null, timeUs, frame, text })
  }
}

/** Parsed values as plain JSON, without what only matters for writing them back. */
function asJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([name]) => name !== 'otherAttributes')
    return Object.fromEntries(entries.map(([name, each]) => [name, asJson(each)]))
  }
  return value as JsonValue
}
