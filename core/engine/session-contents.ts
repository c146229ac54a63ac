import type { SignallingText } from '../contract/engine-api.ts'
import type { BoxField, BytesView, ObjectBoxes } from '../contract/object-boxes.ts'
import type { ObjectDetail, ObjectQuery, ObjectView } from '../contract/object-rows.ts'
import type { ObjectRow } from '../contract/object-table.ts'
import type { Report } from '../contract/report.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { Receiving } from './faces/receiving.ts'
import type { Graph } from './graph.ts'

/** What a session received, as its windows and the command line read it: objects, signalling and report of each receiver. */
export class SessionContents {
  readonly #name: string
  readonly #graph: Graph

  constructor(name: string, graph: Graph) {
    this.#name = name
    this.#graph = graph
  }

  /** @param part as for all: a receiver or a part behind one; absent: the session's first receiver */
  report(part?: string): Report {
    return this.receiving(part).report()
  }

  /** The same as JSON text, made while it is read. */
  reportPieces(part?: string): Iterable<string> {
    return this.receiving(part).reportPieces()
  }

  objectBatch(cursor: number, part?: string): { rows: Uint8Array; total: number; cursor: number } | null {
    return this.#find(part)?.columns.shown.objectBatch(cursor) ?? null
  }

  /** Grows with every object that begins, ends or gets new facts; not while one grows. */
  objectChanges(part?: string): number {
    return this.#find(part)?.columns.objectChanges ?? 0
  }

  queryObjects(query: ObjectQuery, part?: string): ObjectView {
    return this.receiving(part).columns.shown.query(query)
  }

  refreshObjects(viewId: number, part?: string): ObjectView {
    return this.receiving(part).columns.shown.refresh(viewId)
  }

  objectRows(viewId: number, from: number, to: number, part?: string): readonly ObjectRow[] {
    return this.receiving(part).columns.shown.rows(viewId, from, to)
  }

  objectPosition(viewId: number, index: number, part?: string): number {
    return this.receiving(part).columns.shown.position(viewId, index)
  }

  objectDetail(index: number, part?: string): ObjectDetail {
    return this.receiving(part).objects.detail(index)
  }

  objectBytes(index: number, from: number, to: number, part?: string, view: BytesView = 'arrived'): Uint8Array {
    return this.receiving(part).objects.bytes(index, from, to, view)
  }

  objectBoxes(index: number, view: BytesView, part?: string): ObjectBoxes {
    return this.receiving(part).objects.boxes(index, view)
  }

  boxFields(index: number, view: BytesView, offset: number, part?: string): readonly BoxField[] {
    return this.receiving(part).objects.boxFields(index, view, offset)
  }

  signallingText(key: string, part?: string): SignallingText {
    return this.receiving(part).columns.views.signallingText(key)
  }

  /** @throws AppFailure not-supported where nothing is received in it */
  receiving(part?: string): Receiving {
    const receiving = this.#find(part)
    if (receiving === null) {
      throw new AppFailure(
        'not-supported',
        `${part ?? this.#name} only sends; nothing is received in it.`,
        'Open a session that receives.',
      )
    }
    return receiving
  }

  /** The receiver of a part, null where it only sends. What a page leaves out arrives as null. */
  #find(part?: string | null): Receiving | null {
    if (part != null) return this.#graph.receivingOf(part)
    for (const { receiving } of this.#graph.parts) if (receiving) return receiving
    return null
  }

  /** Every receiver once. */
  receivers(): Receiving[] {
    return [...new Set(this.#graph.parts.flatMap(({ receiving }) => receiving ?? []))]
  }

  /** @throws AppFailure not-supported where the session has none */
  store(part?: string): ObjectStore {
    const stores = this.#graph.parts.filter(({ store }) => store)
    const store = (stores.find(({ id }) => id === part) ?? stores[0])?.store
    if (store) return store
    throw new AppFailure('not-supported', 'This session keeps no objects to dump.', 'Start it with a store.')
  }
}
