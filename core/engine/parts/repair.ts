import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { FlowFile, ObjectSink } from '../../flow/objects.ts'
import { ObjectFanOut } from '../../flow/tee.ts'
import { Version } from '../../flow/version.ts'
import type { HttpRepair } from '../../repair/http-repair.ts'
import { RepairStage } from '../../repair/repair-stage.ts'
import type { Receiving } from '../faces/receiving.ts'
import { type AnySection, NOTHING, type Part, type PartHost, type PartTraffic } from '../part.ts'
import type { RepairPartSpec } from './repair-options.ts'

/** Time for fetching after the end of a capture, and of a session that ends by its duration or by silence, ms. */
const CAPTURE_END_MS = 60_000
const STOPPED_MS = 2000

/** Makes a repair part, which loads the HTTP client only where it fetches. */
export async function openRepair(spec: PartSpec, _host: PartHost): Promise<Part> {
  return new RepairPart(spec as unknown as RepairPartSpec)
}

/** Patches incomplete objects of a receiver, or fetches their missing bytes, before its sinks take them. */
class RepairPart implements Part {
  readonly id: string
  readonly to: Part[] = []
  readonly #spec: RepairPartSpec
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #receiving: Receiving | null = null
  #fetcher: HttpRepair | null = null
  #stage: RepairStage | null = null
  #readToEnd = false

  constructor(spec: RepairPartSpec) {
    this.id = spec.id
    this.#spec = spec
    this.#sections = [{ name: 'repair', version: () => this.#now(), read: () => this.#fetcher?.state() ?? null }]
  }

  get receiving(): Receiving | null {
    return this.#receiving
  }

  get input(): ObjectSink | null {
    return this.#stage
  }

  linked(from: Part): void {
    this.#receiving = oneReceiver(this.id, this.#receiving, from)
    this.#receiving.observe({
      slsFragment: (serviceId, fragment) => this.#stage?.slsFragment(serviceId, fragment),
    })
    this.#receiving.onAbsent((objects) => this.#stage?.neverCame(objects))
  }

  link(to: Part): void {
    this.to.push(to)
  }

  async start(): Promise<void> {
    const receiving = this.#receiving
    if (receiving === null) return
    const { keepCorrupt, urls = [], allow = [], ...options } = this.#spec
    const spec = { ...options, urls, allow }
    if (spec.mode === 'http') {
      const { HttpRepair } = await import('../../repair/http-repair.ts')
      this.#fetcher = new HttpRepair({ spec, live: receiving.wallClock })
    }
    const files: ObjectSink[] = []
    const stores: ObjectSink[] = []
    for (const to of this.to) {
      const { input } = to
      if (input === undefined || input === null || !('whole' in input)) continue
      if (to.needs?.().patched === true) stores.push(input)
      else files.push(input)
    }
    this.#stage = new RepairStage({
      spec,
      keepCorrupt,
      fetcher: this.#fetcher,
      files: new ObjectFanOut([{ whole: (file: FlowFile) => receiving.files.file(file) }, ...files]),
      store: stores.length === 0 ? null : new ObjectFanOut(stores),
      idle: stores.length === 0 && !(keepCorrupt && files.length > 0),
      observer: {
        objectRepaired: (index, repair) => receiving.observer.objectRepaired(index, repair),
        found: (finding) => receiving.observer.found(finding),
      },
      serversOf: (serviceId) => receiving.services().find(({ id }) => id === serviceId)?.repairServers ?? [],
      usefulUntilUs: (object) => receiving.columns.usefulUntilUs(object),
    })
  }

  ending(): void {
    // Objects cut off by the end of a capture are fetched too; at the end of a live session there is no time for it.
    this.#readToEnd = this.#receiving?.sources.every((source) => source.readToEnd) === true
    if (!this.#readToEnd) this.#stage?.stopFetching()
  }

  async stop(): Promise<void> {
    await this.#stage?.flush(this.#readToEnd ? CAPTURE_END_MS : STOPPED_MS)
    await this.#fetcher?.close()
  }

  flush(): void {
    this.#fetcher?.abortAll()
  }

  traffic(): PartTraffic {
    return {
      given: this.#receiving?.files.amount ?? NOTHING,
      waiting: { items: this.#fetcher?.state().queued ?? 0, bytes: 0 },
    }
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  #now(): number {
    const state = this.#fetcher?.state()
    if (state === undefined) return 0
    const { active, queued, done, failed, bytes, servers } = state
    const requests = servers.reduce((sum, server) => sum + server.requests, 0)
    return this.#version.of(active, queued, done, failed, bytes, servers.length, requests)
  }
}

/** Links a part to its only receiver. @throws AppFailure bad-spec where it has another one already */
export function oneReceiver(id: string, before: Receiving | null, from: Part): Receiving {
  const { receiving } = from
  if (receiving === undefined || receiving === null) {
    throw new AppFailure(
      'bad-spec',
      `${id} takes objects that were received, and ${from.id} receives none.`,
      'Correct the links of the session.',
    )
  }
  if (before !== null && before !== receiving) {
    throw new AppFailure(
      'bad-spec',
      `${id} takes the objects of one receiver, and is linked to several.`,
      'Link all its sources to the same sinks, or give it a part for each.',
    )
  }
  return receiving
}
