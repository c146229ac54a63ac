import { captureWithoutDecodeTimes } from '../../fixtures/captures.ts'
import { expect, test } from '../../fixtures/routescope.ts'

test('a segment without decode time is named by the player, the alarms and the inspector', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await captureWithoutDecodeTimes(home))
  await app.play()
  const told = app.player
  await expect(told).toContainText(/video-\d+\.m4s cannot be decoded: .* has no decode time \(tfdt\)/)
  await expect(told).toContainText('The sound plays without picture.')
  await app.openTab('Alarms')
  await expect(page.getByRole('treegrid', { name: 'Alarms' })).toContainText('no decode time (tfdt)')
  await app.openTab('Objects')
  await app.objects.row('video-3.m4s').first().click()
  await app.inspector.getByRole('tab', { name: 'Boxes' }).click()
  await expect(app.inspector).toContainText('traf has no tfdt')
})
