import { RouteObject } from './route-object.ts'

/** Where packets go: sockets, a capture, a receiver in memory. */
export interface PacketOut {
  /** `bytes` is valid during the call. @param timeUs sending time, µs since the UNIX epoch, never going backwards */
  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): void
}

/** What one broadcaster shares among its emitters. */
export type EmitContext = {
  readonly out: PacketOut
  /** When what is sent now is sent. */
  readonly timeUs: number
}

/** A part of a broadcast that has something to send at known times. */
export interface Emitter {
  /** When its next packet is due, µs since the UNIX epoch; Infinity when it is through. */
  readonly nextUs: number
  /**
   * Sends what is due at `nextUs` and moves on.
   * @returns false where bytes are not in memory yet: nothing was sent
   */
  send(context: EmitContext): boolean
}

/** Cuts objects into packets of one destination, through one buffer. */
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

  open(tsi: number, toi: number, codepoint: number, bytes: Uint8Array): RouteObject {
    return new RouteObject(tsi, toi, codepoint, bytes, this.mtu)
  }

  /** Sends one packet of an object. */
  next(object: RouteObject, context: EmitContext): void {
    const length = object.next(this.#packet)
    // All but the last packet of an object fill the buffer: no view is made for them.
    const bytes = length === this.mtu ? this.#packet : this.#packet.subarray(0, length)
    context.out.packet(this.address, this.port, bytes, context.timeUs)
  }

  /** Sends a whole object at once: signalling, playlists, initialisation segments. */
  whole(tsi: number, toi: number, codepoint: number, bytes: Uint8Array, context: EmitContext): void {
    const object = this.open(tsi, toi, codepoint, bytes)
    while (!object.done) this.next(object, context)
  }
}
