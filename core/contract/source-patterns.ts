import type { PartDescription, SourceGroup, SourcePattern } from './part-description.ts'
import { withoutCredentials } from './shown-url.ts'

/** The part that opens a text, with the pattern that matches. */
export type Opener = { readonly part: PartDescription; readonly pattern: SourcePattern }

/**
 * Finds the part that opens a text: the first with a pattern that matches; null where none does.
 * @param group only by patterns of this group
 */
export function openerOf(parts: readonly PartDescription[], text: string, group?: SourceGroup): Opener | null {
  for (const part of parts) {
    const pattern = part.opens?.find(
      (each) => (group === undefined || each.group === group) && new RegExp(each.pattern, 'i').test(text),
    )
    if (pattern !== undefined) return { part, pattern }
  }
  return null
}

/** Last part of a POSIX or Windows path. */
export const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

/** Name of sources as the window shows them: `air.pcap and 2 more`, or their texts without passwords. */
export function sourcesLabel(parts: readonly PartDescription[], sources: readonly string[]): string {
  const [first = '', ...others] = sources
  if (openerOf(parts, first)?.pattern.shown === 'file name')
    return others.length > 0 ? `${fileName(first)} and ${others.length} more` : fileName(first)
  return sources
    .map((source) => {
      const pattern = openerOf(parts, source)?.pattern
      return pattern?.shown === 'label' ? pattern.label : withoutCredentials(source)
    })
    .join(' ')
}
