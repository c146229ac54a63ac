import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { captionedCapture, captionedHlsCapture, demoCapture, sharedCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* Captions, sounds and single pictures of what plays. */

test('captions are drawn within the picture, and sounds are switched while playing', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await captionedCapture(home))
  await app.play()
  await app.playing(1)
  const words = page.getByText('WORDS OF THE DEMO').last()
  await expect(words).toBeVisible()
  // Its sender places them below the picture.
  const [picture, drawn] = await Promise.all([app.video.boundingBox(), words.boundingBox()])
  expect((drawn?.y ?? 0) + (drawn?.height ?? 0)).toBeLessThanOrEqual((picture?.y ?? 0) + (picture?.height ?? 0) + 1)
  const captions = app.player.getByRole('combobox', { name: 'Captions' })
  await expect(captions.getByRole('option')).toHaveText(['No captions', 'Captions: English'])
  await captions.selectOption('No captions')
  await expect(words).toHaveCount(0)
  await app.player.focus()
  await page.keyboard.press('c')
  await expect(captions).toHaveValue('0')
  await expect(words).toBeVisible()

  const sound = app.player.getByRole('combobox', { name: 'Sound' })
  await expect(sound.getByRole('option')).toHaveText(['Sound: English', 'Sound: German'])
  const asked = page.waitForRequest(/german-\d+\.m4s/)
  await sound.selectOption('Sound: German')
  await asked
  await app.playing(2)
  await expect(sound).toHaveValue('1')
})

test('of HLS: captions in WebVTT and sounds are chosen while playing', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await captionedHlsCapture(home))
  await app.play()
  await app.playing(1)
  /** Words that the browser draws. */
  const drawn = () =>
    app.video.evaluate((video: HTMLVideoElement) =>
      [...video.textTracks]
        .filter(({ mode }) => mode === 'showing')
        .flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).text)),
    )
  const captions = app.player.getByRole('combobox', { name: 'Captions' })
  await expect(captions.getByRole('option')).toHaveText(['No captions', 'Captions: English', 'Captions: German'])
  await captions.selectOption('Captions: German')
  await expect.poll(drawn).toEqual(['WORTE DER DEMO'])
  await captions.selectOption('Captions: English')
  await expect.poll(drawn).toEqual(['WORDS OF THE DEMO'])
  await captions.selectOption('No captions')
  await expect.poll(drawn).toEqual([])
  const sound = app.player.getByRole('combobox', { name: 'Sound' })
  await expect(sound.getByRole('option')).toHaveText(['Sound: English', 'Sound: German'])
  const asked = page.waitForRequest(/german-\d+\.m4s/)
  await sound.selectOption('Sound: German')
  await asked
  await expect(sound).toHaveValue('1')
  await app.playing(1)
})

test('off the air: captions of a station are drawn', async ({ routescope: { app, page, openCapture } }) => {
  const capture = sharedCapture('offair-ksnv')
  test.skip(capture === null, '../shared/captures/offair-ksnv.pcap is absent')
  await openCapture(capture ?? '')
  const blocked = app.player.getByText('With ffmpeg installed it plays')
  await expect(app.player.getByRole('button', { name: /^Play / }).or(blocked)).toBeVisible()
  test.skip(await blocked.isVisible(), 'ffmpeg is not installed')
  await app.play()
  await expect(page.getByText('SO BACK DOWN TEMPERATURES, AFTER').last()).toBeVisible({ timeout: 30_000 })
})

test('pictures of a capture are stepped through both ways, and saved with the object they come from', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  await app.play()
  await app.playing(3)
  await app.player.focus()
  await page.keyboard.press('Space')
  const metric = (name: string) => app.player.locator('dl > div', { hasText: name }).locator('dd')
  const code = metric('Time code')
  await expect(code).toHaveText(/^0:00:0\d:\d\d$/)
  const pictures = async () => {
    const [, seconds = 0, frames = 0] = /(\d\d):(\d\d)$/.exec((await code.textContent()) ?? '')?.map(Number) ?? []
    return seconds * 25 + frames
  }
  const begun = await pictures()
  for (const [key, at] of [
    ['.', 1],
    ['.', 2],
    [',', 1],
    [',', 0],
    [',', -1],
  ] as const) {
    await page.keyboard.press(key)
    await expect.poll(pictures).toBe(begun + at)
  }
  await expect(metric('Object')).toHaveText(/video-\d+\.m4s/)
  await page.keyboard.press('p')
  await expect(page.getByText(/Saved the picture of video-\d+\.m4s to /)).toBeVisible()
  const folder = join(home, 'Routescope', 'pictures')
  const [file = ''] = await readdir(folder)
  expect(file).toMatch(/0-00-0\d-\d\d-video-\d+\.m4s\.png$/)
  const png = await readFile(join(folder, file))
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([640, 360])
})
