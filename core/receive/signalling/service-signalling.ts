import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ReportSignature } from '../../contract/report.ts'
import { channelWord } from '../../flow/carriers.ts'
import { type Fault, type FindingFacts, findingAt, placeAt } from '../../flow/findings.ts'
import { ReadOnce } from '../../flow/read-once.ts'
import { contentEncodingOf, decodeContent, isKnownEncoding } from '../../protocol/content-encoding.ts'
import { gunzipLimited, looksGzip } from '../../protocol/gzip.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { isMultipart, type MimePart, parseMultipart } from '../../protocol/mime/multipart.ts'
import { decodeTransfer } from '../../protocol/mime/transfer-encoding.ts'
import { type EnvelopeItem, parseEnvelope } from '../../protocol/sls/envelope.ts'
import { type FragmentType, fragmentType } from '../../protocol/sls/fragment-type.ts'
import { parseStsid, type Stsid } from '../../protocol/sls/s-tsid.ts'
import { parseUsbd } from '../../protocol/sls/usbd.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import type { FileContext, TableContext } from '../context/contexts.ts'
import { droppedEntries } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { contentKey } from '../object/content-hash.ts'
import { PassedOver } from '../object/passed-over.ts'
import { unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { WorkBudget } from '../object/work-budget.ts'
import { lackFault } from './manifest-lacks.ts'
import { type MpdFacts, readHlsCodecs, readMpdFacts } from './mpd-facts.ts'
import { unwrapSigned } from './signed-package.ts'

/** Bound on the fragments of one service. */
const MAX_FRAGMENTS = 256
/** Stored characters of a fragment's name. */
const MAX_NAME = 1024
/** Cost of reading besides the bytes themselves: 4096 objects at once, then 1024 a second. */
const OBJECT_COST = 4 << 10
const FRAGMENT_COST = 1 << 10
const BUDGET = 16 << 20
const BUDGET_PER_SECOND = 4 << 20

/** What a fragment says, read once for all who want to know of it, and the entries of it that cannot be used. */
type Reading = {
  readonly faults: EntryFaults
  readonly mpd: () => MpdFacts
  readonly document: ReadOnce
}

type Fragment = {
  type: FragmentType
  name: string
  version: number | null
  contentType: string | null
  body: Uint8Array
}

/** Uses a service's signalling. */
export interface SignallingHost {
  applyStsid(stsid: Stsid, timeUs: number): void
  applyMpd(facts: MpdFacts): void
}

/**
 * The SLS of one service (TSI 0, A/331 §7.1): packages in any form found on air, or single fragments. An unreadable
 * fragment is an alarm; the others of its package count, and so does the last good one of its kind.
 */
export class ServiceSignalling {
  readonly #context: TableContext & FileContext
  readonly #service: ReceivedService
  readonly #host: SignallingHost
  readonly #seen = new Map<string, number>()
  readonly #budget: WorkBudget
  readonly #passed = new PassedOver()

  constructor(context: TableContext & FileContext, service: ReceivedService, host: SignallingHost) {
    this.#context = context
    this.#service = service
    this.#host = host
    this.#budget = new WorkBudget(BUDGET, BUDGET_PER_SECOND, context.work)
  }

  /** Reads one whole SLS object. */
  object(object: TransportObject, timeUs: number): void {
    const transported = object.bytes(0, object.length)
    this.#passed.arrived(timeUs)
    if (!this.#budget.take(OBJECT_COST + transported.length, timeUs) || !this.#context.work.takePackage()) {
      this.#storm(object, timeUs)
      return
    }
    let bytes = transported
    if (looksGzip(transported)) {
      try {
        bytes = unpackWithin(this.#context.work, transported, mostUnpacked(this.#context), timeUs, gunzipLimited)
      } catch (thrown) {
        this.#unreadable(thrown, (fault) => ({ kind: 'slsUnreadable', part: 'object', fault }), object, timeUs)
        return
      }
    }
    let fragments: Fragment[]
    let signature: ReportSignature | null
    try {
      const { carrier } = object
      const unwrapped = unwrapSigned(this.#context, `sls/${this.#service.id}`, bytes, timeUs, (later) => {
        this.#context.observer.slsSignature(this.#service.id, carrier, later)
        this.#judge(later, object, timeUs)
      })
      signature = unwrapped.signature
      bytes = unwrapped.bytes
      checkTags(bytes)
      fragments = this.#split(bytes, object)
    } catch (thrown) {
      this.#unreadable(thrown, (fault) => ({ kind: 'slsUnreadable', part: 'package', fault }), object, timeUs)
      return
    }
    this.#budget.add(bytes.length + fragments.length * FRAGMENT_COST)
    this.#versions(fragments, object, timeUs)
    if (signature !== null) this.#judge(signature, object, timeUs)
    if (isMultipart(bytes)) {
      const types = new Set<string>(fragments.map((each) => each.type))
      this.#found(
        { kind: 'packageTypes', types, gzip: bytes !== transported && looksGzip(transported) },
        object,
        timeUs,
      )
    }
    for (const fragment of fragments) this.#fragment(fragment, signature, object, timeUs)
    this.#context.observer.serviceChanged(this.#service)
  }

  /** New packages arrive faster than any station changes them: they are not read for now. */
  #storm(object: TransportObject, timeUs: number): void {
    this.#passed.count++
    this.#found({ kind: 'limit', hit: { limit: 'sls-objects', passed: this.#passed } }, object, timeUs)
  }

  #judge(signature: ReportSignature, object: TransportObject, timeUs: number): void {
    const { verdict, text } = signature
    const signed = { of: 'sls-package' } as const
    this.#found({ kind: 'signatureChecked', signed, verdict, text }, object, timeUs)
  }

  /** Reads the versions of fragments from the envelope, and their types where the parts have none. */
  #versions(fragments: readonly Fragment[], object: TransportObject, timeUs: number): void {
    for (const envelope of fragments) {
      if (envelope.type !== 'ENVELOPE') continue
      try {
        const faults = new EntryFaults()
        const items = parseEnvelope(envelope.body, faults).items
        this.#entries(envelope, faults, object, timeUs)
        const byUri = new Map(items.map((item) => [item.uri, item]).reverse() as [string, EnvelopeItem][])
        let next = 0
        for (const fragment of fragments) {
          if (fragment.type === 'ENVELOPE') continue
          const item = byUri.get(fragment.name) ?? items[next]
          next++
          if (item === undefined) continue
          if (fragment.name === '') fragment.name = item.uri.slice(0, MAX_NAME)
          fragment.version = item.version
          fragment.contentType ??= item.contentType
          if (fragment.type === 'UNKNOWN') fragment.type = fragmentType(item.contentType, fragment.body)
        }
      } catch (thrown) {
        const { type, name } = envelope
        this.#unreadable(thrown, (fault) => ({ kind: 'fragmentUnreadable', type, name, fault }), object, timeUs)
      }
    }
  }

  #fragment(fragment: Fragment, signature: ReportSignature | null, object: TransportObject, timeUs: number): void {
    if (fragment.name === '') fragment.name = DEFAULT_NAMES[fragment.type] ?? `toi-${object.toi}`
    const id = `${fragment.type}/${fragment.name}`
    const content = contentKey(fragment.body)
    const unchanged = this.#seen.get(id) === content
    // The object may have waited for an owner of its session: its arrival counts.
    const cameUs = object.lastTimeUs
    const { carrier } = object
    if (unchanged) this.#context.observer.slsUnchanged(this.#service.id, id, carrier, cameUs)
    if (unchanged && !this.#context.spec.keepRepeats) return
    if (this.#seen.size >= MAX_FRAGMENTS) this.#seen.clear()
    this.#seen.set(id, content)
    const faults = new EntryFaults()
    let read: MpdFacts | null = null
    // It may be long: it is parsed once for all who want to know of it.
    const mpd = (): MpdFacts => {
      read ??= readMpdFacts(fragment.body, faults)
      return read
    }
    const document = new ReadOnce(fragment.body, parseStsid, () => parseStsid(fragment.body, faults))
    if (!unchanged) {
      const { type, name, version, body } = fragment
      this.#context.observer.slsFragment(
        this.#service.id,
        {
          ...{ type, name, version, bytes: body, carrier, signature },
          ...(type === 'MPD' ? { mpd } : {}),
          ...(type === 'S-TSID' ? { document } : {}),
        },
        cameUs,
      )
    }
    try {
      this.#apply(fragment, { faults, mpd, document }, object, timeUs)
    } catch (thrown) {
      const { type, name } = fragment
      this.#unreadable(thrown, (fault) => ({ kind: 'fragmentUnreadable', type, name, fault }), object, timeUs)
    }
  }

  #apply(fragment: Fragment, { faults, mpd, document }: Reading, object: TransportObject, timeUs: number): void {
    const service = this.#service
    if (fragment.type === 'USBD') {
      const usbd = parseUsbd(fragment.body, faults)
      this.#entries(fragment, faults, object, timeUs)
      service.signalled = true
      if (!service.namedBySlt) service.name = usbd.names[0]?.text || service.name
    } else if (fragment.type === 'S-TSID') {
      const stsid = document.by(parseStsid)
      service.signalled = true
      this.#entries(fragment, faults, object, timeUs)
      this.#host.applyStsid(stsid, timeUs)
    } else if (fragment.type === 'MPD') {
      const facts = mpd()
      this.#entries(fragment, faults, object, timeUs)
      service.signalled = true
      // An MMT service is played from its MPUs; files of ROUTE are additional.
      if (service.protocol !== 'mmtp') service.manifest = { kind: 'dash', name: fragment.name, codecs: facts.codecs }
      this.#host.applyMpd(facts)
      this.#manifest(fragment, object)
      // Its parts are known all the same.
      if (facts.lack !== null) throw lackFault(facts.lack)
    } else if (fragment.type === 'HLS') {
      service.signalled = true
      const codecs = readHlsCodecs(fragment.body)
      if (service.protocol !== 'mmtp') service.manifest = { kind: 'hls', name: fragment.name, codecs }
      this.#manifest(fragment, object)
    }
  }

  #entries({ type, name }: Fragment, faults: EntryFaults, object: TransportObject, timeUs: number): void {
    const dropped = droppedEntries(name === '' ? type : `${type} ${name}`, faults)
    if (dropped !== null) this.#found(dropped, object, timeUs)
  }

  #manifest(fragment: Fragment, object: TransportObject): void {
    this.#context.file({
      serviceId: this.#service.id,
      name: fragment.name,
      contentType: fragment.contentType === null ? null : bareMediaType(fragment.contentType),
      kind: 'manifest',
      lease: object.leaseOf(fragment.body),
      objectIndex: object.index,
      carrier: object.carrier,
      lane: channelWord(object.carrier),
      representation: null,
      complete: true,
      missing: [],
      firstTimeUs: object.firstTimeUs,
      lastTimeUs: object.lastTimeUs,
    })
  }

  /** @throws CodecError `multipart-…` */
  #split(bytes: Uint8Array, object: TransportObject): Fragment[] {
    if (isMultipart(bytes)) {
      let left = mostUnpacked(this.#context)
      return parseMultipart(bytes).parts.flatMap((part) => {
        const body = this.#bodyOf(part, left, object)
        if (body === null) return []
        left -= body.length
        return [
          {
            type: fragmentType(part.contentType, body),
            name: (part.contentLocation ?? '').slice(0, MAX_NAME),
            version: null,
            contentType: part.contentType || null,
            body,
          },
        ]
      })
    }
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === 0) end--
    const body = bytes.subarray(0, end)
    const type = fragmentType(object.contentType, body)
    return [{ type, name: object.name ?? '', version: null, contentType: object.contentType, body }]
  }

  /** The body of a part without its encodings; null, with a finding, where it cannot be unpacked to at most `most` bytes. */
  #bodyOf({ headers, contentLocation, body }: MimePart, most: number, object: TransportObject): Uint8Array | null {
    const { lastTimeUs } = object
    const sent = decodeTransfer(body, headers['content-transfer-encoding'] ?? null)
    const encoding = contentEncodingOf(headers['content-encoding'])
    if (encoding === null) return sent
    if (!isKnownEncoding(encoding)) {
      this.#found({ kind: 'encodingUnknown', name: contentLocation ?? '', encoding }, object, lastTimeUs)
      return sent
    }
    try {
      return unpackWithin(this.#context.work, sent, most, lastTimeUs, (packed, left) =>
        decodeContent(packed, encoding, left),
      )
    } catch (thrown) {
      this.#unreadable(thrown, (fault) => ({ kind: 'slsUnreadable', part: 'package', fault }), object, lastTimeUs)
      return null
    }
  }

  #unreadable(thrown: unknown, facts: (fault: Fault) => FindingFacts, object: TransportObject, timeUs: number): void {
    if (!(thrown instanceof CodecError)) throw thrown
    this.#found(facts(thrown), object, timeUs)
  }

  #found(facts: FindingFacts, object: TransportObject, timeUs: number): void {
    const { carrier, index, frame, destination } = object
    const place = placeAt(timeUs, frame, { service: this.#service.id, carrier, object: index, destination })
    this.#context.found(findingAt(facts, place))
  }
}

/** Bounds the elements of all fragments together, which are read in one piece. @throws CodecError `sls-too-many` */
function checkTags(bytes: Uint8Array): void {
  let left = 2 * SLS_LIMITS.xml.maxElements
  for (let at = bytes.indexOf(TAG); at >= 0; at = bytes.indexOf(TAG, at + 1)) {
    if (--left < 0) throw new CodecError('sls-too-many', at, `more than ${2 * SLS_LIMITS.xml.maxElements} tags`)
  }
}

/** What an SLS object may unpack to. */
function mostUnpacked({ limits }: Pick<TableContext, 'limits'>): number {
  return Math.min(limits.unpackedBytes, SLS_LIMITS.unpackedBytes)
}

const TAG = 0x3c
const DEFAULT_NAMES: Partial<Record<FragmentType, string>> = {
  MPD: 'manifest.mpd',
  HLS: 'manifest.m3u8',
  'S-TSID': 'stsid.xml',
  USBD: 'usbd.xml',
  ENVELOPE: 'envelope.xml',
}
