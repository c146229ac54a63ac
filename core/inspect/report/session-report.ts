import { COLUMN_WORDS, OBJECT_STATE } from '../../contract/object-table.ts'
import type {
  ObjectState,
  Report,
  ReportAlarm,
  ReportChannel,
  ReportFlow,
  ReportObject,
  ReportService,
  ReportSource,
  Startup,
} from '../../contract/report.ts'
import { STARTUP_STEPS } from '../../contract/report.ts'
import { channelNumber } from '../../flow/carriers.ts'
import type { ChannelFacts, FlowFacts, LinkFacts, ServiceFacts } from '../../flow/facts.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { LossWatch } from '../losses/loss-watch.ts'
import { llsPiecesOf, llsReportOf, type SignallingEntry, slsReportOf } from '../signalling/signalling-entry.ts'
import type { ListedSignalling, SignallingLog } from '../signalling/signalling-log.ts'
import { reportFec } from './fec-report.ts'
import { jsonPieces, LazyList } from './json-pieces.ts'
import { type OfServices, ofServices, sharedWith } from './of-services.ts'
import type { StartupLog } from './startup-log.ts'

/** Facts of the capture reader or the sockets for the report. */
export type ReportExtra = {
  readonly frames: number
  readonly udp: number
  /** UDP payload. */
  readonly bytes: number
  readonly fragmentsDropped: number
  /** IP or UDP packets that could not be read; added to the receiver's. */
  readonly malformed?: number
}

/** The logs and columns of a report. */
export type ReportParts = {
  readonly columns: ObjectColumns
  readonly signalling: SignallingLog
  readonly alarms: readonly ReportAlarm[]
  /** Datagrams that could not be read. */
  readonly malformed: number
  readonly losses: LossWatch
  readonly startup: StartupLog
  /** Why a service cannot be played; null where it can. `channels`: its own, and of the one whose files it shares. */
  readonly notPlayable: (service: ServiceFacts, startup: Startup, channels: readonly ChannelFacts[]) => string | null
  readonly services: readonly ServiceFacts[]
  readonly channels: readonly ChannelFacts[]
  readonly flows: readonly FlowFacts[]
  readonly links: readonly LinkFacts[]
}

/** Makes the report document (design: command-line.md); times become seconds only here. */
export function makeReport(parts: ReportParts, source: ReportSource, extra: ReportExtra): Report {
  const listed = listedOf(parts)
  const channelOf = (channel: ChannelFacts): ReportChannel =>
    reportChannel(
      parts,
      channel,
      rowsOf(listed, channel).map((row) => reportObject(parts.columns, row)),
    )
  return {
    ...beginningOf(parts, source, extra),
    lls: listed.signalling.lls.map(llsReportOf),
    services: parts.services.map((service) =>
      reportService(parts, service, listed, {
        sls: (entries) => entries.map(slsReportOf),
        channels: (channels) => channels.map(channelOf),
      }),
    ),
    ...endOf(parts),
  }
}

/**
 * The JSON text of the same document, piece by piece: a hundred thousand objects are never there at once, and neither are
 * ten thousand services, the channels of one, or tables.
 */
export function reportPieces(parts: ReportParts, source: ReportSource, extra: ReportExtra): Iterable<string> {
  const listed = listedOf(parts)
  const objectsOf = (rows: readonly number[]): LazyList<ReportObject> =>
    new LazyList(rows.length, (at) => reportObject(parts.columns, rows[at] as number))
  const lists: ServiceLists<LazyList<unknown>, LazyList<unknown>> = {
    sls: (entries) => listOf(entries, slsReportOf, 'long'),
    channels: (channels) =>
      listOf(channels, (channel) => reportChannel(parts, channel, objectsOf(rowsOf(listed, channel))), 'nested'),
  }
  const report = {
    ...beginningOf(parts, source, extra),
    // Tables are decoded when they are looked at, and may be long.
    lls: listOf(listed.signalling.lls, llsPiecesOf, 'nested'),
    // Services come and go while a long report is written.
    services: listOf([...parts.services], (service) => reportService(parts, service, listed, lists), 'nested'),
    ...endOf(parts),
  }
  return jsonPieces(report, '\n')
}

