import { SearchX } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { formatCount } from '../../model/format.ts'
import { addCommands } from '../../stores/command-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { HexView } from './HexView.tsx'
import styles from './InspectorView.module.css'
import { ObjectFacts } from './ObjectFacts.tsx'
import { TextTab } from './TextTab.tsx'
import { useObjectDetail } from './use-object-detail.ts'

type Tab = 'fields' | 'boxes' | 'hex' | 'text'

/** One object: facts, header fields, boxes, bytes and text. */
export function ObjectInspector({ index }: { readonly index: number }) {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const { detail, stale, error, retry } = useObjectDetail(sessionId, index)
  const [tab, setTab] = useState<Tab>('fields')
  // Offset for the hex view, from a chosen box or missing range; `count` makes a repeated choice distinct.
  const [goal, setGoal] = useState({ offset: 0, count: 0 })

  // In a low panel the chosen tab is below the facts. A new object does not scroll.
  const parts = useRef<HTMLDivElement>(null)
  const asked = useRef({ tab, goal })
  useEffect(() => {
    if (asked.current.tab === tab && asked.current.goal === goal) return
    asked.current = { tab, goal }
    parts.current?.scrollIntoView({ block: 'nearest' })
  }, [tab, goal])

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

  const showBytes = (offset: number) => {
    setGoal((before) => ({ offset, count: before.count + 1 }))
    setTab('hex')
  }
  // Objects without boxes or text lack these tabs; the choice stays for the next object.
  const shown: Tab =
    (tab === 'boxes' && detail.boxes.length === 0) || (tab === 'text' && detail.text === null) ? 'fields' : tab

  return (
    <div className={styles.object} aria-busy={stale} data-stale={stale || undefined}>
      <ObjectFacts detail={detail} onShowBytes={showBytes} />
      <Tabs.Root ref={parts} className={styles.tabs} value={shown} onValueChange={(value) => setTab(value as Tab)}>
        <Tabs.List className={styles.tabList} aria-label="Parts of the object">
          <Tabs.Trigger value="fields">Fields</Tabs.Trigger>
          {detail.boxes.length > 0 && <Tabs.Trigger value="boxes">Boxes</Tabs.Trigger>}
          <Tabs.Trigger value="hex">Hex</Tabs.Trigger>
          {detail.text !== null && (
            <Tabs.Trigger value="text">{detail.text.language === 'xml' ? 'XML' : 'Text'}</Tabs.Trigger>
          )}
        </Tabs.List>
        <Tabs.Content value="fields" className={styles.pane}>
          <Fields detail={detail} />
        </Tabs.Content>
        <Tabs.Content value="boxes" className={styles.pane}>
          <Boxes detail={detail} onShowBytes={showBytes} />
        </Tabs.Content>
        <Tabs.Content value="hex" className={styles.pane} tabIndex={-1}>
          {detail.storedBytes === 0 ? (
            <EmptyState icon={SearchX} title={detail.row.received === 0 ? 'No bytes yet' : 'No longer stored'}>
              {detail.row.received > 0 &&
                'The session stores the newest objects within its limit. The bytes of this one were dropped; its facts remain.'}
            </EmptyState>
          ) : (
            <HexView key={detail.row.index} sessionId={sessionId ?? ''} detail={detail} goal={goal} />
          )}
        </Tabs.Content>
        <Tabs.Content value="text" className={styles.pane} tabIndex={-1}>
          {detail.text !== null && (
            <TextTab
              name={detail.row.name ?? `TOI ${detail.row.toi}`}
              text={detail.text.text}
              language={detail.text.language}
            />
          )}
        </Tabs.Content>
      </Tabs.Root>
    </div>
  )
}

function Fields({ detail }: { readonly detail: ObjectDetail }) {
  if (detail.header.length === 0) {
    return <EmptyState title="No header fields">The header fields of the first packet are no longer stored.</EmptyState>
  }
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Header fields of the first packet, in wire order</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {detail.header.map((field, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a header may carry the same extension twice; wire order is its identity
          <tr key={position}>
            <th scope="row">{field.name}</th>
            <td>
              <span className={styles.value}>{field.value}</span>
              {field.note !== null && <span className={styles.note}>{field.note}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

type BoxesProps = { readonly detail: ObjectDetail; readonly onShowBytes: (offset: number) => void }

function Boxes({ detail, onShowBytes }: BoxesProps) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Top-level boxes</caption>
      <thead>
        <tr>
          <th scope="col">Box</th>
          <th scope="col" data-end>
            Offset
          </th>
          <th scope="col" data-end>
            Size B
          </th>
        </tr>
      </thead>
      <tbody>
        {detail.boxes.map((box) => (
          <tr key={box.offset}>
            <th scope="row">
              <button type="button" className={styles.jump} onClick={() => onShowBytes(box.offset)}>
                {box.type}
              </button>
            </th>
            <td data-end>{formatCount(box.offset)}</td>
            <td data-end>{formatCount(box.size)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
