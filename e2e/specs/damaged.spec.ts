import type { Page } from '@playwright/test'
import { captureWithout, hlsCaptureWithout, lossyCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* What a viewer sees of a damaged signal. */

/** What follows of a loss is the page's and the gateway's: the desktop shows it, and the browser's decoder by one of these. */
const BY_DESKTOP = 'shown by the desktop app'

/** The demo: 24 s at 25 pictures a second. */
const FRAMES = 600

/** So that 24 s are watched in 12: what is decoded is the same. */
const SPEED = 2

/** Plays to the end. @returns pictures decoded and shown, media time at the end, and the longest time it stood still, ms */
function watch(page: Page) {
  return page.evaluate(
    (speed) =>
      new Promise<{ decoded: number; shown: number; ended: boolean; timeS: number; stoodMs: number; audio: number }>(
        (done) => {
          const video = document.querySelector('video') as HTMLVideoElement & { webkitAudioDecodedByteCount: number }
          let shown = 0
          let last = performance.now()
          let at = video.currentTime
          let stoodMs = 0
          const frame = (_: number, { presentedFrames }: VideoFrameCallbackMetadata): void => {
            shown = presentedFrames
            video.requestVideoFrameCallback(frame)
          }
          video.requestVideoFrameCallback(frame)
          const timer = setInterval(() => {
            const now = performance.now()
            // Players begin at their own.
            if (video.playbackRate !== speed) video.playbackRate = speed
            if (video.currentTime !== at || at === 0) {
              at = video.currentTime
              last = now
            }
            stoodMs = Math.max(stoodMs, now - last)
            if (!video.ended && now - last < 20_000) return
            clearInterval(timer)
            const decoded = video.getVideoPlaybackQuality().totalVideoFrames
            done({ decoded, shown, ended: video.ended, timeS: at, stoodMs, audio: video.webkitAudioDecodedByteCount })
          }, 50)
        },
      ),
    SPEED,
  )
}

test('1 % packet loss shows a picture to the end', async ({ routescope: { app, page, home, openCapture } }) => {
  await openCapture(await lossyCapture(home, 3))
  await app.play()
  const seen = await watch(page)
  expect(seen.ended).toBe(true)
  expect(seen.decoded).toBeGreaterThanOrEqual(0.9 * FRAMES)
  // Bytes of sound: as many as of the whole demo, but for what one segment and a few packets had.
  expect(seen.audio).toBeGreaterThan(250_000)
})

/**
 * dash.js looks every 200 ms whether the end is reached, and pauses there: seldom before the browser has ended by itself. Here it
 * looks all the time, so that it is the first nearly always.
 */
function looksForTheEndAlways(page: Page): Promise<void> {
  return page.evaluate(() => {
    const every = window.setInterval.bind(window) as (call: TimerHandler, ms?: number) => number
    window.setInterval = ((call: TimerHandler, ms?: number) =>
      every(call, ms === 200 ? 1 : ms)) as typeof window.setInterval
  })
}

for (const [what, objects] of [
  ['a picture segment', ['10/3']],
  ['a sound segment', ['20/4']],
] as const) {
  test(`without ${what} the rest goes on`, async ({ target, routescope: { app, page, home, openCapture } }) => {
    test.skip(target === 'browser', BY_DESKTOP)
    await openCapture(await captureWithout(home, ...objects))
    await looksForTheEndAlways(page)
    await app.play()
    const seen = await watch(page)
    expect(seen.ended).toBe(true)
    expect(seen.decoded).toBeGreaterThan(FRAMES - 60)
    expect(seen.stoodMs).toBeLessThan(1000)
  })
}

test('without a segment of HLS the rest goes on', async ({ target, routescope: { app, page, home, openCapture } }) => {
  test.skip(target === 'browser', BY_DESKTOP)
  await openCapture(await hlsCaptureWithout(home, '10/3', '20/8'))
  await app.play()
  const seen = await watch(page)
  expect(seen.ended).toBe(true)
  expect(seen.decoded).toBeGreaterThan(FRAMES - 60)
  expect(seen.stoodMs).toBeLessThan(1000)
})

test('sound goes on where no picture comes any more', async ({
  target,
  routescope: { app, page, home, openCapture },
}) => {
  test.skip(target === 'browser', BY_DESKTOP)
  const pictures = [6, 7, 8, 9, 10, 11, 12].map((toi) => `10/${toi}`)
  await openCapture(await captureWithout(home, ...pictures))
  await app.play()
  const seen = await watch(page)
  expect(seen.ended).toBe(true)
  expect(seen.timeS).toBeGreaterThan(23)
  await expect(app.player).toContainText('The picture ends here; the sound goes on.')
})