/** A list that is made of these, one by one. */
function listOf<Item, Element>(
  items: readonly Item[],
  make: (item: Item) => Element,
  elements: 'long' | 'nested',
): LazyList<Element> {
  return new LazyList(items.length, (at) => make(items[at] as Item), elements)
}

/** What came, by what it is of. */
type Listed = {
  readonly rows: readonly (readonly number[])[]
  readonly channels: OfServices<ChannelFacts>
  readonly flows: OfServices<FlowFacts>
  readonly signalling: ListedSignalling
}

function listedOf({ columns, channels, flows, signalling }: ReportParts): Listed {
  return {
    rows: rowsByChannel(columns, channels.length),
    channels: ofServices(channels),
    flows: ofServices(flows),
    signalling: signalling.listed(),
  }
}

function rowsOf({ rows }: Listed, { index }: ChannelFacts): readonly number[] {
  return rows[index] ?? []
}

/** How the lists of a service are made: as arrays, or while they are written. */
type ServiceLists<Channels, Sls> = {
  readonly sls: (entries: readonly SignallingEntry[]) => Sls
  readonly channels: (channels: readonly ChannelFacts[]) => Channels
}

/** What comes before the tables. */
function beginningOf(
  parts: ReportParts,
  source: ReportSource,
  extra: ReportExtra,
): Pick<Report, 'format' | 'version' | 'source' | 'totals'> {
  return {
    format: 'routescope-report',
    version: 1,
    source,
    totals: {
      frames: extra.frames,
      udp: extra.udp,
      bytes: extra.bytes,
      malformed: parts.malformed + (extra.malformed ?? 0),
      fragmentsDropped: extra.fragmentsDropped,
      losses: parts.losses.totals,
      loss: parts.losses.meter.spans(parts.channels),
      hostDrops: parts.losses.host.dropped,
      captureDrops: parts.losses.host.droppedInCapture,
      eventLoopLagMs: parts.losses.host.longestLagMs,
    },
  }
}

/** What comes after the services. */
function endOf(parts: ReportParts): Pick<Report, 'flows' | 'links' | 'alarms'> {
  return {
    flows: reportFlows(parts.flows),
    links: parts.links.map(({ kind, destination, counts, lmt }) => ({ kind, destination, counts, lmt })),
    alarms: parts.alarms,
  }
}

function rowsByChannel(columns: ObjectColumns, channels: number): number[][] {
  const rows: number[][] = Array.from({ length: channels }, () => [])
  for (let row = 0; row < columns.count; row++) rows[columns.values.channel[row] as number]?.push(row)
  return rows
}

function reportService<Channels, Sls>(
  parts: ReportParts,
  service: ServiceFacts,
  all: Listed,
  lists: ServiceLists<Channels, Sls>,
): ReportService<Channels, Sls> {
  const sessions = new Map<string, ChannelFacts[]>()
  const own = all.channels.get(service.id) ?? []
  for (const channel of own) {
    // Sessions are those of LCT; MMTP has a section of its own.
    if (channel.carrier.kind !== 'lct') continue
    const channels = sessions.get(channel.destination)
    if (channels === undefined) sessions.set(channel.destination, [channel])
    else channels.push(channel)
  }
  const { id, name, protocol, category, major, minor, destination, source } = service
  const withShared = [...own, ...sharedWith(service, all.channels)]
  const startup = parts.startup.of(service, withShared, all.flows.get(service.id) ?? [])
  return {
    id,
    name,
    protocol,
    category,
    major,
    minor,
    destination,
    source,
    sls: lists.sls(all.signalling.sls.get(id) ?? []),
    sessions: Array.from(sessions, ([destination, channels]) => ({
      destination,
      channels: lists.channels(channels.sort((a, b) => channelNumber(a.carrier) - channelNumber(b.carrier))),
    })),
    repairServers: service.repairServers.map((server) => ({
      url: server.url,
      weight: server.weight,
      objectBase: server.stripBase,
      after: server.afterMs / 1000,
      fixedBackoff: server.fixedBackoffMs / 1000,
      randomBackoff: server.randomBackoffMs / 1000,
    })),
    loss: parts.losses.meter.spans(own),
    startup: inSeconds(startup),
    notPlayable: parts.notPlayable(service, startup, withShared),
    mmtp:
      service.mmtp === null
        ? null
        : {
            packets: [...service.mmtp]
              .sort((a, b) => a.packetId - b.packetId)
              .map(({ packetId, type, packets, bytes, lost }) => ({ packetId, type, packets, bytes, lost })),
            assets: [...(service.mmtpFlow?.assets ?? [])]
              .sort((a, b) => a.packetId - b.packetId)
              .map(({ packetId, assetId, type, mpus, absent, component }) => ({
                packetId,
                assetId: assetId ?? '',
                type: type ?? '',
                mpus,
                absent,
                component,
              })),
          },
  }
}

