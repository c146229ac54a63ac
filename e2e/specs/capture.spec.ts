import { join } from 'node:path'
import { demoCapture, demoFolder, withLoss } from '../fixtures/captures.ts'
import { objectsOf, reportOf, routescope as run } from '../fixtures/cli.ts'
import { hashesBelow } from '../fixtures/folders.ts'
import { expect, test } from '../fixtures/routescope.ts'
import type { AppPage } from '../pages/app-page.ts'

test('plays a capture for five seconds', async ({ routescope: { app, home, openCapture, consoleErrors } }) => {
  await openCapture(await demoCapture(home))
  await app.play()
  await app.playing(5)
  const metrics = app.player.getByRole('definition')
  await expect(metrics.filter({ hasText: '640×360' })).toBeVisible()
  expect(consoleErrors).toEqual([])
})

test('table and timeline agree with the report', async ({ routescope: { app, home, openCapture } }) => {
  const capture = await demoCapture(home)
  await openCapture(capture)
  await agreesWithReport(app, capture)
})

test('objects with holes are shown as in the report', async ({ routescope: { app, home, openCapture } }) => {
  const capture = await withLoss(await demoCapture(home), 40)
  await openCapture(capture)
  await agreesWithReport(app, capture)
  const object = objectsOf(await reportOf(capture)).find((one) => !one.complete && one.missing.length > 0)
  if (object === undefined) throw new Error('The capture was to have losses')
  await app.page.getByRole('textbox', { name: 'Filter objects' }).fill(`name:${object.name}`)
  await expect.poll(() => app.objects.count()).toBe(1)
  await app.objects.row(object.name ?? '').click()
  const [start, end] = object.missing[0] ?? [0, 0]
  const gap = app.inspector.getByRole('button', { name: `${spaced(start)}–${spaced(end - 1)}`, exact: true })
  await gap.click()
  await expect(app.inspector.getByRole('status')).toContainText('not received')
})

test('continues to play across lost segments', async ({ routescope: { app, home, openCapture } }) => {
  await openCapture(await withLoss(await demoCapture(home), 190))
  await app.play()
  await app.playing(5)
})

test('dumps the same files as the command line', async ({ routescope: { app, home, openCapture, dump } }) => {
  const capture = await demoCapture(home)
  await openCapture(capture)
  const { 'report.json': report, ...dumped } = await hashesBelow(await dump())
  expect(report).toBeDefined()
  const out = join(home, 'out')
  await run('receive', '--capture', capture, '--out', out)
  expect(dumped).toEqual(await hashesBelow(out))
  // The MPD is rewritten on the way, into a live one: media must be the demo's own.
  const media = Object.entries(await hashesBelow(demoFolder)).filter(([name]) => /\.(m4s|mp4)$/.test(name))
  expect(media.length).toBeGreaterThan(20)
  for (const [name, hash] of media) expect(dumped[`service1/${name}`], name).toBe(hash)
  await expect(app.page.getByRole('alert')).toHaveCount(0)
})

async function agreesWithReport(app: AppPage, capture: string): Promise<void> {
  const report = await reportOf(capture)
  const expected = objectsOf(report)
  await expect.poll(() => app.objects.count()).toBe(expected.length)
  const shown = (await app.objects.lines()).map((line) => ({
    tsi: Number.parseInt(line.TSI ?? '', 10),
    toi: Number(line.TOI),
    name: line.Name,
    size: line.Size,
    packets: Number(line.Packets),
    complete: line.State === 'Complete',
  }))
  const wanted = expected.map(({ tsi, toi, name, size, packets, complete }) => {
    return { tsi, toi, name: name ?? '–', size: size === null ? '–' : String(size), packets, complete }
  })
  expect(sorted(shown)).toEqual(sorted(wanted))
  const channels = report.services.flatMap((service) => service.sessions.flatMap((session) => session.channels))
  const incomplete = expected.filter((object) => !object.complete).length
  await expect(app.timeline).toHaveAccessibleDescription(
    new RegExp(`^${expected.length} objects on ${channels.length} channels, ${incomplete} incomplete\\.`),
  )
  for (const { tsi, representation } of channels) {
    const lane = app.timeline.getByRole('button').filter({ hasText: new RegExp(`${tsi}${representation ?? ''}`) })
    await expect(lane.first()).toBeVisible()
  }
}

function sorted<Row extends { readonly tsi: number; readonly toi: number }>(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => a.tsi - b.tsi || a.toi - b.toi)
}

/** A number in the window's form. */
const spaced = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009')
