import { LctPacket } from '../../protocol/lct/lct-packet.ts'

/** One packet with data of an object, from a session to its channel; one record, reused for each packet. */
export class SourcePacket {
  /** Its header. */
  lct: LctPacket = new LctPacket()
  /** Offset of its data in the object, bytes. */
  offset = 0
  /** Length of its object, where this packet is the last one by its size; -1 unknown. */
  objectEnd = -1
  /** Address of its sender. */
  sender = ''
  /** The datagram is `bytes[start, end)`; its data begins at `from`, behind the FEC Payload ID. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  from = 0
  end = 0
  timeUs = 0
  frame = 0

  /** Takes a datagram whose data is still to be placed. */
  fill(sender: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.objectEnd = -1
    this.sender = sender
    this.bytes = bytes
    this.start = start
    this.end = end
    this.timeUs = timeUs
    this.frame = frame
  }
}
