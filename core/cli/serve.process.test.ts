import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { gunzipSync, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchangeRaw, type RawReply, readReplies } from '../testing/raw-http.ts'
import { HUNDRED, Serving, type ServingProgram } from '../testing/serving.ts'

const serving = new Serving()
const { folder } = serving
const serve = (...args: string[]) => serving.serve(...args)

let a: ServingProgram
let w: ServingProgram
let wFolder = ''
beforeAll(async () => {
  serving.folderA('a')
  wFolder = folder.at('w')
  mkdirSync(wFolder)
  ;[a, w] = await Promise.all([
    serve(
      ...['--read', folder.at('a'), '--list', '--header', 'X-A,one,X-B,two', '--server-utc'],
      ...['--max-errors', '0', '--max-per-peer', '0'],
    ),
    serve('--read', wFolder, '--write', wFolder, '--max-errors', '0', '--max-per-peer', '0'),
  ])
})
afterAll(() => serving.end())

const put = (name: string, body: string | Uint8Array, ...lines: string[]) =>
  w.ask(`PUT ${name}`, [`Content-Length: ${body.length}`, ...lines], body)

describe('files that are read', () => {
  it('HS-01 to HS-04: GET and HEAD of files, an empty one, and none', async () => {
    const whole = await a.ask('GET /d100.txt')
    expect([whole.status, whole.body.toString()]).toEqual([200, HUNDRED])
    expect(whole.headers).toMatchObject({
      'content-length': '100',
      'accept-ranges': 'bytes',
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"[\da-f-]+"$/),
      'last-modified': expect.stringMatching(/GMT$/),
      server: 'Routescope',
    })
    const head = await a.ask('HEAD /d100.txt', ['Range: bytes=0-9'])
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '100', 0])
    const empty = await a.ask('GET /empty.txt')
    expect([empty.status, empty.headers['content-length']]).toEqual([200, '0'])
    for (const method of ['GET', 'HEAD']) {
      const none = await a.ask(`${method} /nope`)
      expect([none.status, Number(none.headers['content-length']) > 0]).toEqual([404, true])
    }
  })

  it.each([
    // HS-05 to HS-11, HS-14
    ['bytes=0-9', 206, 'bytes 0-9/100', '0123456789'],
    ['bytes=0-0', 206, 'bytes 0-0/100', '0'],
    ['bytes=90-', 206, 'bytes 90-99/100', '0123456789'],
    ['bytes=-10', 206, 'bytes 90-99/100', '0123456789'],
    ['bytes=95-200', 206, 'bytes 95-99/100', '56789'],
    ['bytes=-200', 206, 'bytes 0-99/100', HUNDRED],
    ['bytes=100-', 416, 'bytes */100', null],
    ['bytes=-0', 416, 'bytes */100', null],
    ['bytes=abc', 200, undefined, HUNDRED],
    ['items=0-1', 200, undefined, HUNDRED],
    ['bytes=50-40', 200, undefined, HUNDRED],
    ['bytes=0-1,5-6', 206, 'bytes 0-1/100, 5-6/100', '0156'],
    ['bytes=0-1, bytes=5-6', 206, 'bytes 0-1/100, 5-6/100', '0156'],
    ['bytes=5-6,0-1,0-4,2-6', 206, 'bytes 5-6/100, 0-1/100, 0-4/100, 2-6/100', '56010123423456'],
    ['bytes=0-1,500-600', 206, 'bytes 0-1/100', '01'],
    // HS-13
    [`bytes=${Array.from({ length: 200 }, (_, at) => `${at}-${at}`).join()}`, 200, undefined, HUNDRED],
  ])('HS-05 to HS-14: Range: %s', async (range, status, contentRange, body) => {
    const reply = await a.ask('GET /d100.txt', [`Range: ${range}`])
    expect([reply.status, reply.headers['content-range']]).toEqual([status, contentRange])
    if (body !== null)
      expect([reply.headers['content-length'], reply.body.toString()]).toEqual([`${body.length}`, body])
  })

  it('HS-12: several ranges as parts', async () => {
    const reply = await a.ask('GET /d100.txt', ['Range: bytes=0-1,5-6', 'X-Multirange: multipart'])
    const [, boundary = ''] = /^multipart\/byteranges; boundary=(\w+)$/.exec(reply.headers['content-type'] ?? '') ?? []
    const part = (range: string, text: string) =>
      `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/100\r\n\r\n${text}`
    expect([reply.status, reply.body.toString()]).toEqual([
      206,
      `${part('0-1', '01')}${part('5-6', '56')}\r\n--${boundary}--\r\n`,
    ])
  })

  it('HS-15 to HS-18: conditions', async () => {
    const { etag = '' } = (await a.ask('GET /d100.txt')).headers
    for (const tags of [etag, etag.slice(1, -1), '*', `"x", W/${etag}`]) {
      const reply = await a.ask('GET /d100.txt', [`If-None-Match: ${tags}`, 'Range: bytes=0-1'])
      expect([reply.status, reply.body.length, reply.headers.etag]).toEqual([304, 0, etag])
    }
    const stale = await a.ask('GET /d100.txt', ['If-Range: "old"', 'Range: bytes=0-1'])
    expect([stale.status, stale.body.length]).toEqual([200, 100])
    const later = new Date(Date.now() + 86_400_000).toUTCString()
    expect((await a.ask('GET /d100.txt', [`If-Modified-Since: ${later}`])).status).toBe(304)
  })

  it('HS-19: Cache-Control, and none of it', async () => {
    const read = ['--read', folder.at('a')]
    const [cached, uncached] = await Promise.all([
      serve(...read, '--cache-control', 'max-age=60', '--server-name', 'none'),
      serve(...read, '--cache-control', 'none', '--whole-files', '--compress-below', '0'),
    ])
    const one = await cached.ask('GET /d100.txt')
    expect([one.headers['cache-control'], one.headers.etag === undefined]).toEqual(['max-age=60', false])
    expect(one.headers.server).toBe(undefined)
    const other = await uncached.ask('GET /d100.txt', ['If-None-Match: *', 'Range: bytes=0-1'])
    expect([other.status, other.headers.etag, other.headers['cache-control']]).toEqual([200, undefined, undefined])
    expect([other.headers['accept-ranges'], other.body.length]).toEqual(['none', 100])
    const plain = await uncached.ask('GET /mid.txt', ['Accept-Encoding: gzip'])
    expect([plain.headers['content-encoding'], plain.headers.vary]).toEqual([undefined, 'Origin'])
  })

  it('HS-20, HS-21: headers of every reply', async () => {
    const { etag = '' } = (await a.ask('GET /d100.txt')).headers
    const replies = await Promise.all([
      a.ask('GET /d100.txt'),
      a.ask('GET /d100.txt', ['Range: bytes=0-1']),
      a.ask('GET /d100.txt', [`If-None-Match: ${etag}`]),
      a.ask('GET /nope'),
      a.ask('OPTIONS /d100.txt'),
      a.ask('PUT /x', ['Content-Length: 0']),
      a.ask('GET /%zz'),
    ])
    expect(replies.map(({ status, headers }) => [status, headers['x-a'], headers['x-b']])).toEqual(
      [200, 206, 304, 404, 204, 405, 400].map((status) => [status, 'one', 'two']),
    )
    for (const { headers } of replies) expect(Math.abs(Number(headers['server-utc']) - Date.now())).toBeLessThan(60_000)
  })

  it('HS-22 to HS-24: other origins', async () => {
    const origin = 'Origin: http://localhost:8080'
    const allowed = (reply: RawReply) => reply.headers['access-control-allow-origin']
    expect(allowed(await a.ask('GET /d100.txt'))).toBe(undefined)
    for (const reply of [
      await a.ask('GET /d100.txt', [origin]),
      await a.ask('GET /nope', [origin]),
      await put('/cors.txt', 'x', origin),
    ]) {
      expect(allowed(reply)).toBe('http://localhost:8080')
      expect(reply.headers.vary).toMatch(/^Origin(, |$)/)
    }
    // Under a name of its own that leads to a server which others reach, a page is a stranger, too.
    const wide = await serve('--listen', '0.0.0.0:0', '--write', folder.at('wide'))
    const rebound = `PUT /x HTTP/1.1\r\nHost: a.example\r\nOrigin: http://a.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
    expect(readReplies(await exchangeRaw(wide.port, rebound))[0]?.status).toBe(403)
    const stranger = 'Origin: https://elsewhere.example'
    expect((await put('/cors2.txt', 'x', stranger)).status).toBe(403)
    expect(existsSync(folder.at('w', 'cors2.txt'))).toBe(false)
    const preflight = await a.ask('OPTIONS /nope', [origin, 'Access-Control-Request-Method: GET'])
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([204, 'GET, HEAD, OPTIONS'])
    const off = await serve('--read', folder.at('a'), '--cors', 'off')
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await off.ask(`${method} /d100.txt`, [origin])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('HS-25: OPTIONS', async () => {
    expect((await a.ask('OPTIONS /d100.txt')).headers.allow).toBe('GET, HEAD, OPTIONS')
    expect((await w.ask('OPTIONS /d100.txt')).headers.allow).toBe('GET, HEAD, POST, PUT, DELETE, OPTIONS')
    expect((await a.ask('OPTIONS *')).status).toBe(204)
  })

  it('HS-26, HS-27: compression', async () => {
    const ask = (name: string, accepted: string, ...more: string[]) =>
      a.ask(`GET /${name}`, [`Accept-Encoding: ${accepted}`, ...more])
    const zipped = await ask('mid.txt', 'gzip, deflate')
    expect([zipped.headers['content-encoding'], zipped.headers.vary]).toEqual(['gzip', 'Origin, Accept-Encoding'])
    expect(gunzipSync(zipped.body).toString()).toBe(HUNDRED.repeat(90))
    expect(zipped.headers.etag).toMatch(/-gz"$/)
    const again = await ask('mid.txt', 'gzip', `If-None-Match: ${zipped.headers.etag}`)
    expect(again.status).toBe(304)
    const deflated = await ask('mid.txt', 'gzip;q=0, deflate')
    expect(deflated.headers['content-encoding']).toBe('deflate')
    expect(inflateSync(deflated.body).toString()).toBe(HUNDRED.repeat(90))
    for (const [name, accepted, ...more] of [
      ['big.txt', 'gzip'],
      ['num.bin', 'gzip'],
      ['mid.txt', 'br'],
      ['mid.txt', 'gzip', 'Range: bytes=0-9'],
    ] as const) {
      const plain = await ask(name, accepted, ...more)
      expect([name, plain.headers['content-encoding']]).toEqual([name, undefined])
    }
  })

  it('HS-28 to HS-30: folders', async () => {
    expect((await w.ask('GET /')).status).toBe(403)
    const page = (await a.ask('GET /')).body.toString()
    expect(page).not.toContain(folder.path)
    expect(page).not.toContain('.hidden')
    expect(page).toContain('&lt;img src=x onerror=1&gt;.txt</a>')
    expect(page).not.toContain('<img')
    expect(page).toContain('<a href="./a%20b%26c.svg">a b&amp;c.svg</a>')
    expect(page.indexOf('sub/')).toBeLessThan(page.indexOf('big.txt'))
    expect((await a.ask('GET /a%20b%26c.svg')).body.toString()).toBe('<svg/>')
    const { entries } = JSON.parse((await a.ask('GET /', ['Accept: application/json'])).body.toString())
    expect(entries).toContainEqual({
      name: 'd100.txt',
      folder: false,
      sizeBytes: 100,
      modifiedMs: expect.any(Number),
    })
    const moved = await a.ask('GET /sub')
    expect([moved.status, moved.headers.location]).toEqual([301, '/sub/'])
    expect((await a.ask('GET /sub/')).body.toString()).toContain('inner.txt')
    expect((await a.ask('GET /.hidden')).status).toBe(404)
  })

  it('HS-31: several folders, each below its name or on top of each other', async () => {
    mkdirSync(folder.at('other', 'a'), { recursive: true })
    writeFileSync(folder.at('other', 'a', 'two.txt'), 'two')
    const both = ['--read', folder.at('a'), '--read', folder.at('other', 'a'), '--list']
    const [named, overlaid] = await Promise.all([serve(...both), serve(...both, '--overlay')])
    const list = JSON.parse((await named.ask('GET /', ['Accept: application/json'])).body.toString())
    expect(list.entries.map(({ name }: { name: string }) => name)).toEqual(['a', 'a-2'])
    const statuses = (server: ServingProgram) =>
      Promise.all(
        ['/a/d100.txt', '/a-2/two.txt', '/d100.txt', '/two.txt'].map(
          async (path) => (await server.ask(`GET ${path}`)).status,
        ),
      )
    expect(await statuses(named)).toEqual([200, 200, 404, 404])
    expect(await statuses(overlaid)).toEqual([404, 404, 200, 200])
  })
})
describe('connections', () => {
  const get = 'GET /d100.txt HTTP/1.1\r\nHost: localhost\r\n'
  const open = async (port: number): Promise<{ socket: Socket; closed: Promise<string>; first: Promise<void> }> => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('error', () => undefined)
    const first = new Promise<void>((resolve) => socket.once('data', () => resolve()))
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    const closed = once(socket, 'close').then(() => text)
    await once(socket, 'connect')
    return { socket, closed, first }
  }

  it('HS-54, HS-55, HS-59: closing, HTTP/1.0, and three requests at once', async () => {
    const closing = await serve('--read', folder.at('a'), '--close')
    const [reply] = readReplies(await exchangeRaw(closing.port, `${get}\r\n`))
    expect([reply?.status, reply?.headers.connection]).toEqual([200, 'close'])
    const [old] = readReplies(await exchangeRaw(a.port, 'GET /d100.txt HTTP/1.0\r\n\r\n'))
    expect([old?.status, old?.headers.connection]).toEqual([200, 'close'])
    const three = readReplies(await exchangeRaw(a.port, `${get}\r\n${get}\r\n${get}Connection: close\r\n\r\n`))
    expect(three.map(({ status, body }) => [status, body.length])).toEqual(Array(3).fill([200, 100]))
    expect(three[0]?.headers['keep-alive']).toMatch(/^timeout=30\b/)
  })

  it('HS-56: an idle connection is closed, before and after a request', async () => {
    const { port } = await serve('--read', folder.at('a'), '--idle', '1')
    const [silent, asked] = await Promise.all([open(port), open(port)])
    asked.socket.write(`${get}\r\n`)
    expect(await silent.closed).toBe('')
    expect(await asked.closed).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('HS-57: one connection too many', async () => {
    const { port } = await serve('--read', folder.at('a'), '--max-connections', '2', '--max-per-peer', '0')
    const [one, two] = [await open(port), await open(port)]
    for (const each of [one, two]) each.socket.write(`${get}\r\n`)
    await Promise.all([one.first, two.first])
    const [refused] = readReplies(await exchangeRaw(port, `${get}\r\n`))
    expect([refused?.status, refused?.headers['retry-after'], refused?.headers.connection]).toEqual([503, '1', 'close'])
    for (const { socket } of [one, two]) socket.destroy()
    const peer = await serve('--read', folder.at('a'), '--max-per-peer', '1')
    const idle = await open(peer.port)
    idle.socket.write(`${get}\r\n`)
    await idle.first
    // The idle one makes room.
    const [reply] = readReplies(await exchangeRaw(peer.port, `${get}Connection: close\r\n\r\n`))
    expect([reply?.status, (await idle.closed).startsWith('HTTP/1.1 200')]).toEqual([200, true])
    // One that is about to ask does not.
    const asking = await open(peer.port)
    const [late] = readReplies(await exchangeRaw(peer.port, `${get}Connection: close\r\n\r\n`))
    asking.socket.write(`${get}Connection: close\r\n\r\n`)
    expect([late?.status, (await asking.closed).startsWith('HTTP/1.1 200')]).toEqual([503, true])
  })

  it('HS-58: errors in a row end a connection', async () => {
    const { port } = await serve('--read', folder.at('a'), '--max-errors', '3')
    const none = get.replace('d100', 'none')
    /** One after another on one connection. */
    const closes = async (...requests: string[]) => {
      const { socket, closed } = await open(port)
      const replies: string[] = []
      for (const request of requests) {
        socket.write(`${request}\r\n`)
        const [bytes] = (await once(socket, 'data')) as [Buffer]
        const [, status, connection] = /^HTTP\/1\.1 (\d+).*\r\nConnection: (\S+)\r\n/s.exec(bytes.toString()) ?? []
        replies.push(`${status} ${connection}`)
      }
      await closed
      return replies
    }
    const [failed, fine, last] = ['404 keep-alive', '200 keep-alive', '404 close']
    expect(await closes(none, none, none)).toEqual([failed, failed, last])
    expect(await closes(none, none, get, none, none, none)).toEqual([failed, failed, fine, failed, failed, last])
  })

  it('HS-60, HS-61: what is no request', async () => {
    const status = async (request: string) => readReplies(await exchangeRaw(w.port, request))[0]?.status
    const host = 'HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
    expect(await status(`GET / ${host}X: ${'x'.repeat(17 * 1024)}\r\n\r\n`)).toBe(431)
    expect(await status(`GET /${'x'.repeat(9000)} ${host}\r\n`)).toBe(414)
    expect(await status('GARBAGE\r\n\r\n')).toBe(400)
    expect(await status(`PUT /smuggled ${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toBe(
      400,
    )
    expect(await status(`PUT /smuggled ${host}Content-Length: x\r\n\r\n`)).toBe(400)
    expect([400, undefined]).toContain(await status(`PUT /smuggled ${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`))
    await expect.poll(() => readdirSync(wFolder).filter((name) => /smuggled|routescope/.test(name))).toEqual([])
    for (const method of ['PATCH', 'TRACE', 'FOO', 'get']) expect(await status(`${method} / ${host}\r\n`)).toBe(501)
    expect(await status('CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n')).toBe(501)
  })

  it('HS-82: another name for this machine', async () => {
    const [reply] = readReplies(
      await exchangeRaw(a.port, 'GET /d100.txt HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    )
    expect(reply?.status).toBe(421)
  })
})
