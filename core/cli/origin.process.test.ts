import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, TestFolder, treeOf } from '../testing/program.ts'
import { askRaw } from '../testing/raw-http.ts'

const folder = new TestFolder()
const capture = folder.at('demo.pcap')
beforeAll(async () => {
  writeFileSync(capture, pcapOf(await routeFixture()))
})
afterAll(() => folder.remove())

const demo = readdirSync(DEMO_FOLDER).filter((name) => /^(?:audio|video)-\w+\.(?:m4s|mp4)$/.test(name))

describe('received files as an origin', () => {
  it('has the files of one service below the name of its manifest, in memory and on disk, on one port', async () => {
    const host = { listen: '127.0.0.1:0', headers: ['X-Run,7'] }
    const parts = [
      { id: 'source', kind: 'capture', files: [capture] },
      { id: 'one', kind: 'http-origin', ...host, path: '/tv/live.mpd', maxSegments: 100 },
      { id: 'two', kind: 'http-origin', ...host, path: '/tv/again.mpd', maxSegments: 0, folder: folder.at('disk') },
      { id: 'three', kind: 'http-origin', ...host, path: '/all/', maxSegments: 2, idleS: 5 },
    ]
    const spec = folder.at('origins.json')
    writeFileSync(spec, JSON.stringify({ format: 'routescope-session', version: 2, name: 'origins', parts }))
    const program = new RunningProgram(['run', spec, '--log', 'http@warning'])
    const [, url = ''] = await program.printed('stdout', /^Serving (http:\S+)$/m)
    await program.printed('stderr', /is still served/)
    const ask = (path: string) => askRaw(Number(new URL(url).port), `GET ${path}`)
    for (const path of ['/tv/live.mpd', '/tv/again.mpd']) {
      const { status, headers } = await ask(path)
      expect([status, headers['content-type'], headers['x-run']]).toEqual([200, 'application/dash+xml', '7'])
    }
    for (const name of demo)
      expect((await ask(`/tv/${name}`)).body.equals(readFileSync(join(DEMO_FOLDER, name)))).toBe(true)
    expect(treeOf(folder.at('disk')).map(({ path }) => path)).toEqual(['again.mpd', ...demo].sort())
    const last = demo.filter((name) => /video-\d+/.test(name)).length
    const status = async (number: number) => (await ask(`/all/service1/video-${number}.m4s`)).status
    expect([await status(last - 2), await status(last - 1), await status(last)]).toEqual([404, 200, 200])
    const { stderr } = await program.interrupt()
    // HS-78
    expect(stderr).toContain('has its own the idle time; those of')
    expect(stderr).toMatch(/Origin http:\S+\/all\/: \d+ requests, \d+ bytes; \d+ segments removed\./)
  })

  it('serves on the command line, and says which services a manifest leaves out', async () => {
    const options = [
      '--origin',
      '127.0.0.1:0',
      '--origin-path',
      '/live.mpd',
      '--origin-segments',
      '-1',
      '--origin-hold',
      '1',
    ]
    const dir = ['--origin-dir', folder.at('cli')]
    const program = new RunningProgram(['receive', '--capture', capture, ...options, ...dir])
    await program.printed('stderr', /is still served/)
    const media = readdirSync(folder.at('cli')).filter((name) => /-\d+\.m4s$/.test(name))
    expect(media).toHaveLength(2)
    expect((await program.interrupt()).status).toBe(130)
    const wrong = await new RunningProgram(['receive', '--capture', capture, ...options, '--origin-path', 'live.mpd'])
      .ended
    expect([wrong.status === 0, wrong.stderr]).toEqual([false, expect.stringContaining('is no path of an origin')])
  })
})
