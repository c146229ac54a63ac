import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sharedCapture } from '../fixtures/captures.ts'
import { objectsOf, reportOf } from '../fixtures/cli.ts'
import { hashesBelow } from '../fixtures/folders.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* Captures of other senders, from reference material next to some checkouts. */

/** @throws a skip for Playwright, with the reason, where the capture is absent */
function captureNamed(name: string): string {
  const path = sharedCapture(name)
  test.skip(path === null, `../shared/captures/${name}.pcap is absent`)
  return path ?? ''
}

test('HLS plays, and is dumped as expected', async ({ routescope: { app, openCapture, dump } }) => {
  const capture = captureNamed('route-hls')
  await openCapture(capture)
  await app.play()
  await app.playing(5)
  const hashes = await hashesBelow(await dump())
  for (const { path, sha256 } of await expectedFiles(capture)) expect(hashes[path], path).toBe(sha256)
})

test('two ATSC services, and another can be chosen while one plays', async ({ routescope: { app, openCapture } }) => {
  await openCapture(captureNamed('atsc-us-two-services'))
  await expect.poll(() => app.services.count()).toBe(2)
  await app.play()
  await app.playing(2)
  const choice = app.player.getByRole('combobox', { name: 'Service' })
  const [first = '', second = ''] = await choice.getByRole('option').allTextContents()
  expect(first).not.toBe(second)
  await choice.selectOption(second)
  await expect(app.video).toHaveAccessibleName(`Video of ${second}`)
  await app.playing(2)
})

test('DVB-MABR: found in the capture, played with init segments of the configuration session, dumped as expected', async ({
  routescope: { app, openCapture, dump },
}) => {
  const capture = captureNamed('mabr-dash')
  await openCapture(capture)
  await expect.poll(() => app.services.count()).toBe(2)
  await expect(app.services.row('gpac.io:dvb-mabr:service:0').first()).toContainText('FLUTE')
  await app.play()
  await app.playing(4)
  const hashes = await hashesBelow(await dump())
  for (const { path, sha256 } of await expectedFiles(capture)) expect(hashes[path], path).toBe(sha256)
})

test.describe('without ffmpeg', () => {
  test.use({ ffmpeg: 'hidden' })

  test('off the air: five services, and the codec of MMTP is named where it is not playable', async ({
    routescope: { app, openCapture },
  }) => {
    const capture = captureNamed('offair-mmt-and-esg')
    await openCapture(capture)
    const report = await reportOf(capture)
    await expect.poll(() => app.services.count()).toBe(5)
    const lines = await app.services.lines()
    expect(lines.filter((line) => line.Protocol === 'MMTP').length).toBe(
      report.services.filter((service) => service.protocol === 'mmtp').length,
    )
    for (const { name } of report.services)
      if (name !== null) await expect(app.services.row(name).first()).toBeVisible()
    // MPUs are objects here; the report lists them separately.
    await expect.poll(() => app.objects.count()).toBeGreaterThan(objectsOf(report).length)
    const mpus = (await app.objects.lines()).filter(
      (line) => line.Name?.startsWith('asset') && line.State === 'Complete',
    )
    const assets = report.services.flatMap((service) => service.mmtp?.assets ?? [])
    expect(mpus).toHaveLength(assets.reduce((sum, asset) => sum + asset.mpus, 0))
    await app.openTab('Flows')
    const flows = Object.values(await app.flows.lines()).map((line) => Object.values(line).join(' '))
    for (const { destination } of report.flows) {
      expect(
        flows.some((words) => words.includes(destination)),
        destination,
      ).toBe(true)
    }
    await app.services.row('MMTP').first().click()
    await expect(app.player).toContainText('HEVC (hev1.2.4.L120.b0) is not decodable here; playing sound only')
    await app.play()
    const heard = () => app.video.evaluate((element: HTMLVideoElement) => element.currentTime)
    await expect.poll(heard).toBeGreaterThan(0.5)
  })
})

test('low latency: listed whole, and played although later fragments have no decode time', async ({
  routescope: { app, openCapture },
}) => {
  const capture = captureNamed('route-ll')
  await openCapture(capture)
  const expected = objectsOf(await reportOf(capture))
  await expect.poll(() => app.objects.count()).toBe(expected.length)
  const names = (await app.objects.lines()).map((line) => line.Name ?? '')
  expect(names.sort()).toEqual(expected.map(({ name }) => name ?? '–').sort())
  await app.play()
  await app.playing(5)
})

type Expected = { readonly files: readonly { readonly path: string; readonly sha256: string }[] }

async function expectedFiles(capture: string): Promise<Expected['files']> {
  const text = await readFile(join(capture.replace(/\.pcap$/, '.expected.json')), 'utf8')
  return (JSON.parse(text) as Expected).files
}
