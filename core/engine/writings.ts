/** One dump under way. */
export type Writing = {
  /** Aborted when the engine ends: what is not begun is left out. */
  readonly signal: AbortSignal
  end(): void
}

/** The dumps that an engine writes, so that whoever ends it can wait for them. */
export class Writings {
  readonly #paths = new Map<Writing, string>()
  readonly #listeners = new Set<(paths: readonly string[]) => void>()
  readonly #abort = new AbortController()

  /** @param path what the person is told */
  begin(path: string): Writing {
    const writing = {
      signal: this.#abort.signal,
      end: () => {
        if (this.#paths.delete(writing)) this.#changed()
      },
    }
    this.#paths.set(writing, path)
    this.#changed()
    return writing
  }

  /** Paths of all dumps under way. */
  get paths(): readonly string[] {
    return [...this.#paths.values()]
  }

  /** Settles when no dump is under way. */
  settled(): Promise<void> {
    if (this.#paths.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const listener = (paths: readonly string[]): void => {
        if (paths.length > 0) return
        this.#listeners.delete(listener)
        resolve()
      }
      this.#listeners.add(listener)
    })
  }

  /** Calls the listener with the paths of all dumps under way, at each change. */
  listen(listener: (paths: readonly string[]) => void): void {
    this.#listeners.add(listener)
  }

  /** Ends all dumps, also those to come, after the file that each is writing. */
  abort(): void {
    this.#abort.abort()
  }

  #changed(): void {
    const { paths } = this
    for (const listener of [...this.#listeners]) listener(paths)
  }
}
