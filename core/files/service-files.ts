import { addressesOf, addressOf } from '../flow/address.ts'
import { BoundedMap, BoundedSet } from '../flow/bounded-map.ts'
import type { FlowObject } from '../flow/objects.ts'
import type { LostObject } from './stored-file.ts'

/** Names remembered after their content expired, per service, to answer late requests. */
const REMEMBERED_NAMES = 20_000

/** What a store knows of the names of one service. @typeParam Entry content of a file */
export class ServiceFiles<Entry> {
  readonly ready = new Map<string, Entry>()
  readonly live = new Map<string, FlowObject>()
  readonly lost = new BoundedMap<string, LostObject>(REMEMBERED_NAMES)
  readonly expired = new BoundedSet<string>(REMEMBERED_NAMES)
  /** Names by their address, where that is spelled otherwise. */
  readonly #spelled = new BoundedMap<string, string>(REMEMBERED_NAMES)

  /** Takes a name, so that other spellings of its address find it. */
  named(name: string): void {
    const address = addressOf(name)
    if (address !== name) this.#spelled.set(address, name)
  }

  /** The name of the file that an address leads to, in any spelling; the address itself where there is none. */
  nameOf(wanted: string): string {
    if (this.#knows(wanted)) return wanted
    for (const address of addressesOf(wanted)) {
      if (this.#knows(address)) return address
      const name = this.#spelled.get(address)
      if (name !== undefined) return name
    }
    return wanted
  }

  #knows(name: string): boolean {
    return this.ready.has(name) || this.live.has(name) || this.lost.has(name) || this.expired.has(name)
  }
}
