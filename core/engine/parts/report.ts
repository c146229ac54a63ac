import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { junitOf } from '../../inspect/report/junit.ts'
import { isThere, prepareFile, writeWhole } from '../dump.ts'
import type { Receiving } from '../faces/receiving.ts'
import type { ObjectNeeds, Part, PartHost, StopReason } from '../part.ts'
import { sumsOf } from '../receiving/sources.ts'
import { oneReceiver } from './repair.ts'
import type { JunitSpec, ReportSpec } from './report-options.ts'

/** Makes the report's folder. @throws AppFailure folder-not-writable | disk-full */
export async function openReport(spec: PartSpec, _host: PartHost): Promise<Part> {
  const { id, file } = spec as unknown as ReportSpec
  await prepareFile(file)
  return new ReportPart(id, file, { of: (receiving) => receiving.reportPieces(), hash: true })
}

/** Makes the folder of the JUnit file. @throws AppFailure folder-not-writable | disk-full */
export async function openJunit(spec: PartSpec, _host: PartHost): Promise<Part> {
  const { id, file } = spec as unknown as JunitSpec
  await prepareFile(file)
  return new ReportPart(id, file, {
    of: (receiving) => [junitOf(receiving.report(), receiving.columns.profile)],
    hash: false,
  })
}

/** What is written of a receiver; `hash`: with digests of its objects. */
type Document = { readonly of: (receiving: Receiving) => Iterable<string>; readonly hash: boolean }

/** Writes a document about one receiver when the session ends. */
class ReportPart implements Part {
  readonly id: string
  readonly #file: string
  readonly #document: Document
  #receiving: Receiving | null = null
  #why: StopReason = 'finished'

  constructor(id: string, file: string, document: Document) {
    this.id = id
    this.#file = file
    this.#document = document
  }

  linked(from: Part): void {
    this.#receiving = oneReceiver(this.id, this.#receiving, from)
  }

  async start(): Promise<void> {
    if (this.#receiving !== null) return
    throw new AppFailure(
      'bad-spec',
      `The report ${this.#file} would stay empty: this session only sends, and a report describes what was received.`,
      'Leave the report out; --capture-out keeps what is sent, and inspect reports on it.',
    )
  }

  async stop(why: StopReason): Promise<void> {
    // The report is written in `finish`, when sums are final.
    this.#why = why
  }

  async finish(): Promise<void> {
    if (this.#receiving === null) return
    // A session that failed before its first packet, as by a wrong name, overwrites nothing.
    if (this.#why === 'failed' && sumsOf(this.#receiving.sources).datagrams === 0 && (await isThere(this.#file))) return
    await writeWhole(this.#file, this.#document.of(this.#receiving))
  }

  wants(): 'facts' {
    return 'facts'
  }

  needs(): ObjectNeeds {
    return { hash: this.#document.hash, patched: false }
  }
}
