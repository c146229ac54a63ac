import type { Toi, Tsi } from '../contract/ids.ts'

/**
 * Longest time between two packets of one object, µs: receivers take a longer silence for its end (GPAC's after 500 ms), and a
 * sender on a busy machine is late.
 */
export const MAX_GAP_US = 200_000

/** Last packets of a session that tell its end, in case the very last is lost (RFC 5651 §5.1: "the last few seconds"). */
export const CLOSING_PACKETS = 8

/** Longest rest of an object, at its own pace, that a broadcast still sends when it is closed, µs. */
export const CLOSING_REST_US = 4_000_000

/** Takes packets: sockets, a capture, a receiver in memory. */
export interface PacketOut {
  /**
   * `bytes` is valid during the call.
   * @param timeUs sending time, µs since the UNIX epoch; never decreases
   * @returns whether it goes out; false: a loss model keeps it back
   */
  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): boolean
}

/** What receivers are to rebuild of an object on its way. */
export interface ObjectOnAir {
  readonly tsi: Tsi
  readonly toi: Toi
  /** Those that are known: all of them once it is done. */
  readonly bytes: Uint8Array
  /** Its last packet was made; false for ever where it broke off. */
  readonly isOut: boolean
}

/** Learns of the objects of a broadcast; called once for each transmission. */
export interface SendWatch {
  /** The first packet is given out. */
  begun(address: string, port: number, object: ObjectOnAir): void
  /** The last packet is given out. What is cut has no such call. */
  out(object: ObjectOnAir): void
}

/** State that a broadcaster shares with its emitters. */
export type EmitContext = {
  readonly out: PacketOut
  /** Sending time of the current packet. */
  readonly timeUs: number
  /** A segment is sent at once when it is due; absent: spread over its duration. */
  readonly burst?: boolean
  /** What comes piece by piece leaves at the bandwidth of its track and so many percent; absent: much faster. */
  readonly pieceMarginPercent?: number | null
  /** Absent: nobody asks. */
  readonly watch?: SendWatch | null
}

/** A part of a broadcast that sends packets at known times. */
export interface Emitter {
  /** Time of its next packet, µs since the UNIX epoch; Infinity at its end. */
  readonly nextUs: number
  /**
   * Sends the packets of `nextUs` and advances it.
   * @returns false where bytes are not in memory yet: nothing was sent
   */
  send(context: EmitContext): boolean
}

/**
 * Packets that an emitter sends yet when it is closed: those of its open object, of which the last tell the end of the session.
 * @param restUs what is left of the object at its own pace
 */
export function closingPackets(object: OutgoingObject | null, restUs: number): number {
  if (object === null) return 0
  const cut = restUs > CLOSING_REST_US
  object.endSession(cut)
  return cut ? CLOSING_PACKETS : Number.POSITIVE_INFINITY
}

/** Has packets to send yet. */
export function isGoingOn({ nextUs }: Emitter): boolean {
  return nextUs !== Number.POSITIVE_INFINITY
}

/** One delivery object on its way: it writes its packets, one after another. */
export interface OutgoingObject {
  readonly sizeBytes: number
  /** Offset of the first unwritten byte. */
  readonly offset: number
  /** An empty object is one packet. */
  readonly done: boolean
  /** False where nothing of it can be sent now: more is to come. Absent: all of it is there. */
  readonly isReady?: boolean | undefined
  /**
   * Nothing follows it on its channel.
   * @param cut it is not sent to its end either: every further packet tells it, otherwise the last ones
   */
  endSession(cut: boolean): void
  /**
   * Writes the next packet to the start of `into`, which has room for the largest.
   * @returns its length
   */
  next(into: Uint8Array): number
  readonly onAir: ObjectOnAir
}

/** Sends the objects of one channel to its destination, in one buffer, and counts what goes out. */
export class PacketSender {
  readonly address: string
  readonly port: number
  /** Size of a whole LCT packet. */
  readonly mtu: number
  packets = 0
  /** UDP payload. */
  bytes = 0
  readonly #packet: Uint8Array
  /** The beginning of `#packet` that the last packet had: most have the same length. */
  #view: Uint8Array
  /** The object that is told to the watch, until all of it is out. */
  #watched: ObjectOnAir | null = null

  constructor(address: string, port: number, mtu: number) {
    this.address = address
    this.port = port
    this.mtu = mtu
    this.#packet = new Uint8Array(mtu)
    this.#view = this.#packet
  }

  /** Sends one packet of an object. */
  next(object: OutgoingObject, context: EmitContext): void {
    const isFirst = object.offset === 0
    const length = object.next(this.#packet)
    if (length !== this.#view.length) this.#view = this.#packet.subarray(0, length)
    // Before the packet, so that none arrives before it is said to be sent.
    if (context.watch) this.#tell(context.watch, object.onAir, isFirst)
    if (!context.out.packet(this.address, this.port, this.#view, context.timeUs)) return
    this.packets++
    this.bytes += length
  }

  /** Sends an object at once: signalling, playlists, initialisation segments. */
  whole(object: OutgoingObject, context: EmitContext): void {
    while (!object.done) this.next(object, context)
  }

  #tell(watch: SendWatch, object: ObjectOnAir, isFirst: boolean): void {
    if (isFirst) {
      this.#watched = object
      watch.begun(this.address, this.port, object)
    }
    if (this.#watched !== object || !object.isOut) return
    this.#watched = null
    watch.out(object)
  }
}
