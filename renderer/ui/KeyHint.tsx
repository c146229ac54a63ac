import { keyName, onMac } from '../model/key-name.ts'
import styles from './KeyHint.module.css'

/** A key as labelled on keyboards. @param keys in tinykeys' notation */
export function KeyHint({ keys }: { readonly keys: string }) {
  return (
    <span className={styles.keys}>
      {keyName(keys, onMac()).map((part) => (
        <kbd key={part} className={styles.key}>
          {part}
        </kbd>
      ))}
    </span>
  )
}
