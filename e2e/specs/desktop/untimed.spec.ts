import { demoCapture, withoutTimes } from '../../fixtures/captures.ts'
import { expect, test } from '../../fixtures/routescope.ts'

test('a capture without times shows none of 1970, and drops of the computer that made it', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await withoutTimes(await demoCapture(home), 2))
  const strip = page.getByRole('contentinfo')
  await expect(strip).toContainText('Dropped by the computer that made the capture 2')
  await expect(strip).toContainText('Since start')
  await expect(page.getByText('This computer dropped')).toHaveCount(0)
  await expect(app.objects.grid).toContainText('+0:00.000')
  // No base that is offered shows a date.
  await page.keyboard.press('t')
  await expect(strip).toContainText('Since start')
  await expect(page.locator('body')).not.toContainText(/19(69|70)-/)
  await app.openTab('Flows')
  await expect(page.getByRole('region', { name: 'Host and losses' })).toContainText(
    'the computer that made the capture dropped 2 packets',
  )
})
