import { CodecError } from '../../bytes/codec-error.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, boolAttr, child, childrenOf, otherAttributes, requiredUint, uintAttr } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { type Fdt, readFdt } from '../flute/fdt.ts'

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

/** `RepairFlow`, as written: attributes of itself and all below, under element paths such as `FECParameters/ProtectedObject`. */
export type RepairFlow = {
  readonly elements: readonly {
    readonly path: string
    readonly attributes: readonly XmlAttribute[]
    readonly text: string
  }[]
  /** TSIs of the source flows it protects. */
  readonly protectedTsis: readonly number[]
}

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
  const elements: { path: string; attributes: readonly XmlAttribute[]; text: string }[] = []
  const protectedTsis: number[] = []
  const walk = (element: XmlElement, path: string): void => {
    elements.push({ path, attributes: element.attributes, text: element.text })
    if (element.local === 'ProtectedObject') {
      const tsi = uintAttr(element, 'tsi')
      if (tsi !== null) protectedTsis.push(tsi)
    }
    for (const each of element.children) walk(each, path === '' ? each.local : `${path}/${each.local}`)
  }
  walk(flow, '')
  return { elements, protectedTsis }
}
