import { readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ElectronApplication } from '@playwright/test'
import { reportOf } from '../../fixtures/cli.ts'
import { quit } from '../../fixtures/desktop.ts'
import { expect, test } from '../../fixtures/routescope.ts'

test('a killed engine is replaced, and the window reports it', async ({ routescope: { app, page, electron } }) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  const first = await enginePid(electron)
  expect(first).toBeGreaterThan(0)
  process.kill(first, 'SIGKILL')
  await expect(page.getByText(/engine stopped unexpectedly/i).first()).toBeVisible()
  await expect.poll(() => enginePid(electron)).not.toBe(first)
  await app.idle()
  expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
})

test('the new engine works like the old one', async ({ routescope: { app, page, electron, startDemo } }) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  const first = await enginePid(electron)
  process.kill(first, 'SIGKILL')
  // The page is connected to the new one when it has heard of the old one's end.
  await expect(page.getByText(/engine stopped unexpectedly/i).first()).toBeVisible()
  await app.idle()
  await startDemo()
})

test('an engine that is killed while it records leaves a capture that opens, and the window says so', async ({
  routescope: { app, page, electron, startDemo, record },
}) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await startDemo()
  const file = await record()
  await expect.poll(() => statSync(file).size).toBeGreaterThan(100_000)
  const first = await enginePid(electron)
  process.kill(first, 'SIGKILL')
  const banner = page.getByRole('alert').filter({ hasText: 'it was killed by SIGKILL' })
  await expect(banner).toContainText(`The recording to ${file} ended with it`)
  await expect(app.recordButton).toHaveAttribute('aria-pressed', 'false')
  expect((await reportOf(file)).totals.udp).toBeGreaterThan(50)
  expect(readdirSync(dirname(file)).filter((name) => name.includes('recorded'))).toEqual(['recorded.pcapng'])
  // Nothing keeps the file from being recorded to again.
  await expect.poll(() => enginePid(electron)).toBeGreaterThan(0)
  await banner.getByRole('button', { name: 'Restart the session' }).click()
  await expect(banner).toBeHidden()
  await app.idle()
  await record()
  await expect(app.recordButton).toHaveAttribute('aria-pressed', 'true')
})

test('an engine that keeps dying is reported with its reason, also after a reload, and restarted by a button', async ({
  routescope: { app, page, electron, startDemo },
}) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  await killEngines(electron, 4)
  const banner = page.getByRole('alert').filter({ hasText: 'was not started again' })
  await expect(banner).toContainText('stopped 4 times within a minute')
  await expect(banner).toContainText('it was killed by SIGKILL')
  await page.reload()
  await expect(banner).toContainText('it was killed by SIGKILL')
  await expect(page.getByText('Connecting to the engine')).toHaveCount(0)
  await banner.getByRole('button', { name: 'Restart', exact: true }).click()
  await expect(banner).toBeHidden()
  await startDemo()
  await expect.poll(() => enginePid(electron)).toBeGreaterThan(0)
})

test('the palette restarts an engine that keeps dying', async ({ routescope: { app, page, electron, startDemo } }) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  await killEngines(electron, 4)
  await expect(page.getByRole('alert').filter({ hasText: 'was not started again' })).toBeVisible()
  await app.command('Restart the engine')
  await startDemo()
})

test('the app quits although no engine runs', async ({ routescope: { app, page, electron } }) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  await killEngines(electron, 4)
  await expect(page.getByRole('alert').filter({ hasText: 'was not started again' })).toBeVisible()
  const ended = new Promise((done) => electron.process().once('exit', done))
  await quit(electron)
  expect(await ended).toBe(0)
})

test('a signal to all processes leaves the end of the engine to the app', async ({ routescope }) => {
  const { app, electron, startDemo } = routescope
  test.skip(process.platform === 'win32', 'signals')
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  const engine = await enginePid(electron)
  process.kill(engine, 'SIGTERM')
  process.kill(engine, 'SIGHUP')
  await startDemo()
  expect(await enginePid(electron)).toBe(engine)
  const ended = new Promise((done) => electron.process().once('exit', done))
  electron.process().kill('SIGTERM')
  expect(await ended).toBe(0)
})

/** Kills each engine as soon as it runs. */
async function killEngines(electron: ElectronApplication, times: number): Promise<void> {
  for (let at = 0; at < times; at += 1) {
    await expect.poll(() => enginePid(electron)).toBeGreaterThan(0)
    const pid = await enginePid(electron)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => enginePid(electron)).not.toBe(pid)
  }
}

/** Process id of the running engine, 0 while there is none. */
function enginePid(electron: ElectronApplication): Promise<number> {
  return electron.evaluate(
    ({ app }) => app.getAppMetrics().find((process) => process.name === 'Routescope engine')?.pid ?? 0,
  )
}
