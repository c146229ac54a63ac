import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MediaFile } from '../files/media-file.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { formatOfExtension, type MediaFormat } from '../media/stream/media-formats.ts'
import { PacketShaper, parsePacketFraction } from '../socket/stream/packet-shaper.ts'
import { freePort } from '../testing/free-port.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { demoMedia, type KeptSamples, readStream, writeStream } from '../testing/media-streams.ts'
import { TestFolder } from '../testing/program.ts'
import { Engine } from './engine.ts'
import { PART_DESCRIPTIONS } from './registry.ts'
import type { Session } from './session.ts'
import { relaySession } from './spec/relay-spec.ts'

/** SK-01 to SK-43 of the reference, by number: the conversions of a relay over real sockets. */
const HOST = '127.0.0.1'
const GROUP = '239.132.0.7'
const folder = new TestFolder()
const media = demoMedia()
const only = (id: number): KeptSamples => ({
  ...media,
  tracks: media.tracks.filter((track) => track.id === id),
  samples: media.samples.filter(({ track }) => track === id),
})
const PICTURES = only(1).samples.length
const FRAMES = only(2).samples.length
const S = {
  '264': writeStream('avc', only(1)),
  aac: writeStream('aac', only(2)),
  ts: writeStream('ts', media),
  frag: writeStream('mp4', media),
}
let fast: Uint8Array = new Uint8Array(0)
let late: Uint8Array = new Uint8Array(0)
let engine: Engine
let servers: Server[] = []
let names = 0

const file = (suffix: string): string => folder.at(`out${++names}.${suffix}`)

beforeAll(async () => {
  engine = newEngine()
  const source = folder.at('S.frag.mp4')
  writeFileSync(source, S.frag)
  const plain = file('mp4')
  await (await relay(source, plain)).done
  fast = new Uint8Array(readFileSync(plain))
  late = withMovieLast(fast)
})
beforeEach(() => {
  engine = newEngine()
})
afterEach(async () => {
  await engine.close()
  for (const server of servers) server.close()
  servers = []
})
afterAll(() => folder.remove())

function newEngine(): Engine {
  return new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
}

function relay(source: string, ...destinations: string[]): Promise<Session> {
  return engine.start(relaySession(PART_DESCRIPTIONS, source, destinations, {}))
}

/** Puts the `moov` of a plain file behind its data, where its offsets lead as before. */
function withMovieLast(plain: Uint8Array): Uint8Array {
  const [ftyp, moov, mdat] = readBoxes(plain)
  if (ftyp === undefined || moov === undefined || mdat === undefined) throw new Error('no plain MP4')
  const table = Buffer.from(plain.slice(moov.offset, moov.offset + moov.size))
  for (let at = table.indexOf('stco'); at >= 0; at = table.indexOf('stco', at + 4))
    for (let entry = 0; entry < table.readUInt32BE(at + 8); entry++)
      table.writeUInt32BE(table.readUInt32BE(at + 12 + 4 * entry) - moov.size, at + 12 + 4 * entry)
  return new Uint8Array(Buffer.concat([plain.subarray(0, moov.offset), plain.subarray(mdat.offset), table]))
}

function read(path: string): KeptSamples {
  return readStream(formatOfExtension(path.split('.').at(-1) ?? '') as MediaFormat, new Uint8Array(readFileSync(path)))
}

/** Pictures and audio frames. */
function counts({ tracks, samples }: KeptSamples): [number, number] {
  const of = (kind: string): number =>
    samples.filter(({ track }) => tracks.find(({ id }) => id === track)?.kind === kind).length
  return [of('video'), of('audio')]
}

/** Times between the samples of a track, ticks, each once. */
function steps({ samples }: KeptSamples, track: number): number[] {
  const times = samples.filter((sample) => sample.track === track).map(({ decodeTicks }) => decodeTicks)
  return [...new Set(times.slice(1).map((ticks, at) => ticks - (times[at] as number)))]
}

/** Settles when a connection is closed, by whom and how ever. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Connects, sends, and waits for the end. */
async function send(to: number | string, bytes: Uint8Array, piece = 65_536): Promise<Socket> {
  const socket = typeof to === 'number' ? connect(to, HOST) : connect(to)
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'connect')
  const over = closed(socket)
  for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece))
  socket.end()
  await over
  return socket
}

