import { LoaderCircle, MonitorOff, Play, TvMinimalPlay } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { serviceTitle } from '../../model/names.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import styles from './PlayerView.module.css'
import type { PlaybackState } from './playback.ts'
import { ENCRYPTED_ADVICE } from './player-adapter.ts'
import { LONG_WAIT_MS } from './player-model.ts'

const DECODER_ADVICE = 'Analysis continues. Save the files with Dump and play them in a player with these decoders.'

/** @param advice what would decode it; null where nothing is known */
const decoderAdvice = (advice: string | null): string =>
  advice === null ? DECODER_ADVICE : `${advice} ${DECODER_ADVICE}`

type OverlayProps = {
  readonly service: ServiceSnapshot | null
  readonly blocked: string | null
  /** That a licence would be needed. */
  readonly locked: string | null
  /** Codecs of the service that cannot be decoded. */
  readonly limits: string | null
  /** What would decode them; null where nothing is to do. */
  readonly advice: string | null
  /** A single picture is looked at, over which nothing is drawn. */
  readonly stepping: boolean
  readonly started: boolean
  readonly state: PlaybackState
  readonly onPlay: () => void
  readonly onRetry: () => void
  readonly onResume: () => void
}

/** Buttons and messages over the picture, or instead of it. */
export function Overlay({
  service,
  blocked,
  locked,
  limits,
  advice,
  stepping,
  started,
  state,
  onPlay,
  onRetry,
  onResume,
}: OverlayProps) {
  const { snapshot, problem, waitedMs, waiting } = state
  if (service === null) {
    return (
      <Words>
        <EmptyState icon={TvMinimalPlay} title="Nothing to play yet">
          A service can be played once its manifest has been received.
        </EmptyState>
      </Words>
    )
  }
  const title = serviceTitle(service)
  if (service.playable === null) {
    return (
      <Words>
        <EmptyState icon={MonitorOff} title={`${title} cannot be played`}>
          {service.notPlayable ?? 'No manifest has been received.'}
          {service.protocol === 'mmtp' && ' Services lists its assets and packets.'}
        </EmptyState>
      </Words>
    )
  }
  if (blocked !== null) {
    return (
      <Words>
        <EmptyState icon={MonitorOff} title={blocked}>
          {blocked === locked ? ENCRYPTED_ADVICE : decoderAdvice(advice)}
        </EmptyState>
      </Words>
    )
  }
  if (!started) {
    return (
      <button type="button" className={styles.poster} onClick={onPlay}>
        <span className={styles.big}>
          <Play size={30} strokeWidth={1.6} fill="currentColor" aria-hidden />
        </span>
        <span className={styles.posterTitle}>
          <span className="visually-hidden">Play </span>
          {title}
        </span>
        <span className={styles.posterNote}>
          {service.playable.kind === 'dash' ? 'DASH' : 'HLS'}, {service.playable.live ? 'live' : 'from the capture'}
        </span>
        {limits !== null && (
          <span className={styles.posterLimits}>
            <SeverityGlyph severity="warning" />
            {limits}
          </span>
        )}
      </button>
    )
  }
  if (problem?.fatal === true) {
    return (
      <Words>
        <div className={styles.alert} role="alert">
          <EmptyState icon={MonitorOff} title={problem.message} actions={<Button onClick={onRetry}>Play again</Button>}>
            {problem.tryThis}
          </EmptyState>
        </div>
      </Words>
    )
  }
  if (snapshot === null || snapshot.phase === 'loading' || snapshot.phase === 'stalled') {
    return (
      <div className={styles.waiting} role="status">
        {waitedMs < LONG_WAIT_MS && <LoaderCircle size={26} strokeWidth={1.8} aria-hidden />}
        {waiting ?? (snapshot?.phase === 'stalled' ? 'Waiting for segments' : 'Loading')}
      </div>
    )
  }
  if (snapshot.phase === 'paused' || snapshot.phase === 'ended') {
    return (
      <button
        type="button"
        className={styles.resume}
        onClick={onResume}
        aria-label={snapshot.phase === 'ended' ? 'Play from the start' : 'Resume'}
      >
        {!stepping && (
          <span className={styles.big}>
            <Play size={30} strokeWidth={1.6} fill="currentColor" aria-hidden />
          </span>
        )}
      </button>
    )
  }
  return null
}

function Words({ children }: { readonly children: ReactNode }) {
  return <div className={styles.words}>{children}</div>
}
