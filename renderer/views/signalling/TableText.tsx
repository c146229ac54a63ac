import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { AppError } from '../../../core/contract/app-error.ts'
import type { SignallingText } from '../../../core/contract/engine-api.ts'
import type { SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'
import { formatCount, formatTime } from '../../model/format.ts'
import { indentXml } from '../../model/syntax.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Segmented } from '../../ui/Segmented.tsx'
import { SyntaxText } from '../../ui/SyntaxText.tsx'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import styles from './SignallingView.module.css'

type Shape = 'indented' | 'sent'

type TableTextProps = {
  readonly table: SignallingSnapshot
  /** Where it stands, for its name: the same table may be open in two panels. */
  readonly place: string
}

/** The text of one table, fetched when it is selected and again when a newer version came under the same key. */
export function TableText({ table, place }: TableTextProps) {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const [shape, setShape] = useState<Shape>('indented')
  const [loaded, setLoaded] = useState<SignallingText | null>(null)
  const [failed, setFailed] = useState<AppError | null>(null)
  const { key, version, bytes } = table

  // biome-ignore lint/correctness/useExhaustiveDependencies: version and size change with the text behind the key
  useEffect(() => {
    if (sessionId === null) return
    let wanted = true
    engine()
      .call('signallingText', sessionId, key)
      .then((text) => {
        if (!wanted) return
        setLoaded(text)
        setFailed(null)
      })
      .catch((thrown: unknown) => {
        if (wanted) setFailed(appErrorOf(thrown))
      })
    return () => {
      wanted = false
    }
  }, [sessionId, key, version, bytes])

  // The text before stays until the next has come, so that stepping through tables does not flash.
  const text = useMemo(() => {
    if (loaded === null) return ''
    return shape === 'indented' && loaded.language === 'xml' ? indentXml(loaded.text) : loaded.text
  }, [loaded, shape])

  return (
    <div className={styles.reader}>
      <div className={styles.bar}>
        <span className={styles.heading}>
          <strong>{table.name}</strong>
          <span>
            {version === null ? 'no version' : `version ${version}`}, seen {formatCount(table.count)}{' '}
            {table.count === 1 ? 'time' : 'times'}, first {formatTime(table.firstTimeUs, base, origin)}
          </span>
        </span>
        {loaded?.language === 'xml' && (
          <Segmented
            label="Layout of the text"
            value={shape}
            onChange={setShape}
            options={[
              { value: 'indented', text: 'Indented' },
              { value: 'sent', text: 'As sent' },
            ]}
          />
        )}
        <CopyButton label="Copy text" text={() => text} />
      </div>
      <div className={styles.text}>
        {failed !== null ? (
          <div className={styles.failed}>
            <ErrorBlock error={failed} />
          </div>
        ) : (
          loaded !== null && (
            <SyntaxText label={`Text of ${table.name}, ${place}`} text={text} language={loaded.language} />
          )
        )}
      </div>
    </div>
  )
}
