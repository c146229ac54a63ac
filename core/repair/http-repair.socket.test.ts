import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import type { RepairSpec } from '../contract/session-spec.ts'
import type { RepairServer } from '../flow/facts.ts'
import type { ByteRange } from '../flow/objects.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { DEFAULT_REPAIR } from '../testing/default-receive.ts'
import { rangeOf, serveWell, TestClock, TestServer } from '../testing/test-server.ts'
import { HttpRepair, type RepairLimits } from './http-repair.ts'
import type { FetchOutcome, WantedObject } from './repair-job.ts'

const servers: TestServer[] = []
const repairs: HttpRepair[] = []
async function serve(files: Record<string, Uint8Array>): Promise<TestServer> {
  const server = await TestServer.open(files)
  servers.push(server)
  return server
}
afterEach(async () => {
  for (const repair of repairs.splice(0)) await repair.close()
  for (const server of servers.splice(0)) await server.close()
})

/** Bytes that differ from place to place. */
const content = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + 5) & 0xff)
const FILE = content(100_000)

type Setting = { readonly repair: HttpRepair; readonly clock: TestClock }
function setting(
  urls: readonly string[],
  spec: Partial<RepairSpec> = {},
  limits: Partial<RepairLimits> = {},
  live = false,
): Setting {
  const clock = new TestClock()
  const repair = new HttpRepair({
    spec: { ...DEFAULT_REPAIR, mode: 'http', urls, allow: ['127.0.0.1'], ...spec },
    live,
    clock,
    limits,
  })
  repairs.push(repair)
  return { repair, clock }
}

/** `toEqual` compares large arrays byte by byte, for seconds. */
const isSame = (bytes: Uint8Array | undefined, expected: Uint8Array): boolean =>
  expected.length === bytes?.length && Buffer.compare(bytes, expected) === 0

let row = 0
function wanted(file: Uint8Array, missing: readonly ByteRange[], more: Partial<WantedObject> = {}): WantedObject {
  const bytes = file.slice()
  for (const [from, to] of missing) bytes.fill(0, from, to)
  const lost = missing.reduce((sum, [from, to]) => sum + to - from, 0)
  return {
    index: row++,
    name: 'v/1.m4s',
    size: file.length,
    received: file.length - lost,
    bytes,
    missing,
    encoded: false,
    isBoxes: false,
    listed: null,
    servers: [],
    backoff: { silentMs: 0, fixedMs: 0, randomMs: 0 },
    lastTimeUs: 0,
    usefulUntilUs: null,
    ...more,
  }
}

function fetched({ repair }: Setting, object: WantedObject): Promise<FetchOutcome | null> {
  return new Promise((resolve, reject) => {
    if (!repair.fetch(object, resolve)) reject(new Error('not taken'))
  })
}

const HOLES: readonly ByteRange[] = [
  [1448, 2896],
  [8000, 9448],
  [50_000, 51_448],
]

