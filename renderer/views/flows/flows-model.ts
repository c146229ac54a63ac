import type { ChannelSnapshot, FlowSnapshot, SessionSnapshot } from '../../../core/contract/snapshot.ts'

/** A row of the tree: a flow, or one LCT channel in it. */
export type FlowLine =
  | {
      readonly kind: 'flow'
      readonly key: string
      readonly flow: FlowSnapshot
      /** Channels of the flow, shown or folded. */
      readonly channels: readonly ChannelSnapshot[]
      readonly expanded: boolean
    }
  | { readonly kind: 'channel'; readonly key: string; readonly channel: ChannelSnapshot }

/**
 * Flows by address, each with its channels by TSI. Flows of one destination (two sources, two PLPs) share its channels, which
 * are listed under the first, so that they count once.
 * @param service only this service; null: all
 * @param folded keys of flows whose channels are hidden
 */
export function flowLines(
  snapshot: Pick<SessionSnapshot, 'flows' | 'channels'>,
  service: number | null,
  folded: ReadonlySet<string>,
): readonly FlowLine[] {
  const channels = groupByDestination(snapshot.channels)
  const lines: FlowLine[] = []
  const taken = new Set<string>()
  for (const flow of [...snapshot.flows].sort(byAddress)) {
    const own = taken.has(flow.destination) ? [] : (channels.get(flow.destination) ?? [])
    taken.add(flow.destination)
    const shown = service === null ? own : own.filter((channel) => channel.service === service)
    if (service !== null && flow.service !== service && shown.length === 0) continue
    const key = `${flow.source} ${flow.destination}${flow.plp === null ? '' : ` PLP ${flow.plp}`}`
    const expanded = !folded.has(key)
    lines.push({ kind: 'flow', key, flow, channels: shown, expanded })
    if (!expanded) continue
    for (const channel of [...shown].sort((a, b) => a.tsi - b.tsi || a.channel - b.channel)) {
      lines.push({ kind: 'channel', key: `channel ${channel.channel}`, channel })
    }
  }
  return lines
}

function groupByDestination(channels: readonly ChannelSnapshot[]): ReadonlyMap<string, readonly ChannelSnapshot[]> {
  const groups = new Map<string, ChannelSnapshot[]>()
  for (const channel of channels) {
    const group = groups.get(channel.destination)
    if (group === undefined) groups.set(channel.destination, [channel])
    else group.push(channel)
  }
  return groups
}

/** Compares numbers in addresses as numbers: 239.9.0.1 before 239.10.0.1. */
function byAddress(a: FlowSnapshot, b: FlowSnapshot): number {
  return (
    a.destination.localeCompare(b.destination, 'en', { numeric: true }) ||
    a.source.localeCompare(b.source, 'en', { numeric: true }) ||
    (a.plp ?? -1) - (b.plp ?? -1)
  )
}
