import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { RunningProgram, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { askRaw, readReplies } from '../testing/raw-http.ts'
import { adtsOf } from '../testing/stream-files.ts'

const folder = new TestFolder()
const programs: RunningProgram[] = []
afterAll(async () => {
  for (const program of programs) await program.interrupt()
  folder.remove()
})

const LIVE_MPD = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" profiles="urn:mpeg:dash:profile:isoff-live:2011"
  availabilityStartTime="1970-01-01T00:00:00Z" minimumUpdatePeriod="PT1S" minBufferTime="PT1S"><Period id="1" start="PT0S">
  <AdaptationSet contentType="video" mimeType="video/mp4"><SegmentTemplate media="v/$Number$.m4s" initialization="v/init.mp4"
  duration="1" startNumber="1"/><Representation id="v" bandwidth="1000" codecs="avc1.42c01e"/></AdaptationSet></Period></MPD>`

async function started(program: RunningProgram): Promise<{ program: RunningProgram; port: number }> {
  programs.push(program)
  const [, url = ''] = await program.printed('stdout', /^Serving (http:\S+)$/m)
  return { program, port: Number(new URL(url).port) }
}

const put = (port: number, path: string, body: string | Uint8Array, ...lines: string[]) =>
  askRaw(port, `PUT ${path}`, [`Content-Length: ${body.length}`, ...lines], body)

/** An upload in chunks that the test ends. */
function uploading(
  port: number,
  path: string,
  first: string,
): { socket: Socket; send: (text: string) => void; reply: Promise<Buffer> } {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const pieces: Buffer[] = []
  socket.on('data', (bytes: Buffer) => void pieces.push(bytes))
  const send = (text: string): void => void socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`)
  send(first)
  return { socket, send, reply: once(socket, 'close').then(() => Buffer.concat(pieces)) }
}

