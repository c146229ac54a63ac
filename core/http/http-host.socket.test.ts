import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { answerContent } from './content-answer.ts'
import { type HostUse, joinHttpHost } from './http-host.ts'
import type { Mount, MountRules } from './mount.ts'

const uses: HostUse[] = []
afterEach(async () => {
  for (const use of uses.splice(0)) await use.close()
})
async function host(port = 0): Promise<HostUse & { readonly port: number }> {
  const use = await joinHttpHost('127.0.0.1', port)
  uses.push(use)
  return { ...use, port: Number(new URL(use.origin).port) }
}

const RULES: MountRules = {
  cors: 'auto',
  methods: ['GET', 'HEAD'],
  otherMethods: 'Read it.',
  localNames: 'loopback',
}
const saying = (prefix: string, text: string, rules: Partial<MountRules> = {}): Mount => ({
  prefix,
  rules: { ...RULES, ...rules },
  answer: (exchange) => exchange.text(200, 'text/plain', `${text} ${exchange.target.components.join('|')}`),
})

type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}
async function raw(port: number, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  if (text !== '') socket.write(text)
  return socket
}

describe('one host for several users', () => {
  test('answers by the longest prefix, whole components only', async () => {
    const first = await host()
    const second = await host(first.port)
    expect(second.origin).toBe(first.origin)
    first.mount(saying('', 'root'))
    second.mount(saying('/a', 'a'))
    second.mount(saying('/a/b', 'b'))
    const texts = await Promise.all(
      ['/', '/x', '/a/', '/a/x/y', '/a/b/', '/a/b/c%20d', '/ab', '/a/bc'].map((path) => ask(first.port, path)),
    )
    expect(texts.map(({ text }) => text)).toEqual(['root ', 'root x', 'a ', 'a x|y', 'b ', 'b c d', 'root ab', 'a bc'])
  })

  test('counts the bytes of each mount', async () => {
    const one = await host()
    const [a, b] = [one.mount(saying('/a', 'a')), one.mount(saying('/b', 'bb'))]
    await ask(one.port, '/a/')
    await ask(one.port, '/a/', {}, 'HEAD')
    await ask(one.port, '/b/')
    expect([a.requests, a.bytes, b.requests, b.bytes]).toEqual([2, 2, 1, 3])
  })

  test('shows its connections: what each does, and did last', async () => {
    const one = await host()
    const answers: (() => void)[] = []
    one.mount({
      prefix: '',
      rules: { ...RULES, methods: ['GET', 'PUT'] },
      answer: (exchange) => {
        if (exchange.request.method === 'PUT') {
          exchange.request.on('data', (bytes: Buffer) => exchange.countReceived(bytes.byteLength))
          return
        }
        const goOn = exchange.target.components[0] === 'next' ? exchange.hold('next-segment') : () => undefined
        answers.push(() => {
          goOn()
          exchange.text(200, 'text/plain', 'come')
        })
      },
    })
    const doing = (): string[] => one.clients.clients().clients.map((each) => each.doing)
    const idle = await raw(one.port)
    await expect.poll(doing).toEqual(['idle'])
    const head = (line: string): string => `${line} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: raw\u00ff\r\n`
    const held = await raw(one.port, `${head('GET /next')}\r\n`)
    await expect.poll(doing).toEqual(['idle', 'held'])
    const sending = await raw(one.port, `${head('PUT /up')}Content-Length: 9\r\n\r\nabc`)
    await expect.poll(doing).toEqual(['idle', 'held', 'uploading'])
    const before = one.clients.progress()
    for (const answer of answers) answer()
    await expect.poll(doing).toEqual(['idle', 'idle', 'uploading'])
    expect(one.clients.progress()).not.toBe(before)
    const { total, clients } = one.clients.clients()
    expect(total).toBe(3)
    expect(clients[0]).toMatchObject({ number: 1, address: '127.0.0.1', requests: 0, target: null, userAgent: null })
    expect(clients[0]?.port).toBe(idle.localPort)
    expect(clients[1]).toMatchObject({ requests: 1, target: 'GET /next', port: held.localPort })
    expect(clients[1]?.sentBytes).toBeGreaterThan(100)
    expect(clients[1]?.receivedBytes).toBe(held.bytesWritten)
    for (const each of [idle, held, sending]) each.destroy()
    await expect.poll(doing).toEqual([])
  })

  test('ends every request of a connection that breaks, those too that wait behind another', async () => {
    const one = await host()
    const ended: string[] = []
    let come = 0
    one.mount({
      prefix: '',
      rules: { ...RULES, methods: ['GET', 'PUT'] },
      answer: (exchange) => {
        const [name = ''] = exchange.target.components
        exchange.request.resume()
        exchange.response.on('close', () => ended.push(`${name} ${exchange.isOver}`))
        come++
      },
    })
    const get = (name: string): string => `GET /${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    const put = 'PUT /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc'
    const socket = await raw(one.port, `${get('a')}${put}${get('c')}`)
    await expect.poll(() => come).toBe(3)
    socket.resetAndDestroy()
    await expect.poll(() => [...ended].sort()).toEqual(['a true', 'b true', 'c true'])
  })

  test('refuses a prefix that is taken, until it is free again', async () => {
    const one = await host()
    const mounted = one.mount(saying('/a', 'a'))
    expect(() => one.mount(saying('/a', 'b'))).toThrowError(expect.objectContaining({ error: expect.anything() }))
    mounted.close()
    one.mount(saying('/a', 'b'))
    expect((await ask(one.port, '/a/')).text).toBe('b ')
    expect((await ask(one.port, '/')).status).toBe(404)
  })

  test('two that open it at the same moment share it', async () => {
    const free = await host()
    const { port } = free
    await free.close()
    const both = await Promise.all([host(port), host(port)])
    both[0].mount(saying('/a', 'a'))
    both[1].mount(saying('/b', 'b'))
    expect((await ask(port, '/a/')).text).toBe('a ')
    expect((await ask(port, '/b/')).text).toBe('b ')
  })

  test('continues for the others when one closes; the last one ends every connection', async () => {
    const first = await host()
    const second = await host(first.port)
    const endless: Mount = {
      prefix: '/endless',
      rules: RULES,
      answer: (exchange) => {
        exchange.head(200, {})
        exchange.write(Buffer.from('x'))
      },
    }
    first.mount(endless)
    second.mount(saying('/b', 'b'))
    const streaming = await raw(first.port, 'GET /endless/ HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(streaming, 'data')
    const streamEnd = once(streaming, 'close')
    await first.close()
    await streamEnd
    expect((await ask(first.port, '/b/')).text).toBe('b ')
    const idle = await raw(first.port)
    const kept = new Agent({ keepAlive: true })
    await new Promise<void>((resolve) => {
      request({ agent: kept, host: '127.0.0.1', port: first.port, path: '/b/' }, (response) =>
        response.resume().on('end', resolve),
      ).end()
    })
    const ends = [once(idle, 'close'), vi.waitUntil(() => Object.keys(kept.freeSockets).length === 0)]
    await second.close()
    await Promise.all(ends)
    await expect(ask(first.port, '/b/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    // And it can be opened again.
    const again = await host(first.port)
    again.mount(saying('', 'again'))
    expect((await ask(first.port, '/')).text).toBe('again ')
    kept.destroy()
  })

  test('a port of another program is in use', async () => {
    const one = await host()
    await expect(joinHttpHost('0.0.0.0', one.port)).rejects.toMatchObject({ error: { code: 'port-in-use' } })
  })
})

describe('rules of a mount', () => {
  test('CORS, methods, names and headers are its own', async () => {
    const one = await host()
    one.mount(saying('/open', 'o', { cors: 'on', headers: { 'X-Mine': '1' } }))
    one.mount(saying('/shut', 's', { cors: 'off', methods: ['GET', 'POST'], localNames: 'always' }))
    one.mount(saying('/auto', 'a'))
    const origin = { Origin: 'http://player.example' }
    const of = async (path: string): Promise<unknown> =>
      (await ask(one.port, path, origin)).headers['access-control-allow-origin']
    expect(await of('/open/')).toBe('http://player.example')
    expect(await of('/shut/')).toBeUndefined()
    expect(await of('/auto/')).toBeUndefined()
    const local = { Origin: 'http://localhost:3000' }
    expect((await ask(one.port, '/auto/', local)).headers['access-control-allow-origin']).toBe('http://localhost:3000')
    expect((await ask(one.port, '/open/')).headers).toMatchObject({ 'access-control-allow-origin': '*', 'x-mine': '1' })
    expect((await ask(one.port, '/auto/')).headers['access-control-allow-origin']).toBeUndefined()
    const preflight = await ask(one.port, '/open/', origin, 'OPTIONS')
    expect(preflight).toMatchObject({
      status: 204,
      headers: { allow: 'GET, HEAD, OPTIONS', 'access-control-allow-methods': 'GET, HEAD, OPTIONS' },
    })
    expect((await ask(one.port, '/shut/', {}, 'POST')).status).toBe(200)
    expect(await ask(one.port, '/auto/', {}, 'POST')).toMatchObject({ status: 405, text: 'Read it.\n' })
    expect((await ask(one.port, '/auto/', { Host: 'evil.example' })).status).toBe(421)
    const twice = await raw(one.port, 'GET /auto/ HTTP/1.1\r\nHost: localhost\r\nhOST: evil.example\r\n\r\n')
    const [head] = (await once(twice, 'data')) as [Buffer]
    expect(head.toString()).toMatch(/^HTTP\/1\.1 400 /)
    twice.destroy()
  })

  test('a request that is not admitted gets the reason; a failure is 500, and logged', async () => {
    const one = await host()
    const warnings: string[] = []
    one.mount({
      prefix: '',
      rules: {
        ...RULES,
        admits: (_, { query }) => (query.get('token') === 't' ? null : { status: 403, sentence: 'No token.' }),
      },
      answer: () => {
        throw new Error('broken')
      },
      log: (_, text) => warnings.push(text),
    })
    expect(await ask(one.port, '/')).toMatchObject({ status: 403, text: 'No token.\n' })
    expect((await ask(one.port, '/?token=t')).status).toBe(500)
    expect(warnings).toEqual(['A request failed: broken'])
  })

  test('a malformed address is refused by the mount it would have reached', async () => {
    const one = await host()
    one.mount(saying('', 'root', { cors: 'off' }))
    one.mount(saying('/a', 'a', { cors: 'on' }))
    expect(await ask(one.port, '/a/%ff')).toMatchObject({
      status: 400,
      headers: { 'access-control-allow-origin': '*' },
    })
    expect((await ask(one.port, `/${'x'.repeat(9000)}`)).status).toBe(414)
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, '1']))
    expect((await ask(one.port, '/', many)).status).toBe(431)
  })

  test('a body that does not arrive in time ends the connection', async () => {
    const one = await host()
    one.mount({ prefix: '', rules: { ...RULES, methods: ['POST'], bodyMs: 50 }, answer: () => undefined })
    const socket = await raw(one.port, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc')
    const [reply] = (await once(socket, 'data')) as [Buffer]
    expect(reply.toString()).toMatch(/^HTTP\/1.1 408 /)
    await once(socket, 'close')
  })

  test('conditions and ranges of content, by the tag it is given', async () => {
    const one = await host()
    const bytes = Buffer.from('0123456789')
    one.mount({
      prefix: '',
      rules: RULES,
      answer: async (exchange) => {
        const validators = { etag: '"v1"', modifiedMs: 1_767_225_600_000 }
        await answerContent(exchange, {
          source: { bytes },
          size: 10,
          mediaType: 'text/html',
          validators,
          headers: { 'Cache-Control': 'no-cache' },
        })
      },
    })
    const whole = await ask(one.port, '/')
    expect(whole).toMatchObject({ status: 200, text: '0123456789' })
    expect(whole.headers).toMatchObject({ etag: '"v1"', 'accept-ranges': 'bytes' })
    const part = await ask(one.port, '/', { Range: 'bytes=-3' })
    expect(part).toMatchObject({ status: 206, text: '789', headers: { 'content-range': 'bytes 7-9/10' } })
    expect((await ask(one.port, '/', { Range: 'bytes=10-' })).headers['content-range']).toBe('bytes */10')
    expect(await ask(one.port, '/', { 'If-None-Match': '"v1"' })).toMatchObject({ status: 304, text: '' })
    expect((await ask(one.port, '/', { 'If-Match': '"v2"' })).status).toBe(412)
    expect(await ask(one.port, '/', { 'If-Range': '"v2"', Range: 'bytes=1-2' })).toMatchObject({ status: 200 })
  })
})

describe('peers that break off', () => {
  const upgrade = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  const large = Buffer.alloc(4 << 20)

  test.each([
    ['before the head', ''],
    ['in the head', 'GET /large HT'],
    ['in the body of a request', 'POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc'],
    ['in a chunk of it', 'POST /body HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc'],
    ['in the body of the answer', 'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['while the answer waits', 'GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['with more requests behind', 'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(9)],
    ['after CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['in an upgrade that is refused', upgrade('/none')],
    ['in an upgrade that is taken', upgrade('/socket/')],
    ['in an upgrade that is none of ours', upgrade('/large').replace('websocket', 'h2c')],
    ['after what is not HTTP', 'hello\r\n\r\n'],
  ])('reset %s: everybody else is served', async (_, text) => {
    const one = await host()
    const taken: unknown[] = []
    one.mount({
      prefix: '',
      rules: { ...RULES, methods: ['GET', 'HEAD', 'POST'] },
      answer: (exchange) => {
        const [name] = exchange.target.components
        if (name === 'large') {
          exchange.head(200, {})
          exchange.write(large)
          exchange.end(large)
        } else if (name === 'body') exchange.request.resume()
        else if (name !== 'wait') exchange.text(200, 'text/plain', 'here')
      },
    })
    one.mount({
      ...saying('/socket', 'socket'),
      upgrade: ({ socket }) => {
        taken.push(socket)
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
        socket.on('data', () => undefined)
      },
    })
    for (let round = 0; round < 12; round++) {
      const socket = await raw(one.port, text)
      // At once, after a turn, and after the first bytes of an answer.
      if (round % 3 === 1) await new Promise(setImmediate)
      if (round % 3 === 2 && !/wait|body|HT$|^$/.test(text)) await once(socket, 'data')
      socket.resetAndDestroy()
    }
    expect((await ask(one.port, '/')).text).toBe('here')
  })

  test('garbage behind a request does not get into the answer', async () => {
    const one = await host()
    let answer = (): void => {}
    one.mount({
      prefix: '',
      rules: RULES,
      answer: (exchange) => {
        exchange.head(200, { 'Content-Length': 1000 })
        exchange.write(Buffer.from('begun'))
        answer()
      },
    })
    const socket = await raw(one.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let text = ''
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    socket.write('hello\r\n\r\n')
    await once(socket, 'close')
    expect(text).not.toContain('400 Bad Request')
  })

  test('an offer of another protocol is answered as an ordinary request', async () => {
    const one = await host()
    one.mount({ ...saying('/socket', 's'), upgrade: () => undefined })
    one.mount(saying('', 'root'))
    const socket = await raw(one.port, upgrade('/x').replace('websocket', 'h2c'))
    let text = ''
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    await once(socket, 'close')
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*root x$/)
  })
})