/** All bytes that a client gets until the end. */
async function receive(to: number | string, host = HOST): Promise<Buffer> {
  const socket = typeof to === 'number' ? connect(to, host) : connect(to)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A server that keeps what its clients send. */
async function keeper(): Promise<{ port: number; got: Promise<Buffer>; connections: () => number }> {
  let connections = 0
  let settle: (bytes: Buffer) => void = () => undefined
  const got = new Promise<Buffer>((resolve) => {
    settle = resolve
  })
  const server = createServer((socket) => {
    connections++
    const chunks: Buffer[] = []
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => settle(Buffer.concat(chunks)))
  })
  servers.push(server)
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, got, connections: () => connections }
}

/** Sends datagrams, one turn of the loop between some, so that none is dropped by a full queue. */
async function sendDatagrams(port: number, datagrams: readonly Uint8Array[], host = HOST): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  for (const [at, datagram] of datagrams.entries()) {
    await new Promise<void>((resolve) => socket.send(datagram, port, host, () => resolve()))
    if (at % 16 === 15) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  socket.close()
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

/** A transport stream in RTP, with sequence numbers from `first`. */
function rtp(first: number, more: Uint8Array = new Uint8Array(0), flags = 0x80): Buffer[] {
  return cut(S.ts, 1316).map((payload, at) => {
    const head = Buffer.alloc(12)
    head[0] = flags
    head[1] = 33
    head.writeUInt16BE((first + at) & 0xffff, 2)
    head.writeUInt32BE(0x1234, 8)
    return Buffer.concat([head, more, payload])
  })
}

describe('from a socket to a file', () => {
  const CASES: readonly [string, string, Uint8Array, [number, number]][] = [
    ['SK-01 H.264 that is declared', ':ext=avc', S['264'], [PICTURES, 0]],
    ['SK-02 H.264 that is recognised', '', S['264'], [PICTURES, 0]],
    ['SK-08 AAC that is recognised', '', S.aac, [0, FRAMES]],
    ['SK-08 AAC that is declared', ':ext=aac', S.aac, [0, FRAMES]],
    ['SK-09 a transport stream', ':mime=video/mp2t', S.ts, [PICTURES, FRAMES]],
    ['SK-14 fragmented MP4', ':ext=mp4', S.frag, [PICTURES, FRAMES]],
  ]
  it.each(CASES)('%s', async (_, options, bytes, wanted) => {
    const port = await freePort()
    const target = file('mp4')
    const session = await relay(`tcp://${HOST}:${port}/:listen${options}`, target)
    await send(port, bytes, 1000)
    await session.done
    expect(session.problems()).toEqual([])
    const kept = read(target)
    expect(counts(kept)).toEqual(wanted)
    expect(kept.tracks.map(({ codec }) => codec.slice(0, 4))).toEqual([
      ...(wanted[0] > 0 ? ['avc1'] : []),
      ...(wanted[1] > 0 ? ['mp4a'] : []),
    ])
    for (const { id } of kept.tracks)
      expect(Math.max(...steps(kept, id)) - Math.min(...steps(kept, id))).toBeLessThan(3)
    const boxes = readBoxes(new Uint8Array(readFileSync(target))).map(({ type }) => type)
    expect(boxes).toEqual(['ftyp', 'moov', 'mdat'])
  })

  it('SK-03, SK-09 the same by UDP, which ends when nothing more comes', async () => {
    for (const [options, datagrams, wanted] of [
      [':ext=avc', cut(S['264'], 1400), [PICTURES, 0]],
      ['', cut(S.ts, 1316), [PICTURES, FRAMES]],
    ] as const) {
      const port = await freePort()
      const target = file('mp4')
      const session = await relay(`udp://${HOST}:${port}/${options}:timeout=700:block_size=4000000`, target)
      await sendDatagrams(port, datagrams)
      await session.done
      expect(session.problems()).toEqual([])
      expect(counts(read(target))).toEqual(wanted)
    }
  })

  it('SK-04, SK-05 a sender that is connected to, and pieces of one byte', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.setNoDelay()
      for (const piece of cut(S['264'].subarray(0, 3000), 1)) socket.write(piece)
      socket.end(S['264'].subarray(3000))
    })
    servers.push(server)
    server.listen(0, HOST)
    await once(server, 'listening')
    const address = server.address()
    const target = file('mp4')
    const session = await relay(`tcp://${HOST}:${typeof address === 'object' ? address?.port : 0}`, target)
    await session.done
    expect(counts(read(target))).toEqual([PICTURES, 0])
  })

  it('SK-06 a rate that is asked for is exact', async () => {
    const port = await freePort()
    const target = file('mp4')
    const session = await relay(`tcp://${HOST}:${port}/:listen:fps=30000/1001`, target)
    await send(port, S['264'])
    await session.done
    const kept = read(target)
    expect(kept.tracks[0]?.timescale).toBe(30_000)
    expect(steps(kept, 1)).toEqual([1001])
  })

  it('SK-07, SK-14 into a transport stream and Annex B at once', async () => {
    const port = await freePort()
    const [ts, avc] = [file('ts'), file('264')]
    const session = await relay(`tcp://${HOST}:${port}/:listen`, ts, avc)
    await send(port, S.frag)
    await session.done
    expect(counts(read(ts))).toEqual([PICTURES, FRAMES])
    expect(Buffer.compare(readFileSync(avc), S['264'])).toBe(0)
  })

  const RTP: readonly [string, () => Buffer[]][] = [
    ['SK-10 in order', () => rtp(1)],
    ['SK-10 with neighbours swapped', () => swapped(rtp(1))],
    ['SK-10 with each packet twice', () => rtp(1).flatMap((packet) => [packet, packet])],
    ['SK-12 with a contributing source', () => rtp(1, Buffer.alloc(4), 0x81)],
    ['SK-13 over the end of the sequence numbers', () => rtp(65_530)],
  ]
  it.each(RTP)('RTP %s', async (_, packets) => {
    const port = await freePort()
    const target = file('mp4')
    const session = await relay(`udp://${HOST}:${port}/:timeout=700:block_size=4000000:reorder_delay=200`, target)
    await sendDatagrams(port, packets())
    await session.done
    expect(counts(read(target))).toEqual([PICTURES, FRAMES])
  })

  it('SK-11 RTP with losses loses what they hit, and keeps its times', async () => {
    const port = await freePort()
    const target = file('mp4')
    const session = await relay(`udp://${HOST}:${port}/:timeout=700:block_size=4000000`, target)
    await sendDatagrams(
      port,
      rtp(1).filter((_, at) => at % 50 !== 25),
    )
    await session.done
    const kept = read(target)
    const lost = Math.ceil(rtp(1).length / 50)
    expect(counts(kept)[0]).toBeGreaterThan(PICTURES - 4 * lost)
    const whole = readStream('ts', S.ts).samples.filter(({ track }) => track === 1)
    const last = kept.samples.filter(({ track }) => track === 1).at(-1)
    const scale = kept.tracks.find(({ id }) => id === 1)?.timescale ?? 1
    const span = ((last?.decodeTicks ?? 0) - (kept.samples.find(({ track }) => track === 1)?.decodeTicks ?? 0)) / scale
    expect(Math.abs(span - ((whole.at(-1)?.decodeTicks ?? 0) - (whole[0]?.decodeTicks ?? 0)) / 90_000)).toBeLessThan(
      0.2,
    )
  })

  it('SK-15 plain MP4 with its movie header first, and as a file with it last', async () => {
    const port = await freePort()
    const target = file('ts')
    const session = await relay(`tcp://${HOST}:${port}/:listen`, target)
    await send(port, fast)
    await session.done
    expect(counts(read(target))).toEqual([PICTURES, FRAMES])
    const source = file('mp4')
    writeFileSync(source, late)
    const again = file('ts')
    await (await relay(source, again)).done
    expect(Buffer.compare(readFileSync(again), readFileSync(target))).toBe(0)
  })

  it('SK-16 plain MP4 with its movie header last is refused in words, and read where it may be spooled', async () => {
    for (const [options, problem, exists] of [
      ['', /movie header \(moov\) behind the media data/, false],
      [':spoolBytes=10M', null, true],
    ] as const) {
      const port = await freePort()
      const target = file('mp4')
      const session = await relay(`tcp://${HOST}:${port}/:listen${options}`, target)
      await send(port, late)
      await session.done
      if (problem === null) expect(session.problems()).toEqual([])
      else expect(session.problems()[0]?.message).toMatch(problem)
      expect(existsSync(target)).toBe(exists)
      if (exists) expect(counts(read(target))).toEqual([PICTURES, FRAMES])
    }
  })

  it('SK-22, SK-23, SK-24 senders one after the other go on one timeline, of which a second at the same time is closed', async () => {
    for (const [bytes, wanted] of [
      [S['264'], [2 * PICTURES, 0]],
      [S.ts, [2 * PICTURES, 2 * FRAMES]],
    ] as const) {
      const port = await freePort()
      const target = file('mp4')
      const session = await relay(`tcp://${HOST}:${port}/:listen:ka`, `${target}:store=frag`)
      const first = connect(port, HOST)
      await once(first, 'connect')
      first.write(bytes.subarray(0, 1000))
      await expect(receive(port)).resolves.toHaveLength(0)
      first.end(bytes.subarray(1000))
      first.resume()
      await once(first, 'close')
      await send(port, bytes)
      await session.stop()
      const kept = read(target)
      expect(counts(kept)).toEqual(wanted)
      for (const { id } of kept.tracks) {
        const times = kept.samples.filter(({ track }) => track === id).map(({ decodeTicks }) => decodeTicks)
        expect(times.every((ticks, at) => at === 0 || ticks > (times[at - 1] as number))).toBe(true)
      }
    }
  })

  it('SK-25 senders at the same time have tracks of their own', async () => {
    const port = await freePort()
    const target = file('mp4')
    const session = await relay(`tcp://${HOST}:${port}/:listen:ext=avc`, target)
    const [first, second] = [connect(port, HOST), connect(port, HOST)]
    await Promise.all([once(first, 'connect'), once(second, 'connect')])
    for (const piece of cut(S['264'], 8000))
      for (const socket of [first, second]) await new Promise((resolve) => socket.write(piece, resolve))
    for (const socket of [first, second]) socket.resume().end()
    await Promise.all([once(first, 'close'), once(second, 'close')])
    await session.done
    const kept = read(target)
    expect(kept.tracks).toHaveLength(2)
    expect(counts(kept)).toEqual([2 * PICTURES, 0])
  })

  it('SK-26 a recording that is stopped is valid up to then', async () => {
    const port = await freePort()
    const target = file('mp4')
    const session = await relay(`tcp://${HOST}:${port}/:listen:ka`, target)
    await send(port, S['264'].subarray(0, S['264'].length / 2))
    await session.stop()
    expect(counts(read(target))[0]).toBeGreaterThan(PICTURES / 4)
    expect(readBoxes(new Uint8Array(readFileSync(target))).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat'])
  })

  it('SK-27 a silent address is an error after its time', async () => {
    const session = await relay(`udp://${HOST}:${await freePort()}/:timeout=300`, file('mp4'))
    await session.done
    expect(session.failure()?.message).toMatch(/^No data came to udp:\/\/127\.0\.0\.1:\d+ for 0\.3 s\.$/)
  })

  it('a connection is closed after the silence that is asked for', async () => {
    const [port, target] = [await freePort(), file('mp4')]
    const session = await relay(`tcp://${HOST}:${port}/:listen:idleMs=200`, target)
    const silent = connect(port, HOST)
    silent.on('error', () => undefined)
    silent.resume()
    await once(silent, 'connect')
    silent.write(S['264'])
    await session.done
    expect(counts(read(target))).toEqual([PICTURES, 0])
  })

  it('SK-28, SK-29, SK-30 multicast is taken by all of its receivers, of the senders that are asked for', async () => {
    const port = await freePort()
    const ends = [`:ssm=${HOST}`, '', `:ssmx=${HOST}`].map((options) => [options, file('264')] as const)
    const sessions = await Promise.all(
      ends.map(([options, target]) =>
        relay(`udp://${GROUP}:${port}/:ifce=${HOST}:timeout=1500:ext=avc:block_size=4000000${options}`, target),
      ),
    )
    const source = file('264')
    writeFileSync(source, S['264'])
    const sender = await relay(source, `udp://${GROUP}:${port}/:ifce=${HOST}:ttl=1:ext=avc:rate=20000000`)
    await sender.done
    await Promise.all(sessions.map(({ done }) => done))
    expect(ends.map(([, target]) => (existsSync(target) ? counts(read(target))[0] : 0))).toEqual([
      PICTURES,
      PICTURES,
      0,
    ])
  })
})

