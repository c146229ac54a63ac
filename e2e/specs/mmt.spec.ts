import { mmtCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

test('an MMT service plays from the generated presentation', async ({
  routescope: { app, page, home, openCapture, consoleErrors },
}) => {
  await openCapture(await mmtCapture(home))
  await app.services.row('MMTP').click()
  for (const words of ['avc1', 'mp4a', 'video-asset', 'Packets by packet_id', 'MA3 USBD'])
    await expect(page.getByText(words).first()).toBeVisible()
  await app.play()
  await app.playing(5)
  await expect(app.player.getByRole('definition').filter({ hasText: '640×360' })).toBeVisible()
  expect(consoleErrors).toEqual([])
})

test('MPUs are objects in table and timeline', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await mmtCapture(home))
  await expect.poll(() => app.objects.count()).toBe(24)
  const lines = await app.objects.lines()
  expect(lines.filter((line) => line.State === 'Complete')).toHaveLength(24)
  expect(lines.map((line) => line.Name)).toContain('asset35/700.mp4')
  await expect(app.timeline).toHaveAccessibleDescription(/^24 objects on 2 channels, 0 incomplete\./)
  await page.getByRole('textbox', { name: 'Filter objects' }).fill('name:asset35/701.mp4')
  await expect.poll(() => app.objects.count()).toBe(1)
  await app.objects.row('asset35/701.mp4').click()
  await expect(app.inspector).toContainText(/MPU\d+ of packet_id 3[56]/)
  await app.inspector.getByRole('tab', { name: 'Hex' }).click()
  await expect(app.inspector.getByRole('region', { name: 'Bytes' })).toContainText('mmpu')
})
