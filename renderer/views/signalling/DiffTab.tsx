import { useMemo } from 'react'
import { formatCount } from '../../model/format.ts'
import { type DiffLine, diffLines } from '../../model/line-diff.ts'
import { LineList } from '../../ui/LineList.tsx'
import styles from './SignallingView.module.css'

const MARKS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', removed: '−', added: '+' }

type DiffTabProps = { readonly label: string; readonly before: string; readonly after: string }

/** Differences between two versions, line by line. */
export function DiffTab({ label, before, after }: DiffTabProps) {
  const lines = useMemo(() => diffLines(before.split('\n'), after.split('\n')), [before, after])
  const removed = lines.filter((line) => line.kind === 'removed').length
  const added = lines.filter((line) => line.kind === 'added').length
  return (
    <div className={styles.tab}>
      <div className={styles.facts}>
        {removed + added === 0
          ? 'The text is the same.'
          : `${formatCount(removed)} ${removed === 1 ? 'line' : 'lines'} removed, ${formatCount(added)} added`}
      </div>
      <LineList
        label={label}
        count={lines.length}
        tone={(index) => {
          const kind = lines[index]?.kind
          return kind === 'same' ? undefined : kind
        }}
        line={(index) => {
          const line = lines[index]
          if (line === undefined) return null
          return (
            <>
              <span className={styles.lineNumber}>{(line.after ?? line.before ?? 0).toString().padStart(5)}</span>
              <span className={styles.mark}>{MARKS[line.kind]}</span>
              {line.text}
            </>
          )
        }}
      />
    </div>
  )
}
