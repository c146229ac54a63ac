import { PANEL_ORDER, PANEL_TITLES, type PanelId, panelKeys } from '../model/layout.ts'
import { droppedByHost } from '../model/names.ts'
import { takesOption } from '../model/options.ts'
import { addCommands, type Command } from '../stores/command-store.ts'
import { connectionStore, partsOf } from '../stores/connection-store.ts'
import {
  type FormPanel,
  focusPanel,
  frameStore,
  goToPanel,
  showDialog,
  stepPanel,
  toggleMaximised,
  togglePanel,
} from '../stores/frame-store.ts'
import { bannerKey, closeBanner, dismissNotice, HOST_DROPS, noticeStore } from '../stores/notice-store.ts'
import { clearInnermost, playService, selectionStore } from '../stores/selection-store.ts'
import { dismissProblem, sessionStore } from '../stores/session-store.ts'
import { toggleTheme } from '../stores/settings-store.ts'
import { nextTimeBase } from '../stores/time-store.ts'
import { again, chooseCapture, close, dump, openDemo, reconnect, record, stop } from './session-actions.ts'
import { shell } from './shell.ts'

/** Closes the result of a command, else a banner that can be closed. @returns false where there is none */
function closeNewestMessage(): boolean {
  const { notice, closed } = noticeStore.getState()
  if (notice !== null) {
    dismissNotice()
    return true
  }
  const { sessionId, snapshot, problems, restarted } = sessionStore.getState()
  const [other] = problems
  const drops = snapshot !== null && droppedByHost(snapshot) > 0 ? [HOST_DROPS] : []
  const sentences = [
    ...(snapshot?.phase === 'failed' ? [] : (snapshot?.problems ?? [])).map(({ message }) => message),
    ...drops,
  ]
  const own = sentences.map((sentence) => bannerKey(sessionId, sentence)).find((key) => !closed.has(key))
  if (restarted !== null) sessionStore.setState({ restarted: null })
  else if (other !== undefined) dismissProblem(other)
  else if (own !== undefined) closeBanner(own)
  else return false
  return true
}

const hasSession = (): boolean => sessionStore.getState().sessionId !== null
const isRunning = (): boolean => sessionStore.getState().snapshot?.phase === 'running'
const isReceiving = (): boolean => sessionStore.getState().snapshot?.receives !== false
const hasPace = (): boolean => {
  const { request } = sessionStore.getState()
  return request !== null && takesOption(partsOf(connectionStore.getState()), request, 'pace')
}

/** Focuses the address field of the first screen, or opens the Listen dialog over a session. */
function goToListen(): void {
  const field = document.querySelector<HTMLInputElement>('[data-listen-address]')
  if (field === null) showDialog('listen')
  else {
    field.focus()
    field.select()
  }
}

/** Shows the view of a form, over the first screen or as a panel. */
function goToForm(form: FormPanel): void {
  if (hasSession()) goToPanel(form)
  else frameStore.setState({ form })
}

/** Focuses the filter of the focused panel, or of Objects. */
function goToFilter(): void {
  const panel = frameStore.getState().focused
  const own = panel === null ? null : document.querySelector<HTMLInputElement>(`[data-panel="${panel}"] [data-filter]`)
  if (own !== null) own.focus()
  else {
    goToPanel('objects')
    requestAnimationFrame(() =>
      document.querySelector<HTMLInputElement>('[data-panel="objects"] [data-filter]')?.focus(),
    )
  }
}

function playSelected(): void {
  const { serviceId } = selectionStore.getState()
  const services = sessionStore.getState().snapshot?.services ?? []
  const service = services.find((one) => one.id === serviceId) ?? services.find((one) => one.playable !== null)
  if (service === undefined) return
  goToPanel('player')
  playService(service.id)
}

const panelCommand = (panel: PanelId, at: number): Command => ({
  id: `go-to-${panel}`,
  title: `Go to ${PANEL_TITLES[panel].toLowerCase()}`,
  group: 'View',
  keys: [panelKeys(at)],
  enabled: hasSession,
  run: () => goToPanel(panel),
})

