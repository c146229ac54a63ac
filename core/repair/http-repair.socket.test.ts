import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { RepairSpec } from '../contract/session-spec.ts'
import type { RepairServer } from '../flow/facts.ts'
import type { ByteRange } from '../flow/objects.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { closeRepairs, FILE, fetched, HOLES, isSame, serve, setting, wanted } from '../testing/repairs.ts'
import { serveWell } from '../testing/test-server.ts'

afterEach(closeRepairs)

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
    const { index, bytes } = wanted(chunk, [[500, 600]])
    const again = await fetched(setting([server.url]), { ...object, index, bytes })
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
