import type { ServiceId } from '../contract/ids.ts'
import { SegmentRetention } from '../files/retention.ts'
import { PathNames } from '../files/safe-name.ts'
import type { FlowFile, ObjectSink } from '../flow/objects.ts'
import { mediaTypeOf } from '../http/mime.ts'
import type { Push, PushTarget } from './push-target.ts'

/** Where files go: below folders of their services, or, where the address names a manifest, one service beside it. */
export type PushPlace = {
  readonly target: PushTarget
  /** Name that the manifest gets; null: files keep their names, below `serviceN/`. */
  readonly manifest: string | null
  /** Called once for each service that has no place here. */
  readonly leftOut: (serviceId: ServiceId) => void
}

/** What has a name at one place. */
type Place = PushPlace & {
  /** By service: names are their own within one. */
  readonly names: Map<ServiceId, PathNames>
  /** The service of a place with one manifest, once there is one; others are left out. */
  service: ServiceId | null
  readonly told: Set<ServiceId>
}

/** What became of a segment at each place, in their order. */
type Kept = {
  readonly name: string
  readonly lane: string
  readonly at: readonly { readonly path: string | null; readonly names: PathNames }[]
}

/** Sends whole files to servers as they come, and removes segments from them that are no longer kept. */
export class PushSink implements ObjectSink {
  readonly #places: readonly Place[]
  readonly #retention: SegmentRetention<Kept>

  /** @param maxSegments media segments of each representation that stay on the servers; 0: all */
  constructor(places: readonly PushPlace[], maxSegments: number) {
    this.#places = places.map((place) => ({ ...place, names: new Map(), service: null, told: new Set() }))
    this.#retention = new SegmentRetention(maxSegments)
  }

  whole(file: FlowFile): void {
    if (!file.complete) return
    const { serviceId, name } = file
    const lane = `${serviceId}/${file.lane}`
    const at = this.#places.map((place) => {
      const names = namesOf(place, serviceId)
      const path = this.#pathOf(place, names, file)
      if (path !== null) place.target.push({ ...pushOf(file, lane, path), lease: file.lease })
      return { path, names }
    })
    if (file.kind !== 'media') return
    for (const old of this.#retention.add(file, { name, lane, at })) this.#remove(old)
  }

  #remove({ name, lane, at }: Kept): void {
    this.#places.forEach(({ target }, index) => {
      const kept = at[index]
      kept?.names.forget(name)
      if (typeof kept?.path === 'string') target.push({ path: kept.path, lane, headers: {}, lease: null, spare: false })
    })
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    this.#retention.renumbered(former, serviceId)
    for (const place of this.#places) {
      if (place.service === former) place.service = serviceId
      const names = place.names.get(former)
      if (names === undefined) continue
      place.names.delete(former)
      place.names.set(serviceId, names)
    }
  }

  busy(): Promise<void> | null {
    for (const { target } of this.#places) {
      const busy = target.busy()
      if (busy !== null) return busy
    }
    return null
  }

  /** Path of a file at a place; null where it has none. */
  #pathOf(place: Place, names: PathNames, { serviceId, name, kind }: FlowFile): string | null {
    const { manifest } = place
    if (manifest === null) return `service${serviceId}/${encoded(names.pathOf(name))}`
    place.service ??= serviceId
    if (place.service !== serviceId) {
      if (!place.told.has(serviceId)) place.leftOut(serviceId)
      place.told.add(serviceId)
      return null
    }
    const path = names.pathOf(name)
    const isManifest = kind === 'manifest' && extensionOf(name) === extensionOf(manifest)
    return encoded(isManifest ? path.replace(/[^/]*$/, () => manifest) : path)
  }
}

function namesOf({ names }: Place, serviceId: ServiceId): PathNames {
  let own = names.get(serviceId)
  if (own === undefined) {
    // Names of URLs: on every system those of POSIX.
    own = new PathNames('posix')
    names.set(serviceId, own)
  }
  return own
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

function extensionOf(name: string): string {
  return /\.[^./?#]*(?=[?#]|$)/.exec(name)?.[0].toLowerCase() ?? ''
}
