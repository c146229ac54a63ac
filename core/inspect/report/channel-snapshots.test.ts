import { expect, it } from 'vitest'
import { CHANNEL_FACTS, COUNTED_FACTS } from '../../contract/channel-table.ts'
import { NO_LOSS } from '../../contract/loss.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import { ObjectColumns } from '../columns/object-columns.ts'
import { FetchedObjects } from '../losses/fetched-objects.ts'
import type { LossWatch } from '../losses/loss-watch.ts'
import { RateMeter } from '../rate-meter.ts'
import { channelSnapshot } from './channel-snapshots.ts'

const known = { index: 0, carrier: { kind: 'mmtp', packetId: 35 }, fec: null, serviceId: 1 }
const counts = Object.fromEntries(COUNTED_FACTS.map((key, at) => [key, at + 1]))

it('has every fact of the table, the counted ones as the receiver counts them', () => {
  const snapshot = channelSnapshot({ ...known, ...counts } as unknown as ChannelFacts, {
    rates: new RateMeter(),
    columns: new ObjectColumns(false, 1),
    losses: {
      absentOf: () => 4,
      meter: { spans: () => NO_LOSS },
      fetched: new FetchedObjects(),
    } as unknown as LossWatch,
    channels: [],
  })
  expect(Object.keys(snapshot)).toEqual(expect.arrayContaining(Object.keys(CHANNEL_FACTS)))
  expect(snapshot).toMatchObject({ ...counts, protocol: 'mmtp', tsi: 35, missingObjects: 4, fec: null, rateBps: 0 })
})
