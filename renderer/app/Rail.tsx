import {
  Boxes,
  ChartGantt,
  FileCode2,
  LayoutGrid,
  type LucideIcon,
  MonitorPlay,
  RadioTower,
  ScanSearch,
  ScrollText,
  Send,
  Server,
  TriangleAlert,
  Waypoints,
  Workflow,
} from 'lucide-react'
import { useStore } from 'zustand'
import { INSPECT_LAYOUT, PANEL_ORDER, PANEL_TITLES, type PanelId, panelKeys, visiblePanels } from '../model/layout.ts'
import { frameStore, goToPanel } from '../stores/frame-store.ts'
import { sessionStore } from '../stores/session-store.ts'
import { settingsStore } from '../stores/settings-store.ts'
import { Tooltip } from '../ui/Tooltip.tsx'
import { countBySeverity } from '../views/alarms/alarms-model.ts'
import styles from './Rail.module.css'

const ICONS: Readonly<Record<PanelId, LucideIcon>> = {
  services: RadioTower,
  signalling: FileCode2,
  flows: Waypoints,
  objects: Boxes,
  timeline: ChartGantt,
  player: MonitorPlay,
  inspector: ScanSearch,
  alarms: TriangleAlert,
  log: ScrollText,
  send: Send,
  serve: Server,
  wall: LayoutGrid,
  relay: Workflow,
}

/** One icon per view. A click brings the view to the front and focuses it. */
export function Rail() {
  const fronts = useStore(settingsStore, (state) => state.fronts)
  const hidden = useStore(settingsStore, (state) => state.hidden)
  const focused = useStore(frameStore, (state) => state.focused)
  const maximised = useStore(frameStore, (state) => state.maximised)
  const errors = useStore(sessionStore, (state) => countBySeverity(state.snapshot?.alarms ?? []).error)
  const visible = maximised === null ? visiblePanels(INSPECT_LAYOUT, fronts, hidden) : [maximised]
  return (
    <nav className={styles.rail} aria-label="Views">
      {PANEL_ORDER.map((panel, at) => {
        const Icon = ICONS[panel]
        return (
          <Tooltip key={panel} text={PANEL_TITLES[panel]} keys={panelKeys(at)} side="right">
            <button
              type="button"
              className={styles.item}
              aria-label={`Go to ${PANEL_TITLES[panel]}`}
              data-visible={visible.includes(panel)}
              data-focused={focused === panel}
              onClick={() => goToPanel(panel)}
            >
              <Icon size={20} strokeWidth={1.6} aria-hidden />
              {panel === 'alarms' && errors > 0 && <span className={styles.mark} />}
            </button>
          </Tooltip>
        )
      })}
    </nav>
  )
}
