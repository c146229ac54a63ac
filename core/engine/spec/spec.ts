import { receiveSpecOf, socketFieldsOf } from '../../contract/receive-choices.ts'
import { RECEIVE_OPTIONS, type ReceiveChoices, type ReceiveOption } from '../../contract/receive-options.ts'
import type { ReceiveSpec, RecordingOptions } from '../../contract/session-spec.ts'
import { DEFAULT_RECEIVE } from '../../contract/session-spec.ts'
import type {
  BroadcastSink,
  CaptureSource,
  MulticastSource,
  PresentationSource,
  SessionSpec1,
  SinkSpec,
  SourceSpec,
} from '../../contract/session-spec-1.ts'
import { parseLog } from './log-spec.ts'
import { SpecField } from './spec-field.ts'

/**
 * Reads a SessionSpec1 from a saved file. Defaults fill what may be left out; anything unknown or of the wrong kind is
 * refused with the path of the field, since a misspelt option that is silently ignored is worse than none.
 *
 * @throws AppFailure bad-spec
 */
export function parseSessionSpec(value: unknown, where: string): SessionSpec1 {
  const at = new SpecField(value, where)
  const spec = at.object()
  if (at.get(spec, 'format').raw !== 'routescope-session') {
    throw at.refuse('is not a saved session: "format" must be "routescope-session"')
  }
  if (at.get(spec, 'version').raw !== 1) throw at.get(spec, 'version').refuse('must be 1, the only version so far')
  at.only(spec, ['format', 'version', 'name', 'sources', 'sinks', 'links', 'durationS', 'log'])
  const sources = at.get(spec, 'sources').array().map(parseSource)
  const sinks = (at.optional(spec, 'sinks')?.array() ?? []).map(parseSink)
  const ids = new Set<string>()
  for (const part of [...sources, ...sinks]) {
    if (ids.has(part.id)) throw at.refuse(`names "${part.id}" twice; every source and sink needs an id of its own`)
    ids.add(part.id)
  }
  if (sources.length === 0) throw at.get(spec, 'sources').refuse('is empty; a session needs a source')
  const links = at
    .optional(spec, 'links')
    ?.array()
    .map((link) => {
      const fields = link.object()
      link.only(fields, ['from', 'to'])
      const from = link.get(fields, 'from').string()
      const to = link.get(fields, 'to').string()
      if (!sources.some((source) => source.id === from))
        throw link.refuse(`comes from "${from}", which is no source here`)
      if (!sinks.some((sink) => sink.id === to)) throw link.refuse(`goes to "${to}", which is no sink here`)
      return { from, to }
    })
  const name = at.optional(spec, 'name')?.string()
  const durationS = at.optional(spec, 'durationS')?.positive()
  const log = at.optional(spec, 'log')
  return {
    format: 'routescope-session',
    version: 1,
    ...(name === undefined ? {} : { name }),
    sources,
    sinks,
    ...(links === undefined ? {} : { links }),
    ...(durationS === undefined ? {} : { durationS }),
    ...(log === undefined ? {} : { log: parseLog(log) }),
  }
}