describe("fetching an object's missing bytes", () => {
  test('requests its gaps, near ones together, and restores the object', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([server.url])
    const outcome = await fetched(set, wanted(FILE, HOLES))
    expect(outcome).toMatchObject({ whole: true, filled: 3 * 1448, urls: [server.url], missing: [], reason: null })
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(server.ranges).toEqual(['bytes=1448-9447', 'bytes=50000-51447'])
    expect(server.seen[0]?.headers['accept-encoding']).toBe('identity')
    expect(server.seen[1]?.headers['if-range']).toBe('"one"')
    expect(set.repair.state()).toMatchObject({
      active: 0,
      queued: 0,
      done: 1,
      failed: 0,
      bytes: 8000 + 1448,
      servers: [{ url: server.url, state: 'ready', requests: 2, bytes: 9448, problem: null }],
    })
  })

  test('merges none where configured, and requests the whole file below the least share', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    await fetched(setting([server.url], { mergeBytes: 0 }), wanted(FILE, HOLES))
    expect(server.ranges).toEqual(['bytes=1448-2895', 'bytes=8000-9447', 'bytes=50000-51447'])
    const outcome = await fetched(setting([server.url]), wanted(FILE, [[19_000, 100_000]]))
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(server.ranges.slice(3)).toEqual([null])
    await fetched(setting([server.url]), wanted(FILE, [[21_000, 100_000]]))
    expect(server.ranges.slice(4)).toEqual(['bytes=21000-99999'])
    await fetched(setting([server.url], { minReceivedPercent: 0 }), wanted(FILE, [[10, 20]]))
    expect(server.ranges.slice(5)).toEqual([null])
  })

  test('of unknown length: open-ended from the last byte received, then the gaps before it', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const part = wanted(FILE.subarray(0, 60_000), [[1000, 2000]], { size: null })
    const outcome = await fetched(setting([server.url]), part)
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(outcome).toMatchObject({ whole: true, size: FILE.length, filled: 41_000 })
    expect(server.ranges).toEqual(['bytes=59999-', 'bytes=1000-1999'])
  })

  test('a chunk is a part of its resource', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const chunk = FILE.subarray(30_000, 40_000)
    const object = wanted(
      chunk,
      [
        [500, 600],
        [9990, 10_000],
      ],
      { name: 'v/1.m4s?isLast#30000' },
    )
    expect(isSame((await fetched(setting([server.url], { mergeBytes: 100 }), object))?.bytes, chunk)).toBe(true)
    expect(server.ranges).toEqual(['bytes=30500-30599', 'bytes=39990-39999'])
    server.answer = (_, response, file) => void response.writeHead(200).end(file)
    const again = await fetched(setting([server.url]), {
      ...object,
      index: row++,
      bytes: wanted(chunk, [[500, 600]]).bytes,
    })
    expect(again).toMatchObject({ whole: true })
    expect(isSame(again?.bytes, chunk)).toBe(true)
  })

  test('an object gzip-ed on air is fetched as its content', async () => {
    const text = new TextEncoder().encode('<MPD/>'.repeat(5000))
    const packed = new Uint8Array(gzipSync(text))
    const server = await serve({ '/v/1.m4s': text })
    const outcome = await fetched(setting([server.url]), wanted(packed, [[20, 40]], { encoded: true }))
    expect(outcome).toMatchObject({ whole: true })
    expect(Buffer.from(outcome?.content ?? []).equals(text)).toBe(true)
    expect(server.ranges).toEqual([null])
  })

  test.each([
    ['x-gzip', gzipSync],
    ['Deflate', deflateRawSync],
    ['zlib', deflateSync],
    ['identity', (bytes: Uint8Array) => bytes],
  ])('an object encoded on air may be answered as %s', async (encoding, pack) => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (_, response, file) =>
      void response.writeHead(200, { 'Content-Encoding': encoding }).end(pack(file ?? FILE))
    const outcome = await fetched(setting([server.url]), wanted(FILE.subarray(0, 50), [[20, 40]], { encoded: true }))
    expect(outcome).toMatchObject({ whole: true })
    expect(isSame(outcome?.content, FILE)).toBe(true)
  })

  test('an encoding that is not known is no answer', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (_, response, file) => void response.writeHead(200, { 'Content-Encoding': 'br' }).end(file)
    const outcome = await fetched(setting([server.url]), wanted(FILE.subarray(0, 50), [[20, 40]], { encoded: true }))
    expect(outcome).toMatchObject({ whole: false, reason: expect.stringContaining('br') })
  })

  test('waits for its turn: a bound on requests over all objects', async () => {
    for (const connections of [1, 3]) {
      const server = await serve({ '/v/1.m4s': FILE })
      // Answers only when all allowed requests have arrived.
      const waiting: (() => void)[] = []
      server.answer = (request, response, file) => {
        waiting.push(() => serveWell(request, response, file))
        if (waiting.length === connections) for (const answer of waiting.splice(0)) answer()
      }
      const set = setting([server.url], { connections, minReceivedPercent: 0 })
      const outcomes = await Promise.all(Array.from({ length: 9 }, () => fetched(set, wanted(FILE, HOLES))))
      for (const outcome of outcomes) expect(isSame(outcome?.bytes, FILE)).toBe(true)
      expect(server.parallel).toBe(connections)
      expect(set.repair.state()).toMatchObject({ done: 9, failed: 0 })
    }
  })

  test('checks the MD5 of the file table', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const listed = (md5: string) => ({ contentMd5: md5, alternateLocations: [] })
    const right = createHash('md5').update(FILE).digest('base64')
    expect(await fetched(setting([server.url]), wanted(FILE, HOLES, { listed: listed(right) }))).toMatchObject({
      whole: true,
    })
    const wrong = await fetched(setting([server.url]), wanted(FILE, HOLES, { listed: listed('AAAA') }))
    expect(wrong).toMatchObject({
      whole: false,
      filled: 0,
      missing: HOLES,
      reason: 'its MD5 is not that of the file table',
    })
  })
})

