import type { ChannelColumn, ObjectRow } from '../../contract/object-table.ts'
import { channelNumber } from '../../flow/carriers.ts'
import type { ChannelFacts } from '../../flow/facts.ts'

/** Where each column that objects have from their channel is taken, and what a row shows without a channel. */
export const CHANNEL_VALUES: {
  readonly [Key in ChannelColumn]: {
    readonly of: (channel: ChannelFacts) => ObjectRow[Key]
    readonly none: ObjectRow[Key]
  }
} = {
  carrier: { of: ({ carrier }) => carrier.kind, none: 'lct' },
  destination: { of: ({ destination }) => destination, none: '' },
  tsi: { of: ({ carrier }) => channelNumber(carrier), none: 0 },
  service: { of: ({ serviceId }) => serviceId, none: null },
  role: { of: ({ role }) => role, none: 'unknown' },
}

/** The number of a channel, for sort and filter: -1 where it has none. */
export function channelNumberIn(key: ChannelColumn, channel: ChannelFacts | undefined): number {
  const value = channel === undefined ? null : CHANNEL_VALUES[key].of(channel)
  return typeof value === 'number' ? value : -1
}
