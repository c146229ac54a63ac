import { randomBytes } from 'node:crypto'
import { LOOPBACK } from '../contract/loopback.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { type HostUse, joinHttpHost } from '../http/http-host.ts'

/**
 * The one address that pages of the windows may ask, besides their own: a port of loopback on which every gateway is served
 * once more. A page is told its port before any session is open, so that its policy names no other.
 */
export class WindowHost {
  readonly #use: HostUse
  readonly #port: number

  private constructor(use: HostUse) {
    this.#use = use
    this.#port = Number(new URL(use.origin).port)
  }

  /** @param port 0: any free one. @throws AppFailure port-in-use | socket-failed */
  static async open(port: number): Promise<WindowHost> {
    return new WindowHost(await joinHttpHost(LOOPBACK, port))
  }

  /** `http://127.0.0.1:PORT` */
  get origin(): string {
    return this.#use.origin
  }

  /** Serves a gateway under a prefix that other pages cannot guess, until it is closed. */
  async serve(gateway: Gateway): Promise<void> {
    const use = await joinHttpHost(LOOPBACK, this.#port)
    gateway.serveWindow(use, `/${randomBytes(9).toString('base64url')}`)
  }

  close(): Promise<void> {
    return this.#use.close()
  }
}
