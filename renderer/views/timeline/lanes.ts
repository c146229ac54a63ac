import type { GatewaySnapshot } from '../../../core/contract/http-snapshots.ts'
import type { ChannelRole } from '../../../core/contract/report.ts'
import type { RequestsSnapshot, ServedRequest } from '../../../core/contract/served-requests.ts'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import type { ChannelSnapshot, SignallingSnapshot, SourceSnapshot } from '../../../core/contract/snapshot.ts'
import { formatChannelNumber } from '../../model/format.ts'

/** Heights in CSS pixels; the ruler is above the lanes. */
export const RULER_HEIGHT = 26
export const GROUP_HEIGHT = 24
export const LANE_HEIGHT = 24
export const THIN_LANE_HEIGHT = 16

/** Heading of the lanes of one service, or of channels without one. */
export type GroupLane = {
  readonly kind: 'group'
  readonly key: string
  readonly y: number
  readonly height: number
  readonly serviceId: number | null
  readonly title: string
  readonly detail: string
}

/** Lane of one channel, with its objects as bars. */
export type ChannelLane = {
  readonly kind: 'channel'
  readonly key: string
  readonly y: number
  readonly height: number
  readonly serviceId: number | null
  readonly channel: number
  readonly role: ChannelRole
  readonly tsi: number
  readonly representation: string | null
  readonly destination: string
  /** Number that identifies an object. */
  readonly numbering: 'TOI' | 'MPU'
}

/** Lane of the LLS tables: ticks at the first and last arrival of each. */
export type LlsLane = {
  readonly kind: 'lls'
  readonly key: string
  readonly y: number
  readonly height: number
  readonly tables: readonly SignallingSnapshot[]
}

/** Lane of what players ask of the session's gateway: a bar for each request. */
export type RequestLane = {
  readonly kind: 'requests'
  readonly key: string
  readonly y: number
  readonly height: number
  readonly requests: readonly ServedRequest[]
}

export type Lane = GroupLane | ChannelLane | LlsLane | RequestLane
export type LaneLayout = { readonly lanes: readonly Lane[]; readonly height: number }

const ROLE_ORDER: readonly ChannelRole[] = ['video', 'audio', 'text', 'data', 'unknown', 'signaling']

/** Name of a lane: `SLS` for signalling, else the role. */
export const ROLE_LABEL: { readonly [Role in ChannelRole]: string } = {
  video: 'Video',
  audio: 'Audio',
  text: 'Text',
  data: 'Data',
  unknown: 'Unknown',
  signaling: 'SLS',
}

/**
 * Lanes from top to bottom: services in the snapshot's order, each with media first and signalling last, then channels without
 * a service, then LLS, then requests. The order does not depend on rates, so lanes do not move under the pointer.
 * @param serviceId only lanes of this service; null: all
 */
export function layoutLanes(
  services: readonly ServiceSnapshot[],
  channels: readonly ChannelSnapshot[],
  signalling: readonly SignallingSnapshot[],
  serviceId: number | null,
  requests: readonly ServedRequest[] = [],
): LaneLayout {
  const lanes: Lane[] = []
  let y = 0
  const known = new Set(services.map((service) => service.id))
  const addGroup = (title: string, detail: string, id: number | null, members: readonly ChannelSnapshot[]): void => {
    if (members.length === 0) return
    lanes.push({ kind: 'group', key: `g${id ?? ''}`, y, height: GROUP_HEIGHT, serviceId: id, title, detail })
    y += GROUP_HEIGHT
    for (const member of [...members].sort(byRole)) {
      const height = member.role === 'signaling' ? THIN_LANE_HEIGHT : LANE_HEIGHT
      const { channel, role, tsi, representation, destination } = member
      lanes.push({
        kind: 'channel',
        key: `c${channel}`,
        y,
        height,
        serviceId: id,
        channel,
        role,
        tsi,
        representation,
        destination,
        numbering: member.protocol === 'mmtp' ? 'MPU' : 'TOI',
      })
      y += height
    }
  }
  for (const service of services) {
    if (serviceId !== null && service.id !== serviceId) continue
    const number = service.major === null ? '' : `${formatChannelNumber(service.major, service.minor)} `
    addGroup(
      `${number}${service.name ?? `Service ${service.id}`}`,
      service.protocol.toUpperCase(),
      service.id,
      channels.filter((channel) => channel.service === service.id),
    )
  }
  if (serviceId === null) {
    addGroup(
      'No service',
      'not signalled',
      null,
      channels.filter((channel) => channel.service === null || !known.has(channel.service)),
    )
  }
  const tables = signalling.filter((table) => table.scope === 'lls')
  if (tables.length > 0) {
    lanes.push({ kind: 'lls', key: 'lls', y, height: THIN_LANE_HEIGHT, tables })
    y += THIN_LANE_HEIGHT
  }
  if (requests.length > 0) {
    lanes.push({ kind: 'requests', key: 'requests', y, height: THIN_LANE_HEIGHT, requests })
    y += THIN_LANE_HEIGHT
  }
  return { lanes, height: y }
}

function byRole(a: ChannelSnapshot, b: ChannelSnapshot): number {
  return ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role) || a.tsi - b.tsi || a.channel - b.channel
}

const NO_REQUESTS: readonly ServedRequest[] = []

/**
 * What players asked of a session's gateways, where the time of its packets is that of the clock: of a live source.
 */
export function playerRequests(
  source: Pick<SourceSnapshot, 'live'>,
  gateways: readonly GatewaySnapshot[],
  servers: readonly RequestsSnapshot[],
): readonly ServedRequest[] {
  if (!source.live) return NO_REQUESTS
  const own = servers.filter(({ baseUrl }) => gateways.some((gateway) => gateway.baseUrl === baseUrl))
  return own.length === 0 ? NO_REQUESTS : own.flatMap(({ places }) => places)
}

/** Position of the lane at `y` (0 is the top of the first lane), or -1. */
export function laneAt(layout: LaneLayout, y: number): number {
  let low = 0
  let high = layout.lanes.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const lane = layout.lanes[middle]
    if (lane === undefined) return -1
    if (y < lane.y) high = middle - 1
    else if (y >= lane.y + lane.height) low = middle + 1
    else return middle
  }
  return -1
}
