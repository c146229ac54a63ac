import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { Datagram } from '../testing/datagrams.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { TestFolder } from '../testing/program.ts'
import { type ReceivedCapture, receivedCapture } from '../testing/received-capture.ts'
import { content, type TestPacket, testPacket } from '../testing/test-session.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const START_US = 1_700_000_000_000_000
const heard = ({ alarms }: ReceivedCapture): string[] => alarms.map(({ severity, rule }) => `${severity} ${rule}`)

/** A ROUTE session, packet after packet. */
class RouteCapture {
  readonly packets: Datagram[] = []
  #timeUs = START_US

  constructor(stsid: string | null) {
    if (stsid !== null) this.object({ tsi: 0, toi: 1, codepoint: 1 }, new TextEncoder().encode(stsid), true)
  }

  packet(packet: TestPacket): void {
    this.#timeUs += 20_000
    this.packets.push({ address: '239.255.1.1', port: 5000, bytes: testPacket(packet), timeUs: this.#timeUs })
  }

  object(packet: TestPacket, bytes: Uint8Array, told: boolean): void {
    for (let offset = 0; offset < bytes.length; offset += 1000)
      this.packet({
        ...packet,
        offset,
        payload: bytes.subarray(offset, offset + 1000),
        ...(told ? { length: bytes.length } : {}),
      })
  }
}

const STSID =
  '<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v-$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>'

function box(type: string, size: number): Uint8Array {
  const bytes = content(size, size)
  new DataView(bytes.buffer).setUint32(0, size)
  bytes.set(new TextEncoder().encode(type), 4)
  return bytes
}
/** A segment of that many chunks. */
const segment = (chunks: number): Uint8Array =>
  Uint8Array.from([
    ...box('styp', 24),
    ...Array.from({ length: chunks }, () => [...box('moof', 100), ...box('mdat', 1500)]).flat(),
  ])

describe('an object whose length only the B flag tells', () => {
  it('has all its bytes where several last packets have the flag', async () => {
    const capture = new RouteCapture(STSID)
    const [first, second] = [content(5000, 1), content(3600, 2)]
    for (const [toi, bytes] of [first, second].entries())
      for (let offset = 0; offset < bytes.length; offset += 1000) {
        const payload = bytes.subarray(offset, offset + 1000)
        capture.packet({ tsi: 10, toi: toi + 1, offset, payload, closeObject: offset >= 2000 })
      }
    const got = await receivedCapture(folder, capture.packets)
    expect(got.files).toEqual([
      ['v-1.m4s', first.length],
      ['v-2.m4s', second.length],
    ])
    expect(readFileSync(`${got.folder}/v-1.m4s`).equals(first)).toBe(true)
    expect(heard(got)).toEqual([])
  })
})

describe('a file of ROUTE that its sender breaks off', () => {
  it('and lists under another TOI in a new EFDT was lost by the sender', async () => {
    const listed = (toi: number): string =>
      `<S-TSID><RS><LS tsi="10"><SrcFlow rt="false"><EFDT><FDT-Instance Expires="4294967295"><File TOI="${toi}" Content-Location="a.bin"/></FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>`
    const capture = new RouteCapture(listed(1))
    for (const offset of [0, 1000, 2000])
      capture.packet({ tsi: 10, toi: 1, offset, payload: content(1000), length: 20_000 })
    capture.object({ tsi: 0, toi: 2, codepoint: 1 }, new TextEncoder().encode(listed(2)), true)
    capture.object({ tsi: 10, toi: 2 }, content(1500, 5), true)
    const got = await receivedCapture(folder, capture.packets)
    expect(got.files).toEqual([['a.bin', 1500]])
    const lost = got.alarms.filter(({ rule }) => rule === 'OBJ-LOSS')
    expect(lost.map(({ cause, toi }) => [cause, toi])).toEqual([['sender', 1]])
    expect(lost[0]?.evidence).toContain('a newer table has other content in its place')
  })
})

describe('an object whose headers tell another length than its table', () => {
  const listed = (length: number): string =>
    `<S-TSID><RS><LS tsi="10"><SrcFlow rt="false"><EFDT><FDT-Instance Expires="4294967295"><File TOI="1" Content-Location="a.bin" Content-Length="${length}"/></FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>`

  it.each([
    ['more', 2600],
    ['less', 2400],
  ])('is one warning with both lengths, the table telling %s', async (_, length) => {
    const capture = new RouteCapture(listed(length))
    capture.object({ tsi: 10, toi: 1 }, content(2500), true)
    const got = await receivedCapture(folder, capture.packets)
    expect(got.files).toEqual([['a.bin', 2500]])
    expect(got.alarms.map(({ text }) => text)).toEqual([
      `a.bin (TSI 10, TOI 1): its length was declared again: ${length}, then 2500 bytes (frame 2); cause: the sender`,
    ])
  })

  it('lost nothing on the way where all came that its table promises', async () => {
    const capture = new RouteCapture(listed(2000))
    // The session is known, and goes on without the object.
    const goOn = (toi: number): void => {
      for (let more = 0; more < 100; more++) capture.packet({ tsi: 10, toi, offset: 0, payload: content(9), length: 9 })
    }
    goOn(2)
    for (const offset of [0, 1000]) capture.packet({ tsi: 10, toi: 1, offset, payload: content(1000), length: 2500 })
    goOn(3)
    const lost = (await receivedCapture(folder, capture.packets)).alarms.filter(({ rule }) => rule === 'OBJ-LOSS')
    expect(lost.map(({ cause }) => cause)).toEqual(['sender'])
  })

  it('is silent in entity mode, whose table tells the length of the content', async () => {
    const entity = new TextEncoder().encode(`Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`)
    const capture = new RouteCapture(listed(5))
    capture.object({ tsi: 10, toi: 1, codepoint: 2 }, entity, true)
    const got = await receivedCapture(folder, capture.packets)
    expect(got.files).toEqual([['a.bin', 5]])
    expect(heard(got)).toEqual([])
  })
})

describe('an object whose length is told nowhere', () => {
  it('ends where its gzip does', async () => {
    const plain = Uint8Array.from({ length: 10_240 }, (_, at) => (at * at) & 255)
    const bytes = gzipSync(plain)
    const file = { toi: 1, name: 'z.bin', contentType: 'application/octet-stream', bytes }
    // One symbol: its size is no hint.
    const sender = new FluteSender({ symbolBytes: bytes.length, digest: 'none' })
    const lengths = { contentEncoding: 'gzip', contentLength: plain.length, transferLength: null }
    const [object] = sender.object(file, START_US)
    const open = { ...object, bytes: object?.bytes.slice() ?? new Uint8Array(0) } as Datagram
    // Without the close flag.
    open.bytes[1] = (open.bytes[1] as number) & 0xfe
    const told = await receivedCapture(folder, [...sender.table([file], START_US, false, lengths), open])
    expect(told.files).toEqual([['z.bin', plain.length]])
    expect(readFileSync(`${told.folder}/z.bin`).equals(plain)).toBe(true)
    expect(heard(told)).toEqual(['info OBJ-LENGTH'])
    // Half of it is not taken for whole.
    const half = { ...open, bytes: open.bytes.subarray(0, open.bytes.length - 20) }
    const cut = await receivedCapture(folder, [...sender.table([file], START_US, false, lengths), half])
    expect(cut.files).toEqual([])
  })

  it('ends where the boxes of a segment do, once the next one begins', async () => {
    const capture = new RouteCapture(STSID)
    for (const toi of [1, 2, 3]) capture.object({ tsi: 10, toi }, segment(3), false)
    // Under way when the capture ends, between two chunks.
    capture.object({ tsi: 10, toi: 4 }, segment(2), false)
    const told = await receivedCapture(folder, capture.packets)
    expect(told.files).toEqual([1, 2, 3].map((toi) => [`v-${toi}.m4s`, segment(3).length]))
    expect(heard(told)).toEqual(['info OBJ-LENGTH', 'info OBJ-LENGTH'])
    expect(told.summary).toContain('0 incomplete, 1 cut off')
  })

  it('lacks what its boxes say that it lacks', async () => {
    const capture = new RouteCapture(STSID)
    capture.object({ tsi: 10, toi: 1 }, segment(3), false)
    capture.object({ tsi: 10, toi: 2 }, segment(3).subarray(0, 4000), false)
    capture.object({ tsi: 10, toi: 3 }, segment(3), true)
    capture.object({ tsi: 10, toi: 4 }, segment(3), true)
    const told = await receivedCapture(folder, capture.packets)
    expect(told.files.map(([name]) => name)).toEqual(['v-1.m4s', 'v-3.m4s', 'v-4.m4s'])
    const lost = told.alarms.find(({ rule }) => rule === 'OBJ-LOSS')
    expect(lost?.text).toContain(
      `v-2.m4s (TSI 10, TOI 2): ${segment(3).length - 4000} of ${segment(3).length} bytes missing`,
    )
  })

  it('and whose content shows no end is one alarm that names it, and kept where corrupt ones are', async () => {
    const capture = new RouteCapture(null)
    capture.object({ tsi: 1, toi: 5 }, content(2500), false)
    capture.object({ tsi: 1, toi: 6 }, content(2500), true)
    const told = await receivedCapture(folder, capture.packets, ['--keep-corrupt'])
    expect(told.files).toEqual([
      ['tsi-1/toi-5.bin.partial', 2500],
      ['tsi-1/toi-6.bin', 2500],
    ])
    expect(heard(told)).toEqual(['error OBJ-LENGTH'])
    expect(told.alarms[0]?.text).toContain(
      '(TSI 1, TOI 5): 2500 bytes came without a gap, but its length was never told',
    )
  })

  const signalled = new TextEncoder().encode(STSID)
  const packaged = new TextEncoder().encode(
    `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: s\r\n\r\n<!--${'.'.repeat(1500)}-->${STSID}\r\n--b--\r\n`,
  )
  it.each([
    ['a document', 1, signalled, 2, 'its content shows its end'],
    ['a package', 0x20001, packaged, 2, 'its content shows its end'],
    ['a packed package', 0x8002_0001, Uint8Array.from(gzipSync(packaged)), 2, 'its content shows its end'],
    ['a package without an end', 0x20001, packaged.subarray(0, -7), 3, 'its repeats show its end'],
  ])('is signalling all the same where it is %s that goes round', async (_, toi, bytes, rounds, why) => {
    const capture = new RouteCapture(null)
    for (let round = 0; round < rounds; round++) capture.object({ tsi: 0, toi, codepoint: 3 }, bytes, false)
    capture.object({ tsi: 10, toi: 7 }, content(2500), true)
    const told = await receivedCapture(folder, capture.packets)
    expect(told.files).toEqual([['v-7.m4s', 2500]])
    expect(heard(told)).toEqual(['info OBJ-LENGTH'])
    expect(told.alarms[0]?.text).toContain(why)
  })

  it('is one alarm of the sender where it is declared again, with both lengths', async () => {
    const capture = new RouteCapture(STSID)
    const bytes = segment(3)
    capture.packet({ tsi: 10, toi: 1, offset: 0, payload: bytes.subarray(0, 1000), length: bytes.length + 999 })
    capture.object({ tsi: 10, toi: 1 }, bytes, true)
    // In the middle, without beginning again.
    capture.packet({ tsi: 10, toi: 2, offset: 0, payload: bytes.subarray(0, 2000), length: 2000 + 999 })
    capture.packet({ tsi: 10, toi: 2, offset: 2000, payload: bytes.subarray(2000), length: bytes.length })
    const told = await receivedCapture(folder, capture.packets)
    expect(told.files).toEqual([1, 2].map((toi) => [`v-${toi}.m4s`, bytes.length]))
    expect(heard(told)).toEqual(['error OBJ-LOSS', 'warning OBJ-LENGTH'])
    expect(told.alarms.map(({ cause }) => cause)).toEqual(['sender', 'sender'])
    expect(told.alarms[0]?.text).toContain(`it was declared to have ${bytes.length + 999} bytes, and ${bytes.length}`)
    expect(told.alarms[1]?.text).toContain(`its length was declared again: 2999, then ${bytes.length} bytes`)
  })
})
