import { demoCapture, fecCapture, sharedCapture, withLoss } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

test('what FEC mends is shown before repair, and nothing is amber', async ({
  routescope: { app, page, home, openCapture },
}) => {
  // That of another sender, where it is at hand, has a share that another program has measured.
  const shared = sharedCapture('route-raptorq')
  const before = shared === null ? /0 % \(before repair \d\.\d+ %\)/ : '0 % (before repair 4.83 %)'
  await openCapture(shared ?? (await fecCapture(home)))
  await expect(page.getByRole('banner')).toContainText(before)
  await expect(page.getByRole('button', { name: /0 errors/ })).toBeVisible()
  await app.openTab('Flows')
  await expect(page.getByRole('treegrid', { name: 'Flows' })).toContainText(/0 % \(before repair \d\.\d+ %\)/)
})

test('200 % zoom keeps loss visible', async ({ routescope: { app, page, home, openCapture, electron } }) => {
  await openCapture(await withLoss(await demoCapture(home), 40))
  if (electron === null) await page.setViewportSize({ width: 720, height: 450 })
  else {
    await electron.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      window?.setMinimumSize(400, 300)
      window?.setContentSize(720, 450)
    })
  }
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBeLessThanOrEqual(720)
  await app.idle()
  const loss = page.getByRole('banner').getByText(/^Loss, of bytes: loss \d/)
  await expect(loss).toBeVisible()
  const box = await loss.boundingBox()
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(720)
  const alarms = page.getByRole('button', { name: /\d errors/ })
  await expect(alarms).toBeVisible()
  const alarmBox = await alarms.boundingBox()
  expect((alarmBox?.x ?? 0) + (alarmBox?.width ?? 0)).toBeLessThanOrEqual(720)
})
