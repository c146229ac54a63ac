import {
  type ChannelFactKey,
  type ChannelFactValues,
  COUNTED_FACTS,
  type CountedFact,
} from '../../contract/channel-table.ts'
import type { ChannelSnapshot } from '../../contract/snapshot.ts'
import { channelNumber } from '../../flow/carriers.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { LossWatch } from '../losses/loss-watch.ts'
import type { RateMeter } from '../rate-meter.ts'
import { reportFec } from './fec-report.ts'

/** What facts of a channel are worked out from. */
export type ChannelSources = {
  readonly rates: RateMeter
  readonly columns: ObjectColumns
  readonly losses: LossWatch
  readonly channels: readonly ChannelFacts[]
}

type WorkedOut = Omit<ChannelFactValues, CountedFact>

/** The facts that the receiver does not count. */
function workOut(channel: ChannelFacts, { rates, columns, losses, channels }: ChannelSources): WorkedOut {
  return {
    rateBps: rates.bitsPerSecond(channel),
    loss: losses.meter.spans([channel]),
    missingObjects: losses.absentOf(channel.index),
    senderDelayUs: columns.times.delayOfChannel(channel.index),
    fec: reportFec(channel, channels),
  }
}

/** One LCT channel, or one asset of an MMTP flow. */
export function channelSnapshot(channel: ChannelFacts, sources: ChannelSources): ChannelSnapshot {
  const counted: Partial<Record<ChannelFactKey, number>> = {}
  for (const key of COUNTED_FACTS) counted[key] = channel[key]
  return {
    channel: channel.index,
    service: channel.serviceId,
    destination: channel.destination,
    protocol: channel.carrier.kind,
    tsi: channelNumber(channel.carrier),
    role: channel.role,
    representation: channel.representation,
    ...(counted as Pick<ChannelFactValues, CountedFact>),
    ...sources.losses.fetched.countsOf(channel),
    ...workOut(channel, sources),
  }
}
