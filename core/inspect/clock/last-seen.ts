import type { LastSeen, Latest } from '../../contract/service-snapshot.ts'
import type { ChannelFacts, ServiceFacts } from '../../flow/facts.ts'
import type { ClockLimits } from './clock-limits.ts'
import type { MediaWatch } from './media-watch.ts'
import type { SilenceWatch } from './silence.ts'
import type { TableTimes } from './table-times.ts'

/** What knows when things came last. */
type Watches = { readonly silence: SilenceWatch; readonly tables: TableTimes; readonly media: MediaWatch }

/**
 * When each step of tuning in last held, and for how long that is fresh: twice the usual interval, and no less than the limit
 * of its rule.
 * @param channels of the service, and of the one whose files it shares
 */
export function latestOf(
  service: Pick<ServiceFacts, 'id' | 'sharesFilesOf'>,
  channels: readonly ChannelFacts[],
  limits: ClockLimits,
  { silence, tables, media: watch }: Watches,
): Latest {
  const { id, sharesFilesOf } = service
  const table = (of: typeof id | null, ruleUs: number, type?: string): LastSeen | null => {
    const last = tables.last(of, type)
    return last === null ? null : { timeUs: last.lastUs, limitUs: Math.max(ruleUs, 2 * (last.intervalUs ?? 0)) }
  }
  let media: LastSeen | null = null
  let init: LastSeen | null = null
  const segments = new Map<string, LastSeen>()
  for (const { index } of channels) {
    const last = watch.lastOf(index)
    if (last === null) continue
    const limitUs = Math.max(limits.serviceUs, 2 * last.durationUs)
    media = later(media, last.arrivedUs, limitUs)
    // How often one is sent is the sender's choice, and one is enough.
    init = later(init, last.initUs, null)
    const segment = later(segments.get(last.role) ?? null, last.segmentUs, limitUs)
    if (segment !== null) segments.set(last.role, segment)
  }
  const roles = [...segments.values()].sort((a, b) => a.timeUs + (a.limitUs ?? 0) - b.timeUs - (b.limitUs ?? 0))
  const newest = roles.reduce<LastSeen | null>((best, each) => later(best, each.timeUs, each.limitUs), null)
  const packetsUs = silence.serviceUs(id)
  const sls = table(id, limits.slsUs)
  const manifest = table(id, limits.slsUs, 'MPD') ?? table(id, limits.slsUs, 'HLS')
  return {
    join: null,
    lls: table(null, limits.sltUs),
    slt: table(null, limits.sltUs, 'SLT'),
    firstPacket: packetsUs < 0 ? null : { timeUs: packetsUs, limitUs: limits.serviceUs },
    sls: sls ?? (sharesFilesOf === null ? null : table(sharesFilesOf, limits.slsUs)),
    stsid: table(id, limits.slsUs, 'S-TSID'),
    manifest,
    init,
    firstMedia: media,
    firstSegment: newest,
    // Of the role that has had none for the longest time.
    playable: roles[0] ?? null,
  }
}

function later(before: LastSeen | null, timeUs: number | null, limitUs: number | null): LastSeen | null {
  if (timeUs === null || (before !== null && before.timeUs >= timeUs)) return before
  return { timeUs, limitUs }
}
