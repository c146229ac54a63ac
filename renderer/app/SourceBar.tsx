import {
  ChevronDown,
  Circle,
  CircleDot,
  Clapperboard,
  Download,
  FileUp,
  Moon,
  Radio,
  RotateCcw,
  Search,
  Square,
  Sun,
  Undo2,
} from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useStore } from 'zustand'
import type { RecordingSnapshot, SessionSnapshot } from '../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount, formatPercent, formatRate, formatSeconds } from '../model/format.ts'
import { lossNote, lossSummary } from '../model/losses.ts'
import { isCapture, isRelay, servesOnly, silentSinceUs, sourceBadge, sourceName, streamNowUs } from '../model/names.ts'
import { runCommand } from '../stores/command-store.ts'
import { goToPanel } from '../stores/frame-store.ts'
import { sessionStore } from '../stores/session-store.ts'
import { settingsStore } from '../stores/settings-store.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { SeverityGlyph } from '../ui/glyphs.tsx'
import { KeyHint } from '../ui/KeyHint.tsx'
import { MiddleCut } from '../ui/MiddleCut.tsx'
import { Progress } from '../ui/Progress.tsx'
import { Tooltip } from '../ui/Tooltip.tsx'
import { useNow } from '../ui/use-now.ts'
import { countBySeverity } from '../views/alarms/alarms-model.ts'
import styles from './SourceBar.module.css'
import { chooseReceiver } from './session-actions.ts'

/** The top line: source, rates, losses, alarms, and the commands for the whole session. */
export function SourceBar() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const label = useStore(sessionStore, (state) => state.request?.label ?? '')
  const hasSession = useStore(sessionStore, (state) => state.sessionId !== null)
  return (
    <header className={styles.bar}>
      {hasSession ? (
        <SourceMenu snapshot={snapshot} label={label} />
      ) : (
        <span className={styles.brand}>
          <Mark /> Routescope
        </span>
      )}
      {snapshot !== null && !servesOnly(snapshot) && (snapshot.receives || !isRelay(snapshot)) && (
        <Figures snapshot={snapshot} />
      )}
      <span className={styles.spring} />
      <Tooltip text="Find a command" keys="$mod+k">
        <button type="button" className={styles.search} onClick={() => runCommand('palette')}>
          <Search size={13} aria-hidden />
          <span>Find a command</span>
          <KeyHint keys="$mod+k" />
        </button>
      </Tooltip>
      {hasSession && (
        <>
          <RecordButton snapshot={snapshot} />
          <Tooltip text="Write all received files to a folder" keys="$mod+d">
            <Button icon={Download} onClick={() => runCommand('dump')} disabled={snapshot === null}>
              Dump
            </Button>
          </Tooltip>
          <Tooltip text="Stop the session and keep the received data">
            <Button icon={Square} onClick={() => runCommand('stop')} disabled={snapshot?.phase !== 'running'}>
              Stop
            </Button>
          </Tooltip>
        </>
      )}
      <ThemeButton />
    </header>
  )
}

/** Starts and stops recording. While recording, shows its duration and size. */
function RecordButton({ snapshot }: { readonly snapshot: SessionSnapshot | null }) {
  const recording = snapshot?.recordings.find(({ byHand, endedWallUs }) => byHand && endedWallUs === null) ?? null
  const running = snapshot?.phase === 'running' && snapshot.receives
  return (
    <Tooltip
      text={recording === null ? 'Record packets to a capture' : `Stop recording to ${recording.file}`}
      keys="$mod+r"
    >
      <Button
        icon={recording === null ? CircleDot : Square}
        className={recording === null ? undefined : styles.recording}
        aria-pressed={recording !== null}
        onClick={() => runCommand('record')}
        disabled={!running}
      >
        {recording === null ? 'Rec' : <RecordingSize recording={recording} />}
      </Button>
    </Tooltip>
  )
}

function RecordingSize({ recording }: { readonly recording: RecordingSnapshot }) {
  const nowMs = useNow()
  return `Rec ${recordedTime(nowMs - recording.startedWallUs / 1000)} ${formatBytesShort(recording.bytes)}`
}

