import type { ServiceId } from '../../contract/ids.ts'
import type { PictureSnapshot } from '../../contract/service-snapshot.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'

/** Services whose pictures are remembered. */
const MAX_SERVICES = 4096
const MAX_PROBLEM = 600

/** How far the players of the windows came with each service: the newest word counts. */
export class Pictures {
  readonly #pictures = new BoundedMap<ServiceId, PictureSnapshot>(MAX_SERVICES)
  #version = 0

  /** Grows with every change. */
  get version(): number {
    return this.#version
  }

  of(serviceId: ServiceId): PictureSnapshot | null {
    return this.#pictures.get(serviceId) ?? null
  }

  take(serviceId: ServiceId, picture: PictureSnapshot): void {
    this.#pictures.set(serviceId, picture)
    this.#version++
  }
}

/** A picture as a window told it, with nothing in it that is none. */
export function parsePicture({ decodedAfterMs, shownAfterMs, soundOnly, problem }: PictureSnapshot): PictureSnapshot {
  return {
    decodedAfterMs: duration(decodedAfterMs),
    shownAfterMs: duration(shownAfterMs),
    soundOnly: soundOnly === true,
    problem: typeof problem === 'string' ? problem.slice(0, MAX_PROBLEM) : null,
  }
}

function duration(ms: unknown): number | null {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? ms : null
}
