import type { FlowSnapshot, TotalsSnapshot } from '../../contract/snapshot.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { ChannelFacts, FlowFacts } from '../../flow/facts.ts'
import type { FetchedObjects } from '../losses/fetched-objects.ts'
import type { RateMeter } from '../rate-meter.ts'

/** Makes one line of the list of flows. */
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

/** Totals over all flows and channels. */
export function totalsOf(
  flows: readonly FlowFacts[],
  channels: readonly ChannelFacts[],
  rates: RateMeter,
  fetched: FetchedObjects,
): Omit<TotalsSnapshot, 'objects' | 'malformed' | 'loss' | 'goneSinceUs' | 'closedSinceUs' | 'neverCame' | 'awaited'> {
  const totals = {
    packets: 0,
    bytes: 0,
    rateBps: 0,
    packetsPerSecond: 0,
    complete: 0,
    incomplete: 0,
    cutOff: 0,
    lostBytes: 0,
  }
  for (const flow of flows) {
    if (flow.inner) continue
    totals.packets += flow.packets
    totals.bytes += flow.bytes
    totals.rateBps += rates.bitsPerSecond(flow)
    totals.packetsPerSecond += rates.packetsPerSecond(flow)
  }
  for (const channel of channels) {
    const { complete, incomplete, cutOff } = fetched.countsOf(channel)
    totals.complete += complete
    totals.incomplete += incomplete
    totals.cutOff += cutOff
    totals.lostBytes += channel.lost
  }
  return totals
}

function sourceOf(flow: Flow): string {
  return flow.family === 6 ? `[${flow.sourceAddress}]:${flow.sourcePort}` : `${flow.sourceAddress}:${flow.sourcePort}`
}
