import { outsideNamesCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'
import { TABLE_TABS } from '../pages/app-page.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSPELT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\p{M}{5}/u

test('names from the air are spelt, and bounded, in every view', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await outsideNamesCapture(home))
  await expect.poll(() => app.services.count()).toBe(2)
  await expect(app.services.row(/A\\x9b31m\\nFORGED/)).toBeVisible()
  for (const tab of TABLE_TABS) {
    await app.openTab(tab)
    await app.idle()
    expect(await page.locator('body').textContent()).not.toMatch(UNSPELT)
  }
  expect(await page.title()).not.toMatch(UNSPELT)
})
