import type { SentChannelSnapshot, SentServiceSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { formatCount, formatDuration, formatRate, UNKNOWN } from '../../model/format.ts'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import styles from './SendView.module.css'
import { type Heading, numberHeadings, TableHead } from './TableHead.tsx'

const PLAN: readonly Heading[] = [{ text: 'Channel' }, { text: 'Destination' }, ...numberHeadings('Planned')]
const COUNTS = numberHeadings('Now', 'Packets', 'Bytes', 'Objects', 'Late, ms')

type ChannelTableProps = {
  readonly services: readonly SentServiceSnapshot[]
  /** `running`: with counts; `over`: with counts that grow no more; `none`: only the plan. */
  readonly counts: 'running' | 'over' | 'none'
}

/** Services and channels of a broadcast: the plan, and beside it what has been sent. */
export function ChannelTable({ services, counts }: ChannelTableProps) {
  const counted = counts !== 'none'
  const isRunning = counts === 'running'
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <div className={styles.tableBox} tabIndex={0}>
      <table className={styles.table} aria-label="Channels">
        <TableHead headings={counted ? [...PLAN, ...COUNTS] : PLAN} />
        {services.map((service) => (
          <tbody key={service.id}>
            <tr className={styles.service}>
              <th scope="rowgroup" colSpan={PLAN.length + (counted ? COUNTS.length : 0)}>
                {service.name} <span>{describeService(service)}</span>
              </th>
            </tr>
            {service.channels.map((channel) => (
              <tr key={`${channel.destination} ${channel.tsi}`}>
                <td>
                  TSI {channel.tsi}, {channelName(channel)}
                </td>
                <td className={styles.address}>{channel.destination}</td>
                <td data-number>{formatRate(channel.plannedBps)}</td>
                {counted && (
                  <>
                    <td data-number>{isRunning ? formatRate(channel.rateBps) : UNKNOWN}</td>
                    <td data-number>{formatCount(channel.packets)}</td>
                    <td data-number>{formatCount(channel.bytes)}</td>
                    <td data-number>{formatCount(channel.objects)}</td>
                    <td data-number>{isRunning ? channel.lateMs.toFixed(1) : UNKNOWN}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}

const CONTENTS = { dash: 'DASH', hls: 'HLS', files: 'plain files' } as const

function describeService({ id, content, durationUs, repeats }: SentServiceSnapshot): string {
  const time = durationUs === null ? 'live' : content === 'files' ? null : formatDuration(durationUs)
  const parts = [`service ${id}`, CONTENTS[content], time, repeats ? 'repeated for ever' : null]
  return parts.filter((part) => part !== null).join(', ')
}

function channelName({ representation, contentType }: SentChannelSnapshot) {
  if (representation === null) return 'files'
  const kind = contentType ?? 'media'
  if (representation === kind) return kind
  return (
    <>
      {kind} <MiddleCut text={representation} />
    </>
  )
}
