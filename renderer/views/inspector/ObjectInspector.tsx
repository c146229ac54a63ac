import { SearchX } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { BytesView } from '../../../core/contract/object-boxes.ts'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { addCommands } from '../../stores/command-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Segmented } from '../../ui/Segmented.tsx'
import { useWidth } from '../../ui/use-width.ts'
import { BoxesTab, type Mark } from './BoxesTab.tsx'
import { viewText } from './byte-ranges.ts'
import { FactsTab } from './FactsTab.tsx'
import { type HexGoal, HexView } from './HexView.tsx'
import styles from './InspectorView.module.css'
import { objectTitle } from './inspector-model.ts'
import { ObjectHead } from './ObjectHead.tsx'
import { TextTab } from './TextTab.tsx'
import { useBoxes } from './use-boxes.ts'
import { useObjectDetail } from './use-object-detail.ts'

type Tab = 'facts' | 'boxes' | 'hex' | 'text'

/** From this width on, boxes and bytes are side by side. */
const BESIDE_FROM = 820

/** One object: facts, boxes, bytes and text; each tab scrolls by itself, and nothing around it. */
export function ObjectInspector({ index }: { readonly index: number }) {
  const frame = useRef<HTMLDivElement>(null)
  const beside = useWidth(frame) >= BESIDE_FROM
  return (
    <div ref={frame} className={styles.frame}>
      <Content index={index} beside={beside} />
    </div>
  )
}

type ContentProps = { readonly index: number; readonly beside: boolean }

function Content({ index, beside }: ContentProps) {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const { detail, stale, error, retry } = useObjectDetail(sessionId, index)
  const [tab, setTab] = useState<Tab>('facts')
  const [view, setView] = useState<BytesView>('arrived')
  // Place for the hex view, from a chosen box or missing range.
  const [goal, setGoal] = useState<HexGoal>({ offset: 0, count: 0 })
  const [mark, setMark] = useState<Mark | null>(null)

  useEffect(
    () =>
      addCommands([
        {
          id: 'inspector-hex',
          title: 'Show the bytes of the object',
          group: 'Objects',
          keys: ['x'],
          run: () => setTab('hex'),
        },
      ]),
    [],
  )
  // Marks belong to one object.
  const [marked, setMarked] = useState(index)
  if (marked !== index) {
    setMarked(index)
    setMark(null)
    setGoal({ offset: 0, count: 0 })
  }

  const shownView: BytesView = detail === null || detail.servedBytes === null ? 'arrived' : view
  const boxes = useBoxes(sessionId ?? '', detail, shownView, tab === 'boxes' || tab === 'hex')

  if (detail === null) {
    if (error !== null) {
      return (
        <div className={styles.failed}>
          <ErrorBlock error={error} actions={<Button onClick={retry}>Try again</Button>} />
        </div>
      )
    }
    return <div className={styles.loading} role="status" aria-label="Reading the object" />
  }

  const show = (place: Mark | null, offset: number) => {
    setMark(place)
    setGoal((before) => ({ offset, count: before.count + 1 }))
  }
  const showBytes = (offset: number) => {
    show(null, offset)
    setTab('hex')
  }
  // Objects without boxes or text lack these tabs; the choice stays for the next object.
  const shown: Tab = (tab === 'boxes' && !detail.isBoxes) || (tab === 'text' && detail.text === null) ? 'facts' : tab
  const hex = (
    <HexView
      key={`${detail.row.index} ${shownView}`}
      sessionId={sessionId ?? ''}
      detail={detail}
      view={shownView}
      goal={goal}
      mark={mark}
      boxes={boxes.rows}
    />
  )

  return (
    <div className={styles.object} aria-busy={stale} data-stale={stale || undefined}>
      <ObjectHead detail={detail} onShowBytes={showBytes} />
      <Tabs.Root className={styles.tabs} value={shown} onValueChange={(value) => setTab(value as Tab)}>
        <Tabs.List className={styles.tabList} aria-label="Parts of the object">
          <Tabs.Trigger value="facts">Facts</Tabs.Trigger>
          {detail.isBoxes && <Tabs.Trigger value="boxes">Boxes</Tabs.Trigger>}
          <Tabs.Trigger value="hex">Hex</Tabs.Trigger>
          {detail.text !== null && (
            <Tabs.Trigger value="text">{detail.text.language === 'xml' ? 'XML' : 'Text'}</Tabs.Trigger>
          )}
        </Tabs.List>
        <Tabs.Content value="facts" className={styles.pane} tabIndex={0}>
          <FactsTab detail={detail} onShowBytes={showBytes} />
        </Tabs.Content>
        <Tabs.Content value="boxes" className={styles.bytesPane} tabIndex={-1}>
          <ViewBar detail={detail} view={shownView} onView={setView} />
          <div className={styles.bytesBody} data-beside={beside || undefined}>
            <BoxesTab
              key={`${detail.row.index} ${shownView}`}
              sessionId={sessionId ?? ''}
              detail={detail}
              view={shownView}
              boxes={boxes}
              onMark={(place) => show(place, place.offset)}
              onShowBytes={(place) => {
                show(place, place.offset)
                if (!beside) setTab('hex')
              }}
            />
            {beside && hex}
          </div>
        </Tabs.Content>
        <Tabs.Content value="hex" className={styles.bytesPane} tabIndex={-1}>
          <ViewBar detail={detail} view={shownView} onView={setView} />
          {detail.storedBytes === 0 && shownView === 'arrived' ? (
            <EmptyState icon={SearchX} title={detail.row.received === 0 ? 'No bytes yet' : 'No longer stored'}>
              {detail.row.received > 0 &&
                'The session stores the newest objects within its limit. The bytes of this one were dropped; its facts remain.'}
            </EmptyState>
          ) : (
            <div className={styles.bytesBody}>{hex}</div>
          )}
        </Tabs.Content>
        <Tabs.Content value="text" className={styles.pane} tabIndex={-1}>
          {detail.text !== null && (
            <TextTab name={objectTitle(detail)} text={detail.text.text} language={detail.text.language} />
          )}
        </Tabs.Content>
      </Tabs.Root>
    </div>
  )
}

type ViewBarProps = {
  readonly detail: ObjectDetail
  readonly view: BytesView
  readonly onView: (view: BytesView) => void
}

/** Which bytes are shown: those that arrived, or those that the gateway serves instead, where they differ. */
function ViewBar({ detail, view, onView }: ViewBarProps) {
  const text = viewText(detail, view)
  if (detail.servedBytes === null && text === null) return null
  return (
    <div className={styles.viewBar}>
      {detail.servedBytes !== null && (
        <Segmented
          label="Which bytes"
          value={view}
          onChange={onView}
          options={[
            { value: 'arrived', text: 'Arrived' },
            { value: 'served', text: 'Served' },
          ]}
        />
      )}
      {text !== null && <span className={styles.aside}>{text}</span>}
    </div>
  )
}
