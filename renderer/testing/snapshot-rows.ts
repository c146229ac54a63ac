import { NO_LOSS } from '../../core/contract/loss.ts'
import type { OBJECT_STATE } from '../../core/contract/object-table.ts'
import type { ServedRequest } from '../../core/contract/served-requests.ts'
import type { ServiceSnapshot } from '../../core/contract/service-snapshot.ts'
import type { ChannelSnapshot, SignallingSnapshot } from '../../core/contract/snapshot.ts'
import { ObjectColumns } from '../stores/object-columns.ts'
import { noChannelFacts } from './empty-rows.ts'
import { fakeRow, NO_LATEST, NO_STARTUP, packRows } from './fake-engine.ts'

/** One object of a test; times in µs. */
export type Bar = {
  readonly channel: number
  readonly fromUs: number
  readonly toUs: number
  readonly state?: keyof typeof OBJECT_STATE
  readonly received?: number
  readonly recovered?: number
  readonly repeats?: number
}

/** Columns with these objects, in this order. */
export function columnsOf(bars: readonly Bar[], columns = new ObjectColumns(), from = 0): ObjectColumns {
  const rows = bars.map((bar, at) =>
    fakeRow(from + at, {
      firstTimeUs: bar.fromUs,
      lastTimeUs: bar.toUs,
      state: bar.state ?? 'complete',
      received: bar.received ?? 1000,
      recovered: bar.recovered ?? 0,
      repeats: bar.repeats ?? 0,
    }),
  )
  const packed = packRows(rows, (row) => bars[row.index - from]?.channel ?? 0)
  columns.apply({ sessionId: 's1', rows: packed, total: from + bars.length })
  return columns
}

export function service(id: number, change: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  return {
    id,
    serial: id,
    name: `S${id}`,
    protocol: 'route',
    category: 1,
    major: null,
    minor: null,
    destination: null,
    state: 'receiving',
    packets: 0,
    bytes: 0,
    rateBps: 0,
    objects: 0,
    incomplete: 0,
    cutOff: 0,
    loss: NO_LOSS,
    playable: null,
    mmtp: null,
    repairServers: [],
    notPlayable: null,
    startup: NO_STARTUP,
    latest: NO_LATEST,
    ...change,
  }
}

export function channel(number: number, change: Partial<ChannelSnapshot> = {}): ChannelSnapshot {
  return {
    channel: number,
    protocol: 'lct',
    service: 1,
    destination: '239.255.10.1:6000',
    tsi: number * 10,
    role: 'video',
    representation: null,
    ...noChannelFacts(),
    ...change,
  }
}

export function table(key: string, change: Partial<SignallingSnapshot> = {}): SignallingSnapshot {
  return {
    key,
    series: key,
    group: null,
    signed: false,
    signature: null,
    tsi: null,
    toi: null,
    toiMeaning: null,
    interval: null,
    scope: 'lls',
    service: null,
    type: 'SLT',
    name: 'SLT',
    version: 1,
    count: 1,
    bytes: 1,
    firstTimeUs: 0,
    lastTimeUs: 0,
    ...change,
  }
}

/** A request that was answered. */
export function servedRequest(number: number, change: Partial<ServedRequest> = {}): ServedRequest {
  return {
    number,
    timeUs: number * 10,
    client: '127.0.0.1',
    method: 'GET',
    target: `/file${number}.m4s`,
    range: null,
    state: 'done',
    status: 200,
    sentBytes: 100,
    receivedBytes: 0,
    durationUs: 5,
    heldFor: null,
    heldSinceUs: null,
    heldUs: null,
    error: null,
    ...change,
  }
}
