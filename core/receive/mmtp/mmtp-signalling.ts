import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { joinBytes } from '../../bytes/join-bytes.ts'
import { defined } from '../../contract/defined.ts'
import type { ReportSignature } from '../../contract/report.ts'
import type { SignallingCarrier } from '../../flow/carriers.ts'
import type { MmtpMessageFacts, SlsFragment } from '../../flow/facts.ts'
import { type Atsc3Message, parseAtsc3Body } from '../../protocol/mmtp/atsc3-message.ts'
import { type MmtMessage, parseMmtMessage } from '../../protocol/mmtp/message.ts'
import { MESSAGE_ID } from '../../protocol/mmtp/message-id.ts'
import { MP_TABLE, type MpTable, parseMpTable } from '../../protocol/mmtp/mp-table.ts'
import { MPI_TABLE, parseMpiBody, parseMpiTable } from '../../protocol/mmtp/mpi-table.ts'
import { FRAGMENT_INDICATOR } from '../../protocol/mmtp/mpu-payload.ts'
import { parsePaBody } from '../../protocol/mmtp/pa-message.ts'
import { parseSignallingPayload } from '../../protocol/mmtp/signalling-payload.ts'
import { parseSignedAtsc3, type SignedAtsc3Message } from '../../protocol/mmtp/signed-message.ts'
import { fragmentType } from '../../protocol/sls/fragment-type.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import { contentKey } from '../object/content-hash.ts'
import { readWithin, unpackWithin } from '../object/reading-work.ts'
import { type Work, WorkBudget } from '../object/work-budget.ts'

/** Bound on a fragmented message, and on all open ones. */
const MAX_MESSAGE_BYTES = 4 << 20
const MAX_OPEN = 64
/** Bound on remembered fragments and messages. */
const MAX_SEEN = 512
const MAX_KINDS = 128
/** Signatures checked: 1024 at once, then 256 a second. */
const SIGNED_COST = 1
const SIGNED_BUDGET = 1024
const SIGNED_PER_SECOND = 256

/** Messages of one kind, counted. */
class MessageKind implements MmtpMessageFacts {
  readonly name: string
  count = 0
  version = 0
  lastTimeUs = 0

  constructor(name: string) {
    this.name = name
  }
}

/** Uses a session's signalling. */
export interface MmtpSignallingHost {
  mpTable(table: MpTable, packetId: number, timeUs: number): void
  atsc3(message: Atsc3Message, timeUs: number): void
  fragment(fragment: SlsFragment, changed: boolean, timeUs: number): void
  /**
   * Checks a signature over content, any form of which may match.
   * @param later receives a later verdict
   */
  verdict(
    id: string,
    signature: Uint8Array,
    signed: readonly Uint8Array[],
    later: (signature: ReportSignature) => void,
    timeUs: number,
  ): ReportSignature
  /** A verdict on a fragment reported without one, by what carried it. */
  signatureLater(carrier: SignallingCarrier, signature: ReportSignature): void
  /** Entries of a table were left out. */
  dropped(table: string, faults: EntryFaults, timeUs: number, frame: number): void
  /** A message that cannot be read; others continue. */
  unreadable(what: string, fault: CodecError, timeUs: number, frame: number): void
}

type Judged = { readonly content: number; readonly carrier: SignallingCarrier; report: ReportSignature | null }
type Open = { parts: Uint8Array[]; bytes: number; counter: number }

/** Assembles, reads and lists the signalling messages of one MMTP flow, on any packet_id. */
export class MmtpSignalling {
  readonly kinds: MessageKind[] = []
  readonly #host: MmtpSignallingHost
  readonly #maxUnpacked: number
  readonly #work: Work
  readonly #open = new Map<number, Open>()
  readonly #seen = new Map<string, number>()
  /** Signed messages by subject. */
  readonly #verdicts = new Map<string, Judged>()
  readonly #budget = new WorkBudget(SIGNED_BUDGET, SIGNED_PER_SECOND)
  /** Signed messages seen: a later verdict finds its fragments by this number. */
  #signedMessages = 0

  /** @param work on messages that change */
  constructor(host: MmtpSignallingHost, maxUnpacked: number, work: Work) {
    this.#host = host
    this.#maxUnpacked = Math.min(maxUnpacked, SLS_LIMITS.unpackedBytes)
    this.#work = work
  }

