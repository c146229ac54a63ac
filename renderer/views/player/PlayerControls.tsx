import { Camera, Images, Pause, Play, StepBack, StepForward, Volume1, Volume2, VolumeX } from 'lucide-react'
import type { CSSProperties, ReactNode } from 'react'
import type { DecodedSnapshot } from '../../../core/contract/decoder.ts'
import { formatCount } from '../../model/format.ts'
import { decodedText } from '../../model/playable-text.ts'
import { IconButton } from '../../ui/Button.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import type { MediaTrack } from './media-tracks.ts'
import styles from './PlayerView.module.css'
import type { Playback } from './playback.ts'
import type { PlayerSnapshot } from './player-adapter.ts'
import { clockText } from './player-model.ts'

/** Latency over the target from which a button returns to the live edge. */
const LIVE_SLACK_S = 3

export type Volume = { readonly level: number; readonly muted: boolean }

type PlayerControlsProps = {
  readonly snapshot: PlayerSnapshot
  readonly playback: Playback
  readonly volume: Volume
  readonly onVolume: (volume: Volume) => void
  /** Saves the picture that is shown. */
  readonly onSave: () => void
  /** Shows pictures around the damage. */
  readonly onDamage: () => void
  /** Further choices. */
  readonly children: ReactNode
}

export function PlayerControls({
  snapshot,
  playback,
  volume,
  onVolume,
  onSave,
  onDamage,
  children,
}: PlayerControlsProps) {
  const { phase, timeS, startS, endS, live, latencyS, targetLatencyS } = snapshot
  const noDamage = whyNoDamage(snapshot, playback)
  const running = phase === 'playing' || phase === 'stalled'
  const goLive = () => playback.seek(endS - (targetLatencyS ?? 0))
  const behind = live && latencyS !== null && latencyS > (targetLatencyS ?? 0) + LIVE_SLACK_S
  const where = live ? clockText(timeS - endS) : clockText(timeS - startS)
  const VolumeIcon = volume.muted || volume.level === 0 ? VolumeX : volume.level < 0.5 ? Volume1 : Volume2
  return (
    <div className={styles.controls}>
      <div className={styles.track}>
        <span className={styles.clock}>{where}</span>
        <input
          className={styles.seek}
          type="range"
          aria-label="Seek"
          aria-valuetext={live ? `${where} from the live edge` : `${where} of ${clockText(endS - startS)}`}
          min={startS}
          max={Math.max(endS, startS + 0.1)}
          step={0.1}
          value={Math.min(Math.max(timeS, startS), endS)}
          style={done(endS > startS ? (timeS - startS) / (endS - startS) : 0)}
          onChange={(event) => playback.seek(Number(event.target.value))}
        />
        {live ? (
          <button type="button" className={styles.golive} data-behind={behind || undefined} onClick={goLive}>
            <span className={styles.dot} />
            {behind ? 'Go live' : 'Live'}
          </button>
        ) : (
          <span className={styles.clock}>{clockText(endS - startS)}</span>
        )}
      </div>
      <IconButton
        label={running ? 'Pause' : 'Play'}
        keys="Space"
        icon={running ? Pause : Play}
        size={17}
        side="top"
        onClick={() => playback.togglePlay()}
      />
      {!live && (
        <>
          <IconButton
            label="Picture before"
            keys=","
            icon={StepBack}
            side="top"
            onClick={() => playback.frames.step(-1)}
          />
          <IconButton
            label="Next picture"
            keys="."
            icon={StepForward}
            side="top"
            onClick={() => playback.frames.step(1)}
          />
          <IconButton
            label={noDamage === null ? 'Pictures around the damage' : `Pictures around the damage: ${noDamage}`}
            keys="b"
            icon={Images}
            side="top"
            aria-disabled={noDamage !== null}
            onClick={onDamage}
          />
        </>
      )}
      <IconButton label="Save the picture" keys="p" icon={Camera} side="top" onClick={onSave} />
      <IconButton
        label={volume.muted ? 'Unmute' : 'Mute'}
        keys="m"
        icon={VolumeIcon}
        side="top"
        onClick={() => onVolume({ ...volume, muted: !volume.muted })}
      />
      <input
        className={styles.volume}
        type="range"
        aria-label="Volume"
        aria-valuetext={`${Math.round(volume.level * 100)} %`}
        min={0}
        max={1}
        step={0.05}
        value={volume.muted ? 0 : volume.level}
        style={done(volume.muted ? 0 : volume.level)}
        onChange={(event) => onVolume({ level: Number(event.target.value), muted: false })}
      />
      <div className={styles.choices}>
        {snapshot.sounds.length > 1 && (
          <Choice
            name="Sound"
            tracks={snapshot.sounds}
            chosen={snapshot.sound}
            onChoose={(id) => id !== null && playback.hear(id)}
          />
        )}
        {snapshot.captions.length > 0 && (
          <Choice
            name="Captions"
            none="No captions"
            tracks={snapshot.captions}
            chosen={snapshot.caption}
            onChoose={(id) => playback.caption(id)}
          />
        )}
        {snapshot.qualities.length > 0 && (
          <select
            className={styles.quality}
            aria-label="Quality"
            value={snapshot.chosen ?? ''}
            onChange={(event) => playback.choose(event.target.value === '' ? null : event.target.value)}
          >
            <option value="">Auto{snapshot.chosen === null ? autoText(snapshot) : ''}</option>
            {snapshot.qualities.map((quality) => (
              <option key={quality.id} value={quality.id}>
                {quality.label}
              </option>
            ))}
          </select>
        )}
        {children}
      </div>
    </div>
  )
}

