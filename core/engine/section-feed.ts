import type { SectionChange } from '../contract/snapshot.ts'
import type { AnySection } from './part.ts'

/** A section and the part it belongs to; null: the session itself. */
export type PartSection = { readonly part: string | null; readonly section: AnySection }

/** Versions of a session's sections that one window has been sent. */
export class SectionFeed {
  /** Version of each section, by part and name. */
  readonly #sent = new Map<string, number>()

  /** Returns sections whose version has changed, and counts them as sent. An unchanged section costs one comparison. */
  changes(sections: readonly PartSection[]): SectionChange[] {
    const changes: SectionChange[] = []
    for (const { part, section } of sections) {
      const key = `${part ?? ''}\n${section.name}`
      const version = section.version()
      const before = this.#sent.get(key)
      if (before === version) continue
      const value = section.read()
      // A section that a part does not have yet is no change.
      if (value === null && before === undefined) continue
      this.#sent.set(key, version)
      changes.push({ part, section: section.name, version, value } as SectionChange)
    }
    return changes
  }
}
