import { describe, expect, it } from 'vitest'
import { channel, servedRequest, service, table } from '../../testing/snapshot-rows.ts'
import { GROUP_HEIGHT, LANE_HEIGHT, laneAt, layoutLanes, playerRequests, THIN_LANE_HEIGHT } from './lanes.ts'

const channels = [
  channel(0, { role: 'signaling', tsi: 0 }),
  channel(1, { role: 'audio', tsi: 20 }),
  channel(2, { role: 'video', tsi: 11 }),
  channel(3, { role: 'video', tsi: 10 }),
  channel(4, { role: 'video', tsi: 10, service: 2 }),
  channel(5, { service: null, tsi: 7, role: 'unknown' }),
]

describe('lanes', () => {
  it('are below their service, media first and signalling last; then channels without service, then LLS', () => {
    const { lanes } = layoutLanes(
      [service(1), service(2)],
      channels,
      [table('slt'), table('mpd', { scope: 'sls' })],
      null,
    )
    const names = lanes.map((lane) =>
      lane.kind === 'channel' ? lane.channel : lane.kind === 'group' ? lane.title : lane.kind,
    )
    expect(names).toEqual(['S1', 3, 2, 1, 0, 'S2', 4, 'No service', 5, 'lls'])
  })

  it('are filtered by service, without channels of none', () => {
    const { lanes } = layoutLanes([service(1), service(2)], channels, [], 2)
    expect(lanes.map((lane) => lane.key)).toEqual(['g2', 'c4'])
  })

  it('include channels of a service that the snapshot does not list', () => {
    const { lanes } = layoutLanes([service(2)], [channel(0, { service: 9 })], [], null)
    expect(lanes.map((lane) => lane.key)).toEqual(['g', 'c0'])
  })

  it('omit services without channels', () => {
    expect(layoutLanes([service(1), service(3)], [channel(0)], [], null).lanes).toHaveLength(2)
  })

  it('are stacked without gaps, and are found by y', () => {
    const layout = layoutLanes([service(1)], channels, [table('slt')], 1)
    const heights = [GROUP_HEIGHT, LANE_HEIGHT, LANE_HEIGHT, LANE_HEIGHT, THIN_LANE_HEIGHT, THIN_LANE_HEIGHT]
    expect(layout.lanes.map((lane) => lane.height)).toEqual(heights)
    expect(layout.height).toBe(heights.reduce((sum, height) => sum + height, 0))
    let y = 0
    for (const [position, height] of heights.entries()) {
      expect(laneAt(layout, y)).toBe(position)
      expect(laneAt(layout, y + height - 1)).toBe(position)
      y += height
    }
    expect([laneAt(layout, -1), laneAt(layout, y)]).toEqual([-1, -1])
  })

  it('end with the requests of players, of a live source', () => {
    const servers = [
      { baseUrl: 'http://a', total: 1, places: [servedRequest(1)] },
      { baseUrl: 'http://b', total: 1, places: [servedRequest(2)] },
    ]
    const gateways = [{ baseUrl: 'http://b', requests: 1, bytes: 0, playsAtOnce: false }]
    const requests = playerRequests({ live: true }, gateways, servers)
    expect(requests.map(({ number }) => number)).toEqual([2])
    expect(playerRequests({ live: false }, gateways, servers)).toEqual([])
    const { lanes } = layoutLanes([], [], [table('slt')], null, requests)
    expect(lanes.map(({ key }) => key)).toEqual(['lls', 'requests'])
  })
})
