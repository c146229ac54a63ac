import { hashesBelow } from '../fixtures/folders.ts'
import { expect, test } from '../fixtures/routescope.ts'

const SEGMENT_S = 2

test('the demo appears, plays and stays close to live', async ({ routescope: { app, startDemo, consoleErrors } }) => {
  await startDemo()
  await app.services.row('ROUTE').click()
  await expect(app.rung('Frame')).toContainText('not played yet')
  await app.play()
  await app.playing(5)
  for (const name of ['Decode', 'Frame']) await expect(app.rung(name)).toContainText(/reached.* after Play/)
  const latency = app.player.locator('div').filter({ has: app.page.getByText('Latency', { exact: true }) })
  const seconds = async () => Number.parseFloat((await latency.last().getByRole('definition').textContent()) ?? '')
  await expect.poll(seconds).toBeGreaterThan(0)
  // What starting took stays between the player and live.
  const start = /([\d.]+) (m?s) after Play/.exec((await app.rung('Decode').textContent()) ?? '')
  const startSeconds = Number(start?.[1]) / (start?.[2] === 'ms' ? 1000 : 1)
  expect(await seconds()).toBeLessThan(4 * SEGMENT_S + startSeconds)
  expect(consoleErrors).toEqual([])
})

test('objects of the demo keep arriving, and can be dumped', async ({ routescope: { app, startDemo, dump } }) => {
  await startDemo()
  // Two segments of both media, after the initial ones.
  const before = await app.objects.count()
  await expect.poll(() => app.objects.count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(before + 4)
  const files = Object.keys(await hashesBelow(await dump()))
  expect(files).toContain('report.json')
  expect(files.filter((name) => /^service\d+\/.*\.m4s$/.test(name)).length).toBeGreaterThan(1)
  expect(files.filter((name) => /\.mpd$/.test(name))).toHaveLength(1)
})

test('after Stop everything received can be read', async ({ routescope: { app, page, startDemo } }) => {
  await startDemo()
  await expect.poll(() => app.objects.count(), { timeout: 30_000 }).toBeGreaterThan(6)
  await app.stopButton.click()
  await expect(app.stopButton).toBeDisabled()
  await expect(page.getByRole('contentinfo')).toContainText('Stopped')
  await app.idle()

  // Nothing continues: objects that were arriving are cut.
  const receiving = async () => (await app.objects.lines()).filter((line) => line.State === 'Receiving')
  await expect.poll(receiving).toEqual([])
  const lines = await app.objects.lines()
  const segment = lines.find((line) => line.State === 'Complete' && line.Name?.endsWith('.m4s'))
  await page.getByRole('textbox', { name: 'Filter objects' }).fill(`name:${segment?.Name}`)
  await expect.poll(() => app.objects.count()).toBeLessThan(lines.length)
  await app.objects
    .row(segment?.Name ?? '')
    .first()
    .click()
  await app.inspector.getByRole('tab', { name: 'Hex' }).click()
  await expect(app.inspector.getByRole('region', { name: 'Bytes' })).toContainText('styp')

  await app.openTab('Signalling')
  await app.signalling.row('MPD').click()
  await expect(page.getByRole('region', { name: /^Text of .*inspector$/ })).toContainText('<MPD')
})
