/** An open object in the order of all. */
export interface OrderedObject {
  older: OrderedObject | null
  newer: OrderedObject | null
  /** Drops it, to make room. */
  evict(timeUs: number, frame: number): void
}

/** The open objects of all channels, from the one that began first: the bound on all of them drops that one. */
export class OpenOrder {
  count = 0
  #oldest: OrderedObject | null = null
  #newest: OrderedObject | null = null

  /** Null without any. */
  get oldest(): OrderedObject | null {
    return this.#oldest
  }

  add(object: OrderedObject): void {
    object.older = this.#newest
    if (this.#newest === null) this.#oldest = object
    else this.#newest.newer = object
    this.#newest = object
    this.count++
  }

  remove(object: OrderedObject): void {
    const { older, newer } = object
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
    object.older = null
    object.newer = null
    this.count--
  }
}
