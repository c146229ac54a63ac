import { app, BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron'
import type { MenuCommand } from '../../core/contract/shell-api.ts'
import { SHELL_MENU } from '../preload/channels.ts'

/**
 * The menu bar. Its commands are the page's own: the menu only sends their names to the window in front.
 *
 * @param newWindow opens another window on the same engine
 */
export function installMenu(newWindow: () => void): void {
  app.setAboutPanelOptions({ applicationName: 'Routescope', applicationVersion: app.getVersion() })
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform === 'darwin', newWindow)))
}

function menuTemplate(isMac: boolean, newWindow: () => void): MenuItemConstructorOptions[] {
  const appMenu: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : []
  const windowMenu: MenuItemConstructorOptions[] = isMac ? [{ role: 'windowMenu' }] : []
  return [
    ...appMenu,
    {
      label: '&File',
      submenu: [
        command('Open Capture…', 'open-capture', 'CmdOrCtrl+O'),
        command('Listen…', 'listen', 'CmdOrCtrl+L'),
        command('Start Demo', 'demo'),
        { type: 'separator' },
        command('Dump Session…', 'dump', 'CmdOrCtrl+D'),
        command('Record', 'record', 'CmdOrCtrl+R'),
        command('Stop', 'stop'),
        { type: 'separator' },
        { label: 'New Window', accelerator: 'CmdOrCtrl+N', click: newWindow },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        command('Command Palette', 'palette', 'CmdOrCtrl+K'),
        command('Dark or Light Theme', 'toggle-theme'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { type: 'separator' },
        { role: 'toggleDevTools' },
      ],
    },
    ...windowMenu,
    {
      role: 'help',
      submenu: [
        command('Keyboard Shortcuts', 'keys'),
        ...(isMac ? [] : [{ label: 'About Routescope', click: () => app.showAboutPanel() }]),
      ],
    },
  ]
}

/** The keys are shown here and handled by the page, which has the same ones in a browser; registered twice they act twice. */
function command(label: string, name: MenuCommand, accelerator?: string): MenuItemConstructorOptions {
  return {
    label,
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
    click: (_item, window) => {
      if (window instanceof BrowserWindow) window.webContents.send(SHELL_MENU, name)
    },
  }
}
