import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'

const opened: TestGateway[] = []
async function open(...options: Parameters<typeof openGateway>): Promise<TestGateway> {
  const one = await openGateway(...options)
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** Begins a reply whose body has not ended. */
async function begin(
  { gateway }: TestGateway,
  path: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const request = httpGet(`${gateway.baseUrl}${path}`, { headers })
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

async function read(response: IncomingMessage, bytes: number): Promise<string> {
  let text = ''
  while (text.length < bytes) {
    const chunk: Buffer | null = response.read()
    if (chunk === null) await once(response, 'readable')
    else text += chunk.toString()
  }
  return text
}

const MPD = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT20S" minBufferTime="PT1S">
<Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="v$Number$.m4s" initialization="v.mp4" timescale="1" duration="2" startNumber="1"/>
<Representation id="1" bandwidth="1"/></AdaptationSet></Period></MPD>`
const mpd = () => receivedFile('live.mpd', MPD, { kind: 'manifest' })

describe('an object that is arriving', () => {
  test('gets no rights where a browser would run it, as when it is whole', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'p.html')
    one.store.begun(object)
    object.push('<script>')
    const { headers } = await begin(one, '/service1/p.html')
    expect(headers['content-security-policy']).toBe("sandbox; default-src 'none'")
    object.end('complete')
  })

  test('is served as it grows: received bytes at once, the rest as it arrives', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abc')
    const response = await begin(one, '/service1/v1.m4s')
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({ 'transfer-encoding': 'chunked', 'content-type': 'video/mp4' })
    expect(await read(response, 3)).toBe('abc')
    object.push('de')
    object.push('f')
    expect(await read(response, 3)).toBe('def')
    object.end('complete')
    response.resume()
    await once(response, 'end')
    expect(object.watchers).toBe(0)
    expect(one.gateway.bytes).toBe(6)
  })

  test('has a Content-Length where its size is known', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s', 5)
    one.store.begun(object)
    object.push('abc')
    const response = await begin(one, '/service1/v1.m4s')
    expect(response.headers['content-length']).toBe('5')
    object.push('de')
    object.end('complete')
    expect(await read(response, 5)).toBe('abcde')
  })

  test('breaks the connection when it is dropped', async () => {
    for (const size of [null, 5]) {
      const one = await open()
      const object = new ArrivingObject(1, 'v1.m4s', size)
      one.store.begun(object)
      object.push('abc')
      const response = await begin(one, '/service1/v1.m4s')
      expect(await read(response, 3)).toBe('abc')
      object.end('partial')
      await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(object.watchers).toBe(0)
    }
  })

  test('a client that leaves gets no more writes', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abc')
    const response = await begin(one, '/service1/v1.m4s')
    expect(object.watchers).toBe(1)
    response.destroy()
    await vi.waitUntil(() => object.watchers === 0)
    object.push('def')
    expect(one.gateway.bytes).toBe(3)
  })

  test('a client that does not read costs no more than a full socket', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    const big = Buffer.alloc(24 << 20, 7)
    object.push(big)
    const response = await begin(one, '/service1/v1.m4s')
    await vi.waitUntil(() => one.gateway.bytes > 0)
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect(one.gateway.bytes).toBeLessThan(big.length)
    object.end('complete')
    let bytes = 0
    for await (const chunk of response) bytes += (chunk as Buffer).length
    expect(bytes).toBe(big.length)
  })

  test.each([
    ['bytes=0-2', 'bytes 0-2/*', 'abc'],
    ['bytes=2-', 'bytes 2-3/*', 'cd'],
  ])('of unknown size: %s of the four received bytes', async (range, contentRange, body) => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abcd')
    const reply = await one.get('/service1/v1.m4s', { Range: range })
    expect([reply.status, reply.headers['content-range'], reply.text]).toEqual([206, contentRange, body])
  })

  test('a range that has not arrived is waited for', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abcd')
    const reply = one.get('/service1/v1.m4s', { Range: 'bytes=3-5' })
    await vi.waitUntil(() => object.watchers === 1)
    object.push('ef')
    expect((await reply).text).toBe('def')
    expect(object.watchers).toBe(0)
  })

  test('of known size: a range follows, and one beyond is refused', async () => {
    const one = await open()
    const object = new ArrivingObject(1, 'v1.m4s', 6)
    one.store.begun(object)
    object.push('ab')
    const response = await begin(one, '/service1/v1.m4s', { Range: 'bytes=1-' })
    expect([response.statusCode, response.headers['content-range']]).toEqual([206, 'bytes 1-5/6'])
    const suffix = await begin(one, '/service1/v1.m4s', { Range: 'bytes=-2' })
    expect((await one.get('/service1/v1.m4s', { Range: 'bytes=6-' })).status).toBe(416)
    object.push('cdef')
    expect(await read(response, 5)).toBe('bcdef')
    expect(await read(suffix, 2)).toBe('ef')
  })

  test('a range that does not arrive in time: 503', async () => {
    const one = await open({ holdMs: [1, 1] })
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abcd')
    expect((await one.get('/service1/v1.m4s', { Range: 'bytes=9-' })).status).toBe(503)
    expect((await one.get('/service1/v1.m4s', { Range: 'bytes=3-9' })).text).toBe('d')
  })
})

describe('an expected object', () => {
  test('is waited for until it begins', async () => {
    const one = await open()
    one.store.whole(mpd())
    const waiting = begin(one, '/service1/v1.m4s')
    await vi.waitUntil(() => one.gateway.requests === 1)
    one.store.whole(receivedFile('v.mp4', 'init', { kind: 'init' }))
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abc')
    // It begins with a packet; waiting requests are checked at the next one.
    const response = await waiting
    expect(await read(response, 3)).toBe('abc')
    object.end('complete')
  })

  test('gives 503 when it takes too long', async () => {
    const one = await open({ holdMs: [1, 1] })
    one.store.whole(mpd())
    for (const name of ['v1.m4s', 'v.mp4', 'live.mpd']) {
      const reply = await one.get(`/service1/${name}`)
      expect([reply.status, reply.headers['retry-after'], reply.headers['x-routescope-state']]).toEqual([
        503,
        '1',
        'expected',
      ])
    }
    const answer = await one.get('/service1/v1.m4s', { Accept: 'application/json' })
    expect(JSON.parse(answer.text)).toEqual({ error: expect.stringContaining('expected'), state: 'expected' })
    expect((await one.get('/service1/w1.m4s')).status).toBe(404)
  })

  test('is lost once later segments arrived', async () => {
    const one = await open()
    one.store.whole(mpd())
    one.store.whole(receivedFile('v5.m4s', 'five'))
    const reply = await one.get('/service1/v4.m4s')
    expect([reply.status, reply.headers['x-routescope-state']]).toEqual([404, 'lost'])
  })

  test('will not arrive when the session is over', async () => {
    const one = await open()
    one.store.whole(mpd())
    const waiting = one.get('/service1/v1.m4s')
    await vi.waitUntil(() => one.gateway.requests === 1)
    one.store.finish()
    const reply = await waiting
    expect([reply.status, reply.headers['x-routescope-state']]).toEqual([404, 'unknown'])
    expect((await one.get('/service1/v2.m4s')).status).toBe(404)
  })

  test('may be a manifest that signalling has named, or will name', async () => {
    for (const manifest of [null, { kind: 'dash' as const, name: 'live.mpd' }]) {
      const one = await open({ services: () => [{ id: asServiceId(1), name: null, manifest }] })
      const waiting = one.get('/service1/live.mpd?as=sent')
      await vi.waitUntil(() => one.gateway.requests === 1)
      one.store.whole(mpd())
      expect((await waiting).text).toBe(MPD)
    }
  })

  test('clients that leave, and the closing gateway, end their waiting', async () => {
    const one = await open()
    one.store.whole(mpd())
    const watch = vi.spyOn(one.store, 'watch')
    const unwatched = () => watch.mock.results.length
    const requests = [1, 2].map((number) => {
      const request = httpGet(`${one.gateway.baseUrl}/service1/v${number}.m4s`)
      return { request, failed: once(request, 'error') }
    })
    await vi.waitUntil(() => unwatched() === 2)
    requests[0]?.request.destroy()
    await one.gateway.close()
    await requests[1]?.failed
  })

  test('not more than 256 wait', async () => {
    const one = await open()
    one.store.whole(mpd())
    const replies = Array.from({ length: 257 }, () => one.get('/service1/v1.m4s'))
    expect((await Promise.race(replies)).status).toBe(503)
    one.store.whole(receivedFile('v1.m4s', 'one'))
    const statuses = (await Promise.all(replies)).map((reply) => reply.status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(256)
  })
})
