import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../fixtures/cli.ts'
import { expect, test } from '../fixtures/routescope.ts'

const GROUP = 'route://239.255.13.7:6130'

/** Starts our own sender on loopback. */
function sendDemo(): ChildProcess {
  const program = join(root, 'dist/cli/routescope.cjs')
  const input = join(root, 'assets/demo/presentation/manifest.mpd')
  return spawn(process.execPath, [program, 'send', input, GROUP, '--interface', '127.0.0.1', '--loop'], {
    stdio: 'ignore',
  })
}

/** Seconds of the day at the end of the range that the timeline's words name. */
function shownEnd(words: string): number {
  const [, hours, minutes, seconds] = / to (\d+):(\d+):([\d.]+)\./.exec(words) ?? []
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}

test('a sender that is killed is an alarm, and its return the end of an outage', async ({
  routescope: { app, page },
}) => {
  const listen = app.start.getByRole('region', { name: 'Listen' })
  await listen.getByLabel('Address').fill(GROUP)
  await listen.getByLabel('Network interface').selectOption('127.0.0.1')
  await app.listenButton.click()
  await app.sessionShown()
  let sender = sendDemo()
  try {
    await app.openTab('Objects')
    await expect.poll(() => app.objects.count(), { timeout: 60_000 }).toBeGreaterThan(4)
    const badge = page.getByRole('banner').getByRole('button', { name: /^Source: / })
    await expect(badge.locator('[data-live="true"]')).toBeVisible()
    await app.openTab('Alarms')
    // Seconds since the last packet where the header first says so.
    const toldAfter = page.waitForFunction(() => {
      for (const button of document.querySelectorAll('header button'))
        for (const text of [button.textContent, button.getAttribute('aria-label')]) {
          const seconds = /^No signal for (\d+) s/.exec(text ?? '')?.[1]
          if (seconds !== undefined) return seconds
        }
      return null
    })
    sender.kill('SIGKILL')
    await expect(app.alarms.row('SIGNAL-GONE')).toHaveCount(1)
    await expect(app.alarms.row('SIGNAL-GONE')).not.toHaveAttribute('data-tone')
    expect(Number(await (await toldAfter).jsonValue())).toBeLessThanOrEqual(5)

    // Header, badge, service row, and an axis that goes on.
    await expect(page.getByRole('banner').getByRole('button', { name: /^No signal for \d+ s$/ })).toBeVisible()
    await expect(badge.locator('[data-live="true"]')).toHaveCount(0)
    await expect(app.services.row('Service 1')).toContainText('Silent')
    const words = await app.timelineWords()
    expect(words).toContain('The signal is gone since')
    await expect.poll(async () => shownEnd(await app.timelineWords()) - shownEnd(words)).toBeGreaterThan(3)

    // The log has the time of the event, to the millisecond.
    const [gone] = await app.alarms.lines()
    const lastPacket = / no packet since \d+:(\d+):([\d.]+) UTC/.exec(gone?.What ?? '')
    await app.openTab('Log')
    const line = page.getByRole('region', { name: 'Log lines' }).getByTitle(/^SIGNAL-GONE/)
    const loggedAt = /\d+:(\d+):([\d.]+)/.exec((await line.first().textContent()) ?? '')
    const ofHour = (match: RegExpExecArray | null): number => Number(match?.[1]) * 60 + Number(match?.[2])
    expect(Math.abs(ofHour(loggedAt) - ofHour(lastPacket))).toBeLessThan(0.01)

    sender = sendDemo()
    await app.openTab('Alarms')
    await expect(app.alarms.row('SIGNAL-GONE')).toHaveCount(2)
    const lines = (await app.alarms.lines()).filter(({ Rule }) => Rule === 'SIGNAL-GONE')
    // What is over is dim.
    for (const row of await app.alarms.row('SIGNAL-GONE').all()) await expect(row).toHaveAttribute('data-tone', 'dim')
    expect(lines.map(({ What }) => What).join('\n')).toMatch(/; back at .* UTC, after [\d.]+ s/)
    await expect(badge.locator('[data-live="true"]')).toBeVisible()
    await expect(page.getByRole('button', { name: /^No signal/ })).toHaveCount(0)
  } finally {
    sender.kill('SIGKILL')
  }
})
