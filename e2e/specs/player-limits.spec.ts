import { encryptedCapture, hlsCaptureWithCodecs, manyCuesCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* What a broadcast can do to a player: the window says it in one sentence, and goes on. */

test('an encrypted presentation is named, instead of loading for ever', async ({
  routescope: { app, home, openCapture },
}) => {
  await openCapture(await encryptedCapture(home))
  await app.play()
  await expect(app.player).toContainText('This presentation is encrypted (cenc, Widevine) and cannot be played here.')
})

test('subtitles of 30 000 cues are left out, and said to be; the picture plays', async ({
  routescope: { app, home, openCapture },
}) => {
  await openCapture(await manyCuesCapture(home, 30_000))
  await app.play()
  await app.playing(3)
  await expect(app.player.getByRole('status')).toContainText(/Subtitles are left out: subtitles-1\.vtt has/)
  const shown = await app.video.evaluate((video) =>
    [...(video as HTMLVideoElement).textTracks].reduce((sum, track) => sum + (track.cues?.length ?? 0), 0),
  )
  expect(shown).toBe(0)
})

for (const sound of ['ac-4.02.01.03', 'mhm1.0x0D']) {
  test(`HLS with sound in ${sound} shows its picture, and names the sound`, async ({
    routescope: { app, home, openCapture },
  }) => {
    await openCapture(await hlsCaptureWithCodecs(home, `avc1.64001f,${sound}`))
    await app.play()
    await app.playing(2)
    await expect(app.player.getByRole('status')).toContainText(/not decodable here; playing video only/)
  })
}

test.describe('without an ffmpeg that would decode it', () => {
  test.use({ ffmpeg: 'hidden' })

  test('HLS whose picture cannot be decoded plays its sound', async ({ routescope: { app, home, openCapture } }) => {
    await openCapture(await hlsCaptureWithCodecs(home, 'hvc1.9.9.L999,mp4a.40.2'))
    await app.play()
    await expect.poll(() => app.video.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeGreaterThan(2)
    await expect(app.player.getByRole('status')).toContainText(/not decodable here; playing sound only/)
  })
})
