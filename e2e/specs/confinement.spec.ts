import { type Canaries, startCanaries } from '../fixtures/canaries.ts'
import { hostileCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* A broadcast names servers of this machine by everything a manifest can name. None of them may be reached. */
let canaries: Canaries
test.beforeEach(async () => {
  canaries = await startCanaries(3)
})
test.afterEach(() => canaries.close())

for (const kind of ['dash', 'hls'] as const)
  test(`plays a ${kind} manifest that leads elsewhere, asks nobody, and reports what was cut`, async ({
    routescope,
  }) => {
    const { app, page, home, openCapture } = routescope
    await openCapture(await hostileCapture(kind, home, canaries.origins))
    await app.play()
    await app.playing(3)
    await expect(app.player.getByRole('status')).toContainText('references lead out of the broadcast and are cut')
    await app.services.row('ROUTE').click()
    const playable = page
      .getByRole('list', { name: 'Steps of tuning in' })
      .getByRole('listitem')
      .filter({ hasText: 'Playable' })
    await expect(playable).toContainText(/references lead out of the broadcast and are cut: .* is .*127\.0\.0\.1:\d+/)
    expect(canaries.seen).toEqual([])
  })
