import { join } from 'node:path'
import { root, routescope as run } from '../fixtures/cli.ts'
import { expect, test } from '../fixtures/routescope.ts'

const UPLOADS = '127.0.0.1:18620/live/'

test('what is uploaded appears as a service, and plays', async ({ routescope: { app, page, consoleErrors } }) => {
  await app.start.getByRole('region', { name: 'Listen' }).getByLabel('Address').fill(`put://${UPLOADS}`)
  await app.listenButton.click()
  await expect(page.getByRole('main', { name: 'Waiting for packets' })).toContainText(`put://${UPLOADS}`)
  await run('send', join(root, 'assets/demo/presentation/manifest.mpd'), `http://${UPLOADS}`)
  await expect(app.services.row('Service 1')).toBeVisible()
  await app.play()
  await app.playing(2)
  expect(consoleErrors).toEqual([])
})
