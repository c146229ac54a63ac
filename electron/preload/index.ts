import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron'
import { ENGINE_PORT, type ShellApi } from '../../core/contract/shell-api.ts'
import {
  SHELL_CALL,
  SHELL_ENGINE_FAILURE,
  SHELL_ENGINE_PORT,
  SHELL_ENGINE_RESTART,
  SHELL_MENU,
  SHELL_QUITTING,
  type ShellCallName,
  type ShellCalls,
} from './channels.ts'

/** The page's functions; `ipcRenderer` itself is not exposed, so that the page can only make calls of the contract. */
const shell: ShellApi = {
  kind: 'desktop',
  chooseCapture: () => call('chooseCapture'),
  choosePresentation: () => call('choosePresentation'),
  chooseFolder: (suggested) => call('chooseFolder', suggested),
  chooseRecording: (suggested) => call('chooseRecording', suggested),
  pathOfFile,
  recent: () => call('recent'),
  addRecent: (item) => call('addRecent', item),
  showInFolder: (path) => call('showInFolder', path),
  initialRequest: () => call('initialRequest'),
  onMenu: (listener) => subscribe(SHELL_MENU, listener),
  onEngineRestart: (listener) => subscribe(SHELL_ENGINE_RESTART, listener),
  onEngineFailure: (listener) => subscribe(SHELL_ENGINE_FAILURE, listener),
  restartEngine: () => call('restartEngine'),
  onQuitting: (listener) => subscribe(SHELL_QUITTING, listener),
  quitNow: () => call('quitNow'),
  stayOpen: () => call('stayOpen'),
}
contextBridge.exposeInMainWorld('routescopeShell', shell)

// A port cannot cross the bridge as a value, only as a message to the window.
ipcRenderer.on(SHELL_ENGINE_PORT, (event) => window.postMessage(ENGINE_PORT, location.origin, event.ports))

function call<Name extends ShellCallName>(name: Name, ...args: Parameters<ShellCalls[Name]>) {
  return ipcRenderer.invoke(SHELL_CALL, name, ...args) as ReturnType<ShellCalls[Name]>
}

function subscribe<Value>(channel: string, listener: (value: Value) => void): () => void {
  const receive = (_event: IpcRendererEvent, value: Value) => listener(value)
  ipcRenderer.on(channel, receive)
  return () => ipcRenderer.removeListener(channel, receive)
}

/** Electron 29 introduced `webUtils`; in older versions a file has its path. */
function pathOfFile(file: object): string {
  return webUtils?.getPathForFile(file as File) ?? (file as { path?: string }).path ?? ''
}
