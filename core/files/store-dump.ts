import { resolve } from 'node:path'
import type { AppError } from '../contract/app-error.ts'
import type { DumpResult } from '../contract/engine-api.ts'
import type { ServiceId } from '../contract/ids.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { ownBytes } from '../flow/lease.ts'
import { FolderSink } from './folder-sink.ts'
import { readSpilled } from './spill-folder.ts'
import type { StoredBytes, StoredFile } from './stored-file.ts'

/** Files by service, and where their bytes are. */
type Files = {
  services(): readonly ServiceId[]
  list(serviceId: ServiceId): readonly StoredFile[]
  bytesOf(file: StoredFile): StoredBytes
}

/** What of a store is written; `signal` ends it after the file it is writing. */
type DumpChoice = { readonly patched: boolean; readonly signal: AbortSignal | undefined }

/**
 * Writes every file as `DIR/serviceN/<name>`, exactly as a FolderSink that saw them arrive would have.
 * @throws AppFailure folder-not-writable | disk-full
 */
export async function dumpFiles(store: Files, dir: string, { patched, signal }: DumpChoice): Promise<DumpResult> {
  let problem: AppError | null = null
  const sink = new FolderSink({
    dir,
    maxSegments: 0,
    onProblem: (error) => {
      problem ??= error
    },
  })
  await sink.open()
  for (const serviceId of store.services()) {
    for (const file of store.list(serviceId)) {
      if (file.patched !== undefined && !patched) continue
      const bytes = await load(store, file)
      if (bytes !== null) sink.whole({ ...file, lease: ownBytes(bytes) })
      const wait = sink.busy()
      if (wait !== null) await wait
      if (problem !== null || signal?.aborted) break
    }
  }
  const { files, bytes } = await sink.close()
  if (problem !== null) {
    const { code, message, tryThis, cause } = problem as AppError
    throw new AppFailure(code, message, tryThis, cause)
  }
  return { dir: resolve(dir), files, bytes }
}

async function load(store: Files, file: StoredFile): Promise<Uint8Array | null> {
  const stored = store.bytesOf(file)
  if (stored === null) return null
  return 'bytes' in stored ? stored.bytes : readSpilled(stored.path)
}
