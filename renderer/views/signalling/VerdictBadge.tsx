import type { SignatureVerdict } from '../../../core/contract/report.ts'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import styles from './SignallingView.module.css'

const WORDS: Readonly<Record<SignatureVerdict, { readonly long: string; readonly short: string }>> = {
  good: { long: 'Signed', short: 'Signed' },
  bad: { long: 'Signature invalid', short: 'Invalid' },
  unchecked: { long: 'Signed, not checked', short: 'Unchecked' },
}

type VerdictBadgeProps = { readonly verdict: SignatureVerdict; readonly short?: boolean; readonly title?: string }

/** Result of checking a signature, by shape and in words. */
export function VerdictBadge({ verdict, short = false, title }: VerdictBadgeProps) {
  return (
    <span className={styles.verdict} data-verdict={verdict} title={title}>
      {verdict === 'good' ? (
        <span aria-hidden>✓</span>
      ) : (
        <SeverityGlyph severity={verdict === 'bad' ? 'error' : 'warning'} />
      )}
      {short ? WORDS[verdict].short : WORDS[verdict].long}
    </span>
  )
}
