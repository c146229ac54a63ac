import type { ReportLmt } from '../../contract/report.ts'
import type { LinkFacts } from '../../flow/facts.ts'
import type { LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import { LinkTables } from './link-tables.ts'

/** What carries IP packets below the flows of a session, as its owner counts it. */
export type LinkSource = {
  readonly kind: LinkFacts['kind']
  readonly destination: string | null
  /** Numbers by name, as the report shows them. */
  counts(): Readonly<Record<string, number>>
  /** Names of the counts that are losses, and what was lost, for the alarm. */
  readonly losses: readonly (readonly [name: string, what: string])[]
  readonly lossRule: string
}

type Watched = { readonly source: LinkSource; readonly told: number[]; readonly tables: LinkTables }

/** The links and tunnels of one receiver: their tables, and an alarm whenever something was lost on one of them. */
export class Links {
  readonly #context: ReceiveContext
  readonly #watched: Watched[] = []

  constructor(context: ReceiveContext) {
    this.#context = context
  }

  /** @returns where to hand its link-layer signalling */
  add(source: LinkSource): (signalling: LinkSignalling, timeUs: number, frame: number) => void {
    const tables = new LinkTables(this.#context)
    this.#watched.push({ source, told: source.losses.map(() => 0), tables })
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

  /** Tells what was lost since the last call. */
  tick(timeUs: number): void {
    for (const { source, told } of this.#watched) {
      const counts = source.counts()
      const parts: string[] = []
      for (const [index, [name, what]] of source.losses.entries()) {
        const count = counts[name] ?? 0
        const more = count - (told[index] as number)
        if (more <= 0) continue
        told[index] = count
        parts.push(`${more} ${what} lost (${count} so far)`)
      }
      if (parts.length === 0) continue
      const where =
        source.destination === null ? 'the ALP packets' : `${source.kind.toUpperCase()} ${source.destination}`
      this.#context.alarm({
        rule: source.lossRule,
        severity: 'error',
        service: null,
        tsi: null,
        toi: null,
        timeUs,
        frame: 0,
        text: `In ${where}: ${parts.join(', ')}`,
      })
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
