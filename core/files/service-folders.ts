import type { ServiceId } from '../contract/ids.ts'

/** The folder of one service: where it is, and where it belongs. */
type ServiceFolder = { is: string; belongs: string }

/**
 * Folders of services by their numbers. A service that gets another number keeps its folder until `settle`, which is called while
 * nothing is being written: writers know a folder by a key that stays.
 */
export class ServiceFolders {
  readonly #keys = new Map<ServiceId, string>()
  readonly #folders = new Map<string, ServiceFolder>()
  readonly #nameOf: (serviceId: ServiceId) => string

  /** @param nameOf name of the folder of a service */
  constructor(nameOf: (serviceId: ServiceId) => string = (serviceId) => `service${serviceId}`) {
    this.#nameOf = nameOf
  }

  /** Key of the folder of a service. */
  keyOf(serviceId: ServiceId): string {
    const known = this.#keys.get(serviceId)
    if (known !== undefined) return known
    const key = String(this.#folders.size)
    const belongs = this.#nameOf(serviceId)
    this.#keys.set(serviceId, key)
    this.#folders.set(key, { is: this.#isTaken(belongs) ? aside(belongs, key) : belongs, belongs })
    return key
  }

  /** Name of the folder of a key, for now. */
  nameOf(key: string): string {
    const folder = this.#folders.get(key)
    if (folder === undefined) throw new RangeError(`no folder ${key}`)
    return folder.is
  }

  /** The number `serviceId` is free, or its service got another one before. */
  renumbered(former: ServiceId, serviceId: ServiceId): void {
    const key = this.#keys.get(former)
    if (key === undefined) return
    this.#keys.delete(former)
    this.#keys.set(serviceId, key)
    const folder = this.#folders.get(key)
    if (folder !== undefined) folder.belongs = this.#nameOf(serviceId)
  }

  /** Some folders are not where they belong. */
  get unsettled(): boolean {
    for (const { is, belongs } of this.#folders.values()) if (is !== belongs) return true
    return false
  }

  /** Moves each folder to where it belongs. @param move of a folder from one name to another */
  settle(move: (from: string, to: string) => void): void {
    for (;;) {
      const away = [...this.#folders].filter(([, { is, belongs }]) => is !== belongs)
      const [first] = away
      if (first === undefined) return
      const next = away.find(([, { belongs }]) => !this.#isTaken(belongs))
      // Those that only exchange their places need another place first.
      const [key, folder] = next ?? first
      const to = next === undefined ? aside(folder.belongs, key) : folder.belongs
      const from = folder.is
      folder.is = to
      move(from, to)
    }
  }

  #isTaken(name: string): boolean {
    for (const { is } of this.#folders.values()) if (is === name) return true
    return false
  }
}

function aside(name: string, key: string): string {
  return `${name}.${key}`
}
