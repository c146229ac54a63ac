import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { HostileDatagram } from './hostile-kind.ts'
import { liveDestination } from './live-floods.ts'

/** Datagrams of one step, and its length: 20 000 a second. */
const STEP = 200
const STEP_MS = 10

/** Sends live floods on loopback, 20 000 datagrams a second. */
export class FloodSender {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(): Promise<FloodSender> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    socket.setMulticastInterface('127.0.0.1')
    socket.setMulticastTTL(0)
    return new FloodSender(socket)
  }

  /** Sends the datagrams while `goesOn`. */
  async send(flood: readonly HostileDatagram[], goesOn: () => boolean): Promise<void> {
    const began = performance.now()
    for (let at = 0; at < flood.length && goesOn(); at += STEP) {
      for (const datagram of flood.slice(at, at + STEP)) this.#socket.send(datagram.bytes, ...liveDestination(datagram))
      const aheadMs = began + (at / STEP + 1) * STEP_MS - performance.now()
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, aheadMs)))
    }
  }

  /** Sends them again and again while `goesOn`. */
  async sendAgain(flood: readonly HostileDatagram[], goesOn: () => boolean): Promise<void> {
    while (flood.length > 0 && goesOn()) await this.send(flood, goesOn)
  }

  close(): void {
    this.#socket.close()
  }
}
