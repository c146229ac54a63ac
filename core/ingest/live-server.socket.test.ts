import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestServer } from '../testing/test-server.ts'
import { LiveServer } from './live-server.ts'

let server: TestServer
let live: LiveServer
const nowUs = (): number => Date.now() * 1000
beforeEach(async () => {
  server = await TestServer.open({ '/live/m.mpd?x=1': Buffer.from('<MPD/>') })
  live = new LiveServer(`${server.url.replace('//', '//anna:secret@')}live/m.mpd?x=1`, nowUs)
})
afterEach(async () => {
  await live.close()
  await server.close()
})

const AHEAD_MS = 7_200_000
const theirs = (): Date => new Date(Date.now() + AHEAD_MS)

describe('the clock of a live server', () => {
  it.each<[string, string, () => string]>([
    ['direct', 'urn:mpeg:dash:utc:direct:2014', () => theirs().toISOString()],
    ['http-xsdate', 'urn:mpeg:dash:utc:http-xsdate:2014', () => '../time'],
    ['http-iso', 'urn:mpeg:dash:utc:http-iso:2014', () => `/time ${server.url}never`],
    ['http-head', 'urn:mpeg:dash:utc:http-head:2014', () => `${server.url}head`],
    ['the Server-UTC of its answers', 'urn:mpeg:dash:utc:ntp:2014', () => '192.0.2.1'],
    ['the Date of its answers', 'urn:mpeg:dash:utc:ntp:2014', () => '192.0.2.1'],
  ])('is told by %s', async (how, scheme, value) => {
    server.answer = (request, response) => {
      const isHead = request.url === '/head'
      response.sendDate = false
      if (how.startsWith('the Server')) response.setHeader('Server-UTC', theirs().getTime())
      if (isHead || how.startsWith('the Date')) response.setHeader('Date', theirs().toUTCString())
      response.end(request.url === '/time' ? theirs().toISOString() : '<MPD/>')
    }
    await live.manifest()
    await live.follow([], [{ scheme, value: value() }])
    const aheadMs = (live.nowUs() - nowUs()) / 1000
    // To the second, and as slow as this machine may be: nothing but theirs is near.
    expect(Math.abs(aheadMs - AHEAD_MS)).toBeLessThan(60_000)
  })

  it('that does not answer is passed over for the next', async () => {
    server.answer = (request, response) => {
      response.sendDate = false
      response.writeHead(request.url === '/time' ? 404 : 200).end('<MPD/>')
    }
    await live.manifest()
    const clocks = [
      { scheme: 'urn:mpeg:dash:utc:http-xsdate:2014', value: '/time' },
      { scheme: 'urn:mpeg:dash:utc:direct:2014', value: theirs().toISOString() },
    ]
    await live.follow([], clocks)
    expect(Math.abs((live.nowUs() - nowUs()) / 1000 - AHEAD_MS)).toBeLessThan(60_000)
  })
})

describe('a live server', () => {
  it('that asks to be left alone is, for manifests and segments of either kind', async () => {
    let asked = 0
    server.answer = (_, response) => {
      asked++
      response.writeHead(503, { 'Retry-After': '3600' }).end()
    }
    for (let turn = 0; turn < 3; turn++) {
      await expect(live.manifest()).rejects.toThrow('it answered 503')
      const over = new AbortController().signal
      const refused = { kind: 'failed', reason: 'it answered 503' }
      expect(await live.file(`${server.url}s.m4s`, 1000, over)).toEqual(refused)
      expect(await live.growing(`${server.url}s.m4s`, 0, over)).toEqual(refused)
    }
    expect(asked).toBe(1)
  })

  it('is asked with the name and password of its address, but no other is, and nobody is shown them', async () => {
    const other = await TestServer.open({ '/x': Buffer.from('x') })
    try {
      await live.manifest()
      server.files.set('/live/1', Buffer.from('one'))
      const signal = new AbortController().signal
      expect(await live.file(`${server.url}live/1`, 10, signal)).toEqual({ kind: 'bytes', bytes: Buffer.from('one') })
      expect(await live.file(`${other.url}x`, 10, signal)).toMatchObject({ kind: 'bytes' })
      expect(server.seen.every(({ headers }) => headers.authorization?.startsWith('Basic '))).toBe(true)
      expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined])
      server.answer = (_, response) => void response.writeHead(500).end()
      const thrown = await live.manifest().catch((error: Error) => error)
      expect(String(thrown)).toMatch(/live\/m\.mpd\?x=1" could not be fetched: it answered 500/)
      expect(String(thrown)).not.toMatch(/secret/)
    } finally {
      await other.close()
    }
  })

  it('that leads to files of another kind is refused', async () => {
    const signal = new AbortController().signal
    expect(await live.file('file:///etc/passwd', 10, signal)).toEqual({
      kind: 'failed',
      reason: 'its address is no http address',
    })
    server.files.set('/big', Buffer.alloc(11))
    expect(await live.file(`${server.url}big`, 10, signal)).toMatchObject({ kind: 'failed', reason: /too many/ })
  })
})
