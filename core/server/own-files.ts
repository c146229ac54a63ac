import type { BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'

/**
 * Files that servers themselves are made of: keys, users, rules, scripts. They may lie in a folder that is served, and are neither
 * read nor written through it, by whatever name.
 */
export class OwnFiles {
  /** As they are named, and where links lead. */
  readonly #paths = new Set<string>()
  /** Device and inode, for other names of the same file. */
  readonly #ids = new Set<string>()

  /** Adds files as a person names them; what does not exist is known by its name. */
  async add(...paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      this.#paths.add(resolve(path))
      const [real, found] = await Promise.all([
        realpath(path).catch(() => null),
        stat(path, { bigint: true }).catch(() => null),
      ])
      if (real !== null) this.#paths.add(real)
      if (found !== null) this.#ids.add(idOf(found))
    }
  }

  /** Whether a file is one of them. @param real its path, links of its folder followed @param found null: there is none */
  has(real: string, found: Pick<BigIntStats, 'dev' | 'ino'> | null): boolean {
    return this.#paths.has(real) || (found !== null && this.#ids.has(idOf(found)))
  }

  /** There is nothing to close. */
  async close(): Promise<void> {}
}

function idOf({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string {
  return `${dev}-${ino}`
}
