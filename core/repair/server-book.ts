import { withoutCredentials } from '../contract/shown-url.ts'
import type { RepairServerSnapshot } from '../contract/snapshot.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { RepairServer } from '../flow/facts.ts'
import type { ListedFacts } from '../flow/objects.ts'
import type { HttpClock } from '../http/client/http-clock.ts'
import { addressOn, httpAddress, type Resource } from './resource-url.ts'

/** Mismatches in a row after which a server is not asked any more. */
const MAX_MISMATCHES = 3
/** Failures in a row after which a server is not asked for `REST_MS`. */
const MAX_FAILURES = 3
const REST_MS = 30_000
/** Servers known at a time; signalling may name any number. */
const MAX_SERVERS = 64

/** One server and how it has behaved so far. */
export class KnownServer {
  readonly url: string
  /** Without the user name and password that it may hold. */
  readonly shownUrl: string
  requests = 0
  bytes = 0
  problem: string | null = null
  /** False once it answered a request for a range with everything. */
  ranges = true
  #mismatches = 0
  #failures = 0
  #restsUntilMs = 0

  constructor(url: string) {
    this.url = url
    this.shownUrl = withoutCredentials(url)
  }

  /** It answered, and nothing in the answer contradicts another thing. */
  worked(): void {
    this.#failures = 0
    this.#mismatches = 0
  }

  /** Its answer contradicts itself, the request or what was received. */
  mismatched(reason: string): void {
    this.problem = reason
    this.#mismatches++
  }

  failed(reason: string, nowMs: number): void {
    this.problem = reason
    if (++this.#failures >= MAX_FAILURES) this.#restsUntilMs = nowMs + REST_MS
  }

  get refused(): boolean {
    return this.#mismatches >= MAX_MISMATCHES
  }

  isUsable(nowMs: number): boolean {
    if (this.refused) return false
    if (this.#failures < MAX_FAILURES) return true
    if (nowMs < this.#restsUntilMs) return false
    // One more try after that.
    this.#failures = MAX_FAILURES - 1
    return true
  }

  snapshot(): RepairServerSnapshot {
    const { shownUrl: url, requests, bytes, problem } = this
    let state: RepairServerSnapshot['state'] = this.ranges ? 'ready' : 'whole-files'
    if (this.#failures >= MAX_FAILURES) state = 'failing'
    if (this.refused) state = 'refused'
    return { url, state, requests, bytes, problem }
  }
}

/** A server and the address that a resource has on it. */
export type Place = { readonly server: KnownServer; readonly url: string }

/** The servers of a session, and which of them may have an object. */
export class ServerBook {
  readonly #own: readonly string[]
  readonly #clock: HttpClock
  readonly #servers = new BoundedMap<string, KnownServer>(MAX_SERVERS)

  /** @param own the user's servers, tried in order; empty for those that signalling names */
  constructor(own: readonly string[], clock: HttpClock) {
    this.#own = own
    this.#clock = clock
    for (const url of own) this.#known(url)
  }

  /**
   * Where to ask for a resource, in order: the user's servers; else what its File entry names, as long as it is there; else
   * those of the service, drawn by weight.
   */
  placesOf(
    resource: Resource,
    listed: Pick<ListedFacts, 'alternateLocations'> | null,
    servers: readonly RepairServer[],
  ): Place[] {
    const places: Place[] = []
    const add = (server: string, url: string | null): void => {
      if (url !== null && !places.some((place) => place.url === url)) places.push({ server: this.#known(server), url })
    }
    if (this.#own.length > 0) {
      for (const url of this.#own) add(url, addressOn(url, null, resource.name))
      return places
    }
    for (const { url, availableUntil } of listed?.alternateLocations ?? []) {
      const until = availableUntil === null ? Number.NaN : Date.parse(availableUntil)
      const address = httpAddress(url)
      if (address !== null && !(until < this.#clock.wallMs())) add(new URL(address).origin, address)
    }
    for (const { url, stripBase } of this.#drawn(servers)) add(url, addressOn(url, stripBase, resource.name))
    return places
  }

  snapshots(): RepairServerSnapshot[] {
    return [...this.#servers.values()].map((server) => server.snapshot())
  }

  #known(url: string): KnownServer {
    let server = this.#servers.get(url)
    if (server === undefined) {
      server = new KnownServer(url)
      this.#servers.set(url, server)
    }
    return server
  }

  /** All that may be asked, in an order by chance in which more weight comes sooner. */
  #drawn(servers: readonly RepairServer[]): RepairServer[] {
    const left = servers.filter((server) => server.weight > 0)
    const order: RepairServer[] = []
    while (left.length > 0) {
      let ticket = this.#clock.random() * left.reduce((sum, server) => sum + server.weight, 0)
      let at = 0
      while (at < left.length - 1 && ticket >= (left[at] as RepairServer).weight) {
        ticket -= (left[at] as RepairServer).weight
        at++
      }
      order.push(...left.splice(at, 1))
    }
    return order
  }
}
