import type { Toi, Tsi } from '../contract/ids.ts'
import { RouteObject } from './route-object.ts'

/**
 * Longest time between two packets of one object, µs: receivers take a longer silence for its end (GPAC's after 500 ms), and a
 * sender on a busy machine is late.
 */
export const MAX_GAP_US = 200_000

/** Takes packets: sockets, a capture, a receiver in memory. */
export interface PacketOut {
  /** `bytes` is valid during the call. @param timeUs sending time, µs since the UNIX epoch; never decreases */
  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): void
}

/** State that a broadcaster shares with its emitters. */
export type EmitContext = {
  readonly out: PacketOut
  /** Sending time of the current packet. */
  readonly timeUs: number
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

/** Cuts objects into packets of one destination, in one buffer. */
export class PacketCutter {
  readonly address: string
  readonly port: number
  readonly mtu: number
  readonly #packet: Uint8Array

  constructor(address: string, port: number, mtu: number) {
    this.address = address
    this.port = port
    this.mtu = mtu
    this.#packet = new Uint8Array(mtu)
  }

  open(tsi: Tsi, toi: Toi, codepoint: number, bytes: Uint8Array): RouteObject {
    return new RouteObject(tsi, toi, codepoint, bytes, this.mtu)
  }

  /** Sends one packet of an object. */
  next(object: RouteObject, context: EmitContext): void {
    const length = object.next(this.#packet)
    // All packets of an object but the last fill the buffer, so they need no view.
    const bytes = length === this.mtu ? this.#packet : this.#packet.subarray(0, length)
    context.out.packet(this.address, this.port, bytes, context.timeUs)
  }

  /** Sends a whole object at once: signalling, playlists, initialisation segments. */
  whole(tsi: Tsi, toi: Toi, codepoint: number, bytes: Uint8Array, context: EmitContext): void {
    const object = this.open(tsi, toi, codepoint, bytes)
    while (!object.done) this.next(object, context)
  }
}
