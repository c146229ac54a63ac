import type { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceId } from '../../contract/ids.ts'
import { type FindingFacts, findingAt, placeAt } from '../../flow/findings.ts'
import { contentEncodingOf, decodeContent } from '../../protocol/content-encoding.ts'
import { isMultipart, parseMultipart } from '../../protocol/mime/multipart.ts'
import { decodeTransfer } from '../../protocol/mime/transfer-encoding.ts'
import type { TableContext } from '../context/contexts.ts'
import { droppedEntries } from '../context/receive-context.ts'
import { isReadingStorm, unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { unwrapSigned } from '../signalling/signed-package.ts'

/** One file of a package. */
export type PackagePart = {
  readonly name: string
  readonly contentType: string | null
  /** As `contentEncodingOf` gives it; the bytes are without it where it is known. */
  readonly contentEncoding: string | null
  readonly bytes: Uint8Array
}

/** Names in the listing of a signed package. */
const MAX_LISTED = 1000

/**
 * The files of a package object (formatId 3 and 4), with a check of its signature: the verdict is listed with the
 * service's signalling as `PACKAGE`, whose text names the files. A part that cannot be unpacked is left out. Null where
 * the object is no package.
 * @throws CodecError `gzip-…`
 *  `multipart-…`
 */
export function packageParts(
  context: TableContext,
  object: TransportObject,
  serviceId: ServiceId,
  bytes: Uint8Array,
): readonly PackagePart[] | null {
  const { tsi, toi, carrier, index, frame, lastTimeUs: timeUs } = object
  const unpacked = unpackWithin(context.work, bytes, context.limits.unpackedBytes, timeUs)
  const name = object.name ?? `TSI ${tsi} TOI ${toi}`
  const found = (facts: FindingFacts): void => {
    context.found(findingAt(facts, placeAt(timeUs, frame, { service: serviceId, carrier, object: index })))
  }
  const judge = (verdict: string, text: string): void => {
    found({ kind: 'signatureChecked', signed: { of: 'package', name }, verdict, text })
  }
  const unwrapped = unwrapSigned(context, `package/${serviceId}/${tsi}/${toi}`, unpacked, timeUs, (later) => {
    context.observer.slsSignature(serviceId, carrier, later)
    judge(later.verdict, later.text)
  })
  if (!isMultipart(unwrapped.bytes)) return null
  // One limit for all of them.
  let left = context.limits.unpackedBytes
  let passed: CodecError | null = null
  const unpack = (packed: Uint8Array, encoding: string | null): Uint8Array => {
    if (encoding === null) return packed
    try {
      const unpacked = unpackWithin(context.work, packed, left, timeUs, (from, most) =>
        decodeContent(from, encoding, most),
      )
      left -= unpacked.length
      return unpacked
    } catch (thrown) {
      if (isReadingStorm(thrown)) passed = thrown
      throw thrown
    }
  }
  const faults = new EntryFaults()
  const numbered = [...parseMultipart(unwrapped.bytes).parts.entries()]
  const parts = faults.each('part', numbered, ([at, part]) => {
    const body = decodeTransfer(part.body, part.headers['content-transfer-encoding'] ?? null)
    const contentEncoding = contentEncodingOf(part.headers['content-encoding'])
    return {
      name: part.contentLocation ?? `tsi-${tsi}/toi-${toi}/part-${at + 1}.bin`,
      contentType: part.contentType || null,
      contentEncoding,
      bytes: unpack(body, contentEncoding),
    }
  })
  // Work that is left out for lack of time is no fault of a part.
  if (passed !== null) throw passed
  const dropped = droppedEntries(`Package ${name}`, faults)
  if (dropped !== null) found(dropped)
  const { signature } = unwrapped
  if (signature !== null) {
    const listing = parts.slice(0, MAX_LISTED).map((part) => part.name)
    const text = new TextEncoder().encode(listing.join('\n'))
    context.observer.slsFragment(
      serviceId,
      { type: 'PACKAGE', name, version: null, bytes: text, carrier, signature },
      timeUs,
    )
    judge(signature.verdict, signature.text)
  }
  return parts
}
