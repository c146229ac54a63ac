import { withoutCredentials } from '../contract/shown-url.ts'
import type { RepairServerSnapshot } from '../contract/snapshot.ts'
import { BoundedMap, BoundedSet } from '../flow/bounded-map.ts'
import type { RepairServer } from '../flow/facts.ts'
import type { ListedFacts } from '../flow/objects.ts'
import type { HostRule } from '../http/client/host-rule.ts'
import type { HttpClock } from '../http/client/http-clock.ts'
import { addressOn, httpAddress, type Resource } from './resource-url.ts'

/** Mismatches in a row after which a server is refused. */
const MAX_MISMATCHES = 3
/** Failures in a row after which a server rests for `REST_MS`. */
const MAX_FAILURES = 3
const REST_MS = 30_000
/** Answers in a row that it is busy (503 …) after which a server rests too. */
const MAX_BUSY = 33
/** Bound on addresses of a server that are remembered as absent. */
const MAX_ABSENT = 4096
/** Bound on known servers; signalling may name any number. */
const MAX_SERVERS = 64

/** One server and its behaviour so far. */
export class KnownServer {
  readonly url: string
  /** Without user name and password. */
  readonly shownUrl: string
  requests = 0
  bytes = 0
  problem: string | null = null
  /** False after it answered a range request with the whole file. */
  ranges = true
  #mismatches = 0
  #failures = 0
  #busy = 0
  #restsUntilMs = 0
  /** The server itself asked for this rest. */
  #restAsked = false
  readonly #absent = new BoundedSet<string>(MAX_ABSENT)

  constructor(url: string) {
    this.url = url
    this.shownUrl = withoutCredentials(url)
  }

  /** It must not be asked. */
  forbid(reason: string): void {
    this.problem = reason
    this.#mismatches = MAX_MISMATCHES
  }

  /** Its answer was consistent. */
  worked(): void {
    this.#failures = 0
    this.#busy = 0
    this.#mismatches = 0
  }

  /** Its answer contradicts itself, the request or the received bytes. */
  mismatched(reason: string): void {
    this.problem = reason
    this.#mismatches++
  }

  failed(reason: string, nowMs: number): void {
    this.problem = reason
    if (++this.#failures >= MAX_FAILURES) this.#restsUntilMs = Math.max(this.#restsUntilMs, nowMs + REST_MS)
  }

  /**
   * It answered that it is busy.
   * @param waitMs rest that it asks for; null where it names none
   */
  busy(reason: string, waitMs: number | null, nowMs: number): void {
    this.problem = reason
    this.#busy++
    if (waitMs !== null && waitMs > 0) {
      this.#restAsked = true
      this.#restsUntilMs = Math.max(this.#restsUntilMs, nowMs + waitMs)
    } else if (this.#busy >= MAX_BUSY) {
      // One more answer after the rest.
      this.#busy = MAX_BUSY - 1
      this.#restAsked = true
      this.#restsUntilMs = Math.max(this.#restsUntilMs, nowMs + REST_MS)
    }
  }

  /** It answered 404 or 410: this address is not asked for again. */
  lacks(url: string, reason: string): void {
    this.problem = reason
    this.#absent.add(url)
  }

  /** Whether it answered that this address does not exist. */
  isAbsent(url: string): boolean {
    return this.#absent.has(url)
  }

  /** End of the rest that it asked for; 0 for none. */
  restsUntilMs(nowMs: number): number {
    if (this.#restAsked && nowMs >= this.#restsUntilMs) this.#restAsked = false
    return this.#restAsked ? this.#restsUntilMs : 0
  }

  get refused(): boolean {
    return this.#mismatches >= MAX_MISMATCHES
  }

  isUsable(nowMs: number): boolean {
    if (this.refused || this.restsUntilMs(nowMs) > 0) return false
    if (this.#failures < MAX_FAILURES) return true
    if (nowMs < this.#restsUntilMs) return false
    // One more try after the rest.
    this.#failures = MAX_FAILURES - 1
    return true
  }

  snapshot(): RepairServerSnapshot {
    const { shownUrl: url, requests, bytes, problem } = this
    let state: RepairServerSnapshot['state'] = this.ranges ? 'ready' : 'whole-files'
    if (this.#failures >= MAX_FAILURES || this.#restAsked) state = 'failing'
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
  readonly #hosts: HostRule
  readonly #servers = new BoundedMap<string, KnownServer>(MAX_SERVERS)

  /**
   * @param own the user's servers, tried in order; empty for those in the signalling
   * @param hosts which of those in the signalling may be asked
   */
  constructor(own: readonly string[], clock: HttpClock, hosts: HostRule) {
    this.#own = own
    this.#clock = clock
    this.#hosts = hosts
    for (const url of own) this.#known(url)
  }

  /**
   * Addresses of a resource, in order: the user's servers; else those in its File entry that are still available; else
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
      const address = httpAddress(url)
      const { hostname } = new URL(address ?? 'http://x.invalid')
      const refusal = address === null ? null : this.#hosts.refusal(new URL(address))
      if (refusal !== null)
        server.forbid(`its host ${hostname} ${refusal}; --repair-allow ${hostname} lets Routescope ask it`)
    }
    return server
  }

  /** All usable servers in random order; more weight tends to be earlier. */
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
