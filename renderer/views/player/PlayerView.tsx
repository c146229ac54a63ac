import { useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { decodedUrl } from '../../../core/contract/decoder.ts'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { engine } from '../../client/engine-client.ts'
import { serviceTitle, streamNowUs } from '../../model/names.ts'
import { cutText, encryptedText } from '../../model/playable-text.ts'
import { addCommands } from '../../stores/command-store.ts'
import { noticeDone } from '../../stores/notice-store.ts'
import { playerStore } from '../../stores/player-store.ts'
import { selectionStore } from '../../stores/selection-store.ts'
import { sessionStore, shownReceiver } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { checkCodecs, codecFact, decodedByFfmpeg } from './codecs.ts'
import { DamageDialog } from './DamageDialog.tsx'
import { timeCode } from './frame-steps.ts'
import { OpenOutside } from './OpenOutside.tsx'
import { PlayerControls, PlayerMetrics, type Volume, whyNoDamage } from './PlayerControls.tsx'
import { Overlay } from './PlayerOverlay.tsx'
import styles from './PlayerView.module.css'
import { Playback, type PlaybackState } from './playback.ts'
import { type Arrivals, arrivalsOf, NOTHING_KNOWN, serviceToPlay } from './player-model.ts'
import { savePicture } from './save-picture.ts'
import { usePlaysUnseen } from './use-plays-unseen.ts'

const NO_SERVICES: readonly ServiceSnapshot[] = []
const IDLE: PlaybackState = { snapshot: null, problem: null, waitedMs: 0, waiting: null }
const VOLUME_STEP = 0.1
const FALLBACK = 'This window claims to decode it, and failed: ffmpeg decodes it instead.'

const setPlaying = (playing: { readonly sessionId: string; readonly serviceId: number } | null): void =>
  playerStore.setState({ playing })

/** Plays one service from the session's gateway. */
export function PlayerView() {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const services = useStore(sessionStore, (state) => state.snapshot?.services ?? NO_SERVICES)
  const selected = useStore(selectionStore, (state) => state.serviceId)
  const asked = useStore(selectionStore, (state) => state.play)
  const chosen = services.find(({ id }) => id === selected) ?? null
  // The playing service stays until another is requested, whatever is selected.
  const playing = useStore(playerStore, (state) => state.playing)
  const started = playing !== null && playing.sessionId === sessionId
  const service = serviceToPlay(services, started ? playing.serviceId : null, selected)
  const [state, setState] = useState<PlaybackState>(IDLE)
  const [volume, setVolume] = useState<Volume>({ level: 1, muted: false })
  const [playback, setPlayback] = useState<Playback | null>(null)
  const panel = useRef<HTMLElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const captions = useRef<HTMLDivElement>(null)

  const serviceId = service?.id
  const kind = service?.playable?.kind
  const sentUrl = service?.playable?.url
  const decoder = service?.playable?.decoder ?? null
  // A window may claim a codec and fail at it, as platform decoders do.
  const [failedUrl, setFailedUrl] = useState<string | null>(null)
  const failed = failedUrl !== null && failedUrl === sentUrl
  const codecs = useMemo(
    () =>
      checkCodecs(
        service?.playable?.codecs ?? [],
        (type) => globalThis.MediaSource?.isTypeSupported(type) ?? false,
        decoder,
        failed,
      ),
    [service?.playable?.codecs, decoder, failed],
  )
  const url = sentUrl === undefined || codecs.decode.length === 0 ? sentUrl : decodedUrl(sentUrl, codecs.decode)
  const encryption = service?.playable?.encryption ?? null
  const locked = encryption === null ? null : encryptedText(encryption)
  // Codecs are known before; that a licence is needed, like a player, once it is to play.
  const blocked = codecs.blocked ? codecs.message : started ? locked : null
  const active = started && kind !== undefined && url !== undefined && blocked === null

  const handled = useRef(0)
  useEffect(() => {
    if (asked.count === handled.current) return
    handled.current = asked.count
    setPlaying(asked.serviceId === null || sessionId === null ? null : { sessionId, serviceId: asked.serviceId })
  }, [asked, sessionId])

  const [attempt, setAttempt] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt starts over
  useEffect(() => {
    if (!active || video.current === null) return
    const made = new Playback(
      video.current,
      { kind, url },
      setState,
      (picture) => {
        if (sessionId === null || serviceId === undefined) return
        // Where the session is gone there is nobody to tell.
        engine()
          .call('pictured', sessionId, serviceId, picture, shownReceiver())
          .catch(() => undefined)
      },
      () => arrivalsNow(serviceId),
      captions.current,
    )
    setPlayback(made)
    return () => {
      made.close()
      setPlayback(null)
      setState(IDLE)
    }
  }, [active, kind, url, attempt, sessionId, serviceId])

  const helped = decodedByFfmpeg(service?.playable?.codecs ?? [], decoder)
  const unseen = usePlaysUnseen(playback, state.snapshot) && helped.some((codec) => codecFact(codec).kind === 'video')
  const fails = unseen || state.problem?.kind === 'decoder'
  const canFallBack = helped.length > 0
  useEffect(() => {
    if (fails && canFallBack && sentUrl !== undefined) setFailedUrl(sentUrl)
  }, [fails, canFallBack, sentUrl])

  const restarts = service?.playable?.restarts ?? 0
  useEffect(() => playback?.sent(restarts), [playback, restarts])

  useEffect(() => {
    if (video.current === null) return
    video.current.volume = volume.level
    video.current.muted = volume.muted
  }, [volume])

  // The pressed button is removed, so the panel takes the focus.
  const keepFocus = () => panel.current?.focus({ preventScroll: true })
  const start = () => {
    if (service !== null && sessionId !== null) setPlaying({ sessionId, serviceId: service.id })
    keepFocus()
  }
  const shownS = playback?.frames.shownS ?? null
  const shown = {
    timeCode: shownS === null ? null : timeCode(shownS - (state.snapshot?.startS ?? 0), playback?.frames.frameS ?? 1),
    object: shownS === null ? null : (playback?.segments.at(shownS) ?? null),
  }
  const save = () => {
    if (video.current === null || sessionId === null || service === null || shown.timeCode === null) return
    const { timeCode, object } = shown
    void savePicture(sessionId, { video: video.current, service: serviceTitle(service), timeCode, object })
  }
  const [looked, setLooked] = useState<Playback | null>(null)
  const lookAtDamage = () => {
    if (playback === null || state.snapshot === null) return
    const why = whyNoDamage(state.snapshot, playback)
    if (why === null) setLooked(playback)
    else noticeDone(`There are no pictures around damage: ${why}`)
  }
  usePlayerKeys({ playback, start, setVolume, save, lookAtDamage })

  const room =
    active || started
      ? 'picture'
      : service?.playable != null && (blocked ?? locked ?? codecs.message) === null
        ? 'strip'
        : 'words'
  useEffect(() => playerStore.setState({ room }), [room])

  const playable = services.filter((one) => one.playable !== null)
  const { snapshot, problem } = state
  const limit = problem === null || problem.fatal ? null : problem.message
  const lacks = [codecs.message, codecs.advice].filter((part) => part !== null).join(' ')
  const fallback = failed && codecs.decode.length > 0 ? FALLBACK : null
  const notice = (lacks === '' ? null : lacks) ?? fallback ?? limit ?? cutText(service?.playable?.cut ?? null)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the player takes keys of its own, listed under "?".
    <section ref={panel} className={styles.player} data-main tabIndex={0} aria-label="Playback">
      {started && service !== null && (
        <p className={styles.what}>
          <span className={styles.plays} title={serviceTitle(service)}>
            Plays <MiddleCut text={serviceTitle(service)} />
          </span>
          {chosen !== null && chosen.id !== service.id && chosen.playable !== null && sessionId !== null && (
            <Button onClick={() => setPlaying({ sessionId, serviceId: chosen.id })}>Play {serviceTitle(chosen)}</Button>
          )}
        </p>
      )}
      <div className={styles.screen} data-room={room}>
        {/* biome-ignore lint/a11y/useMediaCaption: captions are tracks of the broadcast, which the library adds */}
        <video
          ref={video}
          className={styles.video}
          aria-label={service === null ? 'Video' : `Video of ${serviceTitle(service)}`}
          playsInline
          onClick={() => playback?.togglePlay()}
        />
        <div ref={captions} className={styles.captions} />
        <Overlay
          service={service}
          blocked={blocked}
          locked={locked}
          advice={codecs.advice}
          limits={codecs.blocked ? null : (locked ?? codecs.message)}
          stepping={playback?.frames.stepping === true}
          started={started}
          state={state}
          onPlay={start}
          onRetry={() => setAttempt((count) => count + 1)}
          onResume={() => {
            playback?.togglePlay()
            keepFocus()
          }}
        />
      </div>
      {active && notice !== null && (
        <p className={styles.notice} role="status" title={problem?.tryThis ?? notice}>
          <SeverityGlyph severity="warning" />
          <span>{notice}</span>
        </p>
      )}
      {active && snapshot !== null && playback !== null && (
        <>
          <PlayerControls
            snapshot={snapshot}
            playback={playback}
            volume={volume}
            onVolume={setVolume}
            onSave={save}
            onDamage={lookAtDamage}
          >
            {service !== null && sessionId !== null && <OpenOutside sessionId={sessionId} serviceId={service.id} />}
          </PlayerControls>
          <div className={styles.foot}>
            <PlayerMetrics
              snapshot={snapshot}
              {...shown}
              decoded={codecs.decode.length === 0 ? null : (service?.playable?.decoded ?? null)}
            />
            {playable.length > 1 && service !== null && sessionId !== null && (
              <select
                className={styles.quality}
                aria-label="Service"
                value={service.id}
                onChange={(event) => setPlaying({ sessionId, serviceId: Number(event.target.value) })}
              >
                {playable.map((one) => (
                  <option key={one.id} value={one.id}>
                    {serviceTitle(one)}
                  </option>
                ))}
              </select>
            )}
          </div>
        </>
      )}
      {looked !== null && looked === playback && (
        <DamageDialog playback={looked} startS={snapshot?.startS ?? 0} onClose={() => setLooked(null)} />
      )}
    </section>
  )
}