describe('where to ask', () => {
  const at = (url: string, more: Partial<RepairServer> = {}): RepairServer => ({
    url,
    weight: 1,
    stripBase: null,
    fixedBackoffMs: 0,
    randomBackoffMs: 0,
    afterMs: 0,
    ...more,
  })

  test("the user's servers in order, before all in the signalling", async () => {
    const [first, second, other] = [await serve({}), await serve({ '/x/v/1.m4s': FILE }), await serve({})]
    const set = setting([first.url, `${second.url}x`])
    const outcome = await fetched(set, wanted(FILE, HOLES, { servers: [at(other.url)] }))
    expect(outcome).toMatchObject({ whole: true, urls: [`${second.url}x`] })
    expect(first.seen.length).toBe(1)
    expect(other.seen).toEqual([])
    expect(set.repair.state().servers[0]).toMatchObject({ problem: 'HTTP 404', state: 'ready' })
  })

  test("else the file's own addresses until they expire, then the service's servers by weight", async () => {
    const [own, heavy, light, off] = [
      await serve({}),
      await serve({}),
      await serve({ '/v/1.m4s': FILE }),
      await serve({}),
    ]
    const set = setting([])
    set.clock.chance = 0.5
    const listed = {
      contentMd5: null,
      alternateLocations: [
        { url: `${own.url}gone`, availableUntil: '2020-01-01T00:00:00Z' },
        { url: `${own.url}a/b`, availableUntil: '2999-01-01T00:00:00Z' },
        { url: 'file:///etc/passwd', availableUntil: null },
      ],
    }
    const outcome = await fetched(
      set,
      wanted(FILE, HOLES, {
        name: 'tag:x.example/v/1.m4s',
        listed,
        servers: [
          at(light.url, { stripBase: 'tag:x.example/' }),
          at(heavy.url, { weight: 9 }),
          at(off.url, { weight: 0 }),
        ],
      }),
    )
    expect(outcome).toMatchObject({ whole: true, urls: [light.url] })
    expect(new Set(own.seen.map(({ path }) => path))).toEqual(new Set(['/a/b']))
    expect(heavy.seen.length).toBeGreaterThan(0)
    expect(off.seen).toEqual([])
  })

  test('no server: reported', async () => {
    expect(await fetched(setting([]), wanted(FILE, HOLES))).toMatchObject({
      whole: false,
      reason: 'no server is known for it',
      missing: HOLES,
    })
  })

  test('live, the back-off passes first', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([server.url], {}, {}, true)
    set.clock.chance = 0.5
    const done = fetched(set, wanted(FILE, HOLES, { backoff: { silentMs: 0, fixedMs: 1000, randomMs: 500 } }))
    set.clock.advance(1200)
    expect(set.repair.state()).toMatchObject({ active: 0, queued: 1 })
    set.clock.advance(100)
    expect(await done).toMatchObject({ whole: true })
  })

  test('live, an object must have been silent for as long as its service says', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([server.url], {}, {}, true)
    const backoff = { silentMs: 5000, fixedMs: 1000, randomMs: 0 }
    const lastTimeUs = (set.clock.wallMs() - 2000) * 1000
    const done = fetched(set, wanted(FILE, HOLES, { backoff, lastTimeUs }))
    set.clock.advance(3900)
    expect(set.repair.state()).toMatchObject({ active: 0, queued: 1 })
    set.clock.advance(200)
    expect(await done).toMatchObject({ whole: true })
    // Silent for long already; a sender's clock that is ahead delays nothing.
    for (const at of [0, set.clock.wallMs() * 2000]) {
      const next = fetched(set, wanted(FILE, HOLES, { backoff: { ...backoff, fixedMs: 0 }, lastTimeUs: at }))
      if (at > 0) set.clock.advance(5000)
      expect(await next).toMatchObject({ whole: true })
    }
  })

  test('live, until the object expires; an object of a capture never does', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = () => undefined
    const set = setting([server.url], {}, { answerMs: 1e6 }, true)
    const within = async (ms: number, beforeMs: number) => {
      const done = fetched(set, wanted(FILE, HOLES, { usefulUntilUs: (set.clock.wallMs() + ms) * 1000 }))
      set.clock.advance(beforeMs)
      const { active, queued } = set.repair.state()
      expect(active + queued).toBe(1)
      set.clock.advance(200)
      return done
    }
    expect(await within(60_000, 59_900)).toMatchObject({ whole: false, reason: 'its time was up' })
    // At most ten minutes, whatever the manifest.
    expect(await within(1e9, 599_900)).toMatchObject({ whole: false, reason: 'its time was up' })
    const asked = server.seen.length
    server.answer = serveWell
    const late = { usefulUntilUs: (set.clock.wallMs() - 1) * 1000, backoff: { silentMs: 0, fixedMs: 200, randomMs: 0 } }
    expect(await fetched(set, wanted(FILE, HOLES, late))).toMatchObject({ whole: false, reason: 'its time was up' })
    expect(server.seen).toHaveLength(asked)
    expect(await fetched(setting([server.url]), wanted(FILE, HOLES, late))).toMatchObject({ whole: true })
  })

  test('whole, where nothing of it arrived and its length is unknown', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const object = { received: 0, size: null, bytes: new Uint8Array(0) }
    expect(isSame((await fetched(setting([server.url]), wanted(FILE, [], object)))?.bytes, FILE)).toBe(true)
    expect(server.ranges).toEqual([null])
  })

  test('asks no server of a local network that only the signalling names, and says how to allow it', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([], { allow: [] })
    const outcome = await fetched(set, wanted(FILE, HOLES, { servers: [at(server.url)] }))
    const problem = 'its host 127.0.0.1 is not of the public internet; --repair-allow 127.0.0.1 lets Routescope ask it'
    expect(outcome).toMatchObject({ whole: false, filled: 0, reason: problem })
    expect(set.repair.state().servers).toMatchObject([{ url: server.url, state: 'refused', requests: 0, problem }])
    const named = { contentMd5: null, alternateLocations: [{ url: `${server.url}v/1.m4s`, availableUntil: null }] }
    expect(await fetched(set, wanted(FILE, HOLES, { listed: named }))).toMatchObject({ whole: false, reason: problem })
    expect(server.seen).toEqual([])
    expect(await fetched(setting([]), wanted(FILE, HOLES, { servers: [at(server.url)] }))).toMatchObject({
      whole: true,
    })
  })

  test('follows no redirect into a local network', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (_, response) => void response.writeHead(302, { Location: 'http://169.254.169.254/latest' }).end()
    expect(await fetched(setting([server.url]), wanted(FILE, HOLES))).toMatchObject({
      whole: false,
      reason: 'its host 169.254.169.254 is not of the public internet',
    })
  })

  test('follows redirects to http, a few', async () => {
    const server = await serve({ '/there': FILE })
    server.answer = (request, response, file) => {
      if (request.url === '/v/1.m4s') response.writeHead(302, { Location: '/there' }).end()
      else serveWell(request, response, file)
    }
    expect(await fetched(setting([server.url]), wanted(FILE, HOLES))).toMatchObject({ whole: true })
    server.answer = (_, response) => void response.writeHead(302, { Location: '/again' }).end()
    expect(await fetched(setting([server.url]), wanted(FILE, HOLES))).toMatchObject({ reason: 'more than 5 redirects' })
    server.answer = (_, response) => void response.writeHead(302, { Location: 'file:///etc/passwd' }).end()
    expect(await fetched(setting([server.url]), wanted(FILE, HOLES))).toMatchObject({
      reason: 'a redirect to no http address',
    })
  })
})

