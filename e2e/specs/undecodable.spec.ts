import { spoiltCapture, withNoiseForSamples } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* Media that came whole and that no browser takes: the segment and what is wrong with it are named, and the rest plays. */

test('a picture of noise is named, and the sound plays', async ({ routescope: { app, home, openCapture } }) => {
  await openCapture(await spoiltCapture(home, 'manifest.mpd', /^video-\d+\.m4s$/))
  await app.play()
  await expect(app.player).toContainText(/video-1\.m4s cannot be decoded: there is no box of a segment at byte 0/)
  await expect(app.player).toContainText('The sound plays without picture.')
  await expect.poll(() => app.video.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeGreaterThan(2)
})

for (const manifest of ['manifest.mpd', 'master.m3u8']) {
  test(`${manifest}: segments of noise between others are named, and playing goes on`, async ({
    routescope: { app, home, openCapture },
  }) => {
    await openCapture(await spoiltCapture(home, manifest, /^video-[23]\.m4s$/))
    await app.play()
    await app.playing(7)
    await expect(app.player).toContainText(/video-2\.m4s cannot be decoded: there is no box/)
  })
}

for (const [sound, spoil, fault] of [
  ['sound of noise', undefined, 'there is no box of a segment at byte 0'],
  ['sound with noise for samples', withNoiseForSamples, 'no decoder takes its samples.'],
] as const) {
  test(`master.m3u8: ${sound} is named, and the picture plays`, async ({ routescope: { app, home, openCapture } }) => {
    await openCapture(await spoiltCapture(home, 'master.m3u8', /^audio-\d+\.m4s$/, spoil))
    await app.play()
    await app.playing(3)
    await expect(app.player).toContainText(`audio-1.m4s cannot be decoded: ${fault}`)
    await expect(app.player).toContainText('The picture plays without sound.')
  })
}

test('where neither picture nor sound can be decoded, that is said', async ({
  routescope: { app, home, openCapture },
}) => {
  await openCapture(await spoiltCapture(home, 'manifest.mpd', /^(?:video|audio)-\d+\.m4s$/))
  await app.play()
  await expect(app.player).toContainText(/(?:video|audio)-1\.m4s cannot be decoded: there is no box of a segment/)
})

test('a playlist without initialisation segment is named, and the sound plays', async ({
  routescope: { app, home, openCapture },
}) => {
  const withoutMap = (text: Buffer): Buffer => Buffer.from(text.toString().replace(/^#EXT-X-MAP.*\n/m, ''))
  await openCapture(await spoiltCapture(home, 'master.m3u8', /^video\.m3u8$/, withoutMap))
  await app.play()
  await expect(app.player).toContainText(
    /video-\d+\.m4s cannot be decoded: its playlist names no initialisation segment/,
  )
  await expect(app.player).toContainText('The sound plays without picture.')
})
