import type { ElectronApplication } from '@playwright/test'
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

test('the new engine works like the old one', async ({ routescope: { app, electron, startDemo } }) => {
  if (electron === null) throw new Error('This spec drives the desktop app')
  await app.idle()
  const first = await enginePid(electron)
  process.kill(first, 'SIGKILL')
  await expect.poll(() => enginePid(electron)).not.toBe(first)
  await startDemo()
})

/** Process id of the running engine, 0 while there is none. */
function enginePid(electron: ElectronApplication): Promise<number> {
  return electron.evaluate(
    ({ app }) => app.getAppMetrics().find((process) => process.name === 'Routescope engine')?.pid ?? 0,
  )
}
