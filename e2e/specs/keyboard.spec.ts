import { demoCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'
import type { AppPage } from '../pages/app-page.ts'

test('the palette finds a command and runs it', async ({ routescope: { app, page } }) => {
  await app.idle()
  await page.keyboard.press('ControlOrMeta+k')
  const palette = page.getByRole('dialog', { name: 'Find a command' })
  await expect(palette.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('dark and light')
  await page.keyboard.press('Enter')
  await expect(palette).toBeHidden()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
})

test('a button changes the theme, and a reload keeps it', async ({ routescope: { app, page, target } }) => {
  await app.idle()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.getByRole('button', { name: 'Light theme' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  // The app offers no reload.
  if (target === 'browser') await page.reload()
  await app.idle()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('? lists the keys, Escape closes the list', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await demoCapture(home))
  await app.objects.grid.focus()
  await page.keyboard.press('?')
  const keys = page.getByRole('dialog', { name: 'Keys' })
  await expect(keys.getByRole('region')).toHaveCount(7)
  await expect(keys.getByRole('region', { name: 'Timeline' })).toContainText('Zoom in on the timeline')
  await page.keyboard.press('Escape')
  await expect(keys).toBeHidden()
  await expect(app.objects.grid).toBeFocused()
})

test('J and K move through the table, and the inspector follows', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  const names = (await app.objects.lines()).map((line) => line.Name ?? '')
  await app.objects.grid.focus()
  await page.keyboard.press('Home')
  const at = names.findIndex((name, position) => position > 1 && name !== '–')
  for (let step = 0; step < at; step += 1) await page.keyboard.press('j')
  await expect(app.objects.selectedRow).toContainText(names[at] ?? '')
  await expect(app.inspector.getByRole('heading', { name: names[at] ?? '' })).toBeVisible()
  await page.keyboard.press('k')
  await expect(app.objects.selectedRow).toHaveAttribute('aria-rowindex', String(at + 1))
})

test('W, S, A and D move through time', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await demoCapture(home))
  // Until then the range grows.
  await expect(page.getByRole('contentinfo')).toContainText('Finished')
  await app.timeline.focus()
  const pressed = async (key: string) => {
    const before = await shownRange(app)
    await page.keyboard.press(key)
    await expect.poll(() => shownRange(app)).not.toEqual(before)
    return shownRange(app)
  }
  const all = await shownRange(app)
  const closer = await pressed('w')
  expect(closer.from > all.from && closer.to < all.to).toBe(true)
  const later = await pressed('d')
  expect(later.from > closer.from && later.to > closer.to).toBe(true)
  expect(await pressed('a')).toEqual(closer)
  const farther = await pressed('s')
  expect(farther.from < closer.from && farther.to > closer.to).toBe(true)
})

test('Space plays and pauses', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await demoCapture(home))
  await app.player.focus()
  await page.keyboard.press('Space')
  await app.playing(1)
  const paused = () => app.video.evaluate((element: HTMLVideoElement) => element.paused)
  await page.keyboard.press('Space')
  await expect.poll(paused).toBe(true)
  await page.keyboard.press('Space')
  await expect.poll(paused).toBe(false)
})

/** The range in the timeline's text, which follows it when it stands; times of a day compare as text. */
async function shownRange(app: AppPage): Promise<{ readonly from: string; readonly to: string }> {
  await expect.poll(() => app.timelineWordsMove()).toBe(false)
  const [, from = '', to = ''] = /Shown: (\S+) to (\S+)\./.exec(await app.timelineWords()) ?? []
  return { from, to }
}