  /**
   * Takes one signalling payload.
   * @throws CodecError mmtp-si-…
   */
  payload(packetId: number, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    const { indicator, fragmentCounter, parts } = parseSignallingPayload(bytes, start, end)
    if (indicator === FRAGMENT_INDICATOR.whole) {
      this.#open.delete(packetId)
      for (const part of parts) this.#message(part, packetId, timeUs, frame)
      return
    }
    const [part] = parts
    if (part === undefined) return
    let open = this.#open.get(packetId)
    if (indicator === FRAGMENT_INDICATOR.first) {
      if (open === undefined && this.#open.size >= MAX_OPEN) return
      open = { parts: [], bytes: 0, counter: (fragmentCounter + 1) & 0xff }
      this.#open.set(packetId, open)
    }
    // A hole: the rest of the message is useless.
    if (
      open === undefined ||
      ((open.counter - fragmentCounter) & 0xff) !== 1 ||
      open.bytes + part.length > MAX_MESSAGE_BYTES
    ) {
      this.#open.delete(packetId)
      return
    }
    open.parts.push(part.slice())
    open.bytes += part.length
    open.counter = fragmentCounter
    if (indicator !== FRAGMENT_INDICATOR.last) return
    this.#open.delete(packetId)
    this.#message(joinBytes(open.parts), packetId, timeUs, frame)
  }

  /** The source starts again: a repeated message counts as new. */
  restart(): void {
    this.#open.clear()
  }

  #message(bytes: Uint8Array, packetId: number, timeUs: number, frame: number): void {
    let what = 'A signalling message'
    try {
      const message = parseMmtMessage(bytes)
      const where = packetId === 0 ? '' : ` on packet_id ${packetId}`
      what = `${message.name}${where}`
      if (message.id === MESSAGE_ID.pa) this.#pa(message, bytes, packetId, where, timeUs, frame)
      else if (message.id >= MESSAGE_ID.mpt && message.id <= MESSAGE_ID.lastMpt)
        this.#mpt(message.body, packetId, where, timeUs, frame)
      else if (message.id >= MESSAGE_ID.mpi && message.id <= MESSAGE_ID.lastMpi)
        this.#mpi(message.body, packetId, where, timeUs, frame)
      else if (message.id === MESSAGE_ID.atsc3) this.#atsc3(message, timeUs)
      else if (message.id === MESSAGE_ID.signedAtsc3) this.#signed(message, bytes, where, timeUs)
      else this.#other(message, bytes, where, timeUs)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#host.unreadable(what, thrown, timeUs, frame)
    }
  }

