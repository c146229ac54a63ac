import type { AppError } from '../../core/contract/app-error.ts'
import type { CommandName, EngineCommands, EngineEvents, EventName } from '../../core/contract/engine-api.ts'
import { NO_LOSS } from '../../core/contract/loss.ts'
import { makeColumnArrays, packObjectRows } from '../../core/contract/object-batch.ts'
import { BATCH_COLUMNS, OBJECT_STATE, type ObjectRow } from '../../core/contract/object-table.ts'
import type { ObjectState } from '../../core/contract/report.ts'
import { STARTUP_STEPS, type Startup } from '../../core/contract/report.ts'
import type { Latest } from '../../core/contract/service-snapshot.ts'
import type { SectionChange, SectionChanges, SectionMap, SessionSnapshot } from '../../core/contract/snapshot.ts'
import { EngineCallError } from '../client/call-error.ts'
import type { ConnectionState, EngineClient } from '../client/engine-client.ts'
import { busy } from '../client/idle.ts'
import { withoutTrailingUndefined } from '../client/wire-arguments.ts'
import { emptyObjectRow } from './empty-rows.ts'

type Answers = {
  [Name in CommandName]?: (...args: Parameters<EngineCommands[Name]>) => ReturnType<EngineCommands[Name]>
}

/** An engine for tests: answers from a table, emits the test's events, and records every call. */
export class FakeEngine implements EngineClient {
  state: ConnectionState = 'open'
  failure: AppError | null = null
  readonly calls: { readonly name: CommandName; readonly args: readonly unknown[] }[] = []
  readonly answers: Answers
  readonly #listeners = new Map<EventName, Set<(data: never) => void>>()
  readonly #states = new Set<(state: ConnectionState) => void>()

  constructor(answers: Answers = {}) {
    this.answers = answers
  }

  async call<Name extends CommandName>(
    name: Name,
    ...args: Parameters<EngineCommands[Name]>
  ): Promise<ReturnType<EngineCommands[Name]>> {
    this.calls.push({ name, args: withoutTrailingUndefined(args) })
    const done = busy()
    try {
      await Promise.resolve()
      const answer = this.answers[name] as ((...given: unknown[]) => ReturnType<EngineCommands[Name]>) | undefined
      if (answer === undefined) throw new EngineCallError(fakeError(`The fake engine has no answer to ${name}.`))
      return answer(...args)
    } finally {
      done()
    }
  }

  on<Name extends EventName>(event: Name, listener: (data: EngineEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener as (data: never) => void)
    return () => {
      listeners.delete(listener as (data: never) => void)
    }
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#states.add(listener)
    return () => {
      this.#states.delete(listener)
    }
  }

  close(): void {}

  emit<Name extends EventName>(event: Name, data: EngineEvents[Name]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(data as never)
  }

