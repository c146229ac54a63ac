import { demoCapture, fecCapture, mabrCapture, withLoss } from '../fixtures/captures.ts'
import { reportOf } from '../fixtures/cli.ts'
import { expect, test } from '../fixtures/routescope.ts'

test('DVB-MABR: found in a capture, listed and played', async ({ routescope: { app, home, openCapture } }) => {
  await openCapture(await mabrCapture(home))
  await expect.poll(() => app.services.count()).toBe(2)
  for (const { Protocol } of await app.services.lines()) expect(Protocol).toBe('FLUTE')
  await app.openTab('Signalling')
  await expect(app.signalling.row(/^MABR/)).toBeVisible()
  await expect(app.signalling.row(/^FDT/).first()).toBeVisible()
  await app.play()
  await app.playing(4)
})

test('FEC: lost packets are recovered, and shown in place', async ({
  routescope: { app, page, home, openCapture },
}) => {
  const capture = await fecCapture(home)
  await openCapture(capture)
  const report = await reportOf(capture)
  const healed = report.services.flatMap(({ sessions }) =>
    sessions.flatMap(({ channels }) => channels.map(({ fec }) => fec?.healed ?? 0)),
  )
  expect(healed.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(2)
  const lines = await app.objects.lines()
  expect(lines.filter(({ State }) => State !== 'Complete')).toEqual([])
  const given = lines.filter(({ Received }) => Received !== '100 %')
  expect(given).toHaveLength(healed.reduce((sum, one) => sum + one, 0))
  await page.getByRole('textbox', { name: 'Filter objects' }).fill(`name:${given[0]?.Name}`)
  await expect.poll(() => app.objects.count()).toBe(1)
  await app.objects.row(given[0]?.Name ?? '').click()
  await expect(app.inspector).toContainText('recovered by FEC')
  await app.openTab('Flows')
  const repair = (await app.flows.lines()).filter(({ Role }) => Role === 'Repair')
  expect(repair).toHaveLength(2)
  await app.play()
  await app.playing(3)
})

test('the text of a table is read and compared with the keyboard alone', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  await app.openTab('Signalling')
  await app.signalling.grid.focus()
  // The content is beside the list where the panel fills the window; else it is in the inspector.
  await page.keyboard.press('ControlOrMeta+Shift+Enter')
  await expect(app.inspector).toBeHidden()
  await expect(app.signalling.grid).toBeFocused()
  await page.keyboard.press('End')
  const views = page.getByRole('region', { name: 'Signalling' }).getByRole('group', { name: 'What to show' })
  await expect(views).toBeVisible()
  await page.keyboard.press('Home')
  for (let step = 0; step < 10 && !(await app.signalling.selectedRow.textContent())?.startsWith('S-TSID'); step += 1) {
    await page.keyboard.press('j')
  }
  await expect(app.signalling.selectedRow).toContainText('S-TSID')
  const decoded = views.getByRole('button', { name: 'Decoded' })
  for (let step = 0; step < 8 && !(await isFocused(decoded)); step += 1) await page.keyboard.press('Tab')
  await expect(decoded).toBeFocused()
  await expect(page.getByRole('treegrid', { name: /^Values of .*signalling$/ })).toContainText('Session')
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('region', { name: /^Text of .*signalling$/ })).toContainText('<S-TSID')
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('region', { name: /^Bytes of .*signalling$/ })).toContainText('000010')
  await page.keyboard.press('ArrowRight')
  await expect(views.getByRole('button', { name: 'Diff' })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByText('no earlier version').first()).toBeVisible()
})

test('an alarm names the cause of the loss', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await withLoss(await demoCapture(home), 40))
  await app.openTab('Alarms')
  await page.getByRole('button', { name: 'Maximise Alarms' }).click()
  // One line for each channel, which unfolds.
  const folded = (await app.alarms.lines()).filter(({ Rule }) => Rule === 'OBJ-LOSS')
  expect(folded.length).toBeLessThanOrEqual(3)
  for (const line of folded) expect(line.Cause).toBe('Before this computer')
  await app.alarms.row('OBJ-LOSS').first().dblclick()
  const losses = (await app.alarms.lines()).filter(({ Rule }) => Rule === 'OBJ-LOSS')
  expect(losses.length).toBeGreaterThan(folded.length + 1)
  for (const line of losses) expect(line.Cause).toBe('Before this computer')
  await page.keyboard.press('Escape')
  await app.openTab('Flows')
  await expect(app.page.getByText('lost before this computer')).toBeVisible()
  await app.openTab('Alarms')
  await app.alarms.row('OBJ-LOSS').first().click()
  await expect(app.inspector).toContainText('cause: before this computer')
})

test('Rec writes a capture that can be opened', async ({
  routescope: { app, page, startDemo, record, openCapture },
}) => {
  await startDemo()
  const file = await record()
  expect(file).toMatch(/\.pcapng$/)
  const before = await app.objects.count()
  await expect.poll(() => app.objects.count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(before + 4)
  await expect(app.recordButton).toHaveAttribute('aria-pressed', 'true')
  await app.recordButton.click()
  await expect(page.getByRole('status').filter({ hasText: /^Recorded [\d\u2009]+ packets/ })).toContainText(file)
  await expect(app.recordButton).toHaveAttribute('aria-pressed', 'false')
  await app.command('Close the session')
  await openCapture(file)
  await expect.poll(() => app.objects.count()).toBeGreaterThan(2)
  await expect(app.services.row('ROUTE')).toBeVisible()
})

test('options under Advanced apply to the session', async ({ routescope: { app, page } }) => {
  const listen = app.start.getByRole('region', { name: 'Listen' })
  await listen.getByLabel('Address').fill('route://239.255.82.86:6086')
  await listen.getByLabel('Network interface').selectOption('127.0.0.1')
  await listen.getByText('Advanced').click()
  await listen.getByLabel('Receive buffer').fill('131072')
  await listen.getByLabel('Not from senders').fill('198.51.100.7')
  await expect(listen.getByText('2 set')).toBeVisible()
  await expect(listen).toContainText('--buffer 131072')
  await expect(listen).toContainText('--exclude-source 198.51.100.7')
  await app.listenButton.click()
  const joined = page.getByRole('main', { name: 'Waiting for packets' }).getByRole('list', { name: 'What was joined' })
  await expect(joined.getByRole('listitem')).toHaveText(/198\.51\.100\.7.*receive buffer 131\u2009072 B/)
})

const isFocused = (element: import('@playwright/test').Locator): Promise<boolean> =>
  element.evaluate((one) => one === document.activeElement)
