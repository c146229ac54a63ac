import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { ServiceId } from '../../contract/ids.ts'
import { SegmentRetention } from '../../files/retention.ts'
import { type ServicePath, ServicePaths, type ServicePlace } from '../../files/service-paths.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../../flow/objects.ts'
import { mediaTypeOf } from '../../http/mime.ts'
import { keptSegments, shiftSegments } from './kept-segments.ts'
import type { OriginFolder } from './origin-folder.ts'

/** A whole file in memory. */
export type OriginFile = {
  readonly state: 'whole'
  readonly path: string
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly contentEncoding: string | null
  readonly etag: string
  readonly modifiedMs: number
  readonly isManifest: boolean
}

/** What has a path: a file that is still coming, or a whole one. */
export type OriginEntry = OriginFile | { readonly state: 'growing'; readonly object: FlowObject }

/** Rules of an origin. */
export type OriginRules = ServicePlace & {
  /** Segments kept of each representation, see `keptSegments`. */
  readonly maxSegments: number
  /** Bytes of files in memory; the oldest go where there are more, media and plain files first. */
  readonly memoryBytes: number
  readonly nowMs: () => number
  readonly warn: (text: string) => void
  /** Where whole files are written; null: they stay in memory. */
  readonly folder: OriginFolder | null
}

/** Files in memory. */
const MAX_FILES = 65_536
/** Of files that are removed for lack of memory one in so many is told. */
const TOLD_EACH = 1000
/** Lanes whose next segment is awaited. */
const MAX_LANES = 4096

/**
 * The files of a live origin: segments can be read while they come, and go once they are older than the rules say. Manifests and
 * initialisation segments stay.
 */
export class OriginFiles implements ObjectSink {
  readonly holds = true
  readonly #rules: OriginRules
  readonly #paths: ServicePaths
  readonly #entries = new Map<string, OriginEntry>()
  readonly #retention: SegmentRetention<ServicePath>
  /** Media and other files in memory, the oldest first: not what clients need to begin. */
  readonly #passing = new Map<string, ServicePath>()
  /** Paths of objects that are coming. */
  readonly #growing = new Map<FlowObject, ServicePath>()
  /** By lane, the path of its next segment; and how many lanes await a path. */
  readonly #expected = new Map<string, string>()
  readonly #awaited = new Map<string, number>()
  readonly #changes = new EventEmitter<{ changed: [] }>()
  readonly #instance = randomBytes(6).toString('base64url')
  #version = 0
  #memoryBytes = 0
  #shift: number | null = null
  #removed = 0
  #toldShift = false
  /** Files removed for lack of memory. */
  #early = 0
  #hasManifest = false

  constructor(rules: OriginRules) {
    this.#rules = rules
    this.#paths = new ServicePaths(rules)
    this.#retention = new SegmentRetention(this.#kept)
    this.#changes.setMaxListeners(0)
  }

