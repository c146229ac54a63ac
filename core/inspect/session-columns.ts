import type { SignallingText } from '../contract/engine-api.ts'
import {
  OBJECT_BATCH_ROWS,
  type ObjectDetail,
  type ObjectQuery,
  type ObjectRow,
  type ObjectView,
} from '../contract/object-rows.ts'
import type { Report, ReportAlarm, ReportSource } from '../contract/report.ts'
import type {
  ChannelSnapshot,
  FlowSnapshot,
  PlayableSnapshot,
  ServiceSnapshot,
  SignallingSnapshot,
  TotalsSnapshot,
} from '../contract/snapshot.ts'
import type { Flow } from '../protocol/ip/flow.ts'
import type { ReceivedObject } from '../receive/object-flow.ts'
import type {
  Alarm,
  ChannelFacts,
  FlowFacts,
  LlsTable,
  ReceiveObserver,
  RepairFact,
  ServiceFacts,
  SlsFragment,
} from '../receive/observer.ts'
import { AlarmLog } from './alarm-log.ts'
import { MAX_ROWS, ObjectColumns } from './object-columns.ts'
import { makeDetail } from './object-detail.ts'
import { ObjectViews } from './object-views.ts'
import { RateMeter } from './rate-meter.ts'
import { serviceSnapshot } from './service-state.ts'
import { makeReport, type ReportExtra } from './session-report.ts'
import { SignallingLog } from './signalling-log.ts'

/** Lines of a list in a snapshot, which must stay small. */
const MAX_LINES = 512
/** Signalling objects kept as transported, since no store keeps them. */
const MAX_KEPT_BYTES = 2 << 20

export type SessionColumnsOptions = {
  /** Compute SHA-256 of every whole object, as transported. */
  readonly hash: boolean
  readonly maxRows?: number
  /** Bytes of an object as transported, where something still has them. */
  readonly bytesOf?: (index: number) => Uint8Array | null
  /** Address of a named object of a service, where something serves it. */
  readonly urlOf?: (serviceId: number, name: string) => string | null
}

/**
 * Everything known of a session, as columns of facts: the one model behind report, snapshot and object rows. It is told what
 * happened and asked for views of it; it computes nothing on the packet path.
 */
export class SessionColumns implements ReceiveObserver {
  readonly objects: ObjectColumns
  readonly #options: SessionColumnsOptions
  readonly #views: ObjectViews
  readonly #services: ServiceFacts[] = []
  readonly #channels: ChannelFacts[] = []
  readonly #flows: FlowFacts[] = []
  readonly #signalling = new SignallingLog()
  readonly #alarms = new AlarmLog()
  readonly #rates = new RateMeter()
  readonly #kept = new Map<number, Uint8Array>()
  #keptBytes = 0
  #nowUs = 0

  constructor(options: SessionColumnsOptions) {
    this.#options = options
    this.objects = new ObjectColumns(options.hash, options.maxRows ?? MAX_ROWS)
    this.#views = new ObjectViews(this.objects, this.#channels)
  }

  flowSeen(flow: FlowFacts): void {
    this.#flows.push(flow)
  }

  serviceChanged(service: ServiceFacts): void {
    if (!this.#services.includes(service)) this.#services.push(service)
  }

  serviceGone(service: ServiceFacts): void {
    const at = this.#services.indexOf(service)
    if (at >= 0) this.#services.splice(at, 1)
    this.#signalling.serviceGone(service.id)
  }

  channelSeen(channel: ChannelFacts): void {
    this.#channels[channel.index] = channel
  }

  llsTable(table: LlsTable, timeUs: number): void {
    this.#signalling.llsTable(table, timeUs)
  }

  llsRepeated(key: number, timeUs: number): void {
    this.#signalling.llsRepeated(key, timeUs)
  }

  slsFragment(serviceId: number, fragment: SlsFragment, timeUs: number): void {
    this.#signalling.slsFragment(serviceId, fragment, timeUs)
  }

  slsRepeated(serviceId: number, timeUs: number): void {
    this.#signalling.slsRepeated(serviceId, timeUs)
  }

  objectBegun(object: ReceivedObject, bytes: Uint8Array, start: number, end: number): void {
    this.objects.begin(object, bytes, start, end)
  }

  objectEnded(object: ReceivedObject): void {
    this.objects.end(object)
    if (object.kind === 'signalling' && object.state === 'complete' && object.size !== null)
      this.#keep(object, object.size)
  }

  #keep(object: ReceivedObject, size: number): void {
    if (size > MAX_KEPT_BYTES / 8) return
    this.#kept.set(object.index, object.bytes(0, size).slice())
    this.#keptBytes += size
    for (const [index, bytes] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break
      this.#kept.delete(index)
      this.#keptBytes -= bytes.length
    }
  }

