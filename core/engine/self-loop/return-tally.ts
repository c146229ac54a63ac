import type { ReturnState, SelfLoopSnapshot } from '../../contract/sending-snapshot.ts'

type Counts = { [State in ReturnState]: number }

/** Delays that the figures are of. */
const MOST_DELAYS = 1000

/** Counts what became of sent objects, in all and by channel, and how long the newest took. */
export class ReturnTally {
  readonly #counts = noCounts()
  readonly #channels = new Map<
    string,
    { readonly destination: string; readonly tsi: number; readonly counts: Counts }
  >()
  readonly #delays: number[] = []

  count({ destination, tsi }: { readonly destination: string; readonly tsi: number }, state: ReturnState): void {
    const key = `${destination} ${tsi}`
    const channel = this.#channels.get(key) ?? { destination, tsi, counts: noCounts() }
    this.#channels.set(key, channel)
    this.#counts[state]++
    channel.counts[state]++
  }

  delay(us: number): void {
    this.#delays.push(us)
    if (this.#delays.length > 2 * MOST_DELAYS) this.#delays.splice(0, this.#delays.length - MOST_DELAYS)
  }

  copy(): ReturnTally {
    const copy = new ReturnTally()
    Object.assign(copy.#counts, this.#counts)
    for (const [key, { counts, ...channel }] of this.#channels)
      copy.#channels.set(key, { ...channel, counts: { ...counts } })
    copy.#delays.push(...this.#delays.slice(-MOST_DELAYS))
    return copy
  }

  values(): Pick<SelfLoopSnapshot, 'counts' | 'channels' | 'delayUs'> {
    const sorted = this.#delays.slice(-MOST_DELAYS).sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    return {
      counts: { ...this.#counts },
      channels: [...this.#channels.values()].sort((a, b) =>
        a.destination === b.destination ? a.tsi - b.tsi : a.destination < b.destination ? -1 : 1,
      ),
      delayUs: sorted.length === 0 ? null : { median: at(0.5), p95: at(0.95), longest: at(1) },
    }
  }
}

function noCounts(): Counts {
  return { coming: 0, equal: 0, late: 0, differs: 0, incomplete: 0, lost: 0, unheard: 0, cut: 0 }
}
