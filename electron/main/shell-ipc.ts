import { isAbsolute } from 'node:path'
import { dialog, type IpcMainInvokeEvent, ipcMain, shell } from 'electron'
import { defined } from '../../core/contract/defined.ts'
import { readStoredRequest } from '../../core/contract/stored-request.ts'
import { SHELL_CALL, type ShellCallName, type ShellCalls } from '../preload/channels.ts'
import { isOurPage } from './app-address.ts'
import type { RecentItems } from './recent.ts'
import { type OpenedWindow, windowOfPage } from './windows.ts'

const LONGEST_PATH = 4096

/** Handlers with unchecked arguments from the page. */
type Handlers = {
  readonly [Name in ShellCallName]: (from: OpenedWindow, argument: unknown) => ReturnType<ShellCalls[Name]>
}

/** What a page may ask of the program as a whole. */
export type LifeCycle = { restartEngine(): void; quitNow(): void; stayOpen(): void }

/** Answers the pages' calls to the desktop; sender, name and arguments are checked only here. */
export function serveShell(recent: RecentItems, life: LifeCycle): void {
  const handlers = shellHandlers(recent, life)
  ipcMain.handle(SHELL_CALL, (event, name: unknown, argument: unknown) => {
    const from = sender(event)
    if (typeof name !== 'string' || !Object.hasOwn(handlers, name)) throw new TypeError('The shell has no such call')
    return handlers[name as ShellCallName](from, argument)
  })
}

function shellHandlers(recent: RecentItems, life: LifeCycle): Handlers {
  return {
    async chooseCapture({ window }) {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        title: 'Open capture',
        properties: ['openFile', 'multiSelections'],
        filters: [
          { name: 'Captures', extensions: ['pcap', 'pcapng', 'cap', 'dmp', 'gz'] },
          { name: 'All files', extensions: ['*'] },
        ],
      })
      return canceled ? null : filePaths
    },
    async choosePresentation({ window }) {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        title: 'Choose what to send',
        properties: ['openFile'],
        filters: [
          { name: 'DASH and HLS manifests', extensions: ['mpd', 'm3u8'] },
          { name: 'All files', extensions: ['*'] },
        ],
      })
      return canceled ? null : (filePaths[0] ?? null)
    },
    async chooseFolder({ window }, suggested) {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        title: 'Choose a folder',
        ...defined({ defaultPath: isPath(suggested) ? suggested : undefined }),
        properties: ['openDirectory', 'createDirectory'],
      })
      return canceled ? null : (filePaths[0] ?? null)
    },
    async chooseRecording({ window }, suggested) {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        title: 'Record to',
        ...defined({ defaultPath: isPath(suggested) ? suggested : undefined }),
        filters: [{ name: 'Captures', extensions: ['pcapng'] }],
      })
      return canceled || filePath === undefined || filePath === '' ? null : filePath
    },
    async recent() {
      return recent.list()
    },
    async addRecent(_from, request) {
      const read = readStoredRequest(request)
      if (read === null) throw new TypeError('Not a recent item')
      recent.add(read)
    },
    async showInFolder(_from, path) {
      // Shows the item in the file manager; never opens it, because it is from the network.
      if (!isPath(path)) throw new TypeError('Not an absolute path')
      shell.showItemInFolder(path)
    },
    async initialRequest(from) {
      return from.takeRequest()
    },
    async restartEngine() {
      life.restartEngine()
    },
    async quitNow() {
      life.quitNow()
    },
    async stayOpen() {
      life.stayOpen()
    },
  }
}

/** Only the top frame of a window of ours may ask, and only while it shows our page. */
function sender(event: IpcMainInvokeEvent): OpenedWindow {
  const from = windowOfPage(event.sender.id)
  const frame = event.senderFrame
  if (from === undefined || frame === null || frame !== event.sender.mainFrame || !isOurPage(frame.url)) {
    throw new TypeError('Not a page of Routescope')
  }
  return from
}

const isPath = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LONGEST_PATH && isAbsolute(value) && !value.includes('\0')