  #pa(message: MmtMessage, whole: Uint8Array, packetId: number, where: string, timeUs: number, frame: number): void {
    this.#count('PA', message.version, timeUs)
    const name = `PA${where}`
    const faults = new EntryFaults()
    const tables = parsePaBody(message.body, faults)
    const changed = this.#list({ type: 'PA', name, version: message.version, bytes: whole }, timeUs)
    faults.each('table', tables, ({ tableId, bytes }) => {
      if (tableId >= MP_TABLE.firstSubset && tableId <= MP_TABLE.complete)
        this.#mpt(bytes, packetId, where, timeUs, frame)
      else if (tableId >= MPI_TABLE.firstSubset && tableId <= MPI_TABLE.complete)
        this.#mpiTable(bytes, where, timeUs, frame)
    })
    if (changed) this.#host.dropped(name, faults, timeUs, frame)
  }

  #mpi(body: Uint8Array, packetId: number, where: string, timeUs: number, frame: number): void {
    const { table, mpTable } = parseMpiBody(body)
    this.#mpiTable(table, where, timeUs, frame)
    if (mpTable !== null) this.#mpt(mpTable, packetId, where, timeUs, frame)
  }

  /** XML contents are fragments of their own. */
  #mpiTable(bytes: Uint8Array, where: string, timeUs: number, frame: number): void {
    const faults = new EntryFaults()
    const table = parseMpiTable(bytes, faults)
    this.#count('MPI', table.version, timeUs)
    const subset = table.tableId - MPI_TABLE.firstSubset
    const name = `MPI${table.tableId === MPI_TABLE.complete ? '' : ` subset ${subset}`}${where}`
    if (!this.#list({ type: 'MPI', name, version: table.version, bytes }, timeUs)) return
    this.#host.dropped(name, faults, timeUs, frame)
    table.contents.forEach(({ type, name: own, content }, index) => {
      if (!looksLikeXml(content)) return
      const found = fragmentType(type, content)
      const kind = found === 'UNKNOWN' ? 'PI' : found
      const of = own === '' ? `${name} ${index + 1}.xml` : own
      this.#list({ type: kind, name: of, version: table.version, bytes: content }, timeUs)
    })
  }

  /** Reads the message inside, whatever the verdict. */
  #signed(message: MmtMessage, bytes: Uint8Array, where: string, timeUs: number): void {
    const { message: content, signature, signed } = this.#unpacked(message.body, timeUs, parseSignedAtsc3)
    const name = `${message.name}${where} ${content.contentName}`
    this.#count(message.name, message.version, timeUs)
    const about = `${name}/${content.uri}`
    const same = contentKey(bytes)
    let known = this.#verdicts.get(about)
    if (known?.content !== same) {
      if (!this.#budget.take(SIGNED_COST, timeUs))
        throw new CodecError('mmtp-storm', 0, 'signed messages change faster than signatures are checked')
      if (this.#verdicts.size >= MAX_SEEN) this.#verdicts.clear()
      const carrier = { kind: 'message', key: this.#signedMessages++ } as const
      const judged: Judged = { content: same, carrier, report: null }
      const later = (report: ReportSignature): void => {
        judged.report = report
        this.#host.signatureLater(judged.carrier, report)
      }
      judged.report = this.#host.verdict(about, signature, signed, later, timeUs)
      this.#verdicts.set(about, judged)
      known = judged
    }
    const { name: type, version } = message
    this.#list({ type, name, version, bytes }, timeUs, known.report, known.carrier)
    this.#atsc3Content(content, timeUs, known.report, known.carrier)
  }

  #mpt(bytes: Uint8Array, packetId: number, where: string, timeUs: number, frame: number): void {
    const faults = new EntryFaults()
    const table = parseMpTable(bytes, faults)
    this.#count('MPT', table.version, timeUs)
    const name =
      table.tableId === MP_TABLE.complete ? `MPT${where}` : `MPT subset ${table.tableId - MP_TABLE.firstSubset}${where}`
    const changed = this.#list({ type: 'MPT', name, version: table.version, bytes }, timeUs)
    if (!changed) return
    this.#host.dropped(name, faults, timeUs, frame)
    this.#host.mpTable(table, packetId, timeUs)
  }

  #atsc3(message: MmtMessage, timeUs: number): void {
    this.#atsc3Content(this.#unpacked(message.body, timeUs, parseAtsc3Body), timeUs, null, null)
  }

  /** Reads a message whose content may be packed. */
  #unpacked<Message extends Atsc3Message | SignedAtsc3Message>(
    body: Uint8Array,
    timeUs: number,
    parse: (body: Uint8Array, maxBytes: number) => Message,
  ): Message {
    let read: Message | null = null
    unpackWithin(this.#work, body, this.#maxUnpacked, timeUs, (packed, maxBytes) => {
      read = parse(packed, maxBytes)
      return 'message' in read ? read.message.content : read.content
    })
    return read as unknown as Message
  }

  #atsc3Content(
    content: Atsc3Message,
    timeUs: number,
    signature: ReportSignature | null,
    carrier: SignallingCarrier | null,
  ): void {
    this.#count(`MA3 ${content.contentName}`, content.contentVersion, timeUs)
    const xml = looksLikeXml(content.content)
    const found = xml ? fragmentType(null, content.content) : 'UNKNOWN'
    const type = found === 'UNKNOWN' ? content.contentName : found
    const name = content.uri === '' ? `${type.toLowerCase()}${xml ? '.xml' : ''}` : content.uri
    const listed = { type, name, version: content.contentVersion, bytes: content.content }
    const changed = this.#list(listed, timeUs, signature, carrier)
    if (changed) this.#host.atsc3(content, timeUs)
  }

  #other(message: MmtMessage, bytes: Uint8Array, where: string, timeUs: number): void {
    this.#count(message.name, message.version, timeUs)
    const { name, version } = message
    this.#list({ type: name, name: `${name}${where}`, version, bytes }, timeUs)
  }

  /** @returns true where it is new */
  #list(
    listed: Pick<SlsFragment, 'type' | 'name' | 'version' | 'bytes'>,
    timeUs: number,
    signature: ReportSignature | null = null,
    carrier: SignallingCarrier | null = null,
  ): boolean {
    const { type, name, bytes } = listed
    const key = `${type}/${name}`
    const content = contentKey(bytes)
    const changed = this.#seen.get(key) !== content
    if (changed) {
      readWithin(this.#work, bytes, timeUs)
      if (this.#seen.size >= MAX_SEEN) this.#seen.clear()
      this.#seen.set(key, content)
    }
    const fragment = { ...listed, ...defined({ carrier: carrier ?? undefined }), signature }
    this.#host.fragment(fragment, changed, timeUs)
    return changed
  }

  #count(name: string, version: number, timeUs: number): void {
    let kind = this.kinds.find((each) => each.name === name)
    if (kind === undefined) {
      if (this.kinds.length >= MAX_KINDS) return
      kind = new MessageKind(name)
      this.kinds.push(kind)
    }
    kind.count++
    kind.version = version
    kind.lastTimeUs = timeUs
  }
}
