import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'
import { askRaw, readReplies } from '../testing/raw-http.ts'
import { adtsOf, demoMp4, mp3Of, tsOf } from '../testing/stream-files.ts'

const folder = new TestFolder()
const programs: RunningProgram[] = []
const hasFfprobe = spawnSync('ffprobe', ['-version']).status === 0
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
/** Ten seconds. */
const MP3 = mp3Of(383)
beforeAll(() => {
  writeFileSync(folder.at('a.mp3'), MP3)
  writeFileSync(folder.at('a.aac'), adtsOf(470))
  writeFileSync(folder.at('v.ts'), tsOf(1000))
  writeFileSync(folder.at('v.mp4'), demoMp4().file)
})
afterAll(async () => {
  for (const program of programs) await program.interrupt()
  folder.remove()
})

/** Starts `serve` with streams. */
async function serve(...args: string[]): Promise<{ program: RunningProgram; port: number }> {
  return started(new RunningProgram(['serve', '--listen', '127.0.0.1:0', ...args]))
}

async function started(program: RunningProgram): Promise<{ program: RunningProgram; port: number }> {
  programs.push(program)
  const [, url = ''] = await program.printed('stdout', /^Serving (http:\S+)$/m)
  return { program, port: Number(new URL(url).port) }
}

/** Asks for a stream and keeps what comes. */
function listen(port: number, path: string, lines: readonly string[] = []): Listener {
  const socket = connect(port, '127.0.0.1')
  let bytes: Buffer = Buffer.alloc(0)
  let look: () => void = () => {}
  socket.on('data', (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece])
    look()
  })
  socket.on('error', () => undefined)
  socket.write([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', ...lines, '', ''].join('\r\n'))
  const closed = once(socket, 'close').then(() => bytes)
  return {
    socket,
    closed,
    /** Waits for bytes of the body, chunks undone. */
    body: (least) =>
      new Promise((resolve, reject) => {
        look = () => {
          const body = bodySoFar(bytes)
          if (body.length >= least) resolve(body)
        }
        look()
        void closed.then(() => reject(new Error(`closed after ${bytes.length} bytes`)))
      }),
  }
}
type Listener = { socket: Socket; closed: Promise<Buffer>; body: (least: number) => Promise<Buffer> }

/** The whole chunks of a body that has no end yet. */
function bodySoFar(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = bytes.indexOf('\r\n\r\n') + 4; at >= 4; ) {
    const line = bytes.indexOf('\r\n', at)
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (!(size > 0) || line + 2 + size > bytes.length) break
    pieces.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return Buffer.concat(pieces)
}

describe('files as streams', () => {
  it('HS-63: in real time, to all clients; a late one begins with a frame, and gets what the others get', async () => {
    const { port, program } = await serve('--stream', `/live.aac=${folder.at('a.aac')}`, '--hold')
    const first = listen(port, '/live.aac')
    await first.body(4000)
    const late = listen(port, '/live.aac')
    const [early, joined] = await Promise.all([first.body(6000), late.body(2000)])
    const whole = adtsOf(470)
    expect(early.equals(whole.subarray(0, early.length))).toBe(true)
    expect(joined.readUInt16BE(0)).toBe(0xfff1)
    const at = whole.indexOf(joined.subarray(0, 2000))
    expect(at).toBeGreaterThan(2000)
    for (const { socket } of [first, late]) socket.destroy()
    const { stderr } = await program.interrupt()
    expect(stderr).toMatch(/Streamed \d+ bytes, \d+ to 2 requests, on http:\/\/127\.0\.0\.1:\d+\/live\.aac/)
  })

  it('reopen: a file that is over begins again with the next client', async () => {
    const { port } = await serve(
      '--stream',
      `/live.mp3=${folder.at('a.mp3')}`,
      '--stream-pace',
      'fast',
      '--hold',
      '--reopen',
    )
    for (let time = 0; time < 3; time++) {
      const { status, body } = await askRaw(port, 'GET /live.mp3')
      expect([status, body.equals(MP3)]).toEqual([200, true])
    }
  })

  it('what a stream is taken for is named by a type, or by an extension', async () => {
    writeFileSync(folder.at('unnamed'), adtsOf(470))
    const of = `/x=${folder.at('unnamed')}`
    const typed = await serve('--stream', of, '--hold', '--stream-type', 'audio/x-of-its-own')
    const ended = await serve('--stream', of, '--hold', '--stream-ext', 'ts')
    const types = await Promise.all([typed, ended].map(({ port }) => askRaw(port, 'HEAD /x')))
    expect(types.map(({ headers }) => headers['content-type'])).toEqual(['audio/x-of-its-own', 'video/mp2t'])
  })

  it('the source waits for its slowest client where that is asked for, and loses nobody', async () => {
    const long = Buffer.concat(Array.from({ length: 60 }, () => MP3))
    writeFileSync(folder.at('long.mp3'), long)
    const { port, program } = await serve(
      ...['--stream', `/live.mp3=${folder.at('long.mp3')}`, '--stream-pace', 'fast', '--hold'],
      ...['--max-queue', '20000', '--wait-for-clients'],
    )
    const slow = connect(port, '127.0.0.1')
    let bytes = 0
    slow.on('data', (piece: Buffer) => {
      if (bytes === 0) slow.pause()
      bytes += piece.length
    })
    const closed = once(slow, 'close')
    slow.write(`GET /live.mp3 HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    await expect.poll(() => bytes).toBeGreaterThan(0)
    slow.resume()
    await closed
    expect(bytes).toBeGreaterThanOrEqual(long.length)
    expect((await program.interrupt()).stderr).not.toContain('too slow')
  })

  it('HS-64, HS-65: held for the first client, who gets all of it; then it is over; without, it is gone', async () => {
    const held = ['--stream', `/live.mp3=${folder.at('a.mp3')}`, '--stream-pace', 'fast']
    const { port, program } = await serve(...held, '--hold')
    const head = await askRaw(port, 'HEAD /live.mp3')
    expect([head.status, head.headers['content-type'], head.headers['content-length']]).toEqual([
      200,
      'audio/mpeg',
      undefined,
    ])
    const whole = await askRaw(port, 'GET /live.mp3', ['Range: bytes=5-', 'Origin: http://localhost:1'])
    expect([whole.status, whole.headers['transfer-encoding'], whole.headers['cache-control']]).toEqual([
      200,
      'chunked',
      'no-cache, no-store',
    ])
    expect([whole.headers.etag, whole.headers['access-control-allow-origin']]).toEqual([
      undefined,
      'http://localhost:1',
    ])
    expect(whole.body.equals(MP3)).toBe(true)
    expect([
      (await askRaw(port, 'GET /live.mp3')).status,
      (await askRaw(port, 'GET /other.mp3')).status,
      (await askRaw(port, 'GET /live.mp3/x')).status,
      (await askRaw(port, 'PUT /live.mp3', ['Content-Length: 0'])).status,
    ]).toEqual([404, 404, 404, 405])
    await program.interrupt()
    // Nobody is there: it is over at once, and so is the command.
    const ended = await routescope(['serve', '--listen', '127.0.0.1:0', ...held, '--quit'])
    expect([ended.status, ended.stderr]).toEqual([0, expect.stringContaining(`${MP3.length} bytes came while nobody`)])
  })

  it('HS-66: headers for radio players, and a title inside the stream for those that ask', async () => {
    const stream = ['--stream', `/live.mp3=${folder.at('a.mp3')}`, '--stream-pace', 'fast', '--hold', '--ice', '--quit']
    const names = ['--ice-name', 'Wave', '--ice-header', 'ice-Genre,CoolRock', '--ice-title', "It's on"]
    const { port, program } = await serve(...stream, ...names)
    const { headers, body } = await askRaw(port, 'GET /live.mp3', ['Icy-MetaData: 1'])
    expect(headers).toMatchObject({
      'ice-audio-info': expect.stringMatching(/^samplerate=44100;channels=1;bitrate=127\d{3}$/),
      'icy-br': expect.stringMatching(/^127\d{3}$/),
      'icy-pub': '1',
      'icy-name': 'Wave',
      'ice-genre': 'CoolRock',
      'icy-metaint': '16000',
    })
    const title = "StreamTitle='It’s on';"
    const blocks = body[16_000] ?? 0
    expect(body.toString('utf8', 16_001, 16_001 + Buffer.byteLength(title))).toBe(title)
    const second = 16_001 + blocks * 16 + 16_000
    expect(body[second]).toBe(0)
    const plain = [body.subarray(0, 16_000), body.subarray(16_001 + blocks * 16, second)]
    expect(Buffer.concat(plain).equals(MP3.subarray(0, 32_000))).toBe(true)
    expect((await program.ended).status).toBe(0)
    const wrong = await routescope(['serve', '--listen', '127.0.0.1:0', ...stream, '--ice-header', 'X-A,b'])
    expect([wrong.status === 0, wrong.stderr]).toEqual([false, expect.stringContaining('X-A is no header for radio')])
  })

  it('HS-67: a client that reads nothing is disconnected, and the other gets all', async () => {
    const long = Buffer.alloc(40 * 1024 * 1024, 0x20)
    writeFileSync(folder.at('long.bin'), long)
    const stream = ['--stream', `/long=${folder.at('long.bin')}`, '--stream-pace', 'fast', '--hold', '--quit']
    const { port, program } = await serve(...stream, '--max-queue', '20000')
    const slow = connect(port, '127.0.0.1')
    slow.on('error', () => undefined)
    slow.write(`GET /long HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
    await once(slow, 'readable')
    const fast = await askRaw(port, 'GET /long')
    slow.resume()
    const { status, stderr } = await program.ended
    expect([status, stderr]).toEqual([0, expect.stringContaining('; 1 clients were too slow.')])
    expect(fast.status).toBe(200)
    // It came after the first, so that it lacks what the first took alone.
    expect(fast.body.equals(long.subarray(long.length - fast.body.length))).toBe(true)
    expect(fast.body.length).toBeGreaterThan(20 * 1024 * 1024)
  })

  it('HS-68: a late client of fragmented MP4 gets the initialisation segment, then a fragment to begin with', async () => {
    const { port } = await serve('--stream', `/v.mp4=${folder.at('v.mp4')}`, '--hold')
    const { init, segments } = demoMp4()
    const first = listen(port, '/v.mp4')
    await first.body(init.length + (segments[0]?.length ?? 0))
    const late = listen(port, '/v.mp4')
    const body = await late.body(init.length + 2000)
    expect(body.subarray(0, init.length).equals(init)).toBe(true)
    const begun = segments.findIndex((segment) =>
      segment.subarray(0, 2000).equals(body.subarray(init.length, init.length + 2000)),
    )
    expect(begun).toBeGreaterThan(0)
    for (const { socket } of [first, late]) socket.destroy()
  })

  it('a late client of MPEG-2 TS gets PAT and PMT, then a picture to begin with', async () => {
    const { port } = await serve('--stream', `/v.ts=${folder.at('v.ts')}`)
    const late = listen(port, '/v.ts')
    const body = await late.body(188 * 12)
    const pids = Array.from({ length: 3 }, (_, at) => body.readUInt16BE(at * 188 + 1) & 0x1fff)
    expect(pids).toEqual([0, 0x100, 0x101])
    expect(body.readUInt32BE(2 * 188 + 184) % 50).toBe(0)
    late.socket.destroy()
  })

  it('streams of a saved session share a server', async () => {
    const spec = {
      format: 'routescope-session',
      version: 2,
      name: 'radio',
      parts: [
        { id: 'file', kind: 'byte-file', file: folder.at('a.mp3'), pace: 'fast' },
        { id: 'mp3', kind: 'http-stream', path: '/one.mp3', listen: '127.0.0.1:0', hold: true, quit: true },
        { id: 'raw', kind: 'http-stream', path: '/raw', listen: '127.0.0.1:0', contentType: 'audio/x-own', quit: true },
      ],
    }
    const [byteFile, streamPath, streamType] = [folder.at('radio.json'), '/one.mp3', 'audio/x-own']
    writeFileSync(byteFile, JSON.stringify(spec))
    const { port, program } = await started(new RunningProgram(['run', byteFile]))
    const raw = listen(port, '/raw')
    await once(raw.socket, 'connect')
    await expect.poll(async () => (await askRaw(port, 'HEAD /raw')).headers['content-type']).toBe(streamType)
    const { body, headers } = await askRaw(port, `GET ${streamPath}`)
    expect([body.equals(MP3), headers['content-type']]).toEqual([true, 'audio/mpeg'])
    const [reply] = readReplies(await raw.closed)
    // It does not hold, so that what came before its first client is gone.
    const tail = reply?.body ?? MP3
    expect([tail.length > 100_000, tail.equals(MP3.subarray(MP3.length - tail.length))]).toEqual([true, true])
    expect((await program.ended).status).toBe(0)
  })

  it.skipIf(!hasFfprobe || !hasFfmpeg)('is read by ffprobe and ffmpeg (needs both)', async () => {
    const song = folder.at('song.mp3')
    spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=4', '-c:a', 'libmp3lame', song])
    const { port } = await serve('--stream', `/live.mp3=${song}`, '--hold', '--ice', '--ice-name', 'Wave')
    const url = `http://127.0.0.1:${port}/live.mp3`
    const probe = spawn('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=format_name:format_tags',
      '-of',
      'json',
      url,
    ])
    let printed = ''
    probe.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    const [status] = (await once(probe, 'close')) as [number]
    expect([status, JSON.parse(printed)]).toMatchObject([
      0,
      { format: { format_name: 'mp3', tags: { 'icy-name': 'Wave', 'icy-pub': '1' } } },
    ])
  })

  it('wrong streams are refused in one sentence', async () => {
    for (const [stream, words] of [
      ['live.mp3', 'names no stream. Write /PATH=FILE'],
      ['/a/../b=x', 'is no path of a stream'],
      [`/a=${folder.at('none.mp3')}`, 'of a stream'],
      [`/a=${folder.path}`, 'of a stream is a folder'],
    ] as const) {
      const { status, stderr } = await routescope(['serve', '--listen', '127.0.0.1:0', '--stream', stream])
      expect([status === 0, stderr]).toEqual([false, expect.stringContaining(words)])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})
