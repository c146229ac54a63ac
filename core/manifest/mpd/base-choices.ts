import { TextEdits } from './text-edits.ts'
import { type SourceDocument, type SourceElement, sourceChildren } from './xml-source.ts'

/** Levels of an MPD at which a BaseURL may stand, from the outermost. */
const LEVELS = ['Period', 'AdaptationSet', 'Representation'] as const

/**
 * The text of an MPD that begins with another one of its alternative base addresses (ISO/IEC 23009-1 §5.6.4): where a level has
 * several, the first ones are left out.
 * @param passed how many; null: no level has as many
 */
export function withOtherBase({ root, text }: SourceDocument, passed: number): string | null {
  const edits = new TextEdits()
  let has = false
  const visit = (element: SourceElement, depth: number): void => {
    const bases = sourceChildren(element, 'BaseURL')
    if (bases.length > passed) {
      has = has || passed > 0
      for (const base of bases.slice(0, passed)) edits.replaceElement(base, '')
    }
    const below = LEVELS[depth]
    if (below !== undefined) for (const child of sourceChildren(element, below)) visit(child, depth + 1)
  }
  visit(root, 0)
  return has ? edits.apply(text) : null
}
