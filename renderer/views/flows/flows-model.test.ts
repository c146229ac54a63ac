import { expect, it } from 'vitest'
import type { ChannelSnapshot, FlowSnapshot } from '../../../core/contract/snapshot.ts'
import { noChannelFacts } from '../../testing/empty-rows.ts'
import { flowLines } from './flows-model.ts'

const flow = (destination: string, service: number | null, source = '10.0.0.1:1'): FlowSnapshot => ({
  destination,
  source,
  protocol: 'route',
  plp: null,
  service,
  packets: 1,
  bytes: 1,
  rateBps: 0,
})

const channel = (id: number, destination: string, tsi: number, service: number | null): ChannelSnapshot => ({
  channel: id,
  protocol: 'lct',
  service,
  destination,
  tsi,
  role: 'video',
  representation: null,
  ...noChannelFacts(),
})

const snapshot = {
  flows: [flow('239.10.0.1:1', 2), flow('239.9.0.1:1', 1), flow('239.9.0.1:1', 1, '10.0.0.2:1')],
  channels: [channel(0, '239.9.0.1:1', 20, 1), channel(1, '239.9.0.1:1', 0, 1), channel(2, '239.10.0.1:1', 10, 2)],
}
const keys = (lines: ReturnType<typeof flowLines>) =>
  lines.map((line) => (line.kind === 'flow' ? line.flow.destination : `tsi ${line.channel.tsi}`))

it('lists channels by TSI below their flow, once', () => {
  expect(keys(flowLines(snapshot, null, new Set()))).toEqual([
    '239.9.0.1:1',
    'tsi 0',
    'tsi 20',
    '239.9.0.1:1',
    '239.10.0.1:1',
    'tsi 10',
  ])
})

it('filters by service, and folds', () => {
  expect(keys(flowLines(snapshot, 2, new Set()))).toEqual(['239.10.0.1:1', 'tsi 10'])
  expect(keys(flowLines(snapshot, 2, new Set(['10.0.0.1:1 239.10.0.1:1'])))).toEqual(['239.10.0.1:1'])
})
