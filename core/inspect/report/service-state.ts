import type { MmtpSnapshot, PlayableSnapshot, ServiceSnapshot, ServiceState } from '../../contract/service-snapshot.ts'
import type { ChannelFacts, FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import type { FetchedObjects } from '../losses/fetched-objects.ts'
import type { LossMeter } from '../losses/loss-meter.ts'
import type { RateMeter } from '../rate-meter.ts'

/** Where a service is served for players; null: nothing serves it; `awaited`: the gateway has nothing of it to begin with. */
export type ServedState = PlayableSnapshot | 'awaited' | null

/** What is known of a service beside its own facts. */
export type AroundService = {
  /** See `ServiceSnapshot`. */
  readonly serial: number
  /** Its own channels and flows, or more. */
  readonly channels: readonly ChannelFacts[]
  readonly flows: readonly FlowFacts[]
  readonly silent: 'silent' | 'closed' | null
  readonly tuningIn: Pick<ServiceSnapshot, 'startup' | 'latest'>
  readonly playable: ServedState
  readonly notPlayable: string | null
}

/** Counters of all channels. */
export type ServiceMeters = {
  readonly rates: RateMeter
  readonly meter: LossMeter
  readonly fetched: FetchedObjects
}

/** Makes one line of the service list. */
export function serviceSnapshot(service: ServiceFacts, around: AroundService, meters: ServiceMeters): ServiceSnapshot {
  const { serial, channels, flows, silent, tuningIn, playable: served, notPlayable } = around
  const playable = served === 'awaited' ? null : served
  const { rates, meter, fetched } = meters
  let packets = 0
  let bytes = 0
  let rateBps = 0
  for (const flow of flows) {
    if (flow.serviceId !== service.id) continue
    packets += flow.packets
    bytes += flow.bytes
    rateBps += rates.bitsPerSecond(flow)
  }
  let objects = 0
  let incomplete = 0
  let cutOff = 0
  let mediaPackets = 0
  for (const channel of channels) {
    if (channel.serviceId !== service.id) continue
    const counts = fetched.countsOf(channel)
    objects += counts.complete + counts.incomplete + counts.cutOff
    incomplete += counts.incomplete
    cutOff += counts.cutOff
    if (channel.carrier.kind !== 'lct' || channel.carrier.tsi !== 0) mediaPackets += channel.packets
  }
  const media = service.protocol === 'mmtp' ? packets > 0 && service.joined : mediaPackets > 0
  const { id, name, protocol, category, major, minor, destination } = service
  return {
    id,
    serial,
    name,
    protocol,
    category,
    major,
    minor,
    destination,
    state: stateOf(service, media, meter.lostLately(channels) > 0, silent),
    packets,
    bytes,
    rateBps,
    objects,
    incomplete,
    cutOff,
    ...tuningIn,
    loss: meter.spans(channels.filter(({ serviceId }) => serviceId === service.id)),
    mmtp: mmtpSnapshot(service, rates),
    repairServers: service.repairServers
      .slice(0, MAX_ROWS)
      .map(({ url, weight, afterMs, fixedBackoffMs, randomBackoffMs }) => ({
        url,
        weight,
        afterMs,
        fixedBackoffMs,
        randomBackoffMs,
      })),
    playable,
    notPlayable: notPlayable ?? notServed(served),
  }
}

/** Why nothing can be played of a service of which all came; null where it can be. */
function notServed(served: ServedState): string | null {
  if (served === null) return 'Nothing serves this session over HTTP.'
  return served === 'awaited' ? 'Nothing with which a player could begin has come to the gateway yet.' : null
}

/** Rows of one list in a snapshot. */
const MAX_ROWS = 64

function mmtpSnapshot(service: ServiceFacts, rates: RateMeter): MmtpSnapshot | null {
  const { mmtp, mmtpFlow } = service
  if (mmtp === null || mmtpFlow === null) return null
  return {
    packets: [...mmtp]
      .sort((a, b) => a.packetId - b.packetId)
      .slice(0, MAX_ROWS)
      .map((facts) => {
        const { packetId, type, packets, bytes, lost, duplicates, outOfOrder } = facts
        return { packetId, type, packets, bytes, rateBps: rates.bitsPerSecond(facts), lost, duplicates, outOfOrder }
      }),
    assets: [...mmtpFlow.assets]
      .sort((a, b) => a.packetId - b.packetId)
      .slice(0, MAX_ROWS)
      .map((asset) => {
        const { packetId, assetId, type, mpus, incomplete, firstMpu, lastMpu, partialAtStart, samplesLost } = asset
        const { absent, component, destination } = asset
        return {
          packetId,
          assetId,
          type,
          mpus,
          incomplete,
          firstMpu,
          lastMpu,
          partialAtStart,
          samplesLost,
          absent,
          component,
          destination,
        }
      }),
    messages: mmtpFlow.messages.slice(0, MAX_ROWS).map(({ name, count, version }) => ({ name, count, version })),
    lostInAll: mmtpFlow.lostInAll,
  }
}

function stateOf(
  service: ServiceFacts,
  media: boolean,
  lossy: boolean,
  silent: 'silent' | 'closed' | null,
): ServiceState {
  if (!service.joined) return 'not-joined'
  if (silent !== null) return silent
  if (media) return lossy ? 'partial' : 'receiving'
  return service.signalled ? 'signalled' : 'announced'
}
