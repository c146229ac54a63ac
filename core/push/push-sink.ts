import type { ServiceId } from '../contract/ids.ts'
import { SegmentRetention } from '../files/retention.ts'
import { type ServicePath, ServicePaths, type ServicePlace } from '../files/service-paths.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../flow/objects.ts'
import { mediaTypeOf } from '../http/mime.ts'
import type { Push, PushTarget } from './push-target.ts'

/** Where files go: below folders of their services, or, where the address names a manifest, one service beside it. */
export type PushPlace = ServicePlace & { readonly target: PushTarget }

/** What has a name at one place. */
type Place = { readonly target: PushTarget; readonly paths: ServicePaths }

/** What became of a segment at each place, in their order. */
type Kept = {
  readonly lane: string
  readonly at: readonly (ServicePath | null)[]
}

/** Sends files to servers as they come, and removes segments from them that are no longer kept. */
export class PushSink implements ObjectSink {
  readonly #places: readonly Place[]
  readonly #retention: SegmentRetention<Kept>

  /** @param maxSegments media segments of each representation that stay on the servers; 0: all */
  constructor(places: readonly PushPlace[], maxSegments: number) {
    this.#places = places.map((place) => ({ target: place.target, paths: new ServicePaths(place) }))
    this.#retention = new SegmentRetention(maxSegments)
  }

  begun(object: FlowObject): void {
    const { serviceId, name, kind, contentType, contentEncoding } = object
    // What is packed for the way is unpacked before it is a file.
    if (serviceId === null || name === null || contentEncoding !== null) return
    for (const { target, paths } of this.#places) {
      const place = paths.pathOf({ serviceId, name, kind })
      const headers = { 'Content-Type': mediaTypeOf(name, contentType) }
      if (place !== null) target.begin(encoded(place.path), headers, object)
    }
  }

  lost(object: FlowObject): void {
    for (const { target } of this.#places) target.lost(object)
  }

  whole(file: FlowFile): void {
    if (!file.complete) return
    const lane = `${file.serviceId}/${file.lane}`
    const at = this.#places.map(({ target, paths }) => {
      const place = paths.pathOf(file)
      const push = { ...pushOf(file, lane, encoded(place?.path ?? '')), lease: file.lease }
      if (place !== null) target.whole(push, file.objectIndex)
      return place
    })
    if (file.kind !== 'media') return
    for (const old of this.#retention.add(file, { lane, at })) this.#remove(old)
  }

  #remove({ lane, at }: Kept): void {
    this.#places.forEach(({ target }, index) => {
      const kept = at[index] ?? null
      if (kept === null) return
      kept.forget()
      target.push({ path: encoded(kept.path), lane, headers: {}, lease: null, spare: false })
    })
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    this.#retention.renumbered(former, serviceId)
    for (const { paths } of this.#places) paths.renumbered(former, serviceId)
  }

  busy(): Promise<void> | null {
    for (const { target } of this.#places) {
      const busy = target.busy()
      if (busy !== null) return busy
    }
    return null
  }
}

function pushOf(file: FlowFile, lane: string, path: string): Omit<Push, 'lease'> {
  const { name, contentType, contentEncoding, kind } = file
  const encoding = contentEncoding === undefined ? undefined : { 'Content-Encoding': contentEncoding }
  return {
    path,
    lane,
    headers: { 'Content-Type': mediaTypeOf(name, contentType), ...encoding },
    spare: kind === 'media',
  }
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
