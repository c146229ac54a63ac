import { expect, test } from '../fixtures/routescope.ts'

test('shows the first screen, without errors in the console', async ({ routescope: { app, page, consoleErrors } }) => {
  await expect(page).toHaveTitle(/Routescope/)
  await expect(app.openCaptureButton).toBeVisible()
  await expect(app.listenButton).toBeVisible()
  await expect(app.demoButton).toBeVisible()
  await app.idle()
  expect(consoleErrors).toEqual([])
})

test('a page has neither Node nor Electron', async ({ routescope: { app, page } }) => {
  await app.idle()
  const found = await page.evaluate(() =>
    ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer'].filter(
      (name) => name in globalThis,
    ),
  )
  expect(found).toEqual([])
})
