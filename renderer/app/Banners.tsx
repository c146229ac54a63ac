import { RotateCcw } from 'lucide-react'
import { useStore } from 'zustand'
import { defined } from '../../core/contract/defined.ts'
import { formatBytesShort, formatCount, formatPercent } from '../model/format.ts'
import { droppedByHost, sourceName } from '../model/names.ts'
import { connectionStore } from '../stores/connection-store.ts'
import { bannerKey, closeBanner, HOST_DROPS, noticeStore } from '../stores/notice-store.ts'
import { dismissProblem, sessionStore } from '../stores/session-store.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { again, cancelOpening, dismissOpening, reconnect, stop } from './session-actions.ts'
import { shell } from './shell.ts'

/** Banners about the session as a whole, under the source bar, worst first. */
export function Banners() {
  return (
    <>
      <ConnectionBanner />
      <OpeningBanner />
      <ProblemBanners />
      <ReadingBanner />
    </>
  )
}

function ConnectionBanner() {
  const lost = useStore(connectionStore, (state) => state.state === 'lost')
  const failure = useStore(connectionStore, (state) => state.failure)
  const restarted = useStore(sessionStore, (state) => state.restarted)
  const request = useStore(sessionStore, (state) => state.request)
  if (failure !== null) {
    return (
      <Banner
        severity="error"
        text={failure.message}
        tryThis={failure.tryThis}
        actions={
          <Button variant="primary" icon={RotateCcw} onClick={reconnect}>
            {shell() === undefined ? 'Reload' : 'Restart'}
          </Button>
        }
      />
    )
  }
  if (lost) {
    return (
      <Banner
        severity="error"
        text="The connection to the engine is lost."
        tryThis="Reconnecting. The screen shows the last data received."
      />
    )
  }
  if (restarted === null) return null
  return (
    <Banner
      severity="error"
      text={restarted.message}
      tryThis={restarted.tryThis}
      {...defined({
        actions: request === null ? undefined : <Button onClick={() => void again()}>Restart the session</Button>,
      })}
      onDismiss={() => sessionStore.setState({ restarted: null })}
    />
  )
}

/** Progress or failure of opening another source over the session on the screen; the first screen has its own. */
function OpeningBanner() {
  const opening = useStore(sessionStore, (state) => (state.sessionId === null ? null : state.opening))
  if (opening === null) return null
  const { request, upload, error } = opening
  if (error !== null) {
    return (
      <Banner
        severity="error"
        text={error.message}
        tryThis={error.tryThis}
        actions={<Button onClick={() => void again()}>Try again</Button>}
        onDismiss={dismissOpening}
      />
    )
  }
  const progress =
    upload === null
      ? ''
      : ` ${formatBytesShort(upload.doneBytes)} of ${formatBytesShort(upload.totalBytes)} (${formatPercent(upload.doneBytes, upload.totalBytes, 0)})`
  return (
    <Banner
      severity="info"
      text={`${upload === null ? 'Opening' : 'Sending'} ${request.label}.${progress}`}
      actions={<Button onClick={cancelOpening}>Cancel</Button>}
    />
  )
}

function ProblemBanners() {
  const failed = useStore(sessionStore, (state) => state.snapshot?.phase === 'failed')
  const ofSession = useStore(sessionStore, (state) => state.snapshot?.problems ?? null)
  const others = useStore(sessionStore, (state) => state.problems)
  const canRetry = useStore(sessionStore, (state) => state.request !== null)
  const dropped = useStore(sessionStore, (state) => (state.snapshot === null ? 0 : droppedByHost(state.snapshot)))
  const byHost = useStore(sessionStore, (state) => state.snapshot?.losses.host.objects ?? 0)
  const closed = useStore(noticeStore, (state) => state.closed)
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const key = (sentence: string) => bannerKey(sessionId, sentence)
  const known = new Set((ofSession ?? []).map((error) => error.message))
  // That a session has failed stays in sight.
  const shown = (ofSession ?? []).filter((error) => failed || !closed.has(key(error.message)))
  return (
    <>
      {shown.map((error) => (
        <Banner
          key={error.message}
          severity={failed ? 'error' : 'warning'}
          text={error.message}
          tryThis={error.tryThis}
          {...defined({
            actions: failed && canRetry ? <Button onClick={() => void again()}>Try again</Button> : undefined,
            onDismiss: failed ? undefined : () => closeBanner(key(error.message)),
          })}
        />
      ))}
      {others
        .filter((error) => !known.has(error.message))
        .map((error) => (
          <Banner
            key={error.message}
            severity="warning"
            text={error.message}
            tryThis={error.tryThis}
            onDismiss={() => dismissProblem(error)}
          />
        ))}
      {dropped > 0 && !closed.has(key(HOST_DROPS)) && (
        <Banner
          severity="warning"
          text={`This computer dropped ${formatCount(dropped)} ${dropped === 1 ? 'packet' : 'packets'}: its receive queue was full (${formatCount(byHost)} ${byHost === 1 ? 'object' : 'objects'} lost).`}
          tryThis="Alarms marks these losses as lost by this computer. Close other programs, or allow a larger receive buffer."
          onDismiss={() => closeBanner(key(HOST_DROPS))}
        />
      )}
    </>
  )
}

/** Smaller captures are read before a progress banner could be noticed. */
const MIN_BANNER_BYTES = 64e6

/** Progress of reading a capture, with a button that stops it. */
function ReadingBanner() {
  const name = useStore(sessionStore, (state) => sourceName(state.snapshot, state.request?.label ?? ''))
  const source = useStore(sessionStore, (state) =>
    state.snapshot?.phase === 'running' && state.snapshot.source.pace === 'fast' ? state.snapshot.source : null,
  )
  const progress = source?.progress
  if (source === null || progress == null) return null
  const { doneBytes, totalBytes } = progress
  if ((totalBytes ?? doneBytes) < MIN_BANNER_BYTES) return null
  return (
    <Banner
      severity="info"
      text={`Reading ${name}: ${formatBytesShort(doneBytes)}${totalBytes === null ? '' : ` of ${formatBytesShort(totalBytes)} (${formatPercent(doneBytes, totalBytes, 0)})`}.`}
      tryThis="The part read so far is already shown."
      actions={<Button onClick={() => void stop()}>Stop reading</Button>}
    />
  )
}
