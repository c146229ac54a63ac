import { defined } from '../../contract/defined.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { LinkSpec, OptionValue, PartSpec, RecordingOptions, SessionSpec } from '../../contract/session-spec.ts'
import { RECORDER_PART } from '../parts/recorder-options.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { parseLog } from './log-spec.ts'
import { checkPart } from './part-spec.ts'
import { parseVersion1 } from './spec-1.ts'
import { SpecField } from './spec-field.ts'

/**
 * Reads a saved session of version 1 or 2. Unknown fields and wrong values are refused with the path of the field.
 *
 * @throws AppFailure bad-spec
 */
export function parseSessionSpec(
  value: unknown,
  where: string,
  descriptions: readonly PartDescription[] = PART_DESCRIPTIONS,
): SessionSpec {
  const at = new SpecField(value, where)
  const spec = at.object()
  if (at.get(spec, 'format').raw !== 'routescope-session') {
    throw at.refuse('is not a saved session: "format" must be "routescope-session"')
  }
  const version = at.get(spec, 'version')
  if (version.raw === 1) return parseVersion1(at)
  if (version.raw !== 2) throw version.refuse('must be 1 or 2')
  at.only(spec, ['format', 'version', 'name', 'parts', 'links', 'durationS', 'log'])
  const parts = at
    .get(spec, 'parts')
    .array()
    .map((part) => checkPart(part, descriptions))
  if (parts.length === 0) throw at.get(spec, 'parts').refuse('is empty; a session needs a source')
  const ids = new Set<string>()
  for (const { id } of parts) {
    if (ids.has(id)) throw at.refuse(`names "${id}" twice; every part needs an id of its own`)
    ids.add(id)
  }
  const log = at.optional(spec, 'log')
  return {
    format: 'routescope-session',
    version: 2,
    ...defined({ name: at.optional(spec, 'name')?.string() }),
    parts,
    ...defined({
      links: at
        .optional(spec, 'links')
        ?.array()
        .map((link) => parseLink(link, parts, descriptions)),
      durationS: at.optional(spec, 'durationS')?.duration(),
      log: log === undefined ? undefined : parseLog(log),
    }),
  }
}

/** Reads a link from a part that gives to one that takes. */
function parseLink(at: SpecField, parts: readonly PartSpec[], descriptions: readonly PartDescription[]): LinkSpec {
  const fields = at.object()
  at.only(fields, ['from', 'to'])
  const from = at.get(fields, 'from').string()
  const to = at.get(fields, 'to').string()
  const kindOf = (id: string): PartDescription | undefined => {
    const kind = parts.find((part) => part.id === id)?.kind
    return descriptions.find((each) => each.kind === kind)
  }
  const [giver, taker] = [kindOf(from), kindOf(to)]
  if (giver === undefined) throw at.refuse(`comes from "${from}", which is no part here`)
  if (taker === undefined) throw at.refuse(`goes to "${to}", which is no part here`)
  if (giver.gives === null) throw at.refuse(`comes from "${from}", and a part of kind ${giver.kind} gives nothing`)
  if (taker.takes === null) throw at.refuse(`goes to "${to}", and a part of kind ${taker.kind} takes nothing`)
  return { from, to }
}

/**
 * Reads recording options that a window sends.
 * @throws AppFailure bad-spec
 */
export function parseRecordingOptions(value: unknown): RecordingOptions {
  const at = new SpecField(value, 'options')
  const fields = at.object()
  const rows = RECORDER_PART.options.filter(({ subject }) => subject !== true)
  at.only(
    fields,
    rows.map(({ key }) => key),
  )
  const options: Record<string, OptionValue> = {}
  for (const row of rows) {
    const field = at.optional(fields, row.key)
    if (field !== undefined) options[row.key] = field.option(row)
  }
  return options
}
