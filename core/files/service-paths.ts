import type { ServiceId } from '../contract/ids.ts'
import type { FlowFile } from '../flow/objects.ts'
import { PathNames } from './safe-name.ts'

/** Where files of services are put on an HTTP server: each in a folder of its service, or one service beside its manifest. */
export type ServicePlace = {
  /** Name that the manifest gets; null: files keep their names, below `serviceN/`. */
  readonly manifest: string | null
  /** Called once for each service that has no place here. */
  readonly leftOut: (serviceId: ServiceId) => void
}

/** The path of a file, and how it becomes free for another name. */
export type ServicePath = { readonly path: string; readonly forget: () => void }

/** Paths of files of services at one place. */
export class ServicePaths {
  readonly #place: ServicePlace
  /** By service: names are their own within one. */
  readonly #names = new Map<ServiceId, PathNames>()
  /** The service of a place with one manifest, once there is one; others are left out. */
  #service: ServiceId | null = null
  readonly #told = new Set<ServiceId>()

  constructor(place: ServicePlace) {
    this.#place = place
  }

  /** Path of a file, its components not encoded; null where its service has no place here. */
  pathOf({ serviceId, name, kind }: Pick<FlowFile, 'serviceId' | 'name' | 'kind'>): ServicePath | null {
    const { manifest, leftOut } = this.#place
    if (manifest !== null) {
      this.#service ??= serviceId
      if (this.#service !== serviceId) {
        if (!this.#told.has(serviceId)) leftOut(serviceId)
        this.#told.add(serviceId)
        return null
      }
    }
    const names = this.#namesOf(serviceId)
    const path = names.pathOf(name)
    const forget = (): void => names.forget(name)
    if (manifest === null) return { path: `service${serviceId}/${path}`, forget }
    const isManifest = kind === 'manifest' && extensionOf(name) === extensionOf(manifest)
    return { path: isManifest ? path.replace(/[^/]*$/, () => manifest) : path, forget }
  }

  /** Signalling gives a service another number. */
  renumbered(former: ServiceId, serviceId: ServiceId): void {
    if (this.#service === former) this.#service = serviceId
    const names = this.#names.get(former)
    if (names === undefined) return
    this.#names.delete(former)
    this.#names.set(serviceId, names)
  }

  #namesOf(serviceId: ServiceId): PathNames {
    let own = this.#names.get(serviceId)
    if (own === undefined) {
      // Names of URLs: on every system those of POSIX.
      own = new PathNames('posix')
      this.#names.set(serviceId, own)
    }
    return own
  }
}

function extensionOf(name: string): string {
  return /\.[^./?#]*(?=[?#]|$)/.exec(name)?.[0].toLowerCase() ?? ''
}
