/** A map of the newest entries: setting a key makes it the newest, and the oldest is dropped where there are too many. */
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

/** A set of the newest values, as `BoundedMap` is a map of the newest entries. */
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

/** Key of the entry that has been there the longest; undefined where there is none. */
export function oldestKey<Key>(entries: ReadonlyMap<Key, unknown> | ReadonlySet<Key>): Key | undefined {
  for (const key of entries.keys()) return key
  return undefined
}

/** Takes out the entry that has been there the longest. @returns its value */
export function dropOldest<Key, Value>(map: Map<Key, Value>): Value | undefined {
  for (const [key, value] of map) {
    map.delete(key)
    return value
  }
  return undefined
}
