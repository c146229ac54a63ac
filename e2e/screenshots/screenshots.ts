import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ElectronApplication } from '@playwright/test'
import { test } from '../fixtures/routescope.ts'

const root = join(__dirname, '..', '..')
const file = (name: string) => join(root, 'assets', 'screenshots', `${name}.png`)

test('first run', async ({ routescope: { app, page } }) => {
  await app.idle()
  await page.screenshot({ path: file('first-run') })
})

test('a capture, playing', async ({ routescope: { app, page, electron, home, openCapture } }) => {
  const capture = await captureOfDemo(home)
  await app.idle()
  await openCapture(capture)
  await page.getByRole('button', { name: /^play/i }).first().click()
  await app.playing(3)
  await page.screenshot({ path: file('capture') })
  await page
    .getByRole('region', { name: /timeline/i })
    .first()
    .screenshot({ path: file('timeline') })
  await toggleTheme(electron)
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
  await page.screenshot({ path: file('light') })
})

test('the demo, live', async ({ routescope: { app, page, startDemo } }) => {
  await app.idle()
  await startDemo()
  await page.getByRole('button', { name: /^play/i }).first().click()
  await app.playing(6)
  await page.screenshot({ path: file('demo') })
})

/** A capture that anybody can make: the demo presentation as our own sender puts it on the wire. */
async function captureOfDemo(home: string): Promise<string> {
  const capture = join(home, 'demo.pcapng')
  await promisify(execFile)(process.execPath, [
    join(root, 'dist/cli/routescope.cjs'),
    ...['send', join(root, 'assets/demo/presentation/manifest.mpd'), 'route://239.255.77.1:6000/'],
    ...['--pace', 'fast', '--capture-out', capture],
  ])
  return capture
}

/** By the menu, as the page has it: View, Dark or Light Theme. */
async function toggleTheme(electron: ElectronApplication | null): Promise<void> {
  await electron?.evaluate(({ Menu, BrowserWindow }) => {
    const view = Menu.getApplicationMenu()?.items.find((item) => item.label === '&View')
    const entry = view?.submenu?.items.find((item) => item.label.includes('Theme'))
    entry?.click(undefined, BrowserWindow.getAllWindows()[0], undefined)
  })
}