  become(state: ConnectionState): void {
    this.state = state
    for (const listener of this.#states) listener(state)
  }
}

export function fakeError(message: string, code: AppError['code'] = 'internal'): AppError {
  return { code, message, tryThis: 'Give the fake engine an answer.' }
}

/** A service that has not been tuned in. */
export const NO_STARTUP = Object.fromEntries(STARTUP_STEPS.map((step) => [step, null])) as Startup

/** The same of what came last. */
export const NO_LATEST = Object.fromEntries(STARTUP_STEPS.map((step) => [step, null])) as Latest

/** An empty session with the changes that a test needs. */
export function fakeSnapshot(change: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return {
    sessionId: 's1',
    name: 'test',
    phase: 'running',
    problems: [],
    demo: false,
    parts: [],
    traffic: [],
    receives: true,
    receivers: [],
    source: {
      live: false,
      label: 'test.pcap',
      pace: 'fast',
      untimed: false,
      firstTimeUs: null,
      lastTimeUs: null,
      startedWallUs: 0,
      lastPacketWallUs: null,
      progress: null,
      sockets: [],
      left: [],
    },
    totals: {
      packets: 0,
      bytes: 0,
      rateBps: 0,
      packetsPerSecond: 0,
      malformed: 0,
      objects: 0,
      complete: 0,
      incomplete: 0,
      cutOff: 0,
      neverCame: 0,
      awaited: 0,
      lostBytes: 0,
      goneSinceUs: null,
      closedSinceUs: null,
      loss: NO_LOSS,
    },
    services: [],
    flows: [],
    links: [],
    recordings: [],
    channels: [],
    signalling: [],
    gateways: [],
    wall: null,
    servers: [],
    requests: [],
    clients: [],
    transfers: [],
    streams: [],
    origins: [],
    uploads: [],
    pushes: [],
    broadcasts: [],
    selfLoop: null,
    media: [],
    repair: null,
    alarms: [],
    losses: {
      network: { objects: 0, bytes: 0 },
      host: { objects: 0, bytes: 0 },
      capture: { objects: 0, bytes: 0 },
      sender: { objects: 0, bytes: 0 },
      unknown: { objects: 0, bytes: 0 },
    },
    hostDrops: null,
    captureDrops: null,
    eventLoopLagMs: null,
    systemTime: null,
    ...change,
  }
}

/** The sections that an engine sends for a snapshot. */
export function sectionsOf(snapshot: SessionSnapshot): SectionChanges {
  const { sessionId, name, phase, problems, demo, receives, source, totals, ...rest } = snapshot
  const { services, flows, links, channels, signalling, alarms, losses, systemTime, repair } = rest
  const { hostDrops, captureDrops, eventLoopLagMs, gateways, servers, requests, recordings, broadcasts, selfLoop } =
    rest
  const values: Record<string, Partial<SectionMap>> = {
    source: receives ? { source } : {},
    receiver: receives
      ? {
          totals,
          services,
          flows,
          links,
          channels,
          signalling,
          alarms,
          losses,
          host: { hostDrops, captureDrops, eventLoopLagMs },
          ...(systemTime === null ? {} : { systemTime }),
        }
      : { presentation: { input: source.label, demo } },
    ...(repair === null ? {} : { repair: { repair } }),
    ...Object.fromEntries(gateways.map((gateway, at) => [`gateway${at}`, { gateway }])),
    ...Object.fromEntries(servers.map((server, at) => [`server${at}`, { server }])),
    ...Object.fromEntries(requests.map((each, at) => [`requests${at}`, { requests: each }])),
    ...Object.fromEntries(recordings.map((recording, at) => [`recorder${at}`, { recording }])),
    ...(selfLoop === null ? {} : { selfLoop: { selfLoop } }),
    ...Object.fromEntries(broadcasts.map((broadcast, at) => [`broadcast${at}`, { broadcast }])),
  }
  const parts = Object.keys(values).map((id) => ({ id, kind: id, title: id, subject: '', implied: false }))
  const session = {
    part: null,
    section: 'session',
    version: 1,
    value: { name, phase, problems, demo, parts, links: [] },
  }
  const changes = Object.entries(values).flatMap(([part, sections]) =>
    Object.entries(sections).map(([section, value]) => ({ part, section, version: 1, value })),
  )
  return { sessionId, changes: [session, ...changes] as SectionChange[] }
}

export function fakeRow(index: number, change: Partial<ObjectRow> = {}): ObjectRow {
  return {
    ...emptyObjectRow(),
    index,
    service: 1,
    destination: '239.255.10.1:6000',
    tsi: 10,
    toi: index + 1,
    role: 'video',
    name: `seg_${index + 1}.m4s`,
    contentType: 'video/mp4',
    codepoint: 8,
    size: 1000,
    received: 1000,
    packets: 1,
    state: 'complete',
    firstTimeUs: index * 1e6,
    lastTimeUs: index * 1e6 + 5e5,
    ...change,
  }
}

/** Packs rows as in a batch. @param channelOf the channel of a row */
export function packRows(rows: readonly ObjectRow[], channelOf: (row: ObjectRow) => number): Uint8Array {
  const values = makeColumnArrays(BATCH_COLUMNS, Math.max(0, ...rows.map(({ index }) => index + 1)))
  for (const row of rows) {
    for (const key of BATCH_COLUMNS) values[key][row.index] = key === 'channel' ? channelOf(row) : stored(row[key])
  }
  return packObjectRows(
    Uint32Array.from(rows, ({ index }) => index),
    values,
  )
}

function stored(value: number | ObjectState | null): number {
  return typeof value === 'string' ? OBJECT_STATE[value] : (value ?? -1)
}
