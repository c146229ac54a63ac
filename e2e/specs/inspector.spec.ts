import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { demoCapture, demoFolder, withLoss } from '../fixtures/captures.ts'
import { objectsOf, reportOf } from '../fixtures/cli.ts'
import { expect, test } from '../fixtures/routescope.ts'
import type { AppPage } from '../pages/app-page.ts'

const DEFAULT_VIEWPORT = { width: 1440, height: 900 }

/** A segment of the capture whose moof arrived, and not all of its mdat; it is selected. */
async function damagedSegment(
  app: AppPage,
  capture: string,
): Promise<{ name: string; missing: readonly [number, number] }> {
  const object = objectsOf(await reportOf(capture)).find(
    ({ name, complete, missing }) => !complete && name?.endsWith('.m4s') && (missing[0]?.[0] ?? 0) > 4000,
  )
  const [missing] = object?.missing ?? []
  if (object?.name == null || missing === undefined) throw new Error('The capture was to have a damaged segment')
  await app.page.getByRole('textbox', { name: 'Filter objects' }).fill(`name:${object.name}`)
  await expect.poll(() => app.objects.count()).toBe(1)
  await app.objects.row(object.name).click()
  await expect(app.inspector.getByRole('heading', { name: object.name })).toBeVisible()
  return { name: object.name, missing: missing as readonly [number, number] }
}

/** Bytes of the lines in view, by offset: two digits, or `··` where none arrived. */
async function bytesInView(app: AppPage): Promise<ReadonlyMap<number, string>> {
  const lines = await app.inspector.getByRole('region', { name: /ytes$/ }).evaluate((dump) =>
    [...dump.querySelectorAll('[class*=hexLine_], [class*=hexLine]')].map((line) => {
      const [offset, hex] = [...line.children]
        .filter(({ tagName }) => tagName === 'SPAN')
        .map(({ textContent }) => textContent ?? '')
      return { offset: offset ?? '', hex: hex ?? '' }
    }),
  )
  const bytes = new Map<number, string>()
  for (const { offset, hex } of lines) {
    hex
      .trim()
      .split(/\s+/)
      .forEach((byte, at) => void bytes.set(Number.parseInt(offset, 16) + at, byte))
  }
  return bytes
}

test('a damaged segment shows what arrived, its boxes nested, and what is served as another view', async ({
  routescope: { app, home, openCapture },
}) => {
  const capture = await withLoss(await demoCapture(home), 40)
  await openCapture(capture)
  const { name, missing } = await damagedSegment(app, capture)
  const sent = await readFile(join(demoFolder, name))
  const hex = (at: number) => (sent[at] ?? 0).toString(16).padStart(2, '0')

  await app.inspector.getByRole('tab', { name: 'Boxes' }).click()
  const boxes = app.inspector.getByRole('treegrid', { name: 'Boxes, arrived' })
  for (const type of ['moof', 'mfhd', 'tfdt', 'trun'])
    await expect(boxes.getByRole('row').filter({ hasText: type })).toBeVisible()
  await expect(boxes.getByRole('row').filter({ hasText: 'moof' })).not.toContainText(/cut|lost/)
  const mdat = boxes.getByRole('row').filter({ hasText: 'mdat' })
  await expect(mdat).toContainText(/cut, .* B missing/)
  await expect(mdat).toContainText(/\d+ of \d+ samples cut/)
  // A field of a box is where the sender put it.
  await boxes.getByRole('row').filter({ hasText: 'mfhd' }).getByRole('button', { name: 'Unfold' }).click()
  const field = boxes.getByRole('row').filter({ hasText: 'sequence_number' })
  const place = Number((await field.getByRole('button').textContent())?.replace(/\D/g, ''))
  await expect(field).toContainText(String(sent.readUInt32BE(place)))
  await field.getByRole('button').click()
  await expect(app.inspector.getByRole('status')).toContainText('moof ▸ mfhd')

  // Every byte in view is the sender's, and none is made up where none arrived.
  const agrees = async () => {
    const bytes = await bytesInView(app)
    expect(bytes.size).toBeGreaterThan(16)
    for (const [at, byte] of bytes) {
      if (byte !== '··') expect(byte, `byte ${at}`).toBe(hex(at))
      else expect(at, 'a hole').toBeGreaterThanOrEqual(missing[0])
    }
    return bytes
  }
  await expect.poll(async () => [...(await bytesInView(app)).values()].includes('··')).toBe(false)
  await agrees()
  await app.inspector.getByRole('button', { name: 'Next hole' }).click()
  await expect(app.inspector.getByRole('status')).toContainText('not received')
  await expect.poll(async () => (await bytesInView(app)).get(missing[0])).toBe('··')
  expect((await agrees()).get(missing[0] - 1)).toBe(hex(missing[0] - 1))

  await app.inspector.getByRole('button', { name: 'Served', exact: true }).click()
  await app.inspector.getByRole('tab', { name: 'Boxes' }).click()
  const served = app.inspector.getByRole('treegrid', { name: 'Boxes, served' })
  await expect(served.getByRole('row').filter({ hasText: 'styp' })).toBeVisible()
  await expect(served).not.toContainText('missing')
})