describe('a server by https', () => {
  const folder = mkdtempSync(join(tmpdir(), 'routescope-certificate-'))
  const file = join(folder, 'both.pem')
  const asked = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${file} -out ${file}.crt`
  const made = spawnSync('openssl', asked.split(' '))
  afterAll(() => rmSync(folder, { recursive: true }))

  test.skipIf(made.status !== 0)('whose certificate nobody vouches for gives nothing, and that is said', async () => {
    let answered = 0
    const secure = createServer({ key: readFileSync(file), cert: readFileSync(`${file}.crt`) }, (_, response) => {
      answered++
      response.end(FILE)
    })
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    try {
      const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`
      const set = setting([url])
      const reason = 'its certificate is self-signed, so nothing is taken from it'
      expect(await fetched(set, wanted(FILE, HOLES))).toMatchObject({ whole: false, filled: 0, reason })
      expect(set.repair.state().servers).toMatchObject([{ bytes: 0, problem: reason }])
      expect(answered).toBe(0)
      // Other servers are asked.
      const server = await serve({ '/v/1.m4s': FILE })
      expect(await fetched(setting([url, server.url]), wanted(FILE, HOLES))).toMatchObject({ urls: [server.url] })
    } finally {
      await new Promise<void>((resolve) => secure.close(() => resolve()))
    }
  })
})

