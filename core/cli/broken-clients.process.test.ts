import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ASIDE_PREFIX } from '../files/safe-name.ts'
import { type BrokenStage, brokenStages, playStages } from '../testing/broken-peers.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, TestFolder } from '../testing/program.ts'
import { BAD_FRAMES, webSocketFrame } from '../testing/web-socket-frames.ts'

/*
 * Clients that reset and garble at every stage of every kind of connection, against the program itself: it serves everybody
 * else, and `RunningProgram` fails for an error that nothing caught.
 */
const folder = new TestFolder()
let capture: string
let tokens = ''

beforeAll(async () => {
  capture = folder.at('sent.pcap')
  writeFileSync(capture, pcapOf(await routeFixture()))
})
afterAll(() => folder.remove())

const HOST = 'Host: 127.0.0.1\r\n'
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`
const handshake = (path: string, more = ''): string =>
  get(
    path,
    `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${more}`,
  )
const CHUNKED = `POST /upload?name=x.pcap HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`

/** Kinds of connections to any HTTP server of the program. */
const CONVERSATIONS: Readonly<Record<string, () => string | Uint8Array>> = {
  'a request': () => get('/'),
  'a request for a long file': () => get('/service1/video-1.m4s'),
  'requests one behind the other': () => get('/').repeat(6) + get('/service1/video-1.m4s').repeat(6),
  'a range': () => get('/service1/video-1.m4s', 'Range: bytes=5-90000\r\n'),
  HEAD: () => get('/').replace('GET', 'HEAD'),
  OPTIONS: () => get('/', 'Origin: http://x.example\r\n').replace('GET', 'OPTIONS'),
  TRACE: () => get('/').replace('GET', 'TRACE'),
  CONNECT: () => `CONNECT x.example:443 HTTP/1.1\r\nHost: x.example\r\n\r\n${'x'.repeat(2000)}`,
  'a body': () => `POST / HTTP/1.1\r\n${HOST}Content-Length: 400\r\n\r\n${'b'.repeat(400)}`,
  'Expect: 100-continue': () =>
    `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 40\r\n\r\n${'b'.repeat(40)}`,
  'an expectation that nobody has': () => get('/', 'Expect: miracles\r\n'),
  'a chunked body with trailers': () => `${CHUNKED}5\r\nhello\r\n5;x=y\r\nworld\r\n0\r\nX-Sum: 10\r\n\r\n`,
  'chunks without a size': () => `${CHUNKED}zz\r\nhello\r\n0\r\n\r\n`,
  'a chunk of 2^64 bytes': () => `${CHUNKED}10000000000000000\r\nhello`,
  'endless headers': () => get('/', `X: ${'x'.repeat(200)}\r\n`.repeat(120)),
  'two lengths': () => `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 9\r\n\r\nbody`,
  'HTTP/1.0': () => 'GET / HTTP/1.0\r\n\r\n',
  'HTTP/2 without asking': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  'an offer of HTTP/2': () =>
    get('/', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'),
  'the beginning of TLS': () => Buffer.from('16030100c8010000c40303'.padEnd(400, '5a'), 'hex'),
  'what is not HTTP': () => 'hello\r\n\r\nSSH-2.0-x\r\n',
  'a WebSocket without a token': () => handshake('/engine'),
  'a WebSocket with a wrong token': () => handshake('/engine?token=x'),
  'a WebSocket of another version': () => handshake(`/engine?${tokens}`).replace('Version: 13', 'Version: 99'),
  'a WebSocket with extensions': () =>
    handshake(`/engine?${tokens}`, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n'),
  'a page with its token': () => get(`/?${tokens}`),
  'an upload': () => `POST /upload?name=x&${tokens} HTTP/1.1\r\n${HOST}Content-Length: 400\r\n\r\n${'b'.repeat(400)}`,
  'messages of a window': () =>
    Buffer.concat([
      Buffer.from(handshake(`/engine?${tokens}`)),
      webSocketFrame({ opcode: 2, payload: Buffer.from([0x83, 0xa2, 105, 100, 1, 0xa7]), fin: false }),
      webSocketFrame({ opcode: 9, payload: Buffer.from('ping') }),
      webSocketFrame({
        opcode: 0,
        payload: Buffer.from([...Buffer.from('command'), 0xa5, ...Buffer.from('hello')]),
        fin: false,
      }),
      webSocketFrame({ opcode: 0, payload: Buffer.from([0xa4, ...Buffer.from('args'), 0x90]) }),
      webSocketFrame({ opcode: 8, payload: Buffer.from([3, 232]) }),
    ]),
}

const stagesOf = (): BrokenStage[] =>
  Object.entries(CONVERSATIONS).flatMap(([name, text], at) => brokenStages(name, text(), at + 1))

describe.each([
  ['gateway', (): string[] => ['gateway', '--capture', capture, '--pace', 'fast', '--listen', '127.0.0.1:0']],
  ['interface server', (): string[] => ['open', '--no-window', capture]],
])('%s', (_, args) => {
  it('serves everybody else, whatever a client breaks off', async () => {
    const program = new RunningProgram(args())
    const [, address = ''] = await program.printed('stdout', /(http:\S+)/)
    const { port, search } = new URL(address)
    tokens = search.slice(1)
    const stages = stagesOf()
    expect(stages.length).toBeGreaterThan(1000)
    expect(await playStages(Number(port), stages)).toBe(stages.length)
    expect((await fetch(address)).status).toBe(200)
    expect(await program.interrupt()).toMatchObject({ status: 130, signal: null })
  })
})

/** Kinds of connections to a server of folders that writes. */
const UPLOADS: Readonly<Record<string, string>> = {
  'an upload': `PUT /a/one.bin HTTP/1.1\r\n${HOST}Content-Length: 400\r\n\r\n${'b'.repeat(400)}`,
  'an upload in chunks': `POST /two.bin HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${`64\r\n${'c'.repeat(100)}\r\n`.repeat(6)}0\r\n\r\n`,
  'an upload that asks first': `PUT /three.bin HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 40\r\n\r\n${'d'.repeat(40)}`,
  'a part of a file': `PUT /kept.bin HTTP/1.1\r\n${HOST}Content-Range: bytes 10-19/*\r\nContent-Length: 10\r\n\r\n${'e'.repeat(10)}`,
  'an upload, read while it arrives': `PUT /four.bin HTTP/1.1\r\n${HOST}Content-Length: 90\r\n\r\n${'f'.repeat(90)}${get('/four.bin')}`,
  'files that are removed': `DELETE /one.bin HTTP/1.1\r\n${HOST}\r\n`.repeat(4),
  'ranges of a long file': get('/long.bin', 'Range: bytes=5-900000,7-8\r\n').repeat(4),
  'a list': get('/', 'Accept: application/json\r\n'),
  'lies about a name': `PUT /..%2fout HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody${get('/%2e%2e/out')}`,
}

describe('a server of folders', () => {
  it('serves everybody else, whatever an upload breaks off, and keeps no half of one', async () => {
    const served = folder.at('served')
    mkdirSync(served)
    writeFileSync(join(served, 'long.bin'), Buffer.alloc(1 << 20, 'l'))
    writeFileSync(join(served, 'kept.bin'), 'k'.repeat(40))
    const outside = readdirSync(folder.path)
    const options = ['--read', served, '--write', served, '--list', '--listen', '127.0.0.1:0']
    const program = new RunningProgram(['serve', ...options])
    const [, address = ''] = await program.printed('stdout', /(http:\S+)/)
    const stages = Object.entries(UPLOADS).flatMap(([name, text], at) => brokenStages(name, text, at + 500))
    expect(stages.length).toBeGreaterThan(300)
    expect(await playStages(Number(new URL(address).port), stages)).toBe(stages.length)
    expect((await (await fetch(new URL('/long.bin', address))).arrayBuffer()).byteLength).toBe(1 << 20)
    expect(await program.interrupt()).toMatchObject({ status: 130, signal: null })
    expect(readdirSync(folder.path)).toEqual(outside)
    const left = readdirSync(served, { recursive: true, encoding: 'utf8' })
    expect(left.filter((name) => name.includes(ASIDE_PREFIX))).toEqual([])
    expect(readFileSync(join(served, 'long.bin'), 'latin1')).toBe('l'.repeat(1 << 20))
  })
})

describe('errors of clients', () => {
  it('are logged, each kind once in ten seconds', async () => {
    const options = ['--capture', capture, '--pace', 'fast', '--listen', '127.0.0.1:0', '--log', 'http@debug']
    const program = new RunningProgram(['gateway', ...options])
    const [, address = ''] = await program.printed('stdout', /(http:\S+)/)
    const stages = brokenStages('requests', get('/service1/video-1.m4s').repeat(40), 3).filter(({ resets }) => resets)
    for (let round = 0; round < 10; round++) await playStages(Number(new URL(address).port), stages)
    await program.printed('stderr', /\[http\] debug: A (?:connection|request|response) failed: /)
    const { stderr } = await program.interrupt()
    expect(stderr.match(/^\[http\] .* failed: .*$/gm)?.length).toBeLessThan(stages.length)
  })
})

describe('a window', () => {
  it('that sends a bad frame loses its own connection only', async () => {
    const program = new RunningProgram(['open', '--no-window', capture])
    const [, address = ''] = await program.printed('stdout', /(http:\S+)/)
    const { port, search } = new URL(address)
    const good = new WebSocket(`ws://127.0.0.1:${port}/engine${search}`)
    const lost: unknown[] = []
    good.addEventListener('close', (event) => lost.push(event))
    await new Promise((resolve) => good.addEventListener('open', resolve))
    const head = Buffer.from(handshake(`/engine${search}`))
    const stages = Object.entries(BAD_FRAMES).flatMap(([name, frame], at) => [
      ...brokenStages(name, Buffer.concat([head, frame]), at + 100).slice(-18),
      { name, bytes: Buffer.concat([head, frame]), leaves: 'answer', resets: true } as const,
    ])
    expect(await playStages(Number(port), stages)).toBe(stages.length)
    expect(lost).toEqual([])
    good.close()
    expect((await fetch(address)).status).toBe(200)
    expect(await program.interrupt()).toMatchObject({ status: 130 })
  })
})
