import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import 'allotment/dist/style.css'
import './global.css'
import { appErrorOf } from '../client/call-error.ts'
import { setEngine } from '../client/engine-client.ts'
import { connectPort } from '../client/port-client.ts'
import { connectSocket } from '../client/socket-client.ts'
import { runCommand } from '../stores/command-store.ts'
import { showQuitting } from '../stores/frame-store.ts'
import { noticeFailed } from '../stores/notice-store.ts'
import { markSessionLost } from '../stores/session-store.ts'
import { requestGuard } from '../views/player/request-guard.ts'
import { App } from './App.tsx'
import { addWindowCommands } from './commands.ts'
import { bindKeys } from './key-map.ts'
import { tellUncaught } from './last-resort.ts'
import { playAtOnce } from './play-at-once.ts'
import { shell } from './shell.ts'
import { removeWebRtc } from './webrtc.ts'
import { showWindowTitle } from './window-title.ts'
import { openInitial, wireEngine, wireSettings } from './wire.ts'

removeWebRtc(window)
requestGuard.install(window)
tellUncaught(window)

const desktop = shell()
const client = desktop === undefined ? connectSocket(location.href) : connectPort(window, desktop)
setEngine(client)
wireSettings()
wireEngine(client)
addWindowCommands()
showWindowTitle()
playAtOnce(() => document.querySelector('[data-panel]') !== null)
bindKeys(window)
desktop?.onMenu(runCommand)
desktop?.onEngineRestart(markSessionLost)
desktop?.onQuitting(showQuitting)

const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
openInitial().catch((thrown: unknown) => {
  // The banner of the connection says why there is no engine.
  if (client.failure === null) noticeFailed(appErrorOf(thrown))
})
