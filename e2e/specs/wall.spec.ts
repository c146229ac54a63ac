import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { violations, wear } from '../fixtures/axe.ts'
import { hevcObstacle, sharedCapture, twoServicesCapture } from '../fixtures/captures.ts'
import { root } from '../fixtures/cli.ts'
import { expect, test } from '../fixtures/routescope.ts'
import type { AppPage } from '../pages/app-page.ts'

/* All services at once, each with what an installed ffmpeg sees of it. */

const GROUP = 'mabr://239.255.116.1:26010'

/** Starts our own sender of two services on loopback. */
function sendTwo(): ChildProcess {
  const program = join(root, 'dist/cli/routescope.cjs')
  const input = join(root, 'assets/demo/presentation/manifest.mpd')
  return spawn(process.execPath, [program, 'send', input, input, GROUP, '--interface', '127.0.0.1', '--loop'], {
    stdio: 'ignore',
  })
}

/** Cards of services with media: the first one of DVB-MABR is the configuration. */
const cardsOf = (page: Page) => wallOf(page).getByRole('option').filter({ hasNotText: 'Gateway configuration' })
const wallOf = (page: Page) => page.getByRole('listbox', { name: 'Service wall' })

async function openWall(app: AppPage): Promise<void> {
  await app.command('Go to wall')
  await expect(wallOf(app.page)).toBeVisible()
}

/** Number of the picture on a card, and its pixels as one text. */
function pictureOf(page: Page, position: number) {
  return cardsOf(page)
    .nth(position)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
      const green = [...data].filter((_, at) => at % 4 === 1)
      return { spread: Math.max(...green) - Math.min(...green), pixels: green.join(' ') }
    })
}

async function skipWithoutFfmpeg(): Promise<void> {
  test.skip((await hevcObstacle()) === 'ffmpeg is not installed', 'ffmpeg is not installed')
}

test('the wall shows moving thumbnails of two services, and a click tunes', async ({ routescope: { app, page } }) => {
  await skipWithoutFfmpeg()
  const listen = app.start.getByRole('region', { name: 'Listen' })
  await listen.getByLabel('Address').fill(GROUP)
  await listen.getByLabel('Network interface').selectOption('127.0.0.1')
  await app.listenButton.click()
  await app.sessionShown()
  const sender = sendTwo()
  try {
    await expect.poll(() => app.services.count(), { timeout: 60_000 }).toBe(3)
    await openWall(app)
    const cards = cardsOf(page)
    await expect(cards).toHaveCount(2)
    for (const position of [0, 1]) {
      await expect(cards.nth(position).locator('canvas')).toBeVisible({ timeout: 30_000 })
      await expect.poll(async () => (await pictureOf(page, position)).spread, { timeout: 30_000 }).toBeGreaterThan(60)
    }
    const before = await Promise.all([pictureOf(page, 0), pictureOf(page, 1)])
    for (const position of [0, 1]) {
      await expect
        .poll(async () => (await pictureOf(page, position)).pixels, { timeout: 30_000 })
        .not.toBe(before[position]?.pixels)
      await expect(cards.nth(position)).toHaveAccessibleName(
        /b\/s Receiving ?, Receiving, Sound −\d+ and −\d+ dBFS, peaks/,
      )
    }
    await expect(page.getByText(/^2 of 3 services seen, ffmpeg takes \d+ % of a core at most$/)).toBeVisible()
    await cards.nth(1).click()
    await app.playing(1)
    await expect(cards.nth(1)).toContainText('Playing')
    await expect(cards.nth(1)).toHaveAttribute('aria-selected', 'true')
  } finally {
    sender.kill('SIGKILL')
  }
})

test('of a capture: by keys alone, and without a fault of axe in both themes', async ({
  routescope: { app, page, home, openCapture },
}) => {
  await skipWithoutFfmpeg()
  await openCapture(await twoServicesCapture(home))
  await openWall(app)
  const cards = cardsOf(page)
  await expect(page.getByText(/^2 of 3 services seen/)).toBeVisible({ timeout: 30_000 })
  await wallOf(page).focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await expect(cards.nth(0)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowRight')
  await expect(cards.nth(1)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await app.playing(1)
  await expect(cards.nth(1)).toContainText('Playing')
  for (const theme of ['dark', 'light'] as const) {
    await wear(app, theme)
    expect(await violations(page, theme), theme).toEqual([])
  }
})

test('off the air: HEVC Main 10 has a thumbnail, and AC-4 is named', async ({
  routescope: { app, page, openCapture },
}) => {
  await skipWithoutFfmpeg()
  const capture = sharedCapture('offair-ksnv')
  test.skip(capture === null, '../shared/captures/offair-ksnv.pcap is absent')
  await openCapture(capture ?? '')
  await openWall(app)
  await expect(wallOf(page).locator('canvas').first()).toBeVisible({ timeout: 60_000 })
  await expect.poll(async () => (await pictureOf(page, 0)).spread).toBeGreaterThan(100)
  await expect(wallOf(page)).toContainText(/ac-4: ffmpeg .* has no decoder/)
})

test.describe('without ffmpeg', () => {
  test.use({ ffmpeg: 'hidden' })

  test('one line says how to get it, and cards have rate and state', async ({
    routescope: { app, page, home, openCapture },
  }) => {
    await openCapture(await twoServicesCapture(home))
    await openWall(app)
    await expect(page.getByText(/^No ffmpeg, so no thumbnails: get it from ffmpeg\.org/)).toBeVisible()
    const cards = cardsOf(page)
    await expect(cards).toHaveCount(2)
    await expect(cards.nth(0)).toContainText(/No thumbnail.*b\/s.*(?:Received|loss)/s)
    await wear(app, 'light')
    expect(await violations(page, 'light')).toEqual([])
    await cards.nth(0).click()
    await app.playing(1)
  })
})
