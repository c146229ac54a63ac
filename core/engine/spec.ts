import { checkOption, receiveSpecOf, socketFieldsOf } from '../contract/receive-choices.ts'
import { RECEIVE_OPTIONS, type ReceiveChoices, type ReceiveOption } from '../contract/receive-options.ts'
import type {
  BroadcastSink,
  CaptureSource,
  LogLevel,
  LogSpec,
  LogTopic,
  MulticastSource,
  PresentationSource,
  ReceiveSpec,
  RecordingOptions,
  SessionSpec,
  SinkSpec,
  SourceSpec,
} from '../contract/session-spec.ts'
import { DEFAULT_RECEIVE } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'

/**
 * Reads a SessionSpec from a saved file. Defaults fill what may be left out; anything unknown or of the wrong kind is
 * refused with the path of the field, since a misspelt option that is silently ignored is worse than none.
 *
 * @throws AppFailure bad-spec
 */
export function parseSessionSpec(value: unknown, where: string): SessionSpec {
  const at = new Field(value, where)
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

function parseSource(at: Field): SourceSpec {
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
        if (field !== undefined) choices[row.key] = field.option(row)
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
function parseReceive(at: Field | undefined): ReceiveSpec {
  if (at === undefined) return DEFAULT_RECEIVE
  const fields = at.object()
  at.only(fields, [...OBJECT_OPTIONS.map((row) => fieldOf(row, 'source.receive.')), 'repair'])
  const choices: Record<string, unknown> = {}
  for (const row of OBJECT_OPTIONS) {
    const field = at.optional(fields, fieldOf(row, 'source.receive.'))
    if (field !== undefined) choices[row.key] = field.option(row)
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
      if (field !== undefined) choices[row.key] = field.option(row)
    }
  }
  return receiveSpecOf(choices as ReceiveChoices, DEFAULT_RECEIVE.services)
}

function parseSink(at: Field): SinkSpec {
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

function parseRecording(at: Field, fields: Record<string, unknown>): RecordingOptions {
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
  const at = new Field(value, 'options')
  const fields = at.object()
  at.only(fields, RECORDING_FIELDS)
  return parseRecording(at, fields)
}

function parseBroadcast(at: Field, fields: Record<string, unknown>, id: string): BroadcastSink {
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

const LOG_TOPICS: readonly (LogTopic | 'all')[] = [
  'all',
  'engine',
  'route',
  'lls',
  'dash',
  'http',
  'socket',
  'file',
  'send',
]
const LOG_LEVELS: readonly LogLevel[] = ['error', 'warning', 'info', 'debug']

function parseLog(at: Field): LogSpec {
  const fields = at.object()
  at.only(fields, LOG_TOPICS)
  const log: Partial<Record<LogTopic | 'all', LogLevel>> = {}
  for (const topic of LOG_TOPICS) {
    const level = at.optional(fields, topic)?.oneOf(LOG_LEVELS)
    if (level !== undefined) log[topic] = level
  }
  return log
}

/**
 * GPAC's log grammar: `dash:route@info`, several groups joined by `,`.
 * @throws AppFailure bad-command-line
 */
export function parseLogOption(text: string): LogSpec {
  const log: Partial<Record<LogTopic | 'all', LogLevel>> = {}
  for (const group of text.split(',')) {
    const [topics = '', level = 'info'] = group.split('@')
    if (!LOG_LEVELS.includes(level as LogLevel)) {
      throw new AppFailure(
        'bad-command-line',
        `--log ${text}: "${level}" is no level.`,
        `Use topic[:topic]@level with one of ${LOG_LEVELS.join(', ')}.`,
      )
    }
    for (const topic of topics.split(':')) {
      if (!LOG_TOPICS.includes(topic as LogTopic)) {
        throw new AppFailure(
          'bad-command-line',
          `--log ${text}: "${topic}" is no topic.`,
          `Use topic[:topic]@level with topics from ${LOG_TOPICS.join(', ')}.`,
        )
      }
      log[topic as LogTopic] = level as LogLevel
    }
  }
  return log
}

/** A value in a JSON document with its path, for errors that say where. */
class Field {
  readonly raw: unknown
  readonly path: string

  constructor(raw: unknown, path: string) {
    this.raw = raw
    this.path = path
  }

  refuse(problem: string): AppFailure {
    return new AppFailure(
      'bad-spec',
      `${this.path} ${problem}.`,
      'Correct the session file, or save it again from the app.',
    )
  }

  object(): Record<string, unknown> {
    if (typeof this.raw !== 'object' || this.raw === null || Array.isArray(this.raw))
      throw this.refuse('must be an object')
    return this.raw as Record<string, unknown>
  }

  array(): Field[] {
    if (!Array.isArray(this.raw)) throw this.refuse('must be a list')
    return this.raw.map((item, index) => new Field(item, `${this.path}[${index}]`))
  }

  get(fields: Record<string, unknown>, name: string): Field {
    const field = new Field(fields[name], `${this.path}.${name}`)
    if (field.raw === undefined) throw field.refuse('is missing')
    return field
  }

  optional(fields: Record<string, unknown>, name: string): Field | undefined {
    return fields[name] === undefined ? undefined : new Field(fields[name], `${this.path}.${name}`)
  }

  only(fields: Record<string, unknown>, known: readonly string[]): void {
    for (const name of Object.keys(fields)) {
      if (!known.includes(name))
        throw new Field(fields[name], `${this.path}.${name}`).refuse(`is not known here (known: ${known.join(', ')})`)
    }
  }

  string(): string {
    if (typeof this.raw !== 'string' || this.raw === '') throw this.refuse('must be a text that is not empty')
    return this.raw
  }

  boolean(): boolean {
    if (typeof this.raw !== 'boolean') throw this.refuse('must be true or false')
    return this.raw
  }

  /** A value of the table of receive options. */
  option(row: ReceiveOption): unknown {
    const reading = checkOption(row, this.raw)
    if (!reading.ok) throw this.refuse(reading.problem)
    return reading.value
  }

  /** Whole number from 0. */
  count(): number {
    if (typeof this.raw !== 'number' || !Number.isSafeInteger(this.raw) || this.raw < 0) {
      throw this.refuse('must be a whole number from 0')
    }
    return this.raw
  }

  positive(): number {
    if (typeof this.raw !== 'number' || !Number.isFinite(this.raw) || this.raw <= 0)
      throw this.refuse('must be above 0')
    return this.raw
  }

  port(): number {
    const port = this.count()
    if (port > 65535) throw this.refuse(`is ${port}; a port is 0 to 65535`)
    return port
  }

  oneOf<const Values extends readonly string[]>(values: Values): Values[number] {
    if (typeof this.raw !== 'string' || !values.includes(this.raw))
      throw this.refuse(`must be one of ${values.join(', ')}`)
    return this.raw
  }
}
