import type { ServiceId } from '../contract/ids.ts'
import type { RepairSpec } from '../contract/session-spec.ts'
import { channelWord } from '../flow/carriers.ts'
import type { AbsentObject, ReceiveObserver, RepairServer } from '../flow/facts.ts'
import { type FindingFacts, placeAt } from '../flow/findings.ts'
import { ownBytes } from '../flow/lease.ts'
import type { FlowFile } from '../flow/objects.ts'
import { manifestKind } from '../receive/lct/channel-names.ts'
import type { HttpRepair } from './http-repair.ts'
import type { Backoff } from './post-file-repair.ts'
import type { FetchOutcome } from './repair-job.ts'

/** Options of `AbsentFetches`. */
export type AbsentFetchesOptions = {
  readonly spec: RepairSpec
  readonly fetcher: HttpRepair
  readonly observer: Pick<ReceiveObserver, 'found'>
  readonly serversOf: (serviceId: ServiceId) => readonly RepairServer[]
  readonly backoffOf: (serviceId: ServiceId) => Backoff
  readonly deliver: (file: FlowFile) => void
}

/** Objects waiting or being fetched at a time. */
const MAX_FETCHING = 64
/** Fetches started per window of stream time, µs: a server is no substitute for a channel that is off air. */
const MAX_BEGUN = 64
const WINDOW_US = 10_000_000

/**
 * Fetches announced objects of which no packet arrived: segments the manifest lists between two received ones, and
 * files of a table. Bounded in number and rate; expired objects are left out.
 */
export class AbsentFetches {
  readonly #options: AbsentFetchesOptions
  /** Number in the fetcher by service and name: negative, since object rows are not. */
  readonly #fetching = new Map<string, number>()
  #next = -1
  #windowUs = Number.NEGATIVE_INFINITY
  #begun = 0

  constructor(options: AbsentFetchesOptions) {
    this.#options = options
  }

  take(objects: readonly AbsentObject[]): void {
    const wanted = objects.filter((object) => this.#isAnywhere(object))
    // Of too many, the newest are still of use to players.
    const left = wanted.slice(0, Math.max(0, wanted.length - this.#room(wanted)))
    for (const object of wanted.slice(left.length)) this.#fetch(object)
    const [first] = left
    if (first === undefined) return
    this.#found(first, { kind: 'fetchesRefused', name: first.name, others: left.length - 1 })
  }

  /** It arrived on air after all. */
  arrived(serviceId: ServiceId, name: string): void {
    if (this.#fetching.size === 0) return
    const index = this.#fetching.get(`${serviceId} ${name}`)
    if (index !== undefined) this.#options.fetcher.cancel(index)
  }

  /** Fetches that may start now. */
  #room([first]: readonly AbsentObject[]): number {
    if (first === undefined) return 0
    if (Math.abs(first.noticedUs - this.#windowUs) >= WINDOW_US) {
      this.#windowUs = first.noticedUs
      this.#begun = 0
    }
    return Math.max(0, Math.min(MAX_BEGUN - this.#begun, MAX_FETCHING - this.#fetching.size))
  }

  #isAnywhere({ serviceId, listed }: AbsentObject): boolean {
    const { spec, serversOf } = this.#options
    if (spec.urls.length > 0 || (listed?.alternateLocations.length ?? 0) > 0) return true
    return serversOf(serviceId).some(({ weight }) => weight > 0)
  }

  #fetch(object: AbsentObject): void {
    const { fetcher, serversOf, backoffOf } = this.#options
    const { serviceId, name, sizeBytes, encoded, listed, noticedUs, usefulUntilUs } = object
    const key = `${serviceId} ${name}`
    if (this.#fetching.has(key) || !fetcher.admits(sizeBytes ?? 0)) return
    const wanted = {
      index: this.#next,
      name,
      size: sizeBytes,
      received: 0,
      bytes: new Uint8Array(0),
      missing: sizeBytes === null || sizeBytes === 0 ? [] : [[0, sizeBytes] as const],
      encoded,
      isBoxes: false,
      listed,
      servers: serversOf(serviceId),
      // Its silence has already passed.
      backoff: { ...backoffOf(serviceId), silentMs: 0 },
      lastTimeUs: noticedUs,
      usefulUntilUs,
    }
    if (!fetcher.fetch(wanted, (outcome) => this.#fetched(key, object, wanted.index, outcome))) return
    this.#fetching.set(key, wanted.index)
    this.#next--
    this.#begun++
  }

  #fetched(key: string, object: AbsentObject, index: number, outcome: FetchOutcome | null): void {
    this.#fetching.delete(key)
    if (outcome === null) return
    if (!outcome.whole) {
      const { name } = object
      this.#found(object, { kind: 'objectUnrepaired', name, reason: outcome.reason, absent: true })
      return
    }
    const { serviceId, name, contentType, carrier, representation, noticedUs } = object
    const { filled: bytes, urls } = outcome
    this.#found(object, { kind: 'objectRepaired', name, bytes, urls, absent: true })
    this.#options.deliver({
      serviceId,
      name,
      contentType,
      kind: manifestKind(name, contentType) ?? object.kind,
      lease: ownBytes(outcome.content),
      objectIndex: index,
      carrier: { kind: 'http', url: outcome.urls[0] ?? name },
      lane: channelWord(carrier),
      representation,
      complete: true,
      missing: [],
      firstTimeUs: noticedUs,
      lastTimeUs: noticedUs,
    })
  }

  #found({ serviceId: service, carrier, noticedUs }: AbsentObject, facts: FindingFacts): void {
    this.#options.observer.found({ ...facts, ...placeAt(noticedUs, 0, { service, carrier }) })
  }
}
