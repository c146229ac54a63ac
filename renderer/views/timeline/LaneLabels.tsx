import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { ChannelSnapshot } from '../../../core/contract/snapshot.ts'
import { formatDay, formatRate } from '../../model/format.ts'
import { channelLabel } from '../../model/names.ts'
import { selectChannel, selectionStore, selectService } from '../../stores/selection-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { isRepairFlow } from '../flows/fec-text.ts'
import { type Lane, type LaneLayout, ROLE_LABEL } from './lanes.ts'
import styles from './TimelineView.module.css'

type LaneLabelsProps = { readonly layout: LaneLayout; readonly channels: readonly ChannelSnapshot[] }

/** Labels of the lanes: role, TSI, representation and rate. A click selects the channel or the service. */
export function LaneLabels({ layout, channels }: LaneLabelsProps) {
  const selected = useStore(selectionStore, (state) => state.channel)
  const day = useStore(timeStore, (state) =>
    state.timed && state.toUs > state.fromUs ? formatDay(state.fromUs, state.base) : '',
  )
  const byNumber = useMemo(() => new Map(channels.map((channel) => [channel.channel, channel])), [channels])
  return (
    <div className={styles.gutter}>
      <div className={styles.corner}>{day}</div>
      {layout.lanes.map((lane) => (
        <LaneLabel
          key={lane.key}
          lane={lane}
          snapshot={lane.kind === 'channel' ? byNumber.get(lane.channel) : undefined}
          selected={lane.kind === 'channel' && lane.channel === selected}
        />
      ))}
    </div>
  )
}

type LaneLabelProps = {
  readonly lane: Lane
  readonly snapshot: ChannelSnapshot | undefined
  readonly selected: boolean
}

function LaneLabel({ lane, snapshot, selected }: LaneLabelProps) {
  const style = { height: lane.height }
  if (lane.kind === 'lls') {
    return (
      <div className={styles.label} style={style} data-thin>
        <span className={styles.swatch} data-role="signaling" />
        <span className={styles.role}>LLS</span>
      </div>
    )
  }
  if (lane.kind === 'requests') {
    return (
      <div className={styles.label} style={style} title="What players ask of this session's gateway" data-thin>
        <span className={styles.swatch} data-role="unknown" />
        <span className={styles.role}>Requests</span>
      </div>
    )
  }
  if (lane.kind === 'group') {
    return (
      <button
        type="button"
        tabIndex={-1}
        className={styles.group}
        style={style}
        title={lane.title}
        aria-label={`${lane.title} ${lane.detail}`}
        onClick={() => selectService(lane.serviceId)}
      >
        <span className={styles.groupTitle}>
          <MiddleCut text={lane.title} />
        </span>{' '}
        <span className={styles.groupDetail}>{lane.detail}</span>
      </button>
    )
  }
  const repairs = snapshot !== undefined && isRepairFlow(snapshot)
  const thin = lane.role === 'signaling'
  const where = `${lane.destination}, ${channelLabel(snapshot ?? { protocol: 'lct', tsi: lane.tsi })}`
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.label}
      style={style}
      data-thin={thin || undefined}
      data-selected={selected || undefined}
      title={lane.representation === null ? where : `${where}, representation ${lane.representation}`}
      onClick={() => selectChannel(lane.channel, lane.serviceId)}
    >
      <span className={styles.swatch} data-role={repairs ? 'repair' : lane.role} />
      <span className={styles.role}>{repairs ? 'Repair' : ROLE_LABEL[lane.role]}</span>
      <span className={styles.tsi}>{lane.tsi}</span>
      <span className={styles.representation}>
        <MiddleCut text={lane.representation ?? ''} />
      </span>
      <span className={styles.rate}>
        {snapshot === undefined || snapshot.rateBps === 0 ? '' : formatRate(snapshot.rateBps)}
      </span>
    </button>
  )
}
