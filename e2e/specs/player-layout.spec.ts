import { demoCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* One player for the life of the window: panels come and go around it. */

/** Marks the video element, so that another one in its place is noticed. */
async function marked(
  video: import('@playwright/test').Locator,
): Promise<() => Promise<{ same: boolean; timeS: number; paused: boolean }>> {
  await video.evaluate((element) => element.setAttribute('data-mark', 'first'))
  return () =>
    video.evaluate((element: HTMLVideoElement) => ({
      same: element.dataset.mark === 'first',
      timeS: element.currentTime,
      paused: element.paused,
    }))
}

test('maximising and hiding panels never restarts the player', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  await app.play()
  await app.playing(1)
  const state = await marked(app.video)
  let before = await state()
  const goesOn = async () => {
    const at = before.timeS
    await expect.poll(async () => (await state()).timeS).toBeGreaterThan(at + 0.3)
    before = await state()
    expect(before).toMatchObject({ same: true, paused: false })
  }
  for (const panel of ['Timeline', 'Objects', 'Player', 'Inspector', 'Services']) {
    await page
      .getByRole('region', { name: panel, exact: true })
      .getByRole('button', { name: `Maximise ${panel}` })
      .click()
    await goesOn()
    await page.getByRole('button', { name: 'Restore', exact: true }).click()
    await goesOn()
  }
  await app.command('Show or hide the inspector')
  await goesOn()
  await page.getByRole('button', { name: 'Hide player' }).click()
  await goesOn()
  await app.command('Go to player')
  await expect(app.video).toBeVisible()
  await goesOn()
})

test('the player takes a line until it plays, and says which service it plays', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  const height = async () => (await app.player.boundingBox())?.height ?? 0
  expect(await height()).toBeLessThan(70)
  await app.services.row('ROUTE').click()
  await page
    .getByRole('region', { name: 'Services', exact: true })
    .getByRole('button', { name: 'Play', exact: true })
    .click()
  await app.playing(1)
  expect(await height()).toBeGreaterThan(250)
  await expect(app.player).toContainText(/Plays Service 1/)
  await page
    .getByRole('region', { name: 'Services', exact: true })
    .getByRole('button', { name: 'Stop', exact: true })
    .click()
  await expect.poll(height).toBeLessThan(70)
})
