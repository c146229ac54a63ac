import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpClock, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { TransferTable } from '../http/transfer-table.ts'
import { freePort } from '../testing/free-port.ts'
import { LengthlessServer } from '../testing/lengthless-server.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'
import { PushSink } from './push-sink.ts'
import { type PushRules, PushTarget } from './push-target.ts'

/** A request as far as it has come. */
type Coming = {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  state: 'open' | 'whole' | 'cut'
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Limit against hanging. */
const HANGS = { timeout: 60_000 }
const RULES: PushRules = { method: 'PUT', headers: {}, timeoutMs: 5000, retries: true, growing: true, connections: 6 }

/** A server that shows requests while they come. */
async function origin(
  answer: (coming: Coming) => number = () => 201,
  reply: OutgoingHttpHeaders = {},
): Promise<{ asked: Coming[]; url: URL }> {
  const asked: Coming[] = []
  const server: Server = createServer((request: IncomingMessage, response) => {
    const { method = '', url = '', headers } = request
    const coming: Coming = { method, path: url, headers, body: '', state: 'open' }
    asked.push(coming)
    request.on('data', (bytes: Buffer) => {
      coming.body += bytes.toString()
    })
    request.on('error', () => undefined)
    request.on('close', () => {
      coming.state = request.complete ? 'whole' : 'cut'
    })
    request.on('end', () => response.writeHead(answer(coming), reply).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { asked, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/live/`) }
}

function pushing(urls: readonly URL[], rules: Partial<PushRules> = {}, maxSegments = 0) {
  const failures: string[] = []
  const targets = urls.map(
    (url) => new PushTarget(url, { ...RULES, ...rules }, (path, reason) => void failures.push(`${path} ${reason}`)),
  )
  for (const target of targets) closing.push(() => target.close())
  const places = targets.map((target) => ({ target, manifest: 'live.mpd', leftOut: () => undefined }))
  return { sink: new PushSink(places, maxSegments), targets, failures }
}

/** The next segment, of which the first bytes have come. */
function begin(sink: PushSink, number: number): ArrivingObject {
  const object = new ArrivingObject(number, `v-${number}.m4s`)
  object.push('begin ')
  sink.begun(object)
  return object
}

function end(sink: PushSink, object: ArrivingObject, content: string): void {
  object.end('complete')
  sink.whole(receivedFile(object.name, content, { objectIndex: object.index }))
}

describe('a server that asks to be left alone', () => {
  it('is, by all files, while they are given up with its reason', async () => {
    const server = await origin(() => 503, { 'Retry-After': '3600' })
    const { sink, targets, failures } = pushing([server.url])
    sink.whole(receivedFile('m.mpd', '<MPD/>', { kind: 'manifest' }))
    await expect.poll(() => failures.length).toBe(1)
    for (let number = 1; number <= 40; number++) end(sink, begin(sink, number), 'x')
    await targets[0]?.finish()
    expect(failures).toEqual(failures.map(() => expect.stringMatching(/ it answered 503 and asks for 3600 s$/)))
    expect([failures.length, server.asked.length]).toEqual([41, 1])
  })
})

describe('files that are pushed while they come', () => {
  it('HS-74: arrive piece by piece, with their type; expired ones are removed', async () => {
    const { asked, url } = await origin()
    const { sink, targets } = pushing([url], {}, 2)
    const object = begin(sink, 1)
    await expect.poll(() => asked[0]?.body).toBe('begin ')
    expect(asked[0]).toMatchObject({ method: 'PUT', path: '/live/v-1.m4s', state: 'open' })
    expect(asked[0]?.headers).toMatchObject({ 'transfer-encoding': 'chunked', 'content-type': 'video/mp4' })
    object.push('more')
    await expect.poll(() => asked[0]?.body).toBe('begin more')
    end(sink, object, 'begin more, end')
    await expect.poll(() => asked[0]).toMatchObject({ body: 'begin more, end', state: 'whole' })
    for (const number of [2, 3]) end(sink, begin(sink, number), `segment ${number}`)
    await Promise.all(targets.map((target) => target.finish()))
    expect(asked.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(['/live/v-1.m4s'])
    expect(targets[0]?.snapshot()).toMatchObject({ files: 3, removed: 1, failed: 0, waitingBytes: 0 })
  })

  it('a file that is whole at once has a length, and so has every one with --push-whole', async () => {
    const { asked, url } = await origin()
    const { sink, targets } = pushing([url])
    end(sink, begin(sink, 1), 'whole')
    const whole = pushing([url], { growing: false })
    const later = begin(whole.sink, 2)
    await new Promise((resolve) => setImmediate(resolve))
    end(whole.sink, later, 'whole')
    await Promise.all([...targets, ...whole.targets].map((target) => target.finish()))
    expect(asked.map(({ headers }) => headers['content-length'])).toEqual(['5', '5'])
  })

  it.each([6, 2, 1])(
    'a server gets %d requests at a time, of many whole files and of more that come',
    async (connections) => {
      let open = 0
      let most = 0
      const sockets = new Set<unknown>()
      const server = createServer((request, response) => {
        sockets.add(request.socket)
        most = Math.max(most, ++open)
        request.resume()
        // Answered a turn later, so that requests that are not bounded pile up.
        request.on('end', () =>
          setImmediate(() => {
            open--
            response.writeHead(201).end()
          }),
        )
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const { sink, targets, failures } = pushing([url], { connections })
      const coming = Array.from({ length: 12 }, (_, at) => begin(sink, at + 1))
      // One request is left for what is whole.
      await expect.poll(() => open, HANGS).toBe(connections - 1)
      for (let number = 100; number < 150; number++)
        sink.whole(receivedFile(`w-${number}.m4s`, 'whole', { objectIndex: number, lane: `lane${number % 30}` }))
      await expect.poll(() => targets[0]?.snapshot().files, HANGS).toBe(50)
      for (const object of coming) end(sink, object, 'begin, end')
      await targets[0]?.finish()
      expect([targets[0]?.snapshot().files, failures, most, sockets.size]).toEqual([62, [], connections, connections])
    },
  )

  it('every file is shown on its way: its bytes while they go, why it failed, and how often it was tried', async () => {
    let refusals = 1
    const { asked, url } = await origin(({ path }) => (path.endsWith('v-2.m4s') && refusals-- > 0 ? 503 : 201))
    const transfers = new TransferTable(() => Date.now() * 1000)
    const target = new PushTarget(url, RULES, () => undefined, SYSTEM_CLOCK, transfers)
    closing.push(() => target.close())
    const sink = new PushSink([{ target, manifest: null, leftOut: () => undefined }], 0)
    const object = begin(sink, 1)
    await expect
      .poll(() => transfers.snapshot().places[0])
      .toMatchObject({ state: 'running', bytes: 6, sizeBytes: null })
    end(sink, object, 'begin, end')
    const long = 'y'.repeat(300_000)
    sink.whole(receivedFile('v-2.m4s', long, { objectIndex: 2 }))
    await target.finish()
    const peer = url.href
    expect(transfers.snapshot().places).toMatchObject([
      {
        direction: 'push',
        peer,
        path: 'service1/v-1.m4s',
        state: 'done',
        bytes: 10,
        sizeBytes: 10,
        error: null,
        retries: 0,
      },
      { path: 'service1/v-2.m4s', state: 'done', bytes: 300_000, error: 'it answered 503', retries: 1 },
    ])
    expect(asked.map(({ body, headers }) => [body.length, headers['content-length']])).toEqual([
      [10, undefined],
      [300_000, '300000'],
      [300_000, '300000'],
    ])
  })

  it('what waits to be sent again is tried at once when it is asked for', async () => {
    let refused = true
    const { asked, url } = await origin(() => (refused ? 503 : 201))
    const still: HttpClock = { ...SYSTEM_CLOCK, after: () => () => undefined }
    const target = new PushTarget(url, RULES, () => undefined, still)
    closing.push(() => target.close())
    new PushSink([{ target, manifest: null, leftOut: () => undefined }], 0).whole(receivedFile('v-1.m4s', 'one'))
    await expect.poll(() => target.snapshot().retries).toBe(1)
    target.tryNow()
    await expect.poll(() => target.snapshot().retries).toBe(2)
    refused = false
    target.tryNow()
    await target.finish()
    expect([asked.length, target.snapshot()]).toMatchObject([3, { files: 1, failed: 0, retries: 2 }])
  })

  it('what is lost is broken off, and does not count', async () => {
    const { asked, url } = await origin()
    const { sink, targets, failures } = pushing([url])
    const object = begin(sink, 1)
    await expect.poll(() => asked[0]?.body).toBe('begin ')
    object.end('partial')
    sink.lost(object)
    await expect.poll(() => asked[0]?.state).toBe('cut')
    await targets[0]?.finish()
    expect([targets[0]?.snapshot().files, failures]).toEqual([0, []])
  })

  it('an object without an end holds up no end of the session', async () => {
    const { asked, url } = await origin()
    const { sink, targets } = pushing([url])
    begin(sink, 1)
    await expect.poll(() => asked[0]?.body).toBe('begin ')
    await targets[0]?.finish()
    await expect.poll(() => asked[0]?.state).toBe('cut')
  })

  it('HS-75: what a server does not take in chunks is sent whole, from then on too', async () => {
    const { asked, url } = await origin(({ headers }) => (headers['content-length'] === undefined ? 411 : 201))
    const { sink, targets } = pushing([url], { method: 'POST' })
    for (const number of [1, 2]) {
      const object = begin(sink, number)
      if (number === 1) await expect.poll(() => asked.length).toBe(1)
      end(sink, object, `begin ${number}`)
      await expect.poll(() => targets[0]?.snapshot().files).toBe(number)
    }
    expect(asked.map(({ method, headers, body }) => [method, headers['content-length'], body])).toEqual([
      ['POST', undefined, 'begin 1'],
      ['POST', '7', 'begin 1'],
      ['POST', '7', 'begin 2'],
    ])
  })

  it('a server that reads nothing holds up no other, nor the source', async () => {
    const stuck: TcpServer = createTcpServer((socket) => {
      socket.pause()
      socket.on('error', () => undefined)
      closing.push(async () => socket.destroy())
    })
    stuck.listen(0, '127.0.0.1')
    await once(stuck, 'listening')
    closing.push(() => new Promise((resolve) => stuck.close(resolve)))
    const { asked, url } = await origin()
    const { sink, targets } = pushing([new URL(`http://127.0.0.1:${(stuck.address() as AddressInfo).port}/`), url])
    const long = 'x'.repeat(8 << 20)
    for (let number = 1; number <= 12; number++) {
      const object = begin(sink, number)
      object.push(long)
      await expect.poll(() => asked.at(-1)?.path).toBe(`/live/v-${number}.m4s`)
      end(sink, object, `begin ${long}`)
      await expect.poll(() => targets[1]?.snapshot().files).toBe(number)
    }
    expect(targets[0]?.snapshot()).toMatchObject({ files: 0 })
    expect(targets[0]?.snapshot().waitingBytes).toBeLessThan(160 << 20)
  })

  it('a server whose answers have no length, as GPAC has, gets one file after another', async () => {
    const server = await new LengthlessServer().open()
    closing.push(() => server.close())
    // No time limit ends what never ends by itself.
    const { sink, targets, failures } = pushing([new URL(`${server.origin}/live/`)], { timeoutMs: 3_600_000 }, 2)
    sink.whole(receivedFile('m.mpd', '<MPD/>', { kind: 'manifest' }))
    for (let number = 1; number <= 3; number++) {
      const object = begin(sink, number)
      await new Promise((resolve) => setImmediate(resolve))
      object.push('more')
      end(sink, object, `begin more ${number}`)
      await expect.poll(() => targets[0]?.snapshot().files).toBe(number + 1)
    }
    await targets[0]?.finish()
    expect(server.uploads.map(({ line, body }) => `${line} ${body}`).sort()).toEqual([
      'DELETE /live/v-1.m4s HTTP/1.1 ',
      'PUT /live/live.mpd HTTP/1.1 <MPD/>',
      ...[1, 2, 3].map((number) => `PUT /live/v-${number}.m4s HTTP/1.1 begin more ${number}`),
    ])
    // What a next request would be read from is the body of the last answer.
    expect(new Set(server.uploads.map(({ connection }) => connection)).size).toBe(server.uploads.length)
    expect([targets[0]?.snapshot().removed, failures]).toEqual([1, []])
  })

  const nginx = spawnSync('nginx', ['-v']).status === 0
  it.skipIf(!nginx)('nginx with its DAV module has the files (needs nginx)', async () => {
    const at = mkdtempSync(join(tmpdir(), 'routescope-nginx-'))
    closing.push(async () => rmSync(at, { recursive: true }))
    const port = await freePort()
    for (const name of ['www', 'body']) mkdirSync(join(at, name), { mode: 0o777 })
    writeFileSync(
      join(at, 'nginx.conf'),
      `daemon off; master_process off; pid ${at}/pid; error_log ${at}/error.log;
events {}
http { access_log off; client_body_temp_path ${at}/body; client_max_body_size 0;
  server { listen 127.0.0.1:${port};
    location / { root ${at}/www; dav_methods PUT DELETE; create_full_put_path on; } } }`,
    )
    const server: ChildProcess = spawn('nginx', ['-p', at, '-c', join(at, 'nginx.conf')], { stdio: 'ignore' })
    const ended = once(server, 'close')
    closing.push(async () => {
      server.kill()
      await ended
    })
    const { sink, targets, failures } = pushing([new URL(`http://127.0.0.1:${port}/up/`)], {}, 2)
    sink.whole(receivedFile('m.mpd', '<MPD/>', { kind: 'manifest' }))
    await expect.poll(() => targets[0]?.snapshot().files, { timeout: 10_000 }).toBe(1)
    for (let number = 1; number <= 4; number++) {
      const object = begin(sink, number)
      await new Promise((resolve) => setImmediate(resolve))
      object.push('more')
      end(sink, object, `begin more ${number}`)
      await expect.poll(() => targets[0]?.snapshot().files).toBe(number + 1)
    }
    await targets[0]?.finish()
    expect(readdirSync(join(at, 'www', 'up')).sort()).toEqual(['live.mpd', 'v-3.m4s', 'v-4.m4s'])
    expect(readFileSync(join(at, 'www', 'up', 'v-4.m4s'), 'utf8')).toBe('begin more 4')
    expect(failures).toEqual([])
  })
})
