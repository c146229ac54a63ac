import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { cutInMiddle } from '../../model/cut-in-middle.ts'
import { formatCount, formatPercent } from '../../model/format.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { OBJECT_STATE_TEXT, ObjectStateGlyph, RoleName } from '../../ui/glyphs.tsx'
import { ByteMap } from './ByteMap.tsx'
import styles from './InspectorView.module.css'
import { objectTitle } from './inspector-model.ts'

/** Most characters of a name, about two lines. */
const LONGEST_TITLE = 90

type ObjectHeadProps = { readonly detail: ObjectDetail; readonly onShowBytes: (offset: number) => void }

/** Name, state and bytes of an object: what stays in sight above every tab. */
export function ObjectHead({ detail, onShowBytes }: ObjectHeadProps) {
  const { row, recovered, repair } = detail
  const title = objectTitle(detail)
  const whole = row.size === row.received
  return (
    <header className={styles.objectHead}>
      <div className={styles.titleRow}>
        <h2 className={styles.title} title={title} aria-label={title}>
          {cutInMiddle(title, LONGEST_TITLE)}
        </h2>
        <CopyButton label="Copy name" text={() => title} />
      </div>
      <p className={styles.state}>
        <ObjectStateGlyph state={row.state} recovered={row.recovered > 0} />
        <strong>{OBJECT_STATE_TEXT[row.state]}</strong>
        <RoleName role={row.role} />
        {row.contentType !== null && <span>{row.contentType}</span>}
      </p>
      <ByteMap
        role={row.role}
        size={row.size}
        received={row.received + row.recovered}
        missing={detail.holes}
        recovered={recovered}
        onPoint={onShowBytes}
        label={`${formatCount(row.received)} of ${formatCount(row.size)} bytes received${row.recovered > 0 ? `, ${formatCount(row.recovered)} recovered by FEC` : ''}`}
      />
      <p className={styles.received}>
        {whole ? (
          <>
            <strong>{formatCount(row.size)}</strong> B,{' '}
            {repair?.how === 'http' ? 'completed by repair' : 'all received'}
          </>
        ) : (
          <>
            <strong>{formatCount(row.received)}</strong>
            {row.size === null
              ? ' B of an unknown size'
              : ` of ${formatCount(row.size)} B (${formatPercent(row.received, row.size, 2)})`}
          </>
        )}
        {row.recovered > 0 && (
          <>
            {' '}
            and <strong>{formatCount(row.recovered)}</strong> B recovered by FEC
          </>
        )}
      </p>
    </header>
  )
}
