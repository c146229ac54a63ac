import { type Choices, choiceName } from '../../contract/choices.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { type RelayRequest, relayDestinationParts, relaySourceParts } from '../../contract/relay-request.ts'
import type { OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { type PlannedPart, planGraph } from '../graph-plan.ts'
import { PART_DESCRIPTIONS, PART_KINDS } from '../registry.ts'
import { subjectOf } from '../spec/compose.ts'

/** A session as the content of the Relay form. */
export type RelayForm = {
  readonly request: RelayRequest
  /** Parts that the form does not make. */
  readonly leftOut: readonly PartSpec[]
}

/** Reads a session as a relay; null where it sends no samples to a socket or a file. */
export function relayFormOf(spec: SessionSpec): RelayForm | null {
  const { parts, links } = planGraph(spec.parts, spec.links, PART_KINDS)
  const before = (id: string): readonly PlannedPart[] =>
    parts.filter((part) => links.some(({ from, to }) => from === part.spec.id && to === id))
  /** What gives a converter its data, through what the graph puts between. */
  const sourcesOf = (id: string): readonly PlannedPart[] =>
    before(id).flatMap((part) => (part.kind.description.takes === null ? [part] : sourcesOf(part.spec.id)))
  const isEnd = ({ spec: { kind }, kind: { description } }: PlannedPart, text: string): boolean =>
    relayDestinationParts(PART_DESCRIPTIONS, text).some((each) => each.kind === kind) && description.gives === null
  const takers = parts.filter((part) => isEnd(part, subjectText(part)))
  if (takers.length === 0) return null

  const used = new Set<string>()
  const sources: { readonly converter: string; readonly name: string; readonly choices: Choices }[] = []
  const destinations = takers.map((taker) => {
    used.add(taker.spec.id)
    const from = before(taker.spec.id).flatMap((converter) =>
      sourcesOf(converter.spec.id).flatMap((source) => {
        const name = subjectText(source)
        const kinds = relaySourceParts(PART_DESCRIPTIONS, name).map(({ kind }) => kind)
        if (kinds.join() !== [source.spec.kind, converter.spec.kind].join()) return []
        used.add(source.spec.id)
        used.add(converter.spec.id)
        const known = sources.findIndex((each) => each.converter === converter.spec.id && each.name === name)
        if (known >= 0) return [known]
        sources.push({ converter: converter.spec.id, name, choices: choicesOf([source, converter]) })
        return [sources.length - 1]
      }),
    )
    return { name: subjectText(taker), choices: choicesOf([taker]), from }
  })
  return {
    request: { sources: sources.map(({ name, choices }) => ({ name, choices })), destinations },
    leftOut: parts.filter(({ spec: { id }, implied }) => !implied && !used.has(id)).map((part) => part.spec),
  }
}

function choicesOf(parts: readonly PlannedPart[]): Choices {
  const choices: Record<string, OptionValue> = {}
  for (const { spec, kind } of parts)
    for (const row of kind.description.options) {
      const value = spec[row.key]
      const isDefault = value === row.default || (Array.isArray(value) && value.length === 0)
      if (value !== undefined && row.subject !== true && !isDefault) choices[choiceName(row)] = value
    }
  return choices
}

function subjectText({
  spec,
  kind: { description },
}: {
  spec: PartSpec
  kind: { description: PartDescription }
}): string {
  const row = subjectOf(description)
  return row === undefined ? '' : String(spec[row.key])
}
