import { join } from 'node:path'
import type { DumpResult } from '../contract/engine-api.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { existingOutputs } from '../files/existing-outputs.ts'
import type { FileUse } from '../files/file-clashes.ts'
import type { ObjectStore } from '../files/object-store.ts'
import { writeWhole } from './dump.ts'
import type { Receiving } from './faces/receiving.ts'
import type { Writings } from './writings.ts'

/** The dumps of one session. */
export class SessionDumps {
  readonly #writings: Writings
  readonly #refuseClashes: (written: readonly FileUse[]) => Promise<void>
  readonly #running = new Set<Promise<DumpResult>>()

  /** @param refuseClashes throws where the session or another one reads or writes one of these files */
  constructor(writings: Writings, refuseClashes: (written: readonly FileUse[]) => Promise<void>) {
    this.#writings = writings
    this.#refuseClashes = refuseClashes
  }

  /** Dumps that are being written. */
  get running(): Iterable<Promise<DumpResult>> {
    return this.#running
  }

  /**
   * Writes what is stored as `serviceN/…` and the report below `target`.
   * @param replace files that are there may be overwritten
   * @throws AppFailure folder-not-writable | disk-full | not-supported | file-exists
   */
  async dump(target: string, replace: boolean, store: ObjectStore, receiving: Receiving): Promise<DumpResult> {
    const dumping = this.#dump(target, replace, store, receiving)
    this.#running.add(dumping)
    try {
      return await dumping
    } finally {
      this.#running.delete(dumping)
    }
  }

  async #dump(target: string, replace: boolean, store: ObjectStore, receiving: Receiving): Promise<DumpResult> {
    const writing = this.#writings.begin(target)
    try {
      const written: FileUse[] = [
        { path: target, writes: true, shape: 'folder', name: 'the dump' },
        { path: join(target, 'report.json'), writes: true, shape: 'file', name: 'the report of the dump' },
      ]
      await this.#refuseClashes(written)
      if (!replace) await refuseExisting(written)
      const result = await store.dump(target, writing.signal)
      if (writing.signal.aborted) throw unfinished(target)
      await writeWhole(join(target, 'report.json'), receiving.reportPieces())
      return { ...result, dir: target }
    } finally {
      writing.end()
    }
  }
}

/** Failure of a dump that the end of the engine cut short. */
function unfinished(target: string): AppFailure {
  return new AppFailure(
    'engine-died',
    `The dump to ${target} was left unfinished.`,
    'Open the session, and dump it again.',
  )
}

/** @throws AppFailure file-exists */
export async function refuseExisting(written: readonly FileUse[]): Promise<void> {
  const [first, ...more] = await existingOutputs(written)
  if (first === undefined) return
  throw new AppFailure(
    'file-exists',
    `There is something already at ${first}${more.length === 0 ? '' : ` and ${more.length} more`}.`,
    'Overwrite it, or choose another place.',
  )
}
