import { WRAPPINGS } from '../../contract/report.ts'
import type { DatagramOutput } from '../datagram-output.ts'

/** Announces what packets of a capture were wrapped in as links below the flows, each at its first packet. */
export class WrappedLinks {
  readonly #output: DatagramOutput
  readonly #counts: () => ArrayLike<number>
  readonly #announced = new Set<number>()

  /** @param counts packets by kind, in the order of WRAPPINGS */
  constructor(output: DatagramOutput, counts: () => ArrayLike<number>) {
    this.#output = output
    this.#counts = counts
  }

  tick(): void {
    const counts = this.#counts()
    for (let index = 0; index < counts.length; index++) {
      if (counts[index] !== 0 && !this.#announced.has(index)) this.#announce(index)
    }
  }

  #announce(index: number): void {
    const kind = WRAPPINGS[index]
    if (kind === undefined) return
    this.#announced.add(index)
    for (const input of this.#output.inputs) {
      input.linkLayer?.({
        kind,
        destination: null,
        counts: () => ({ packets: this.#counts()[index] ?? 0 }),
        losses: [],
      })
    }
  }
}
