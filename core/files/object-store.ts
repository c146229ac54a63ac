import type { AppError } from '../contract/app-error.ts'
import type { DumpResult } from '../contract/engine-api.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { Lease } from '../flow/lease.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../flow/objects.ts'
import { renameKey } from '../flow/rename-key.ts'
import { ContentMemory, isGone, type StoredContent } from './content-memory.ts'
import { keptBytes } from './kept-bytes.ts'
import { SegmentRetention } from './retention.ts'
import { ServiceFiles } from './service-files.ts'
import { SpillFolder } from './spill-folder.ts'
import { dumpFiles } from './store-dump.ts'
import type { Found, LostObject, StoredBytes, StoredFile } from './stored-file.ts'
import { Transmissions } from './transmissions.ts'

/** Settings of a store. */
export type ObjectStoreOptions = {
  /** Bytes of content kept in memory; more spills to files, oldest first. */
  readonly memoryBytes: number
  /** Folder made when first needed, removed by `close`. */
  readonly spillDir: string
  /** Media segments kept per representation; 0 keeps all. */
  readonly maxSegments: number
  /** `dump` writes patched files too, as it does other incomplete ones. */
  readonly dumpPatched?: boolean
  /** Called once, when content cannot be spilled and is dropped. */
  readonly onProblem?: (error: AppError) => void
}

/** Files from this size on give their memory back; the facts of shorter ones would cost more than it. */
const LEAST_HELD_BYTES = 64 << 10

/** Earlier contents of manifests and other files kept for the inspector. */
const SUPERSEDED = 256

/**
 * Keeps the objects of a session, by service and name and by row: for the gateway, the inspector and the dump. Objects
 * still arriving are visible by name. The store keeps the bytes without a copy, and gives the memory of media that nobody
 * has read back to the receiver once it has spilled them.
 */
export class ObjectStore implements ObjectSink {
  readonly holds = true
  readonly #options: ObjectStoreOptions
  readonly #services = new Map<ServiceId, ServiceFiles<StoredContent>>()
  /** What arrived, by row of the session's columns; null where one object contains several files. */
  readonly #byIndex = new Map<number, StoredContent | FlowObject | null>()
  /** Patched files, which are served in place of what arrived; by row. */
  readonly #patched = new Map<number, StoredContent>()
  /** Objects of which a reader may have views. */
  readonly #read = new WeakSet<FlowObject>()
  readonly #superseded: StoredContent[] = []
  readonly #retention: SegmentRetention<{ file: StoredFile; entry: StoredContent }>
  readonly #watchers = new Set<() => void>()
  readonly #memory: ContentMemory
  /** For a service, another one whose files it shares. */
  readonly #shared = new Map<ServiceId, ServiceId>()
  readonly #transmissions = new Transmissions()
  #version = 0
  #finished = false

  constructor(options: ObjectStoreOptions) {
    this.#options = options
    this.#retention = new SegmentRetention(options.maxSegments)
    this.#memory = new ContentMemory(options.memoryBytes, new SpillFolder(options.spillDir, options.onProblem))
  }

  /** True once the source has ended. */
  get finished(): boolean {
    return this.#finished
  }

  /** Grows with every change of what `find` and `list` return. */
  get version(): number {
    return this.#version
  }

  /** Content bytes in memory. */
  get memoryBytes(): number {
    return this.#memory.bytes
  }

  /** Called once the source has ended and the receiver is closed: missing files will not arrive. */
  finish(): void {
    this.#finished = true
    this.#changed()
  }

  begun(object: FlowObject): void {
    this.#byIndex.set(object.index, object)
    if (object.serviceId !== null && object.name !== null)
      this.#named(object.serviceId, object.name).live.set(object.name, object)
    this.#changed()
  }

