import { execFile, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort, freeTcpPorts } from '../testing/free-port.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { type Ended, RunningProgram, TestFolder } from '../testing/program.ts'
import { RawGroup } from '../testing/raw-route.ts'
import { UploadServer } from '../testing/upload-server.ts'

/*
 * The commands of GPAC's documentation about media, by their numbers in design/seed-commands.md. Their other ends are sockets and HTTP
 * clients of the test, and what comes out is looked at by ffprobe.
 */

const folder = new TestFolder()
const hasFfmpeg = ['ffmpeg', 'ffprobe', 'curl'].every((name) => spawnSync(name, ['-version']).error === undefined)
/** Two seconds of 25 pictures each. */
const PICTURES = 50
const open: (() => unknown)[] = []
afterAll(async () => {
  for (const close of open) await close()
  folder.remove()
})

const start = (line: string): RunningProgram => new RunningProgram(line.split(' '), { cwd: folder.path })
const run = (line: string): Promise<Ended> => start(line).ended

const execute = promisify(execFile)
/** What ffprobe says of a file. It runs beside the test, whose sockets go on meanwhile. */
const probe = async (file: string, ...args: string[]): Promise<string> =>
  (await execute('ffprobe', ['-v', 'error', ...args, '-of', 'csv=p=0', folder.at(file)])).stdout.trim()

/** Codec, size and number of pictures of a file. */
const pictures = (file: string): Promise<string> =>
  probe(
    file,
    ...['-select_streams', 'v:0', '-count_frames', '-show_entries', 'stream=codec_name,width,height,nb_read_frames'],
  )

/** A server that gives each client the same bytes. */
async function giver(bytes: Buffer): Promise<number> {
  const server = createServer((socket: Socket) => socket.on('error', () => undefined).end(bytes))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A server that keeps what its only client gives. */
async function taker(): Promise<{ port: number; bytes: Promise<Buffer> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => server.close())
  const bytes = once(server, 'connection').then(async ([socket]: Socket[]) => {
    const pieces: Buffer[] = []
    for await (const piece of socket as Socket) pieces.push(piece as Buffer)
    return Buffer.concat(pieces)
  })
  return { port: (server.address() as AddressInfo).port, bytes }
}

