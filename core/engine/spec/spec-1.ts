import { defined } from '../../contract/defined.ts'
import { LOOPBACK } from '../../contract/loopback.ts'
import type { OptionRow } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { LinkSpec, OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { BROADCAST_PART } from '../parts/broadcast-options.ts'
import { CAPTURE_PART } from '../parts/capture-options.ts'
import { FOLDER_PART } from '../parts/folder-options.ts'
import { GATEWAY_PART } from '../parts/gateway-options.ts'
import { MULTICAST_PART } from '../parts/multicast-options.ts'
import { MULTICAST_OUT_PART } from '../parts/multicast-out-options.ts'
import { PRESENTATION_PART } from '../parts/presentation-options.ts'
import { RECEIVER_PART } from '../parts/receiver-options.ts'
import { RECORDER_PART } from '../parts/recorder-options.ts'
import { REPAIR_PART } from '../parts/repair-options.ts'
import { REPORT_PART } from '../parts/report-options.ts'
import { STORE_PART } from '../parts/store-options.ts'
import { parseLog } from './log-spec.ts'
import { chosenPart } from './part-spec.ts'
import type { SpecField } from './spec-field.ts'

type Values = Record<string, OptionValue | undefined>

/** A source or sink of version 1 with the fields read. */
type OldPart = { readonly id: string; readonly kind: string; readonly values: Values }
type OldSource = OldPart & { readonly receive: Values; readonly repair: Values }

const SOURCES: Readonly<Record<string, PartDescription>> = {
  multicast: MULTICAST_PART,
  capture: CAPTURE_PART,
  presentation: PRESENTATION_PART,
}
const SINKS: Readonly<Record<string, PartDescription>> = {
  folder: FOLDER_PART,
  gateway: GATEWAY_PART,
  store: STORE_PART,
  report: REPORT_PART,
  capture: RECORDER_PART,
  broadcast: BROADCAST_PART,
}
const FLAVOURS = ['us', 'korean'] as const
/** Fields of `receive` in version 1 that are options of parts after the receiver. */
const SERVING = ['fullSegments', 'lowLatency', 'dynamicSelection']
const SERVING_OPTIONS = GATEWAY_PART.options.filter(({ key }) => SERVING.includes(key))

/**
 * Reads a session of version 1 as version 2: a receiver and repair get the options that the sources had, and a broadcast that
 * sends gets a multicast out. Links are written where version 1 had some or something is sent.
 * @throws AppFailure bad-spec with the path of the field
 */
export function parseVersion1(at: SpecField): SessionSpec {
  const fields = at.object()
  at.only(fields, ['format', 'version', 'name', 'sources', 'sinks', 'links', 'durationS', 'log'])
  const sources = at.get(fields, 'sources').array().map(parseSource)
  const sinks = (at.optional(fields, 'sinks')?.array() ?? []).map(parseSink)
  const taken = new Set<string>()
  for (const { id } of [...sources, ...sinks]) {
    if (taken.has(id)) throw at.refuse(`names "${id}" twice; every source and sink needs an id of its own`)
    taken.add(id)
  }
  if (sources.length === 0) throw at.get(fields, 'sources').refuse('is empty; a session needs a source')
  const links = at
    .optional(fields, 'links')
    ?.array()
    .map((link) => parseLink(link, sources, sinks))
  const log = at.optional(fields, 'log')
  return {
    format: 'routescope-session',
    version: 2,
    ...defined({ name: at.optional(fields, 'name')?.string() }),
    ...partsOf(sources, sinks, links, taken),
    ...defined({
      durationS: at.optional(fields, 'durationS')?.duration(),
      log: log === undefined ? undefined : parseLog(log),
    }),
  }
}

function parseSource(at: SpecField): OldSource {
  const fields = at.object()
  const id = at.get(fields, 'id').string()
  const kind = at.get(fields, 'kind').string()
  const part = SOURCES[kind]
  if (part === undefined) {
    throw at.get(fields, 'kind').refuse(`is "${kind}"; a source is multicast, capture or presentation`)
  }
  const own = part.options.filter(({ key }) => key !== 'services' && !(part === PRESENTATION_PART && key === 'loop'))
  const receives = part.gives === 'datagrams'
  at.only(fields, [
    ...['id', 'kind', ...own.map(({ key }) => key)],
    ...(receives ? ['receive'] : ['loop']),
    // As earlier versions wrote it.
    ...(part === MULTICAST_PART ? ['interface'] : []),
  ])
  const values = readFields(at, fields, own)
  if (!receives) {
    values.loop = at.optional(fields, 'loop')?.boolean() === true ? 0 : 1
    return { id, kind, values, receive: {}, repair: {} }
  }
  const before = part === MULTICAST_PART ? at.optional(fields, 'interface')?.string() : undefined
  if (before !== undefined) values.interfaces ??= [before]
  return { id, kind, values, ...parseReceive(at.optional(fields, 'receive')) }
}

function parseReceive(at: SpecField | undefined): Pick<OldSource, 'receive' | 'repair'> {
  if (at === undefined) return { receive: {}, repair: {} }
  const fields = at.object()
  const rows = [
    ...MULTICAST_PART.options.filter(({ key }) => key === 'services'),
    ...RECEIVER_PART.options,
    ...SERVING_OPTIONS,
  ]
  at.only(fields, [...rows.map(({ key }) => key), 'repair'])
  const receive = readFields(at, fields, rows)
  const below = at.optional(fields, 'repair')
  if (below === undefined) return { receive, repair: {} }
  const repairRows = REPAIR_PART.options.filter(({ key }) => key !== 'keepCorrupt')
  const repairFields = below.object()
  below.only(
    repairFields,
    repairRows.map(({ key }) => key),
  )
  return { receive, repair: readFields(below, repairFields, repairRows) }
}

function parseSink(at: SpecField): OldPart {
  const fields = at.object()
  const id = at.get(fields, 'id').string()
  const kind = at.get(fields, 'kind').string()
  const part = SINKS[kind]
  if (part === undefined) {
    throw at.get(fields, 'kind').refuse(`is "${kind}"; a sink is folder, gateway, store, report, capture or broadcast`)
  }
  const notThen = ['listen', 'keepCorrupt', 'korean', ...SERVING]
  const own = part.options.filter(({ key }) => !notThen.includes(key))
  const added =
    part === GATEWAY_PART ? ['host', 'port'] : part === BROADCAST_PART ? ['flavour', 'interface', 'ttl'] : []
  at.only(fields, ['id', 'kind', ...own.map(({ key }) => key), ...added])
  const values = readFields(at, fields, own)
  if (part === GATEWAY_PART) {
    const host = at.optional(fields, 'host')?.string() ?? LOOPBACK
    values.listen = `${host.includes(':') ? `[${host}]` : host}:${at.get(fields, 'port').port()}`
  }
  if (part === BROADCAST_PART) {
    values.korean = at.optional(fields, 'flavour')?.oneOf(FLAVOURS) === 'korean'
    Object.assign(values, readFields(at, fields, MULTICAST_OUT_PART.options))
  }
  return { id, kind, values }
}

/** Reads the fields that are present, each checked by its row. */
function readFields(at: SpecField, fields: Record<string, unknown>, rows: readonly OptionRow[]): Values {
  const values: Values = {}
  for (const row of rows) {
    const field = row.subject === true ? at.get(fields, row.key) : at.optional(fields, row.key)
    if (field === undefined) continue
    const value = field.option(row)
    if (row.subject === true && Array.isArray(value) && value.length === 0) {
      throw field.refuse('is empty; name at least one')
    }
    values[row.key] = value
  }
  return values
}

function parseLink(at: SpecField, sources: readonly OldPart[], sinks: readonly OldPart[]): LinkSpec {
  const fields = at.object()
  at.only(fields, ['from', 'to'])
  const from = at.get(fields, 'from').string()
  const to = at.get(fields, 'to').string()
  if (!sources.some(({ id }) => id === from)) throw at.refuse(`comes from "${from}", which is no source here`)
  if (!sinks.some(({ id }) => id === to)) throw at.refuse(`goes to "${to}", which is no sink here`)
  return { from, to }
}

function partsOf(
  sources: readonly OldSource[],
  sinks: readonly OldPart[],
  links: readonly LinkSpec[] | undefined,
  taken: Set<string>,
): Pick<SessionSpec, 'parts' | 'links'> {
  const free = (wanted: string): string => {
    let id = wanted
    for (let at = 2; taken.has(id); at++) id = `${wanted}${at}`
    taken.add(id)
    return id
  }
  const receiving = sources.filter((source) => !sends(source))
  const [first] = receiving
  for (const other of receiving) if (first !== undefined) sameReceive(first, other)
  const { receive = {}, repair = {} } = first ?? {}
  const linked = links !== undefined || sources.some(sends)
  const between = [
    chosenPart(RECEIVER_PART, free('receiver'), receive),
    chosenPart(REPAIR_PART, free('repair'), { ...repair, ...defined({ keepCorrupt: receive.keepCorrupt }) }),
  ]
  const outs = new Map<string, PartSpec>()
  for (const { id, kind, values } of sinks) {
    if (kind !== 'broadcast' || values.pace === 'fast') continue
    outs.set(id, chosenPart(MULTICAST_OUT_PART, free(`${id}-out`), values))
  }
  return {
    parts: [
      ...sources.map((source) =>
        chosenPart(SOURCES[source.kind] as PartDescription, source.id, {
          ...source.values,
          ...defined({ services: source.receive.services }),
        }),
      ),
      // Without chosen options they are implied.
      ...between.filter((part) => Object.keys(part).length > 2),
      ...sinks.map(({ id, kind, values }) => chosenPart(SINKS[kind] as PartDescription, id, { ...receive, ...values })),
      ...outs.values(),
    ],
    ...defined({ links: linked ? linksOf(sources, sinks, links ?? [], outs) : undefined }),
  }
}

function sends({ kind }: OldPart): boolean {
  return SOURCES[kind]?.gives === 'objects'
}

/** Checks that sources agree in `receive`, which was one for a whole session. */
function sameReceive(first: OldSource, other: OldSource): void {
  for (const row of [...RECEIVER_PART.options, ...SERVING_OPTIONS]) {
    if (!same(row, first.receive, other.receive)) throw differ(first, other, row.key)
  }
  for (const row of REPAIR_PART.options)
    if (!same(row, first.repair, other.repair)) throw differ(first, other, 'repair')
}

function same({ key, default: fallback }: OptionRow, one: Values, two: Values): boolean {
  return JSON.stringify(one[key] ?? fallback) === JSON.stringify(two[key] ?? fallback)
}

function differ(first: OldPart, other: OldPart, key: string): AppFailure {
  return new AppFailure(
    'bad-spec',
    `The sources ${first.id} and ${other.id} differ in receive.${key}, which is one for a whole session.`,
    'Give them the same, or name a receiver for each in a session of version 2.',
  )
}

function linksOf(
  sources: readonly OldPart[],
  sinks: readonly OldPart[],
  links: readonly LinkSpec[],
  outs: ReadonlyMap<string, PartSpec>,
): LinkSpec[] {
  const made: LinkSpec[] = []
  const add = (from: string, to: string): void => {
    if (!made.some((link) => link.from === from && link.to === to)) made.push({ from, to })
  }
  for (const source of sources) {
    const fed = fedBy(source, sinks, links)
    if (sends(source)) {
      for (const { id, kind } of fed) {
        if (kind !== 'broadcast') continue
        add(source.id, id)
        const out = outs.get(id)
        if (out !== undefined) add(id, out.id)
        for (const other of fed) if (SINKS[other.kind]?.takes === 'datagrams') add(id, other.id)
      }
      continue
    }
    for (const sink of fed) if (sink.kind !== 'broadcast') add(source.id, sink.id)
  }
  return made
}

/** Sinks that version 1 fed: those that links name, else all that take what the source gives. */
function fedBy(source: OldPart, sinks: readonly OldPart[], links: readonly LinkSpec[]): readonly OldPart[] {
  const named = links.filter(({ from }) => from === source.id)
  if (named.length > 0) return sinks.filter(({ id }) => named.some(({ to }) => to === id))
  return sinks.filter(({ kind }) => (kind === 'broadcast' ? sends(source) : !sends(source) || kind === 'capture'))
}
