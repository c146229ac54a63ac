import type { Choices } from '../../../core/contract/choices.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import type { PartDescription } from '../../../core/contract/part-description.ts'
import {
  type RelayDestination,
  type RelayEnd,
  type RelayRequest,
  relayDestinationParts,
  relaySourceParts,
} from '../../../core/contract/relay-request.ts'
import { type Drafts, draftsOf, readDrafts } from '../welcome/receive-form.ts'

/** One end as it is filled in. */
export type EndDraft = { readonly name: string; readonly drafts: Drafts }

/** A destination as it is filled in, with the places of the sources that it does not take from. */
export type DestinationDraft = EndDraft & { readonly without: readonly number[] }

/** The form. */
export type RelayDraft = { readonly sources: readonly EndDraft[]; readonly destinations: readonly DestinationDraft[] }

/** Which side of a relay an end is on. */
export type RelaySide = 'source' | 'destination'

/** Options of an end, by the parts that its name opens; none while it opens nothing. */
export function rowsOfEnd(parts: readonly PartDescription[], side: RelaySide, name: string): readonly OptionRow[] {
  const find = side === 'source' ? relaySourceParts : relayDestinationParts
  return find(parts, name.trim()).flatMap(({ options }) => options.filter(({ subject }) => subject !== true))
}

/** A form with the content of a request. */
export function draftOfRelay(parts: readonly PartDescription[], { sources, destinations }: RelayRequest): RelayDraft {
  const draft = (side: RelaySide, { name, choices }: RelayEnd): EndDraft => ({
    name,
    drafts: draftsOf(rowsOfEnd(parts, side, name), choices),
  })
  return {
    sources: sources.map((source) => draft('source', source)),
    destinations: destinations.map((destination) => ({
      ...draft('destination', destination),
      without: sources.flatMap((_, at) => (destination.from.includes(at) ? [] : [at])),
    })),
  }
}

/** Choices of an end, and problems by the name of their option. */
export function readEnd(parts: readonly PartDescription[], side: RelaySide, { name, drafts }: EndDraft) {
  return readDrafts(rowsOfEnd(parts, side, name), drafts, {})
}

/** What the form asks for; null while an end is empty or wrong, or a destination takes from nothing. */
export function relayRequest(
  parts: readonly PartDescription[],
  { sources, destinations }: RelayDraft,
): RelayRequest | null {
  let isWhole = true
  const end = (side: RelaySide, draft: EndDraft): { readonly name: string; readonly choices: Choices } => {
    const { choices, problems } = readEnd(parts, side, draft)
    const find = side === 'source' ? relaySourceParts : relayDestinationParts
    if (problems.size > 0 || find(parts, draft.name.trim()).length === 0) isWhole = false
    return { name: draft.name.trim(), choices }
  }
  const request: { sources: RelayEnd[]; destinations: RelayDestination[] } = {
    sources: sources.map((each) => end('source', each)),
    destinations: destinations.map((each) => ({
      ...end('destination', each),
      from: sources.flatMap((_, at) => (each.without.includes(at) ? [] : [at])),
    })),
  }
  return isWhole && request.destinations.every(({ from }) => from.length > 0) ? request : null
}

/** Removes a source: places of those behind it move. */
export function withoutSource({ sources, destinations }: RelayDraft, at: number): RelayDraft {
  return {
    sources: sources.filter((_, each) => each !== at),
    destinations: destinations.map(({ without, ...rest }) => ({
      ...rest,
      without: without.flatMap((each) => (each === at ? [] : [each > at ? each - 1 : each])),
    })),
  }
}
