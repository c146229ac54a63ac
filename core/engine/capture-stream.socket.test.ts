import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LINK_TYPE } from '../capture/link-types.ts'
import type { PartSpec } from '../contract/session-spec.ts'
import { breaks, type CaptureAnswer, CaptureServer, slowly, stays } from '../testing/capture-server.ts'
import { type Datagram, pcapngOf, pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { sha256, TestFolder, treeOf } from '../testing/program.ts'
import { alpFrames, ipPacketsFrom, pcapOfFrames } from '../testing/reencapsulate.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { Engine } from './engine.ts'
import type { Session } from './session.ts'

const folder = new TestFolder()
let sent: Datagram[]
let engine: Engine
let servers: CaptureServer[] = []
let outs = 0

beforeAll(async () => {
  sent = await routeFixture()
})
beforeEach(() => {
  engine = new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
})
afterEach(async () => {
  await engine.close()
  await Promise.all(servers.map((server) => server.close()))
  servers = []
})
afterAll(() => folder.remove())

async function open(...answers: CaptureAnswer[]) {
  const server = await new CaptureServer(...answers).open()
  servers.push(server)
  return { url: (path: string, user?: string) => server.url(path, user), requests: server.requests }
}

function receive(url: string, ...more: PartSpec[]): Promise<Session> {
  return engine.start({
    format: 'routescope-session',
    version: 2,
    parts: [{ id: 'source', kind: 'capture-stream', url, services: 'all' }, ...more],
  })
}

const intoFolder = (): { out: string; part: PartSpec } => {
  const out = folder.at(`out-${++outs}`)
  return { out, part: { id: 'folder', kind: 'folder', dir: out } }
}
const demo = readdirSync(DEMO_FOLDER)
  .filter((name) => /\.(mpd|mp4|m4s)$/.test(name))
  .map((name) => [`service1/${name}`, sha256(readFileSync(join(DEMO_FOLDER, name)))])
  .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
const files = (out: string) => treeOf(out).map(({ path, sha256: digest }) => [path, digest])
const messages = (session: Session): string[] => session.problems().map(({ code, message }) => `${code}: ${message}`)
/** Waits until `count` files have been delivered. */
const delivered = (session: Session, count: number) =>
  vi.waitFor(() => expect(session.summary().files).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 20 })
const failureOf = (session: Session) =>
  session.done.then(() => `${session.failure()?.code}: ${session.failure()?.message}`)

describe('a capture over HTTP that goes on for ever', () => {
  it('is received live across a break inside a record, with a new header after it', async () => {
    const { out, part } = intoFolder()
    const half = Math.floor(sent.length / 2)
    const first = pcapOf(sent.slice(0, half))
    const { url } = await open(
      slowly(first.subarray(0, first.length - 100), breaks),
      (response) => void response.writeHead(503).end('no tuner is free'),
      slowly(pcapngOf(sent.slice(half - 3)), stays),
    )
    const session = await receive(url('/auto/ch33?format=alp-pcap'), part)
    await delivered(session, demo.length)
    const { source, phase, problems } = session.snapshot()
    expect(phase).toBe('running')
    expect(source).toMatchObject({ live: true, label: url('/auto/ch33?format=alp-pcap') })
    expect(Math.abs((source.lastTimeUs ?? 0) - engine.nowUs())).toBeLessThan(60e6)
    expect(problems).toMatchObject([
      {
        code: 'source-broke',
        message: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:\d+\/auto\/ch33\?format=alp-pcap broke off at \d\d:\d\d:\d\d: the connection broke\.$/,
        ),
      },
    ])
    await session.stop()
    expect(session.snapshot().alarms.filter(({ rule }) => rule === 'SOURCE-GAP')).toMatchObject([
      { severity: 'error', text: expect.stringMatching(/ broke off: the connection broke \(frame \d+\)$/) },
      { severity: 'info', text: expect.stringMatching(/ is received again, after \d+\.\d s$/) },
    ])
    expect(session.degraded).toBe(false)
    expect(files(out)).toEqual(demo)
    expect(reportFaults(session.contents.report())).toEqual([])
    expect(session.contents.report().source).toMatchObject({ kind: 'capture-stream' })
  })

  it('is ALP as a tuner gives it, with its link', async () => {
    const { out, part } = intoFolder()
    const frames = alpFrames(ipPacketsFrom(sent), 'single')
    const { url } = await open(slowly(pcapOfFrames(frames, LINK_TYPE.alp), stays))
    const session = await receive(url('/auto/ch33?format=alp-pcap'), part)
    await delivered(session, demo.length)
    expect(session.snapshot().links).toMatchObject([{ kind: 'alp', counts: { packets: frames.length } }])
    await session.stop()
    expect(files(out)).toEqual(demo)
  })

  it('may be gzip-compressed', async () => {
    const { out, part } = intoFolder()
    const { url } = await open(slowly(gzipSync(pcapOf(sent)), stays))
    const session = await receive(url('/air.pcap.gz'), part)
    await delivered(session, demo.length)
    await session.stop()
    expect(files(out)).toEqual(demo)
  })

  it('ends with its last byte where the server names its length', async () => {
    const { out, part } = intoFolder()
    const quick = sent.map((datagram, index) => ({ ...datagram, timeUs: 1_700_000_000_000_000 + index * 200 }))
    const bytes = pcapOf(quick)
    const { url, requests } = await open((response) => {
      response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes)
    })
    const session = await receive(url('/air.pcap'), part)
    await session.done
    expect(session.snapshot().phase).toBe('finished')
    expect(messages(session)).toEqual([])
    expect(files(out)).toEqual(demo)
    expect(requests).toHaveLength(1)
    // It was read at its own times.
    const { firstTimeUs, lastTimeUs } = session.snapshot().source
    expect((lastTimeUs ?? 0) - (firstTimeUs ?? 0)).toBeGreaterThanOrEqual((quick.length - 1) * 200)
  })

  it('reports how long nothing has arrived', async () => {
    const { url } = await open(slowly(pcapOf(sent.slice(0, 40)), stays))
    let skippedUs = 0
    const nowUs = engine.nowUs
    Object.assign(engine, { nowUs: () => nowUs() + skippedUs })
    const session = await receive(url('/x'))
    await vi.waitFor(() => expect(session.summary().packets).toBe(40), { timeout: 10_000, interval: 20 })
    skippedUs = 7e6
    await vi.waitFor(() => expect(messages(session)).toHaveLength(1), { timeout: 10_000, interval: 20 })
    expect(messages(session)[0]).toMatch(/^source-silent: http:.*: no bytes for [78] s, since \d\d:\d\d:\d\d\.$/)
    expect(session.snapshot().phase).toBe('running')
  })
})

