import { spawn, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import type { SegmentCaptions } from '../contract/captions.ts'
import { captionsUrl } from '../contract/captions.ts'
import { asServiceId } from '../contract/ids.ts'
import { captionedSegment, demoCaptions } from '../testing/captioned-media.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'
import { Gateway } from './gateway.ts'

const opened: TestGateway[] = []
async function open(...options: Parameters<typeof openGateway>): Promise<TestGateway> {
  const one = await openGateway(...options)
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

const HUNDRED = Uint8Array.from({ length: 100 }, (_, index) => index)

describe('stored files', () => {
  test('are served under service and name, with the headers that players need', async () => {
    const { store, get, gateway } = await open()
    const lastTimeUs = Date.parse('2026-11-21T06:00:00Z') * 1000
    store.whole(receivedFile('video/a b.m4s', HUNDRED, { contentType: 'video/iso.segment', lastTimeUs }))
    const reply = await get('/service1/video/a%20b.m4s')
    expect(reply.status).toBe(200)
    expect(new Uint8Array(reply.body)).toEqual(HUNDRED)
    expect(reply.headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '100',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'last-modified': 'Sat, 21 Nov 2026 06:00:00 GMT',
      'cache-control': 'public, max-age=5',
      connection: 'keep-alive',
    })
    expect(reply.headers.etag).toMatch(/^"[^"]+"$/)
    expect(gateway.requests).toBe(1)
    expect(gateway.bytes).toBe(100)
    expect(gateway.urlOf(asServiceId(1), 'video/a b.m4s')).toBe(`${gateway.baseUrl}/service1/video/a%20b.m4s`)
  })

  test('HEAD has the same headers without a body and ignores ranges', async () => {
    const { store, get } = await open()
    store.whole(receivedFile('a.m4s', HUNDRED))
    const reply = await get('/service1/a.m4s', { Range: 'bytes=0-9' }, 'HEAD')
    expect([reply.status, reply.headers['content-length'], reply.body.length]).toEqual([200, '100', 0])
    const missing = await get('/service1/b.m4s', {}, 'HEAD')
    expect([missing.status, missing.body.length]).toEqual([404, 0])
  })

  test.each([
    ['bytes=0-0', 206, 'bytes 0-0/100', 1],
    ['bytes=90-', 206, 'bytes 90-99/100', 10],
    ['bytes=-10', 206, 'bytes 90-99/100', 10],
    ['bytes=95-200', 206, 'bytes 95-99/100', 5],
    ['bytes=-200', 206, 'bytes 0-99/100', 100],
    ['bytes=100-', 416, 'bytes */100', null],
    ['bytes=0-1,5-6', 206, 'bytes 0-1/100, 5-6/100', 4],
    ['bytes=abc', 200, undefined, 100],
  ])('Range %s gives %i', async (range, status, contentRange, length) => {
    for (const memoryBytes of [1 << 20, 0]) {
      const { store, get } = await open({}, { memoryBytes })
      store.whole(receivedFile('a.m4s', HUNDRED))
      await spilled(store)
      const reply = await get('/service1/a.m4s', { Range: range })
      expect([reply.status, reply.headers['content-range']]).toEqual([status, contentRange])
      if (length === null) continue
      const parts = contentRange?.match(/\d+-\d+/g)?.map((part) => part.split('-').map(Number)) ?? [[0, 99]]
      const expected = parts.flatMap(([from = 0, last = 0]) => [...HUNDRED.subarray(from, last + 1)])
      expect([...reply.body]).toEqual(expected)
      expect(reply.body.length).toBe(length)
    }
  })

  test('conditions: 304 with the tag, 412, If-Range, and 304 before 416', async () => {
    const { store, get } = await open()
    store.whole(receivedFile('a.m4s', HUNDRED))
    const { etag = '' } = (await get('/service1/a.m4s')).headers
    const same = await get('/service1/a.m4s', { 'If-None-Match': `"x", W/${etag}`, Range: 'bytes=900-' })
    expect([same.status, same.headers.etag, same.body.length]).toEqual([304, etag, 0])
    expect((await get('/service1/a.m4s', { 'If-None-Match': etag.slice(1, -1) })).status).toBe(304)
    expect((await get('/service1/a.m4s', { 'If-Match': '"x"' })).status).toBe(412)
    expect((await get('/service1/a.m4s', { 'If-Range': etag, Range: 'bytes=0-1' })).status).toBe(206)
    expect((await get('/service1/a.m4s', { 'If-Range': '"x"', Range: 'bytes=0-1' })).status).toBe(200)
    store.whole(receivedFile('a.m4s', HUNDRED))
    expect((await get('/service1/a.m4s', { 'If-None-Match': etag })).status).toBe(200)
  })

  test('a patched one is marked, and replaced by the whole one', async () => {
    const one = await open()
    one.store.whole(receivedFile('v1.m4s', 'ab\0\0', { complete: false, missing: [[2, 4]], patched: 'strict' }))
    const patched = await one.get('/service1/v1.m4s')
    expect(patched).toMatchObject({ status: 200, text: 'ab\0\0' })
    expect(patched.headers).toMatchObject({ 'x-routescope-state': 'patched', 'cache-control': 'no-store' })
    const healed = async (): Promise<void> => {
      const reply = await one.get('/service1/v1.m4s', { 'If-None-Match': patched.headers.etag ?? '' })
      expect(reply).toMatchObject({ status: 200, text: 'abcd' })
      expect(reply.headers['x-routescope-state']).toBeUndefined()
    }
    one.store.whole(receivedFile('v1.m4s', 'abcd'))
    await healed()
    one.store.whole(receivedFile('v1.m4s', 'ab\0\0', { complete: false, missing: [[2, 4]], patched: 'strict' }))
    await healed()
  })

  test('an empty file has a length', async () => {
    const { store, get } = await open()
    store.whole(receivedFile('empty.bin', ''))
    expect((await get('/service1/empty.bin')).headers['content-length']).toBe('0')
  })

  test('a name that was sent in escaped form is found as it was sent', async () => {
    const { store, get } = await open()
    store.whole(receivedFile('a%20b.m4s', 'escaped'))
    expect((await get('/service1/a%20b.m4s')).text).toBe('escaped')
    expect((await get('/service1/a%2520b.m4s')).text).toBe('escaped')
  })

  test('without a service in the path while there is only one', async () => {
    const { store, get } = await open()
    store.whole(receivedFile('dir/a.m4s', 'one'))
    expect((await get('/dir/a.m4s')).text).toBe('one')
    store.whole(receivedFile('a.m4s', 'two', { serviceId: asServiceId(2) }))
    expect((await get('/dir/a.m4s')).status).toBe(404)
  })

  test('what a broadcast brings gets no rights of a page: whole, in part, arriving, refused', async () => {
    const { store, get } = await open({ holdMs: [1, 1] })
    store.whole(receivedFile('page.html', '<script>', { kind: 'file' }))
    const { etag = '' } = (await get('/service1/page.html')).headers
    const arriving = new ArrivingObject(1, 'arriving.html', 100)
    store.begun(arriving)
    arriving.push('<script>')
    const replies = [
      await get('/service1/page.html'),
      await get('/service1/page.html', {}, 'HEAD'),
      await get('/service1/page.html', { Range: 'bytes=0-2' }),
      await get('/service1/page.html', { Range: 'bytes=900-' }),
      await get('/service1/page.html', { 'If-None-Match': etag }),
      await get('/service1/page.html', { 'If-Match': '"x"' }),
      await get('/service1/arriving.html', { Range: 'bytes=0-3' }),
      await get('/service1/arriving.html', { Range: 'bytes=400-' }),
      await get('/service1/arriving.html', {}, 'HEAD'),
      await get('/service1/none'),
      await get('/service1/page.html', {}, 'POST'),
      await get('/service1/page.html', {}, 'OPTIONS'),
      await get('/service1/page.html', { Host: 'evil.example' }),
    ]
    expect(replies.map(({ status, headers }) => [status, headers['content-security-policy']])).toEqual(
      [200, 200, 206, 416, 304, 412, 206, 416, 200, 404, 405, 204, 421].map((status) => [
        status,
        "sandbox; default-src 'none'",
      ]),
    )
    for (const { headers } of replies) expect(headers['x-content-type-options']).toBe('nosniff')
  })

  test('20 clients at once get 200 files from disk and memory, whole', async () => {
    const { store, get, gateway } = await open({}, { memoryBytes: 1 << 20 })
    const content = (index: number): Buffer => Buffer.alloc(30_000 + index, index)
    for (let index = 0; index < 100; index++) store.whole(receivedFile(`${index}.m4s`, content(index)))
    await spilled(store)
    const client = async (first: number): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) {
        const index = (first * 7 + turn) % 100
        expect((await get(`/service1/${index}.m4s`)).body.equals(content(index))).toBe(true)
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => client(index)))
    expect(gateway.requests).toBe(200)
  })
})

