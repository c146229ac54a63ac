import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import { type Datagram, pcapOf, withLoss } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { TestServer } from '../testing/test-server.ts'

const folder = new TestFolder()
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
const routeLoss = join(__dirname, '..', '..', '..', 'shared', 'captures', 'route-loss.pcap')
let sent: Datagram[]
let capture: string
let server: TestServer

/** The sender's files, as the program should write them. */
const originals = readdirSync(DEMO_FOLDER)
  .filter((name) => /\.(mpd|mp4|m4s)$/.test(name))
  .sort()
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))

beforeAll(async () => {
  sent = await routeFixture()
  capture = folder.at('loss.pcap')
  writeFileSync(capture, pcapOf(withLoss(sent, 0.02, 7)))
  server = await TestServer.open(Object.fromEntries(originals.map((name) => [`/media/${name}`, bytesOf(name)])))
})
afterAll(async () => {
  await server.close()
  folder.remove()
})

describe('receive --repair http', () => {
  it('completes a lossy capture, byte for byte, with a request for each gap', async () => {
    const before = await routescope(['receive', '--capture', capture, '--out', folder.at('plain')])
    expect(before.status).toBe(0)
    expect(treeOf(folder.at('plain')).length).toBeLessThan(originals.length)
    const out = folder.at('healed')
    const report = folder.at('healed.json')
    const url = `${server.url}media/`
    const ended = await routescope([
      'receive',
      '--capture',
      capture,
      '--out',
      out,
      '--repair',
      'http',
      '--repair-url',
      url,
      '--report',
      report,
    ])
    expect(ended).toMatchObject({ status: 0, stdout: '' })
    expect(ended.stderr).toMatch(/; fetched \d+ objects\.\n/)
    expect(treeOf(out)).toEqual(
      originals.map((name) => ({
        path: `service1/${name}`,
        size: bytesOf(name).length,
        sha256: sha256(bytesOf(name)),
      })),
    )
    const document = JSON.parse(readFileSync(report, 'utf8')) as Report
    expect(reportFaults(document)).toEqual([])
    const objects = document.services.flatMap(({ sessions }) =>
      sessions.flatMap(({ channels }) => channels.flatMap((channel) => channel.objects)),
    )
    const repaired = objects.filter(({ repair }) => repair !== null)
    expect(repaired.length).toBeGreaterThan(3)
    for (const { name, repair, complete, missing, sha256: digest, size, received } of repaired) {
      expect({ how: repair?.how, complete, missing, received }).toEqual({
        how: 'http',
        complete: true,
        missing: [],
        received: size,
      })
      expect(repair?.bytes).toBeGreaterThan(0)
      expect(digest).toBe(sha256(bytesOf(name ?? '')))
    }
    // The loss itself is still reported.
    const rules = document.alarms.map(({ rule }) => rule)
    expect(rules.filter((rule) => rule === 'OBJ-REPAIRED')).toHaveLength(repaired.length)
    expect(rules).toContain('OBJ-LOSS')
    expect(server.ranges.every((range) => range === null || /^bytes=\d+-\d+$/.test(range))).toBe(true)
    const gaps = server.ranges.length
    expect(gaps).toBeGreaterThanOrEqual(repaired.length)
    expect(gaps).toBeLessThan(sent.length * 0.02)
  })

  it('continues without an unreachable server', async () => {
    const dead = await TestServer.open()
    const url = dead.url
    await dead.close()
    const ended = await routescope(['receive', '--capture', capture, '--out', folder.at('dead'), '--repair-url', url])
    expect(ended.status).toBe(0)
    expect(treeOf(folder.at('dead'))).toEqual(treeOf(folder.at('plain')))
    expect(ended.stderr).toMatch(/; fetched 0 objects, \d+ not made whole\.\n/)
  })
})

describe.skipIf(!existsSync(routeLoss))(
  `route-loss${existsSync(routeLoss) ? '' : ' (skipped: no ../shared/captures)'}`,
  () => {
    it.each([
      ['none', [], 29],
      ['simple', [], 29],
      ['strict', [], 29],
      ['none', ['--keep-corrupt'], 40],
      ['simple', ['--keep-corrupt'], 40],
      ['strict', ['--keep-corrupt'], 40],
    ] as const)('--repair %s %s: as many files as GPAC writes', async (mode, options, files) => {
      const out = folder.at(`gpac-${mode}-${options.length}`)
      await routescope(['receive', '--capture', routeLoss, '--out', out, '--repair', mode, ...options])
      expect(treeOf(out)).toHaveLength(files)
    })
  },
)

describe('receive --repair simple and strict', () => {
  it.skipIf(!hasFfmpeg).each(['simple', 'strict'])(
    '%s: what is kept can be read to its end (with ffmpeg)',
    async (mode) => {
      const out = folder.at(`patched-${mode}`)
      const ended = await routescope([
        'receive',
        '--capture',
        capture,
        '--out',
        out,
        '--repair',
        mode,
        '--keep-corrupt',
      ])
      expect(ended.status).toBe(0)
      const files = treeOf(out).map(({ path }) => path)
      expect(files.some((path) => path.endsWith('.m4s.partial'))).toBe(true)
      for (const track of ['video', 'audio']) {
        const parts = [`${track}-init.mp4`, ...Array.from({ length: 12 }, (_, at) => `${track}-${at + 1}.m4s`)]
          .map((name) => [`service1/${name}`, `service1/${name}.partial`].find((path) => files.includes(path)))
          .filter((path) => path !== undefined)
        const input = Buffer.concat(parts.map((path) => readFileSync(join(out, path))))
        const run = spawnSync('ffmpeg', ['-v', 'fatal', '-i', 'pipe:0', '-f', 'null', '-'], { input, encoding: 'utf8' })
        expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' })
        const whole = spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'packet=pts', '-of', 'csv=p=0', 'pipe:0'], {
          input,
          encoding: 'utf8',
        })
        expect(whole.stdout.split('\n').length).toBeGreaterThan(50)
      }
    },
  )
})

describe('gateway', () => {
  it('serves a patched segment and marks it as such', async () => {
    const program = new RunningProgram(['gateway', '--capture', capture, '--pace', 'fast', '--listen', '127.0.0.1:0'])
    try {
      const [, baseUrl] = await program.printed('stdout', /Serving (http:\S+)/)
      await program.printed('stderr', /The source has ended/)
      const answers = await Promise.all(
        originals.filter((name) => name.endsWith('.m4s')).map((name) => fetch(`${baseUrl}/service1/${name}`)),
      )
      const states = answers.map((answer) => `${answer.status} ${answer.headers.get('x-routescope-state')}`)
      const patched = answers.filter((answer) => answer.headers.get('x-routescope-state') === 'patched')
      expect(new Set(states)).toEqual(new Set(['200 null', '200 patched']))
      expect(patched.length).toBeGreaterThan(3)
      for (const answer of patched) expect(answer.headers.get('cache-control')).toBe('no-store')
      for (const answer of answers) await answer.arrayBuffer()
    } finally {
      await program.interrupt()
    }
  })
})
