import { EntryFaults } from '../bytes/entry-faults.ts'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { TextEdits } from '../manifest/mpd/text-edits.ts'
import { parseXmlSource, type SourceElement, sourceAttribute, sourceChildren } from '../manifest/mpd/xml-source.ts'

/** Which representations are sent: all, of each set the one of the highest bandwidth, or those of these ids. */
export type RepresentationChoice = 'all' | 'highest' | readonly string[]

const MOST_SHOWN = 12

/** Reads a choice as a person writes it: `all`, `highest`, or ids with commas between. */
export function parseRepresentationChoice(text: string): RepresentationChoice {
  const words = text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]))
  const [only] = words
  return words.length === 1 && (only === 'all' || only === 'highest') ? only : words
}

/**
 * The MPD without the representations that are not sent, so that receivers ask for none of their files; the rest stays as written.
 * @throws AppFailure input-unusable, where none is left; CodecError as `parseXmlSource`
 */
export function chosenMpd(bytes: Uint8Array, choice: RepresentationChoice, shown: string): Uint8Array {
  if (choice === 'all') return bytes
  const { root, text } = parseXmlSource(bytes, new EntryFaults(true))
  const edits = new TextEdits()
  const ids: string[] = []
  let left = 0
  for (const period of sourceChildren(root, 'Period'))
    for (const set of sourceChildren(period, 'AdaptationSet')) {
      const all = sourceChildren(set, 'Representation')
      const chosen = chosenOf(all, choice)
      ids.push(...all.map(idOf))
      left += chosen.length
      if (chosen.length === 0) edits.replaceElement(set, '')
      else for (const each of all) if (!chosen.includes(each)) edits.replaceElement(each, '')
    }
  if (left > 0) return new TextEncoder().encode(edits.apply(text))
  const known = [...new Set(ids)].slice(0, MOST_SHOWN).map((id) => `"${shownText(id)}"`)
  throw new AppFailure(
    'input-unusable',
    `"${shown}" has none of the representations that are to be sent.`,
    known.length === 0 ? 'Use an MPD with media in it.' : `Choose among ${known.join(', ')}.`,
  )
}

function chosenOf(all: readonly SourceElement[], choice: 'highest' | readonly string[]): readonly SourceElement[] {
  if (choice !== 'highest') return all.filter((each) => choice.includes(idOf(each)))
  const [first, ...others] = all
  if (first === undefined) return []
  return [others.reduce((best, each) => (bandwidthOf(each) > bandwidthOf(best) ? each : best), first)]
}

function idOf(representation: SourceElement): string {
  return sourceAttribute(representation, 'id')?.trim() ?? ''
}

function bandwidthOf(representation: SourceElement): number {
  return Number(sourceAttribute(representation, 'bandwidth') ?? 0) || 0
}