describe('a server with false answers', () => {
  const wrong = FILE.map((byte) => byte ^ 1)
  type WrongAnswer = [string, TestServer['answer'], RegExp]
  const part = (request: Parameters<TestServer['answer']>[0]): [number, number] =>
    rangeOf(request, FILE.length) ?? [0, 0]
  const wrongAnswers: WrongAnswer[] = [
    [
      'another range',
      (request, response) => {
        const [from, to] = part(request)
        response
          .writeHead(206, { 'Content-Range': `bytes ${from + 1}-${to}/100000` })
          .end(FILE.subarray(from + 1, to + 1))
      },
      /answered bytes 1449-9448 to a request for 1448-9447/,
    ],
    [
      'a shorter range',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 2}/100000` }).end(FILE.subarray(from, to - 1))
      },
      /answered bytes/,
    ],
    ['no Content-Range', (_, response) => void response.writeHead(206).end('x'), /without a valid Content-Range/],
    [
      'another length of the file',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/200000` }).end(FILE.subarray(from, to))
      },
      /says the file has 200000 bytes, the multicast says 100000/,
    ],
    [
      'two lengths of the body',
      (request, response) => {
        const [from, to] = part(request)
        response
          .writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000`, 'Content-Length': 10 })
          .end('0123456789')
      },
      /announced 10 bytes for a range of 8000/,
    ],
    [
      'a longer body',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000` })
        response.end(FILE.subarray(from, to + 100))
      },
      /sent more than the 8000 bytes it announced/,
    ],
    [
      'a shorter body',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000` })
        response.end(FILE.subarray(from, to - 100))
      },
      /sent 7900 of the 8000 bytes/,
    ],
    [
      'other bytes than those on air',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000` }).end(wrong.subarray(from, to))
      },
      /its bytes differ at 2896/,
    ],
    [
      'another file of the same length',
      (_, response) => void response.writeHead(200).end(wrong),
      /its bytes differ at 0/,
    ],
    [
      'a file of another length',
      (_, response) => void response.writeHead(200, { 'Content-Length': 3 }).end('abc'),
      /says the file has 3 bytes/,
    ],
    [
      '416',
      (_, response) => void response.writeHead(416, { 'Content-Range': 'bytes */100000' }).end(),
      /range lies outside of the file/,
    ],
    [
      'gzip',
      (_, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(FILE)),
      /sent gzip although only identity/,
    ],
    [
      'parts of nothing',
      (_, response) => {
        response
          .writeHead(206, { 'Content-Type': 'multipart/byteranges; boundary=b' })
          .end('--b\r\nContent-Range: bytes 0-5/9\r\n\r\nabc\r\n--b--')
      },
      /a part of its answer has no valid Content-Range/,
    ],
  ]

  test.each(wrongAnswers)('%s: nothing of it is used, and it is named', async (_, answer, reason) => {
    const [liar, honest] = [await serve({ '/v/1.m4s': FILE }), await serve({ '/v/1.m4s': FILE })]
    liar.answer = answer
    const alone = setting([liar.url])
    const outcome = await fetched(alone, wanted(FILE, HOLES))
    expect(outcome).toMatchObject({ whole: false, filled: 0, missing: HOLES })
    expect(outcome?.reason).toMatch(reason)
    expect(alone.repair.state().servers[0]?.problem).toMatch(reason)
    const both = setting([liar.url, honest.url])
    const healed = await fetched(both, wanted(FILE, HOLES))
    expect(healed).toMatchObject({ whole: true, urls: [honest.url] })
    expect(isSame(healed?.bytes, FILE)).toBe(true)
    // After three mismatches it is refused.
    await fetched(both, wanted(FILE, HOLES))
    await fetched(both, wanted(FILE, HOLES))
    const asked = liar.seen.length
    await fetched(both, wanted(FILE, HOLES))
    expect(liar.seen.length).toBe(asked)
    expect(both.repair.state().servers[0]).toMatchObject({ state: 'refused' })
  })

  test('after bytes that could not be checked: those are removed', async () => {
    const liar = await serve({ '/v/1.m4s': FILE })
    liar.answer = (request, response) => serveWell(request, response, wrong)
    const honest = await serve({ '/v/1.m4s': FILE })
    const holes: ByteRange[] = [
      [1448, 2896],
      [40_000, 41_448],
      [41_500, 42_000],
    ]
    const outcome = await fetched(setting([liar.url, honest.url]), wanted(FILE, holes))
    expect(liar.ranges).toEqual(['bytes=1448-2895', 'bytes=40000-41999'])
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
  })

  test('a server that answers ranges with the whole file: its files are used whole from then on', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (_, response, file) => void response.writeHead(200).end(file)
    const set = setting([server.url])
    for (let round = 0; round < 2; round++) {
      const outcome = await fetched(set, wanted(FILE, HOLES))
      expect(isSame(outcome?.bytes, FILE)).toBe(true)
    }
    expect(server.ranges).toEqual(['bytes=1448-9447', null])
    expect(set.repair.state().servers[0]).toMatchObject({ state: 'whole-files' })
  })

  test('assembles an answer in parts', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (request, response) => {
      const [from, to] = part(request)
      const middle = Math.floor((from + to) / 2)
      const piece = (a: number, b: number) => [
        Buffer.from(
          `\r\n--q q\r\nContent-Type: video/mp4\r\nContent-Range: bytes ${a}-${b - 1}/${FILE.length}\r\n\r\n`,
        ),
        FILE.subarray(a, b),
      ]
      response.writeHead(206, { 'Content-Type': 'multipart/byteranges; boundary="q q"' })
      response.end(Buffer.concat([...piece(from, middle), ...piece(middle, to), Buffer.from('\r\n--q q--\r\n')]))
    }
    const outcome = await fetched(setting([server.url]), wanted(FILE, HOLES))
    expect(outcome).toMatchObject({ whole: true, reason: null })
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
  })
})

