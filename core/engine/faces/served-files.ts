import type { ServiceId } from '../../contract/ids.ts'
import type { PictureSnapshot, PlayableSnapshot } from '../../contract/service-snapshot.ts'
import type { Thumbnail } from '../../contract/wall.ts'
import type { ServiceFacts } from '../../flow/facts.ts'
import type { ServedState } from '../../inspect/report/service-state.ts'

/** Server of a receiver's files. */
export type Serving = {
  /** Address of a file; null where it has none. */
  urlOf(serviceId: ServiceId, name: string): string | null
  playable(service: ServiceFacts): PlayableSnapshot | null
  /** A window's player came this far with a service. */
  pictured(serviceId: ServiceId, picture: PictureSnapshot): void
  /** Looks at services for the next seconds. @param atUs stream time, once the session has ended; null: the newest */
  look(services: readonly ServiceId[], atUs: number | null): void
  thumbnail(serviceId: ServiceId): Thumbnail | null
  /** Grows when `playable` changes for another reason than what was received. */
  playableVersion(): number
}

/** Files of a receiver as its server has them; without a server there is nothing. */
export class ServedFiles {
  readonly #services: () => readonly ServiceFacts[]
  #serving: Serving | null = null

  /** @param services of the receiver, with their manifests */
  constructor(services: () => readonly ServiceFacts[]) {
    this.#services = services
  }

  /** Sets the server; the first one is used. */
  serveBy(serving: Serving): void {
    this.#serving ??= serving
  }

  urlOf(serviceId: ServiceId, name: string): string | null {
    return this.#serving?.urlOf(serviceId, name) ?? null
  }

  playable(service: ServiceFacts): ServedState {
    return this.#serving === null ? null : (this.#serving.playable(service) ?? 'awaited')
  }

  playableVersion(): number {
    return this.#serving?.playableVersion() ?? 0
  }

  /** Address of the manifest of a service; null where it has none, or nothing is served. */
  manifestUrl(serviceId: ServiceId): string | null {
    const manifest = this.#services().find(({ id }) => id === serviceId)?.manifest ?? null
    return manifest === null ? null : this.urlOf(serviceId, manifest.name)
  }

  pictured(...picture: Parameters<Serving['pictured']>): void {
    this.#serving?.pictured(...picture)
  }

  look(...asked: Parameters<Serving['look']>): void {
    this.#serving?.look(...asked)
  }

  thumbnail(serviceId: ServiceId): Thumbnail | null {
    return this.#serving?.thumbnail(serviceId) ?? null
  }
}
