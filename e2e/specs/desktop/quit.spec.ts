import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApplication } from '@playwright/test'
import { demoCapture } from '../../fixtures/captures.ts'
import { quit } from '../../fixtures/desktop.ts'
import { HeldPipe } from '../../fixtures/held-pipe.ts'
import { expect, type Routescope, test } from '../../fixtures/routescope.ts'

/*
 * Quitting while a dump is written. The report goes to a named pipe, so that the dump ends when a test reads it, not before.
 */
test.skip(process.platform === 'win32', 'named pipes')

const held: HeldPipe[] = []
test.afterEach(() => {
  for (const pipe of held.splice(0)) pipe.close()
})

test('a quit waits for a dump, says so, and goes on by itself', async ({ routescope }) => {
  const { electron, dir, report } = await dumping(routescope)
  const ended = exitOf(electron)
  await quit(electron)
  const dialog = routescope.page.getByRole('alertdialog', { name: 'Writing the dump…' })
  await expect(dialog).toContainText(dir)
  await expect(dialog.getByRole('button', { name: 'Quit anyway' })).toBeVisible()
  await expect.poll(() => report.json()).toHaveProperty('services')
  expect(await ended).toBe(0)
  expect(asides(dir)).toEqual([])
})

test('the last window stays open while a dump is written, and a quit can be withdrawn', async ({ routescope }) => {
  const { electron, report } = await dumping(routescope)
  const { page } = routescope
  const dialog = page.getByRole('alertdialog', { name: 'Writing the dump…' })
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await dialog.getByRole('button', { name: 'Keep open' }).click()
  await expect(dialog).toBeHidden()
  await quit(electron)
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect.poll(() => report.json()).toHaveProperty('services')
  await expect(page.getByRole('status').filter({ hasText: /^Wrote / })).toBeVisible()
  const ended = exitOf(electron)
  await quit(electron)
  expect(await ended).toBe(0)
})

test('a quit goes on when asked for again, and leaves no half of a file', async ({ routescope }) => {
  const { electron, dir } = await dumping(routescope)
  const ended = exitOf(electron)
  await quit(electron)
  await routescope.page.getByRole('button', { name: 'Quit anyway' }).click()
  expect(await ended).toBe(0)
  expect(asides(dir)).toEqual([])
})

test('the second signal ends the app at once, and leaves no half of a file', async ({ routescope }) => {
  const { electron, dir } = await dumping(routescope)
  const ended = exitOf(electron)
  electron.process().kill('SIGTERM')
  await expect(routescope.page.getByRole('alertdialog', { name: 'Writing the dump…' })).toBeVisible()
  electron.process().kill('SIGTERM')
  expect(await ended).toBe(143)
  expect(asides(dir)).toEqual([])
})

test('an engine that is killed while it dumps leaves no half of a file', async ({ routescope }) => {
  const { electron, dir } = await dumping(routescope)
  await electron.evaluate(({ app }) => {
    const engine = app.getAppMetrics().find((process) => process.name === 'Routescope engine')
    if (engine !== undefined) process.kill(engine.pid, 'SIGKILL')
  })
  await expect(routescope.page.getByRole('alert').filter({ hasText: /it was killed by SIGKILL/ })).toBeVisible()
  const ended = exitOf(electron)
  await quit(electron)
  expect(await ended).toBe(0)
  expect(asides(dir)).toEqual([])
})

/** Opens a capture and dumps it. @returns when all but the report is written */
async function dumping({ app, page, electron, home, openCapture }: Routescope) {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  const dir = join(home, 'dump')
  mkdirSync(dir)
  const report = new HeldPipe(join(dir, 'report.json'))
  held.push(report)
  await openCapture(await demoCapture(home))
  await electron.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] })
  }, dir)
  await app.dumpButton.click()
  await expect(page.getByRole('status').filter({ hasText: /^Writing all received files/ })).toBeVisible()
  await expect.poll(() => existsSync(join(dir, 'service1'))).toBe(true)
  return { electron, dir, report }
}

const exitOf = (electron: ElectronApplication) => new Promise((done) => electron.process().once('exit', done))

/** Names of temporary files below a folder. */
const asides = (dir: string) =>
  readdirSync(dir, { recursive: true })
    .map(String)
    .filter((name) => /\.routescope-|\.writing$/.test(name))
