import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrokenStage, brokenStages, playStages } from '../testing/broken-peers.ts'
import { BrokenServer } from '../testing/broken-server.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { freePort } from '../testing/free-port.ts'
import { demoFile } from '../testing/fuzz/samples.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { demoMedia, writeStream } from '../testing/media-streams.ts'
import { type Ended, RunningProgram, TestFolder } from '../testing/program.ts'

/*
 * Peers that reset and garble at every stage of the connections of uploads, streams, origins, scripts, relays and pushes: the
 * others go on, and `RunningProgram` fails for an error that nothing caught.
 */
const folder = new TestFolder()
const posix = process.platform !== 'win32'
const HOST = 'Host: 127.0.0.1\r\n'
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`
const put = (path: string, body: string): string =>
  `PUT ${path} HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`
const CHUNKED = `PUT /in/c.m4s HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${`64\r\n${'c'.repeat(100)}\r\n`.repeat(6)}0\r\n\r\n`
const SCRIPT = `export async function onRequest({ path }) {
  if (path === '/pieces') return { body: (async function* () { for (let at = 0; at < 50; at++) { await 0; yield 'x'.repeat(1000) } })() }
  if (path === '/breaks') return { body: (function* () { yield 'begin'; throw new Error('in the middle') })() }
}`
let capture = ''
let transport: Uint8Array
const at = (name: string): string => folder.at(name)

beforeAll(async () => {
  capture = at('sent.pcap')
  writeFileSync(capture, pcapOf(await routeFixture()))
  transport = writeStream('ts', demoMedia(1))
  writeFileSync(at('sent.ts'), transport)
  writeFileSync(at('hook.mjs'), SCRIPT)
  writeFileSync(at('music.aac'), writeStream('aac', demoMedia(1)))
  mkdirSync(at('www'))
  writeFileSync(at('www/long.bin'), new Uint8Array(300_000))
})
afterAll(() => folder.remove())

const stagesOf = (conversations: readonly (string | Uint8Array)[]): BrokenStage[] =>
  conversations.flatMap((text, seed) => brokenStages(`conversation ${seed}`, text, seed + 1))

/** Nothing of our own went wrong, and it ended as it does for a person. */
function orderly({ status, signal, stderr }: Ended): void {
  expect({ signal, known: [0, 1, 3, 130].includes(status ?? -1) }).toEqual({ signal: null, known: true })
  expect(stderr).not.toMatch(/inside Routescope|^\s+at /m)
}

describe('HTTP servers whose clients break off', () => {
  it.each<[string, () => string[], readonly string[], string]>([
    [
      'uploads',
      () => ['receive', 'put://127.0.0.1:0/in/', '--out', at('up'), '--origin', '127.0.0.1:0', '--log', 'http@info'],
      [put('/in/a.m4s', 'a'.repeat(400)), CHUNKED, put('/in/..%2fb.mpd', '<MPD'), get('/in/a.m4s') + put('/in/x', 'x')],
      '/in/',
    ],
    [
      'streams for radio players',
      () => [
        'serve',
        '--listen',
        '127.0.0.1:0',
        '--stream',
        `/live=${at('music.aac')}`,
        '--ice',
        '--stream-pace',
        'real',
      ],
      [
        get('/live', 'Icy-MetaData: 1\r\n'),
        get('/live', 'Range: bytes=1-9\r\n').repeat(3),
        get('/live').replace('GET', 'HEAD'),
      ],
      '/live',
    ],
    [
      'a live origin',
      () => ['receive', '--capture', capture, '--pace', 'real', '--origin', '127.0.0.1:0', '--origin-path', '/o/m.mpd'],
      [get('/o/m.mpd'), get('/o/video-1.m4s', 'Range: bytes=5-90000\r\n').repeat(4), get('/o/video-99.m4s')],
      '/o/m.mpd',
    ],
    [
      'a script',
      () => ['serve', '--listen', '127.0.0.1:0', '--read', at('www'), '--script', at('hook.mjs')],
      [get('/pieces').repeat(3), get('/breaks').repeat(2), get('/long.bin') + get('/pieces')],
      '/long.bin',
    ],
  ])('%s', async (_, args, conversations, path) => {
    const program = new RunningProgram(args())
    const [, port = ''] = await program.printed('stdout', /http:\/\/127\.0\.0\.1:(\d+)/)
    const stages = stagesOf(conversations)
    expect(await playStages(Number(port), stages)).toBe(stages.length)
    const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'HEAD' })
    expect(status).toBeLessThan(500)
    orderly(await program.interrupt())
  })
})

describe('relays whose peers break off', () => {
  it.each<[string, (to: string) => string[]]>([
    ['senders', (to) => ['relay', `${to}:listen:ka`, at('taken.ts')]],
    ['senders side by side', (to) => ['relay', `${to}:listen:maxc=64`, at('beside.ts')]],
    ['receivers', (to) => ['relay', at('sent.ts'), `${to}:ext=ts:listen:ka`]],
  ])('%s, by TCP and on a Unix socket', async (name, args) => {
    const port = await freePort()
    const path = at(`${name.replaceAll(' ', '-')}.sock`)
    const stages = stagesOf([transport.subarray(0, 40_000), demoFile('video-1.m4s').subarray(0, 20_000)])
    for (const [to, text] of [
      [port, `tcp://127.0.0.1:${port}/`],
      ...(posix ? [[path, `tcpu://${path}`] as const] : []),
    ] as const) {
      const program = new RunningProgram(args(text))
      await program.printed('stderr', /Relaying/)
      await playStages(to, stages)
      // A session that takes senders side by side is over once all have gone.
      orderly(await (name === 'senders side by side' ? program.ended : program.interrupt()))
    }
  })

  it('servers of senders, and of receivers', async () => {
    const stages = stagesOf([transport.subarray(0, 40_000)])
    const server = await rawServer(stages)
    const text = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const programs = [
      new RunningProgram(['relay', `${text}:retry:ka`, at('from.ts')]),
      ...Array.from({ length: 4 }, () => new RunningProgram(['relay', at('sent.ts'), `${text}:ext=ts:retry`])),
    ]
    for (const program of programs.slice(1)) orderly(await program.ended)
    orderly(await (programs[0] as RunningProgram).interrupt())
    server.close()
  })
})

describe('servers that are pushed to', () => {
  it('break off: files are given up in words, and the session ends', async () => {
    const ok = 'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok'
    const busy = 'HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'
    const stages = stagesOf([ok, busy, `HTTP/1.1 100 Continue\r\n\r\n${ok}`, 'HTTP/1.0 200 OK\r\n\r\nfor ever'])
    for (const source of [
      ['receive', '--capture', capture, '--push'],
      ['send', join(DEMO_FOLDER, 'manifest.mpd')],
    ]) {
      const broken = await new BrokenServer(stages).open()
      const program = new RunningProgram([...source, `${broken.origin}/live/`, '--push-timeout', '1'])
      orderly(await program.ended)
      expect(broken.requests).toBeGreaterThan(5)
      await broken.close()
    }
  })
})

/** A server that says each connection the next of its stages. */
async function rawServer(stages: readonly BrokenStage[]): Promise<Server> {
  let next = 0
  const server = createServer((socket: Socket) => {
    const { bytes, resets } = stages[next++ % stages.length] as BrokenStage
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(bytes, () => void (resets ? socket.resetAndDestroy() : socket.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
