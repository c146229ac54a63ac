import { captionedCapture, sharedCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/* Captions and sounds of what plays. */

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
