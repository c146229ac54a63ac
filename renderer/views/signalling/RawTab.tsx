import { formatCount } from '../../model/format.ts'
import { LineList } from '../../ui/LineList.tsx'
import { hexLine, LINE_BYTES, offsetDigits } from '../inspector/hex-model.ts'
import styles from './SignallingView.module.css'

type RawTabProps = { readonly label: string; readonly bytes: Uint8Array; readonly size: number }

/** The bytes as sent, sixteen per line. */
export function RawTab({ label, bytes, size }: RawTabProps) {
  const digits = offsetDigits(bytes.length)
  return (
    <div className={styles.tab}>
      <div className={styles.facts}>
        {formatCount(size)} bytes as sent
        {bytes.length < size && `, the first ${formatCount(bytes.length)} shown`}
      </div>
      <LineList
        label={label}
        count={Math.ceil(bytes.length / LINE_BYTES)}
        line={(index) => {
          const { offset, hex, ascii } = hexLine(index * LINE_BYTES, bytes.length, digits, (at) => bytes[at] ?? -2)
          const cells = hex.map((run) => run.text).join('')
          return (
            <>
              <span className={styles.lineNumber}>{offset}</span>
              {'  '}
              {cells.padEnd(LINE_BYTES * 3 + 2)}
              <span className={styles.ascii}>{ascii.map((run) => run.text).join('')}</span>
            </>
          )
        }}
      />
    </div>
  )
}
