import type { AppError } from '../../../core/contract/app-error.ts'
import type { ObjectQuery, ObjectView } from '../../../core/contract/object-rows.ts'
import type { ObjectRow } from '../../../core/contract/object-table.ts'
import { unpackRows } from '../../../core/contract/packed-rows.ts'
import { appErrorOf } from '../../client/call-error.ts'
import type { EngineClient } from '../../client/engine-client.ts'
import { ObjectPages, PAGE_ROWS } from './object-pages.ts'

export type ObjectListState = {
  /** Number of rows of the view. */
  readonly total: number
  /** Error in the filter, which names the term. */
  readonly filterError: string | null
  readonly failed: AppError | null
  /** Number of objects since the view was made, shown on the pill. */
  readonly newer: number
  /** Position of the selected object; -1: hidden or none. */
  readonly selected: number
  /** Incremented when the text of a row may have changed. */
  readonly version: number
  /** False until the first view arrives. */
  readonly ready: boolean
}

/** Jumps further than this within the pause are a dragged scrollbar; rows are fetched when it slows down. */
const FAR_ROWS = 8 * PAGE_ROWS
const DRAG_PAUSE_MS = 60

/**
 * The window's side of a view in the engine: fetched rows, number of new objects, position of the selected object. The rows on
 * the screen stay until the next view arrives, so that nothing flashes.
 */
