import styles from './MiddleCut.module.css'

/** Most characters of the end that stay in sight. */
const TAIL = 14
/** Shorter texts are cut at their end, if at all. */
const SHORT = 10

/**
 * A text that is cut in its middle where it does not fit: names of segments, services and versions differ at their ends.
 * It is two boxes: whatever takes its accessible name from its content needs the text as its `aria-label`.
 */
export function MiddleCut({ text }: { readonly text: string }) {
  if (text.length <= SHORT) return <span>{text}</span>
  const tail = Math.min(TAIL, text.length >> 1)
  return (
    <span className={styles.middle}>
      <span className={styles.head}>{text.slice(0, -tail)}</span>
      <span className={styles.tail}>{text.slice(-tail)}</span>
    </span>
  )
}
