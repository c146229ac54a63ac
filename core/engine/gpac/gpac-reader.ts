import { choiceName } from '../../contract/choices.ts'
import { defined } from '../../contract/defined.ts'
import type { SessionRequest } from '../../contract/open-request.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { LogSpec, OptionValue, SessionSpec } from '../../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { type Composed, composeParts } from './gpac-compose.ts'
import { contentOf } from './gpac-content.ts'
import { GpacFault, supported } from './gpac-fault.ts'
import { FILTER_NAMES, type FilterKind, filterKind } from './gpac-filters.ts'
import { type GpacArgument, type GpacFilter, type GpacLine, parseGpacLine } from './gpac-line.ts'
import { argumentNamed, type GpacNode, linkFilters } from './gpac-links.ts'
import { gpacPart } from './gpac-parts.ts'
import { GpacValues } from './gpac-values.ts'

/** A line as what it asks for: a session, or what the app is to play. */
export type GpacReading = {
  readonly spec: SessionSpec
  /** Absent: nothing is to be played. */
  readonly play?: SessionRequest
  /** What is said before it starts, one sentence each. */
  readonly notes: readonly string[]
  /** The graph is to be printed. */
  readonly graph: boolean
}

/**
 * Reads a line of GPAC's grammar.
 * @throws GpacFault with the column of what is not understood or not supported
 */
export function readGpacLine(text: string, parts: readonly PartDescription[] = PART_DESCRIPTIONS): GpacReading {
  const line = parseGpacLine(text, FILTER_NAMES)
  if (line.filters.length === 0) throw new GpacFault(1, 'the line names no input, filter or output')
  const nodes = line.filters.map(nodeOf)
  linkFilters(nodes)
  const composed = composeParts(nodes, line.globals, parts)
  checkPlayed(composed, nodes, parts)
  const values = new GpacValues(composed.drafts, parts)
  values.apply(nodes, line.globals)
  const play = composed.played === null ? undefined : requestOf(composed, parts)
  settle(composed, play !== undefined)
  const made = composed.drafts.parts()
  return {
    spec: {
      format: 'routescope-session',
      version: 2,
      ...made,
      ...defined({ durationS: line.durationS ?? composed.durationS ?? undefined, log: logOf(line, composed) }),
    },
    ...defined({ play }),
    notes: [...composed.notes, ...idleNotes(nodes, values)],
    graph: line.graph,
  }
}

/** The filter of a declaration: by its name, or by its address. */
function nodeOf(filter: GpacFilter, index: number): GpacNode {
  const kind = filterKind(filter.name === '' ? nameOf(filter) : filter.name)
  const gives = kind.name === 'httpout' && argumentNamed(filter, 'hmode')?.value === 'source'
  return { filter, index, kind, gives, from: [] }
}

function nameOf({ role, subject, column }: GpacFilter): FilterKind['name'] {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(subject)?.[1]?.toLowerCase()
  const isOutput = role === 'output'
  if (scheme === undefined) return isOutput ? 'fout' : 'fin'
  if (['route', 'atsc', 'mabr'].includes(scheme)) return isOutput ? 'routeout' : 'routein'
  if (['udp', 'tcp', 'udpu', 'tcpu'].includes(scheme)) return isOutput ? 'sockout' : 'sockin'
  if (['http', 'https'].includes(scheme)) return isOutput ? 'httpout' : 'fin'
  throw new GpacFault(
    column,
    `unknown scheme '${scheme}://' (supported: atsc, http, https, mabr, route, tcp, tcpu, udp, udpu)`,
  )
}

/** @throws GpacFault where the app cannot play an input, or is to do more than play */
function checkPlayed({ played }: Composed, nodes: readonly GpacNode[], parts: readonly PartDescription[]): void {
  if (played === null) return
  for (const { node } of played) {
    const { filter } = node
    if (contentOf(node) === 'received' || /\.(?:pcap|pcapng)(?:\.gz)?$/i.test(filter.subject)) continue
    const schemes = parts.flatMap(({ opens = [] }) => opens.flatMap((each) => (each.gpac && each.example) || []))
    throw new GpacFault(filter.column, `'${filter.subject}' is not played ${supported([...schemes, 'a capture'])}`)
  }
  const other = nodes.find(
    ({ filter, kind, gives }) =>
      (kind.role === 'sink' && kind.plays !== true && !gives) || argumentNamed(filter, 'odir') !== undefined,
  )
  if (other !== undefined)
    throw new GpacFault(other.filter.column, 'what the app plays has no other output', 'Run two lines side by side.')
}

/** Defaults that GPAC's own words have, where ours would be another. */
function settle({ drafts }: Composed, plays: boolean): void {
  const isServed = plays || drafts.all.some((draft) => gpacPart(draft)?.serves === true)
  for (const draft of drafts.all) {
    const { values, feeds } = draft
    const { endsAfterS, numbers = [] } = gpacPart(draft) ?? {}
    if (endsAfterS !== undefined) {
      if (values.get('timeoutS') === 0) values.delete('timeoutS')
      else if (!isServed && !values.has('timeoutS')) values.set('timeoutS', endsAfterS)
    }
    for (const { key, unsaid } of numbers) if (!values.has(key)) values.set(key, unsaid)
    const keys = [...feeds].flatMap((fed) => Object.values(gpacPart(fed)?.ofInputs ?? {}))
    for (const key of keys) if (!values.has(key)) values.set(key, false)
  }
}

/** Requests that are to be logged are logged whatever the levels are. */
function logOf({ log }: GpacLine, { drafts }: Composed): LogSpec | undefined {
  const isLogged = drafts.all.some(({ values }) => values.has('requestLog'))
  if (!isLogged || log?.http !== undefined || log?.all === 'info' || log?.all === 'debug') return log
  return { ...log, http: 'info' }
}

/** What the app plays: addresses with the options of their filters. */
function requestOf({ played, drafts }: Composed, parts: readonly PartDescription[]): SessionRequest {
  const choices: Record<string, OptionValue> = { playAtOnce: true }
  for (const { kind, values } of drafts.all) {
    const rows = parts.find((part) => part.kind === kind)?.options ?? []
    for (const row of rows) {
      const value = row.subject === true ? undefined : values.get(row.key)
      if (value !== undefined && row.commands.includes('open')) choices[choiceName(row)] = value
    }
  }
  return { sources: (played ?? []).map(({ text }) => text), choices }
}

/** Options that no part of the line takes, one sentence each. */
function idleNotes(nodes: readonly GpacNode[], values: GpacValues): string[] {
  return nodes.flatMap(({ filter, kind }) =>
    filter.arguments.flatMap((argument: GpacArgument) => {
      const isIdle = kind.idle?.includes(argument.name) === true
      const isOwn = kind.own?.[argument.name] !== undefined || /^(?:FID|SID|#ice-.*)$/.test(argument.name)
      if (values.hasUsed(argument) || (isOwn && !isIdle)) return []
      return [`${argument.name} (column ${argument.column}) changes nothing here.`]
    }),
  )
}
