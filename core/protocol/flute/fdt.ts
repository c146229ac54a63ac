import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { Toi } from '../../contract/ids.ts'
import { xmlRootName } from '../../xml/root-name.ts'
import {
  attr,
  boolAttr,
  child,
  childrenOf,
  descendants,
  otherAttributes,
  requiredAttr,
  uintAttr,
  type XmlAttribute,
  type XmlElement,
  XmlError,
} from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { gunzipIfGzip, gunzipLimited, looksGzip, MAX_SIGNALLING_BYTES } from '../gzip.ts'
import { readToi } from '../lct/wide-toi.ts'
import { FILE_TABLE_LIMITS } from '../table-limits.ts'

/**
 * A file delivery table in any form: FDT-Instance of FLUTE (RFC 6726 §3.4.2, RFC 3926), EFDT of ROUTE (A/331 A.3.3.2) with its
 * `afdt:` attributes, or the Korean EFDT with elements instead. Names are compared by local name.
 */
export type Fdt = {
  /** efdtVersion, or EFDT@version in the Korean form. */
  readonly version: number | null
  /** Expires in NTP seconds (since 1900); 4294944000 and above mean never. */
  readonly instanceExpiresNtp: number | null
  /** Template for names of unlisted files: see `applyFileTemplate`. */
  readonly fileTemplate: string | null
  /** Upper bound of object sizes, bytes. */
  readonly maxTransportSize: number | null
  /** Seconds an object stays valid after its first packet. */
  readonly maxExpiresDelta: number | null
  /** Defaults for the files. */
  readonly contentType: string | null
  readonly contentEncoding: string | null
  readonly fecOti: FdtFecOti | null
  /** No further files will be described. */
  readonly complete: boolean
  /** The instance lists all files (RFC 3926). */
  readonly fullFdt: boolean
  readonly files: readonly FdtFile[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** One File element, with the attributes it inherits from the instance. */
export type FdtFile = {
  readonly toi: Toi
  readonly contentLocation: string
  /** Bytes after decoding; on air it may equal the transfer length although the file is gzip-compressed. */
  readonly contentLength: number | null
  /** Bytes as transported. */
  readonly transferLength: number | null
  readonly contentType: string | null
  readonly contentEncoding: string | null
  /** Base64 of the MD5 of the content. */
  readonly contentMd5: string | null
  /** HTTP locations of the file, in the order to try (A/331 A.3.3.2.4, TS 26.346 §7.2.10.5). */
  readonly alternateLocations: readonly AlternateLocation[]
  readonly fecOti: FdtFecOti | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `Alternate-Content-Location-1` or `-2` of a file, resolved against its `Base-URL` where the table has one. */
export type AlternateLocation = {
  readonly url: string
  /** Availability-Time as written: the file is available there until then. */
  readonly availableUntil: string | null
}

/** FEC Object Transmission Information as FDT attributes (RFC 6726 §5); null where absent. */
export type FdtFecOti = {
  readonly encodingId: number | null
  readonly instanceId: number | null
  readonly maxSourceBlockLength: number | null
  readonly encodingSymbolLength: number | null
  readonly maxEncodingSymbols: number | null
  /** Base64. */
  readonly schemeSpecificInfo: string | null
}

/** An empty table, which a sender spreads and completes. */
export const FDT_DEFAULTS: Fdt = {
  version: null,
  instanceExpiresNtp: null,
  fileTemplate: null,
  maxTransportSize: null,
  maxExpiresDelta: null,
  contentType: null,
  contentEncoding: null,
  fecOti: null,
  complete: false,
  fullFdt: false,
  files: [],
  otherAttributes: [],
}

/** All fields of a file except TOI and name. */
export const FDT_FILE_DEFAULTS: Omit<FdtFile, 'toi' | 'contentLocation'> = {
  contentLength: null,
  transferLength: null,
  contentType: null,
  contentEncoding: null,
  contentMd5: null,
  alternateLocations: [],
  fecOti: null,
  otherAttributes: [],
}

const FDT_ATTRIBUTES = new Set([
  'efdtVersion',
  'version',
  'Expires',
  'fileTemplate',
  'maxTransportSize',
  'maxExpiresDelta',
  'Content-Type',
  'Content-Encoding',
  'Complete',
  'FullFDT',
  'FEC-OTI-FEC-Encoding-ID',
  'FEC-OTI-FEC-Instance-ID',
  'FEC-OTI-Maximum-Source-Block-Length',
  'FEC-OTI-Encoding-Symbol-Length',
  'FEC-OTI-Max-Number-of-Encoding-Symbols',
  'FEC-OTI-Scheme-Specific-Info',
])
const FILE_ATTRIBUTES = new Set([
  'TOI',
  'Content-Location',
  'Content-Length',
  'Transfer-Length',
  'Content-Type',
  'Content-Encoding',
  'Content-MD5',
  'FEC-OTI-FEC-Encoding-ID',
  'FEC-OTI-FEC-Instance-ID',
  'FEC-OTI-Maximum-Source-Block-Length',
  'FEC-OTI-Encoding-Symbol-Length',
  'FEC-OTI-Max-Number-of-Encoding-Symbols',
  'FEC-OTI-Scheme-Specific-Info',
])

/**
 * Parses an FDT or EFDT object (TOI 0), gzip-compressed or not.
 * @throws CodecError `fdt-root` for another document; `xml-…` and `gzip-…` as their parsers
 */
export function parseFdt(bytes: Uint8Array, faults = new EntryFaults()): Fdt {
  const root = parseXml(gunzipIfGzip(bytes, FILE_TABLE_LIMITS.unpackedBytes), FILE_TABLE_LIMITS.xml, faults)
  if (!isFdtRoot(root.local)) {
    throw new CodecError('fdt-root', root.offset, `expected EFDT or FDT-Instance, got ${root.local}`)
  }
  return readFdt(root, faults)
}

/**
 * True where an object is a file delivery table: XML, gzip-compressed or not, with one of the root names. For TOI 0 of channels
 * without an EFDT in the S-TSID; elsewhere TOI 0 may be a segment.
 */
export function looksLikeFdt(bytes: Uint8Array): boolean {
  let text = bytes
  if (looksGzip(bytes)) {
    try {
      text = gunzipLimited(bytes, MAX_SIGNALLING_BYTES)
    } catch {
      return false
    }
  }
  return isFdtRoot(xmlRootName(text))
}

function isFdtRoot(local: string | null): boolean {
  return local === 'EFDT' || local === 'FDT-Instance' || local === 'FDTInstance'
}

/** Reads an `EFDT` or `FDT-Instance` element, alone or inside an S-TSID. Files without a usable TOI are left out. */
export function readFdt(element: XmlElement, faults = new EntryFaults()): Fdt {
  const instance =
    element.local === 'EFDT'
      ? (child(element, 'FDT-Instance') ?? child(element, 'FDTInstance') ?? child(element, 'FDTParameters'))
      : element
  const either = (name: string): string | null =>
    (instance === null ? null : attr(instance, name)) ?? attr(element, name)
  const number = (name: string): number | null =>
    (instance === null ? null : uintAttr(instance, name)) ?? uintAttr(element, name)
  const templates = descendants(element, 'FileTemplate')
  const bases = ['Base-URL-1', 'Base-URL-2'].map((name) => baseUrls(element, name))
  const names = new Map<Toi, string>()
  const files = faults.each('File', descendants(element, 'File'), (element) => {
    const file = readFile(element, bases)
    const before = names.get(file.toi)
    if (before !== undefined && before !== file.contentLocation)
      throw new CodecError('fdt-toi', element.offset, `TOI ${attr(element, 'TOI')} has the name ${before} already`)
    names.set(file.toi, file.contentLocation)
    return file
  })
  const others = otherAttributes(element, FDT_ATTRIBUTES)
  return {
    version: number('efdtVersion') ?? uintAttr(element, 'version'),
    instanceExpiresNtp: number('Expires'),
    fileTemplate: either('fileTemplate') ?? (templates[0] === undefined ? null : templates[0].text),
    maxTransportSize: number('maxTransportSize'),
    maxExpiresDelta: number('maxExpiresDelta'),
    contentType: either('Content-Type'),
    contentEncoding: either('Content-Encoding'),
    fecOti: readFecOti(instance ?? element),
    complete: boolAttr(instance ?? element, 'Complete', false),
    fullFdt: boolAttr(instance ?? element, 'FullFDT', false),
    files,
    otherAttributes:
      instance === null || instance === element ? others : [...others, ...otherAttributes(instance, FDT_ATTRIBUTES)],
  }
}

function readFile(file: XmlElement, bases: readonly (readonly string[])[]): FdtFile {
  return {
    toi: requiredToi(file),
    contentLocation: attr(file, 'Content-Location') ?? '',
    contentLength: uintAttr(file, 'Content-Length'),
    transferLength: uintAttr(file, 'Transfer-Length'),
    contentType: attr(file, 'Content-Type'),
    contentEncoding: attr(file, 'Content-Encoding'),
    contentMd5: attr(file, 'Content-MD5'),
    alternateLocations: readLocations(file, bases),
    fecOti: readFecOti(file),
    otherAttributes: otherAttributes(file, FILE_ATTRIBUTES),
  }
}

/** @throws XmlError `xml-attribute` */
function requiredToi(file: XmlElement): Toi {
  const text = requiredAttr(file, 'TOI').trim()
  const read = readToi(text.replace(/^\+/, ''))
  if (read !== null) return read.toi
  throw new XmlError('xml-attribute', file, `File@TOI is "${text.slice(0, 40)}", not a number below 2^112`)
}

/** Alternative locations kept per file. */
const MAX_LOCATIONS = 8

function baseUrls(element: XmlElement, name: string): string[] {
  return descendants(element, name)
    .slice(0, MAX_LOCATIONS)
    .map((base) => base.text)
}

/** All of group 1 before group 2; a relative one is resolved on each base of its group, or kept where there is none. */
function readLocations(file: XmlElement, bases: readonly (readonly string[])[]): readonly AlternateLocation[] {
  if (file.children.length === 0) return NO_LOCATIONS
  const locations: AlternateLocation[] = []
  for (const [group, groupBases] of bases.entries()) {
    for (const element of childrenOf(file, `Alternate-Content-Location-${group + 1}`)) {
      const availableUntil = attr(element, 'Availability-Time')
      const relative = !/^[a-z][a-z0-9+.-]*:/i.test(element.text)
      for (const base of relative && groupBases.length > 0 ? groupBases : ['']) {
        const url = base === '' ? element.text : resolved(element.text, base)
        if (url !== null && url !== '' && locations.length < MAX_LOCATIONS) locations.push({ url, availableUntil })
      }
    }
  }
  return locations
}

const NO_LOCATIONS: readonly AlternateLocation[] = []

function resolved(location: string, base: string): string | null {
  try {
    return new URL(location, base).href
  } catch {
    return null
  }
}

function readFecOti(element: XmlElement): FdtFecOti | null {
  if (!element.attributes.some((attribute) => attribute.local.startsWith('FEC-OTI-'))) return null
  return {
    encodingId: uintAttr(element, 'FEC-OTI-FEC-Encoding-ID'),
    instanceId: uintAttr(element, 'FEC-OTI-FEC-Instance-ID'),
    maxSourceBlockLength: uintAttr(element, 'FEC-OTI-Maximum-Source-Block-Length'),
    encodingSymbolLength: uintAttr(element, 'FEC-OTI-Encoding-Symbol-Length'),
    maxEncodingSymbols: uintAttr(element, 'FEC-OTI-Max-Number-of-Encoding-Symbols'),
    schemeSpecificInfo: attr(element, 'FEC-OTI-Scheme-Specific-Info'),
  }
}
