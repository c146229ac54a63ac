import { type Finding, placeAt } from '../../flow/findings.ts'
import type { HostTrouble, NewDrops } from './host-trouble.ts'

/** Least interval of reports on drops, µs. */
const TELL_DROPS_US = 1_000_000

/** Reports packets that a computer dropped: of each destination once a second at most. */
export class DropReports {
  readonly #host: HostTrouble
  readonly #found: (finding: Finding) => void
  /** By destination; empty: of all. */
  readonly #untold = new Map<string, { packets: number; sinceUs: number }>()

  constructor(host: HostTrouble, found: (finding: Finding) => void) {
    this.#host = host
    this.#found = found
  }

  add(drops: readonly NewDrops[]): void {
    for (const { destination, packets, fromUs } of drops) {
      const untold = this.#untold.get(destination ?? '')
      if (untold === undefined) this.#untold.set(destination ?? '', { packets, sinceUs: fromUs })
      else untold.packets += packets
    }
  }

  /** Reports what waited long enough, or all. */
  report(timeUs: number, all: boolean): void {
    for (const [destination, { packets, sinceUs }] of this.#untold) {
      if (!all && timeUs - sinceUs < TELL_DROPS_US) continue
      this.#untold.delete(destination)
      const lagMs = Math.round(this.#host.lagIn(sinceUs, timeUs))
      const place = placeAt(sinceUs, 0, { destination: destination === '' ? null : destination })
      this.#found({ kind: 'hostDropped', packets, lagMs, ...place })
    }
  }
}
