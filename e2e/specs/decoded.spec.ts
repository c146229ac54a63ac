import type { Page } from '@playwright/test'
import { hevcCapture, hevcObstacle, sharedCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'
import type { AppPage } from '../pages/app-page.ts'

/* What no window decodes is decoded by an installed ffmpeg. */

const DECODED = /ffmpeg \d+p, [\d.]+\/s, [\d.]+ × real time/

/** Mean colour of the left and the right half of the picture that is shown, and how much its pixels differ. */
function coloursOf(app: AppPage) {
  return app.video.evaluate((video: HTMLVideoElement) => {
    const canvas = document.createElement('canvas')
    canvas.width = 64
    canvas.height = 36
    const context = canvas.getContext('2d')
    context?.drawImage(video, 0, 0, canvas.width, canvas.height)
    const mean = (x: number) => {
      const { data = new Uint8ClampedArray() } = context?.getImageData(x, 0, 32, 12) ?? {}
      const sums = [0, 0, 0]
      data.forEach((value, at) => {
        if (at % 4 < 3) sums[at % 4] = (sums[at % 4] ?? 0) + value / (32 * 12)
      })
      return sums.map(Math.round)
    }
    const all = [...(context?.getImageData(0, 0, 64, 36).data ?? [])].filter((_, at) => at % 4 === 1)
    return { left: mean(0), right: mean(32), spread: Math.max(...all) - Math.min(...all) }
  })
}

async function decodedFacts(page: Page): Promise<string> {
  return (await page.getByText(DECODED).first().textContent()) ?? ''
}

test('HEVC and E-AC-3 play through ffmpeg, in their colours', async ({
  routescope: { app, page, home, openCapture },
}) => {
  const obstacle = await hevcObstacle()
  test.skip(obstacle !== null, obstacle ?? '')
  await openCapture(await hevcCapture(home))
  await app.play()
  await app.playing(4)
  const { left, right } = await coloursOf(app)
  expect(left[0]).toBeGreaterThan(180)
  expect(left[2]).toBeLessThan(80)
  expect(right[0]).toBeLessThan(80)
  expect(right[2]).toBeGreaterThan(180)
  expect(await decodedFacts(page)).toContain('ffmpeg 360p')
  await expect(app.player.getByRole('status')).toHaveCount(0)
  const sound = await app.video.evaluate(
    (video) => (video as HTMLVideoElement & { webkitAudioDecodedByteCount?: number }).webkitAudioDecodedByteCount,
  )
  expect(sound).toBeGreaterThan(10_000)
  // Elsewhere it is decoded from there.
  await app.player.getByRole('slider', { name: 'Seek' }).fill('9')
  await app.playing(1)
  await app.services.row('ROUTE').click()
  await expect(app.rung('Decode')).toContainText(DECODED)
})

test('of HLS: HEVC and E-AC-3 play through ffmpeg', async ({ routescope: { app, page, home, openCapture } }) => {
  const obstacle = await hevcObstacle()
  test.skip(obstacle !== null, obstacle ?? '')
  await openCapture(await hevcCapture(home, 'master.m3u8'))
  await app.play()
  await app.playing(4)
  const { left, right } = await coloursOf(app)
  expect(left[0]).toBeGreaterThan(180)
  expect(right[2]).toBeGreaterThan(180)
  expect(await decodedFacts(page)).toContain('ffmpeg 360p')
  const sound = await app.video.evaluate(
    (video) => (video as HTMLVideoElement & { webkitAudioDecodedByteCount?: number }).webkitAudioDecodedByteCount,
  )
  expect(sound).toBeGreaterThan(10_000)
})

test('a codec that the window claims and fails at is decoded by ffmpeg, which it says', async ({
  routescope: { app, page, home, openCapture },
}) => {
  const obstacle = await hevcObstacle()
  test.skip(obstacle !== null, obstacle ?? '')
  // As a platform decoder that is there, and takes nothing.
  await page.evaluate(() => {
    const { isTypeSupported } = MediaSource
    const claims = (type: string) => /hvc1|hev1/.test(type) || isTypeSupported.call(MediaSource, type)
    MediaSource.isTypeSupported = claims
  })
  await openCapture(await hevcCapture(home))
  await app.play()
  await app.playing(3)
  const { left, right } = await coloursOf(app)
  expect([(left[0] ?? 0) > 180, (right[2] ?? 0) > 180]).toEqual([true, true])
  await expect(app.player.getByRole('status')).toContainText(
    'This window claims to decode it, and failed: ffmpeg decodes it instead.',
  )
})

test('off the air: HEVC Main 10 shows its picture, and what would decode its sound is named', async ({
  routescope: { app, page, openCapture },
}, info) => {
  const capture = sharedCapture('offair-ksnv')
  test.skip(capture === null, '../shared/captures/offair-ksnv.pcap is absent')
  const obstacle = await hevcObstacle()
  test.skip(obstacle === 'ffmpeg is not installed', obstacle ?? '')
  await openCapture(capture ?? '')
  await app.play()
  await app.playing(3)
  const { spread, left, right } = await coloursOf(app)
  expect(spread).toBeGreaterThan(100)
  expect([...left, ...right].some((value) => value > 40 && value < 230)).toBe(true)
  const status = app.player.getByRole('status').filter({ hasText: 'AC-4' })
  await expect(status).toContainText('AC-4 (ac-4.02.00.00) is not decodable here; playing video only.')
  await expect(status).toContainText(/has no decoder ac4; a build that has one would decode it/)
  expect(await decodedFacts(page)).toMatch(DECODED)
  await info.attach('picture', { body: await page.screenshot(), contentType: 'image/png' })
})

test.describe('without ffmpeg', () => {
  test.use({ ffmpeg: 'hidden' })

  test('what is not decodable is named, with how to get a decoder', async ({ routescope: { app, openCapture } }) => {
    const capture = sharedCapture('offair-ksnv')
    test.skip(capture === null, '../shared/captures/offair-ksnv.pcap is absent')
    await openCapture(capture ?? '')
    await expect(app.player).toContainText('HEVC (hev1.2.4.L123.90) and AC-4 (ac-4.02.00.00) are not decodable here.')
    await expect(app.player).toContainText('With ffmpeg installed it plays: get it from ffmpeg.org')
  })
})
