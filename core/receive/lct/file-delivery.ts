import { base64Text, hashOf } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import type { ServiceId } from '../../contract/ids.ts'
import { channelWord } from '../../flow/carriers.ts'
import { type FindingFacts, findingAt, placeAt } from '../../flow/findings.ts'
import { believableBytes } from '../../flow/holes.ts'
import type { Lease } from '../../flow/lease.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { contentEncodingOf, decodeContent, isKnownEncoding } from '../../protocol/content-encoding.ts'
import { parseEntity } from '../../protocol/mime/entity.ts'
import type { DeliveryContext } from '../context/contexts.ts'
import { codecFault } from '../context/receive-context.ts'
import { digestFault, hasDigest } from '../object/object-digest.ts'
import { isReadingStorm, unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { manifestKind } from './channel-names.ts'
import type { LctChannel } from './lct-channel.ts'
import { packageParts } from './package-parts.ts'

const FORMAT = { file: 1, entity: 2, package: 3, signedPackage: 4 } as const

/** True where the object contains its own name: it need not wait for a table. */
export function namesItself(channel: LctChannel, object: TransportObject): boolean {
  return channel.names.formatId(object.codepoint) !== FORMAT.file
}

/**
 * The files of a whole object, as content: the object itself, the body of an entity, or the parts of a package; without
 * the encoding that Content-Encoding names. Unreadable content is a finding and no file; an unknown encoding is a finding and kept.
 */
export function filesOf(
  context: DeliveryContext,
  channel: LctChannel,
  object: TransportObject,
  serviceId: ServiceId,
): readonly FlowFile[] {
  const bytes = object.bytes(0, object.length)
  try {
    const format = channel.names.formatId(object.codepoint)
    if (format === FORMAT.entity) return entityFiles(context, channel, object, serviceId, bytes)
    if (format !== FORMAT.file) {
      const parts = packageParts(context, object, serviceId, bytes)
      if (parts !== null) {
        return parts.map((part) =>
          contentFile(context, channel, object, serviceId, { ...part, encoding: part.contentEncoding }, part.bytes),
        )
      }
      // It is announced as a package and is none.
      object.name ??= inventedName(object)
    }
    if (object.name === null) return []
    const { contentEncoding } = object
    const content = decodeWithin(context, object, bytes, contentEncoding)
    const { name, contentType } = object
    const file = contentFile(
      context,
      channel,
      object,
      serviceId,
      { name, contentType, encoding: contentEncoding },
      content,
    )
    // Its table arrived late; otherwise the channel has checked it.
    object.sound ??= isSound(context, channel, object, content)
    if (object.sound) return [file]
    channel.complete--
    channel.incomplete++
    return context.spec.keepCorrupt ? [{ ...file, complete: false }] : []
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    found(context, { kind: 'contentUnreadable', name: object.name, fault: thrown }, object, serviceId)
    channel.complete--
    channel.incomplete++
    return []
  }
}

/**
 * An incomplete object as it is, holes read as zeros; for `keepCorrupt`. A length or offset far beyond the received
 * bytes is implausible: the file then ends with the last byte received.
 * @returns null without a plausible file
 */
export function corruptFile(channel: LctChannel, object: TransportObject, serviceId: ServiceId): FlowFile | null {
  const { total, highest } = object.ranges
  const plausible = believableBytes(total)
  if (total === 0 || highest > plausible) return null
  const name = object.name ?? inventedName(object)
  const size = object.size !== null && object.size <= plausible ? object.size : highest
  return {
    ...fileOf(channel, object, serviceId, name, object.contentType, object.leaseWithHoles(size)),
    complete: false,
    missing: object.missing(),
  }
}

/** A stable name for an object that no table names. */
export function inventedName(object: TransportObject): string {
  return `tsi-${object.tsi}/toi-${object.carrier.wideToi ?? object.toi}.bin`
}

function entityFiles(
  context: DeliveryContext,
  channel: LctChannel,
  object: TransportObject,
  serviceId: ServiceId,
  bytes: Uint8Array,
): readonly FlowFile[] {
  const entity = parseEntity(bytes)
  const name = entity.contentLocation ?? object.name ?? inventedName(object)
  object.name ??= name
  object.contentType ??= entity.contentType
  const range = entity.contentRange
  let whole = entity.body
  if (range !== null && (range.first > 0 || range.last + 1 !== range.total || whole.length !== range.total)) {
    const joined = context.entityRanges.add(`${serviceId}/${channel.index}/${name}`, range, entity.body)
    if (joined === null) return []
    whole = joined
  }
  const encoding = contentEncodingOf(entity.contentEncoding)
  const content = decodeWithin(context, object, whole, encoding)
  const { contentType } = entity
  const file = contentFile(context, channel, object, serviceId, { name, contentType, encoding }, content)
  const md5 = entity.headers['content-md5']
  if (md5 === undefined || base64Text(hashOf('md5', content)) === md5.trim()) return [file]
  found(context, { kind: 'digestMismatch', name: object.name, reason: null }, object, serviceId)
  return context.spec.keepCorrupt ? [{ ...file, complete: false }] : []
}

/** Content without its encoding. @throws CodecError `gzip-…` | `reading-storm` */
function decodeWithin(
  { work, limits }: DeliveryContext,
  { lastTimeUs }: TransportObject,
  bytes: Uint8Array,
  encoding: string | null,
): Uint8Array {
  if (encoding === null || !isKnownEncoding(encoding)) return bytes
  return unpackWithin(work, bytes, limits.unpackedBytes, lastTimeUs, (packed, most) =>
    decodeContent(packed, encoding, most),
  )
}

/** What headers or a table say of a file. */
type Described = { readonly name: string; readonly contentType: string | null; readonly encoding: string | null }

/** A file of decoded bytes; those of an unknown encoding are kept, and reported. */
function contentFile(
  context: DeliveryContext,
  channel: LctChannel,
  object: TransportObject,
  serviceId: ServiceId,
  { name, contentType, encoding }: Described,
  bytes: Uint8Array,
): FlowFile {
  const file = fileOf(channel, object, serviceId, name, contentType, object.leaseOf(bytes))
  if (encoding === null || isKnownEncoding(encoding)) return file
  found(context, { kind: 'encodingUnknown', name, encoding }, object, serviceId)
  return { ...file, contentEncoding: encoding }
}

function fileOf(
  channel: LctChannel,
  object: TransportObject,
  serviceId: ServiceId,
  name: string,
  contentType: string | null,
  lease: Lease,
): FlowFile {
  const kind = object.kind === 'file' ? (manifestKind(name, contentType) ?? 'file') : object.kind
  return {
    serviceId,
    name,
    contentType,
    kind,
    lease,
    objectIndex: object.index,
    carrier: object.carrier,
    lane: channelWord(object.carrier),
    representation: channel.representation,
    complete: true,
    missing: [],
    firstTimeUs: object.firstTimeUs,
    lastTimeUs: object.lastTimeUs,
  }
}

/** False, with a finding reported, where a whole object contradicts the digests of its table, or its content cannot be unpacked. */
export function objectIsSound(context: DeliveryContext, channel: LctChannel, object: TransportObject): boolean {
  const { contentEncoding } = object
  if (!hasDigest(object.listed) && contentEncoding === null) return true
  let content = object.bytes(0, object.length)
  if (contentEncoding !== null) {
    const packed = content
    const fault = codecFault(() => {
      content = decodeWithin(context, object, packed, contentEncoding)
    })
    // What there was no time to unpack is for its delivery to report.
    if (fault !== null && isReadingStorm(fault)) return true
    if (fault !== null) {
      found(context, { kind: 'contentUnreadable', name: object.name, fault }, object, channel.serviceId)
      return false
    }
  }
  object.sound = isSound(context, channel, object, content)
  return object.sound
}

function isSound(context: DeliveryContext, channel: LctChannel, object: TransportObject, content: Uint8Array): boolean {
  if (!hasDigest(object.listed)) return true
  // Tables mean either the content or the transported bytes.
  const reason = digestFault(object.listed, [content, object.bytes(0, object.length)])
  if (reason === null) return true
  found(context, { kind: 'digestMismatch', name: object.name, reason }, object, channel.serviceId)
  return false
}

function found(
  context: DeliveryContext,
  facts: FindingFacts,
  object: TransportObject,
  service: ServiceId | null,
): void {
  const { carrier, index, lastTimeUs, frame, destination } = object
  const place = placeAt(lastTimeUs, frame, { service, carrier, object: index, destination })
  context.found(findingAt(facts, place))
}
