import styles from './MiddleCut.module.css'

/** Characters of the end that stay in sight. */
const TAIL = 14

/** A text that is cut in its middle where it does not fit: names of segments and versions differ at their ends. */
export function MiddleCut({ text }: { readonly text: string }) {
  if (text.length <= TAIL) return <span>{text}</span>
  return (
    <span className={styles.middle}>
      <span className={styles.head}>{text.slice(0, -TAIL)}</span>
      <span className={styles.tail}>{text.slice(-TAIL)}</span>
    </span>
  )
}
