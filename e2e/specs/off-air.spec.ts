import { ghostCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

test('a representation that no channel carries is not offered, and said to be left out', async ({
  routescope: { app, home, openCapture },
}) => {
  await openCapture(await ghostCapture(home))
  await app.services.row('ROUTE').click()
  await expect(app.rung('Playable')).toContainText('not on air and not offered: representation ghost')
  await app.play()
  await app.playing(2)
  const quality = app.player.getByRole('combobox', { name: 'Quality' })
  await expect(quality.getByRole('option')).toHaveText([/^Auto/, '360p 329 kb/s'])
})
