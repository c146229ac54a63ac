import type { SectionChange } from '../contract/snapshot.ts'
import { copied, patchBetween, patched } from '../contract/value-patch.ts'
import type { AnySection } from './part.ts'

/** A section and the part it belongs to; null: the session itself. */
export type PartSection = { readonly part: string | null; readonly section: AnySection }

/** A section as a window has it: a copy, since parts may change what they gave. */
type Sent = { version: number; value: unknown }

/** The sections of a session that one window has been sent. */
export class SectionFeed {
  /** By part and name. */
  readonly #sent = new Map<string, Sent>()

  /**
   * Returns what has changed of sections whose version has, and counts it as sent: the value of a section that is new, else its changed
   * fields. An unchanged section costs one comparison.
   */
  changes(sections: readonly PartSection[]): SectionChange[] {
    const changes: SectionChange[] = []
    for (const { part, section } of sections) {
      const key = `${part ?? ''}\n${section.name}`
      const version = section.version()
      const sent = this.#sent.get(key)
      if (sent?.version === version) continue
      const value = section.read()
      // A section that a part does not have yet is no change.
      if (value === null && sent === undefined) continue
      const named = { part, section: section.name, version }
      if (sent === undefined || value === null || sent.value === null) {
        this.#sent.set(key, { version, value: copied(value) })
        changes.push({ ...named, value } as SectionChange)
        continue
      }
      sent.version = version
      const patch = patchBetween(sent.value, value)
      if (patch === undefined) continue
      sent.value = patched(sent.value, patch)
      changes.push({ ...named, patch } as SectionChange)
    }
    return changes
  }
}
