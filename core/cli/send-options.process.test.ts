import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
const demoMpd = join(DEMO_FOLDER, 'manifest.mpd')
afterAll(() => folder.remove())

const ROUTE = 'route://239.255.1.1:6000'
const MABR = 'mabr://239.255.1.1:6000'

/** Sends the demo into a capture. */
async function sent(url: string, ...options: readonly string[]) {
  const file = folder.at(`${url.replace(/\W/g, '-')}${options.join('').replace(/\W/g, '-')}.pcapng`)
  return { file, ...(await routescope(['send', demoMpd, url, '--capture-out', file, ...options])) }
}

describe('options that mean nothing for the address', () => {
  it.each([
    [MABR, ['--plain-sls'], '--plain-sls', 'mabr:// over FLUTE', 'route://, atsc:// and mabr:// over ROUTE'],
    [MABR, ['--korean'], '--korean', 'mabr:// over FLUTE', 'route://, atsc:// and mabr:// over ROUTE'],
    [MABR, ['--bsid', '7'], '--bsid 7', 'mabr:// over FLUTE', 'atsc://'],
    [MABR, ['--service-name', 'News'], '--service-name News', 'mabr:// over FLUTE', 'atsc://'],
    [ROUTE, ['--bsid', '7'], '--bsid 7', 'route://', 'atsc://'],
    [MABR, ['--transport', 'route', '--in-band'], '--in-band', 'mabr:// over ROUTE', 'mabr:// over FLUTE'],
    [ROUTE, ['--digests', 'all'], '--digests all', 'route://', 'mabr:// over FLUTE and mabr:// over ROUTE'],
    ['atsc://', ['--digests', 'none'], '--digests none', 'atsc://', 'mabr:// over FLUTE and mabr:// over ROUTE'],
  ])('are told: %s %j', async (url, options, named, form, forms) => {
    const { status, stderr } = await sent(url, ...options)
    expect(status).toBe(0)
    const [line, ...rest] = stderr.trimEnd().split('\n')
    expect(line).toContain(`${named} changes nothing of a broadcast to ${form}: it is for ${forms}. Leave it out.`)
    expect(rest).toEqual([expect.stringMatching(/^Sent \d+ packets, \d+ objects\.$/)])
  })

  it.each([
    [ROUTE, ['--split', 'all', '--plain-sls', '--korean']],
    ['atsc://', ['--split', 'all', '--plain-sls', '--bsid', '7', '--service-name', 'News', '--service-id', '3']],
    [MABR, ['--digests', 'all', '--service-id', '3', '--split', 'all', '--in-band']],
    [MABR, ['--transport', 'route', '--plain-sls', '--korean', '--split', 'mcast']],
  ])('are not those that mean something: %s %j', async (url, options) => {
    const { status, stderr } = await sent(url, ...options)
    expect(stderr).toMatch(/^Sent \d+ packets, \d+ objects\.\n$/)
    expect(status).toBe(0)
  })
})

it('options of the network are told where only a capture is written', async () => {
  const { status, stderr } = await sent(ROUTE, '--interface', '127.0.0.1', '--ttl', '1')
  expect(status).toBe(0)
  const [first, second, ...rest] = stderr.trimEnd().split('\n')
  const means =
    'changes nothing here: it is for "Multicast out", which sends datagrams to multicast groups, and this session has none.'
  expect([first, second]).toEqual([`routescope: --interface 127.0.0.1 ${means}`, `routescope: --ttl 1 ${means}`])
  expect(rest).toEqual([expect.stringMatching(/^Sent \d+ packets, \d+ objects\.$/)])
})

it('a last port without a next one is named', async () => {
  const { status, stderr } = await sent('mabr://239.255.1.1:65535')
  expect(stderr).toContain('There is no port 65536, on which the media would follow the configuration.')
  expect(status).toBe(2)
})
