import type { CommandTexts } from '../../../core/contract/relay-request.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import styles from './CommandLines.module.css'

type CommandLinesProps = {
  readonly lines: CommandTexts
  /** Accessible name. */
  readonly label?: string
}

/** A form or a session as command lines, ours and, where it has the options, GPAC's. */
export function CommandLines({ lines, label = 'The same on a command line' }: CommandLinesProps) {
  return (
    <section className={styles.lines} aria-label={label}>
      {lines.ours !== null && <Line label="Copy the command line" text={lines.ours} />}
      {lines.gpac !== null && <Line label="Copy GPAC's command line" text={lines.gpac} />}
      {lines.gpac !== null && lines.notInGpac.length > 0 && <p>GPAC has no option for {lines.notInGpac.join(', ')}.</p>}
    </section>
  )
}

function Line({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className={styles.line}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, by keys as well */}
      <code tabIndex={0}>{text}</code>
      <CopyButton label={label} text={() => text} />
    </div>
  )
}