describe('uploads as a source', () => {
  it('become files of a folder and of a live origin on the same port, media while it comes', async () => {
    const outputs = ['--origin', '127.0.0.1:0', '--origin-path', '/live.mpd', '--out', folder.at('out')]
    const { port, program } = await started(
      new RunningProgram(['receive', 'put://127.0.0.1:0/in/', ...outputs, '--log', 'http@info']),
    )
    const made = await put(port, '/in/a.mpd', '<MPD/>', 'Content-Type: application/dash+xml')
    expect([made.status, made.headers['content-location'], made.headers['content-length']]).toEqual([
      201,
      '/in/a.mpd',
      '0',
    ])
    expect((await askRaw(port, 'GET /live.mpd')).body.toString()).toBe('<MPD/>')
    expect((await put(port, '/in/v/init.mp4', 'init')).status).toBe(201)
    const segment = uploading(port, '/in/v/1.m4s', 'begin ')
    const reader = connect(port, '127.0.0.1')
    const got: Buffer[] = []
    reader.on('data', (bytes: Buffer) => void got.push(bytes))
    const status = async () => (await askRaw(port, 'HEAD /v/1.m4s')).status
    await expect.poll(status).toBe(200)
    reader.write('GET /v/1.m4s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await expect.poll(() => Buffer.concat(got).toString()).toContain('begin ')
    expect((await put(port, '/in/v/1.m4s', 'other')).status).toBe(409)
    segment.send('and end')
    segment.socket.write('0\r\n\r\n')
    expect(readReplies(await segment.reply)[0]?.status).toBe(201)
    if (!reader.closed) await once(reader, 'close')
    expect(readReplies(Buffer.concat(got))[0]?.body.toString()).toBe('begin and end')
    const broken = uploading(port, '/in/v/2.m4s', 'half')
    await expect.poll(async () => (await askRaw(port, 'HEAD /v/2.m4s')).status).toBe(200)
    broken.socket.destroy()
    // The next segment is waited for; this one is gone.
    await program.printed('stderr', /Uploads on http/)
    for (const [line, lines, answer] of [
      ['PUT /in/x.m4s', ['Content-Length: 1', 'Range: bytes=0-0'], 416],
      ['PUT /in/x.m4s', [], 411],
      ['PUT /in/', ['Content-Length: 1'], 409],
      ['GET /in/a.mpd', [], 405],
      ['PUT /in/x.m4s', ['Content-Length: 1', 'Origin: http://evil.example'], 403],
      ['PUT /in/x.m4s', ['Content-Length: 60000000'], 413],
    ] as const)
      expect([line, (await askRaw(port, line, lines, lines.length > 0 ? 'x' : '')).status]).toEqual([line, answer])
    // A second upload takes its place.
    expect((await put(port, '/in/a.mpd', '<MPD>2</MPD>')).status).toBe(201)
    expect((await askRaw(port, 'GET /live.mpd')).body.toString()).toBe('<MPD>2</MPD>')
    const { status: ended, stderr } = await program.interrupt()
    expect([ended, stderr]).toEqual([
      130,
      expect.stringMatching(/Took 4 uploads, \d+ bytes, on http:\S+\/in\/; 1 broke off\./),
    ])
    expect(treeOf(folder.at('out')).map(({ path }) => path)).toEqual([
      'service1/a.mpd',
      'service1/v/1.m4s',
      'service1/v/init.mp4',
    ])
    expect(readFileSync(folder.at('out', 'service1', 'v', '1.m4s'), 'utf8')).toBe('begin and end')
  })

  it('become a live presentation that a gateway serves, with what their manifest says', async () => {
    const program = new RunningProgram([
      ...[
        'gateway',
        'put://127.0.0.1:0/in/',
        '--listen',
        '127.0.0.1:0',
        '--cached-segments',
        '2',
        '--log',
        'http@info',
      ],
    ])
    const { port } = await started(program)
    const [, uploads = ''] = await program.printed('stderr', /Uploads on http:\/\/127\.0\.0\.1:(\d+)\/in\//)
    const to = Number(uploads)
    const listed = async (): Promise<unknown> => {
      const { body } = await askRaw(port, 'GET /', ['Accept: application/json'])
      return JSON.parse(body.toString())
    }
    expect((await put(to, '/in/bad.mpd', '<MPD')).status).toBe(201)
    await program.printed('stderr', /The manifest "bad\.mpd" cannot be read/)
    expect(JSON.stringify(await listed())).toContain('"manifest":null')
    expect((await put(to, '/in/live.mpd', LIVE_MPD)).status).toBe(201)
    expect(JSON.stringify(await listed())).toContain('/service1/live.mpd')
    const manifest = await askRaw(port, 'GET /service1/live.mpd')
    expect([manifest.status, manifest.body.toString()]).toEqual([200, expect.stringContaining('v/$Number$.m4s')])
    expect((await put(to, '/in/v/init.mp4', 'init')).status).toBe(201)
    const segment = uploading(to, '/in/v/1.m4s', 'begin ')
    const got: Buffer[] = []
    const reader = connect(port, '127.0.0.1')
    reader.on('data', (bytes: Buffer) => void got.push(bytes))
    // It is waited for where it has not begun: the manifest names it.
    reader.write('GET /service1/v/1.m4s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await expect.poll(() => Buffer.concat(got).toString()).toContain('begin ')
    segment.send('and end')
    segment.socket.write('0\r\n\r\n')
    await segment.reply
    if (!reader.closed) await once(reader, 'close')
    expect(readReplies(Buffer.concat(got))[0]?.body.toString()).toBe('begin and end')
    for (const number of [2, 3]) expect((await put(to, `/in/v/${number}.m4s`, `segment ${number}`)).status).toBe(201)
    const status = async (name: string) => (await askRaw(port, `HEAD /service1/v/${name}`)).status
    expect([await status('1.m4s'), await status('3.m4s')]).toEqual([410, 200])
    const { stderr } = await program.interrupt()
    expect(stderr).toMatch(/Took 6 uploads, \d+ bytes/)
  })

  it('HS-77: become one stream, upload behind upload, for its clients', async () => {
    const [inputAddress, uploadedStream] = ['put://127.0.0.1:0/live', 1_000_000]
    const parts = [
      { id: 'in', kind: 'http-input', address: inputAddress, maxUpload: uploadedStream },
      { id: 'out', kind: 'http-stream', path: '/radio.aac', listen: '127.0.0.1:0', hold: true },
    ]
    const spec = folder.at('radio.json')
    writeFileSync(spec, JSON.stringify({ format: 'routescope-session', version: 2, name: 'radio', parts }))
    const { port, program } = await started(new RunningProgram(['run', spec]))
    const listener = connect(port, '127.0.0.1')
    const got: Buffer[] = []
    listener.on('data', (bytes: Buffer) => void got.push(bytes))
    listener.write('GET /radio.aac HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await expect.poll(() => Buffer.concat(got).length).toBeGreaterThan(0)
    const [one, two] = [adtsOf(200), adtsOf(100)]
    for (const body of [one, two]) expect((await put(port, '/live', body, 'Content-Type: audio/aac')).status).toBe(201)
    expect((await put(port, '/live', one, 'Range: bytes=0-')).status).toBe(416)
    const closed = once(listener, 'close')
    await expect.poll(() => Buffer.concat(got).length).toBeGreaterThan(one.length + two.length)
    await program.interrupt()
    await closed
    const [reply] = readReplies(Buffer.concat(got))
    expect(reply?.body.equals(Buffer.concat([one, two]))).toBe(true)
  })

  it('wrong addresses, and nobody to give files to: one sentence each', async () => {
    for (const [args, words] of [
      [['put:///x', '--out', folder.at('none')], 'is no address for uploads. Write put://HOST:PORT/'],
      [['put://127.0.0.1:0/a/../b/', '--out', folder.at('none')], 'is no address for uploads.'],
      [['put://127.0.0.1:0/'], 'is given to nobody. Name an output'],
    ] as const) {
      const { status, stderr } = await routescope(['receive', ...args])
      expect([status === 0, stderr]).toEqual([false, expect.stringContaining(words)])
    }
  })
})
