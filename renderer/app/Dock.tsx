import { Allotment, type AllotmentHandle, LayoutPriority } from 'allotment'
import { Maximize2, Minimize2, PanelRightClose } from 'lucide-react'
import { type ComponentType, type KeyboardEvent, useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { defined } from '../../core/contract/defined.ts'
import {
  frontPanel,
  type Group,
  groupOfPanel,
  INSPECT_LAYOUT,
  isHidden,
  type LayoutNode,
  PANEL_TITLES,
  type PanelId,
  type Split,
} from '../model/layout.ts'
import { frameStore, goToPanel, revealPanel, toggleMaximised, togglePanel } from '../stores/frame-store.ts'
import { type PlayerRoom, playerStore } from '../stores/player-store.ts'
import { rememberSizes, settingsStore } from '../stores/settings-store.ts'
import { IconButton } from '../ui/Button.tsx'
import { AlarmsView } from '../views/alarms/AlarmsView.tsx'
import { FlowsView } from '../views/flows/FlowsView.tsx'
import { InspectorView } from '../views/inspector/InspectorView.tsx'
import { LogView } from '../views/log/LogView.tsx'
import { ObjectsView } from '../views/objects/ObjectsView.tsx'
import { RelayView } from '../views/relay/RelayView.tsx'
import { SendView } from '../views/send/SendView.tsx'
import { ServeView } from '../views/serve/ServeView.tsx'
import { ServicesView } from '../views/services/ServicesView.tsx'
import { SignallingView } from '../views/signalling/SignallingView.tsx'
import { TimelineView } from '../views/timeline/TimelineView.tsx'
import { WallView } from '../views/wall/WallView.tsx'
import styles from './Dock.module.css'
import { PanelBoundary } from './PanelBoundary.tsx'
import { PlayerSlot } from './PlayerHost.tsx'

const VIEWS: Readonly<Record<PanelId, ComponentType>> = {
  services: ServicesView,
  timeline: TimelineView,
  objects: ObjectsView,
  flows: FlowsView,
  signalling: SignallingView,
  alarms: AlarmsView,
  log: LogView,
  player: PlayerSlot,
  inspector: InspectorView,
  send: SendView,
  serve: ServeView,
  wall: WallView,
  relay: RelayView,
}

/** Height of the player's panel while it plays nothing, px: its head, and what it says. */
const PLAYER_HEIGHT: Readonly<Record<Exclude<PlayerRoom, 'picture'>, number>> = { strip: 86, words: 150 }

/** Arranges the panels by the layout and the user's sizes and choices. */
export function Dock() {
  const maximised = useStore(frameStore, (state) => state.maximised)
  if (maximised !== null) {
    const group = groupOfPanel(INSPECT_LAYOUT, maximised)
    if (group !== undefined) return <GroupView group={group} only={maximised} />
  }
  return <SplitView split={INSPECT_LAYOUT} />
}

function SplitView({ split }: { readonly split: Split }) {
  const hidden = useStore(settingsStore, (state) => state.hidden)
  // Read once: afterwards the splitter keeps the sizes.
  const sizes = useRef(settingsStore.getState().sizes[split.id])
  const fixed = usePlayerHeight(split)
  const known = fixed === null && sizes.current?.length === split.children.length ? [...sizes.current] : undefined
  const handle = useRef<AllotmentHandle>(null)
  const box = useRef<HTMLDivElement>(null)
  const before = useRef(fixed)
  useEffect(() => {
    if (before.current !== null && fixed === null) enlarge(split, handle.current, box.current?.clientHeight ?? 0)
    before.current = fixed
  }, [fixed, split])
  return (
    <div ref={box} className={styles.split}>
      <Allotment
        ref={handle}
        vertical={split.direction === 'column'}
        proportionalLayout={split.direction === 'column'}
        {...defined({ defaultSizes: known })}
        onDragEnd={(now) => {
          if (fixed === null) rememberSizes(split.id, now)
        }}
      >
        {split.children.map((child) => (
          <Allotment.Pane
            key={child.id}
            minSize={child.id === PLAYER_GROUP ? (fixed ?? child.minSize) : child.minSize}
            maxSize={child.id === PLAYER_GROUP ? (fixed ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY}
            visible={!isHidden(child, hidden)}
            priority={child.kind === 'split' && child.stretches === true ? LayoutPriority.High : LayoutPriority.Normal}
            {...defined({
              preferredSize:
                known === undefined ? ((child.id === PLAYER_GROUP ? fixed : null) ?? child.size) : undefined,
            })}
          >
            <NodeView node={child} />
          </Allotment.Pane>
        ))}
      </Allotment>
    </div>
  )
}

const PLAYER_GROUP = 'picture'

/** Height of the player in this split while it plays nothing; null where it is not in it, or plays. */
function usePlayerHeight(split: Split): number | null {
  const room = useStore(playerStore, (state) => state.room)
  return room === 'picture' || !split.children.some(({ id }) => id === PLAYER_GROUP) ? null : PLAYER_HEIGHT[room]
}

/** Gives the player the height it had while it played, else that of the layout. */
function enlarge(split: Split, handle: AllotmentHandle | null, height: number): void {
  const known = settingsStore.getState().sizes[split.id]
  const share = Number.parseFloat(String(split.children.find(({ id }) => id === PLAYER_GROUP)?.size)) / 100
  const own = known?.[split.children.findIndex(({ id }) => id === PLAYER_GROUP)] ?? height * share
  if (height > 0) handle?.resize(split.children.map(({ id }) => (id === PLAYER_GROUP ? own : height - own)))
}

function NodeView({ node }: { readonly node: LayoutNode }) {
  return node.kind === 'split' ? <SplitView split={node} /> : <GroupView group={node} />
}

type GroupViewProps = { readonly group: Group; readonly only?: PanelId }

function GroupView({ group, only }: GroupViewProps) {
  const fronts = useStore(settingsStore, (state) => state.fronts)
  const maximised = useStore(frameStore, (state) => state.maximised)
  const front = only ?? frontPanel(group, fronts)
  if (front === undefined) return null
  const View = VIEWS[front]
  const title = PANEL_TITLES[front]
  return (
    <section
      className={styles.group}
      aria-label={title}
      data-panel={front}
      tabIndex={-1}
      onFocus={() => frameStore.setState({ focused: front })}
    >
      <div className={styles.head}>
        {group.panels.length > 1 ? <Tabs group={group} front={front} /> : <h2 className={styles.title}>{title}</h2>}
        <span className={styles.tools}>
          {group.id === 'detail' && maximised === null && (
            <IconButton
              label="Hide inspector"
              keys="q"
              icon={PanelRightClose}
              size={13}
              onClick={() => togglePanel('inspector')}
            />
          )}
          {group.id === PLAYER_GROUP && maximised === null && (
            <IconButton label="Hide player" icon={PanelRightClose} size={13} onClick={() => togglePanel('player')} />
          )}
          <IconButton
            label={maximised === null ? `Maximise ${title}` : 'Restore'}
            icon={maximised === null ? Maximize2 : Minimize2}
            size={12}
            onClick={() => toggleMaximised(front)}
          />
        </span>
      </div>
      <div className={styles.body}>
        <PanelBoundary key={front} title={title}>
          <View />
        </PanelBoundary>
      </div>
    </section>
  )
}

function Tabs({ group, front }: { readonly group: Group; readonly front: PanelId }) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    const { panels } = group
    const next = panels[(panels.indexOf(front) + step + panels.length) % panels.length]
    if (next === undefined) return
    revealPanel(next)
    event.preventDefault()
    const list = event.currentTarget
    requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus())
  }
  return (
    <div className={styles.tabs} role="tablist" aria-label="Tables" onKeyDown={onKeyDown}>
      {group.panels.map((panel) => (
        <button
          key={panel}
          type="button"
          role="tab"
          aria-selected={panel === front}
          tabIndex={panel === front ? 0 : -1}
          className={styles.tab}
          onClick={() => goToPanel(panel)}
        >
          {PANEL_TITLES[panel]}
        </button>
      ))}
    </div>
  )
}
