import { realpath, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AppError } from '../contract/app-error.ts'
import { defined } from '../contract/defined.ts'
import type { ServiceId } from '../contract/ids.ts'
import { FirstReports } from '../failure/first-reports.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { Lease } from '../flow/lease.ts'
import type { FlowFile, ObjectSink } from '../flow/objects.ts'
import { asideName } from './aside.ts'
import type { FileWriterOptions } from './file-writer.ts'
import { FileWriters } from './file-writers.ts'
import { makeFolder } from './make-folder.ts'
import { moveFolder } from './move-folder.ts'
import type { NameTemplate } from './name-template.ts'
import { SegmentRetention } from './retention.ts'
import { PathNames } from './safe-name.ts'
import { ServiceFolders } from './service-folders.ts'
import { writeFailure } from './write-failure.ts'

/** Settings of a folder of received files. */
export type FolderSinkOptions = {
  readonly dir: string
  /** Names below it; absent: `serviceN/<name>`. */
  readonly names?: NameTemplate
  /** Media segments kept per representation; 0 keeps all. */
  readonly maxSegments: number
  /** Makes a folder for each TSI below that of the service. */
  readonly splitTsi?: boolean
  /** Called for each of the first failures, and with the number of others at the end; files written before stay. */
  readonly onProblem: (error: AppError) => void
  readonly startDisk?: FileWriterOptions['startDisk']
}

/** Names whose number is kept. */
const MAX_NUMBERED = 65_536
/** Errors after which nothing more can be written; any other concerns one file. */
const FATAL = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'])

/**
 * Writes received files as `DIR/serviceN/<name>`, or by another template; N is the number of the service in the end. A name appears when its file is whole; an incomplete file that is kept is
 * named `<name>.partial`.
 */
export class FolderSink implements ObjectSink {
  readonly #options: FolderSinkOptions
  /** Paths below each service's folder: every name stays in its own service. */
  readonly #names = new Map<string, PathNames>()
  readonly #sizes = new Map<string, number>()
  /** Names of incomplete files in the folder. */
  readonly #partials = new Set<string>()
  readonly #retention: SegmentRetention<string>
  readonly #folders: ServiceFolders
  /** Number of each name, where the template counts. */
  readonly #numbers = new BoundedMap<string, number>(MAX_NUMBERED)
  #nextNumber = 0
  #root = ''
  #writer: FileWriters | null = null
  #closing = false
  readonly #problems: FirstReports
  #bytes = 0
  #written = 0
  readonly #waiting = { items: 0, bytes: 0 }
  #failed = false

  constructor(options: FolderSinkOptions) {
    this.#options = options
    this.#folders = new ServiceFolders(options.names?.folderOf)
    this.#retention = new SegmentRetention(options.maxSegments)
    this.#problems = new FirstReports(options.onProblem)
  }

  /** Files written, those that replaced others or were removed again included. */
  get written(): number {
    return this.#written
  }

  /** Files that are being written, or wait for it. */
  get waiting(): { readonly items: number; readonly bytes: number } {
    return this.#waiting
  }

