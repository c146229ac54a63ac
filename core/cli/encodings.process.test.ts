import { mkdirSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { type FluteFile, FluteSender } from '../testing/flute-sender.ts'
import { inspect, RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import { receivedCapture } from '../testing/received-capture.ts'
import { testPacket } from '../testing/test-session.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const PLAIN = Uint8Array.from({ length: 10_240 }, (_, at) => at & 255)
const BROTLI = brotliCompressSync(PLAIN)
const START_US = 1_700_000_000_000_000

/** Name of a file, encoding that its table names, bytes on air. */
const FILES = [
  ['raw.bin', 'deflate', deflateRawSync(PLAIN)],
  ['framed.bin', 'deflate', deflateSync(PLAIN)],
  ['zlib.bin', 'zlib', deflateSync(PLAIN)],
  ['xgzip.bin', 'x-gzip', gzipSync(PLAIN)],
  ['upper.bin', 'GZIP', gzipSync(PLAIN)],
  ['null.bin', 'null', PLAIN],
  ['identity.bin', 'identity', PLAIN],
  ['brotli.bin', 'br', BROTLI],
  ['both.bin', 'gzip, deflate', deflateSync(gzipSync(PLAIN))],
  ['twice.bin', 'GZIP,gzip', gzipSync(gzipSync(PLAIN))],
] as const

let capture: string
beforeAll(() => {
  const sender = new FluteSender({ digest: 'none' })
  const packets: Datagram[] = FILES.flatMap(([name, contentEncoding, bytes], at) => {
    const file: FluteFile = { toi: at + 1, name, contentType: 'application/octet-stream', bytes }
    const timeUs = START_US + at * 100_000
    // Without a transfer length, that of the content counts where there is no encoding.
    const lengths = bytes === PLAIN ? { transferLength: null } : { contentLength: PLAIN.length }
    return [...sender.table([file], timeUs, false, { contentEncoding, ...lengths }), ...sender.object(file, timeUs)]
  })
  capture = folder.at('encodings.pcap')
  writeFileSync(capture, pcapOf(packets))
})

describe('a file whose packed bytes are damaged', () => {
  it('is incomplete, and one alarm of its content', async () => {
    const packed = gzipSync(PLAIN)
    packed[packed.length - 6] = (packed[packed.length - 6] as number) ^ 0xff
    const files: FluteFile[] = [
      { toi: 1, name: 'broken.bin', contentType: 'application/octet-stream', bytes: packed },
      { toi: 2, name: 'whole.bin', contentType: 'application/octet-stream', bytes: gzipSync(PLAIN) },
    ]
    const sender = new FluteSender({ digest: 'none' })
    const told = { contentEncoding: 'gzip', contentLength: PLAIN.length }
    const got = await receivedCapture(
      folder,
      files.flatMap((file, at) => [
        ...sender.table([file], START_US + at * 100_000, false, told),
        ...sender.object(file, START_US + at * 100_000),
      ]),
    )
    expect(got.files).toEqual([['whole.bin', PLAIN.length]])
    expect(got.summary).toContain('3 of 4 objects complete, 1 incomplete')
    expect(got.alarms.map(({ severity, rule }) => `${severity} ${rule}`)).toEqual(['error OBJ-CONTENT'])
  })
})

describe('a part of a signalling package', () => {
  const stsid = new TextEncoder().encode(
    '<S-TSID><RS><LS tsi="10"><SrcFlow rt="false"><EFDT><FDT-Instance Expires="4294967295"><File TOI="1" Content-Location="a.bin"/></FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>',
  )
  const packaged = (header: string, body: Uint8Array): Uint8Array =>
    Buffer.concat([
      Buffer.from(
        `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: s\r\n${header}\r\n\r\n`,
      ),
      body,
      Buffer.from('\r\n--b--\r\n'),
    ])
  const received = (bytes: Uint8Array) =>
    receivedCapture(
      folder,
      [
        testPacket({ tsi: 0, toi: 0x20001, codepoint: 3, payload: bytes, length: bytes.length }),
        testPacket({ tsi: 10, toi: 1, payload: PLAIN.subarray(0, 900), length: 900 }),
      ].map((packet, at) => ({ address: '239.255.1.1', port: 5000, bytes: packet, timeUs: START_US + at * 10_000 })),
    )

  it.each([
    ['Content-Encoding: gzip', gzipSync(stsid)],
    ['Content-Encoding: Deflate', deflateSync(stsid)],
    ['Content-Transfer-Encoding: base64', Buffer.from(Buffer.from(stsid).toString('base64'))],
  ])('is read without its encoding: %s', async (header, body) => {
    const got = await received(packaged(header, body))
    expect(got.files).toEqual([['a.bin', 900]])
    expect(got.alarms).toEqual([])
  })

  it('of an unknown encoding is named with it', async () => {
    const got = await received(packaged('Content-Encoding: br', brotliCompressSync(stsid)))
    expect(got.alarms[0]?.text).toContain('has the content encoding "br", which is not known here')
  })
})

describe('files with a content encoding', () => {
  it('are written as content; one of an unknown encoding as it came', async () => {
    mkdirSync(folder.at('out'))
    const { status, stderr } = await routescope(['receive', '--capture', capture, '--out', folder.at('out')])
    expect(stderr).toContain('20 of 20 objects complete, 0 incomplete, 10 files')
    expect(status).toBe(0)
    const expected = FILES.map(([name]) => {
      const bytes = name === 'brotli.bin' ? BROTLI : PLAIN
      return { path: `service1/${name}`, size: bytes.length, sha256: sha256(bytes) }
    })
    expect(treeOf(folder.at('out'))).toEqual(expected.sort((a, b) => (a.path < b.path ? -1 : 1)))
  })

  it('of an unknown encoding are one warning that names it', async () => {
    const { alarms } = await inspect(capture)
    expect(alarms.map(({ rule, severity }) => [rule, severity])).toEqual([['OBJ-ENCODING', 'warning']])
    expect(alarms[0]?.text).toContain('brotli.bin (TSI 1, TOI 8) has the content encoding "br"')
  })

  it('are served as content, and with the encoding that is left', async () => {
    const gateway = new RunningProgram(['gateway', '--capture', capture, '--listen', '127.0.0.1:0'])
    try {
      const [base] = await gateway.printed('stdout', /http:\/\/127\.0\.0\.1:\d+/)
      await gateway.printed('stderr', /The source has ended/)
      for (const name of ['raw.bin', 'identity.bin', 'both.bin']) {
        const reply = await fetch(`${base}/service1/${name}`)
        expect(reply.headers.get('content-encoding')).toBeNull()
        expect(Buffer.from(await reply.arrayBuffer()).equals(PLAIN)).toBe(true)
      }
      const reply = await fetch(`${base}/service1/brotli.bin`)
      expect(reply.headers.get('content-encoding')).toBe('br')
      expect(Buffer.from(await reply.arrayBuffer()).equals(PLAIN)).toBe(true)
    } finally {
      await gateway.interrupt()
    }
  })
})