function parseSource(at: SpecField): SourceSpec {
  const fields = at.object()
  const id = at.get(fields, 'id').string()
  const kind = at.get(fields, 'kind').string()
  switch (kind) {
    case 'multicast': {
      at.only(fields, [
        'id',
        'kind',
        'url',
        ...SOCKET_OPTIONS.map((row) => fieldOf(row, 'source.')),
        'receive',
        // As earlier versions wrote it.
        'interface',
      ])
      const choices: Record<string, unknown> = {}
      const before = at.optional(fields, 'interface')?.string()
      if (before !== undefined) choices.interfaces = [before]
      for (const row of SOCKET_OPTIONS) {
        const field = at.optional(fields, fieldOf(row, 'source.'))
        if (field !== undefined) choices[row.key] = field.receiveOption(row)
      }
      return {
        id,
        kind,
        url: at.get(fields, 'url').string(),
        ...socketFieldsOf(choices as ReceiveChoices),
        receive: parseReceive(at.optional(fields, 'receive')),
      } satisfies MulticastSource
    }
    case 'capture': {
      at.only(fields, ['id', 'kind', 'files', 'pace', 'loop', 'linkType', 'url', 'receive'])
      const linkType = at.optional(fields, 'linkType')?.oneOf(['raw', 'eth', 'alp'])
      const url = at.optional(fields, 'url')?.string()
      const files = at
        .get(fields, 'files')
        .array()
        .map((file) => file.string())
      if (files.length === 0) throw at.get(fields, 'files').refuse('is empty; name at least one capture')
      return {
        id,
        kind,
        files,
        pace: at.optional(fields, 'pace')?.oneOf(['fast', 'real']) ?? 'fast',
        loop: at.optional(fields, 'loop')?.count() ?? 1,
        ...(linkType === undefined ? {} : { linkType }),
        ...(url === undefined ? {} : { url }),
        receive: parseReceive(at.optional(fields, 'receive')),
      } satisfies CaptureSource
    }
    case 'presentation':
      at.only(fields, ['id', 'kind', 'input', 'loop'])
      return {
        id,
        kind,
        input: at.get(fields, 'input').string(),
        loop: at.optional(fields, 'loop')?.boolean() ?? false,
      } satisfies PresentationSource
    default:
      throw at.get(fields, 'kind').refuse(`is "${kind}"; a source is multicast, capture or presentation`)
  }
}

const ROWS: readonly ReceiveOption[] = RECEIVE_OPTIONS
const SOCKET_OPTIONS = ROWS.filter((row) => /^source\.[^.]+$/.test(row.path))
const REPAIR_OPTIONS = ROWS.filter((row) => row.path.startsWith('source.receive.repair.'))
const OBJECT_OPTIONS = ROWS.filter((row) => /^source\.receive\.[^.]+$/.test(row.path))

function fieldOf(row: ReceiveOption, below: string): string {
  return row.path.slice(below.length)
}

/** Fields are those of the table of receive options. */
function parseReceive(at: SpecField | undefined): ReceiveSpec {
  if (at === undefined) return DEFAULT_RECEIVE
  const fields = at.object()
  at.only(fields, [...OBJECT_OPTIONS.map((row) => fieldOf(row, 'source.receive.')), 'repair'])
  const choices: Record<string, unknown> = {}
  for (const row of OBJECT_OPTIONS) {
    const field = at.optional(fields, fieldOf(row, 'source.receive.'))
    if (field !== undefined) choices[row.key] = field.receiveOption(row)
  }
  const repair = at.optional(fields, 'repair')
  if (repair !== undefined) {
    const below = repair.object()
    repair.only(
      below,
      REPAIR_OPTIONS.map((row) => fieldOf(row, 'source.receive.repair.')),
    )
    for (const row of REPAIR_OPTIONS) {
      const field = repair.optional(below, fieldOf(row, 'source.receive.repair.'))
      if (field !== undefined) choices[row.key] = field.receiveOption(row)
    }
  }
  return receiveSpecOf(choices as ReceiveChoices, DEFAULT_RECEIVE.services)
}

function parseSink(at: SpecField): SinkSpec {
  const fields = at.object()
  const id = at.get(fields, 'id').string()
  const kind = at.get(fields, 'kind').string()
  switch (kind) {
    case 'folder':
      at.only(fields, ['id', 'kind', 'dir', 'maxSegments', 'splitTsi'])
      return {
        id,
        kind,
        dir: at.get(fields, 'dir').string(),
        maxSegments: at.optional(fields, 'maxSegments')?.count() ?? 0,
        splitTsi: at.optional(fields, 'splitTsi')?.boolean() ?? false,
      }
    case 'gateway':
      at.only(fields, ['id', 'kind', 'host', 'port', 'maxSegments', 'cors'])
      return {
        id,
        kind,
        host: at.optional(fields, 'host')?.string() ?? '127.0.0.1',
        port: at.get(fields, 'port').port(),
        maxSegments: at.optional(fields, 'maxSegments')?.count() ?? 0,
        cors: at.optional(fields, 'cors')?.oneOf(['auto', 'on', 'off']) ?? 'auto',
      }
    case 'store':
      at.only(fields, ['id', 'kind', 'memoryBytes', 'maxSegments'])
      return {
        id,
        kind,
        memoryBytes: at.optional(fields, 'memoryBytes')?.count() ?? DEFAULT_STORE_MEMORY,
        maxSegments: at.optional(fields, 'maxSegments')?.count() ?? 0,
      }
    case 'report':
      at.only(fields, ['id', 'kind', 'file'])
      return { id, kind, file: at.get(fields, 'file').string() }
    case 'capture':
      at.only(fields, ['id', 'kind', 'file', ...RECORDING_FIELDS])
      return { id, kind, file: at.get(fields, 'file').string(), ...parseRecording(at, fields) }
    case 'broadcast':
      return parseBroadcast(at, fields, id)
    default:
      throw at
        .get(fields, 'kind')
        .refuse(`is "${kind}"; a sink is folder, gateway, store, report, capture or broadcast`)
  }
}

