type Shared = { close(): Promise<void> }

/** Values that the parts of a session have in common, by key. */
export class SharedValues {
  readonly #values = new Map<string, Shared>()

  /** Returns the value of a key, which its first user makes. */
  of<T extends Shared>(key: string, make: () => T): T {
    const known = this.#values.get(key) as T | undefined
    if (known !== undefined) return known
    const made = make()
    this.#values.set(key, made)
    return made
  }

  async close(): Promise<void> {
    const values = [...this.#values.values()]
    this.#values.clear()
    await Promise.all(values.map((each) => each.close()))
  }
}
