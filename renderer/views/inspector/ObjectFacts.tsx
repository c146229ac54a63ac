import { useState } from 'react'
import { useStore } from 'zustand'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import type { LossCause } from '../../../core/contract/report.ts'
import { formatCount, formatDuration, formatHex, formatPercent, formatTime } from '../../model/format.ts'
import { causeText, losingHost } from '../../model/losses.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { OBJECT_STATE_TEXT, ObjectStateGlyph, RoleName } from '../../ui/glyphs.tsx'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import { ByteMap } from './ByteMap.tsx'
import styles from './InspectorView.module.css'
import { codepointMeaning, marginText, missingBytes } from './inspector-model.ts'

/** Missing ranges listed before the rest is folded. */
const LISTED = 4
const LISTED_ALL = 400

/** A patched segment as players receive it. */
const PATCH_TEXT = {
  simple: 'served with zeros in place of lost media',
  strict: 'served without its damaged fragments',
} as const

type ObjectFactsProps = { readonly detail: ObjectDetail; readonly onShowBytes: (offset: number) => void }

/** Name, state, bytes and times of an object. */
export function ObjectFacts({ detail, onShowBytes }: ObjectFactsProps) {
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const { row, missing, recovered, sha256, url, times, cause, repair } = detail
  const isMpu = detail.header.some(({ name }) => name === 'packet_id')
  const title = row.name ?? `${isMpu ? 'MPU' : 'TOI'} ${row.toi}`
  const whole = row.size === row.received
  return (
    <header className={styles.facts}>
      <div className={styles.titleRow}>
        <h2 className={styles.title}>{title}</h2>
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
        missing={missing}
        recovered={recovered}
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
              {row.tsi} / <span title={formatHex(row.toi)}>{row.toi}</span>
            </>
          )}
          {row.instance > 0 && <span className={styles.aside}> instance {row.instance}</span>}
        </dd>
        {!isMpu && (
          <>
            <dt>CP</dt>
            <dd>
              {row.codepoint} <span className={styles.aside}>{codepointMeaning(row.codepoint)}</span>
            </dd>
          </>
        )}
        <dt>Time</dt>
        <dd title="First and last packet">
          {formatTime(row.firstTimeUs, base, origin)} – {formatTime(row.lastTimeUs, base, origin)}
          <span className={styles.aside}> {formatDuration(row.lastTimeUs - row.firstTimeUs)}</span>
        </dd>
        {times.availabilityUs !== null && (
          <>
            <dt>Available</dt>
            <dd title="Segment availability start time of the manifest, and its margin to the last byte received">
              {formatTime(times.availabilityUs, base, origin)}
              {times.marginUs !== null && (
                <span className={times.marginUs < 0 ? styles.late : styles.aside}> {marginText(times.marginUs)}</span>
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
    </header>
  )
}

type MissingProps = {
  readonly cause: LossCause | null
  readonly missing: readonly (readonly [number, number])[]
  readonly onShowBytes: (offset: number) => void
}

function Missing({ missing, cause, onShowBytes }: MissingProps) {
  const [all, setAll] = useState(false)
  const host = useStore(sessionStore, (state) => losingHost(state.snapshot))
  const listed = missing.slice(0, all ? LISTED_ALL : LISTED)
  return (
    <div className={styles.missing}>
      <span className={styles.missingTitle}>
        Missing {formatCount(missingBytes(missing))} B in {formatCount(missing.length)}{' '}
        {missing.length === 1 ? 'range' : 'ranges'}
        {cause !== null && `, cause: ${causeText(cause, host).toLowerCase()}`}
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