describe('an address without a capture', () => {
  it.each(['http://127.0.0.1:99999/x', 'http://[::1/x', 'http://'])('is refused in words: %s', async (url) => {
    await expect(receive(url)).rejects.toMatchObject({ error: { code: 'bad-url' } })
  })

  it.each<[string, CaptureAnswer[], RegExp]>([
    [
      'a page',
      [
        (response) =>
          void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><p>Sign in</p>'),
      ],
      /^not-a-capture: http:\S+ is not a packet capture: it is a web page \(status 200, text\/html, begins with "<!doctype html><p>Sign in<\/p>"\)\.$/,
    ],
    [
      'nothing there',
      [(response) => void response.writeHead(404).end()],
      /^source-unreachable: http:\S+ cannot be received: it answered 404\.$/,
    ],
    [
      'a circle of redirects',
      [(response) => void response.writeHead(302, { Location: '/again' }).end()],
      /^source-unreachable: http:\S+ cannot be received: more than 5 redirects\.$/,
    ],
    [
      'nothing at all',
      [(response) => void response.writeHead(200).end()],
      /^not-a-capture: .* it is empty \(status 200, no content type\)\.$/,
    ],
    ['a server that is busy', [breaks], /^source-unreachable: http:\S+ cannot be received: the connection broke\.$/],
  ])('is refused in words: %s', async (_, answers, words) => {
    const { url } = await open(...answers)
    expect(await failureOf(await receive(url('/x')))).toMatch(words)
  })

  it('is followed through redirects', async () => {
    const { url, requests } = await open(
      (response) => void response.writeHead(302, { Location: '/there' }).end(),
      slowly(pcapOf(sent.slice(0, 40)), stays),
    )
    const session = await receive(url('/here'))
    await vi.waitFor(() => expect(session.summary().packets).toBe(40), { timeout: 10_000, interval: 20 })
    expect(requests.map((request) => request.url)).toEqual(['/here', '/there'])
  })
})

describe('user name and password of an address', () => {
  const guarded: CaptureAnswer = (response, request) => {
    if (request.headers.authorization === `Basic ${Buffer.from('tuner:geheim').toString('base64')}`)
      slowly(pcapOf(sent), breaks)(response, request)
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end()
  }

  it('are used, and are never shown, logged or reported', async () => {
    const lines: string[] = []
    engine.logger.listen(({ text }) => void lines.push(text))
    const { url } = await open(guarded)
    const session = await engine.start({
      format: 'routescope-session',
      version: 2,
      log: { all: 'debug' },
      parts: [{ id: 'source', kind: 'capture-stream', url: url('/x', 'tuner:geheim'), services: 'all' }],
    })
    await vi.waitFor(() => expect(messages(session).length).toBeGreaterThan(0), { timeout: 10_000, interval: 20 })
    await session.stop()
    const shown = JSON.stringify([
      session.snapshot(),
      session.contents.report(),
      session.problems(),
      session.name,
      lines,
    ])
    expect(shown).toContain(url('/x'))
    expect(shown).not.toContain('geheim')
  })

  it('are asked for where they are missing', async () => {
    const { url } = await open(guarded)
    expect(await failureOf(await receive(url('/x')))).toMatch(
      /^source-unreachable: http:\S+ cannot be received: it asks for a user name and password \(401\)\.$/,
    )
    const wrong = await failureOf(await receive(url('/x', 'tuner:falsch')))
    expect(wrong).toMatch(/it does not accept the user name and password \(401\)\.$/)
    expect(wrong).not.toContain('falsch')
  })
})

describe.skipIf(process.platform === 'win32')('a capture from a named pipe', () => {
  it('is live, and ends with its writer', async () => {
    const { out, part } = intoFolder()
    const pipe = folder.at('air')
    spawnSync('sh', ['-c', 'mkfifo "$0"', pipe])
    const session = await receive(`pipe:${pipe}`, part)
    expect(session.snapshot().source).toMatchObject({ live: true, label: `pipe:${pipe}` })
    await writeFile(pipe, pcapOf(sent))
    await session.done
    expect(session.snapshot().phase).toBe('finished')
    expect(files(out)).toEqual(demo)
  })
})
