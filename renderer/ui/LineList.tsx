import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import styles from './LineList.module.css'

const LINE_HEIGHT = 18

type LineListProps = {
  readonly label: string
  readonly count: number
  /** One line of text; called for visible lines only. */
  readonly line: (index: number) => ReactNode
  readonly tone?: (index: number) => string | undefined
}

/** A virtualised list of short fixed-width lines that can be selected. */
export function LineList({ label, count, line, tone }: LineListProps) {
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard
    <section ref={scroller} className={styles.scroller} tabIndex={0} aria-label={label}>
      <div className={styles.lines} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            className={styles.line}
            data-tone={tone?.(index)}
            style={{ transform: `translateY(${start}px)` }}
          >
            {line(index)}
          </div>
        ))}
      </div>
    </section>
  )
}
