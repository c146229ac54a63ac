import { CodecError } from '../../bytes/codec-error.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import {
  attr,
  boolAttr,
  child,
  childrenOf,
  descendants,
  otherAttributes,
  requiredUint,
  uintAttr,
} from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { keptAttributes, type XmlTree, XmlWriter } from '../../xml/xml-writer.ts'
import { type Fdt, readFdt } from '../flute/fdt.ts'
import { AFDT_NAMESPACE, FDT_NAMESPACE, writeEfdt } from '../flute/fdt-writer.ts'

/** Service-based Transport Session Instance Description: which LCT channel carries what. A/331 §7.1.4, RFC 9223 §3. */
export type Stsid = {
  readonly sessions: readonly StsidSession[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `RS`: one ROUTE session. What is null is that of the session the S-TSID came on. */
export type StsidSession = {
  readonly sourceAddress: string | null
  readonly destinationAddress: string | null
  readonly destinationPort: number | null
  readonly channels: readonly StsidChannel[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `LS`: one LCT channel. */
export type StsidChannel = {
  readonly tsi: number
  /** Maximum, kbit/s. */
  readonly bandwidthKbps: number | null
  /** xs:dateTime as written. In the past it does not mean off air: recordings are replayed. */
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
  /** Null: the table comes as TOI 0 of the channel, or objects carry their own headers. */
  readonly efdt: Fdt | null
  readonly media: readonly StsidMedia[]
  readonly payloads: readonly StsidPayload[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `ContentInfo/MediaInfo`. */
export type StsidMedia = {
  readonly repId: string
  /** audio, video, subtitles, or what the sender wrote. */
  readonly contentType: string | null
  readonly lang: string | null
  readonly startup: boolean
}

/** `Payload`: what a codepoint of this channel means. A/331 A.3.3.3. */
export type StsidPayload = {
  readonly codepoint: number
  /** 1 file, 2 entity, 3 unsigned package, 4 signed package. */
  readonly formatId: number
  /** 0 arbitrary cuts, 1 at samples, 2 at boxes. */
  readonly fragmentation: number
  readonly inOrder: boolean
  /** 0: a 32-bit start_offset follows the header. */
  readonly sourceFecPayloadId: number
  /** hexBinary, as written. */
  readonly fecParams: string | null
}

/** `RepairFlow`, kept as written. */
export type RepairFlow = {
  readonly element: XmlTree
  /** TSIs of the source flows it protects. */
  readonly protectedTsis: readonly number[]
}

const STSID_NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/'

const STSID = new Set<string>()
const RS = new Set(['sIpAddr', 'dIpAddr', 'dPort', 'dport'])
const LS = new Set(['tsi', 'bw', 'startTime', 'endTime'])
const SRC_FLOW = new Set(['rt', 'minBuffSize'])

/** Parses an S-TSID fragment. @throws CodecError `stsid-root` | `xml-…` (a channel without a usable TSI is `xml-attribute`) */
export function parseStsid(bytes: Uint8Array | string): Stsid {
  const root = parseXml(bytes)
  if (root.local !== 'S-TSID') throw new CodecError('stsid-root', root.offset, `expected S-TSID, got ${root.local}`)
  return {
    sessions: childrenOf(root, 'RS').map(readSession),
    otherAttributes: otherAttributes(root, STSID),
  }
}

function readSession(rs: XmlElement): StsidSession {
  return {
    sourceAddress: attr(rs, 'sIpAddr'),
    destinationAddress: attr(rs, 'dIpAddr'),
    destinationPort: uintAttr(rs, 'dPort', 65535) ?? uintAttr(rs, 'dport', 65535),
    channels: childrenOf(rs, 'LS').map(readChannel),
    otherAttributes: otherAttributes(rs, RS),
  }
}

function readChannel(ls: XmlElement): StsidChannel {
  const source = child(ls, 'SrcFlow')
  // RprFlow is the name in RFC 9223 drafts and older senders.
  const repair = child(ls, 'RepairFlow') ?? child(ls, 'RprFlow')
  return {
    tsi: requiredUint(ls, 'tsi', 0xffff_ffff_ffff),
    bandwidthKbps: uintAttr(ls, 'bw'),
    startTime: attr(ls, 'startTime'),
    endTime: attr(ls, 'endTime'),
    source: source === null ? null : readSource(source),
    repair: repair === null ? null : readRepair(repair),
    otherAttributes: otherAttributes(ls, LS),
  }
}

function readSource(flow: XmlElement): SourceFlow {
  // Some senders leave the EFDT wrapper out.
  const efdt = child(flow, 'EFDT') ?? child(flow, 'FDT-Instance')
  return {
    realTime: boolAttr(flow, 'rt', false),
    minBufferKb: uintAttr(flow, 'minBuffSize'),
    efdt: efdt === null ? null : readFdt(efdt),
    media: childrenOf(flow, 'ContentInfo').flatMap((info) => childrenOf(info, 'MediaInfo').map(readMedia)),
    payloads: childrenOf(flow, 'Payload').map(readPayload),
    otherAttributes: otherAttributes(flow, SRC_FLOW),
  }
}

function readMedia(media: XmlElement): StsidMedia {
  return {
    repId: attr(media, 'repId') ?? '',
    contentType: attr(media, 'contentType'),
    lang: attr(media, 'lang'),
    startup: boolAttr(media, 'startup', false),
  }
}

function readPayload(payload: XmlElement): StsidPayload {
  return {
    codepoint: uintAttr(payload, 'codePoint', 255) ?? 0,
    formatId: uintAttr(payload, 'formatId', 255) ?? 1,
    fragmentation: uintAttr(payload, 'frag', 255) ?? 0,
    // The text of A/331 says true by default, its schema false; receivers reorder in any case.
    inOrder: boolAttr(payload, 'order', true),
    sourceFecPayloadId: uintAttr(payload, 'srcFecPayloadId', 255) ?? 0,
    fecParams: attr(payload, 'fecParams'),
  }
}

function readRepair(flow: XmlElement): RepairFlow {
  const protectedTsis: number[] = []
  for (const object of descendants(flow, 'ProtectedObject')) {
    const tsi = uintAttr(object, 'tsi')
    if (tsi !== null) protectedTsis.push(tsi)
  }
  return { element: copy(flow), protectedTsis }
}

function copy({ name, attributes, text, children }: XmlElement): XmlTree {
  return { name, attributes, text, children: children.map(copy) }
}

/** `us` as A/331 has it, `korean` with elements in place of the FDT-Instance's attributes. */
export type StsidFlavour = 'us' | 'korean'

/**
 * The S-TSID as XML. Prefixes are those receivers were built on: `FDT-Instance` without one and `fdt:File`, as on air.
 * The Korean flavour has no place for Expires and maxTransportSize.
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
  if (flow.media.length > 0) {
    xml.open('ContentInfo')
    for (const { repId, contentType, lang, startup } of flow.media) {
      xml.leaf('MediaInfo', { repId, contentType, 'xml:lang': lang, startup: startup || null })
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
    })
  }
  xml.close()
}