function reportChannel<Objects>(parts: ReportParts, channel: ChannelFacts, objects: Objects): ReportChannel<Objects> {
  const { carrier, role, representation, packets, bytes, duplicates, outOfOrder, lost } = channel
  const missingObjects = parts.losses.absentOf(channel.index)
  const fec = reportFec(channel, parts.channels)
  return {
    tsi: channelNumber(carrier),
    role,
    representation,
    packets,
    bytes,
    duplicates,
    outOfOrder,
    lost,
    missingObjects,
    loss: parts.losses.meter.spans([channel]),
    fec,
    objects,
  }
}

function inSeconds(startup: Startup): Startup {
  const steps = STARTUP_STEPS.map((step) => [step, seconds(startup[step])] as const)
  return Object.fromEntries(steps) as Startup
}

function seconds(us: number | null): number | null {
  return us === null ? null : us / 1e6
}

function reportObject(columns: ObjectColumns, row: number): ReportObject {
  const size = columns.values.size[row] as number
  const repair = columns.repairOf(row)
  const wideToi = columns.wideToiOf(row)
  return {
    toi: wideToi === null ? (columns.values.toi[row] as number) : Number(wideToi),
    ...(wideToi === null ? {} : { wideToi }),
    instance: columns.values.instance[row] as number,
    name: columns.textOf('name', row),
    contentType: columns.textOf('contentType', row),
    size: size < 0 ? null : size,
    received: columns.values.received[row] as number,
    recovered: columns.values.recovered[row] as number,
    complete: columns.values.state[row] === OBJECT_STATE.complete,
    state: COLUMN_WORDS.ObjectState[columns.values.state[row] as number] as ObjectState,
    missing: columns.missingOf(row),
    sha256: columns.sha256Of(row),
    codepoint: columns.values.codepoint[row] as number,
    packets: columns.values.packets[row] as number,
    firstTime: (columns.values.firstTimeUs[row] as number) / 1e6,
    lastTime: (columns.values.lastTimeUs[row] as number) / 1e6,
    repeats: columns.values.repeats[row] as number,
    repair: repair === null ? null : { how: repair.how, bytes: repair.bytes },
    senderTime: seconds(columns.times.senderUs.get(row)),
    presentationTime: seconds(columns.times.presentationUs.get(row)),
  }
}

/** One line per destination and PLP, whatever the sources. */
function reportFlows(flows: readonly FlowFacts[]): ReportFlow[] {
  const byDestination = new Map<string, ReportFlow>()
  for (const facts of flows) {
    const destination = facts.flow?.destination ?? 'others'
    const key = `${destination} ${facts.flow?.plp ?? ''}`
    const before = byDestination.get(key)
    byDestination.set(key, {
      destination,
      plp: facts.flow?.plp ?? null,
      packets: (before?.packets ?? 0) + facts.packets,
      bytes: (before?.bytes ?? 0) + facts.bytes,
      protocol: before === undefined || before.protocol === 'unknown' ? facts.protocol : before.protocol,
    })
  }
  return [...byDestination.values()]
}
