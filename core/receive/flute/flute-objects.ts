import { isInitSegment, LONGEST_INIT_BYTES } from '../../media/bmff/init-segment.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import type { TransportObject } from '../object/transport-object.ts'

/** Reads the length of a table in one packet from its end: some senders leave EXT_FTI out there. */
export function readWholeTable(packet: LctPacket, bytes: Uint8Array, from: number, to: number): void {
  let end = to
  while (end > from && (bytes[end - 1] as number) <= 0x20) end--
  if (end - from < 20 || bytes[end - 1] !== 0x3e) return
  const tail = String.fromCharCode(...bytes.subarray(Math.max(from, end - 40), end))
  if (/<\/(?:\w+:)?FDT-?Instance>$/.test(tail)) packet.transferLength = to - from
}

/** Kind of a whole ISO base media file by its bytes; other formats keep the kind of their name. */
export function mediaKind(object: TransportObject): 'init' | 'media' {
  const kind = object.kind === 'init' ? 'init' : 'media'
  const first = String.fromCharCode(...object.bytes(4, Math.min(8, object.length)))
  if (!['ftyp', 'styp', 'moof', 'sidx', 'moov', 'prft', 'emsg'].includes(first)) return kind
  return object.length <= LONGEST_INIT_BYTES && isInitSegment(object.bytes(0, object.length)) ? 'init' : 'media'
}

/** Instance id of an FDT object: see `objectKey`. */
export function instanceOf({ key }: { readonly key: number }): number {
  return -1 - key
}
