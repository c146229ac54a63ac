import type { DueOutput } from './paced-output.ts'
import { type PacketFraction, PacketShaper, SWAP_WAIT_MS } from './packet-shaper.ts'

/** Longest burst after a pause, µs. */
const BURST_US = 20_000

/** How chunks become packets. */
export type PacketOutputOptions = {
  /** Most bytes of a packet; null: a chunk is one. */
  readonly maxBytes: number | null
  readonly drop: PacketFraction | null
  readonly swap: PacketFraction | null
  /** Bits per second; 0: no limit. */
  readonly rateBps: number
  readonly nowUs: () => number
}

/** Cuts chunks into packets, drops and swaps some as asked, and holds them to a rate. */
export class PacketOutput implements DueOutput {
  readonly #output: DueOutput
  readonly #options: PacketOutputOptions
  readonly #shaper: PacketShaper
  readonly #queue: { readonly bytes: Uint8Array; readonly join: Uint8Array | null | undefined }[] = []
  #join: Uint8Array | null | undefined
  #nextUs = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #swapTimer: ReturnType<typeof setTimeout> | null = null
  #waiters: (() => void)[] = []

  constructor(output: DueOutput, options: PacketOutputOptions) {
    this.#output = output
    this.#options = options
    this.#shaper = new PacketShaper(options.drop, options.swap, (packet) => this.#packet(packet), Math.random)
  }

  /** Packets that wait for the rate. */
  get waiting(): { readonly items: number; readonly bytes: number } {
    return { items: this.#queue.length, bytes: this.#queue.reduce((sum, { bytes }) => sum + bytes.length, 0) }
  }

  send(bytes: Uint8Array, join: Uint8Array | null | undefined): void {
    const most = this.#options.maxBytes ?? bytes.length
    for (let at = 0; at < bytes.length; at += most) {
      this.#join = at === 0 ? join : undefined
      this.#shaper.packet(bytes.subarray(at, Math.min(bytes.length, at + most)))
    }
    if (this.#swapTimer !== null) clearTimeout(this.#swapTimer)
    this.#swapTimer = this.#shaper.holds ? setTimeout(() => this.#shaper.flush(), SWAP_WAIT_MS) : null
  }

  busy(): Promise<void> | null {
    if (this.#queue.length > 0) return new Promise((resolve) => this.#waiters.push(resolve))
    return this.#output.busy()
  }

  async end(): Promise<void> {
    if (this.#swapTimer !== null) clearTimeout(this.#swapTimer)
    this.#shaper.flush()
    while (this.#queue.length > 0) await this.busy()
    await this.#output.end()
  }

  /** Drops what waits. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#swapTimer !== null) clearTimeout(this.#swapTimer)
    this.#timer = null
    this.#queue.length = 0
    for (const wake of this.#waiters.splice(0)) wake()
  }

  #packet(bytes: Uint8Array): void {
    const join = this.#join
    if (this.#options.rateBps === 0) {
      this.#output.send(bytes, join)
      return
    }
    this.#queue.push({ bytes, join })
    if (this.#timer === null) this.#work()
  }

  #work(): void {
    const { rateBps, nowUs } = this.#options
    for (;;) {
      const [next] = this.#queue
      if (next === undefined) break
      const now = nowUs()
      this.#nextUs = Math.max(this.#nextUs, now - BURST_US)
      if (this.#nextUs > now) {
        this.#timer = setTimeout(
          () => {
            this.#timer = null
            this.#work()
          },
          (this.#nextUs - now) / 1000,
        )
        return
      }
      this.#queue.shift()
      this.#nextUs += (next.bytes.length * 8e6) / rateBps
      this.#output.send(next.bytes, next.join)
    }
    for (const wake of this.#waiters.splice(0)) wake()
  }
}
