import { readBoxes } from '../../media/bmff/boxes.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import { codecFault } from '../context/receive-context.ts'
import type { TransportObject } from '../object/transport-object.ts'

/** A longer object is no initialisation segment, whatever boxes it has. */
const MAX_INIT_BYTES = 1 << 20

/** Some senders leave EXT_FTI out where a table fits in one packet: then its end tells its length. */
export function readWholeTable(packet: LctPacket, bytes: Uint8Array, from: number, to: number): void {
  let end = to
  while (end > from && (bytes[end - 1] as number) <= 0x20) end--
  if (end - from < 20 || bytes[end - 1] !== 0x3e) return
  const tail = String.fromCharCode(...bytes.subarray(Math.max(from, end - 40), end))
  if (/<\/(?:\w+:)?FDT-?Instance>$/.test(tail)) packet.transferLength = to - from
}

/** What the bytes of a whole ISO base media file say it is; that of another format stays what its name says. */
export function mediaKind(object: TransportObject): 'init' | 'media' {
  const kind = object.kind === 'init' ? 'init' : 'media'
  const first = String.fromCharCode(...object.bytes(4, Math.min(8, object.length)))
  if (!['ftyp', 'styp', 'moof', 'sidx', 'moov', 'prft', 'emsg'].includes(first)) return kind
  if (object.length > MAX_INIT_BYTES) return 'media'
  let isInit = false
  codecFault(() => {
    const types = new Set(readBoxes(object.bytes(0, object.length)).map((box) => box.type))
    isInit = types.has('moov') && !types.has('moof') && !types.has('mdat')
  })
  return isInit ? 'init' : 'media'
}

/** Instance id of an FDT object: see `objectKey`. */
export function instanceOf(object: TransportObject): number {
  return -1 - object.key
}