  objectResumed(object: ReceivedObject): void {
    this.objects.resume(object)
  }

  objectRepeated(index: number, packets: number, repeats: number, timeUs: number): void {
    this.objects.repeat(index, packets, repeats, timeUs)
  }

  objectRepaired(index: number, repair: RepairFact): void {
    this.objects.repaired(index, repair)
  }

  objectNamed(object: ReceivedObject): void {
    this.objects.named(object)
  }

  malformed(
    code: string,
    flow: Flow,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    frame: number,
  ): void {
    this.#alarms.datagram(code, flow, bytes, start, end, timeUs, frame)
  }

  alarm(alarm: Alarm): void {
    this.#alarms.alarm(alarm)
  }

  /**
   * Takes the stream's time; rates are means over windows of about a second, and objects are hashed as they arrive. Call it a
   * few times a second.
   */
  sample(timeUs: number): void {
    this.#nowUs = timeUs
    this.objects.hashArrived()
    this.#rates.sample(timeUs, this.#counted())
  }

  /** The source has ended: rates are means over the whole session, which took `spanUs` of stream time. */
  settle(spanUs: number): void {
    this.#rates.settle(spanUs, this.#counted())
  }

  *#counted(): Iterable<FlowFacts | ChannelFacts> {
    yield* this.#flows
    for (const channel of this.#channels) if (channel !== undefined) yield channel
  }

  get objectCount(): number {
    return this.objects.count
  }

  /** The report as it is now; complete once the receiver is closed. */
  report(source: ReportSource, extra: ReportExtra): Report {
    this.objects.refresh()
    const parts = {
      columns: this.objects,
      signalling: this.#signalling,
      alarms: this.#alarms,
      services: this.#services,
      channels: this.#channels,
      flows: this.#flows,
    }
    return makeReport(parts, source, extra)
  }