async function spilled(store: TestGateway['store']): Promise<void> {
  while (store.busy() !== null) await store.busy()
}

describe('unavailable names', () => {
  test('lost: received and missing bytes', async () => {
    const { store, get } = await open()
    const object = new ArrivingObject(1, 'a.m4s', 10)
    store.begun(object)
    object.push('abc')
    object.end('partial')
    store.lost(object)
    const failed = await get('/service1/a.m4s')
    expect([failed.status, failed.headers['x-routescope-state']]).toEqual([404, 'lost'])
    expect(failed.text).toContain('3 of 10 bytes came; missing are bytes 3-9')
    const answer = await get('/service1/a.m4s', { Accept: 'application/json' })
    expect(JSON.parse(answer.text)).toMatchObject({ state: 'lost', size: 10, received: 3, missing: [[3, 10]] })
  })

  test('expired: 410', async () => {
    const { store, get } = await open({}, { maxSegments: 1 })
    store.whole(receivedFile('1.m4s', 'a'))
    store.whole(receivedFile('2.m4s', 'b'))
    const reply = await get('/service1/1.m4s')
    expect([reply.status, reply.headers['x-routescope-state']]).toEqual([410, 'expired'])
  })

  test('unknown: 404 without repeating the name', async () => {
    const { store, get } = await open()
    store.whole(receivedFile('a.m4s', 'a'))
    const reply = await get('/service1/%3Cscript%3E.m4s', { Accept: 'text/html' })
    expect([reply.status, reply.headers['x-routescope-state']]).toEqual([404, 'unknown'])
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(reply.text).not.toContain('script')
    expect((await get('/service7/')).status).toBe(404)
  })
})

