import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { BrokenStage } from './broken-peers.ts'

/** A server that answers each request by the next of its stages, and then by the last one again. */
export class BrokenServer {
  readonly #stages: readonly BrokenStage[]
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Set<() => void>()
  #requests = 0

  constructor(stages: readonly BrokenStage[]) {
    this.#stages = stages
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('data', () => this.#answer(socket))
    })
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Requests so far. */
  get requests(): number {
    return this.#requests
  }

  /** Settles when it was asked this often. */
  asked(times: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#requests < times) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #answer(socket: Socket): void {
    const stage = this.#stages[Math.min(this.#requests++, this.#stages.length - 1)]
    for (const look of [...this.#waiting]) look()
    if (stage === undefined) return
    const { bytes, leaves, resets } = stage
    const leave = (): void => void (resets ? socket.resetAndDestroy() : socket.end())
    if (leaves === 'answer') socket.write(bytes, leave)
    else {
      socket.write(bytes)
      if (leaves === 'once') leave()
      else setImmediate(leave)
    }
  }
}
