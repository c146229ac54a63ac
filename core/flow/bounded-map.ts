/**
 * A map of the newest entries: setting a key makes it the newest; beyond the bound the oldest is dropped, and of a large
 * map the oldest few.
 */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  override set(key: Key, value: Value): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#most) dropSome(this, this.#most)
    return this
  }
}

/** A set of the newest values; `BoundedMap` without entries. */
export class BoundedSet<Value> extends Set<Value> {
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  override add(value: Value): this {
    this.delete(value)
    super.add(value)
    if (this.size > this.#most) dropSome(this, this.#most)
    return this
  }
}

/** Part of a full map that is dropped at once, as a power of two: looking for the oldest entry passes over dropped ones. */
const DROPPED_PART = 6

function dropSome<Key>(entries: { keys(): Iterable<Key>; delete(key: Key): boolean }, most: number): void {
  let left = Math.max(1, most >> DROPPED_PART)
  for (const key of entries.keys()) {
    entries.delete(key)
    if (--left === 0) return
  }
}

/** Key of the oldest entry; undefined for an empty map. */
export function oldestKey<Key>(entries: ReadonlyMap<Key, unknown> | ReadonlySet<Key>): Key | undefined {
  for (const key of entries.keys()) return key
  return undefined
}

/**
 * Removes the oldest entry.
 * @returns its value
 */
export function dropOldest<Key, Value>(map: Map<Key, Value>): Value | undefined {
  for (const [key, value] of map) {
    map.delete(key)
    return value
  }
  return undefined
}