export class ObjectList {
  readonly #client: EngineClient
  readonly #sessionId: string
  /** Receiver of the objects; undefined: the session's first. */
  readonly #receiver: string | undefined
  readonly #listeners = new Set<() => void>()
  #state: ObjectListState = {
    total: 0,
    filterError: null,
    failed: null,
    newer: 0,
    selected: -1,
    version: 0,
    ready: false,
  }
  #viewId: number | null = null
  #pages = new ObjectPages()
  readonly #fetching = new Set<number>()
  #query: ObjectQuery | null = null
  /** Objects in the session when the view was made, and now. */
  #seen = 0
  #count = 0
  #asked = 0
  #refreshing = false
  #object: number | null = null
  #range: readonly [number, number] = [0, 0]
  #jumpedMs = Number.NEGATIVE_INFINITY
  #later: ReturnType<typeof setTimeout> | undefined

  constructor(client: EngineClient, sessionId: string, receiver?: string) {
    this.#client = client
    this.#sessionId = sessionId
    this.#receiver = receiver
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  readonly state = (): ObjectListState => this.#state

  readonly row = (position: number): ObjectRow | null => this.#pages.row(position)

  /** Requests a view with another filter or order. */
  setQuery(query: ObjectQuery): Promise<void> {
    const before = this.#query
    if (
      before !== null &&
      before.filter === query.filter &&
      before.sort.column === query.sort.column &&
      before.sort.descending === query.sort.descending
    ) {
      return Promise.resolve()
    }
    this.#query = query
    return this.#take(() => this.#client.call('queryObjects', this.#sessionId, query, this.#receiver))
  }

  /** Sets the number of objects in the session. */
  setCount(count: number): void {
    this.#count = count
    const newer = Math.max(0, count - this.#seen)
    if (newer !== this.#state.newer) this.#change({ newer })
  }

  /** Adds the new objects to the view. A refresh during another is ignored. */
  async refresh(): Promise<void> {
    const viewId = this.#viewId
    if (viewId === null || this.#refreshing) return
    this.#refreshing = true
    try {
      await this.#take(() => this.#client.call('refreshObjects', this.#sessionId, viewId, this.#receiver))
    } finally {
      this.#refreshing = false
    }
  }

  /** Sets the range of visible rows, and fetches those that are missing. */
  readonly want = (from: number, to: number): void => {
    const jump = Math.abs(from - this.#range[0]) > FAR_ROWS
    this.#range = [from, Math.min(to, this.#state.total)]
    clearTimeout(this.#later)
    if (jump) {
      const now = performance.now()
      const dragging = now - this.#jumpedMs < DRAG_PAUSE_MS
      this.#jumpedMs = now
      if (dragging) {
        this.#later = setTimeout(() => this.#fetchRange(), DRAG_PAUSE_MS)
        return
      }
    }
    this.#fetchRange()
  }

  #fetchRange(): void {
    const viewId = this.#viewId
    if (viewId === null) return
    for (const page of this.#pages.missing(...this.#range)) void this.#fetch(viewId, page)
  }

  /** Fetches the visible rows again that still change: objects that arrive, and those that signalling has not described yet. */
  async refetchChanging(): Promise<void> {
    const viewId = this.#viewId
    const [from, to] = this.#range
    let first = -1
    let last = -1
    for (let position = from; position < to; position++) {
      if (!isChanging(this.#pages.row(position))) continue
      if (first < 0) first = position
      last = position
    }
    if (viewId === null || first < 0) return
    try {
      const rows = await this.#rows(viewId, first, last + 1)
      if (viewId !== this.#viewId) return
      this.#pages.replace(first, rows)
      this.#change({})
    } catch {
      // The next call fetches them; the connection banner reports a lost engine.
    }
  }

  /** Sets the selected object, and locates it. */
  async setObject(index: number | null): Promise<void> {
    if (index === this.#object) return
    this.#object = index
    await this.#locate()
  }

  /** Selects the object at a known position. */
  selectPosition(position: number): ObjectRow | null {
    const row = this.#pages.row(position)
    if (row !== null) this.#object = row.index
    this.#change({ selected: position })
    return row
  }

  async #take(ask: () => Promise<ObjectView>): Promise<void> {
    this.#asked += 1
    const asked = this.#asked
    const count = this.#count
    try {
      const view = await ask()
      // Fetches the visible rows before the view replaces the current one, which avoids placeholders.
      const pages = new ObjectPages()
      const [from, to] = this.#range
      const wanted = pages.missing(from, Math.max(Math.min(to, view.total), Math.min(view.total, PAGE_ROWS)))
      const rows = await Promise.all(wanted.map((page) => this.#page(view, page)))
      if (asked !== this.#asked) return
      for (const [at, page] of wanted.entries()) pages.put(page, rows[at] ?? [])
      this.#viewId = view.viewId
      this.#pages = pages
      this.#fetching.clear()
      this.#seen = Math.max(count, 0)
      this.#change({
        total: view.total,
        filterError: view.error,
        failed: null,
        newer: Math.max(0, this.#count - this.#seen),
        ready: true,
      })
      await this.#locate()
      this.want(...this.#range)
    } catch (thrown) {
      if (asked === this.#asked) this.#change({ failed: appErrorOf(thrown), ready: true })
    }
  }

  #page(view: Pick<ObjectView, 'viewId' | 'total'>, page: number): Promise<readonly ObjectRow[]> {
    const from = page * PAGE_ROWS
    return this.#rows(view.viewId, from, Math.min(view.total, from + PAGE_ROWS))
  }

  async #rows(viewId: number, from: number, to: number): Promise<readonly ObjectRow[]> {
    return unpackRows(await this.#client.call('objectRows', this.#sessionId, viewId, from, to, this.#receiver))
  }

  async #fetch(viewId: number, page: number): Promise<void> {
    if (this.#fetching.has(page)) return
    this.#fetching.add(page)
    try {
      const rows = await this.#page({ viewId, total: this.#state.total }, page)
      if (viewId !== this.#viewId) return
      this.#pages.put(page, rows)
      this.#fetching.delete(page)
      // The page may have been scrolled out of view.
      const [from, to] = this.#range
      if (page * PAGE_ROWS < to && (page + 1) * PAGE_ROWS > from) this.#change({})
    } catch {
      if (viewId === this.#viewId) this.#fetching.delete(page)
    }
  }

  async #locate(): Promise<void> {
    const viewId = this.#viewId
    const index = this.#object
    if (index === null || viewId === null) {
      this.#change({ selected: -1 })
      return
    }
    try {
      const selected = await this.#client.call('objectPosition', this.#sessionId, viewId, index, this.#receiver)
      if (viewId === this.#viewId && index === this.#object) this.#change({ selected })
    } catch {
      // The view was closed with its session; the next view locates it.
    }
  }

  #change(change: Partial<ObjectListState>): void {
    this.#state = { ...this.#state, ...change, version: this.#state.version + 1 }
    for (const listener of this.#listeners) listener()
  }
}

function isChanging(row: ObjectRow | null): boolean {
  return row !== null && (row.state === 'receiving' || row.role === 'unknown')
}
