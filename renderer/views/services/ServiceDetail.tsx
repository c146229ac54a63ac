import { Check, Minus, Play, Square, X } from 'lucide-react'
import { useStore } from 'zustand'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { formatAge, formatCount, formatDuration, formatRate, formatTime } from '../../model/format.ts'
import { hasEnded, serviceTitle, streamNowUs } from '../../model/names.ts'
import { playerStore } from '../../stores/player-store.ts'
import { playService, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { ServiceStateGlyph, serviceStateText } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { useNow } from '../../ui/use-now.ts'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import { rungsOf } from './ladder.ts'
import { MmtpDetail } from './MmtpDetail.tsx'
import styles from './ServicesView.module.css'
import { repairShareText, repairWaitText, serviceKind, systemTimeText } from './services-model.ts'

/** When a step was first reached. */
function firstText(afterUs: number | null): string | undefined {
  return afterUs === null ? undefined : `First reached ${formatDuration(afterUs)} after tuning in`
}

type ServiceDetailProps = { readonly service: ServiceSnapshot | null; readonly onPlay: () => void }

/** The selected service: address, counts, steps of tuning in, and why it does not play. */
export function ServiceDetail({ service, onPlay }: ServiceDetailProps) {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const nowMs = useNow()
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const plays = useStore(
    playerStore,
    ({ playing }) => playing?.serviceId === service?.id && playing?.sessionId === snapshot?.sessionId,
  )
  if (snapshot === null) return null
  if (service === null) {
    if (snapshot.services.length === 0) return null
    return (
      <div className={styles.detail}>
        <p className={styles.hint}>All services are shown. Select one to filter every view by it; Enter plays it.</p>
      </div>
    )
  }
  const rungs = rungsOf(service, snapshot, streamNowUs(snapshot, nowMs))
  const broken = rungs.findIndex((rung) => !rung.reached && rung.untried !== true)
  return (
    <div className={styles.detail}>
      <div className={styles.head}>
        <ServiceStateGlyph state={service.state} />
        <h3 className={styles.title} title={serviceTitle(service)} aria-label={serviceTitle(service)}>
          <MiddleCut text={serviceTitle(service)} />
        </h3>
        {plays ? (
          <Button icon={Square} onClick={() => playService(null)}>
            Stop
          </Button>
        ) : (
          <Button
            variant={service.playable === null ? 'plain' : 'primary'}
            icon={Play}
            disabled={service.playable === null}
            onClick={onPlay}
          >
            Play
          </Button>
        )}
        <IconButton label="Show all services" icon={X} size={14} onClick={() => selectService(null)} />
      </div>
      <dl className={styles.facts}>
        <dt>State</dt>
        <dd>{serviceStateText(service.state, hasEnded(snapshot.phase))}</dd>
        <dt>Kind</dt>
        <dd>{serviceKind(service)}</dd>
        <dt>From</dt>
        <dd className={styles.address}>{service.destination ?? '–'}</dd>
        <dt>Received</dt>
        <dd>
          {formatCount(service.packets)} packets, {formatCount(service.bytes)} B, {formatRate(service.rateBps)}
        </dd>
        <dt>{service.protocol === 'mmtp' ? 'MPUs' : 'Objects'}</dt>
        <dd>
          {formatCount(service.objects)}
          {service.incomplete > 0 && <span className={styles.bad}>, {formatCount(service.incomplete)} incomplete</span>}
        </dd>
        {service.repairServers.length > 0 && (
          <>
            <dt title="Repair servers of the configuration (UnicastRepairParameters)">Repair</dt>
            <dd className={styles.address}>
              {service.repairServers.map((server) => (
                <div key={`${server.url} ${server.weight}`} title={repairWaitText(server)}>
                  {server.url}
                  {repairShareText(server, service.repairServers)}
                </div>
              ))}
            </dd>
          </>
        )}
        {snapshot.systemTime !== null && service.startup.slt !== null && (
          <>
            <dt title="LLS table SystemTime (A/331 §6.4)">System</dt>
            <dd title={`First ${formatTime(snapshot.systemTime.firstTimeUs, base, origin)}`}>
              {systemTimeText(snapshot.systemTime)}, last {formatTime(snapshot.systemTime.lastTimeUs, base, origin)}
            </dd>
          </>
        )}
      </dl>
      <ol className={styles.rungs} aria-label="Steps of tuning in">
        {rungs.map((rung, at) => {
          const Icon = rung.reached ? Check : at === broken ? X : Minus
          const words = rung.reached
            ? 'reached'
            : at === broken
              ? 'not reached'
              : rung.untried === true
                ? 'not tried'
                : 'later'
          return (
            <li
              key={rung.name}
              className={rung.reached ? styles.reached : at === broken ? styles.broken : styles.later}
            >
              <Icon size={12} strokeWidth={2.6} aria-hidden />
              <span className={styles.rung}>{rung.name}</span>
              <span className="visually-hidden">{words}</span>
              {/* Kept where it is empty: the notes are one column. */}
              <span className={styles.after} title={firstText(rung.afterUs)}>
                {rung.ageUs === null ? '' : formatAge(rung.ageUs)}
              </span>
              {rung.note !== '' && <span className={styles.note}>{rung.note}</span>}
            </li>
          )
        })}
      </ol>
      {service.mmtp !== null && <MmtpDetail mmtp={service.mmtp} />}
      {service.playable === null && service.notPlayable !== null && <p className={styles.why}>{service.notPlayable}</p>}
    </div>
  )
}