/** What has come of a service of the session that is shown. */
function arrivalsNow(serviceId: number | undefined): Arrivals {
  const { snapshot } = sessionStore.getState()
  const service = snapshot?.services.find(({ id }) => id === serviceId)
  return snapshot === null || service === undefined
    ? NOTHING_KNOWN
    : arrivalsOf(service, streamNowUs(snapshot, Date.now()))
}

type Keys = {
  readonly playback: Playback | null
  readonly start: () => void
  readonly setVolume: (change: (volume: Volume) => Volume) => void
  readonly save: () => void
  readonly lookAtDamage: () => void
}

function usePlayerKeys(keys: Keys): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    const seek = (seconds: number) => () => latest.current.playback?.seekBy(seconds)
    const louder = (step: number) => () =>
      latest.current.setVolume(({ level }) => ({ level: Math.min(1, Math.max(0, level + step)), muted: false }))
    const command = (id: string, title: string, key: string, run: () => void) =>
      ({ id: `player-${id}`, title, group: 'Player', keys: [key], panel: 'player', run }) as const
    return addCommands([
      command('play', 'Play or pause', 'Space', () => {
        if (latest.current.playback === null) latest.current.start()
        else latest.current.playback.togglePlay()
      }),
      command('back', 'Back 1 s', 'ArrowLeft', seek(-1)),
      command('forward', 'Forward 1 s', 'ArrowRight', seek(1)),
      command('back-far', 'Back 10 s', 'Shift+ArrowLeft', seek(-10)),
      command('forward-far', 'Forward 10 s', 'Shift+ArrowRight', seek(10)),
      command('louder', 'Louder', 'ArrowUp', louder(VOLUME_STEP)),
      command('quieter', 'Quieter', 'ArrowDown', louder(-VOLUME_STEP)),
      command('frame-back', 'Picture before', ',', () => latest.current.playback?.frames.step(-1)),
      command('frame', 'Next picture', '.', () => latest.current.playback?.frames.step(1)),
      command('save', 'Save the picture', 'p', () => latest.current.save()),
      command('damage', 'Pictures around the damage', 'b', () => latest.current.lookAtDamage()),
      command('captions', 'Captions on or off', 'c', () => latest.current.playback?.toggleCaptions()),
      command('mute', 'Mute or unmute', 'm', () =>
        latest.current.setVolume((volume) => ({ ...volume, muted: !volume.muted })),
      ),
    ])
  }, [])
}
