/*
 * Requests of the page. Players ask what manifests name, by several ways of their own (loaders, clocks, callbacks): all of them
 * end in XMLHttpRequest or fetch, which are guarded here, so that none is forgotten.
 */

/** What a guard replaces. */
export type RequestTarget = {
  XMLHttpRequest: { readonly prototype: Pick<XMLHttpRequest, 'open'> }
  fetch: typeof fetch
  navigator: Pick<Navigator, 'sendBeacon'>
}

/** An address that no request reaches: the request fails like one without a network. */
const NOWHERE = 'blob:refused'

/** While something plays, lets the page ask its own origin and the files of that presentation, and nothing else. */
export class RequestGuard {
  readonly #page: URL
  /** Start of the addresses of each presentation that plays, and what to call when something else was asked for. */
  readonly #playing = new Map<string, (url: string) => void>()

  constructor(page: string) {
    this.#page = new URL(page)
  }

  /**
   * Allows the files of one presentation.
   * @param manifestUrl `…/serviceN/<name>` @param onRefused called with each other address that is asked for
   * @returns a function that forbids them again
   */
  play(manifestUrl: string, onRefused: (url: string) => void): () => void {
    const start = /^.*?\/service\d+\//.exec(new URL(manifestUrl).href)?.[0] ?? manifestUrl
    this.#playing.set(start, onRefused)
    return () => {
      if (this.#playing.get(start) === onRefused) this.#playing.delete(start)
    }
  }

  /** Whether an address may be asked for. */
  allows(reference: string): boolean {
    let url: URL
    try {
      url = new URL(reference, this.#page)
    } catch {
      return false
    }
    if (url.username !== '' || url.password !== '') return false
    if (url.protocol === 'blob:' || url.protocol === 'data:') return true
    if (url.protocol === this.#page.protocol && url.host === this.#page.host) return true
    for (const start of this.#playing.keys()) {
      const clock = start.replace(/service\d+\/$/, 'clock')
      if (url.href.startsWith(start) || url.href === clock) return true
    }
    return false
  }

  /** Replaces the ways to make requests. */
  install(target: RequestTarget): void {
    const { open } = target.XMLHttpRequest.prototype
    const fetched = target.fetch.bind(target)
    const beacon = target.navigator.sendBeacon.bind(target.navigator)
    const passes = (url: string): boolean => this.#passes(url)
    target.XMLHttpRequest.prototype.open = function (
      this: XMLHttpRequest,
      method: string,
      url: string | URL,
      ...rest: unknown[]
    ) {
      const allowed = passes(String(url))
      return Reflect.apply(open, this, [allowed ? method : 'GET', allowed ? url : NOWHERE, ...rest])
    } as XMLHttpRequest['open']
    target.fetch = (input, init) => {
      const url = typeof input === 'object' && 'url' in input ? input.url : String(input)
      return passes(url) ? fetched(input, init) : Promise.reject(new TypeError(`${url} is outside of the broadcast`))
    }
    target.navigator.sendBeacon = (url, data) => passes(String(url)) && beacon(url, data)
  }

  #passes(url: string): boolean {
    // Without a player the page asks for nothing of a broadcast, and its policy is enough.
    if (this.#playing.size === 0 || this.allows(url)) return true
    for (const refused of this.#playing.values()) refused(url)
    return false
  }
}

/** The guard of this page. */
export const requestGuard = new RequestGuard(globalThis.location?.href ?? 'http://localhost/')
