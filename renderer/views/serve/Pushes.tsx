import { RotateCw } from 'lucide-react'
import type { PushTargetSnapshot } from '../../../core/contract/http-snapshots.ts'
import { retryPush } from '../../app/serving-actions.ts'
import { formatBytesShort, formatCount } from '../../model/format.ts'
import { Button } from '../../ui/Button.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import styles from './ServeView.module.css'

type PushesProps = { readonly pushes: readonly PushTargetSnapshot[]; readonly isRunning: boolean }

/** Servers that files are pushed to: what each has, what waits for it, and why it fails. */
export function Pushes({ pushes, isRunning }: PushesProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <div className={`${styles.places} ${styles.wide}`} tabIndex={0}>
      <table aria-label="Pushed to">
        <thead>
          <tr>
            <th scope="col">Pushed to</th>
            <th scope="col">State</th>
            {['Files', 'Sent', 'Waiting', 'Removed', 'Retries', 'Given up'].map((title) => (
              <th key={title} scope="col" className={styles.number}>
                {title}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {pushes.map((push) => (
            <tr key={push.url}>
              <th scope="row" className={styles.target}>
                {push.url}
              </th>
              <td className={styles.problem}>
                <TargetState push={push} isRunning={isRunning} />
              </td>
              <td className={styles.number}>{formatCount(push.files)}</td>
              <td className={styles.number}>{formatBytesShort(push.bytes)}</td>
              <td className={styles.number}>{formatBytesShort(push.waitingBytes)}</td>
              <td className={styles.number}>{formatCount(push.removed)}</td>
              <td className={styles.number}>{formatCount(push.retries)}</td>
              <td className={styles.number}>{formatCount(push.failed + push.leftOut)}</td>
              <td className={styles.action}>
                <Button
                  icon={RotateCw}
                  disabled={!isRunning || push.waitingBytes === 0}
                  aria-label={`Try now: ${push.url}`}
                  onClick={() => void retryPush(push.url)}
                >
                  Try now
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function TargetState({ push, isRunning }: { readonly push: PushTargetSnapshot; readonly isRunning: boolean }) {
  const { problem, reachable, failed, files } = push
  if (problem !== null)
    return (
      <span className={styles.status} data-severity="error">
        <SeverityGlyph severity="error" />
        {reachable ? problem : `not reached: ${problem}`}
      </span>
    )
  return <>{!isRunning ? 'over' : failed > 0 || files > 0 ? 'takes files' : 'nothing sent yet'}</>
}
