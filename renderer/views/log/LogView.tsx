// biome-ignore-all lint/a11y/noNoninteractiveTabindex: a scrolling log must be reachable by keyboard
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDownToLine, ListFilter } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { LogLevel, LogTopic } from '../../../core/contract/session-spec.ts'
import { LOG_LEVELS } from '../../../core/contract/session-spec.ts'
import type { LogLine } from '../../../core/contract/snapshot.ts'
import { formatTime } from '../../model/format.ts'
import { logStore } from '../../stores/log-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { Button } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import styles from './LogView.module.css'
import { filteredLog, LEVEL_TEXT, LOG_TOPICS, logText } from './log-model.ts'

const LINE_HEIGHT = 21
const NEAR_END_PX = 8

/** The engine's log, filtered by topic, level and words. */
export function LogView() {
  const lines = useStore(logStore, (state) => state.lines)
  const base = useStore(timeStore, (state) => (state.base === 'utc' ? 'utc' : 'local'))
  const [topics, setTopics] = useState<ReadonlySet<LogTopic>>(new Set())
  const [level, setLevel] = useState<LogLevel>('info')
  const [words, setWords] = useState('')
  const [follow, setFollow] = useState(true)
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => filteredLog(lines, { topics, level, words }), [lines, topics, level, words])
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  })
  useEffect(() => {
    if (follow && shown.length > 0) virtual.scrollToIndex(shown.length - 1, { align: 'end' })
  }, [follow, shown, virtual])

  const toggleTopic = (topic: LogTopic) => {
    const next = new Set(topics)
    if (!next.delete(topic)) next.add(topic)
    setTopics(next)
  }
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        <fieldset className={styles.topics} aria-label="Topics">
          {LOG_TOPICS.map((topic) => (
            <button key={topic} type="button" aria-pressed={topics.has(topic)} onClick={() => toggleTopic(topic)}>
              {topic}
            </button>
          ))}
        </fieldset>
        <label className={styles.level}>
          Level
          <select value={level} onChange={(event) => setLevel(event.target.value as LogLevel)}>
            {LOG_LEVELS.map((one) => (
              <option key={one} value={one}>
                {LEVEL_TEXT[one]}
              </option>
            ))}
          </select>
        </label>
        <input
          type="text"
          className={styles.words}
          aria-label="Filter log"
          placeholder="Filter by words"
          value={words}
          spellCheck={false}
          data-filter
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setWords('')
          }}
        />
        <span className={styles.spring} />
        <Button variant="quiet" icon={ArrowDownToLine} aria-pressed={follow} onClick={() => setFollow(!follow)}>
          {follow ? 'Following' : 'Follow'}
        </Button>
        <CopyButton label="Copy log" text={() => shown.map(logText).join('\n')} />
      </div>
      <section
        ref={scroller}
        className={styles.scroller}
        tabIndex={0}
        aria-label="Log lines"
        data-main
        onWheel={(event) => {
          if (event.deltaY < 0) setFollow(false)
        }}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget
          if (scrollTop + clientHeight >= scrollHeight - NEAR_END_PX && scrollHeight > clientHeight) setFollow(true)
        }}
      >
        {shown.length === 0 ? (
          <EmptyState icon={ListFilter} title={lines.length === 0 ? 'No log lines yet' : 'No line matches'}>
            {lines.length > 0 && `${lines.length} lines are hidden by level, topic or words.`}
          </EmptyState>
        ) : (
          <div style={{ height: virtual.getTotalSize() }} className={styles.lines}>
            {virtual.getVirtualItems().map((item) => {
              const line = shown[item.index]
              return line === undefined ? null : <Line key={item.index} line={line} top={item.start} base={base} />
            })}
          </div>
        )}
      </section>
    </div>
  )
}

type LineProps = { readonly line: LogLine; readonly top: number; readonly base: 'utc' | 'local' }

function Line({ line, top, base }: LineProps) {
  return (
    <div
      className={styles.line}
      style={{ transform: `translateY(${top}px)` }}
      data-level={line.level}
      title={line.text}
    >
      <span className={styles.time}>{formatTime(line.wallUs, base, null)}</span>
      <span className={styles.mark}>
        {line.level !== 'debug' && line.level !== 'info' && <SeverityGlyph severity={line.level} />}
        <span>{LEVEL_TEXT[line.level]}</span>
      </span>
      <span className={styles.topic}>{line.topic}</span>
      <span className={styles.text}>{line.text}</span>
    </div>
  )
}
