import { useStore } from 'zustand'
import { isWaiting } from '../model/names.ts'
import { frameStore } from '../stores/frame-store.ts'
import { sessionStore } from '../stores/session-store.ts'
import { Progress } from '../ui/Progress.tsx'
import { TooltipProvider } from '../ui/Tooltip.tsx'
import { RelayScreen } from '../views/relay/RelayScreen.tsx'
import { SendScreen } from '../views/send/SendScreen.tsx'
import { ServeScreen } from '../views/serve/ServeScreen.tsx'
import { StatusStrip } from '../views/status/StatusStrip.tsx'
import { WaitingView } from '../views/welcome/WaitingView.tsx'
import { WelcomeView } from '../views/welcome/WelcomeView.tsx'
import styles from './App.module.css'
import { Banners } from './Banners.tsx'
import { Dialogs } from './Dialogs.tsx'
import { Dock } from './Dock.tsx'
import { DropTarget } from './DropTarget.tsx'
import { NoticeToast } from './NoticeToast.tsx'
import { PlayerHost } from './PlayerHost.tsx'
import { QuitDialog } from './QuitDialog.tsx'
import { Rail } from './Rail.tsx'
import { SourceBar } from './SourceBar.tsx'

const TOOLTIP_DELAY_MS = 450

/** The window: source bar, rail, panels, status; or the first screen while nothing is open. */
export function App() {
  const hasSession = useStore(sessionStore, (state) => state.sessionId !== null)
  const waiting = useStore(sessionStore, (state) => state.snapshot !== null && isWaiting(state.snapshot))
  const started = useStore(sessionStore, (state) => state.snapshot !== null)
  const form = useStore(frameStore, (state) => state.form)
  const panels = hasSession && started && !waiting
  return (
    <TooltipProvider delayDuration={TOOLTIP_DELAY_MS}>
      <div className={styles.window} data-screen={!hasSession ? 'start' : waiting ? 'waiting' : 'session'}>
        <div className={styles.top}>
          <SourceBar />
          <Banners />
        </div>
        <div className={styles.middle}>
          {panels && <Rail />}
          <div className={styles.main}>
            {!hasSession ? (
              form === 'send' ? (
                <SendScreen />
              ) : form === 'serve' ? (
                <ServeScreen />
              ) : form === 'relay' ? (
                <RelayScreen />
              ) : (
                <WelcomeView />
              )
            ) : waiting ? (
              <Waiting />
            ) : started ? (
              <Panels />
            ) : (
              <Starting />
            )}
          </div>
        </div>
        <StatusStrip />
        <NoticeToast />
      </div>
      <PlayerHost />
      <Dialogs />
      <QuitDialog />
      <DropTarget />
    </TooltipProvider>
  )
}

function Panels() {
  return (
    <main className={styles.panels} aria-label="Session">
      <h1 className="visually-hidden">Routescope</h1>
      <Dock />
    </main>
  )
}

function Waiting() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  return snapshot === null ? null : <WaitingView snapshot={snapshot} />
}

/** Shown between the engine's reply and the first snapshot, usually for a fraction of a second. */
function Starting() {
  const label = useStore(sessionStore, (state) => state.request?.label ?? 'the session')
  return (
    <main className={styles.starting} aria-label="Starting">
      <h1 className={styles.opening}>Opening {label}</h1>
      <Progress label={`Opening ${label}`} done={0} total={null} />
    </main>
  )
}
