import type { FlowProtocol, ServiceProtocol } from '../../core/contract/report.ts'
import type { ChannelSnapshot, ServiceSnapshot, SessionSnapshot } from '../../core/contract/snapshot.ts'
import { formatChannelNumber, UNKNOWN } from './format.ts'

/*
 * The field's words for the contract's values.
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

/** Name of a service by id, for tables that only know the number. */
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

/** How a session's source is called on its badge. */
export function sourceBadge(snapshot: SessionSnapshot): 'LIVE' | 'CAPTURE' | 'REPLAY' | 'DEMO' | 'SENDING' {
  if (snapshot.demo) return 'DEMO'
  if (!snapshot.receives) return 'SENDING'
  if (snapshot.source.live) return 'LIVE'
  return snapshot.source.pace === 'real' ? 'REPLAY' : 'CAPTURE'
}

/** Last part of a path of either kind of system. */
export const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

/** What is received ends by itself: a capture. */
export function isCapture(snapshot: Pick<SessionSnapshot, 'receives' | 'source'>): boolean {
  return snapshot.receives && !snapshot.source.live
}

/** What a session is called on the screen: a capture by its file's name, everything else as it says itself. */
export function sourceName(snapshot: Pick<SessionSnapshot, 'receives' | 'source'> | null, asked: string): string {
  if (snapshot === null) return asked
  return isCapture(snapshot) ? asked || fileName(snapshot.source.label) : snapshot.source.label
}

/** µs of the stream's clock now, against which ages are told: the last packet of a capture, the wall clock of a live source. */
export function streamNowUs(snapshot: SessionSnapshot, nowMs: number): number | null {
  const ended = snapshot.phase !== 'running'
  if (isCapture(snapshot) && (ended || snapshot.source.pace === 'fast')) return snapshot.source.lastTimeUs
  return ended ? snapshot.source.lastTimeUs : nowMs * 1000
}

/** Parts of everything that should have come that did not, in bytes. */
export function lossOf(snapshot: SessionSnapshot): { readonly lost: number; readonly whole: number } {
  const { lostBytes, bytes } = snapshot.totals
  return { lost: lostBytes, whole: lostBytes + bytes }
}

/** Datagrams this computer dropped because its own queue was full. */
export function droppedByHost(snapshot: SessionSnapshot): number {
  return snapshot.source.sockets.reduce((sum, socket) => sum + (socket.droppedByHost ?? 0), 0)
}

/** Live, and nothing at all has arrived yet. */
export function isWaiting(snapshot: SessionSnapshot): boolean {
  return (
    snapshot.source.live &&
    (snapshot.phase === 'running' || snapshot.phase === 'starting') &&
    snapshot.source.lastPacketWallUs === null &&
    snapshot.totals.packets === 0
  )
}

/** `TSI 10` of an LCT channel, `packet_id 35` of an MMTP asset. */
export function channelLabel(channel: Pick<ChannelSnapshot, 'protocol' | 'tsi'>): string {
  return `${channel.protocol === 'mmtp' ? 'packet_id' : 'TSI'} ${channel.tsi}`
}