/** Adds the window's commands. Views add their own while they are mounted. */
export function addWindowCommands(): () => void {
  return addCommands([
    {
      id: 'open-capture',
      title: 'Open a capture…',
      group: 'Session',
      keys: ['$mod+o'],
      run: () => void chooseCapture(),
    },
    { id: 'listen', title: 'Listen to an address…', group: 'Session', keys: ['l'], run: goToListen },
    { id: 'send', title: 'Send a presentation…', group: 'Session', run: () => goToForm('send') },
    { id: 'serve', title: 'Serve folders over HTTP…', group: 'Session', run: () => goToForm('serve') },
    { id: 'relay', title: 'Relay media between sockets and files…', group: 'Session', run: () => goToForm('relay') },
    { id: 'demo', title: 'Start the demo', group: 'Session', run: () => void openDemo() },
    {
      id: 'dump',
      title: 'Dump all received files to a folder…',
      group: 'Session',
      keys: ['$mod+d'],
      enabled: hasSession,
      run: () => void dump(),
    },
    {
      id: 'record',
      title: 'Record packets to a capture, or stop recording',
      group: 'Session',
      keys: ['$mod+r'],
      enabled: () => isRunning() && isReceiving(),
      run: () => void record(),
    },
    {
      id: 'stop',
      title: 'Stop the session and keep the received data',
      group: 'Session',
      enabled: isRunning,
      run: () => void stop(),
    },
    {
      id: 'replay',
      title: 'Replay the capture in real time',
      group: 'Session',
      enabled: hasPace,
      run: () => void again({ pace: 'real' }),
    },
    {
      id: 'read-fast',
      title: 'Read the capture again at full speed',
      group: 'Session',
      enabled: hasPace,
      run: () => void again({ pace: 'fast' }),
    },
    {
      id: 'restart-engine',
      title: shell() === undefined ? 'Reload the page' : 'Restart the engine',
      group: 'Session',
      enabled: () => connectionStore.getState().failure !== null,
      run: reconnect,
    },
    { id: 'close', title: 'Close the session', group: 'Session', enabled: hasSession, run: () => void close() },
    ...PANEL_ORDER.map(panelCommand),
    {
      id: 'next-panel',
      title: 'Next panel',
      group: 'View',
      keys: ['F6'],
      enabled: hasSession,
      run: () => stepPanel(1),
    },
    {
      id: 'previous-panel',
      title: 'Previous panel',
      group: 'View',
      keys: ['Shift+F6'],
      enabled: hasSession,
      run: () => stepPanel(-1),
    },
    {
      id: 'filter',
      title: 'Filter the focused panel',
      group: 'View',
      keys: ['$mod+f', '[Shift]+/'],
      enabled: hasSession,
      run: goToFilter,
    },
    {
      id: 'inspector',
      title: 'Show or hide the inspector',
      group: 'View',
      keys: ['q'],
      enabled: hasSession,
      run: () => togglePanel('inspector'),
    },
    {
      id: 'maximise',
      title: 'Fill the window with the focused panel, and back',
      group: 'View',
      keys: ['$mod+Shift+Enter'],
      enabled: hasSession,
      run: () => {
        const { focused, maximised } = frameStore.getState()
        const panel = maximised ?? focused
        if (panel === null) return
        toggleMaximised(panel)
        requestAnimationFrame(() => focusPanel(panel))
      },
    },
    {
      id: 'clear-selection',
      title: 'Close the newest message, else clear the selection, innermost first',
      group: 'View',
      keys: ['Escape'],
      enabled: () => hasSession() || noticeStore.getState().notice !== null,
      run: () => {
        if (!closeNewestMessage()) clearInnermost()
      },
    },
    {
      id: 'play-selected',
      title: 'Play the selected service',
      group: 'Player',
      enabled: hasSession,
      run: playSelected,
    },
    { id: 'time-base', title: 'Change what times count from', group: 'View', keys: ['t'], run: nextTimeBase },
    { id: 'toggle-theme', title: 'Switch between dark and light', group: 'Window', run: toggleTheme },
    {
      id: 'palette',
      title: 'Find a command…',
      group: 'Window',
      keys: ['$mod+k', '$mod+Shift+p'],
      run: () => showDialog('palette'),
    },
    { id: 'keys', title: 'Show all keys', group: 'Window', keys: ['[Shift]+?'], run: () => showDialog('keys') },
  ])
}
