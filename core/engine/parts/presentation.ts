import { join } from 'node:path'
import { defined } from '../../contract/defined.ts'
import { DEMO_SOURCE } from '../../contract/open-request.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { FirstReports } from '../../failure/first-reports.ts'
import { AwaitedPresentation } from '../../ingest/awaited-presentation.ts'
import { parseRepresentationChoice } from '../../ingest/chosen-mpd.ts'
import type { LiveReport } from '../../ingest/live-reader.ts'
import type { Presentation } from '../../ingest/presentation.ts'
import { SharedFiles } from '../../ingest/shared-files.ts'
import type { Programme } from '../faces/programme.ts'
import type { AnySection, Part, PartHost } from '../part.ts'
import type { PresentationSpec } from './presentation-options.ts'

/** Opens a presentation. @throws AppFailure file-not-found | file-unreadable | bad-manifest | bad-xml | input-unusable | not-supported */
export async function openPresentation(spec: PartSpec, host: PartHost): Promise<Part> {
  const own = spec as unknown as PresentationSpec
  const { id, input, loop, cut, representations, lowLatency } = own
  const { loadPresentation } = await import('../../ingest/presentation-loader.ts')
  const demo = input === DEMO_SOURCE
  const isServed = /^https?:/i.test(input)
  const sharing = isServed ? host.shared('served-files', () => new SharedFiles()).join() : undefined
  const notes = new FirstReports((error) => host.problem(error, 'warning'))
  const live = new LiveReports(host)
  const load = (over?: AbortSignal): Promise<Presentation> =>
    loadPresentation(demo ? join(host.demoDir, 'manifest.mpd') : input, {
      loop: loop === 0,
      ...defined({ fileName: own.objectName, over, sharing }),
      cut,
      representations: parseRepresentationChoice(representations),
      lowLatency,
      note: ({ sentence, tryThis }) => notes.add({ code: 'input-unusable', message: sentence, tryThis }),
      live: (report) => live.add(report),
      nowUs: () => host.nowUs(),
    })
  const told = (): void =>
    notes.end((more) => ({
      code: 'input-unusable',
      message: `${more} more entries are not sent.`,
      tryThis: 'Only what the presentation names, and plain files of a folder, are sent.',
    }))
  const awaited = isServed ? new AwaitedPresentation((over) => load(over).finally(told)) : null
  const local = isServed ? null : await load().finally(told)
  const programme: Programme = {
    get presentation() {
      return local ?? awaited?.inTime ?? null
    },
    awaited,
    loop: loop === 0,
    spec: own,
  }
  return new PresentationPart(id, programme, demo, live)
}

/** Tells what happens to a live presentation: all of it in the log, what was lost as errors, the rest as warnings. */
class LiveReports {
  readonly #host: PartHost
  readonly #lost: FirstReports
  readonly #others: FirstReports

  constructor(host: PartHost) {
    this.#host = host
    this.#lost = new FirstReports((error) => host.problem(error, 'error'))
    this.#others = new FirstReports((error) => host.problem(error, 'warning'))
  }

  add({ kind, sentence, tryThis }: LiveReport): void {
    this.#host.log('send', 'info', sentence)
    const reports = kind === 'lost' ? this.#lost : this.#others
    reports.add({ code: 'source-broke', message: sentence, tryThis })
  }

  end(): void {
    const tryThis = 'The log has each of them (--log send@info).'
    this.#lost.end((more) => ({
      code: 'source-broke',
      message: `${more} more losses of the live presentation.`,
      tryThis,
    }))
    this.#others.end((more) => ({
      code: 'source-broke',
      message: `${more} more things happened to the live presentation without a loss.`,
      tryThis,
    }))
  }
}

/** Gives a broadcast the objects of a DASH or HLS presentation, a folder or a file. */
class PresentationPart implements Part {
  readonly id: string
  readonly programme: Programme
  readonly #sections: readonly AnySection[]
  readonly #live: LiveReports

  constructor(id: string, programme: Programme, demo: boolean, live: LiveReports) {
    this.id = id
    this.programme = programme
    this.#live = live
    this.#sections = [{ name: 'presentation', version: () => 1, read: () => ({ input: programme.spec.input, demo }) }]
  }

  reads(): readonly string[] {
    return this.programme.presentation?.bytes.paths() ?? []
  }

  async start(): Promise<void> {
    this.programme.presentation?.live?.start()
  }

  async run(): Promise<void> {
    this.programme.awaited?.goOn()
  }

  async stop(): Promise<void> {
    // The broadcast reads it.
    this.#live.end()
  }

  async close(): Promise<void> {
    const { presentation, awaited } = this.programme
    await awaited?.close()
    await presentation?.bytes.close()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }
}
