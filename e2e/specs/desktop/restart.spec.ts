import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { demoFolder } from '../../fixtures/captures.ts'
import { root } from '../../fixtures/cli.ts'
import { offAir, onAir } from '../../fixtures/on-air.ts'
import { expect, test } from '../../fixtures/routescope.ts'

const ROUTE = { scheme: 'route', group: '239.255.41.7', port: 4170 } as const
const FLUTE = { scheme: 'mabr', group: '239.255.41.9', port: 4190 } as const
/** Datagrams after which a sender is in the middle of a segment. */
const BEGUN = 12
/** A sender that is back sooner in its first segments cannot be told from packets that overtake others, ms. */
const BREAK_MS = 500
/** From the first packet of the new transmission to its picture, ms; a machine that needs longer for the first one has as much for this one. */
const BACK_MS = 5000
/** A loaded machine may need longer than these rules allow to start a sender and its media. */
const SILENCE = ['SIGNAL-GONE', 'SERVICE-SILENT']
const children: ChildProcess[] = []

type Address = typeof ROUTE | typeof FLUTE

const urlOf = ({ scheme, group, port }: Address): string => `${scheme}://${group}:${port}`

/** A sender as a process of its own, so that it can be killed. */
function send(address: Address): ChildProcess {
  const program = join(root, 'dist/cli/routescope.cjs')
  const args = [program, 'send', join(demoFolder, 'manifest.mpd'), urlOf(address), '--interface', '127.0.0.1', '--loop']
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  children.push(child)
  return child
}

test.afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

type Picture = { readonly atMs: number; readonly timeS: number }

/** The first picture that another one follows, of the transmission with which the player starts next. */
function nextPictures(page: Page): Promise<Picture> {
  return page.evaluate(
    () =>
      new Promise<Picture>((done) => {
        const video = document.querySelector('video') as HTMLVideoElement
        const shown = (before: number): void =>
          void video.requestVideoFrameCallback((_now, { mediaTime }) => {
            if (mediaTime > before) done({ atMs: Date.now(), timeS: mediaTime })
            else shown(mediaTime)
          })
        // Of another transmission nothing is loaded at first.
        video.addEventListener('emptied', () => shown(Number.POSITIVE_INFINITY), { once: true })
      }),
  )
}

test('a sender that is joined in mid-segment is green, and has its picture back once it is killed and started again', async ({
  routescope: { app, page },
}) => {
  const begun = onAir(ROUTE.group, ROUTE.port, BEGUN)
  const first = send(ROUTE)
  await begun
  const listen = app.start.getByRole('region', { name: 'Listen' })
  await listen.getByLabel('Address').fill(urlOf(ROUTE))
  await listen.getByLabel('Network interface').selectOption('127.0.0.1')
  await app.listenButton.click()
  await app.sessionShown()
  const startedMs = Date.now()
  await app.play()
  await app.playing(2)
  const firstMs = Date.now() - startedMs
  // It was joined in the middle of a segment, and is green.
  await expect(page.getByRole('region', { name: 'Objects' })).toContainText('Joined late')
  await expect(page.getByRole('banner')).toContainText(/loss 10 s 0 %.*0 errors.*0 warnings/)
  await expect(app.player).not.toContainText('missing')

  const back = nextPictures(page)
  first.kill('SIGKILL')
  await new Promise((done) => first.once('exit', done))
  const killedMs = Date.now()
  await offAir(ROUTE.group, ROUTE.port, BREAK_MS)
  send(ROUTE)
  const { atMs, timeS } = await back

  // The alarm is at the first packet of the new transmission, and marks the timeline.
  await app.openTab('Alarms')
  const lines = (await app.alarms.lines()).filter(({ Rule }) => Rule === 'TOI-LOOP')
  expect(lines.map(({ What }) => What)).toEqual([
    expect.stringMatching(
      /^The sender began again: TSI \d+ .*went back from TOI \d+ to 1, [\d.]+ s after the last media/,
    ),
  ])
  const [, hours = 0, minutes = 0, seconds = 0] = /(\d+):(\d+):([\d.]+)/.exec(lines[0]?.Time ?? '') ?? []
  const begunMs = new Date(killedMs).setUTCHours(Number(hours), Number(minutes), 0, 0) + Number(seconds) * 1000
  expect(begunMs).toBeGreaterThan(killedMs - 1000)
  expect(atMs - begunMs).toBeLessThan(Math.max(BACK_MS, firstMs))
  // It is that of the new transmission, which is shown from its beginning, and goes on.
  expect(timeS).toBeLessThan(2)
  await app.playing(3)
  expect(await app.player.textContent()).not.toContain('No complete segments')
})

test('a sender of DVB-MABR has its picture back once it is killed and started again', async ({
  routescope: { app, page },
}) => {
  const begun = onAir(FLUTE.group, FLUTE.port, BEGUN)
  const first = send(FLUTE)
  await begun
  const listen = app.start.getByRole('region', { name: 'Listen' })
  await listen.getByLabel('Address').fill(urlOf(FLUTE))
  await listen.getByLabel('Network interface').selectOption('127.0.0.1')
  await app.listenButton.click()
  await app.sessionShown()
  const startedMs = Date.now()
  await app.play()
  await app.playing(2)
  const firstMs = Date.now() - startedMs

  const back = nextPictures(page)
  first.kill('SIGKILL')
  await new Promise((done) => first.once('exit', done))
  const killedMs = Date.now()
  await offAir(FLUTE.group, FLUTE.port, BREAK_MS)
  send(FLUTE)
  const { atMs, timeS } = await back

  // That reception began in the middle of a segment is no more than a note.
  await app.openTab('Alarms')
  const lines = (await app.alarms.lines()).filter(
    ({ Severity, Rule }) => Severity !== 'Note' && !SILENCE.includes(Rule ?? ''),
  )
  expect(lines.map(({ What }) => What)).toEqual([expect.stringMatching(/^The sender began again: TSI \d+ /)])
  expect(atMs - killedMs).toBeLessThan(Math.max(2 * BACK_MS, firstMs))
  expect(timeS).toBeLessThan(2)
  await app.playing(3)
})
