import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opaque, violations } from '../fixtures/axe.ts'
import {
  captionedCapture,
  captionedHlsCapture,
  captionsWithinCapture,
  captureWithout,
  demoCapture,
  lossyCapture,
  sharedCapture,
  subtitlesInMp4Capture,
} from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'
import type { AppPage } from '../pages/app-page.ts'

/* Captions, sounds and single pictures of what plays. */

/** Words that the browser draws of text tracks. */
function drawnOf(app: AppPage): Promise<string[]> {
  return app.video.evaluate((video: HTMLVideoElement) =>
    [...video.textTracks]
      .filter(({ mode }) => mode === 'showing')
      .flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).text)),
  )
}

/** Plays at a quarter of the speed, so that a busy machine does not reach the end meanwhile. */
async function playSlowly(app: AppPage): Promise<void> {
  await app.play()
  await app.video.evaluate((video: HTMLVideoElement) => {
    video.defaultPlaybackRate = 0.25
    video.playbackRate = 0.25
  })
}

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
  const drawn = () => drawnOf(app)
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

for (const manifest of ['manifest.mpd', 'master.m3u8'] as const) {
  test(`captions within the pictures are chosen and drawn: ${manifest}`, async ({
    routescope: { app, home, openCapture },
  }, info) => {
    await openCapture(await captionsWithinCapture(home, manifest))
    await playSlowly(app)
    const captions = app.player.getByRole('combobox', { name: 'Captions' })
    await expect(captions.getByRole('option')).toHaveText(['No captions', 'Captions: CC1', 'Captions: Service 1'])
    const drawn = () => drawnOf(app)
    await captions.selectOption('Captions: CC1')
    await expect.poll(drawn).toEqual(['WORDS IN PICTURES'])
    await captions.selectOption('Captions: Service 1')
    await expect.poll(drawn).toEqual(['<c.yellow>Service words</c>'])
    await app.player.screenshot({ path: info.outputPath('service-1.png') })
    await captions.selectOption('No captions')
    await expect.poll(drawn).toEqual([])
  })
}

test('subtitles in MP4 are chosen and drawn: WebVTT and IMSC1', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await subtitlesInMp4Capture(home))
  await playSlowly(app)
  const captions = app.player.getByRole('combobox', { name: 'Captions' })
  await expect(captions.getByRole('option')).toHaveText(['No captions', 'Captions: German', 'Captions: French'])
  const french = page.getByText('MOTS EN MP4').last()
  await captions.selectOption('Captions: French')
  await expect(french).toBeVisible()
  await captions.selectOption('Captions: German')
  // The browser draws WebVTT.
  await expect.poll(() => drawnOf(app)).toEqual(['WORTE IM MP4'])
  await expect(french).toHaveCount(0)
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

const AROUND = 'Pictures around the damage'

test('the last good, the damaged and the next good picture are shown of what was lost', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await lossyCapture(home, 3))
  await app.play()
  await app.playing(1)
  await expect(app.player.getByRole('button', { name: AROUND, exact: true })).toBeVisible()
  // The damage nearest to what is shown: the sixth segment, between two good ones.
  await app.video.evaluate((video: HTMLVideoElement) => {
    video.currentTime = 10.5
  })
  await app.playing(0.3)
  await app.player.focus()
  await page.keyboard.press('b')
  const dialog = page.getByRole('dialog', { name: AROUND })
  await expect(dialog).toBeVisible()
  const figures = dialog.getByRole('figure')
  await expect(figures.first()).toBeVisible({ timeout: 30_000 })
  await expect(figures.first()).toContainText('video-5.m4s')
  await expect(figures.last()).toContainText('video-7.m4s')
  const titles = await figures.locator('strong').allTextContents()
  expect(titles.length).toBeGreaterThanOrEqual(3)
  expect([titles[0], ...new Set(titles.slice(1, -1)), titles.at(-1)]).toEqual([
    'Last good picture',
    'Damaged',
    'Next good picture',
  ])
  // Each picture that is there has light and dark in it, a time code, and the name of its object.
  for (const picture of await figures.filter({ has: page.locator('canvas') }).all()) {
    await expect(picture).toContainText(/0:00:\d\d:\d\d.*video-\d+\.m4s/)
    const tones = await picture.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
      return new Set(data).size
    })
    expect(tones).toBeGreaterThan(8)
  }
  await opaque(page)
  expect(await violations(page, 'dark')).toEqual([])
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(app.player).toBeFocused()
})

test('a picture segment of which nothing came lies between the pictures beside it', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await captureWithout(home, '10/3'))
  await app.play()
  await app.playing(1)
  await app.player.getByRole('button', { name: AROUND, exact: true }).click()
  const figures = page.getByRole('dialog', { name: AROUND }).getByRole('figure')
  await expect(figures.first()).toContainText(/Last good picture0:00:03:24.*video-2\.m4s/, { timeout: 30_000 })
  await expect(figures.nth(1)).toContainText('nothing received')
  await expect(figures.last()).toContainText(/Next good picture0:00:06:00.*video-4\.m4s/)
})

test('where nothing is damaged there are no pictures around damage, for a reason', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await openCapture(await demoCapture(home))
  await app.play()
  await app.playing(1)
  const button = app.player.getByRole('button', { name: `${AROUND}: no object played so far is damaged.` })
  await expect(button).toBeDisabled()
  await app.command(AROUND)
  await expect(page.getByText('There are no pictures around damage: no object played so far is damaged.')).toBeVisible()
})
