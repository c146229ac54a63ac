import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  closeRepairs,
  content,
  FILE,
  fetched,
  HOLES,
  isSame,
  serve,
  setting,
  settled,
  wanted,
} from '../testing/repairs.ts'
import { serveWell, TestClock, TestServer } from '../testing/test-server.ts'

afterEach(closeRepairs)

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