describe('the server', () => {
  test('clock: UTC with milliseconds', async () => {
    const { get } = await open()
    const { text, headers } = await get('/clock', { Origin: 'http://localhost' })
    expect(text).toBe('2026-11-21T06:23:49.330Z')
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': 'http://localhost' })
  })

  test('lists services and files, escaped', async () => {
    const { store, get } = await open({
      services: () => [{ id: asServiceId(1), name: '<b>Nature', manifest: { kind: 'dash', name: 'live.mpd' } }],
    })
    store.whole(receivedFile('<img src=x>.m4s', 'a'))
    const index = await get('/')
    expect(index.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(index.text).toContain('&#60;b&#62;Nature')
    expect(index.text).toContain('href="/service1/live.mpd"')
    expect(JSON.parse((await get('/', { Accept: 'application/json' })).text)).toMatchObject({
      finished: false,
      services: [{ id: 1, files: 1, manifest: { kind: 'dash', url: '/service1/live.mpd' } }],
    })
    expect((await get('/service1/')).text).not.toContain('<img')
    expect(JSON.parse((await get('/service1/', { Accept: 'application/json' })).text).files).toEqual([
      expect.objectContaining({ name: '<img src=x>.m4s', url: '/service1/%3Cimg%20src=x%3E.m4s', state: 'ready' }),
    ])
    expect((await get('/service1')).headers.location).toBe('/service1/')
  })

  test('other methods are refused by name; preflights are answered', async () => {
    const { get } = await open()
    const post = await get('/', {}, 'POST')
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const preflight = await get(
      '/service1/never',
      { Origin: 'http://localhost', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'range' },
      'OPTIONS',
    )
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS')
    expect(preflight.headers['access-control-allow-headers']).toContain('Range')
  })

  test.each([
    ['auto', 'http://localhost:3000', 'http://localhost:3000'],
    ['auto', 'https://127.0.0.1', 'https://127.0.0.1'],
    ['auto', 'http://[::1]:80', 'http://[::1]:80'],
    ['auto', 'https://player.example', 'https://player.example'],
    ['auto', 'http://player.example', undefined],
    ['auto', 'http://localhost.evil.example', undefined],
    ['auto', 'http://127.0.0.1.evil.example', undefined],
    ['auto', 'http://evil.example:127.0.0.1', undefined],
    ['auto', 'http://user@127.0.0.1', undefined],
    ['auto', 'null', undefined],
    ['auto', null, undefined],
    ['on', null, '*'],
    ['on', 'http://player', 'http://player'],
    ['off', 'http://player', undefined],
  ] as const)('CORS %s for origin %s', async (cors, origin, allowed) => {
    const { store, get } = await open({ cors, allowOrigins: ['https://player.example'] })
    store.whole(receivedFile('a.m4s', 'a'))
    for (const path of ['/service1/a.m4s', '/service1/none', '/', '/clock']) {
      const { headers } = await get(path, origin === null ? {} : { Origin: origin })
      expect(headers['access-control-allow-origin']).toBe(allowed)
      if (allowed !== undefined) expect(headers['access-control-expose-headers']).toContain('Content-Range')
      if (cors !== 'off') expect(headers.vary).toContain('Origin')
      expect(headers['cross-origin-embedder-policy']).toBeUndefined()
    }
  })

  test('another host name on loopback is refused: a page elsewhere may resolve it to loopback', async () => {
    const { get } = await open()
    expect((await get('/', { Host: 'evil.example:80' })).status).toBe(421)
    for (const host of ['localhost:80', '127.0.0.1', '[::1]:80'])
      expect((await get('/', { Host: host })).status).toBe(200)
  })

  test.each([
    ['GET /service1/../x HTTP/1.1', 400],
    ['GET /service1/%2e%2e/x HTTP/1.1', 400],
    ['GET /service1/a%00.m4s HTTP/1.1', 400],
    ['GET x HTTP/1.1', 400],
    [`GET /${'a'.repeat(9000)} HTTP/1.1`, 414],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}`, 431],
    [`GET / HTTP/1.1\r\n${'X: a\r\n'.repeat(120)}Y: b`, 431],
    ['FOO / HTTP/1.1', 501],
    ['GARBAGE', 400],
    ['CONNECT host:1 HTTP/1.1', 501],
    ['OPTIONS * HTTP/1.1', 204],
  ])('%s is answered %i', async (line, status) => {
    const { gateway } = await open()
    const socket = connect(Number(new URL(gateway.baseUrl ?? '').port), '127.0.0.1')
    socket.write(`${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  test('a port in use and a foreign address give different errors', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { store } = await open()
    const options = { cors: 'auto', store, nowUs: () => 0, streamShiftUs: () => 0, manifestShiftUs: () => 0 } as const
    const on = (host: string, port: number) => new Gateway({ ...options, host, port, services: () => [] }).open()
    const { port } = taken.address() as AddressInfo
    await expect(on('127.0.0.1', port)).rejects.toMatchObject({ error: { code: 'port-in-use' } })
    await expect(on('192.0.2.1', 0)).rejects.toMatchObject({ error: { code: 'address-not-local' } })
    taken.close()
  })

  test('captions within the pictures of a segment go on from the segment before', async () => {
    const { store, get } = await open()
    const of = (name: string) => readFile(join(DEMO_FOLDER, name))
    const init = await of('video-init.mp4')
    store.whole(receivedFile('video-init.mp4', init, { kind: 'init' }))
    for (const number of [1, 2, 3]) {
      // The captions of the first segment last until those of the third.
      const captions = number === 2 ? () => [] : demoCaptions(number)
      const bytes = captionedSegment(init, await of(`video-${number}.m4s`), 'avc', captions)
      store.whole(receivedFile(`video-${number}.m4s`, bytes))
    }
    store.whole(receivedFile('other.m4s', 'no media'))
    const asked = async (name: string) => {
      const { status, text: body } = await get(captionsUrl(`/service1/~decoded~hvc1.1/${name}`))
      return status === 200 ? (JSON.parse(body) as SegmentCaptions).tracks : status
    }
    const times = async (name: string) => {
      const tracks = await asked(name)
      const all = typeof tracks === 'number' ? [] : (tracks.find(({ id }) => id === 'CC1')?.cues ?? [])
      return all.map(({ startS, endS }) => [startS, endS].map((timeS) => Math.round(timeS * 100) / 100))
    }
    expect(await times('video-1.m4s')).toEqual([[0.6, 2]])
    expect(await times('video-2.m4s')).toEqual([[0, 2]])
    expect(await times('video-3.m4s')).toEqual([
      [0, 0.6],
      [0.6, 2],
    ])
    expect(await asked('other.m4s')).toEqual([])
    expect(await asked('lacks.m4s')).toEqual([])
  })

  const curl = spawnSync('curl', ['--version']).status === 0
  test.skipIf(!curl)('curl gets a file and a range of it', async () => {
    const { store, gateway } = await open()
    store.whole(receivedFile('a.m4s', 'hello'))
    const url = gateway.urlOf(asServiceId(1), 'a.m4s') ?? ''
    expect(await run(['-sS', '--fail', url])).toBe('hello')
    expect(await run(['-sS', '--fail', '-r', '1-2', url])).toBe('el')
  })
})

function run(args: string[]): Promise<string> {
  return text(spawn('curl', args).stdout)
}
