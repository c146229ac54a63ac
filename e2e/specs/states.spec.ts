import { captureWithoutUdp, demoCapture, demoCaptureWithCodecs, noCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'

/** Where datagrams are read in batches. */
const BATCHES = ['linux-x64', 'linux-arm64']
const SILENT = 'route://239.255.82.85:6085'

test('no packets yet: shows where it listens, since when, and what to try', async ({
  routescope: { app, page, electron },
}) => {
  await app.start.getByLabel('Address').fill(SILENT)
  await app.start.getByLabel('Network interface').selectOption('127.0.0.1')
  await app.listenButton.click()
  const waiting = page.getByRole('main', { name: 'Waiting for packets' })
  await expect(waiting.getByRole('heading', { level: 1 })).toHaveText(
    /^Nothing received on 239\.255\.82\.85:6085 for [2-9] s$/,
  )
  const joined = waiting.getByRole('list', { name: 'What was joined' })
  await expect(joined.getByRole('listitem')).toHaveText(
    /Joined 239\.255\.82\.85:6085 on 127\.0\.0\.1.*receive buffer [\d\u2009]+ B/,
  )
  await expect(waiting.getByRole('region', { name: 'What to try' }).getByRole('listitem')).toHaveCount(3)
  if (electron !== null) {
    // The native package that reads batches is loaded by the app's own process too.
    await waiting.getByRole('button', { name: 'Copy diagnosis' }).click()
    const reading = BATCHES.includes(`${process.platform}-${process.arch}`) ? 'in batches' : 'one by one'
    await expect.poll(() => electron.evaluate(({ clipboard }) => clipboard.readText())).toContain(`read ${reading}`)
  }
  await app.stopButton.click()
  await expect(waiting).toBeHidden()
})

test('a file that is no capture is refused with a reason, and another can be chosen', async ({
  routescope: { app, home, chooseCapture, openCapture },
}) => {
  await chooseCapture(await noCapture(home))
  const refusal = app.start.getByRole('alert')
  await expect(refusal).toContainText('notes.pcap is not a packet capture')
  await expect(refusal.getByRole('button', { name: 'Choose another' })).toBeVisible()
  await openCapture(await demoCapture(home))
  await expect(app.objects.grid).toBeVisible()
})

test('a capture without datagrams is distinguished from an empty session', async ({
  routescope: { app, home, chooseCapture },
}) => {
  await chooseCapture(await captureWithoutUdp(home))
  await expect(app.page.getByRole('alert')).toContainText(/only-arp\.pcap.*no UDP/i)
  await expect(app.openCaptureButton).toBeVisible()
})

test('an address with a bad port is refused, and the form is kept', async ({ routescope: { app } }) => {
  const address = app.start.getByLabel('Address')
  await address.fill('route://239.255.82.85:99999')
  await app.start.getByLabel('Network interface').selectOption('127.0.0.1')
  await app.listenButton.click()
  await expect(app.start.getByRole('alert')).toContainText('99999')
  await expect(address).toHaveValue('route://239.255.82.85:99999')
  await expect(app.start.getByLabel('Network interface')).toHaveValue('127.0.0.1')
  await address.fill(SILENT)
  await expect(app.start.getByRole('alert')).toHaveCount(0)
})

test.describe('without ffmpeg', () => {
  test.use({ ffmpeg: 'hidden' })

  test('codecs that cannot be decoded are named, and the rest plays', async ({
    routescope: { app, home, openCapture },
  }) => {
    await openCapture(await demoCaptureWithCodecs(home, 'hvc1.2.4.L120.B0', 'ac-4.02.01.01'))
    await expect(app.player).toContainText('HEVC (hvc1.2.4.L120.B0)')
    await expect(app.player).toContainText('AC-4 (ac-4.02.01.01)')
    await expect(app.player).toContainText('not decodable here')
    await expect(app.player).toContainText('Dump')
    expect(await app.objects.count()).toBeGreaterThan(20)
  })

  test('audio that cannot be decoded leaves the video playing', async ({ routescope: { app, home, openCapture } }) => {
    await openCapture(await demoCaptureWithCodecs(home, 'avc1.64001f', 'ac-4.02.01.01'))
    await app.play()
    await app.playing(2)
    await expect(app.player.getByRole('status').filter({ hasText: 'AC-4' })).toContainText('playing video only')
  })
})
