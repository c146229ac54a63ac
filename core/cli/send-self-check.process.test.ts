import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
const FILES = 4
beforeAll(() => {
  mkdirSync(folder.at('files'))
  for (let at = 0; at < FILES; at++) writeFileSync(folder.at('files', `${at}.bin`), new Uint8Array(40_000).fill(at))
})
afterAll(() => folder.remove())

async function sent(url: string, ...options: readonly string[]) {
  return routescope(['send', folder.at('files'), url, '--interface', '127.0.0.1', '--self-check', ...options])
}

describe('send --self-check', () => {
  it.each([
    ['route', []],
    ['mabr', []],
    ['mabr', ['--transport', 'route']],
  ])('finds everything that is sent to %s:// equal %j', async (scheme, options) => {
    const { status, stderr } = await sent(`${scheme}://239.255.41.13:${await freePort()}`, ...options)
    expect(stderr).toMatch(/^Sent \d+ packets, 4 objects\.$/m)
    const [, equal, compared] =
      /^Self-check: (\d+) of (\d+) objects came back equal[^\n]*; delay \d/m.exec(stderr) ?? []
    expect(Number(equal)).toBeGreaterThan(FILES)
    expect(equal).toBe(compared)
    expect(status).toBe(0)
  })

  it('tells what the loss model kept back, object by object, and that it is not as it should be', async () => {
    const lossy = ['--loss', '10x60', '--loss-seed', '1', '--json']
    const { status, stdout } = await sent(`route://239.255.41.13:${await freePort()}`, ...lossy)
    const { selfLoop } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    const { equal, late, incomplete, lost, differs } = selfLoop.counts
    expect(incomplete).toBeGreaterThan(0)
    expect(equal + late + incomplete + lost).toBeGreaterThan(FILES)
    expect(differs).toBe(0)
    expect(status).toBe(3)
  })

  it('is refused where nothing reaches the network', async () => {
    const { status, stderr } = await sent(
      'route://239.255.41.13:6000',
      '--pace',
      'fast',
      '--capture-out',
      folder.at('a'),
    )
    expect(stderr).toMatch(/^routescope: --self-check receives from the network/)
    expect(status).toBe(2)
  })
})