test('the header of a packet has the payload of the datagram', async ({ routescope: { app, home, openCapture } }) => {
  await openCapture(await demoCapture(home))
  await app.objects.row('.m4s').first().click()
  await expect(app.inspector.getByRole('tab', { name: 'Facts' })).toBeVisible()
  const payload = app.inspector.getByRole('row', { name: /^payload/ })
  await expect(payload).toContainText(/\d{3,} bytes/)
  const [, bytes = '', datagram = '', udp = ''] =
    /(\d+) bytes.*of (\d+) bytes in the datagram \(UDP length (\d+)\)/.exec((await payload.textContent()) ?? '') ?? []
  expect(Number(udp)).toBe(Number(datagram) + 8)
  // An LCT header with TSI, TOI and EXT_TOL, and the start offset.
  expect(Number(datagram) - Number(bytes)).toBeGreaterThanOrEqual(20)
  expect(Number(datagram) - Number(bytes)).toBeLessThan(64)
})

test('the inspector scrolls once, and its bytes fit its width', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await page.setViewportSize(DEFAULT_VIEWPORT).catch(() => undefined)
  await openCapture(await demoCapture(home))
  await app.objects.row('.m4s').first().click()
  const scrolling = () =>
    app.inspector.evaluate((panel) => {
      const all = [...panel.querySelectorAll<HTMLElement>('*')]
      const scrolls = (one: HTMLElement, size: 'Width' | 'Height') =>
        /auto|scroll/.test(getComputedStyle(one)[size === 'Width' ? 'overflowX' : 'overflowY']) &&
        one[`scroll${size}`] > one[`client${size}`] + 1
      return {
        down: all.filter((one) => one.offsetParent !== null && scrolls(one, 'Height')).length,
        aside: all.filter((one) => one.offsetParent !== null && scrolls(one, 'Width')).length,
      }
    })
  for (const tab of ['Facts', 'Boxes', 'Hex']) {
    await app.inspector.getByRole('tab', { name: tab }).click()
    await app.idle()
    await expect.poll(scrolling, { message: tab }).toEqual({ down: expect.any(Number), aside: 0 })
    expect((await scrolling()).down, tab).toBeLessThanOrEqual(1)
  }
})

test('where the inspector fills the window, boxes and bytes are side by side', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  await app.objects.row('.m4s').first().click()
  await page.getByRole('button', { name: 'Maximise Inspector' }).click()
  await app.inspector.getByRole('tab', { name: 'Boxes' }).click()
  const mdat = app.inspector.getByRole('row').filter({ hasText: 'mdat' })
  await mdat.click()
  await expect(app.inspector.getByRole('region', { name: 'Bytes' })).toBeVisible()
  await expect(app.inspector.getByRole('status')).toContainText('mdat')
  // The lines of the view only: an object has thousands.
  expect((await bytesInView(app)).size).toBeLessThan(16 * 100)
})
