import type { SectionChange } from '../contract/snapshot.ts'
import type { AnySection } from './part.ts'

/** A section and the part it belongs to; null: the session itself. */
export type PartSection = { readonly part: string | null; readonly section: AnySection }

/** What one window has been sent of a session's sections. */
export class SectionFeed {
  /** Version of each, by part and name. */
  readonly #sent = new Map<string, number>()

  /** Sections that are others than sent before, which then counts as sent; those that are not cost one comparison. */
  changes(sections: readonly PartSection[]): SectionChange[] {
    const changes: SectionChange[] = []
    for (const { part, section } of sections) {
      const key = `${part ?? ''}\n${section.name}`
      const version = section.version()
      const before = this.#sent.get(key)
      if (before === version) continue
      const value = section.read()
      // What a part does not have yet is not worth a word.
      if (value === null && before === undefined) continue
      this.#sent.set(key, version)
      changes.push({ part, section: section.name, version, value } as SectionChange)
    }
    return changes
  }
}
