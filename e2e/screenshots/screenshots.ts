import { join } from 'node:path'
import { demoCapture, withLoss } from '../fixtures/captures.ts'
import { root } from '../fixtures/cli.ts'
import { test } from '../fixtures/routescope.ts'

/* The README's pictures, taken from the running app: each state is reached as by a user, and all data in it was received. */
const file = (name: string) => join(root, 'assets', 'screenshots', `${name}.png`)

test('first run', async ({ routescope: { app, page } }) => {
  await app.idle()
  await page.screenshot({ path: file('first-run') })
})

test('a capture, playing', async ({ routescope: { app, page, home, openCapture } }) => {
  const capture = await demoCapture(home)
  await app.idle()
  await openCapture(capture)
  await app.play()
  await page.getByText('video-4.m4s').first().click()
  await app.playing(3)
  await page.screenshot({ path: file('playing') })
  await app.command('Switch between dark and light')
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
  await app.idle()
  await page.screenshot({ path: file('light') })
})

test('a capture with losses', async ({ routescope: { app, page, home, openCapture } }) => {
  const capture = await withLoss(await demoCapture(home), 97)
  await app.idle()
  await openCapture(capture)
  await page.getByRole('application', { name: 'Timeline' }).focus()
  await page.keyboard.press('e')
  await app.openTab('Alarms')
  await app.idle()
  await page.screenshot({ path: file('loss') })
})

test('the demo, live', async ({ routescope: { app, page, startDemo } }) => {
  await app.idle()
  await startDemo()
  await app.play()
  await app.playing(12)
  await page.screenshot({ path: file('demo-live') })
})