  /** Makes the folder. @throws AppFailure folder-not-writable | disk-full */
  async open(): Promise<void> {
    const dir = resolve(this.#options.dir)
    try {
      await makeFolder(dir)
      const root = await realpath(dir)
      // Permission bits do not show read-only mounts and quotas: write a file to find out.
      const probe = join(root, asideName())
      await writeFile(probe, 'x', { flag: 'wx' }).finally(() => rm(probe, { force: true }))
      this.#root = root
      this.#writer = new FileWriters({
        root,
        onError: (error, path) => this.#problem(error, path),
        ...defined({ startDisk: this.#options.startDisk }),
      })
    } catch (error) {
      throw writeFailure(error as NodeJS.ErrnoException, dir)
    }
  }

  whole(file: FlowFile): void {
    const folder = this.#folders.keyOf(file.serviceId)
    const own = this.#ownName(folder, file.name)
    const name = this.#options.splitTsi ? `${folder}/${file.lane}/${own}` : `${folder}/${own}`
    if (file.complete) {
      this.#write(name, file.lease)
      // The whole file replaces the incomplete one.
      if (this.#partials.delete(name)) this.#remove(`${name}.partial`)
    } else {
      this.#partials.add(name)
      this.#write(`${name}.partial`, file.lease)
    }
    if (file.kind !== 'media') return
    const written = file.complete ? name : `${name}.partial`
    for (const expired of this.#retention.add(file, written)) this.#remove(expired)
  }

  /** Name of a file in the folder of its service. */
  #ownName(folder: string, sent: string): string {
    const { names } = this.#options
    if (names?.counts !== true) return names?.fileOf(sent, 0) ?? sent
    const key = `${folder}/${sent}`
    const number = this.#numbers.get(key) ?? this.#nextNumber++
    this.#numbers.set(key, number)
    return names.fileOf(sent, number)
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    const isMoving = this.#folders.unsettled
    this.#folders.renumbered(former, serviceId)
    this.#retention.renumbered(former, serviceId)
    if (!isMoving && this.#folders.unsettled) void this.#settleWhenIdle()
  }

  /** Moves the folders of services with another number as soon as nothing is being written. */
  async #settleWhenIdle(): Promise<void> {
    while (this.#writer !== null && !this.#closing && this.#folders.unsettled) {
      if (this.#writer.idle) this.#settle(this.#root)
      else await this.#writer.drained()
    }
  }

  #settle(root: string): void {
    this.#folders.settle((from, to) => {
      try {
        moveFolder(join(root, from), join(root, to))
      } catch (error) {
        this.#problem(error as NodeJS.ErrnoException, from)
      }
    })
  }

  busy(): Promise<void> | null {
    return this.#writer?.busy() ?? null
  }

  /** Waits for all writes, and counts the files in the folder. */
  async close(): Promise<{ files: number; bytes: number }> {
    this.#closing = true
    await this.#writer?.close()
    this.#settle(this.#root)
    this.#problems.end((more) => ({
      code: 'folder-not-writable',
      message: `${more} more files cannot be written to ${resolve(this.#options.dir)}.`,
      tryThis: 'Choose a folder you may write to.',
    }))
    return { files: this.#sizes.size, bytes: this.#bytes }
  }

  #write(name: string, lease: Lease): void {
    if (this.#writer === null || this.#failed) return
    const size = lease.bytes.byteLength
    this.#waiting.items++
    this.#waiting.bytes += size
    const done = (written: boolean): void => {
      this.#waiting.items--
      this.#waiting.bytes -= size
      if (!written) return
      this.#written++
      this.#bytes += size - (this.#sizes.get(name) ?? 0)
      this.#sizes.set(name, size)
    }
    this.#writer.write(this.#pathOf(name), lease, done)
  }

  #remove(name: string): void {
    this.#writer?.remove(this.#pathOf(name), () => {
      this.#bytes -= this.#sizes.get(name) ?? 0
      this.#sizes.delete(name)
    })
    const slash = name.indexOf('/')
    this.#names.get(name.slice(0, slash))?.forget(name.slice(slash + 1))
    if (name.endsWith('.partial')) this.#partials.delete(name.slice(0, -'.partial'.length))
  }

  /** Path of a file. @param name key of its service's folder, `/`, and the name as it was sent */
  #pathOf(name: string): string {
    const slash = name.indexOf('/')
    const folder = name.slice(0, slash)
    let names = this.#names.get(folder)
    if (names === undefined) {
      names = new PathNames()
      this.#names.set(folder, names)
    }
    return `${this.#folders.nameOf(folder)}/${names.pathOf(name.slice(slash + 1))}`
  }

  #problem(error: NodeJS.ErrnoException, path: string): void {
    // Nothing more is written after a fatal error, and files that were under way fail of the same.
    if (this.#failed) return
    if (FATAL.has(error.code ?? '')) this.#failed = true
    this.#problems.add(writeFailure(error, join(resolve(this.#options.dir), path)).error)
  }
}