describe('a server in trouble', () => {
  test('503, then 200: asked again every 100 ms for a second', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    let left = 3
    server.answer = (request, response, file) => {
      if (left-- > 0) response.writeHead(503).end()
      else serveWell(request, response, file)
    }
    const set = setting([server.url])
    const startMs = set.clock.nowMs()
    expect(await fetched(set, wanted(FILE, [[10, 20]]))).toMatchObject({ whole: true })
    expect(server.seen.length).toBe(4)
    expect(set.clock.nowMs() - startMs).toBe(300)
    left = 1000
    const before = server.seen.length
    expect(await fetched(set, wanted(FILE, [[10, 20]]))).toMatchObject({ whole: false, reason: 'HTTP 503' })
    expect(server.seen.length - before).toBe(11)
    left = 0
    server.answer = (_, response) => void response.writeHead(403).end()
    const refused = server.seen.length
    expect(await fetched(set, wanted(FILE, [[10, 20]]))).toMatchObject({ whole: false, reason: 'HTTP 403' })
    expect(server.seen.length - refused).toBe(1)
  })

  test('Retry-After: the server is left alone until then, by every object', async () => {
    for (const [field, ms] of [
      ['600', 600_000],
      ['999999', 86_400_000],
      [new Date(new TestClock().wallMs() + 300_000).toUTCString(), 300_000],
    ] as const) {
      const busy = await serve({})
      busy.answer = (_, response) => void response.writeHead(503, { 'Retry-After': field }).end()
      const spare = await serve({ '/v/1.m4s': FILE })
      const set = setting([busy.url, spare.url])
      for (let round = 0; round < 11; round++)
        expect(await fetched(set, wanted(FILE, HOLES))).toMatchObject({ whole: true, urls: [spare.url] })
      expect(busy.seen.length).toBe(1)
      expect(set.repair.state().servers[0]).toMatchObject({ state: 'failing', requests: 1, problem: 'HTTP 503' })
      set.clock.advance(ms - 2000)
      await fetched(set, wanted(FILE, HOLES))
      expect(busy.seen.length).toBe(1)
      busy.answer = serveWell
      busy.files.set('/v/1.m4s', FILE)
      set.clock.advance(2000)
      expect(await fetched(set, wanted(FILE, HOLES))).toMatchObject({ whole: true, urls: [busy.url] })
    }
  })

  test('a short Retry-After is waited for within the second', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    let left = 1
    server.answer = (request, response, file) => {
      if (left-- > 0) response.writeHead(429, { 'Retry-After': '1' }).end()
      else serveWell(request, response, file)
    }
    const set = setting([server.url])
    const done = fetched(set, wanted(FILE, [[10, 20]]))
    await vi.waitUntil(() => server.seen.length === 1)
    await settled()
    set.clock.advance(1000)
    expect(await done).toMatchObject({ whole: true })
    expect(server.seen.length).toBe(2)
  })

  test.each([404, 410])('%d is final for an address, on that server', async (status) => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (request, response, file) => {
      if (request.url === '/v/1.m4s') response.writeHead(status).end()
      else serveWell(request, response, file)
    }
    server.files.set('/v/2.m4s', FILE)
    const set = setting([server.url])
    for (let round = 0; round < 3; round++)
      expect(await fetched(set, wanted(FILE, HOLES))).toMatchObject({ whole: false, reason: `HTTP ${status}` })
    expect(server.seen.length).toBe(1)
    expect(await fetched(set, wanted(FILE, HOLES, { name: 'v/2.m4s' }))).toMatchObject({ whole: true })
  })

  test('always busy without Retry-After: it rests, however many objects lack bytes', async () => {
    const server = await serve({})
    server.answer = (_, response) => void response.writeHead(503, { 'Retry-After': '0' }).end()
    const set = setting([server.url], { connections: 1 })
    for (let round = 0; round < 40; round++) await fetched(set, wanted(FILE, [[10, 20]]))
    expect(server.seen.length).toBe(33)
    set.clock.advance(30_000)
    await fetched(set, wanted(FILE, [[10, 20]]))
    expect(server.seen.length).toBe(34)
  })

  test('the connection breaks: its bytes are kept, the rest requested again', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    let deaths = 1
    server.answer = (request, response, file) => {
      if (deaths-- <= 0) return serveWell(request, response, file)
      response.writeHead(206, { 'Content-Range': 'bytes 10000-89999/100000', 'Content-Length': 80_000 })
      response.write(FILE.subarray(10_000, 40_000), () => response.destroy())
    }
    const outcome = await fetched(setting([server.url]), wanted(FILE, [[10_000, 90_000]]))
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    const [first, second] = server.ranges
    expect(first).toBe('bytes=10000-89999')
    expect(Number(/bytes=(\d+)-89999/.exec(second ?? '')?.[1])).toBeGreaterThan(10_000)
  })

  test('the connection breaks in an answer that states no length: nothing shows whose bytes came', async () => {
    const lying = await serve({})
    lying.answer = (_, response) => {
      response.writeHead(200)
      response.write(content(3000).reverse(), () => response.destroy())
    }
    const server = await serve({ '/v/1.m4s': FILE })
    const outcome = await fetched(setting([lying.url, server.url]), wanted(FILE, [[0, 4344]]))
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(outcome).toMatchObject({ whole: true, urls: [server.url] })
  })

  test('no listener: the next one, and after three failures it rests', async () => {
    const dead = await TestServer.open()
    const deadUrl = dead.url
    await dead.close()
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([deadUrl, server.url])
    for (let round = 0; round < 4; round++)
      expect(await fetched(set, wanted(FILE, HOLES))).toMatchObject({ whole: true, urls: [server.url] })
    expect(set.repair.state().servers[0]).toMatchObject({
      state: 'failing',
      problem: 'nothing listens on this port (ECONNREFUSED)',
      requests: 3,
    })
    set.clock.advance(30_000)
    await fetched(set, wanted(FILE, HOLES))
    expect(set.repair.state().servers[0]).toMatchObject({ requests: 4 })
  })

  test('no answer: the next one', async () => {
    const silent = await serve({})
    silent.answer = () => {}
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([silent.url, server.url])
    const done = fetched(set, wanted(FILE, HOLES))
    await vi.waitUntil(() => silent.seen.length === 1)
    set.clock.advance(3000)
    expect(await done).toMatchObject({ whole: true, urls: [server.url] })
    expect(set.repair.state().servers[0]).toMatchObject({ problem: 'no answer in time' })
  })

  test('it stops in the middle: the next one has the rest', async () => {
    const stopping = await serve({})
    const sent = new Promise<void>((resolve) => {
      stopping.answer = (_, response) => {
        response.writeHead(206, { 'Content-Range': 'bytes 10000-89999/100000' })
        response.write(FILE.subarray(10_000, 20_000), () => resolve())
      }
    })
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([stopping.url, server.url])
    const done = fetched(set, wanted(FILE, [[10_000, 90_000]]))
    await sent
    await settled()
    set.clock.advance(3000)
    const outcome = await done
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(outcome).toMatchObject({ whole: true })
    expect(outcome?.urls).toContain(server.url)
  })

  test('it trickles: dropped as too slow', async () => {
    const slow = await serve({})
    let more: (() => void) | null = null
    slow.answer = (_, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 10000-89999/100000' })
      let at = 10_000
      more = () => {
        response.write(FILE.subarray(at, at + 10))
        at += 10
      }
      more()
    }
    const server = await serve({ '/v/1.m4s': FILE })
    const set = setting([slow.url, server.url])
    const done = fetched(set, wanted(FILE, [[10_000, 90_000]]))
    let over = false
    void done.then(() => {
      over = true
    })
    while (!over) {
      ;(more as (() => void) | null)?.()
      set.clock.advance(100)
      await settled()
    }
    expect(isSame((await done)?.bytes, FILE)).toBe(true)
    expect(set.repair.state().servers[0]?.problem).toBe('it sends too slowly')
  })

  test('the deadline passes: arrived bytes are used, the rest is missing', async () => {
    const slow = await serve({})
    const sent = new Promise<void>((resolve) => {
      slow.answer = (_, response) => {
        response.writeHead(206, { 'Content-Range': 'bytes 10000-89999/100000' })
        response.write(FILE.subarray(10_000, 20_000), () => resolve())
      }
    })
    const set = setting([slow.url], {}, { deadlineMs: 2500 })
    const done = fetched(set, wanted(FILE, [[10_000, 90_000]]))
    await sent
    await settled()
    set.clock.advance(2500)
    const outcome = await done
    expect(outcome).toMatchObject({ whole: false })
    expect(outcome?.missing.at(-1)).toEqual([expect.any(Number), 90_000])
    expect(set.repair.state()).toMatchObject({ active: 0, queued: 0, failed: 1 })
  })
})