/** Why no pictures around damage can be shown; null where they can. */
export function whyNoDamage({ live, timeS }: PlayerSnapshot, { damage }: Playback): string | null {
  if (live) return 'they are of captures, and this is live.'
  return damage.near(timeS) === null ? 'no object played so far is damaged.' : null
}

type ChoiceProps = {
  readonly name: string
  /** What choosing none is called; absent: one plays always. */
  readonly none?: string
  readonly tracks: readonly MediaTrack[]
  readonly chosen: string | null
  readonly onChoose: (id: string | null) => void
}

/** A list of tracks. */
function Choice({ name, none, tracks, chosen, onChoose }: ChoiceProps) {
  return (
    <select
      className={styles.quality}
      aria-label={name}
      value={chosen ?? ''}
      onChange={(event) => onChoose(event.target.value === '' ? null : event.target.value)}
    >
      {(none !== undefined || chosen === null) && <option value="">{none ?? name}</option>}
      {tracks.map(({ id, label }) => (
        <option key={id} value={id}>
          {name}: {label}
        </option>
      ))}
    </select>
  )
}

/** Style of a slider filled to `share`, 0 to 1. */
const done = (share: number): CSSProperties => ({ '--done': `${share * 100}%` }) as CSSProperties

function autoText(snapshot: PlayerSnapshot): string {
  const playing = snapshot.qualities.find((quality) => quality.id === snapshot.playing)
  return playing === undefined ? '' : ` (${playing.label.split(' ')[0]})`
}

type PlayerMetricsProps = {
  readonly snapshot: PlayerSnapshot
  /** How ffmpeg decodes the picture; null where it does not. */
  readonly decoded: DecodedSnapshot | null
  /** Time code of the picture that is shown. */
  readonly timeCode: string | null
  /** Name of its object. */
  readonly object: string | null
}

/** Metrics of the player: latency, buffer, frames, picture, and what decodes it. */
export function PlayerMetrics({ snapshot, decoded, timeCode, object }: PlayerMetricsProps) {
  const { live, latencyS, targetLatencyS, bufferS, decodedFrames, droppedFrames, width, height } = snapshot
  return (
    <dl className={styles.metrics}>
      {live && (
        <div>
          <dt>Latency</dt>
          <dd>
            {latencyS === null ? '–' : `${latencyS.toFixed(2)} s`}
            {targetLatencyS !== null && <span className={styles.aside}> of {targetLatencyS.toFixed(1)} s</span>}
          </dd>
        </div>
      )}
      <div data-low={bufferS < 0.5 || undefined}>
        <dt>Buffer</dt>
        <dd>{bufferS.toFixed(1)} s</dd>
      </div>
      <div>
        <dt>Frames</dt>
        <dd>{formatCount(decodedFrames)}</dd>
      </div>
      <div data-low={droppedFrames > 0 || undefined}>
        <dt>Dropped</dt>
        <dd>{formatCount(droppedFrames)}</dd>
      </div>
      <div>
        <dt>Picture</dt>
        <dd>{width > 0 ? `${width}×${height}` : '–'}</dd>
      </div>
      {snapshot.phase === 'paused' && timeCode !== null && (
        <div>
          <dt>Time code</dt>
          <dd>{timeCode}</dd>
        </div>
      )}
      {snapshot.phase === 'paused' && object !== null && (
        <div>
          <dt>Object</dt>
          <dd title={object}>
            <MiddleCut text={object} />
          </dd>
        </div>
      )}
      {decoded !== null && (
        <div data-low={decoded.speed < 1 || undefined}>
          <dt>Decoded</dt>
          <dd>{decodedText(decoded)}</dd>
        </div>
      )}
    </dl>
  )
}