  /** Files that are whole, and bytes of those in memory; segments removed since they were old. */
  get counts(): { readonly files: number; readonly memoryBytes: number; readonly removed: number } {
    return { files: this.#version, memoryBytes: this.#memoryBytes, removed: this.#removed }
  }

  /** Path of the manifest; null: a folder of services. */
  get manifest(): string | null {
    return this.#rules.manifest
  }

  find(path: string): OriginEntry | null {
    return this.#entries.get(path) ?? null
  }

  /** Whether a file of this path will come next: the segment behind the newest one, or the manifest before anything has come. */
  expects(path: string): boolean {
    if (path === this.#rules.manifest && !this.#hasManifest) return true
    return this.#awaited.has(path)
  }

  /** Calls the watcher after every change. @returns the function that unsubscribes */
  watch(watcher: () => void): () => void {
    this.#changes.on('changed', watcher)
    return () => this.#changes.off('changed', watcher)
  }

  begun(object: FlowObject): void {
    const { serviceId, name, kind } = object
    if (serviceId === null || name === null) return
    const place = this.#paths.pathOf({ serviceId, name, kind })
    if (place === null) return
    this.#entries.set(place.path, { state: 'growing', object })
    this.#growing.set(object, place)
    this.#expect(`${serviceId}/${object.destination}/${object.channel}`, place.path)
    this.#changes.emit('changed')
  }

  whole(file: FlowFile): void {
    if (!file.complete) return
    const place = this.#paths.pathOf(file)
    if (place === null) return
    const { path } = place
    const { kind, name, lease } = file
    const before = this.#entries.get(path)
    if (before?.state === 'growing') this.#growing.delete(before.object)
    if (path === this.#rules.manifest) this.#hasManifest = true
    this.#forgetBytes(path)
    this.#entries.set(path, {
      state: 'whole',
      path,
      bytes: lease.bytes,
      mediaType: mediaTypeOf(name, file.contentType),
      contentEncoding: file.contentEncoding ?? null,
      etag: `"${this.#instance}-${++this.#version}"`,
      modifiedMs: this.#rules.nowMs(),
      isManifest: kind === 'manifest' || kind === 'playlist',
    })
    this.#memoryBytes += lease.bytes.byteLength
    if (kind === 'manifest' || kind === 'playlist') this.#takeShift(name, lease.bytes)
    if (kind === 'media' || kind === 'file') this.#passing.set(path, place)
    if (kind === 'media') {
      for (const old of this.#retention.add(file, place)) this.#remove(old)
    }
    this.#evict()
    this.#store(path)
    this.#changes.emit('changed')
  }

  lost(object: FlowObject): void {
    const place = this.#growing.get(object)
    if (place === undefined) return
    this.#growing.delete(object)
    const entry = this.#entries.get(place.path)
    if (entry?.state === 'growing' && entry.object === object) {
      this.#entries.delete(place.path)
      place.forget()
    }
    this.#changes.emit('changed')
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    this.#paths.renumbered(former, serviceId)
    this.#retention.renumbered(former, serviceId)
    if (this.#rules.manifest !== null) return
    const prefix = `service${former}/`
    const renamed = (path: string): string => `service${serviceId}/${path.slice(prefix.length)}`
    for (const [path, entry] of [...this.#entries]) {
      if (!path.startsWith(prefix)) continue
      this.#entries.delete(path)
      this.#entries.set(renamed(path), entry)
    }
    for (const [object, place] of this.#growing)
      if (place.path.startsWith(prefix)) this.#growing.set(object, { ...place, path: renamed(place.path) })
  }

  busy(): Promise<void> | null {
    return this.#rules.folder?.busy() ?? null
  }

  get #kept(): number {
    const { folder, maxSegments } = this.#rules
    return keptSegments(folder === null ? 'memory' : 'disk', maxSegments, this.#shift)
  }

  #takeShift(name: string, bytes: Uint8Array): void {
    const shift = shiftSegments(name, bytes)
    if (shift === null) return
    this.#shift = shift
    this.#retention.maxSegments = this.#kept
    const { folder, warn } = this.#rules
    if (folder !== null || this.#toldShift || this.#kept >= shift) return
    this.#toldShift = true
    warn(`Clients may miss segments: the manifest offers ${shift} of each representation, and ${this.#kept} are kept.`)
  }

  /** The name of the next segment of a channel, where its names are numbered. */
  #expect(lane: string, path: string): void {
    const [, before = '', number = '', after = ''] = /^(.*?)(\d{1,15})([^\d/]*\.\w+)$/.exec(path) ?? []
    if (number === '') return
    const next = `${before}${String(Number(number) + 1).padStart(number.length, '0')}${after}`
    this.#expectNoMore(lane)
    this.#expected.set(lane, next)
    this.#awaited.set(next, (this.#awaited.get(next) ?? 0) + 1)
    const [oldest] = this.#expected.keys()
    if (this.#expected.size > MAX_LANES && oldest !== undefined) this.#expectNoMore(oldest)
  }

  #expectNoMore(lane: string): void {
    const path = this.#expected.get(lane)
    if (path === undefined) return
    this.#expected.delete(lane)
    const others = (this.#awaited.get(path) ?? 1) - 1
    if (others === 0) this.#awaited.delete(path)
    else this.#awaited.set(path, others)
  }

  /** Writes a file to the folder, after which it is no longer needed in memory. */
  #store(path: string): void {
    const entry = this.#entries.get(path)
    const { folder } = this.#rules
    if (folder === null || entry?.state !== 'whole') return
    folder.write(path, entry.bytes, () => {
      // A newer one may have taken its place.
      if (this.#entries.get(path) !== entry) return
      this.#forgetBytes(path)
      this.#entries.delete(path)
    })
  }

  #remove(place: ServicePath): void {
    // It may have gone for lack of memory.
    if (this.#rules.folder === null && !this.#entries.has(place.path)) return
    this.#removed++
    place.forget()
    this.#forgetBytes(place.path)
    this.#entries.delete(place.path)
    this.#rules.folder?.remove(place.path)
  }

  #forgetBytes(path: string): void {
    const entry = this.#entries.get(path)
    if (entry?.state === 'whole') this.#memoryBytes -= entry.bytes.byteLength
    this.#passing.delete(path)
  }

  /** Drops the oldest files where those in memory are too many: what passes first, then all but the manifest. */
  #evict(): void {
    if (this.#rules.folder !== null || !this.#isFull) return
    for (const [path, place] of this.#passing) {
      if (!this.#isFull) return
      if (this.#early++ % TOLD_EACH === 0)
        this.#rules.warn(`Too much is in memory: ${place.path} was removed before its time.`)
      this.#remove(place)
      this.#passing.delete(path)
    }
    for (const [path, entry] of this.#entries) {
      if (!this.#isFull) return
      if (path === this.#rules.manifest || entry.state === 'growing') continue
      this.#forgetBytes(path)
      this.#entries.delete(path)
      this.#removed++
    }
  }

  get #isFull(): boolean {
    return this.#memoryBytes > this.#rules.memoryBytes || this.#entries.size > MAX_FILES
  }
}
