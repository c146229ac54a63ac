import type { AlpCounters, LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import type { DatagramOutput } from '../datagram-output.ts'

type LinkTaker = (signalling: LinkSignalling, timeUs: number, frame: number) => void

/** Announces the link layer of an ALP capture to the takers of its datagrams, once its first packet was read. */
export class AlpLink {
  readonly #output: DatagramOutput
  readonly #counters: () => Readonly<AlpCounters> | null
  #takers: readonly LinkTaker[] | null = null

  /** @param counters null until a packet was read */
  constructor(output: DatagramOutput, counters: () => Readonly<AlpCounters> | null) {
    this.#output = output
    this.#counters = counters
  }

  /** Announces the link once a packet was read. */
  tick(): void {
    if (this.#counters() !== null) this.#announced()
  }

  signalling(signalling: LinkSignalling, timeUs: number, frame: number): void {
    for (const take of this.#announced()) take(signalling, timeUs, frame)
  }

  #announced(): readonly LinkTaker[] {
    this.#takers ??= this.#output.inputs.flatMap((input) => {
      const take = input.linkLayer?.({
        kind: 'alp',
        destination: null,
        counts: () => ({ ...this.#counters() }),
        losses: [['dropped', 'segmented ALP packets']],
      })
      return take === undefined ? [] : [take]
    })
    return this.#takers
  }
}
