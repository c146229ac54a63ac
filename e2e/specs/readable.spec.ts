import type { Locator } from '@playwright/test'
import { demoCapture, mmtCapture, twoServicesCapture, withLoss } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

test('alarms of one rule at one place are one line, with the number in sight', async ({
  routescope: { app, home, openCapture },
}) => {
  await openCapture(await withLoss(await demoCapture(home), 40))
  await app.openTab('Alarms')
  const folded = (await app.alarms.lines()).filter(({ Rule }) => Rule === 'OBJ-LOSS')
  expect(folded.length).toBeLessThanOrEqual(3)
  const [first] = folded
  expect(Number(first?.Count)).toBeGreaterThan(1)
  expect(first?.What).toMatch(/^last: \d+ of \d+ bytes/)
  // What the cell shows of it begins with the number.
  const words = app.alarms
    .row('OBJ-LOSS')
    .first()
    .getByText(/^\d+ of \d+ bytes/)
  await expect(words).toBeVisible()
  await app.alarms.row('OBJ-LOSS').first().dblclick()
  await expect.poll(() => app.alarms.row('OBJ-LOSS').count()).toBeGreaterThan(folded.length)
})

test('a table is read in one place', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await demoCapture(home))
  await app.openTab('Signalling')
  await app.signalling.row('S-TSID').click()
  const values = page.getByRole('treegrid', { name: /^Values of / })
  await expect(values).toHaveCount(1)
  await expect(values).toContainText('Destination address')
  await expect(values).not.toContainText(/dstIpAddr|destinationAddress/)
  await page.getByRole('button', { name: 'Maximise Signalling' }).click()
  await expect(app.inspector).toBeHidden()
  await expect(page.getByRole('treegrid', { name: /^Values of .*signalling$/ })).toHaveCount(1)
})

test('state and received share are in sight at 1280 pixels', async ({
  routescope: { app, page, electron, home, openCapture },
}) => {
  if (electron === null) await page.setViewportSize({ width: 1280, height: 800 })
  else await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1280, 800))
  await openCapture(await demoCapture(home))
  await expect.poll(() => page.evaluate(() => innerWidth)).toBeLessThanOrEqual(1280)
  const { grid } = app.objects
  const edge = await grid.evaluate((element) => element.getBoundingClientRect().left + element.clientWidth)
  for (const title of ['State', 'Received']) {
    const box = await grid.getByRole('columnheader', { name: title }).boundingBox()
    expect((box?.x ?? 0) + (box?.width ?? Number.POSITIVE_INFINITY), title).toBeLessThanOrEqual(edge + 1)
  }
})

test('names are cut in the middle, where they do not differ', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await twoServicesCapture(home))
  /** The last characters of a name are not beyond the edge of what shows it. */
  const endInSight = (place: Locator, name: string) =>
    place.evaluate((element, end) => {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
      while (texts.nextNode()) {
        const text = texts.currentNode as Text
        if (!text.data.endsWith(end)) continue
        const range = document.createRange()
        range.setStart(text, text.length - end.length)
        range.setEnd(text, text.length)
        return range.getBoundingClientRect().right <= element.getBoundingClientRect().right + 1
      }
      return false
    }, name.slice(-4))

  const cell = app.objects.row('.m4s').first().locator('[data-column=name]')
  const name = (await cell.getAttribute('aria-label')) ?? ''
  expect(name).toMatch(/\.m4s$/)
  expect(await endInSight(cell, name), 'the end of an object’s name is whole').toBe(true)
  for (const number of [1, 2]) {
    const service = `urn:routescope:mabr:service:${number}`
    const named = app.services.grid.getByRole('gridcell', { name: new RegExp(`^${service}, `) })
    expect(await endInSight(named, service), 'the end of a service’s name is whole').toBe(true)
    const heading = page.getByRole('button', { name: new RegExp(`^${service} FLUTE`) })
    expect(await endInSight(heading, service), 'the end of a heading is whole').toBe(true)
  }
})

test('a finished capture was received, and MMTP numbers have their own names', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await mmtCapture(home))
  await expect(page.getByRole('contentinfo')).toContainText('Finished')
  await app.services.row('MMTP').click()
  await expect(page.getByRole('definition').filter({ hasText: /^Received$/ })).toBeVisible()
  await expect(page.getByText('Receiving', { exact: true })).toHaveCount(0)
  await expect(app.objects.grid.getByRole('columnheader', { name: 'packet_id' })).toBeVisible()
  await expect(app.objects.grid.getByRole('columnheader', { name: 'MPU' })).toBeVisible()
})

test('a message moves nothing, and Escape closes it before the selection', async ({
  routescope: { app, page, home, openCapture, dump },
}) => {
  await openCapture(await demoCapture(home))
  await app.objects.row('.m4s').first().click()
  const heading = app.inspector.getByRole('heading', { level: 2 }).last()
  await expect(heading).toBeVisible()
  const top = async () => (await app.timeline.boundingBox())?.y
  const before = await top()
  await dump()
  const message = page.getByRole('status').filter({ hasText: /^Wrote / })
  await expect(message).toBeVisible()
  expect(await top()).toBe(before)
  await page.keyboard.press('Escape')
  await expect(message).toBeHidden()
  await expect(heading).toBeVisible()
})

test('the first screen keeps Listen in sight, offers real time and names what is open', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await expect(page).toHaveTitle('Routescope')
  await expect(app.start.getByRole('button', { name: 'STLTP tunnel' })).toBeVisible()
  const listen = async () => (await app.listenButton.boundingBox())?.y
  const before = await listen()
  await app.start.getByText('Advanced').first().click()
  await expect(app.start.getByRole('region', { name: 'Listen' }).getByText('Network', { exact: true })).toBeVisible()
  expect(await listen()).toBe(before)
  await app.start.getByRole('button', { name: 'In real time' }).click()
  await openCapture(await demoCapture(home))
  await expect(page.getByRole('button', { name: /^Source: REPLAY/ })).toBeVisible()
  await expect(page).toHaveTitle(/\.pcapng – Routescope$/)
})
