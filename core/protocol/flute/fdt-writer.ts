import { keptAttributes, type XmlValue, XmlWriter } from '../../xml/xml-writer.ts'
import type { Fdt, FdtFecOti, FdtFile } from './fdt.ts'

/** RFC 6726 and the EFDT of ROUTE. */
export const FDT_NAMESPACE = 'urn:ietf:params:xml:ns:fdt'
/** A/331 Annex A. */
export const AFDT_NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/ATSC-FDT/1.0/'

/** Prefixes declared by both documents below. */
const DECLARED = ['fdt', 'afdt']

/** A table as a separate object (TOI 0): an FDT-Instance with A/331's attributes. */
export function serialiseFdt(fdt: Fdt): Uint8Array {
  const xml = new XmlWriter()
  xml.open('fdt:FDT-Instance', {
    'xmlns:fdt': FDT_NAMESPACE,
    'xmlns:afdt': AFDT_NAMESPACE,
    ...instanceAttributes(fdt),
  })
  writeFiles(xml, fdt.files)
  return xml.close().toBytes()
}

/** The `EFDT` element of an S-TSID, whose root declares the prefixes `fdt` and `afdt`. */
export function writeEfdt(xml: XmlWriter, fdt: Fdt, flavour: 'us' | 'korean'): void {
  if (flavour === 'korean') {
    xml.open('EFDT', { version: fdt.version, ...keptAttributes(fdt.otherAttributes, DECLARED) })
    if (fdt.fileTemplate !== null) xml.leaf('FileTemplate', {}, fdt.fileTemplate)
    xml.open('FDTParameters', {
      'Content-Type': fdt.contentType,
      'Content-Encoding': fdt.contentEncoding,
      ...otiAttributes(fdt.fecOti),
    })
  } else {
    xml.open('EFDT').open('FDT-Instance', instanceAttributes(fdt))
  }
  writeFiles(xml, fdt.files)
  xml.close().close()
}

const MBMS_2012 = 'urn:3GPP:metadata:2012:FLUTE:FDT'

function instanceAttributes(fdt: Fdt): Record<string, XmlValue> {
  return {
    'afdt:efdtVersion': fdt.version,
    'afdt:fileTemplate': fdt.fileTemplate,
    Expires: fdt.instanceExpiresNtp,
    'afdt:maxTransportSize': fdt.maxTransportSize,
    'afdt:maxExpiresDelta': fdt.maxExpiresDelta,
    Complete: fdt.complete || null,
    FullFDT: fdt.fullFdt || null,
    'Content-Type': fdt.contentType,
    'Content-Encoding': fdt.contentEncoding,
    ...otiAttributes(fdt.fecOti),
    ...keptAttributes(fdt.otherAttributes, DECLARED),
  }
}

function writeFiles(xml: XmlWriter, files: readonly FdtFile[]): void {
  for (const file of files) {
    const attributes = {
      'Content-Location': file.contentLocation,
      TOI: file.toi,
      'Content-Length': file.contentLength,
      'Transfer-Length': file.transferLength,
      'Content-Type': file.contentType,
      'Content-Encoding': file.contentEncoding,
      'Content-MD5': file.contentMd5,
      ...otiAttributes(file.fecOti),
      ...keptAttributes(file.otherAttributes, DECLARED),
    }
    if (file.alternateLocations.length === 0) {
      xml.leaf('fdt:File', attributes)
      continue
    }
    xml.open('fdt:File', attributes)
    for (const { url, availableUntil } of file.alternateLocations) {
      xml.leaf('Alternate-Content-Location-1', { xmlns: MBMS_2012, 'Availability-Time': availableUntil }, url)
    }
    xml.close()
  }
}

function otiAttributes(oti: FdtFecOti | null): Record<string, XmlValue> {
  if (oti === null) return {}
  return {
    'FEC-OTI-FEC-Encoding-ID': oti.encodingId,
    'FEC-OTI-FEC-Instance-ID': oti.instanceId,
    'FEC-OTI-Maximum-Source-Block-Length': oti.maxSourceBlockLength,
    'FEC-OTI-Encoding-Symbol-Length': oti.encodingSymbolLength,
    'FEC-OTI-Max-Number-of-Encoding-Symbols': oti.maxEncodingSymbols,
    'FEC-OTI-Scheme-Specific-Info': oti.schemeSpecificInfo,
  }
}
