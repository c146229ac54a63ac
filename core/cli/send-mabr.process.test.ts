import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import { seededBelow } from '../testing/seeded.ts'

const folder = new TestFolder()
const demoMpd = join(DEMO_FOLDER, 'manifest.mpd')
afterAll(() => folder.remove())

/** Media and manifest of the demo, by name and digest. */
const demo = (): object[] => treeOf(DEMO_FOLDER).filter(({ path }) => !path.endsWith('.m3u8'))
/** The same of what was received, of whatever service. */
const received = (out: string): object[] =>
  treeOf(out)
    .map((file) => ({ ...file, path: file.path.slice(file.path.lastIndexOf('/') + 1) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))

describe('send to mabr://', () => {
  it.each([
    ['route', ['--transport', 'route']],
    ['route-split', ['--transport', 'route', '--split', 'all', '--korean', '--plain-sls']],
    ['in-band', ['--in-band', '--digests', 'all']],
    ['ssm', ['--ssm', '--repair-base', 'http://192.0.2.1/', '--repair-after', '80']],
  ])('%s: %j is received whole', async (name, options) => {
    const file = folder.at(`${name}.pcapng`)
    const sent = await routescope(['send', demoMpd, 'mabr://239.255.4.1:6000', '--capture-out', file, ...options])
    expect(sent).toMatchObject({ status: 0, stderr: expect.stringMatching(/^Sent \d+ packets, \d+ objects\.\n$/) })
    const out = folder.at(name)
    const { status } = await routescope(['receive', '--capture', file, '--out', out])
    expect(status).toBe(0)
    expect(received(out)).toEqual(demo())
  })

  it.each([
    ['flute', []],
    ['route', ['--transport', 'route']],
  ])('by %s, source-specific, arrives at a receiver of this machine', async (name, options) => {
    const below = seededBelow(12)
    const files = new Map(
      [...'abcd'].map((letter, at) => [
        `${letter}.bin`,
        Uint8Array.from({ length: 5000 * (at + 1) }, () => below(256)),
      ]),
    )
    const input = folder.at(`plain-${name}`)
    mkdirSync(input)
    for (const [path, bytes] of files) writeFileSync(join(input, path), bytes)
    const url = `mabr://239.255.42.12:${await freePort()}`
    const out = folder.at(`live-${name}`)
    const sender = new RunningProgram([
      ...['send', input, url, '--interface', '127.0.0.1', '--ttl', '0', '--loop', '--carousel', '200', '--ssm'],
      ...options,
    ])
    const on = ['--interface', '127.0.0.1', '--timeout', '140']
    const receiver = new RunningProgram(['receive', url, ...on, '--out', out, '--json'])
    for (const path of files.keys()) await receiver.printed('stdout', new RegExp(`${path}"`))
    await receiver.interrupt()
    await sender.interrupt()
    expect(received(out)).toEqual(
      [...files].map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) })),
    )
  })

  it('source-specific without an interface is refused', async () => {
    const { status, stderr } = await routescope(['send', demoMpd, 'mabr://239.255.42.12:6000', '--ssm', '--ttl', '0'])
    expect(stderr).toMatch(/^routescope: Source-specific multicast \(--ssm\) names .*--interface\.\n$/)
    expect(status).toBe(2)
  })
})
