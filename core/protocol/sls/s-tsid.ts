import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { asTsi, type Tsi } from '../../contract/ids.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import {
  attr,
  boolAttr,
  child,
  childrenOf,
  descendants,
  optionalUint,
  otherAttributes,
  readChildren,
  requiredUint,
  uintAttr,
} from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { keptAttributes, type XmlTree, XmlWriter, xmlTreeOf } from '../../xml/xml-writer.ts'
import { type Fdt, readFdt } from '../flute/fdt.ts'
import { AFDT_NAMESPACE, FDT_NAMESPACE, writeEfdt } from '../flute/fdt-writer.ts'
import { STSID_LIMITS } from '../table-limits.ts'

/** Service-based Transport Session Instance Description: the content of each LCT channel. A/331 §7.1.4, RFC 9223 §3. */
export type Stsid = {
  readonly sessions: readonly StsidSession[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `RS`: one ROUTE session. A null field has the value of the session that carries the S-TSID. */
export type StsidSession = {
  readonly sourceAddress: string | null
  readonly destinationAddress: string | null
  readonly destinationPort: number | null
  readonly channels: readonly StsidChannel[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `LS`: one LCT channel. */
export type StsidChannel = {
  readonly tsi: Tsi
  /** Maximum, kbit/s. */
  readonly bandwidthKbps: number | null
  /** xs:dateTime as written. A past time does not mean off air: recordings are replayed. */
  readonly startTime: string | null
  readonly endTime: string | null
  readonly source: SourceFlow | null
  readonly repair: RepairFlow | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `SrcFlow`. */
export type SourceFlow = {
  /** Real-time media. */
  readonly realTime: boolean
  /** minBuffSize, kilobytes. */
  readonly minBufferKb: number | null
  /** Null: the table is TOI 0 of the channel, or objects have headers of their own. */
  readonly efdt: Fdt | null
  readonly media: readonly StsidMedia[]
  /** `ContentInfo/AEAMedia/AEAId`: alerts whose media this flow carries. */
  readonly aeaIds: readonly string[]
  readonly payloads: readonly StsidPayload[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `ContentInfo/MediaInfo`. */
export type StsidMedia = {
  readonly repId: string
  /** audio, video, subtitles, or the sender's own word. */
  readonly contentType: string | null
  readonly lang: string | null
  readonly startup: boolean
  /** One at most in 2017, any number in 2019; the scheme defaults to `tag:atsc.org,2016:carating:1`. */
  readonly ratings: readonly { readonly scheme: string; readonly value: string | null }[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `Payload`: meaning of a codepoint in this channel. A/331 A.3.3.3. */
export type StsidPayload = {
  readonly codepoint: number
  /** 1 file, 2 entity, 3 unsigned package, 4 signed package. */
  readonly formatId: number
  /** 0 arbitrary cuts, 1 at samples, 2 at boxes. */
  readonly fragmentation: number
  readonly inOrder: boolean
  /** 0: a 32-bit start_offset follows the header. */
  readonly sourceFecPayloadId: number
  /** hexBinary, as written: FEC OTI of the source flow. */
  readonly fecParams: string | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `RepairFlow`, A/331 A.4, RFC 9223 §2.3; also kept as written. */
export type RepairFlow = {
  readonly element: XmlTree
  /** TSIs of the source flows it protects. */
  readonly protectedTsis: readonly number[]
  /** `FECParameters`; null fields are absent. */
  readonly parameters: {
    /** Longest time from a source packet to a repair packet for it, ms. */
    readonly maximumDelayMs: number | null
    readonly overheadPercent: number | null
    /** Buffer for all objects of a super-object; the standard gives no unit, examples suggest bytes. */
    readonly minBufferSize: number | null
    /** hexBinary, as written: RFC 6330 common FEC OTI (8 bytes) and scheme specific (4). */
    readonly fecOti: string | null
    readonly otherAttributes: readonly XmlAttribute[]
  }
  readonly protectedObjects: readonly StsidProtectedObject[]
}

/** `ProtectedObject`: one source flow's part of the super-objects. */
export type StsidProtectedObject = {
  /** Null where this required attribute is absent. */
  readonly tsi: Tsi | null
  /** Another S-TSID or session that has the source flow. */
  readonly sessionDescription: string | null
  /** Source TOI = x * repair TOI + y; null for any other expression. */
  readonly sourceToi: { readonly x: number; readonly y: number } | null
  /** In symbols, with padding and size field. */
  readonly fecTransportObjectSize: number | null
  readonly otherAttributes: readonly XmlAttribute[]
}

const STSID_NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/'

const STSID = new Set<string>()
const RS = new Set(['sIpAddr', 'dIpAddr', 'dPort', 'dport'])
const LS = new Set(['tsi', 'bw', 'startTime', 'endTime'])
const SRC_FLOW = new Set(['rt', 'minBuffSize'])
const MEDIA = new Set(['repId', 'contentType', 'lang', 'startup'])
const PAYLOAD = new Set(['codePoint', 'formatId', 'frag', 'order', 'srcFecPayloadId', 'fecParams'])
const FEC_PARAMETERS = new Set(['maximumDelay', 'overhead', 'minBuffSize', 'fecOTI'])
const PROTECTED_OBJECT = new Set(['tsi', 'sessionDescription', 'sourceTOI', 'fecTransportObjectSize'])
const RATING_SCHEME = 'tag:atsc.org,2016:carating:1'

/**
 * Parses an S-TSID fragment. A channel without a usable TSI is left out, and so is a session with an unusable port.
 * @throws CodecError `stsid-root` | `xml-…`
 */
export function parseStsid(bytes: Uint8Array | string, faults = new EntryFaults()): Stsid {
  return readStsid(parseXml(bytes, STSID_LIMITS.xml, faults), faults)
}

/** As `parseStsid`, from a parsed document. @throws CodecError as `parseStsid` */
export function readStsid(root: XmlElement, faults = new EntryFaults()): Stsid {
  if (root.local !== 'S-TSID') throw new CodecError('stsid-root', root.offset, `expected S-TSID, got ${root.local}`)
  return {
    sessions: readChildren(root, 'RS', faults, (rs) => readSession(rs, faults)),
    otherAttributes: otherAttributes(root, STSID),
  }
}

function readSession(rs: XmlElement, faults: EntryFaults): StsidSession {
  return {
    sourceAddress: attr(rs, 'sIpAddr'),
    destinationAddress: attr(rs, 'dIpAddr'),
    destinationPort: optionalUint(rs, 'dPort', 65535) ?? optionalUint(rs, 'dport', 65535),
    channels: readChildren(rs, 'LS', faults, (ls) => readChannel(ls, faults)),
    otherAttributes: otherAttributes(rs, RS),
  }
}

function readChannel(ls: XmlElement, faults: EntryFaults): StsidChannel {
  const source = child(ls, 'SrcFlow')
  // RprFlow is the name in RFC 9223 drafts and older senders.
  const repair = child(ls, 'RepairFlow') ?? child(ls, 'RprFlow')
  return {
    tsi: asTsi(requiredUint(ls, 'tsi', 0xffff_ffff_ffff)),
    bandwidthKbps: uintAttr(ls, 'bw'),
    startTime: attr(ls, 'startTime'),
    endTime: attr(ls, 'endTime'),
    source: source === null ? null : readSource(source, faults),
    repair: repair === null ? null : readRepair(repair),
    otherAttributes: otherAttributes(ls, LS),
  }
}

function readSource(flow: XmlElement, faults: EntryFaults): SourceFlow {
  // Some senders omit the EFDT wrapper.
  const efdt = child(flow, 'EFDT') ?? child(flow, 'FDT-Instance')
  return {
    realTime: boolAttr(flow, 'rt', false),
    minBufferKb: uintAttr(flow, 'minBuffSize'),
    efdt: efdt === null ? null : readFdt(efdt, faults),
    media: childrenOf(flow, 'ContentInfo').flatMap((info) => childrenOf(info, 'MediaInfo').map(readMedia)),
    aeaIds: childrenOf(flow, 'ContentInfo').flatMap((info) =>
      childrenOf(info, 'AEAMedia').flatMap((media) => childrenOf(media, 'AEAId').map((id) => id.text)),
    ),
    payloads: readChildren(flow, 'Payload', faults, readPayload),
    otherAttributes: otherAttributes(flow, SRC_FLOW),
  }
}

function readMedia(media: XmlElement): StsidMedia {
  return {
    repId: attr(media, 'repId') ?? '',
    contentType: attr(media, 'contentType'),
    lang: attr(media, 'lang'),
    startup: boolAttr(media, 'startup', false),
    ratings: childrenOf(media, 'ContentRating').map((rating) => ({
      scheme: attr(rating, 'schemeIdUri') ?? RATING_SCHEME,
      value: attr(rating, 'value'),
    })),
    otherAttributes: otherAttributes(media, MEDIA),
  }
}

function readPayload(payload: XmlElement): StsidPayload {
  return {
    codepoint: optionalUint(payload, 'codePoint', 255) ?? 0,
    formatId: optionalUint(payload, 'formatId', 255) ?? 1,
    fragmentation: uintAttr(payload, 'frag', 255) ?? 0,
    // True by default in the text of A/331, false in its schema; receivers reorder in either case.
    inOrder: boolAttr(payload, 'order', true),
    sourceFecPayloadId: optionalUint(payload, 'srcFecPayloadId', 255) ?? 0,
    fecParams: attr(payload, 'fecParams'),
    otherAttributes: otherAttributes(payload, PAYLOAD),
  }
}

function readRepair(flow: XmlElement): RepairFlow {
  // The text of the standard has FECParameters; drafts have StsidProtectedObject, and attributes on the flow itself.
  const parameters = child(flow, 'FECParameters') ?? flow
  const protectedObjects = descendants(flow, 'ProtectedObject').map(readProtectedObject)
  return {
    element: xmlTreeOf(flow),
    protectedTsis: protectedObjects.flatMap(({ tsi }) => (tsi === null ? [] : [tsi])),
    parameters: {
      maximumDelayMs: uintAttr(parameters, 'maximumDelay'),
      overheadPercent: uintAttr(parameters, 'overhead'),
      minBufferSize: uintAttr(parameters, 'minBuffSize') ?? uintAttr(flow, 'minBuffSize'),
      fecOti: attr(parameters, 'fecOTI') ?? attr(flow, 'fecOTI'),
      otherAttributes: otherAttributes(parameters, FEC_PARAMETERS),
    },
    protectedObjects,
  }
}

function readProtectedObject(object: XmlElement): StsidProtectedObject {
  return {
    tsi: uintAttr(object, 'tsi') as Tsi | null,
    sessionDescription: attr(object, 'sessionDescription'),
    sourceToi: readSourceToi(object),
    fecTransportObjectSize: uintAttr(object, 'fecTransportObjectSize'),
    otherAttributes: otherAttributes(object, PROTECTED_OBJECT),
  }
}

/** A child with x and y as in the text, or an attribute with an expression as in the schema: `20`, `TOI`, `2*TOI+1`. */
function readSourceToi(object: XmlElement): StsidProtectedObject['sourceToi'] {
  const element = child(object, 'SourceTOI') ?? child(object, 'sourceTOI')
  if (element !== null) return { x: uintAttr(element, 'x') ?? 1, y: uintAttr(element, 'y') ?? 0 }
  const written = attr(object, 'sourceTOI')
  if (written === null) return { x: 1, y: 0 }
  let x = 0
  let y = 0
  for (const term of written
    .slice(0, 100)
    .replace(/[\s()]/g, '')
    .split('+')) {
    const match = /^(?:(\d{1,10})\*)?TOI(?:\*(\d{1,10}))?$/i.exec(term)
    if (match !== null) x += Number(match[1] ?? 1) * Number(match[2] ?? 1)
    else if (/^\d{1,10}$/.test(term)) y += Number(term)
    else return null
  }
  return { x, y }
}

/** `us` as in A/331, `korean` with elements instead of the FDT-Instance's attributes. */
export type StsidFlavour = 'us' | 'korean'

/**
 * The S-TSID as XML, with the prefixes that receivers expect: `FDT-Instance` without one and `fdt:File`, as on air. The Korean
 * flavour cannot carry Expires and maxTransportSize.
 */
export function serialiseStsid(stsid: Stsid, flavour: StsidFlavour): Uint8Array {
  const xml = new XmlWriter()
  xml.open('S-TSID', {
    xmlns: STSID_NAMESPACE,
    'xmlns:afdt': AFDT_NAMESPACE,
    'xmlns:fdt': FDT_NAMESPACE,
    ...keptAttributes(stsid.otherAttributes),
  })
  for (const session of stsid.sessions) {
    xml.open('RS', {
      dIpAddr: session.destinationAddress,
      dPort: session.destinationPort,
      sIpAddr: session.sourceAddress,
      ...keptAttributes(session.otherAttributes),
    })
    for (const channel of session.channels) writeChannel(xml, channel, flavour)
    xml.close()
  }
  return xml.close().toBytes()
}

function writeChannel(xml: XmlWriter, channel: StsidChannel, flavour: StsidFlavour): void {
  xml.open('LS', {
    tsi: channel.tsi,
    bw: channel.bandwidthKbps,
    startTime: channel.startTime,
    endTime: channel.endTime,
    ...keptAttributes(channel.otherAttributes),
  })
  if (channel.source !== null) writeSource(xml, channel.source, flavour)
  if (channel.repair !== null) xml.element(channel.repair.element)
  xml.close()
}

function writeSource(xml: XmlWriter, flow: SourceFlow, flavour: StsidFlavour): void {
  xml.open('SrcFlow', { rt: flow.realTime, minBuffSize: flow.minBufferKb, ...keptAttributes(flow.otherAttributes) })
  if (flow.efdt !== null) writeEfdt(xml, flow.efdt, flavour)
  if (flow.media.length + flow.aeaIds.length > 0) {
    xml.open('ContentInfo')
    for (const media of flow.media) writeMedia(xml, media)
    if (flow.aeaIds.length > 0) {
      xml.open('AEAMedia')
      for (const id of flow.aeaIds) xml.leaf('AEAId', {}, id)
      xml.close()
    }
    xml.close()
  }
  for (const payload of flow.payloads) {
    xml.leaf('Payload', {
      codePoint: payload.codepoint,
      formatId: payload.formatId,
      frag: payload.fragmentation,
      order: payload.inOrder,
      srcFecPayloadId: payload.sourceFecPayloadId,
      fecParams: payload.fecParams,
      ...keptAttributes(payload.otherAttributes),
    })
  }
  xml.close()
}

function writeMedia(xml: XmlWriter, media: StsidMedia): void {
  const { repId, contentType, lang, startup, ratings } = media
  const attributes = {
    repId,
    contentType,
    'xml:lang': lang,
    startup: startup || null,
    ...keptAttributes(media.otherAttributes),
  }
  if (ratings.length === 0) {
    xml.leaf('MediaInfo', attributes)
    return
  }
  xml.open('MediaInfo', attributes)
  for (const { scheme, value } of ratings) xml.leaf('ContentRating', { schemeIdUri: scheme, value })
  xml.close()
}
