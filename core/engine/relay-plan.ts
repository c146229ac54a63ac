import { quoted } from '../contract/choices.ts'
import {
  type CommandTexts,
  type RelayPlan,
  type RelayRequest,
  relayDestinationParts,
  relaySourceParts,
} from '../contract/relay-request.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import { printGpacLine } from './gpac/gpac-print.ts'
import { planGraph } from './graph-plan.ts'
import { PART_DESCRIPTIONS, PART_KINDS } from './registry.ts'
import { graphPart } from './spec/graph-part.ts'
import { relayWord, specForRelay } from './spec/relay-spec.ts'

/**
 * Plans a relay, and writes it as command lines; nothing is opened.
 * @throws AppFailure bad-spec for what cannot be relayed
 */
export function planRelay(request: RelayRequest): RelayPlan {
  const spec = specForRelay(request)
  const { parts, links } = planGraph(spec.parts, spec.links, PART_KINDS)
  const texts = linesOf(spec)
  return { parts: parts.map(graphPart), links, ...texts, ours: ownLine(request) ?? texts.ours }
}

/** Writes any session as command lines. */
export function linesOf(spec: SessionSpec): CommandTexts {
  const { line, unknown } = printGpacLine(spec)
  if (line === '') return { ours: null, gpac: null, notInGpac: [] }
  return { ours: unknown.length === 0 ? `routescope ${line}` : null, gpac: `gpac ${line}`, notInGpac: unknown }
}

/** The line of `routescope relay`, which has one source; null where it cannot say all. */
function ownLine({ sources, destinations }: RelayRequest): string | null {
  const [source] = sources
  if (source === undefined || sources.length > 1) return null
  const words = [
    relayWord(source.name, source.choices, relaySourceParts(PART_DESCRIPTIONS, source.name)),
    ...destinations.map(({ name, choices }) =>
      relayWord(name, choices, relayDestinationParts(PART_DESCRIPTIONS, name)),
    ),
  ]
  return words.includes(null) ? null : ['routescope relay', ...words.map((word) => quoted(word ?? ''))].join(' ')
}
