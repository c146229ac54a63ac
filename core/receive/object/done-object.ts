import { sameBytes } from '#platform'
import { hash32 } from './content-hash.ts'
import type { TransportObject } from './transport-object.ts'

/** First bytes compared to distinguish a repeat from a reuse of the TOI. */
export const HEAD_BYTES = 64

/** Memory of an ended object: enough to recognise its next transmission. */
export class DoneObject {
  readonly key: number
  readonly index: number
  readonly carrier: TransportObject['carrier']
  readonly complete: boolean
  readonly length: number
  readonly headHash: number
  readonly headBytes: number
  readonly media: boolean
  readonly signalling: boolean
  readonly name: string | null
  /** Loop count of the channel at its end: after a loop the same TOI is a new object. */
  readonly loop: number
  /** Content of an init segment, playlist or table, which senders replace under the same TOI; else null. */
  bytes: Uint8Array | null
  packets: number
  repeats: number
  /** End of the last packet of the current repeat; starts at the length. */
  repeatEnd: number

  constructor(object: TransportObject, loop: number, bytes: Uint8Array | null) {
    this.key = object.key
    this.index = object.index
    this.carrier = object.carrier
    this.complete = object.state === 'complete'
    this.length = object.length
    this.headHash = object.headHash
    this.headBytes = object.headBytes
    this.media = object.kind === 'media'
    this.signalling = object.kind === 'signalling'
    this.name = object.name
    this.loop = loop
    this.bytes = bytes
    this.packets = object.packets
    this.repeats = object.repeats
    this.repeatEnd = Math.max(0, object.length)
  }

  /**
   * True where a packet under the same TOI belongs to other content.
   * @param transferLength of the packet's header, -1 unknown
   */
  isReplacedBy(transferLength: number, offset: number, bytes: Uint8Array, from: number, to: number): boolean {
    const count = to - from
    // A lost object starts again when its beginning arrives again (GPAC does the same).
    if (!this.complete) return offset === 0 && count > 0
    if (transferLength >= 0 && transferLength !== this.length) return true
    if (offset + count > this.length) return true
    if (this.bytes !== null) {
      return !sameBytes(this.bytes.subarray(offset, offset + count), bytes.subarray(from, to))
    }
    return (
      offset === 0 &&
      this.headBytes > 0 &&
      count >= this.headBytes &&
      hash32(bytes, from, from + this.headBytes) !== this.headHash
    )
  }
}
