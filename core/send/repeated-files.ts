import { sameBytes } from '#platform'
import type { Toi } from '../contract/ids.ts'
import type { FluteEntry, FluteTransmission } from './flute-transmission.ts'

/** A file to be repeated, before it has a TOI. */
export type CarouselFile = Omit<FluteEntry, 'toi' | 'digest'>

/** Files that a FLUTE session repeats: each has its TOI until its content changes. */
export class RepeatedFiles {
  readonly #session: FluteTransmission
  readonly #digests: boolean
  readonly #files = new Map<string, FluteEntry>()

  /** @param digests the table has the files' MD5 */
  constructor(session: FluteTransmission, digests: boolean) {
    this.#session = session
    this.#digests = digests
  }

  get entries(): FluteEntry[] {
    return [...this.#files.values()]
  }

  /** Adds a file, or another content of one. @returns whether it is new */
  put(file: CarouselFile): boolean {
    const old = this.#files.get(file.name)
    if (old !== undefined && (old.bytes === file.bytes || sameBytes(old.bytes, file.bytes))) return false
    this.#files.set(file.name, { ...file, toi: this.nextToi(), digest: this.#digests })
    return true
  }

  /** Repeats files no more. */
  drop(names: readonly string[]): void {
    for (const name of names) this.#files.delete(name)
  }

  /** The session's next TOI that none of them has. */
  nextToi(): Toi {
    const taken = new Set(this.entries.map(({ toi }) => toi))
    let toi = this.#session.nextToi()
    while (taken.has(toi)) toi = this.#session.nextToi()
    return toi
  }
}
