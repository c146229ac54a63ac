import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { gunzipSync, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'
import { askRaw, exchangeRaw, type RawReply, readReplies } from '../testing/raw-http.ts'

const posix = process.platform !== 'win32'
const folder = new TestFolder()
const HUNDRED = '0123456789'.repeat(10)

/** Starts a server; it ends with the tests. */
async function serve(...args: string[]): Promise<Server> {
  const program = new RunningProgram([
    'serve',
    ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']),
    ...args,
  ])
  const [, url = ''] = await program.printed('stdout', /^Serving (https?:\S+)$/m)
  const port = Number(new URL(url).port)
  const server = { program, url, port, ask: (...request: Asked) => askRaw(port, ...request) }
  servers.push(server)
  return server
}
type Asked = [line: string, lines?: readonly string[], body?: string | Uint8Array]
type Server = {
  program: RunningProgram
  url: string
  port: number
  ask: (...request: Asked) => Promise<RawReply>
}
const servers: Server[] = []

/** The folder A of the cases: files of several kinds and links out of it. */
function folderA(name: string): string {
  const path = folder.at(name)
  mkdirSync(folder.at(name, 'sub'), { recursive: true })
  const files = {
    'd100.txt': HUNDRED,
    'empty.txt': '',
    'sub/inner.txt': 'inner',
    'mid.txt': HUNDRED.repeat(90),
    'big.txt': HUNDRED.repeat(900),
    'manifest.mpd': '<MPD/>',
    '.hidden': 'hidden',
    'a b&c.svg': '<svg/>',
    '<img src=x onerror=1>.txt': 'markup',
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(folder.at(name, file), text)
  writeFileSync(
    folder.at(name, 'num.bin'),
    Uint8Array.from({ length: 1024 }, (_, at) => at & 255),
  )
  if (posix) {
    symlinkSync('/etc/hostname', folder.at(name, 'link.txt'))
    symlinkSync('/etc', folder.at(name, 'linkdir'))
  }
  return path
}

let a: Server
let w: Server
let wFolder = ''
beforeAll(async () => {
  folderA('a')
  wFolder = folder.at('w')
  mkdirSync(folder.at('outside'))
  mkdirSync(wFolder)
  if (posix) symlinkSync(folder.at('outside'), folder.at('w', 'out'))
  ;[a, w] = await Promise.all([
    serve(
      '--read',
      folder.at('a'),
      '--list',
      '--header',
      'X-A,one,X-B,two',
      '--server-utc',
      '--max-errors',
      '0',
      '--max-per-peer',
      '0',
    ),
    serve(
      ...['--read', wFolder, '--write', wFolder, '--max-upload', '1000', '--block-size', '1K'],
      ...['--max-errors', '0', '--max-per-peer', '0'],
    ),
  ])
})
afterAll(async () => {
  for (const { program } of servers) await program.interrupt()
  folder.remove()
})

const put = (name: string, body: string | Uint8Array, ...lines: string[]) =>
  w.ask(`PUT ${name}`, [`Content-Length: ${body.length}`, ...lines], body)
const written = (name: string) => readFileSync(folder.at('w', name), 'utf8')

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
    const statuses = (server: Server) =>
      Promise.all(
        ['/a/d100.txt', '/a-2/two.txt', '/d100.txt', '/two.txt'].map(
          async (path) => (await server.ask(`GET ${path}`)).status,
        ),
      )
    expect(await statuses(named)).toEqual([200, 200, 404, 404])
    expect(await statuses(overlaid)).toEqual([404, 404, 200, 200])
  })
})