const RECORDING_FIELDS = ['comment', 'joinedOnly', 'snapBytes', 'rotateBytes', 'rotateSeconds'] as const

function parseRecording(at: SpecField, fields: Record<string, unknown>): RecordingOptions {
  const comment = at.optional(fields, 'comment')?.string()
  const joinedOnly = at.optional(fields, 'joinedOnly')?.boolean()
  const snapBytes = at.optional(fields, 'snapBytes')?.positive()
  const rotateBytes = at.optional(fields, 'rotateBytes')?.positive()
  const rotateSeconds = at.optional(fields, 'rotateSeconds')?.positive()
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(joinedOnly === undefined ? {} : { joinedOnly }),
    ...(snapBytes === undefined ? {} : { snapBytes }),
    ...(rotateBytes === undefined ? {} : { rotateBytes }),
    ...(rotateSeconds === undefined ? {} : { rotateSeconds }),
  }
}

/**
 * Recording options as a window sends them.
 * @throws AppFailure bad-spec
 */
export function parseRecordingOptions(value: unknown): RecordingOptions {
  const at = new SpecField(value, 'options')
  const fields = at.object()
  at.only(fields, RECORDING_FIELDS)
  return parseRecording(at, fields)
}

function parseBroadcast(at: SpecField, fields: Record<string, unknown>, id: string): BroadcastSink {
  at.only(fields, [
    'id',
    'kind',
    'url',
    'interface',
    'ttl',
    'mtu',
    'carouselMs',
    'flavour',
    'pace',
    'serviceId',
    'serviceName',
  ])
  const networkInterface = at.optional(fields, 'interface')?.string()
  return {
    ...DEFAULT_BROADCAST,
    id,
    url: at.get(fields, 'url').string(),
    ...(networkInterface === undefined ? {} : { interface: networkInterface }),
    ttl: at.optional(fields, 'ttl')?.count() ?? DEFAULT_BROADCAST.ttl,
    mtu: at.optional(fields, 'mtu')?.count() ?? DEFAULT_BROADCAST.mtu,
    carouselMs: at.optional(fields, 'carouselMs')?.positive() ?? DEFAULT_BROADCAST.carouselMs,
    flavour: at.optional(fields, 'flavour')?.oneOf(['us', 'korean']) ?? DEFAULT_BROADCAST.flavour,
    pace: at.optional(fields, 'pace')?.oneOf(['fast', 'real']) ?? DEFAULT_BROADCAST.pace,
    serviceId: at.optional(fields, 'serviceId')?.count() ?? DEFAULT_BROADCAST.serviceId,
    serviceName: at.optional(fields, 'serviceName')?.string() ?? DEFAULT_BROADCAST.serviceName,
  }
}

/** Broadcast options as GPAC's sender has them (mtu 1472, carousel 1000 ms, ttl 0). */
export const DEFAULT_BROADCAST = {
  kind: 'broadcast',
  ttl: 0,
  mtu: 1472,
  carouselMs: 1000,
  flavour: 'us',
  pace: 'real',
  serviceId: 1,
  serviceName: 'Routescope',
} as const satisfies Omit<BroadcastSink, 'id' | 'url' | 'interface'>

/** What the app keeps of a session in memory before it spills to the session folder. */
export const DEFAULT_STORE_MEMORY = 96 * 1024 * 1024
