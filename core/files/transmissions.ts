import type { ServiceId } from '../contract/ids.ts'
import { renameKey } from '../flow/rename-key.ts'
import type { StoredFile } from './stored-file.ts'

type Begun = { readonly count: number; readonly sinceUs: number }

const FIRST: Begun = { count: 0, sinceUs: Number.NEGATIVE_INFINITY }

/**
 * Which transmission of its service a file is of: each time a sender begins again it uses the names of its media again, for another
 * time line.
 */
export class Transmissions {
  readonly #newest = new Map<ServiceId, Begun>()

  /** @param sinceUs time of the first packet of the new transmission */
  begin(serviceId: ServiceId, sinceUs: number): void {
    this.#newest.set(serviceId, { count: this.count(serviceId) + 1, sinceUs })
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    renameKey(this.#newest, former, serviceId)
  }

  /** How often the sender of a service began again. */
  count(serviceId: ServiceId): number {
    return (this.#newest.get(serviceId) ?? FIRST).count
  }

  /** Whether a file is media of a transmission before the newest one. */
  isFormer({ serviceId, kind, lastTimeUs }: Pick<StoredFile, 'serviceId' | 'kind' | 'lastTimeUs'>): boolean {
    return kind === 'media' && lastTimeUs < (this.#newest.get(serviceId) ?? FIRST).sinceUs
  }
}
