import {
  Clapperboard,
  FileUp,
  FolderOpen,
  type LucideIcon,
  MonitorPlay,
  Radio,
  RadioTower,
  Send,
  Server,
  Workflow,
} from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useStore } from 'zustand'
import type { SessionRequest } from '../../../core/contract/open-request.ts'
import { openerOf, sourcesLabel } from '../../../core/contract/source-patterns.ts'
import { again, cancelOpening, chooseCapture, dismissOpening, openDemo, openRecent } from '../../app/session-actions.ts'
import { shell } from '../../app/shell.ts'
import { formatBytesShort, formatPercent } from '../../model/format.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { frameStore } from '../../stores/frame-store.ts'
import type { Opening } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { KeyHint } from '../../ui/KeyHint.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { CaptureOptions } from './CaptureOptions.tsx'
import { GpacLine } from './GpacLine.tsx'
import { ListenForm } from './ListenForm.tsx'
import { useOpening } from './use-opening.ts'
import { useRecent } from './use-recent.ts'
import styles from './WelcomeView.module.css'

/** The first screen: Listen, Open, Demo, Relay, Send, Serve, and recent sources. */
export function WelcomeView() {
  const engineState = useStore(connectionStore, (state) => state.state)
  const recent = useRecent()
  const capture = useOpening('Open')
  const demo = useOpening('Demo')
  // The form begins again with what a line has filled in.
  const [filled, setFilled] = useState(0)
  return (
    <main className={styles.screen} aria-label="Start">
      <div className={styles.content}>
        <header className={styles.header}>
          <h1 className={styles.title}>What would you like to look at?</h1>
          <p className={styles.subtitle}>A live ROUTE, ATSC 3.0 or DVB-MABR signal, a capture, or the built-in demo.</p>
        </header>
        <div className={styles.ways}>
          <Way icon={RadioTower} title="Listen" keys="l" text="Receive a live source and see what arrives.">
            <ListenForm key={filled} />
          </Way>
          <Way
            icon={FolderOpen}
            title="Open a capture"
            keys="$mod+o"
            text="pcap or pcapng, plain or gzip; or drop it on this window."
          >
            <Button
              size="large"
              icon={FileUp}
              onClick={() => void chooseCapture()}
              disabled={capture !== null && capture.error === null}
            >
              Open capture…
            </Button>
            <OpeningState
              opening={capture}
              verb="Opening"
              again="Choose another"
              onAgain={() => void chooseCapture()}
            />
            <CaptureOptions />
          </Way>
          <Way small icon={Clapperboard} title="Demo" text="A test broadcast on this computer, received by it.">
            <Button
              size="large"
              icon={MonitorPlay}
              onClick={() => void openDemo()}
              disabled={demo !== null && demo.error === null}
            >
              Demo
            </Button>
            <OpeningState opening={demo} verb="Starting" />
          </Way>
          <Way small icon={Workflow} title="Relay" text="Pass media on between sockets, files and broadcasts.">
            <Button size="large" icon={Workflow} onClick={() => frameStore.setState({ form: 'relay' })}>
              Relay…
            </Button>
          </Way>
          <Way small icon={Send} title="Send" text="A head-end: broadcast DASH, HLS and files.">
            <Button size="large" icon={Send} onClick={() => frameStore.setState({ form: 'send' })}>
              Send…
            </Button>
          </Way>
          <Way small icon={Server} title="Serve" text="Offer folders over HTTP, take uploads, watch every request.">
            <Button size="large" icon={Server} onClick={() => frameStore.setState({ form: 'serve' })}>
              Serve…
            </Button>
          </Way>
        </div>
        <GpacLine onListen={() => setFilled(filled + 1)} />
        {recent.length > 0 && (
          <section className={styles.recent} aria-label="Recent">
            <h2>Recent</h2>
            <ul>
              {recent.map((request) => (
                <li key={request.sources.join(' ')}>
                  <RecentButton request={request} />
                </li>
              ))}
            </ul>
          </section>
        )}
        <p className={styles.foot}>
          <span>
            <KeyHint keys="$mod+k" /> every command
          </span>
          <span>
            <KeyHint keys="?" /> every key
          </span>
          {engineState === 'connecting' && <span role="status">Connecting to the engine…</span>}
        </p>
      </div>
    </main>
  )
}

type WayProps = {
  /** It has one button. */
  readonly small?: boolean
  readonly icon: LucideIcon
  readonly title: string
  readonly keys?: string
  readonly text: string
  readonly children: ReactNode
}

function Way({ small = false, icon: Icon, title, keys, text, children }: WayProps) {
  return (
    <section className={styles.way} data-small={small} aria-label={title}>
      <div className={styles.wayHead}>
        <Icon size={20} strokeWidth={1.6} aria-hidden />
        <h2>{title}</h2>
        {keys !== undefined && <KeyHint keys={keys} />}
      </div>
      <p className={styles.wayText}>{text}</p>
      <div className={styles.wayBody}>{children}</div>
    </section>
  )
}

type OpeningStateProps = {
  readonly opening: Opening | null
  readonly verb: string
  readonly again?: string
  readonly onAgain?: () => void
}

/** Progress or failure of opening, in the card of its button. */
function OpeningState({ opening, verb, again: againText, onAgain }: OpeningStateProps) {
  if (opening === null) return null
  if (opening.error !== null) {
    return (
      <ErrorBlock
        error={opening.error}
        actions={
          <>
            <Button onClick={() => void again()}>Try again</Button>
            {againText !== undefined && onAgain !== undefined && <Button onClick={onAgain}>{againText}</Button>}
            <Button variant="quiet" onClick={dismissOpening}>
              Dismiss
            </Button>
          </>
        }
      />
    )
  }
  const { upload, request } = opening
  return (
    <div className={styles.opening} role="status">
      <p>
        {upload === null ? verb : 'Sending'} {request.label}
        {upload !== null && (
          <span>
            , {formatBytesShort(upload.doneBytes)} of {formatBytesShort(upload.totalBytes)} (
            {formatPercent(upload.doneBytes, upload.totalBytes, 0)})
          </span>
        )}
      </p>
      <Progress label={`${verb} ${request.label}`} done={upload?.doneBytes ?? 0} total={upload?.totalBytes ?? null} />
      <Button variant="quiet" onClick={cancelOpening}>
        Cancel
      </Button>
    </div>
  )
}

function RecentButton({ request }: { readonly request: SessionRequest }) {
  const parts = useStore(connectionStore, partsOf)
  const [first = ''] = request.sources
  const pattern = openerOf(parts, first)?.pattern
  const Icon = pattern?.group === 'Listen' ? Radio : FolderOpen
  // The path of an uploaded capture means nothing to the user.
  const label = request.label ?? sourcesLabel(parts, request.sources)
  const place = pattern?.shown === 'file name' && shell() !== undefined ? first : ''
  return (
    <button
      type="button"
      className={styles.item}
      title={request.sources.join(' ')}
      aria-label={place === '' ? label : `${label} ${place}`}
      onClick={() => void openRecent(request)}
    >
      <Icon size={14} aria-hidden />
      <span className={styles.label}>
        <MiddleCut text={label} />
      </span>
      <span className={styles.place}>{place}</span>
    </button>
  )
}
