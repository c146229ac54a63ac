import { demoCapture, fecCapture, withLoss } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

test('what FEC mends is shown before repair, and nothing is amber', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await fecCapture(home))
  await expect(page.getByRole('banner')).toContainText(/loss 0 % \(before repair \d\.\d+ %\)/)
  await expect(page.getByRole('button', { name: /0 errors/ })).toBeVisible()
  await app.openTab('Flows')
  await expect(page.getByRole('treegrid', { name: 'Flows' })).toContainText(/0 % \(before repair/)
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