  whole(file: FlowFile): void {
    const { lease, ...facts } = file
    const { bytes } = lease
    const service = this.#named(file.serviceId, file.name)
    const stored: StoredFile = { ...facts, size: bytes.byteLength, version: this.#version + 1 }
    const before = service.ready.get(file.name)
    if (before?.file != null && !isGone(before) && !this.#replaces(file, before.file)) return
    const entry = this.#keep(file.objectIndex, bytes, stored, this.#heldLease(file))
    service.ready.set(file.name, entry)
    service.live.delete(file.name)
    service.lost.delete(file.name)
    service.expired.delete(file.name)
    if (before !== undefined) this.#supersede(before)
    if (file.kind === 'media') {
      for (const old of this.#retention.add(file, { file: stored, entry }))
        this.#expire(old.file.serviceId, old.file.name, old.entry)
    }
    this.#changed()
  }

  lost(object: FlowObject): void {
    const missing = object.missing()
    const entry = this.#keep(object.index, object.lease(0, keptBytes(object, missing)).bytes, null, null)
    if (this.#options.maxSegments > 0) this.#supersede(entry)
    if (object.serviceId !== null && object.name !== null) {
      const service = this.#named(object.serviceId, object.name)
      const { index, name, kind, state, size, received, firstTimeUs, lastTimeUs } = object
      if (service.live.get(name) === object) service.live.delete(name)
      service.lost.set(name, { index, name, kind, state, size, received, missing, firstTimeUs, lastTimeUs })
    }
    this.#changed()
  }

  restarted(serviceId: ServiceId, sinceUs: number): void {
    this.#transmissions.begin(serviceId, sinceUs)
    // These names mean other objects now.
    this.#services.get(serviceId)?.lost.clear()
    this.#services.get(serviceId)?.expired.clear()
    this.#changed()
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    for (const { file } of this.#services.get(former)?.ready.values() ?? [])
      if (file !== null) file.serviceId = serviceId
    renameKey(this.#services, former, serviceId)
    renameKey(this.#shared, former, serviceId)
    this.#transmissions.renumbered(former, serviceId)
    this.#retention.renumbered(former, serviceId)
    this.#changed()
  }

  busy(): Promise<void> | null {
    return this.#memory.busy()
  }

  /** Makes files of `from` available to `serviceId` too: those of a configuration session for all services (DVB-MABR). */
  share(serviceId: ServiceId, from: ServiceId): void {
    if (this.#shared.get(serviceId) === from || serviceId === from) return
    this.#shared.set(serviceId, from)
    this.#changed()
  }

  /** Finds the content of a name, by any spelling of its address. */
  find(serviceId: ServiceId, name: string): Found {
    const found = this.#findOwn(serviceId, name)
    const from = this.#shared.get(serviceId)
    return found.state === 'unknown' && from !== undefined ? this.#findOwn(from, name) : found
  }

  #findOwn(serviceId: ServiceId, wanted: string): Found {
    const service = this.#services.get(serviceId)
    if (service === undefined) return { state: 'unknown' }
    const name = service.nameOf(wanted)
    const entry = service.ready.get(name)
    if (entry?.file != null && (this.#finished || !this.#transmissions.isFormer(entry.file)))
      return isGone(entry) ? { state: 'expired' } : { state: 'ready', file: entry.file }
    const object = service.live.get(name)
    if (object?.state === 'receiving') {
      this.#read.add(object)
      return { state: 'receiving', object }
    }
    // The object ended without a file: its content could not be read.
    if (object !== undefined) service.live.delete(name)
    const lost = service.lost.get(name)
    if (lost !== undefined) return { state: 'lost', lost }
    return { state: service.expired.has(name) ? 'expired' : 'unknown' }
  }

  /** Services that have sent anything, in order of number. */
  services(): ServiceId[] {
    return [...this.#services.keys()].sort((a, b) => a - b)
  }

  /** Files of a service, in the order their names first arrived. */
  list(serviceId: ServiceId): StoredFile[] {
    const files: StoredFile[] = []
    for (const entry of this.#services.get(serviceId)?.ready.values() ?? [])
      if (entry.file !== null && !isGone(entry)) files.push(entry.file)
    return files
  }

  /** Number of the files of a service; `most` ends the counting. */
  count(serviceId: ServiceId, most = Number.POSITIVE_INFINITY): number {
    let count = 0
    for (const entry of this.#services.get(serviceId)?.ready.values() ?? []) {
      if (count >= most) break
      if (entry.file !== null && !isGone(entry)) count++
    }
    return count
  }

  /** Files that `find` finds for a service: its own, and those it shares. */
  available(serviceId: ServiceId): StoredFile[] {
    const from = this.#shared.get(serviceId)
    return from === undefined ? this.list(serviceId) : [...this.list(serviceId), ...this.list(from)]
  }

  /** As `available`, of the newest transmission: of media, what its sender sent since it last began again. */
  current(serviceId: ServiceId): StoredFile[] {
    const all = this.available(serviceId)
    const current = all.filter((file) => !this.#transmissions.isFormer(file))
    // A sender that began again at the very end: what came before can be played.
    const isEmpty = this.#finished && !current.some(({ kind }) => kind === 'media')
    return isEmpty ? all : current
  }

  /** How often the sender of a service began again. */
  restartsOf(serviceId: ServiceId): number {
    return this.#transmissions.count(serviceId)
  }

  /** Facts of the objects of a service that are arriving; `find` gives their bytes. */
  live(serviceId: ServiceId): Pick<FlowObject, 'index' | 'name' | 'kind' | 'size' | 'received'>[] {
    const objects = this.#services.get(serviceId)?.live.values() ?? []
    return [...objects].filter((object) => object.state === 'receiving')
  }

  /** Lost objects of a service, by name. */
  lostObjects(serviceId: ServiceId): LostObject[] {
    return [...(this.#services.get(serviceId)?.lost.values() ?? [])]
  }

  /** Location of a stored file's bytes; null when it was replaced or expired meanwhile. */
  bytesOf(file: StoredFile): StoredBytes {
    const entry = this.#services.get(file.serviceId)?.ready.get(file.name)
    if (entry === undefined || entry.file !== file) return null
    return this.#memory.placeOf(entry)
  }

  /** The bytes of a small stored file (a manifest) at once. */
  read(file: StoredFile): Uint8Array | null {
    const entry = this.#services.get(file.serviceId)?.ready.get(file.name)
    return entry === undefined || entry.file !== file ? null : this.#memory.slice(entry, 0, entry.size)
  }

  /**
   * Bytes `[from, to)` of an object that arrived, as far as they are stored; holes read as zeros. Null where nothing is.
   * @param index row of the object in the session's columns
   */
  objectBytes(index: number, from = 0, to = Number.POSITIVE_INFINITY): Uint8Array | null {
    const stored = this.#byIndex.get(index)
    if (stored === undefined || stored === null) return null
    if (!('spilling' in stored)) {
      this.#read.add(stored)
      const end = Math.min(to, keptBytes(stored, stored.missing()))
      return stored.lease(Math.min(from, end), end).bytes
    }
    return this.#memory.slice(stored, Math.min(from, stored.size), Math.min(to, stored.size))
  }

  /** Bytes `[from, to)` of the patched file that is served for an object; null where there is none. */
  patchedBytes(index: number, from = 0, to = Number.POSITIVE_INFINITY): Uint8Array | null {
    const entry = this.#patched.get(index)
    return entry === undefined ? null : this.#memory.slice(entry, Math.min(from, entry.size), Math.min(to, entry.size))
  }

  /** Length of the patched file of an object; null where there is none. */
  patchedSize(index: number): number | null {
    const entry = this.#patched.get(index)
    return entry === undefined || isGone(entry) ? null : entry.size
  }

  /** Number of bytes that `objectBytes` can return. */
  storedBytes(index: number): number {
    const stored = this.#byIndex.get(index)
    if (stored === undefined || stored === null) return 0
    if (!('spilling' in stored)) return keptBytes(stored, stored.missing())
    return isGone(stored) ? 0 : stored.size
  }

  /** Adds a listener for changes. @returns the function that removes it */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /**
   * Writes every file as `DIR/serviceN/<name>`, exactly as a FolderSink that saw them arrive would have.
   * @param signal ends it after the file it is writing
   * @throws AppFailure folder-not-writable | disk-full
   */
  async dump(dir: string, signal?: AbortSignal): Promise<DumpResult> {
    return dumpFiles(this, dir, { patched: this.#options.dumpPatched === true, signal })
  }

  /** Forgets everything and removes the spill folder. */
  async close(): Promise<void> {
    this.#finished = true
    this.#services.clear()
    this.#byIndex.clear()
    this.#patched.clear()
    await this.#memory.close()
    this.#changed()
    this.#watchers.clear()
  }

  #of(serviceId: ServiceId): ServiceFiles<StoredContent> {
    let service = this.#services.get(serviceId)
    if (service === undefined) {
      service = new ServiceFiles()
      this.#services.set(serviceId, service)
    }
    return service
  }

  /** The service of a name that has arrived, or begins to. */
  #named(serviceId: ServiceId, name: string): ServiceFiles<StoredContent> {
    const service = this.#of(serviceId)
    service.named(name)
    return service
  }

  /** A damaged file replaces no whole one, and none of a former transmission one of the newest. */
  #replaces(file: FlowFile, before: StoredFile): boolean {
    const [isFormer, wasFormer] = [this.#transmissions.isFormer(file), this.#transmissions.isFormer(before)]
    return isFormer === wasFormer ? file.complete || !before.complete : wasFormer
  }

  #changed(): void {
    this.#version++
    for (const watcher of this.#watchers) watcher()
  }

  /**
   * The lease of a file whose memory is to be given back: of media that began here and were read by nobody. Every file is
   * held: what this store does not give back, no other gives back either.
   */
  #heldLease({ lease, objectIndex, complete }: FlowFile): Lease | null {
    if (lease.bytes.byteLength < LEAST_HELD_BYTES) return null
    lease.hold?.()
    const object = this.#byIndex.get(objectIndex)
    const isUnread = object !== undefined && object !== null && !('spilling' in object) && !this.#read.has(object)
    return isUnread && complete ? lease : null
  }

  #keep(index: number, bytes: Uint8Array, file: StoredFile | null, lease: Lease | null): StoredContent {
    const entry: StoredContent = { index, size: bytes.byteLength, file, bytes, spilled: null, spilling: false, lease }
    const stored = this.#byIndex.get(index)
    if (file?.patched !== undefined) this.#patched.set(index, entry)
    else {
      // A corrupt file that is kept replaces its lost object.
      const shared = stored === null || (stored !== undefined && 'spilling' in stored && stored.file !== null)
      this.#byIndex.set(index, shared ? null : entry)
    }
    this.#memory.keep(entry)
    return entry
  }

  #expire(serviceId: ServiceId, name: string, entry: StoredContent): void {
    const service = this.#of(serviceId)
    if (service.ready.get(name) !== entry) return
    service.ready.delete(name)
    service.expired.add(name)
    this.#drop(entry)
  }

  #supersede(entry: StoredContent): void {
    if (entry.file?.kind === 'media' || entry.file?.kind === 'init') {
      this.#drop(entry)
      return
    }
    this.#superseded.push(entry)
    const oldest = this.#superseded.length > SUPERSEDED ? this.#superseded.shift() : undefined
    if (oldest !== undefined) this.#drop(oldest)
  }

  #drop(entry: StoredContent): void {
    if (this.#byIndex.get(entry.index) === entry) this.#byIndex.delete(entry.index)
    if (this.#patched.get(entry.index) === entry) this.#patched.delete(entry.index)
    this.#memory.drop(entry)
  }
}
