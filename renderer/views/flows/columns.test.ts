import { expect, it } from 'vitest'
import { CHANNEL_FACTS, type ChannelFact, type ChannelFactKey } from '../../../core/contract/channel-table.ts'
import type { FlowSnapshot } from '../../../core/contract/snapshot.ts'
import { channel } from '../../testing/snapshot-rows.ts'
import { flowColumnsFor } from './columns.tsx'

const columns = flowColumnsFor((service) => `service ${service}`, true, true)
const shown = Object.entries<ChannelFact>(CHANNEL_FACTS).flatMap(([key, { flow, view }]) =>
  view === undefined ? [] : [{ key: key as ChannelFactKey, flow, view }],
)
const flow: FlowSnapshot = {
  destination: '239.9.0.1:1',
  source: '10.0.0.1:1',
  protocol: 'route',
  plp: null,
  service: 1,
  packets: 7,
  bytes: 7,
  rateBps: 7,
}
const rawOf = (id: string) => columns.find((column) => column.id === id)?.raw

it('shows every fact that has a view, in the order of the weights, and those of FEC after what was lost', () => {
  const facts = [...shown].sort((a, b) => a.view.weight - b.view.weight).map(({ key }): string => key)
  facts.splice(facts.indexOf('lost') + 1, 0, 'loss', 'recovered', 'repairPackets')
  expect(columns.map(({ id }) => id)).toEqual(['address', 'plp', 'role', 'representation', ...facts])
  expect(new Set(shown.map(({ view }) => view.weight)).size).toBe(shown.length)
})

it.each(shown)('writes $key of a channel, and of a flow what the table says', ({ key, flow: shows }) => {
  const channels = [channel(0, { [key]: 2 }), channel(1, { [key]: 3 })]
  const [first] = channels
  if (first === undefined) return
  expect(rawOf(key)?.({ kind: 'channel', key: 'a', channel: first })).toBe('2')
  const ofFlow = rawOf(key)?.({ kind: 'flow', key: 'b', flow, channels, expanded: true })
  expect(ofFlow).toBe(shows === 'own' ? '7' : shows === 'sum' ? '5' : '')
})

it('leaves the sums of a flow without channels unknown', () => {
  const line = { kind: 'flow', key: 'b', flow, channels: [], expanded: true } as const
  expect(columns.find(({ id }) => id === 'lost')?.text(line)).toBe('–')
  expect(columns.find(({ id }) => id === 'packets')?.text(line)).toBe('7')
})
