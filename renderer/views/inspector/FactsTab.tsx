import { useState } from 'react'
import { useStore } from 'zustand'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import type { LossCause } from '../../../core/contract/report.ts'
import { formatCount, formatDuration, formatHex, formatTime, formatToi, shownDifferenceUs } from '../../model/format.ts'
import { causeTitle } from '../../model/losses.ts'
import { timeStore } from '../../stores/time-store.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import styles from './InspectorView.module.css'
import { codepointMeaning, marginText, missingBytes } from './inspector-model.ts'

/** Missing ranges listed before the rest is folded. */
const LISTED = 4
const LISTED_ALL = 400

/** A patched segment as players receive it. */
const PATCH_TEXT = {
  simple: 'served with zeros in place of lost media',
  strict: 'served without its lost samples',
} as const

type FactsTabProps = { readonly detail: ObjectDetail; readonly onShowBytes: (offset: number) => void }

/** Missing ranges, numbers and times of an object, and the header of its first packet. */
export function FactsTab({ detail, onShowBytes }: FactsTabProps) {
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const { row, missing, sha256, url, times, cause, repair } = detail
  const isMpu = row.carrier === 'mmtp'
  const between = (fromUs: number, toUs: number) => shownDifferenceUs(fromUs, toUs, base, origin)
  const marginUs =
    times.availabilityUs === null || times.marginUs === null ? null : between(row.lastTimeUs, times.availabilityUs)
  return (
    <div className={styles.facts}>
      {missing.length > 0 && row.state !== 'receiving' && (
        <Missing missing={missing} cause={cause} onShowBytes={onShowBytes} />
      )}
      <dl className={styles.grid}>
        <dt>{isMpu ? 'MPU' : 'TSI / TOI'}</dt>
        <dd>
          {isMpu ? (
            <>
              {row.toi} <span className={styles.aside}>of packet_id {row.tsi}</span>
            </>
          ) : (
            <>
              {row.tsi} /{' '}
              <span title={row.toi > Number.MAX_SAFE_INTEGER ? undefined : formatHex(row.toi)}>
                {formatToi(row.toi)}
              </span>
            </>
          )}
          {row.instance > 0 && <span className={styles.aside}> instance {row.instance}</span>}
        </dd>
        {!isMpu && (
          <>
            <dt>Codepoint</dt>
            <dd>
              {row.codepoint} <span className={styles.aside}>{codepointMeaning(row.codepoint)}</span>
            </dd>
          </>
        )}
        <dt>Time</dt>
        <dd title="First and last packet">
          {formatTime(row.firstTimeUs, base, origin)} – {formatTime(row.lastTimeUs, base, origin)}
          <span className={styles.aside}> {formatDuration(between(row.firstTimeUs, row.lastTimeUs))}</span>
        </dd>
        {times.availabilityUs !== null && (
          <>
            <dt>Available</dt>
            <dd title="Segment availability start time of the manifest, and its margin to the last byte received">
              {formatTime(times.availabilityUs, base, origin)}
              {marginUs !== null && (
                <span className={times.isLate ? styles.late : styles.aside}> {marginText(marginUs)}</span>
              )}
            </dd>
          </>
        )}
        {times.senderUs !== null && (
          <>
            <dt>Sent</dt>
            <dd title="Sender current time of EXT_TIME, and the delay until arrival">
              {formatTime(times.senderUs, base, origin)}
              <span className={styles.aside}> {formatDuration(times.senderDelayUs)} before arrival</span>
            </dd>
          </>
        )}
        {(times.presentationUs !== null || times.earliestTicks !== null) && (
          <>
            <dt>Present</dt>
            <dd title="EXT_ROUTE_PRESENTATION_TIME, and earliest presentation time in the CCI">
              {times.presentationUs !== null && formatTime(times.presentationUs, base, origin)}
              {times.earliestTicks !== null && (
                <span className={styles.aside}> CCI {formatCount(times.earliestTicks)} ticks</span>
              )}
            </dd>
          </>
        )}
        {(times.residualMs !== null || times.sessionChangedUs !== null) && (
          <>
            <dt>EXT_TIME</dt>
            <dd>
              {times.residualMs !== null && `ends in ${formatDuration(times.residualMs * 1000)} `}
              {times.sessionChangedUs !== null && (
                <span className={styles.aside}>session changed {formatTime(times.sessionChangedUs, base, origin)}</span>
              )}
            </dd>
          </>
        )}
        <dt>Packets</dt>
        <dd>
          {formatCount(row.packets)}
          <span className={styles.aside}>
            {row.repeats === 0
              ? ' no repeats'
              : ` ${formatCount(row.repeats)} ${row.repeats === 1 ? 'repeat' : 'repeats'}`}
          </span>
        </dd>
        <dt>Session</dt>
        <dd>{row.destination}</dd>
        {repair !== null && (
          <>
            <dt>Repair</dt>
            <dd title={repair.urls.join('\n')}>
              {repair.how === 'http' ? (
                <>
                  {formatCount(repair.bytes)} B by HTTP
                  <span className={styles.aside}> from {repair.urls.join(', ')}</span>
                </>
              ) : (
                <>
                  {formatCount(repair.bytes)} B patched,
                  <span className={styles.aside}> {PATCH_TEXT[repair.how]}</span>
                </>
              )}
            </dd>
          </>
        )}
        <dt>SHA-256</dt>
        <dd className={styles.withButton}>
          {sha256 === null ? (
            <span className={styles.aside}>for complete objects only</span>
          ) : (
            <>
              <code title={sha256}>{sha256.slice(0, 8)}…</code>
              <CopyButton label="Copy SHA-256" text={() => sha256} />
            </>
          )}
        </dd>
        {url !== null && (
          <>
            <dt>Gateway</dt>
            <dd className={styles.withButton}>
              <span className={styles.url} title={url}>
                {url.replace(/^https?:\/\//, '')}
              </span>
              <CopyButton label="Copy gateway link" text={() => url} />
            </dd>
          </>
        )}
      </dl>
      <HeaderFields detail={detail} />
    </div>
  )
}

function HeaderFields({ detail }: { readonly detail: ObjectDetail }) {
  if (detail.header.length === 0)
    return <p className={styles.aside}>The header of the first packet is no longer stored.</p>
  return (
    <table className={styles.table}>
      <caption>First packet, in wire order</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {detail.header.map((field, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a header may carry the same extension twice; wire order is its identity
          <tr key={position}>
            <th scope="row">{field.name}</th>
            <td>
              <span className={styles.value}>{field.value}</span>
              {field.note !== null && <span className={styles.note}>{field.note}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

type MissingProps = {
  readonly cause: LossCause | null
  readonly missing: readonly (readonly [number, number])[]
  readonly onShowBytes: (offset: number) => void
}

function Missing({ missing, cause, onShowBytes }: MissingProps) {
  const [all, setAll] = useState(false)
  const listed = missing.slice(0, all ? LISTED_ALL : LISTED)
  return (
    <div className={styles.missing}>
      <span className={styles.missingTitle}>
        Missing {formatCount(missingBytes(missing))} B in {formatCount(missing.length)}{' '}
        {missing.length === 1 ? 'range' : 'ranges'}
        {cause !== null && `, cause: ${causeTitle(cause).toLowerCase()}`}
      </span>
      <ul className={styles.ranges}>
        {listed.map(([start, end]) => (
          <li key={start}>
            <button type="button" className={styles.jump} title="Show in Hex" onClick={() => onShowBytes(start)}>
              {formatCount(start)}–{formatCount(end - 1)}
            </button>
          </li>
        ))}
        {missing.length > listed.length &&
          (all ? (
            <li>and {formatCount(missing.length - listed.length)} more</li>
          ) : (
            <li>
              <button type="button" className={styles.more} onClick={() => setAll(true)}>
                {formatCount(missing.length - listed.length)} more
              </button>
            </li>
          ))}
      </ul>
    </div>
  )
}