function swapped(packets: Buffer[]): Buffer[] {
  return packets.flatMap((packet, at) =>
    at % 2 === 0 ? [packets[at + 1] ?? packet, ...(packets[at + 1] === undefined ? [] : [packet])] : [],
  )
}

describe('from a file to a socket', () => {
  const source = folder.at('S.frag.mp4')

  it('SK-19, SK-37, SK-38 gives the elementary streams as they are, over IPv6 and Unix sockets too', async () => {
    for (const [extension, bytes] of [
      ['avc', S['264']],
      ['aac', S.aac],
    ] as const) {
      const { port, got } = await keeper()
      await (await relay(source, `tcp://${HOST}:${port}/:ext=${extension}`)).done
      expect(Buffer.compare(await got, bytes)).toBe(0)
    }
    const path = folder.at('unix.sock')
    const target = file('264')
    const taking = await relay(`tcpu://${path}:listen`, target)
    await (await relay(source, `tcpu://${path}:ext=avc`)).done
    await taking.done
    expect(Buffer.compare(readFileSync(target), S['264'])).toBe(0)
    const port = await freePort()
    const over6 = file('264')
    const six = await relay(`tcp://[::1]:${port}/:listen`, over6)
    await (await relay(source, `tcp://[::1]:${port}/:ext=avc`)).done
    await six.done
    expect(Buffer.compare(readFileSync(over6), S['264'])).toBe(0)
    const udp = file('ts')
    const udp6 = await relay(`udp://[::1]:${port}/:timeout=700:block_size=4000000`, udp)
    await (await relay(source, `udp://[::1]:${port}/:ext=ts:rate=20000000`)).done
    await udp6.done
    expect(counts(read(udp))).toEqual([PICTURES, FRAMES])
  })

  it('reads the file that was opened, whatever takes its place', async () => {
    const path = folder.at('swapped.bin')
    writeFileSync(path, 'first '.repeat(9000))
    const opened = await MediaFile.open(path)
    rmSync(path)
    writeFileSync(path, 'other')
    const text = async (from: number, to: number): Promise<string> =>
      Buffer.from(await opened.read(from, to)).toString()
    expect([await text(0, 8), await text(6, 11), await text(53_994, 99_999)]).toEqual(['first fi', 'first', 'first '])
    let length = 0
    await opened.each([{ start: 6, end: 12 }, Uint8Array.of(1), { start: 0, end: opened.size }], async (bytes) => {
      length += bytes.length
      return true
    })
    expect(length).toBe(6 + 1 + 54_000)
    await opened.close()
  })

  it('takes the place of no program that listens on a Unix socket, though it be stopped and full', async () => {
    const path = folder.at('stopped.sock')
    const listens = `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log('up'))`
    const other = spawn(process.execPath, ['-e', listens])
    await once(other.stdout, 'data')
    other.kill('SIGSTOP')
    const waiting = Array.from({ length: 8 }, () => connect(path).on('error', () => undefined))
    await Promise.all(waiting.slice(-2).map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    const target = `tcpu://${path}:ext=ts:listen`
    await expect(relay(source, target)).rejects.toThrow(`${path} is in use by another program.`)
    expect(lstatSync(path).isSocket()).toBe(true)
    for (const socket of waiting) socket.destroy()
    other.kill('SIGKILL')
  })

  it('SK-18 fragments begin with their movie header, for one who comes later too', async () => {
    const port = await freePort()
    const session = await relay(source, `tcp://${HOST}:${port}/:ext=mp4:store=frag:listen:cdur=0.5:pace=real`)
    const first = connect(port, HOST)
    const got: Buffer[] = []
    first.on('data', (chunk: Buffer) => got.push(chunk))
    const isMoof = (): boolean => Buffer.concat(got).includes('moof')
    while (!isMoof()) await once(first, 'data')
    const later = receive(port)
    await once(first, 'close')
    await session.done
    const boxes = (bytes: Buffer): string[] => readBoxes(new Uint8Array(bytes)).map(({ type }) => type)
    expect(boxes(Buffer.concat(got)).slice(0, 4)).toEqual(['ftyp', 'moov', 'moof', 'mdat'])
    const joined = await later
    expect(boxes(joined).slice(0, 4)).toEqual(['ftyp', 'moov', 'moof', 'mdat'])
    expect(counts(readStream('mp4', new Uint8Array(joined)))[0]).toBeGreaterThan(0)
    expect(joined.length).toBeLessThan(Buffer.concat(got).length)
  })

  it('SK-20 sends a transport stream in groups of seven packets, in which tables come first', async () => {
    const port = await freePort()
    const socket = createSocket('udp4')
    const datagrams: Buffer[] = []
    socket.on('message', (bytes) => datagrams.push(bytes))
    socket.bind(port, HOST)
    await once(socket, 'listening')
    await (await relay(source, `udp://${HOST}:${port}/:ext=ts:rate=20000000`)).done
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.close()
    expect(datagrams.every(({ length }) => length % 188 === 0 && length <= 1316)).toBe(true)
    expect(datagrams.filter(({ length }) => length === 1316).length).toBeGreaterThan(20)
    expect(datagrams[0]?.subarray(0, 3).toString('hex')).toBe('474000')
    expect(counts(readStream('ts', new Uint8Array(Buffer.concat(datagrams))))).toEqual([PICTURES, FRAMES])
  })

  it('SK-31, SK-32 waits for the first client of a server, and for the next where it stays', async () => {
    const port = await freePort()
    const session = await relay(source, `tcp://${HOST}:${port}/:ext=avc:listen`)
    const [one] = await Promise.all([receive(port), session.done])
    expect(Buffer.compare(one, S['264'])).toBe(0)
    const again = await freePort()
    const staying = await relay(source, `tcp://${HOST}:${again}/:ext=avc:listen:ka:kp`)
    expect(Buffer.compare(await receive(again), S['264'])).toBe(0)
    const next = connect(again, HOST)
    await once(next, 'connect')
    next.on('error', () => undefined).resume()
    await staying.stop()
  })

  it('SK-31 closes a client that does not take what is sent, and serves the others', async () => {
    const port = await freePort()
    const looped = folder.at('long.264')
    writeFileSync(looped, Buffer.concat(new Array(160).fill(S['264'])))
    const session = await relay(looped, `tcp://${HOST}:${port}/:ext=avc:listen`)
    const stalled = connect(port, HOST).on('error', () => undefined)
    await once(stalled, 'connect')
    const taken = await receive(port)
    await session.done
    expect(taken.length).toBeGreaterThan(8e6)
    expect(session.snapshot().media.find(({ direction }) => direction === 'out')?.dropped).toBe(1)
    stalled.destroy()
  })

  it('begins at a time, and sends faster than in real time', async () => {
    const { port, got } = await keeper()
    await (await relay(source, `tcp://${HOST}:${port}/:ext=avc:start=1.5:speed=4:pace=real`)).done
    const begun = readStream('avc', new Uint8Array(await got))
    expect(counts(begun)[0]).toBeGreaterThan(10)
    expect(counts(begun)[0]).toBeLessThan(PICTURES * 0.7)
    await expect(relay(source, `tcp://${HOST}:${port}/:ext=avc:speed=-1`)).rejects.toThrow(/speed is "-1"/)
  })

  it('SK-33 keeps to a rate', async () => {
    const { port, got } = await keeper()
    const began = performance.now()
    await (await relay(source, `tcp://${HOST}:${port}/:ext=aac:rate=400000`)).done
    const seconds = (performance.now() - began) / 1000
    expect((await got).length).toBe(S.aac.length)
    expect(seconds).toBeGreaterThan(((S.aac.length * 8) / 400_000) * 0.9)
  })

  it('SK-34, SK-35 drops and swaps the packets that are asked for', () => {
    const run = (drop: string | null, swap: string | null, random = () => 0.5): number[] => {
      const sent: number[] = []
      const shaper = new PacketShaper(
        drop === null ? null : parsePacketFraction(drop, 'pckd'),
        swap === null ? null : parsePacketFraction(swap, 'pckr'),
        (packet) => void sent.push(packet[0] as number),
        random,
      )
      for (let at = 1; at <= 13; at++) shaper.packet(Uint8Array.of(at))
      shaper.flush()
      return sent
    }
    expect(run('4/10', null)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    expect(run('0/10', null)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13])
    expect(run(null, '3/10')).toEqual([1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    expect(() => parsePacketFraction('11/10', 'pckd')).toThrow(/N\/D/)
  })

  it('SK-36 a refused connection is an error at once, and is tried again where asked', async () => {
    const port = await freePort()
    await expect(relay(source, `tcp://${HOST}:${port}/:ext=avc`)).rejects.toThrow(/Nothing answers at/)
    const target = file('264')
    const session = await relay(`tcp://${HOST}:${port}`, target)
    await session.done
    expect(session.failure()?.message).toMatch(/Nothing answers at/)
    const retrying = await relay(`tcp://${HOST}:${port}/:retry`, target)
    const server = createServer((socket) => void socket.end(S['264']))
    servers.push(server)
    server.listen(port, HOST)
    await retrying.done
    expect(Buffer.compare(readFileSync(target), S['264'])).toBe(0)
  })
})

describe('what cannot be is refused before anything is opened', () => {
  const source = folder.at('S.frag.mp4')
  it.each([
    ['SK-17', ':ext=mp4', /Plain MP4 cannot be sent .* changed at the end/],
    ['SK-17', ':ext=mp4:store=flat', /Plain MP4 cannot be sent/],
    ['SK-21', '', /Nothing says in which format/],
    ['SK-43', ':ext=yuv', /raw media, which needs an encoder/],
    ['an unknown format', ':ext=mkv', /The format ext=mkv is not known/],
    ['a wrong fraction', ':ext=avc:pckd=x', /pckd is "x"/],
  ])('%s %s', async (_, options, sentence) => {
    const { port, connections } = await keeper()
    await expect(relay(source, `tcp://${HOST}:${port}/${options}`)).rejects.toThrow(sentence)
    expect(connections()).toBe(0)
  })

  it('SK-37 datagrams of Unix sockets, and options that an end does not have', async () => {
    await expect(relay('udpu:///tmp/x', file('mp4'))).rejects.toThrow(/no Unix datagram sockets/)
    await expect(async () => relay(source, `udp://${HOST}:1/:ext=ts:vflip`)).rejects.toThrow(/has no option "vflip"/)
    await expect(async () => relay(source, `udp://${HOST}:1/:ext=ts:ttl=999`)).rejects.toThrow(/from 0 to 127/)
  })

  it('SK-39 both forms of GPAC are the same', () => {
    const session = (text: string) => relaySession(PART_DESCRIPTIONS, text, ['a.mp4'], {}).parts
    const [plain, gpac] = [`udp://${HOST}:1234/:ext=avc`, `udp://${HOST}:1234:gpac:ext=avc`].map(session)
    expect(plain?.[0]).toMatchObject({ kind: 'socket-in', ext: 'avc' })
    expect({ ...gpac?.[0], address: '' }).toEqual({ ...plain?.[0], address: '' })
    expect(session('[x]:b.mp4')[0]).toMatchObject({ kind: 'media-in' })
  })
})

describe('hostile input', () => {
  it('closes the connection of a stream that it refuses, and takes the next sender where it stays', async () => {
    const [port, target] = [await freePort(), file('mp4')]
    const session = await relay(`tcp://${HOST}:${port}/:listen:ka`, target)
    const refused = connect(port, HOST)
    refused.on('error', () => undefined)
    refused.resume()
    await once(refused, 'connect')
    const over = closed(refused)
    refused.write(late)
    await over
    expect(session.problems().map(({ code }) => code)).toEqual(['input-unusable'])
    await send(port, S['264'])
    await session.stop()
    expect(counts(read(target))).toEqual([PICTURES, 0])
  })

  it('SK-42 garbage ends in a sentence or nothing', async () => {
    const garbage = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7919 + (at >> 3) * 31) & 0xff)
    for (const options of ['', ':ext=ts', ':ext=avc', ':ext=hevc', ':ext=mp4', ':ext=aac', ':ext=mp3', ':ext=ac3']) {
      const port = await freePort()
      const target = file('mp4')
      const session = await relay(`tcp://${HOST}:${port}/:listen${options}`, target)
      await send(port, garbage)
      await session.done
      expect(session.problems().length, options).toBeLessThan(3)
    }
  })
})
