import type { BytesView } from '../../../core/contract/object-boxes.ts'
import { engine } from '../../client/engine-client.ts'
import { shownReceiver } from '../../stores/session-store.ts'
import { PAGE_BYTES } from './hex-model.ts'

const MAX_PAGES = 64

/** Bytes of one object, fetched in pages when they become visible. The least recently shown pages are dropped. */
export class BytePages {
  readonly #sessionId: string
  readonly #index: number
  readonly #view: BytesView
  readonly #onPage: () => void
  readonly #pages = new Map<number, Uint8Array | 'asked' | 'failed'>()

  constructor(sessionId: string, index: number, view: BytesView, onPage: () => void) {
    this.#sessionId = sessionId
    this.#index = index
    this.#view = view
    this.#onPage = onPage
  }

  /** Value of a byte; -2: not fetched. */
  at(offset: number): number {
    const page = this.#pages.get(Math.floor(offset / PAGE_BYTES))
    return page instanceof Uint8Array ? (page[offset % PAGE_BYTES] ?? -2) : -2
  }

  /** Fetches the missing pages of `[from, to)`. */
  need(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++) {
      const known = this.#pages.get(page)
      if (known === undefined) this.#ask(page)
      else if (known instanceof Uint8Array) {
        this.#pages.delete(page)
        this.#pages.set(page, known)
      }
    }
  }

  /** Drops pages with gaps, after more of the object arrived. */
  forget(): void {
    this.#pages.clear()
  }

  #ask(page: number): void {
    this.#pages.set(page, 'asked')
    engine()
      .call(
        'objectBytes',
        this.#sessionId,
        this.#index,
        page * PAGE_BYTES,
        (page + 1) * PAGE_BYTES,
        shownReceiver(),
        this.#view,
      )
      .then((bytes) => {
        this.#pages.set(page, bytes)
        const oldest = this.#pages.keys().next().value
        if (this.#pages.size > MAX_PAGES && oldest !== undefined) this.#pages.delete(oldest)
      })
      .catch(() => this.#pages.set(page, 'failed'))
      .finally(this.#onPage)
  }
}
