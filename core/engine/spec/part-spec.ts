import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, PartSpec } from '../../contract/session-spec.ts'
import { SpecField } from './spec-field.ts'

/**
 * Checks one part against the table of its kind.
 * @throws AppFailure bad-spec with the path of the field: an unknown kind, an unknown field, a wrong value, a missing subject
 */
export function checkPart(at: SpecField, descriptions: readonly PartDescription[]): PartSpec {
  const fields = at.object()
  const part: { id: string; kind: string } & Record<string, OptionValue | undefined> = {
    id: at.get(fields, 'id').string(),
    kind: at.get(fields, 'kind').string(),
  }
  const description = descriptions.find(({ kind }) => kind === part.kind)
  if (description === undefined) {
    const kinds = descriptions.map(({ kind }) => kind).join(', ')
    throw at.get(fields, 'kind').refuse(`is "${part.kind}"; a part is one of ${kinds}`)
  }
  at.only(fields, ['id', 'kind', ...description.options.map(({ key }) => key)])
  for (const row of description.options) {
    const required = row.subject === true && row.default === null
    const field = required ? at.get(fields, row.key) : at.optional(fields, row.key)
    if (field === undefined) continue
    const value = field.option(row)
    if (required && Array.isArray(value) && value.length === 0) throw field.refuse('is empty; name at least one')
    part[row.key] = value
  }
  return part
}

/**
 * Fills in the defaults of the part's table.
 * @throws AppFailure bad-spec
 */
export function completePart<Spec extends { readonly id: string; readonly kind: string }>(
  description: PartDescription,
  part: PartSpec,
): Spec {
  const checked = checkPart(new SpecField(part, part.id), [description])
  const spec: Record<string, OptionValue | undefined> = {}
  for (const row of description.options) if (row.default !== null) spec[row.key] = row.default
  for (const { key, implies } of description.options) {
    const given = checked[key]
    if (implies !== undefined && given !== undefined && (!Array.isArray(given) || given.length > 0)) {
      spec[implies.key] = implies.value
    }
  }
  return { ...spec, ...checked } as unknown as Spec
}

/** Makes a part of the values that differ from the defaults. */
export function chosenPart(
  description: PartDescription,
  id: string,
  values: Readonly<Record<string, OptionValue | null | undefined>>,
): PartSpec {
  const part: { id: string; kind: string } & Record<string, OptionValue | undefined> = { id, kind: description.kind }
  for (const { key, default: fallback } of description.options) {
    const value = values[key]
    if (value === undefined || value === null || value === fallback) continue
    if (Array.isArray(value) && value.length === 0) continue
    part[key] = value
  }
  return part
}
