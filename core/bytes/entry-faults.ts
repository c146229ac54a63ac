import { CodecError } from './codec-error.ts'

/** An entry of a table that was left out: where it stands, counted from 1 (`RS[1]/LS[2]`), and why. */
export type DroppedEntry = { readonly path: string; readonly reason: string }

/** How the text of a table differs from what its format allows, though it can be read. */
type OddWriting = {
  readonly what: 'ampersand' | 'encoding'
  readonly count: number
  /** Place of the first one. */
  readonly where: string
}

/** Entries of one table that are listed; further ones are counted. */
const MAX_LISTED = 16

const STRICT: Readonly<Record<OddWriting['what'], string>> = {
  ampersand: 'a "&" that begins no entity must be written as "&amp;"',
  encoding: 'the text is not UTF-8',
}

/**
 * What is wrong with single entries of a table. A reader that takes one never gives up a table for an entry: it leaves
 * the entry out and notes it here, and whoever reads the table for a person tells of it.
 */
export class EntryFaults {
  readonly #strict: boolean
  readonly listed: DroppedEntry[] = []
  /** All entries left out. */
  count = 0
  readonly writings: OddWriting[] = []
  readonly #names: string[] = []
  readonly #numbers: number[] = []

  /** @param strict throws where an entry would be left out: for tables of the user, who can correct them */
  constructor(strict = false) {
    this.#strict = strict
  }

  /**
   * What `read` makes of each entry. One for which it throws a CodecError is left out and noted under `name`.
   * @param before entries of the table before these
   */
  each<In, Out>(name: string, entries: readonly In[], read: (entry: In) => Out, before = 0): Out[] {
    const kept: Out[] = []
    const depth = this.#names.push(name) - 1
    try {
      for (let at = 0; at < entries.length; at++) {
        this.#numbers[depth] = before + at + 1
        try {
          kept.push(read(entries[at] as In))
        } catch (thrown) {
          if (this.#strict || !(thrown instanceof CodecError)) throw thrown
          this.#note(this.#path(depth), thrown.message)
        }
      }
    } finally {
      this.#names.length = depth
    }
    return kept
  }

  /** What `read` makes of a part of the current entry, null where it throws a CodecError: the part is noted and left out. */
  part<Out>(name: string, read: () => Out): Out | null {
    try {
      return read()
    } catch (thrown) {
      if (this.#strict || !(thrown instanceof CodecError)) throw thrown
      this.drop(name, thrown.message)
      return null
    }
  }

  /** Notes what is left out of the current entry, or of the table itself. */
  drop(name: string, reason: string): void {
    const above = this.#path(this.#names.length - 1)
    this.#note(above === '' ? name : `${above}/${name}`, reason)
  }

  /** Notes how the text is written: each kind once. */
  written(what: OddWriting['what'], count: number, where: string): void {
    if (this.#strict) throw new CodecError('table-writing', 0, `${where}: ${STRICT[what]}`)
    if (!this.writings.some((other) => other.what === what)) this.writings.push({ what, count, where })
  }

  #path(depth: number): string {
    let path = ''
    for (let at = 0; at <= depth; at++) path += `${at === 0 ? '' : '/'}${this.#names[at]}[${this.#numbers[at]}]`
    return path
  }

  #note(path: string, reason: string): void {
    if (this.#strict) throw new CodecError('table-entry', 0, `${path}: ${reason}`)
    this.count++
    if (this.listed.length < MAX_LISTED) this.listed.push({ path, reason })
  }
}