/** `3:07`, or `1:03:07` from an hour on. */
function recordedTime(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000))
  const pad = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(total / 60)
  if (minutes < 60) return `${minutes}:${pad(total % 60)}`
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(total % 60)}`
}

function ThemeButton() {
  const theme = useStore(settingsStore, (state) => state.theme)
  return (
    <IconButton
      label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
      icon={theme === 'dark' ? Sun : Moon}
      onClick={() => runCommand('toggle-theme')}
    />
  )
}

/** The logo: broadcast arcs above lanes of objects. */
function Mark() {
  return (
    <svg className={styles.mark} viewBox="0 0 18 18" aria-hidden>
      <path d="M2 14.5h4.2M8 14.5h3M12.8 14.5H16M2 10h2.6M6.4 10h5.2M13.4 10H16" />
      <path d="M9 6.6a1.6 1.6 0 0 1 0-.1M5.6 6.4a3.5 3.5 0 0 1 6.8 0M3 5.2a6.2 6.2 0 0 1 12 0" />
    </svg>
  )
}

type SourceMenuProps = { readonly snapshot: SessionSnapshot | null; readonly label: string }

function SourceMenu({ snapshot, label }: SourceMenuProps) {
  const badge = snapshot === null ? null : sourceBadge(snapshot)
  const running = snapshot?.phase === 'running' || snapshot?.phase === 'starting'
  const gone = running && snapshot !== null && silentSinceUs(snapshot) !== null
  const lit = running && !gone && badge !== 'CAPTURE'
  const capture = snapshot !== null && isCapture(snapshot)
  const name = sourceName(snapshot, label)
  const state = snapshot?.phase === 'stopped' ? 'STOPPED' : snapshot?.phase === 'failed' ? 'FAILED' : badge
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className={styles.source} aria-label={['Source:', state, name].filter(Boolean).join(' ')}>
          {badge !== null && (
            <span className={styles.badge} data-live={lit} data-gone={gone}>
              {lit && <span className={styles.dot} />}
              {state}
            </span>
          )}{' '}
          <span className={styles.name} title={snapshot?.source.label ?? name}>
            <MiddleCut text={name} />
          </span>
          <ChevronDown size={14} aria-hidden />
        </button>
      </DropdownMenu.Trigger>
      {/* Neither modal nor in a portal: it belongs to the bar, and hides nothing of the window from screen readers. */}
      <DropdownMenu.Content className={styles.menu} align="start" sideOffset={6}>
        <MenuItem icon={FileUp} text="Open capture…" keys="$mod+o" command="open-capture" />
        <MenuItem icon={Radio} text="Listen…" keys="l" command="listen" />
        <MenuItem icon={Clapperboard} text="Demo" command="demo" />
        <DropdownMenu.Separator className={styles.separator} />
        {capture && (
          <MenuItem
            icon={RotateCcw}
            text={snapshot.source.pace === 'real' ? 'Read again at full speed' : 'Replay in real time'}
            command={snapshot.source.pace === 'real' ? 'read-fast' : 'replay'}
          />
        )}
        {snapshot !== null && snapshot.receivers.length > 1 && <Receivers snapshot={snapshot} />}
        <MenuItem icon={Undo2} text="Close session" command="close" />
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  )
}

/** Menu entries that choose the receiver on the screen. */
function Receivers({ snapshot }: { readonly snapshot: SessionSnapshot }) {
  const shown = useStore(sessionStore, (state) => state.receiver) ?? snapshot.receivers[0]?.id ?? ''
  return (
    <>
      <DropdownMenu.RadioGroup
        value={shown}
        aria-label="Receivers"
        onValueChange={(receiver) => void chooseReceiver(receiver)}
      >
        {snapshot.receivers.map(({ id, label }) => (
          <DropdownMenu.RadioItem key={id} value={id} className={styles.item}>
            {id === shown ? <CircleDot size={14} aria-hidden /> : <Circle size={14} aria-hidden />}
            <span>{label}</span>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
      <DropdownMenu.Separator className={styles.separator} />
    </>
  )
}

type MenuItemProps = {
  readonly icon: typeof FileUp
  readonly text: string
  readonly keys?: string
  readonly command: string
}

function MenuItem({ icon: Icon, text, keys, command }: MenuItemProps) {
  return (
    // Runs after the menu has restored the focus, so that the command can move it.
    <DropdownMenu.Item className={styles.item} onSelect={() => setTimeout(() => runCommand(command), 0)}>
      <Icon size={14} aria-hidden />
      <span>{text}</span>
      {keys !== undefined && <KeyHint keys={keys} />}
    </DropdownMenu.Item>
  )
}

function Figures({ snapshot }: { readonly snapshot: SessionSnapshot }) {
  const { totals, source, phase } = snapshot
  const { loss } = totals
  const running = phase === 'running' && (source.live || source.pace === 'real')
  const summary = lossSummary(loss, running)
  const [shown = ''] = summary.split(' (')
  const aside = summary.slice(shown.length)
  const counts = countBySeverity(snapshot.alarms)
  const reading = phase === 'running' ? source.progress : null
  return (
    <div className={styles.figures}>
      {reading !== null && (
        <span className={styles.progress}>
          <Progress label={`Reading ${sourceName(snapshot, '')}`} done={reading.doneBytes} total={reading.totalBytes} />
          <span>
            {reading.totalBytes === null
              ? formatBytesShort(reading.doneBytes)
              : formatPercent(reading.doneBytes, reading.totalBytes, 0)}
          </span>
        </span>
      )}
      {phase === 'running' && silentSinceUs(snapshot) !== null && <NoSignal snapshot={snapshot} />}
      {phase === 'running' ? (
        <>
          <Figure label="Bit rate" value={formatRate(totals.rateBps)} width={66} />
          <Figure label="Packets per second" value={`${formatCount(totals.packetsPerSecond)} p/s`} width={68} spare />
        </>
      ) : (
        <>
          <Figure label="Received" value={formatBytesShort(totals.bytes)} width={0} />
          <Figure label="Packets" value={`${formatCount(totals.packets)} packets`} width={0} />
        </>
      )}
      <Figure
        label="Loss, of bytes"
        note={lossNote(loss)}
        value={`loss ${shown}`}
        aside={aside}
        width={84}
        bad={(running ? loss.last60 : loss.total).lost.bytes > 0}
        always
      />
      <Tooltip text="Alarms">
        <button type="button" className={styles.alarms} onClick={() => goToPanel('alarms')}>
          <span data-some={counts.error > 0}>
            <SeverityGlyph severity="error" />
            {formatCount(counts.error)}
            <span className="visually-hidden">{counts.error === 1 ? ' error' : ' errors'}</span>
          </span>
          <span data-some={counts.warning > 0}>
            <SeverityGlyph severity="warning" />
            {formatCount(counts.warning)}
            <span className="visually-hidden">{counts.warning === 1 ? ' warning' : ' warnings'}</span>
          </span>
        </button>
      </Tooltip>
    </div>
  )
}

/** How long the signal has been gone, or over. */
function NoSignal({ snapshot }: { readonly snapshot: SessionSnapshot }) {
  const now = streamNowUs(snapshot, useNow())
  const sinceUs = silentSinceUs(snapshot)
  if (sinceUs === null) return null
  const age = now === null ? null : Math.max(0, now - sinceUs)
  if (snapshot.totals.closedSinceUs !== null)
    return (
      <button
        type="button"
        className={styles.closed}
        title="The sender closed its session (A flag)"
        onClick={() => goToPanel('alarms')}
      >
        <SeverityGlyph severity="info" />
        <span>{age === null ? 'Session ended' : `Session ended ${formatSeconds(age / 1e6)} ago`}</span>
      </button>
    )
  return (
    <button type="button" className={styles.gone} title="The last packet came then" onClick={() => goToPanel('alarms')}>
      <SeverityGlyph severity="error" />
      <span>{age === null ? 'No signal' : `No signal for ${formatSeconds(age / 1e6)}`}</span>
    </button>
  )
}

type FigureProps = {
  readonly label: string
  readonly value: string
  /** Reserved width in px, so that neighbours stay in place when the number of digits changes. */
  readonly width: number
  readonly bad?: boolean
  /** Hidden where the window is narrow. */
  readonly spare?: boolean
  /** Shown however narrow the window is. */
  readonly always?: boolean
  /** Follows the value where the window is not narrow. */
  readonly aside?: string
  /** What a tooltip says instead of the label. */
  readonly note?: string
}

function Figure({
  label,
  value,
  width,
  bad = false,
  spare = false,
  always = false,
  aside = '',
  note = label,
}: FigureProps) {
  return (
    <span
      className={styles.figure}
      style={{ minWidth: width }}
      title={note}
      data-bad={bad}
      data-spare={spare}
      data-always={always}
    >
      <span className="visually-hidden">{label}: </span>
      {value}
      {aside !== '' && <span className={styles.aside}>{aside}</span>}
    </span>
  )
}