describe.skipIf(!hasFfmpeg)('media between files, sockets and servers (needs ffmpeg and curl)', () => {
  let annexB = Buffer.alloc(0)
  beforeAll(() => {
    const picture = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=25', '-t', '2', '-pix_fmt', 'yuv420p']
    const ffmpeg = (...args: string[]) => spawnSync('ffmpeg', ['-v', 'error', '-y', ...args])
    ffmpeg(...picture, '-c:v', 'libx264', '-g', '25', '-bf', '2', '-movflags', '+faststart', folder.at('source.mp4'))
    ffmpeg('-i', folder.at('source.mp4'), '-c', 'copy', '-f', 'h264', folder.at('source.264'))
    ffmpeg(...picture, '-f', 'rawvideo', folder.at('source_160x120.yuv'))
    annexB = readFileSync(folder.at('source.264'))
  })

  it.concurrent.each([
    [23, 'udp://127.0.0.1:PORT/:ext=avc'],
    [26, 'udp://127.0.0.1:PORT:gpac:ext=avc'],
  ])('%i: H.264 over UDP becomes a playable MP4', async (number, input) => {
    const port = await freePort()
    const program = start(`-i ${input.replace('PORT', String(port))}:timeout=3000 -o test${number}.mp4`)
    await program.printed('stderr', /^Relaying /m)
    const socket = createSocket('udp4')
    for (let at = 0; at < annexB.length; at += 1400)
      await new Promise((sent) => socket.send(annexB.subarray(at, at + 1400), port, '127.0.0.1', sent))
    socket.close()
    expect((await program.ended).status).toBe(0)
    expect(await pictures(`test${number}.mp4`)).toBe(`h264,160,120,${PICTURES}`)
  })

  it.concurrent('24: and over TCP', async () => {
    const port = await giver(annexB)
    expect((await run(`-i tcp://127.0.0.1:${port}/:ext=avc -o test24.mp4`)).status).toBe(0)
    expect(await pictures('test24.mp4')).toBe(`h264,160,120,${PICTURES}`)
  })

  it.concurrent('25: is decoded and scaled', async () => {
    const port = await giver(annexB)
    expect((await run(`-i tcp://127.0.0.1:${port}/:ext=avc ffsws:osize=80x60 -o test25.yuv`)).status).toBe(0)
    expect(readFileSync(folder.at('test25.yuv')).length).toBe(80 * 60 * 1.5 * PICTURES)
  })

  it.concurrent('27: several senders in turn make one file, which an interrupt finishes', async () => {
    const [port = 0] = await freeTcpPorts(1)
    const program = start(`-i tcp://127.0.0.1:${port}/:ext=avc:listen:ka -o test27.mp4`)
    await program.printed('stderr', /^Relaying /m)
    for (let turn = 0; turn < 2; turn++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      socket.end(annexB)
      socket.resume()
      await once(socket, 'close')
    }
    expect((await program.interrupt()).status).toBe(130)
    expect(await pictures('test27.mp4')).toBe(`h264,160,120,${2 * PICTURES}`)
  })

  it.concurrent('28: an MP4 leaves as H.264 over UDP', async () => {
    const socket = createSocket('udp4')
    const pieces: Buffer[] = []
    socket.on('message', (bytes) => pieces.push(bytes))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const { port } = socket.address()
    const { status, stderr } = await run(`-i source.mp4 -o udp://127.0.0.1:${port}/:ext=avc`)
    expect(status).toBe(0)
    const sent = Number(/udp:\S+ \((\d+) bytes\)/.exec(stderr)?.[1])
    await vi.waitFor(() => expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(sent), 10_000)
    socket.close()
    writeFileSync(folder.at('test28.264'), Buffer.concat(pieces))
    expect(await pictures('test28.264')).toBe(`h264,160,120,${PICTURES}`)
  })

  it.concurrent.each([
    [29, '-i source.mp4', 'h264,160,120'],
    [30, '-i source_160x120.yuv ffsws:osize=80x60', 'h264,80,60'],
  ])('%i: over TCP', async (number, input, expected) => {
    const { port, bytes } = await taker()
    expect((await run(`${input} -o tcp://127.0.0.1:${port}/:ext=avc`)).status).toBe(0)
    writeFileSync(folder.at(`test${number}.264`), await bytes)
    expect(await pictures(`test${number}.264`)).toBe(`${expected},${PICTURES}`)
  })

  it.concurrent('6: a broadcast leaves as a transport stream in real time', async () => {
    const [air, out] = [await freePort(), await freePort()]
    const group = await RawGroup.join('239.133.0.10', out)
    const receiver = start(
      `-logs=network@info -i route://239.133.0.6:${air}/ -o udp://239.133.0.10:${out}/:ext=ts --ifce=127.0.0.1`,
    )
    await receiver.printed('stderr', /^\[socket\] info: Joined /m)
    const sender = start(
      `-i ${join(DEMO_FOLDER, 'manifest.mpd')} dashin:forward=file -o route://239.133.0.6:${air} --ifce=127.0.0.1`,
    )
    // Two segments of two seconds have come by then.
    await group.until(() => (clock(group.datagrams) > 2.5 ? true : undefined))
    for (const program of [sender, receiver]) await program.interrupt()
    group.close()
    const stream = Buffer.concat(group.datagrams)
    expect(group.datagrams.every((bytes) => bytes.length % 188 === 0 && bytes[0] === 0x47)).toBe(true)
    writeFileSync(folder.at('test6.ts'), stream)
    const said = await probe('test6.ts', '-show_entries', 'format=format_name:stream=codec_name')
    expect(said).toContain('mpegts')
    expect(said).toContain('h264')
  })

  it.concurrent('18: a live origin of chunks', async () => {
    const [port = 0] = await freeTcpPorts(1)
    const url = `http://127.0.0.1:${port}`
    const program = start(`-i source.mp4 reframer:rt=on -o ${url}/live.mpd --rdirs=temp --dmode=dynamic --cdur=0.1`)
    await program.printed('stdout', /^Origin /m)
    // Both wait for what is being made; a segment then comes chunk by chunk, for as long as it lasts.
    const times = ['-s', '-o', folder.at('live-video-2.m4s'), '-w', '%{time_starttransfer} %{time_total}']
    const [{ stdout }, mpd] = await Promise.all([
      execute('curl', [...times, `${url}/live-video-2.m4s`]),
      fetch(`${url}/live.mpd`).then((reply) => reply.text()),
    ])
    const [first = 0, last = 0] = stdout.split(' ').map(Number)
    const names = ['live-video-init.mp4', 'live-video-1.m4s', 'live-video-2.m4s']
    const files = await Promise.all(names.map(async (name) => (await fetch(`${url}/${name}`)).arrayBuffer()))
    await program.interrupt()
    expect(last - first).toBeGreaterThan(0.5)
    expect(mpd).toContain('availabilityTimeOffset="0.9" availabilityTimeComplete="false"')
    writeFileSync(folder.at('test18.mp4'), Buffer.concat(files.map((each) => Buffer.from(each))))
    expect(await pictures('test18.mp4')).toBe(`h264,160,120,${PICTURES}`)
    expect(readFileSync(folder.at('temp', 'live-video-1.m4s')).length).toBe(files[1]?.byteLength)
  })

  it.concurrent('19: packaged, and PUT to a server', async () => {
    const server = await new UploadServer().open()
    open.push(() => server.close())
    expect((await run(`-i source.mp4 -o http://${server.host}/live.mpd:gpac:hmode=push`)).status).toBe(0)
    const put = new Map(server.uploads.map(({ path, body }) => [path, body]))
    expect([...put.keys()].sort()).toEqual([
      '/live-video-1.m4s',
      '/live-video-2.m4s',
      '/live-video-init.mp4',
      '/live.mpd',
    ])
    const files = ['/live-video-init.mp4', '/live-video-1.m4s', '/live-video-2.m4s'].map(
      (path) => put.get(path) ?? Buffer.alloc(0),
    )
    writeFileSync(folder.at('test19.mp4'), Buffer.concat(files))
    expect(await pictures('test19.mp4')).toBe(`h264,160,120,${PICTURES}`)
  })
})

/** Seconds between the first and the last clock reference of a transport stream. */
function clock(datagrams: readonly Buffer[]): number {
  const times: number[] = []
  for (const bytes of datagrams)
    for (let at = 0; at + 188 <= bytes.length; at += 188) {
      const hasClock =
        (bytes.readUInt8(at + 3) & 0x20) !== 0 && bytes.readUInt8(at + 4) > 6 && (bytes.readUInt8(at + 5) & 0x10) !== 0
      if (hasClock) times.push(bytes.readUInt32BE(at + 6) / 45_000)
    }
  return times.length === 0 ? 0 : (times.at(-1) ?? 0) - (times[0] ?? 0)
}
