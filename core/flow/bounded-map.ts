/** A map of the newest entries: setting a key makes it the newest; beyond the bound the oldest is dropped. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  override set(key: Key, value: Value): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#most) this.delete(oldestKey(this) as Key)
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
    if (this.size > this.#most) this.delete(oldestKey(this) as Value)
    return this
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