  totals(): TotalsSnapshot {
    const totals = { packets: 0, bytes: 0, rateBps: 0, packetsPerSecond: 0, complete: 0, incomplete: 0, lostBytes: 0 }
    for (const flow of this.#flows) {
      totals.packets += flow.packets
      totals.bytes += flow.bytes
      totals.rateBps += this.#rates.bitsPerSecond(flow)
      totals.packetsPerSecond += this.#rates.packetsPerSecond(flow)
    }
    for (const channel of this.#channels) {
      totals.complete += channel.complete
      totals.incomplete += channel.incomplete
      totals.lostBytes += channel.lost
    }
    return { ...totals, objects: this.objects.count, malformed: this.#alarms.malformed }
  }

  /** The services as the receiver knows them. */
  serviceFacts(): readonly ServiceFacts[] {
    return this.#services
  }

  /** @param playable address and codecs of a service's manifest where one is served */
  services(playable: (service: ServiceFacts) => PlayableSnapshot | null): ServiceSnapshot[] {
    return this.#services
      .slice(0, MAX_LINES)
      .map((service) =>
        serviceSnapshot(service, this.#channels, this.#flows, this.#rates, this.#nowUs, playable(service)),
      )
  }

  flows(): FlowSnapshot[] {
    return this.#flows.slice(0, MAX_LINES).map((facts) => ({
      destination: facts.flow?.destination ?? 'others',
      source: facts.flow === null ? '' : sourceOf(facts.flow),
      protocol: facts.protocol,
      service: facts.serviceId,
      packets: facts.packets,
      bytes: facts.bytes,
      rateBps: this.#rates.bitsPerSecond(facts),
    }))
  }

  channels(): ChannelSnapshot[] {
    return this.#channels.slice(0, MAX_LINES).map((channel) => ({
      channel: channel.index,
      service: channel.serviceId,
      destination: channel.destination,
      tsi: channel.tsi,
      role: channel.role,
      representation: channel.representation,
      packets: channel.packets,
      bytes: channel.bytes,
      rateBps: this.#rates.bitsPerSecond(channel),
      duplicates: channel.duplicates,
      outOfOrder: channel.outOfOrder,
      lost: channel.lost,
      complete: channel.complete,
      incomplete: channel.incomplete,
      lastTimeUs: channel.lastTimeUs,
    }))
  }

  signalling(): SignallingSnapshot[] {
    return this.#signalling.snapshot().slice(-MAX_LINES)
  }

  /** Empty where the text is no longer kept. */
  signallingText(key: string): SignallingText {
    return this.#signalling.text(key)
  }

  alarms(): ReportAlarm[] {
    return this.#alarms.report()
  }

  /**
   * Rows new or changed since `cursor` (0: all of them), `OBJECT_BATCH_ROWS` at most, packed as `ObjectBatch` says.
   * @returns null where there are none; call again with the new cursor until then
   */
  objectBatch(cursor: number): { readonly rows: Uint8Array; readonly total: number; readonly cursor: number } | null {
    const changes = this.objects.changes(cursor, OBJECT_BATCH_ROWS)
    return changes === null ? null : { ...changes, total: this.objects.count }
  }

  query(query: ObjectQuery): ObjectView {
    return this.#views.query(query)
  }

  /** A view dropped for newer ones is empty and says so. */
  refresh(viewId: number): ObjectView {
    return this.#views.refresh(viewId)
  }

  /** Rows `[from, to)` of a view. */
  rows(viewId: number, from: number, to: number): ObjectRow[] {
    return Array.from(this.#views.rows(viewId, from, to), (row) => this.row(row))
  }

  position(viewId: number, index: number): number {
    return this.#views.position(viewId, index)
  }

  row(index: number): ObjectRow {
    const columns = this.objects
    const channel = this.#channels[columns.channel.values[index] as number]
    const size = columns.size.values[index] as number
    return {
      index,
      service: channel?.serviceId ?? null,
      destination: channel?.destination ?? '',
      tsi: channel?.tsi ?? 0,
      toi: columns.toi.values[index] as number,
      instance: columns.instance.values[index] as number,
      role: channel?.role ?? 'unknown',
      name: columns.nameOf(index),
      contentType: columns.typeOf(index),
      codepoint: columns.codepoint.values[index] as number,
      size: size < 0 ? null : size,
      received: columns.received.values[index] as number,
      packets: columns.packets.values[index] as number,
      repeats: columns.repeats.values[index] as number,
      state: columns.stateOf(index),
      firstTimeUs: columns.firstTimeUs.values[index] as number,
      lastTimeUs: columns.lastTimeUs.values[index] as number,
    }
  }

  /** Null where there is no such row. */
  detail(index: number): ObjectDetail | null {
    if (index < 0 || index >= this.objects.count) return null
    this.objects.refresh()
    const row = this.row(index)
    const url =
      row.name === null || row.service === null ? null : (this.#options.urlOf?.(row.service, row.name) ?? null)
    return makeDetail(this.objects, row, this.storedBytes(index), url)
  }

  /** Bytes of an object as transported: signalling is kept here, the rest comes from the store. */
  storedBytes(index: number): Uint8Array | null {
    return this.#kept.get(index) ?? this.#options.bytesOf?.(index) ?? null
  }
}

function sourceOf(flow: Flow): string {
  return flow.family === 6 ? `[${flow.sourceAddress}]:${flow.sourcePort}` : `${flow.sourceAddress}:${flow.sourcePort}`
}
