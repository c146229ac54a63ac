import type { ChannelSnapshot, FlowSnapshot } from '../contract/snapshot.ts'
import type { Flow } from '../protocol/ip/flow.ts'
import type { ChannelFacts, FlowFacts } from '../receive/observer.ts'
import type { LossWatch } from './loss-watch.ts'
import type { ObjectColumns } from './object-columns.ts'
import type { RateMeter } from './rate-meter.ts'

/** One line of the list of flows. */
export function flowSnapshot(facts: FlowFacts, rates: RateMeter): FlowSnapshot {
  return {
    destination: facts.flow?.destination ?? 'others',
    source: facts.flow === null ? '' : sourceOf(facts.flow),
    protocol: facts.protocol,
    plp: facts.flow?.plp ?? null,
    service: facts.serviceId,
    packets: facts.packets,
    bytes: facts.bytes,
    rateBps: rates.bitsPerSecond(facts),
  }
}

/** One LCT channel. */
export function channelSnapshot(
  channel: ChannelFacts,
  rates: RateMeter,
  columns: ObjectColumns,
  losses: LossWatch,
): ChannelSnapshot {
  return {
    channel: channel.index,
    service: channel.serviceId,
    destination: channel.destination,
    protocol: channel.mmtp === true ? 'mmtp' : 'lct',
    tsi: channel.tsi,
    role: channel.role,
    representation: channel.representation,
    packets: channel.packets,
    bytes: channel.bytes,
    rateBps: rates.bitsPerSecond(channel),
    duplicates: channel.duplicates,
    outOfOrder: channel.outOfOrder,
    lost: channel.lost,
    complete: channel.complete,
    incomplete: channel.incomplete,
    missingObjects: losses.absentOf(channel.index),
    senderDelayUs: columns.times.delayOfChannel(channel.index),
    lastTimeUs: channel.lastTimeUs,
  }
}

function sourceOf(flow: Flow): string {
  return flow.family === 6 ? `[${flow.sourceAddress}]:${flow.sourcePort}` : `${flow.sourceAddress}:${flow.sourcePort}`
}
