import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { pcapOf } from '../datagrams.ts'
import { routeFixture } from '../make-fixtures.ts'
import { TestFolder } from '../program.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { mutate } from './mutate.ts'
import { Victim } from './victim.ts'

const CRLF = '\r\n'
const bytesOf = (...lines: readonly string[]): Uint8Array => Uint8Array.from(Buffer.from(lines.join(CRLF), 'latin1'))
const WEB_SOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
]

/** What a peer sends at each stage of a request, before damage. */
const REQUESTS: readonly Uint8Array[] = [
  bytesOf('GET / HTTP/1.1', 'Host: 127.0.0.1', '', ''),
  bytesOf('GET /service1/manifest.mpd HTTP/1.1', 'Host: localhost', 'Range: bytes=0-1,5-9,-3', 'If-Range: "x"', '', ''),
  bytesOf(
    'HEAD /service1/video-1.m4s HTTP/1.1',
    'Host: 127.0.0.1',
    'If-None-Match: *',
    '',
    '',
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    '',
    '',
  ),
  bytesOf('GET /service1/video-1.m4s HTTP/1.0', 'Accept-Encoding: gzip', '', ''),
  bytesOf('OPTIONS * HTTP/1.1', 'Host: 127.0.0.1', 'Origin: http://x', 'Access-Control-Request-Method: PUT', '', ''),
  bytesOf('CONNECT 127.0.0.1:22 HTTP/1.1', 'Host: 127.0.0.1:22', '', 'behind'),
  bytesOf('TRACE / HTTP/1.1', 'Host: 127.0.0.1', 'Max-Forwards: 0', '', ''),
  bytesOf(
    'POST / HTTP/1.1',
    'Host: 127.0.0.1',
    'Transfer-Encoding: chunked',
    '',
    '5',
    'hello',
    '0',
    'Trailer: x',
    '',
    '',
  ),
  bytesOf('PUT /upload/a HTTP/1.1', 'Host: 127.0.0.1', 'Expect: 100-continue', 'Content-Length: 5', '', 'hello'),
  bytesOf('POST /a HTTP/1.1', 'Host: 127.0.0.1', 'Content-Length: 3', 'Transfer-Encoding: chunked', '', '0', '', ''),
  bytesOf('GET /engine?token=x HTTP/1.1', 'Host: 127.0.0.1', ...WEB_SOCKET, '', ''),
  bytesOf(
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: h2c',
    'Connection: Upgrade, HTTP2-Settings',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    '',
    '',
  ),
  bytesOf('PRI * HTTP/2.0', '', 'SM', '', '\x00\x00\x00\x04\x00\x00\x00\x00\x00'),
  Uint8Array.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]),
]

/** Frames of a WebSocket, masked with zeros: text, binary, ping, close, continuation, of each length form. */
const FRAMES: readonly Uint8Array[] = [
  Uint8Array.from([0x81, 0x85, 0, 0, 0, 0, 104, 101, 108, 108, 111]),
  Uint8Array.from([0x82, 0x83, 0, 0, 0, 0, 0x93, 1, 2]),
  Uint8Array.from([0x89, 0x80, 0, 0, 0, 0]),
  Uint8Array.from([0x88, 0x82, 0, 0, 0, 0, 3, 0xe8]),
  Uint8Array.from([0x01, 0x81, 0, 0, 0, 0, 97, 0x80, 0x81, 0, 0, 0, 0, 98]),
  Uint8Array.from([0x82, 0xfe, 1, 0, 0, 0, 0, 0, ...new Uint8Array(256)]),
  Uint8Array.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...new Uint8Array(300)]),
]

/** Connections under way at a time. */
const AT_ONCE = 16

/** Every stage of every connection to the servers of a running program, given damaged bytes, cuts and resets. */
export const connectionTargets = (): FuzzTarget[] => [
  {
    name: 'connection to the gateway',
    unit: 'connections',
    weight: 4,
    batch: 500,
    open: () =>
      openServers(
        (capture) => ['gateway', '--capture', capture, '--listen', '127.0.0.1:0'],
        /Serving http:\/\/127\.0\.0\.1:(\d+)()/,
        () => REQUESTS,
      ),
  },
  {
    name: 'connection to the interface',
    unit: 'connections',
    weight: 4,
    batch: 500,
    open: () =>
      openServers(
        (capture) => ['open', capture, '--no-window', '--listen', '127.0.0.1:0'],
        /Open http:\/\/127\.0\.0\.1:(\d+)\/\S*token=([\w-]+)/,
        (token) => [
          ...REQUESTS,
          ...FRAMES.flatMap((frame) => [frame, frame]).map((frame) => Uint8Array.from([...handshake(token), ...frame])),
        ],
      ),
  },
]

function handshake(token: string): Uint8Array {
  return bytesOf(
    `GET /engine?token=${token} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Origin: http://127.0.0.1',
    ...WEB_SOCKET,
    '',
    '',
  )
}

async function openServers(
  argsFor: (capture: string) => readonly string[],
  ready: RegExp,
  samplesFor: (token: string) => readonly Uint8Array[],
): Promise<OpenTarget> {
  const folder = new TestFolder()
  const capture = folder.at('demo.pcap')
  writeFileSync(capture, pcapOf(await routeFixture()))
  const victim = await Victim.start(argsFor(capture), ready)
  const samples = samplesFor(victim.token)
  return {
    async run(count, random, spent) {
      for (let left = count; left > 0; left -= AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => attack(victim.port, samples, random)))
        const wrong = await victim.answers(spent)
        if (wrong !== null) return wrong
      }
      return null
    },
    memory: () => victim.peakBytes(),
    async close() {
      const wrong = await victim.stop()
      folder.remove()
      return wrong
    },
  }
}

/** One connection: bytes of a stage, damaged and cut, then a reset, an end, or a pause for the answer. */
function attack(port: number, samples: readonly Uint8Array[], random: () => number): Promise<void> {
  const below = (limit: number): number => Math.floor(random() * limit)
  const sample = samples[below(samples.length)] as Uint8Array
  const other = samples[below(samples.length)] as Uint8Array
  let bytes = random() < 0.6 ? mutate(sample, other, random) : sample
  if (random() < 0.4) bytes = bytes.subarray(0, below(bytes.length + 1))
  // What is still on its way when the connection is reset.
  if (random() < 0.1) bytes = Uint8Array.from([...bytes, ...new Uint8Array(100_000)])
  const how = below(4)
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1', () => {
      if (how === 0) {
        socket.write(bytes)
        socket.resetAndDestroy()
      } else if (how === 1) socket.end(bytes)
      else socket.write(bytes, () => setImmediate(() => (how === 2 ? socket.resetAndDestroy() : socket.end())))
    })
    socket.on('data', () => undefined)
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    // A server may wait for the rest; an attacker does not.
    socket.setTimeout(2000, () => socket.destroy())
  })
}
