import type { SessionSpec } from '../contract/session-spec.ts'
import { FILTER_NAMES } from '../engine/gpac/gpac-filters.ts'
import { isGpacWord } from '../engine/gpac/gpac-line.ts'
import { printGpacLine } from '../engine/gpac/gpac-print.ts'
import { type GpacReading, readGpacLine } from '../engine/gpac/gpac-reader.ts'
import { lineOfArguments } from '../engine/gpac/gpac-words.ts'

/** Whether arguments are a line of GPAC's grammar: the first one is a word of it, or no command and another one names an input. */
export function isGpacLine(args: readonly string[], commands: readonly string[]): boolean {
  const [first = ''] = args
  if (isGpacWord(first, FILTER_NAMES)) return true
  return !commands.includes(first) && args.some((arg) => isGpacWord(arg, []))
}

/**
 * Reads arguments in GPAC's grammar.
 * @throws GpacFault with the column in the line that the arguments make
 */
export function readGpacArguments(args: readonly string[]): GpacReading {
  return readGpacLine(lineOfArguments(args))
}

/** What `-graph` prints: the parts of a session and their links, and the line of GPAC's grammar that makes it. */
export async function graphLines(spec: SessionSpec): Promise<string[]> {
  const { describePlan } = await import('../engine/graph.ts')
  const { planGraph } = await import('../engine/graph-plan.ts')
  const { PART_KINDS } = await import('../engine/registry.ts')
  const { line, unknown } = printGpacLine(spec)
  return [
    ...describePlan(planGraph(spec.parts, spec.links, PART_KINDS)).split('\n'),
    `As GPAC's line: ${line}`,
    ...(unknown.length === 0 ? [] : [`GPAC has no words for ${unknown.join(', ')}.`]),
  ]
}