describe('files that are written', () => {
  it('HS-32, HS-35, HS-37: new, replaced, in chunks, in folders, empty', async () => {
    const made = await put('/a.txt', '0123456789')
    expect([made.status, made.headers['content-location'], made.headers['content-length']]).toEqual([
      201,
      '/a.txt',
      '0',
    ])
    expect((await put('/a.txt', '01234')).status).toBe(200)
    expect(written('a.txt')).toBe('01234')
    const chunked = await w.ask('PUT /x/y/z.txt', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
    expect([chunked.status, written('x/y/z.txt')]).toEqual([201, 'abcde'])
    expect((await w.ask('POST /posted.txt', ['Content-Length: 2'], 'ok')).status).toBe(201)
    expect([(await put('/none.txt', '')).status, written('none.txt')]).toEqual([201, ''])
  })

  it('HS-33, HS-34, HS-36: where nothing can be written, or read, or the length is missing', async () => {
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const reply = await a.ask(`${method} /d100.txt`, ['Content-Length: 0'])
      expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
    }
    await put('/kept.txt', 'kept')
    const only = await serve('--write', wFolder)
    expect((await only.ask('GET /kept.txt')).status).toBe(403)
    expect((await w.ask('GET /kept.txt')).body.toString()).toBe('kept')
    expect([(await w.ask('PUT /kept.txt')).status, written('kept.txt')]).toEqual([411, 'kept'])
  })

  it('HS-38 to HS-41: parts of files', async () => {
    await put('/part', 'ABCDE')
    expect([(await put('/part', '##', 'Range: bytes=1-2')).status, written('part')]).toEqual([200, 'A##DE'])
    expect([(await put('/part', 'mnop', 'Range: bytes=0-1,3-4')).status, written('part')]).toEqual([200, 'mn#op'])
    expect([(await put('/part', 'qr', 'Content-Range: bytes 1-2/5')).status, written('part')]).toEqual([200, 'mqrop'])
    expect([(await put('/part', '++', 'Range: bytes=5-')).status, written('part')]).toEqual([200, 'mqrop++'])
    expect([(await put('/part', '!', 'Range: bytes=9-9')).status, written('part')]).toEqual([416, 'mqrop++'])
    expect([(await put('/part', 'long', 'Range: bytes=0-1')).status, written('part')]).toEqual([400, 'mqrop++'])
    expect((await put('/nothing', 'x', 'Range: bytes=3-3')).status).toBe(404)
    expect((await put('/part', 'x', 'Content-Range: nonsense')).status).toBe(400)
  })

  it('a file is written only under the conditions of the request', async () => {
    await put('/tagged.txt', 'first')
    const { etag = '' } = (await w.ask('GET /tagged.txt')).headers
    for (const condition of ['If-None-Match: *', 'If-Match: "other"', `If-None-Match: ${etag}`])
      expect([(await put('/tagged.txt', 'no', condition)).status, written('tagged.txt')]).toEqual([412, 'first'])
    expect((await put('/untagged.txt', 'no', 'If-Match: *')).status).toBe(412)
    expect([(await put('/tagged.txt', 'second', `If-Match: ${etag}`)).status, written('tagged.txt')]).toEqual([
      200,
      'second',
    ])
  })

  it('of uploads to one name at once, one is taken at a time', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => (await put('/once.txt', `${at}`)).status),
    )
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.every((status) => [200, 201, 409].includes(status))).toBe(true)
  })

  it('HS-42, HS-46: too large, and 100 Continue only where it is taken', async () => {
    expect((await put('/large', 'x'.repeat(1001))).status).toBe(413)
    const chunks = `3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`
    expect((await w.ask('PUT /large', ['Transfer-Encoding: chunked'], chunks)).status).toBe(413)
    const expecting = (length: number) =>
      `PUT /expected HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
    const statuses = async (length: number) =>
      readReplies(await exchangeRaw(w.port, `${expecting(length)}${'x'.repeat(Math.min(length, 4))}`)).map(
        ({ status }) => status,
      )
    expect(await statuses(4)).toEqual([100, 201])
    expect(await statuses(1001)).toEqual([413])
    expect(readdirSync(wFolder).filter((name) => /large|routescope/.test(name))).toEqual([])
  })

  it('a client that sends all before it reads sees why it is refused', async () => {
    const body = Buffer.alloc(30 * 1024 * 1024, 'x')
    const chunks = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
    for (const [line, lines, sent] of [
      ['PUT /large', [`Content-Length: ${body.length}`], body],
      ['PUT /large', ['Transfer-Encoding: chunked'], chunks],
      ['PUT /../large', [`Content-Length: ${body.length}`], body],
    ] as const) {
      const { status, headers } = await w.ask(line, lines, sent)
      expect([status, headers.connection]).toEqual([line.includes('..') ? 400 : 413, 'close'])
    }
    expect(existsSync(folder.at('w', 'large'))).toBe(false)
  })

  it('HS-43, HS-44: what is uploaded is read while it grows, and is gone where the upload breaks off', async () => {
    const upload = async (name: string): Promise<Socket> => {
      const socket = connect(w.port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(`PUT ${name} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\na\r\nblock 0...\r\n`)
      return socket
    }
    /** Reads a file while it grows. */
    const follow = async (name: string) => {
      const socket = connect(w.port, '127.0.0.1')
      socket.on('error', () => undefined)
      let text = ''
      const waiting = new Set<() => void>()
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString()
        for (const look of waiting) look()
      })
      socket.write(`GET ${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      const has = (words: string): Promise<void> =>
        new Promise((resolve) => {
          const look = (): void => {
            if (text.includes(words)) resolve()
          }
          waiting.add(look)
          look()
        })
      const closed = once(socket, 'close')
      return { has, whole: () => closed.then(() => text) }
    }
    const asking = async (name: string): Promise<void> => {
      // The server has the upload once it answers for the file.
      while ((await w.ask(`HEAD ${name}`)).status !== 200);
    }
    const writer = await upload('/grows.txt')
    await asking('/grows.txt')
    const reader = await follow('/grows.txt')
    await reader.has('block 0...')
    for (let at = 1; at < 6; at++) {
      writer.write(`a\r\nblock ${at}...\r\n`)
      await reader.has(`block ${at}...`)
    }
    expect((await put('/grows.txt', 'other')).status).toBe(409)
    expect(existsSync(folder.at('w', 'grows.txt'))).toBe(false)
    writer.write('0\r\n\r\n')
    const [reply] = readReplies(Buffer.from(await reader.whole()))
    const blocks = Array.from({ length: 6 }, (_, at) => `block ${at}...`).join('')
    expect([reply?.status, reply?.body.toString(), reply?.chunks]).toEqual([200, blocks, 7])
    writer.destroy()
    await expect.poll(() => existsSync(folder.at('w', 'grows.txt')) && written('grows.txt')).toBe(blocks)

    const breaking = await upload('/breaks.txt')
    await asking('/breaks.txt')
    const cut = await follow('/breaks.txt')
    await cut.has('block 0...')
    breaking.destroy()
    expect(await cut.whole()).toMatch(/block 0\.\.\.\r\n$/)
    await expect.poll(async () => (await w.ask('GET /breaks.txt')).status).toBe(404)
    await expect.poll(() => readdirSync(wFolder).filter((name) => /breaks|routescope/.test(name))).toEqual([])
  })

  it('HS-45: DELETE', async () => {
    await put('/gone.txt', 'x')
    expect((await w.ask('DELETE /gone.txt')).status).toBe(204)
    expect((await w.ask('DELETE /gone.txt')).status).toBe(204)
    mkdirSync(folder.at('w', 'dir'), { recursive: true })
    expect((await w.ask('DELETE /dir')).status).toBe(409)
    expect((await put('/dir', 'x')).status).toBe(409)
    await put('/file', 'x')
    expect((await put('/file/below', 'x')).status).toBe(409)
  })

  it('HS-47 to HS-49: no name leads out', async () => {
    const names = [
      ...['/../x', '/%2e%2e/x', '/..%2fx', '/..%5cx', '/sub/../../x', '//etc/hostname', '/d100.txt%00.x', '/%zz'],
      ...['/%c0%ae%c0%ae/x', '/.hidden/x', '/x%0ay', '/a%E2%80%AEb'],
    ]
    const before = readdirSync(folder.path)
    for (const name of names) {
      for (const server of [a, w]) {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const { status } = await server.ask(`${method} ${name}`, method === 'PUT' ? ['Content-Length: 0'] : [])
          expect({ name, method, refused: [400, 404, 405].includes(status) }).toEqual({ name, method, refused: true })
        }
      }
    }
    expect(readdirSync(folder.path)).toEqual(before)
    if (!posix) return
    for (const name of ['/link.txt', '/linkdir/hostname']) expect((await a.ask(`GET ${name}`)).status).toBe(404)
    expect((await put('/out/x.txt', 'x')).status).toBe(403)
    expect((await w.ask('DELETE /out/x.txt')).status).toBe(403)
    expect(readdirSync(folder.at('outside'))).toEqual([])
  })
})

