import { join } from 'node:path'
import { app, BrowserWindow } from 'electron'
import type { SessionRequest } from '../../core/contract/open-request.ts'
import { guardErrors } from '../../core/guard/guard-errors.ts'
import { freeLoopbackPort } from '../../core/guard/guarded-sockets.ts'
import { installLastResort } from '../../core/guard/last-resort.ts'
import { registerAppScheme, serveAppScheme } from './app-scheme.ts'
import { fromPipe, launchRequest, readsStdin, requestFor } from './launch-request.ts'
import { startLifeCycle } from './life-cycle.ts'
import { installMenu } from './menu.ts'
import { RecentItems } from './recent.ts'
import { guardPages } from './security.ts'
import { serveShell } from './shell-ipc.ts'
import { StdinPipe } from './stdin-pipe.ts'
import { focusWindow, openWindow } from './windows.ts'

/*
 * Life cycle of the desktop app. Main starts things and keeps no data: traffic is in the engine process, its display in the
 * pages.
 */

installLastResort()
const appFolder = join(__dirname, '..', '..')
const demoDir = app.isPackaged
  ? join(process.resourcesPath, 'demo', 'presentation')
  : join(appFolder, 'assets', 'demo', 'presentation')

const named = launchRequest(process.argv.slice(1), process.cwd())
const stdin = readsStdin(named) ? StdinPipe.create() : null
const request = stdin === null ? named : fromPipe(named, stdin.path)
const relayed = stdin?.relay(process.stdin) ?? Promise.resolve()

// The request is passed as data, because Chromium reorders the command line it passes on.
if (app.requestSingleInstanceLock({ request })) run()
// The window that runs already reads from this process until its input ends.
else void relayed.then(() => app.quit())

function run(): void {
  // The terminal may be closed, which ends neither this process nor its log.
  guardErrors({ topic: 'engine', what: 'The terminal' }, process.stderr)
  registerAppScheme()
  let openedByFinder: SessionRequest | null = null
  let open = (asked: SessionRequest | null) => {
    openedByFinder = asked
  }
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open(requestFor([path], {}))
  })
  app.on('second-instance', (_event, _args, _workingDir, data) =>
    openRequest((data as { readonly request: SessionRequest | null }).request),
  )
  // Each request opens a window, so that a capture does not replace the contents of another window.
  function openRequest(asked: SessionRequest | null): void {
    const [first] = BrowserWindow.getAllWindows()
    if (asked === null && first !== undefined) focusWindow(first)
    else open(asked)
  }

  void Promise.all([freeLoopbackPort(), app.whenReady()]).then(([windowPort]) => {
    const contentOrigin = `http://127.0.0.1:${windowPort}`
    guardPages(contentOrigin)
    serveAppScheme(join(appFolder, 'dist', 'renderer'), contentOrigin)
    const engine = {
      defaultDumpDir: join(app.getPath('home'), 'Routescope'),
      demoDir,
      version: app.getVersion(),
      windowPort,
    }
    const life = startLifeCycle(join(__dirname, 'engine.cjs'), engine)
    serveShell(new RecentItems(join(app.getPath('userData'), 'recent.json')), life)
    open = (asked) => life.add(openWindow(asked))
    installMenu(() => open(null))
    app.on('activate', () => {
      if (BrowserWindow.getAllWindows().length === 0) open(null)
    })
    open(openedByFinder ?? request)
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
}
