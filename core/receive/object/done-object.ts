import { sameBytes } from '#platform'
import { hash32 } from './content-hash.ts'
import type { TransportObject } from './transport-object.ts'

/** A first packet so soon after another one of its object is its duplicate, µs. */
const DUPLICATE_US = 50_000
/** A segment of which packets arrive so long after its last one is sent again, though its first packet is missing, µs. */
const ANOTHER_US = 1_000_000

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

  /** What the rounds since the last report lacked. */
  missedPackets = 0
  missedBytes = 0
  /** Position of the current round, -1 between two; and its last packet. */
  #round = -1
  #roundUs: number
  readonly #packetBytes: number

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
    this.#packetBytes = Math.max(1, object.packetBytes)
    this.#roundUs = object.lastTimeUs
  }

  /**
   * Follows a repeat from its first packet on. Packets that come late are not missed in the end; what a round lacked is certain with its
   * last packet, or with the first one of the next round.
   *
   * @returns true where `missedPackets` and `missedBytes` are to be reported
   */
  misses(offset: number, count: number, timeUs: number): boolean {
    const sinceUs = timeUs - this.#roundUs
    this.#roundUs = timeUs
    if (offset === 0) {
      // The first packet twice.
      if (this.#round >= 0 && sinceUs < DUPLICATE_US) return false
      if (this.#round >= 0) this.#miss(this.length - this.#round)
      this.#round = count
    } else if (this.#round < 0 && !(this.media && sinceUs > ANOTHER_US)) return false
    else if (offset < this.#round) {
      if (this.missedBytes >= count) this.#miss(-count)
    } else {
      this.#miss(offset - Math.max(0, this.#round))
      this.#round = offset + count
    }
    const over = this.#round >= this.length
    if (over) this.#round = -1
    return (over || offset === 0) && this.missedBytes > 0
  }

  /** Time since its last packet, or that of its newest repeat. */
  restedUs(timeUs: number): number {
    return timeUs - this.#roundUs
  }

  /** Time since the last packet of a round that is not over; -1 between two. */
  idleUs(timeUs: number): number {
    return this.#round < 0 ? -1 : timeUs - this.#roundUs
  }

  /** The round gets no more packets. @returns as `misses` */
  endRound(): boolean {
    if (this.#round >= 0) this.#miss(this.length - this.#round)
    this.#round = -1
    return this.missedBytes > 0
  }

  #miss(bytes: number): void {
    this.missedBytes += bytes
    this.missedPackets += Math.ceil(bytes / this.#packetBytes)
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
