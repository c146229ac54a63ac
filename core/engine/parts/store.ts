import { join } from 'node:path'
import type { PartSpec } from '../../contract/session-spec.ts'
import { ObjectStore } from '../../files/object-store.ts'
import { Version } from '../../flow/version.ts'
import type { Receiving } from '../faces/receiving.ts'
import type { AnySection, ObjectNeeds, Part, PartHost } from '../part.ts'
import { oneReceiver } from './repair.ts'
import type { StoreSpec } from './store-options.ts'

/** Makes a store, which spills to the session's folder when its memory is full. */
export async function openStore(spec: PartSpec, host: PartHost): Promise<Part> {
  return new StorePart(spec as unknown as StoreSpec, host)
}

/** Keeps objects to inspect, serve and dump. */
class StorePart implements Part {
  readonly id: string
  readonly to: Part[] = []
  readonly store: ObjectStore
  readonly #implied: boolean
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #receiving: Receiving | null = null

  constructor(spec: StoreSpec, host: PartHost) {
    this.id = spec.id
    this.#implied = host.implied
    this.store = new ObjectStore({
      memoryBytes: spec.memoryBytes,
      spillDir: join(host.sessionDir, `objects-${spec.id.replace(/[^\w-]/g, '_')}`),
      maxSegments: spec.maxSegments,
      dumpPatched: spec.keepCorrupt,
      onProblem: (error) => host.problem(error, 'error'),
    })
    this.#sections = [
      {
        name: 'store',
        version: () => this.#version.of(this.store.version, this.store.memoryBytes, this.store.finished ? 1 : 0),
        read: () => ({ memoryBytes: this.store.memoryBytes, finished: this.store.finished }),
      },
    ]
  }

  get input(): ObjectStore {
    return this.store
  }

  get receiving(): Receiving | null {
    return this.#receiving
  }

  linked(from: Part): void {
    this.#receiving = oneReceiver(this.id, this.#receiving, from)
    this.#receiving.objects.keepBy((index, view, start, end) =>
      view === 'served' ? this.store.patchedBytes(index, start, end) : this.store.objectBytes(index, start, end),
    )
    this.#receiving.observe({
      serviceChanged: ({ id, sharesFilesOf }) => {
        if (sharesFilesOf !== null) this.store.share(id, sharesFilesOf)
      },
    })
  }

  link(to: Part): void {
    this.to.push(to)
  }

  async stop(): Promise<void> {
    this.store.finish()
  }

  close(): Promise<void> {
    return this.store.close()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  /** A store behind a gateway wants what the gateway wants. */
  wants(): 'all' | null {
    return this.#implied ? null : 'all'
  }

  needs(): ObjectNeeds {
    return { hash: !this.#implied, patched: true }
  }
}
