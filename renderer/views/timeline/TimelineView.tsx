import { ChartNoAxesGantt, Maximize2, ZoomIn, ZoomOut } from 'lucide-react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { GatewaySnapshot } from '../../../core/contract/http-snapshots.ts'
import type { RequestsSnapshot } from '../../../core/contract/served-requests.ts'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import type { ChannelSnapshot, SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { formatDuration } from '../../model/format.ts'
import { silentSinceUs } from '../../model/names.ts'
import { addCommands } from '../../stores/command-store.ts'
import { selectionStore } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { nextTimeBase, setFollow, type TimeBase, timeStore } from '../../stores/time-store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { Tooltip } from '../../ui/Tooltip.tsx'
import { useNow } from '../../ui/use-now.ts'
import { HoverCard } from './HoverCard.tsx'
import type { Hover } from './hit-test.ts'
import { LaneLabels } from './LaneLabels.tsx'
import { layoutLanes, playerRequests } from './lanes.ts'
import { isMoving, newestUs, sessionEdge } from './session-edge.ts'
import { TimelineSummary } from './TimelineSummary.tsx'
import styles from './TimelineView.module.css'
import { timelineCommands } from './timeline-commands.ts'
import { TimelineController } from './timeline-controller.ts'

const NO_SERVICES: readonly ServiceSnapshot[] = []
const NO_CHANNELS: readonly ChannelSnapshot[] = []
const NO_GATEWAYS: readonly GatewaySnapshot[] = []
const NO_SERVERS: readonly RequestsSnapshot[] = []
const NO_TABLES: readonly SignallingSnapshot[] = []

const BASE_TEXT: { readonly [Base in TimeBase]: string } = {
  local: 'Local time',
  utc: 'UTC',
  start: 'Since start',
  cursor: 'From cursor',
}

/** Objects over time, one lane per LCT channel or MMTP asset. */
export function TimelineView() {
  const services = useStore(sessionStore, (state) => state.snapshot?.services ?? NO_SERVICES)
  const channels = useStore(sessionStore, (state) => state.snapshot?.channels ?? NO_CHANNELS)
  const signalling = useStore(sessionStore, (state) => state.snapshot?.signalling ?? NO_TABLES)
  const phase = useStore(sessionStore, (state) => state.snapshot?.phase ?? null)
  const serviceId = useStore(selectionStore, (state) => state.serviceId)
  const gateways = useStore(sessionStore, (state) => state.snapshot?.gateways ?? NO_GATEWAYS)
  const servers = useStore(sessionStore, (state) => state.snapshot?.requests ?? NO_SERVERS)
  const live = useStore(sessionStore, (state) => state.snapshot?.source.live === true)
  const requests = useMemo(() => playerRequests({ live }, gateways, servers), [live, gateways, servers])
  const layout = useMemo(
    () => layoutLanes(services, channels, signalling, serviceId, requests),
    [services, channels, signalling, serviceId, requests],
  )
  const [controller, setController] = useState<TimelineController | null>(null)
  const [hover, setHover] = useState<Hover>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const lanes = useRef<HTMLCanvasElement>(null)
  const overlay = useRef<HTMLCanvasElement>(null)
  const overview = useRef<HTMLCanvasElement>(null)
  const summary = useId()
  const empty = layout.lanes.length === 0

  useEffect(() => {
    if (scroller.current === null || lanes.current === null || overlay.current === null || overview.current === null)
      return
    const made = new TimelineController({
      scroller: scroller.current,
      lanes: lanes.current,
      overlay: overlay.current,
      overview: overview.current,
      onHover: setHover,
    })
    setController(made)
    const off = addCommands(timelineCommands(made))
    return () => {
      off()
      made.close()
    }
  }, [])

  useEffect(() => controller?.setLayout(layout), [controller, layout])

  return (
    <div className={styles.view}>
      <Toolbar controller={controller} />
      <div
        ref={scroller}
        className={styles.scroller}
        data-main
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the timeline takes keys of its own, listed under "?".
        tabIndex={0}
        role="application"
        aria-label="Timeline"
        aria-describedby={summary}
      >
        <div
          className={styles.stage}
          style={{ minHeight: `max(100%, calc(${layout.height}px + var(--ruler-height)))` }}
        >
          <LaneLabels layout={layout} channels={channels} />
          <div className={styles.plot}>
            <div className={styles.sticky}>
              <canvas ref={lanes} className={styles.canvas} aria-hidden />
              <canvas ref={overlay} className={styles.overlay} aria-hidden />
              {hover !== null && <HoverCard hover={hover} />}
            </div>
          </div>
        </div>
      </div>
      {empty && (
        <div className={styles.empty}>
          <EmptyState icon={ChartNoAxesGantt} title={phase === 'running' ? 'No objects yet' : 'No objects'}>
            {phase === 'running' || phase === 'starting'
              ? 'A lane appears with the first object of each TSI or asset.'
              : 'The session received no objects. Flows lists the received packets.'}
          </EmptyState>
        </div>
      )}
      <div className={styles.strip}>
        <span className={styles.stripLabel}>Session</span>
        <canvas ref={overview} className={styles.overview} aria-hidden />
      </div>
      <TimelineSummary id={summary} />
    </div>
  )
}

function Toolbar({ controller }: { readonly controller: TimelineController | null }) {
  const base = useStore(timeStore, (state) => state.base)
  const span = useStore(timeStore, (state) => formatDuration(state.toUs > 0 ? state.toUs - state.fromUs : null))
  return (
    <div className={styles.toolbar}>
      <IconButton label="Zoom out" keys="s" icon={ZoomOut} onClick={() => controller?.zoom(1.6)} />
      <span className={styles.span}>{span}</span>
      <IconButton label="Zoom in" keys="w" icon={ZoomIn} onClick={() => controller?.zoom(1 / 1.6)} />
      <IconButton label="Show everything" keys="f" icon={Maximize2} onClick={() => controller?.fit()} />
      <Tooltip text="Change the time base" keys="t">
        <button type="button" className={styles.base} onClick={nextTimeBase}>
          {BASE_TEXT[base]}
        </button>
      </Tooltip>
      <span className={styles.legend} aria-hidden>
        <span className={styles.key} data-state="complete" /> complete
        <span className={styles.key} data-state="repaired" /> repaired
        <span className={styles.key} data-state="partial" /> partial
        <span className={styles.key} data-state="receiving" /> receiving
        <span className={styles.key} data-state="repeats" /> repeats
      </span>
      <LiveSwitch controller={controller} />
    </div>
  )
}

/** Button that follows the newest packet; shows the distance while not following. */
function LiveSwitch({ controller }: { readonly controller: TimelineController | null }) {
  const moving = useStore(sessionStore, (state) => isMoving(state.snapshot))
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const follow = useStore(timeStore, (state) => state.follow)
  // In steps of a tenth of a second, so that panning does not render for every pixel.
  const toUs = useStore(timeStore, (state) => Math.round(state.toUs / 100_000) * 100_000)
  useNow()
  if (newestUs(snapshot) === null) return null
  const behindUs = (sessionEdge.at(snapshot, performance.now()) ?? toUs) - toUs
  const gone = snapshot !== null && silentSinceUs(snapshot) !== null
  return (
    <span className={styles.live}>
      {!follow && moving && behindUs > 100_000 && (
        <span className={styles.behind}>{formatDuration(behindUs)} behind live</span>
      )}
      <Tooltip text={moving ? 'Follow the present' : 'Go to the end'} keys="g">
        <button
          type="button"
          className={styles.follow}
          aria-pressed={follow && moving}
          data-moving={moving && !gone}
          onClick={() => (follow && moving ? setFollow(false) : controller?.followEdge())}
        >
          <span className={styles.dot} />
          {moving ? 'Live' : 'End'}
        </button>
      </Tooltip>
    </span>
  )
}
