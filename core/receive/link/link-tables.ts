import { unpack } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { placeAt } from '../../flow/findings.ts'
import type { LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import { LINK_SIGNALLING, linkTableName, linkTableValues, parseLmt, parseRdt } from '../../protocol/alp/link-table.ts'
import type { ObservedContext } from '../context/contexts.ts'
import { codecFault } from '../context/receive-context.ts'
import { contentKey } from '../object/content-hash.ts'

/** Bound on the different tables remembered. */
const MAX_KNOWN = 256
const MAX_UNPACKED = 1 << 20
const MAX_PLPS = 512

/** Times of the LMT in one PLP, µs; the standard requires one every 5 s where there is LLS. */
export type LmtTimes = { count: number; readonly firstTimeUs: number; lastTimeUs: number }

/** Link-layer signalling of ALP as tables beside those of the LLS: LMT and RDT with values, others as bytes. */
export class LinkTables {
  /** By PLP, -1 where unknown. */
  readonly lmtTimes = new Map<number, LmtTimes>()
  readonly #context: ObservedContext
  readonly #known = new Set<number>()

  constructor(context: ObservedContext) {
    this.#context = context
  }

  table(signalling: LinkSignalling, timeUs: number, frame: number): void {
    const { type, version, plp, bytes } = signalling
    if (type === LINK_SIGNALLING.lmt) this.#lmtCame(plp, timeUs)
    const key = contentKey(bytes) + (type << 8) + plp + 1
    if (this.#known.has(key)) {
      this.#context.observer.llsRepeated(key, timeUs)
      return
    }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.add(key)
    let body: Uint8Array | null = null
    const fault = codecFault(() => {
      body = signalling.encoding === 1 ? inflated(bytes) : bytes
      // Parsed once, to detect an unreadable one.
      if (signalling.format === 0 && type === LINK_SIGNALLING.lmt) parseLmt(body)
      if (signalling.format === 0 && type === LINK_SIGNALLING.rdt) parseRdt(body)
    })
    const name = linkTableName(type)
    this.#context.observer.llsTable(
      {
        key,
        tableId: 0,
        name,
        group: Math.max(0, plp),
        version,
        bytes: bytes.length,
        raw: bytes,
        body,
        get values() {
          return body === null ? null : linkTableValues(name, body)
        },
        signed: false,
        signature: null,
      },
      timeUs,
    )
    if (fault === null) return
    this.#context.found({ kind: 'linkTableUnreadable', table: name, fault, ...placeAt(timeUs, frame) })
  }

  #lmtCame(plp: number, timeUs: number): void {
    const times = this.lmtTimes.get(plp)
    if (times !== undefined) {
      times.count++
      times.lastTimeUs = timeUs
    } else if (this.lmtTimes.size < MAX_PLPS) {
      this.lmtTimes.set(plp, { count: 1, firstTimeUs: timeUs, lastTimeUs: timeUs })
    }
  }
}

function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return unpack('deflate', bytes, MAX_UNPACKED)
  } catch (cause) {
    throw new CodecError('link-deflate', 0, cause instanceof Error ? cause.message : String(cause))
  }
}
