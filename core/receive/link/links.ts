import type { ReportLmt } from '../../contract/report.ts'
import type { LinkFacts } from '../../flow/facts.ts'
import { type LinkLoss, placeAt } from '../../flow/findings.ts'
import type { LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import type { ObservedContext } from '../context/contexts.ts'
import { LinkTables } from './link-tables.ts'

/** A carrier of IP packets below the flows of a session, counted by its owner. */
export type LinkSource = {
  readonly kind: LinkFacts['kind']
  readonly destination: string | null
  /** Numbers by name, as in the report. */
  counts(): Readonly<Record<string, number>>
  /** Names of the counts that are losses, with their units. */
  readonly losses: readonly (readonly [name: string, what: string])[]
}

type Watched = { readonly source: LinkSource; readonly reported: number[]; readonly tables: LinkTables }

/** The links and tunnels of one receiver: their tables, and a finding for each loss. */
export class Links {
  readonly #context: ObservedContext
  readonly #watched: Watched[] = []

  constructor(context: ObservedContext) {
    this.#context = context
  }

  /** @returns the sink of its link-layer signalling */
  add(source: LinkSource): (signalling: LinkSignalling, timeUs: number, frame: number) => void {
    const tables = new LinkTables(this.#context)
    this.#watched.push({ source, reported: source.losses.map(() => 0), tables })
    this.#context.observer.linkSeen?.({
      kind: source.kind,
      destination: source.destination,
      get counts() {
        return source.counts()
      },
      get lmt() {
        return lmtOf(tables)
      },
    })
    return (signalling, timeUs, frame) => tables.table(signalling, timeUs, frame)
  }

  /** Reports the losses since the last call. */
  tick(timeUs: number): void {
    for (const { source, reported } of this.#watched) {
      const counts = source.counts()
      const lost: LinkLoss[] = []
      for (const [index, [name, what]] of source.losses.entries()) {
        const count = counts[name] ?? 0
        const more = count - (reported[index] as number)
        if (more <= 0) continue
        reported[index] = count
        lost.push({ what, lost: more, total: count })
      }
      if (lost.length === 0) continue
      const place = placeAt(timeUs, 0, { destination: source.destination })
      this.#context.found({ kind: 'linkLoss', link: source.kind, losses: lost, ...place })
    }
  }
}

function lmtOf(tables: LinkTables): ReportLmt[] {
  return [...tables.lmtTimes].map(([plp, { count, firstTimeUs, lastTimeUs }]) => ({
    plp: plp < 0 ? null : plp,
    count,
    firstTime: firstTimeUs / 1e6,
    lastTime: lastTimeUs / 1e6,
  }))
}
