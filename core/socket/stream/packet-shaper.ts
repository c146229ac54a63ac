import { AppFailure } from '../../failure/app-failure.ts'

/** The Nth packet of every D; N 0: one at random. */
export type PacketFraction = { readonly nth: number; readonly of: number }

/** Reads `N/D`. @throws AppFailure bad-spec */
export function parsePacketFraction(text: string, option: string): PacketFraction | null {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text)
  const [nth, of] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || nth > of)
    throw new AppFailure('bad-spec', `${option} is "${text}"; it must be N/D with N up to D.`, 'Write it as 3/10.')
  return of === 0 ? null : { nth, of }
}

/** Time after which a packet that waits to be swapped is sent, ms. */
export const SWAP_WAIT_MS = 100

/** Leaves packets out, and swaps packets with the next, as asked; nothing is lost by swapping. */
export class PacketShaper {
  readonly #send: (packet: Uint8Array) => void
  readonly #drop: PacketFraction | null
  readonly #swap: PacketFraction | null
  readonly #random: () => number
  #count = 0
  #dropAt = 0
  #sent = 0
  #swapAt = 0
  #held: Uint8Array | null = null

  constructor(
    drop: PacketFraction | null,
    swap: PacketFraction | null,
    send: (packet: Uint8Array) => void,
    random: () => number,
  ) {
    this.#drop = drop
    this.#swap = swap
    this.#send = send
    this.#random = random
  }

  /** A packet waits to be swapped with the next. */
  get holds(): boolean {
    return this.#held !== null
  }

  /** Takes a packet, whose bytes stay as they are. */
  packet(packet: Uint8Array): void {
    const drop = this.#drop
    if (drop !== null) {
      const at = this.#count++ % drop.of
      if (at === 0) this.#dropAt = this.#chosen(drop)
      if (at === this.#dropAt) return
    }
    const swap = this.#swap
    if (swap === null) {
      this.#send(packet)
      return
    }
    const at = this.#sent++ % swap.of
    if (at === 0) this.#swapAt = this.#chosen(swap)
    if (this.#held !== null) {
      this.#send(packet)
      this.flush()
    } else if (at === this.#swapAt) this.#held = packet
    else this.#send(packet)
  }

  /** Sends the packet that waits. */
  flush(): void {
    const held = this.#held
    this.#held = null
    if (held !== null) this.#send(held)
  }

  #chosen({ nth, of }: PacketFraction): number {
    return nth === 0 ? Math.floor(this.#random() * of) : nth - 1
  }
}
