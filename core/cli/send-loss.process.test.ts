import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { inspect, routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** Sends the demo into a capture. */
async function sent(name: string, ...options: readonly string[]) {
  const file = folder.at(`${name}.pcapng`)
  const input = join(DEMO_FOLDER, 'manifest.mpd')
  const { status, stderr } = await routescope([
    'send',
    input,
    'route://239.255.1.1:6000',
    '--capture-out',
    file,
    ...options,
  ])
  return { status, stderr, file }
}

describe('the loss model of send', () => {
  it('keeps back the packets of its seed, says how many, and receivers miss as many', async () => {
    const whole = (await inspect((await sent('whole')).file)).totals.udp
    const reports = []
    for (const seed of ['7', '7', '8']) {
      const name = `lossy-${seed}-${reports.length}`
      const { status, stderr, file } = await sent(name, '--loss', '2x50', '--loss-seed', seed)
      expect(status).toBe(0)
      const { totals, services } = await inspect(file)
      const keptBack = whole - totals.udp
      expect(stderr).toMatch(
        new RegExp(
          `^Sent ${totals.udp} packets, 24 objects\\. The loss model kept ${keptBack} more packets back\\.\\n$`,
        ),
      )
      // Two of a hundred begin a burst, of two packets on average.
      expect(keptBack).toBeGreaterThan(whole / 100)
      expect(keptBack).toBeLessThan(whole / 10)
      expect(totals.losses.unknown.objects + totals.losses.network.objects).toBeGreaterThan(0)
      reports.push(
        services
          .flatMap(({ sessions }) => sessions.flatMap(({ channels }) => channels))
          // The signalling of each run has other versions.
          .filter(({ tsi }) => tsi !== 0)
          .flatMap(({ tsi, objects }) => objects.map(({ toi, missing }) => [tsi, toi, missing])),
      )
    }
    expect(reports[0]).toEqual(reports[1])
    expect(reports[0]).not.toEqual(reports[2])
  })

  it.each(['5', '1x200', 'x'])('refuses the chances %s', async (chances) => {
    const { status, stderr } = await sent('refused', '--loss', chances)
    expect(stderr).toMatch(/^routescope: .*--loss.* must be two percentages such as 1x50/)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(status).toBe(2)
  })
})