describe('bounds', () => {
  test('live, objects beyond the bounds are refused; a capture waits instead', async () => {
    const server = await serve({})
    server.answer = () => {}
    const live = setting([server.url], {}, { openObjects: 2 }, true)
    expect(live.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(true)
    expect(live.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(true)
    expect(live.repair.admits(1)).toBe(false)
    expect(live.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(false)
    expect(live.repair.busy()).toBeNull()
    const file = setting([server.url], {}, { openObjects: 1 })
    const done = fetched(file, wanted(FILE, HOLES))
    const wait = file.repair.busy()
    expect(wait).not.toBeNull()
    file.repair.abortAll()
    await Promise.all([wait, done])
    expect(file.repair.busy()).toBeNull()
    expect(file.repair.admits((128 << 20) + 1)).toBe(false)
  })

  test('complete another way: fetching ends without a report', async () => {
    const server = await serve({})
    server.answer = () => {}
    const set = setting([server.url])
    const object = wanted(FILE, HOLES)
    const done = fetched(set, object)
    await vi.waitUntil(() => server.seen.length === 1)
    set.repair.cancel(object.index)
    expect(await done).toBeNull()
    expect(set.repair.state()).toMatchObject({ queued: 0, done: 0, failed: 0 })
  })

  test('flush ends in its time, and close too', async () => {
    const server = await serve({})
    server.answer = () => {}
    const set = setting([server.url])
    const outcomes = [fetched(set, wanted(FILE, HOLES)), fetched(set, wanted(FILE, HOLES))]
    await vi.waitUntil(() => server.seen.length === 1)
    const flushed = set.repair.flush(2000)
    set.clock.advance(2000)
    await flushed
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ whole: false, missing: HOLES })
    await set.repair.close()
    expect(set.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(false)
  })

  test('hundreds of gaps are not hundreds of requests', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const holes = Array.from({ length: 1000 }, (_, at): ByteRange => [at * 100, at * 100 + 10])
    const outcome = await fetched(setting([server.url], { mergeBytes: 0 }), wanted(FILE, holes))
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(server.seen.length).toBeLessThanOrEqual(256)
  })
})

describe('in the order of boxes', () => {
  const segment = new Uint8Array(
    readFileSync(join(__dirname, '..', '..', 'assets', 'demo', 'presentation', 'video-3.m4s')),
  )
  const [, sidx, moof, mdat] = readBoxes(segment)
  if (sidx === undefined || moof === undefined || mdat === undefined) throw new Error('no fragment')
  /** Missing: the end of the index to the middle of the moof, and two ranges of the media. */
  const holes: ByteRange[] = [
    [sidx.offset + 20, moof.offset + 40],
    [mdat.offset + 5000, mdat.offset + 6000],
    [mdat.offset + 9000, mdat.offset + 9100],
  ]
  const run = async (order: RepairSpec['order']) => {
    const server = await serve({ '/v/1.m4s': segment })
    const set = setting([server.url], { order, mergeBytes: 100, minReceivedPercent: 1 })
    const outcome = await fetched(set, wanted(segment, holes, { isBoxes: true }))
    return { outcome, ranges: server.ranges }
  }

  test('simple: headers first, then the media', async () => {
    const { outcome, ranges } = await run('simple')
    expect(isSame(outcome?.bytes, segment)).toBe(true)
    const starts = ranges.map((range) => Number(/=(\d+)/.exec(range ?? '')?.[1]))
    expect(starts[0]).toBe(sidx.offset + 20)
    expect(starts.slice(-2)).toEqual([mdat.offset + 5000, mdat.offset + 9000])
  })

  test('partial: headers only', async () => {
    const { outcome } = await run('partial')
    expect(outcome).toMatchObject({ whole: false, missing: holes.slice(1) })
  })

  test('deps: samples others depend on', async () => {
    const { outcome } = await run('deps')
    expect(outcome?.missing.every(([from]) => from > mdat.offset)).toBe(true)
  })
})

/** Lets pending sockets and promises run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}