describe('users', () => {
  const SALT = 'ab'.repeat(32)
  const hash = (password: string) =>
    createHash('sha256').update(`${password}@`).update(Buffer.from(SALT, 'hex')).digest('hex')
  const basic = (name: string, password: string) =>
    `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  const [alice, bob] = [basic('alice', 'wonder'), basic('bob', 'builder')]
  let server: Server

  beforeAll(async () => {
    for (const name of ['ru', 'staff', 'staff/deep', 'staff/open', 'pub', 'plain', 'never', 'in'])
      mkdirSync(folder.at('rules', name), { recursive: true })
    for (const name of ['ru/f', 'staff/f', 'staff/deep/f', 'staff/open/f', 'pub/f', 'plain/p', 'never/n'])
      writeFileSync(folder.at('rules', name), name)
    if (posix) symlinkSync('../staff/f', folder.at('rules', 'plain', 'alias'))
    mkdirSync(folder.at('rules', 'in', 'closed'))
    if (posix) symlinkSync('closed', folder.at('rules', 'in', 'door'))
    writeFileSync(
      folder.at('rules', 'users'),
      `${['alice', 'bob']
        .map((name) => `[${name}]\npassword=${hash(name === 'alice' ? 'wonder' : 'builder')}\nsalt=${SALT}\n`)
        .join('')}[groups]\nstaff=bob\n`,
    )
    writeFileSync(
      folder.at('rules', 'rules'),
      [
        '[ru]\nname=ru\nru=alice',
        '[staff]\nname=staff\nrg=staff',
        '[staff/open]\nru=$ALL',
        '[pub]\nname=pub\nfilters=httpout',
        '[plain]',
        '[never]\nname=never\nfilters=other',
        '[in]\nname=in\nru=$NONE\nwu=alice',
        '[in/closed]\nwu=bob',
      ].join('\n'),
    )
    server = await serve(
      '--read',
      folder.at('rules', 'rules'),
      '--users',
      folder.at('rules', 'users'),
      '--max-errors',
      '0',
    )
  })

  it('HS-50, HS-51: who may read', async () => {
    const status = async (path: string, ...lines: string[]) => (await server.ask(`GET ${path}`, lines)).status
    expect(await status('/ru/f', alice)).toBe(200)
    expect(await status('/ru/f', bob)).toBe(403)
    const asked = await server.ask('GET /ru/f')
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Routescope", charset="UTF-8"',
    ])
    expect(await status('/ru/none')).toBe(401)
    expect(await status('/ru/f', 'Authorization: Bearer x')).toBe(401)
    expect(await status('/staff/f', bob)).toBe(200)
    expect(await status('/staff/f', alice)).toBe(403)
    expect(await status('/staff/deep/f', alice)).toBe(403)
    expect(await status('/staff/open/f')).toBe(200)
    expect(await status('/staff/f', basic('alice', 'wrong'))).toBe(401)
  })

  it('HS-52, HS-53: who may write, and where folders are', async () => {
    const write = async (...lines: string[]) =>
      (await server.ask('PUT /in/up.txt', ['Content-Length: 2', ...lines], 'up')).status
    expect([await write(alice), await write(bob), await write()]).toEqual([201, 403, 401])
    expect((await server.ask('GET /in/up.txt', [alice])).status).toBe(403)
    expect((await server.ask('DELETE /in/up.txt', [alice])).status).toBe(204)
    if (posix) {
      for (const method of ['PUT', 'DELETE'])
        expect((await server.ask(`${method} /in/door/x`, [alice, 'Content-Length: 0'])).status).toBe(403)
      expect(readdirSync(folder.at('rules', 'in', 'closed'))).toEqual([])
    }
    const statuses = ['/pub/f', '/p', '/n', '/never/n'].map(async (path) => (await server.ask(`GET ${path}`)).status)
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404])
    expect((await server.ask('PUT /pub/x', ['Content-Length: 0'])).status).toBe(403)
    // A link leads to what it leads to, not around the rights there: out of its own folder, to nothing.
    if (posix) expect((await server.ask('GET /alias')).status).toBe(404)
  })

  it('makes who guesses wait', async () => {
    const guess = (password: string) => server.ask('GET /ru/f', [basic('alice', password)])
    const statuses = []
    for (let at = 0; at < 7; at++) statuses.push((await guess('wrong')).status)
    expect(statuses.slice(-2)).toEqual([429, 429])
    expect((await guess('wonder')).status).toBe(429)
    expect((await server.ask('GET /pub/f')).status).toBe(200)
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

describe('starting', () => {
  const openssl = spawnSync('openssl', ['version']).status === 0
  const curl = spawnSync('curl', ['--version']).status === 0

  it.skipIf(!openssl || !curl)('HS-62: TLS (needs openssl and curl)', async () => {
    const [key, cert] = [folder.at('key.pem'), folder.at('cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      ...subject,
    ])
    const read = ['--read', folder.at('a')]
    const { url, port } = await serve(...read, '--cert', cert, '--key', key)
    expect(url).toBe(`https://127.0.0.1:${port}`)
    const curled = (...args: string[]) =>
      spawnSync(
        'curl',
        ['-s', '-w', '%{http_code}', '-o', folder.at('curled'), '--cacert', cert, ...args, `${url}/d100.txt`],
        {
          encoding: 'utf8',
        },
      )
    expect([curled().stdout, readFileSync(folder.at('curled'), 'utf8')]).toEqual(['200', HUNDRED])
    expect(curled('--tlsv1.0', '--tls-max', '1.1').status).not.toBe(0)
    expect((await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')).toString()).not.toMatch(/200/)
    writeFileSync(folder.at('broken.pem'), 'no key')
    for (const [args, words] of [
      [['--key', key], 'TLS needs a certificate and its key. Give --cert FILE and --key FILE.'],
      [['--cert', cert, '--key', folder.at('broken.pem')], 'are no certificate and the key of it.'],
    ] as const) {
      const { status, stderr } = await routescope(['serve', '--listen', '127.0.0.1:0', ...read, ...args])
      expect([status === 0, stderr.includes(words)]).toEqual([false, true])
    }
  })

  it('HS-81, and wrong command lines: one sentence each', async () => {
    const read = ['--read', folder.at('a')]
    for (const [args, words] of [
      [['--listen', `127.0.0.1:${a.port}`, ...read], 'is already in use'],
      [
        ['--listen', '127.0.0.1:0'],
        'Neither a folder nor a stream was named. Right form: routescope serve [--read DIR]',
      ],
      [read, "Required option '--listen"],
      [
        ['--listen', '127.0.0.1:0', ...read, '--header', 'X-A,one,X-B'],
        'has a name without a value. Write NAME,VALUE.',
      ],
      [['--listen', '127.0.0.1:0', ...read, '--header', 'X-A,o\rne'], 'has a character that no header may have.'],
      [['--listen', '127.0.0.1:0', ...read, '--header', 'Connection,close'], 'which the server sets itself.'],
      [['--listen', '127.0.0.1:0', ...read, '--log-requests', 'FETCH'], '"FETCH" is no method'],
      [
        ['--listen', '0.0.0.0:0', ...read, '--users', folder.at('rules', 'users')],
        'in the clear. Use --cert and --key',
      ],
      [['--listen', '127.0.0.1:0', '--write', folder.at('a', 'd100.txt')], 'is a file, and uploads need a folder.'],
    ] as const) {
      const { status, stderr } = await routescope(['serve', ...args])
      expect([stderr, status === 0]).toEqual([expect.stringContaining(words), false])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })

  it('serves users of other computers without TLS where --insecure-login says so', async () => {
    const users = ['--users', folder.at('rules', 'users'), '--read', folder.at('rules', 'rules')]
    const args = ['serve', '--listen', '0.0.0.0:0', ...users, '--insecure-login']
    const program = new RunningProgram(args)
    const [, url = ''] = await program.printed('stdout', /^Serving (https?:\S+)$/m)
    expect((await askRaw(Number(new URL(url).port), 'GET /pub/f')).status).toBe(200)
    const { stderr } = await program.interrupt()
    expect(stderr).toContain('0.0.0.0')
  })

  it('HS-80: requests in the log; a missing folder is made; the end is told', async () => {
    const logged = await serve(
      '--read',
      folder.at('a'),
      '--write',
      folder.at('new'),
      '--log-requests',
      'GET,REC',
      '--log',
      'http@info',
    )
    expect(existsSync(folder.at('new'))).toBe(true)
    await logged.ask('GET /d100.txt', ['Range: bytes=0-9'])
    await logged.ask('PUT /x.txt', ['Content-Length: 1'], 'x')
    const { status, stderr } = await logged.program.interrupt()
    expect(status).toBe(130)
    expect(stderr).toMatch(/REQ#1 127\.0\.0\.1 GET \/d100\.txt start \[range: bytes=0-9\]\n/)
    expect(stderr).toMatch(/REQ#1 GET done: reply 206 - \d+ bytes in \d+ ms at \d+ kbps\n/)
    expect(stderr).toMatch(/Wrote .*x\.txt, 1 bytes\n/)
    expect(stderr).not.toContain('PUT')
    expect(stderr).toContain('Served 2 requests, 10 bytes; took 1 bytes of uploads.')
  })
})
