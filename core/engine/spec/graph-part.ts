import type { GraphPart } from '../../contract/relay-request.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import type { PlannedPart } from '../graph-plan.ts'
import { subjectOf } from './compose.ts'

/** A planned part as the graph of a session shows it. */
export function graphPart({ spec, kind: { description }, implied, together }: PlannedPart): GraphPart {
  const row = subjectOf(description)
  const subjects = row === undefined ? [] : [spec, ...together].flatMap((each) => each[row.key] ?? [])
  const [first = '', ...others] = subjects.map((each) => withoutCredentials(String(each)))
  return {
    id: spec.id,
    kind: spec.kind,
    title: description.title,
    subject: others.length === 0 ? first : `${first} and ${others.length} more`,
    implied,
  }
}
