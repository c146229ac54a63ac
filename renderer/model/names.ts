import type { FlowProtocol, ServiceProtocol } from '../../core/contract/report.ts'
import type { ServiceSnapshot } from '../../core/contract/service-snapshot.ts'
import type { ChannelSnapshot, SessionPhase, SessionSnapshot } from '../../core/contract/snapshot.ts'
import { fileName } from '../../core/contract/source-patterns.ts'
import { formatChannelNumber, UNKNOWN } from './format.ts'

/*
 * Texts for the contract's values.
 */

const PROTOCOLS: Readonly<Record<ServiceProtocol | FlowProtocol, string>> = {
  route: 'ROUTE',
  mmtp: 'MMTP',
  flute: 'FLUTE',
  lls: 'LLS',
  stltp: 'STLTP',
  alptp: 'ALPTP',
  none: UNKNOWN,
  unknown: 'Unknown',
}

export const protocolName = (protocol: ServiceProtocol | FlowProtocol): string => PROTOCOLS[protocol]

/** A/331 table 6.4, SLT.Service@serviceCategory. */
const CATEGORIES: Readonly<Record<number, string>> = {
  1: 'Linear A/V',
  2: 'Linear audio',
  3: 'App-based',
  4: 'ESG',
  5: 'EAS',
  6: 'DRM data',
}

export function categoryName(category: number | null): string {
  if (category === null) return UNKNOWN
  return CATEGORIES[category] ?? `Category ${category}`
}

/** `KUSI`, or `Service 5003` where it has no name. */
export function serviceName(service: Pick<ServiceSnapshot, 'id' | 'name'>): string {
  return service.name ?? `Service ${service.id}`
}

/** Name of a service by its id. */
export function serviceNameOf(snapshot: SessionSnapshot | null, id: number | null): string {
  if (id === null) return UNKNOWN
  const service = snapshot?.services.find((one) => one.id === id)
  return service === undefined ? `Service ${id}` : serviceName(service)
}

/** `51.1 KUSI`. */
export function serviceTitle(service: ServiceSnapshot): string {
  return service.major === null
    ? serviceName(service)
    : `${formatChannelNumber(service.major, service.minor)} ${serviceName(service)}`
}

/** The badge of a session's source. */
export function sourceBadge(
  snapshot: SessionSnapshot,
): 'LIVE' | 'CAPTURE' | 'REPLAY' | 'DEMO' | 'SENDING' | 'SERVING' | 'RELAYING' {
  if (snapshot.demo) return 'DEMO'
  if (servesOnly(snapshot)) return 'SERVING'
  if (!snapshot.receives && isRelay(snapshot)) return 'RELAYING'
  if (!snapshot.receives) return 'SENDING'
  if (snapshot.source.live) return 'LIVE'
  return snapshot.source.pace === 'real' ? 'REPLAY' : 'CAPTURE'
}

/** Whether the session neither receives nor sends packets. */
export function servesOnly({ receives, broadcasts, servers }: SessionSnapshot): boolean {
  return !receives && broadcasts.length === 0 && servers.length > 0
}

/** Whether the session gives media to sockets or files. */
export function isRelay({ media }: Pick<SessionSnapshot, 'media'>): boolean {
  return media.some(({ direction }) => direction === 'out')
}

/** Whether nothing arrives any more in this phase. */
export function hasEnded(phase: SessionPhase): boolean {
  return phase === 'finished' || phase === 'stopped' || phase === 'failed'
}

/** Whether the source is a capture file, which ends. */
export function isCapture(snapshot: Pick<SessionSnapshot, 'receives' | 'source'>): boolean {
  return snapshot.receives && !snapshot.source.live
}

/** Name of a session's source: the file name of a capture, else the source's label. */
export function sourceName(snapshot: Pick<SessionSnapshot, 'receives' | 'source'> | null, asked: string): string {
  if (snapshot === null) return asked
  return isCapture(snapshot) ? asked || fileName(snapshot.source.label) : snapshot.source.label
}

/** The stream's current time for ages, µs: the last packet of a capture, the wall clock of a live source. */
export function streamNowUs(snapshot: SessionSnapshot, nowMs: number): number | null {
  const ended = snapshot.phase !== 'running'
  if (isCapture(snapshot) && (ended || snapshot.source.pace === 'fast')) return snapshot.source.lastTimeUs
  return ended ? snapshot.source.lastTimeUs : nowMs * 1000
}

/** Stream µs of the last packet of a signal that is gone or over; null while packets come. */
export function silentSinceUs({ totals }: SessionSnapshot): number | null {
  return totals.goneSinceUs ?? totals.closedSinceUs
}

/** Datagrams that this computer dropped because a receive queue was full. */
export function droppedByHost(snapshot: SessionSnapshot): number {
  return snapshot.source.sockets.reduce((sum, socket) => sum + (socket.droppedByHost ?? 0), 0)
}

/** Live, without a packet so far. */
export function isWaiting(snapshot: SessionSnapshot): boolean {
  return (
    snapshot.source.live &&
    snapshot.broadcasts.length === 0 &&
    (snapshot.phase === 'running' || snapshot.phase === 'starting') &&
    snapshot.source.lastPacketWallUs === null &&
    snapshot.totals.packets === 0
  )
}

/** `TSI 10` of an LCT channel, `packet_id 35` of an MMTP asset. */
export function channelLabel(channel: Pick<ChannelSnapshot, 'protocol' | 'tsi'>): string {
  return `${channel.protocol === 'mmtp' ? 'packet_id' : 'TSI'} ${channel.tsi}`
}
