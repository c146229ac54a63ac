import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { content, TestSession } from '../../testing/test-session.ts'

const target: ReceiveTarget = { kind: 'route', address: '239.255.1.1', port: 5000 }

const STSID =
  '<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v_$TOI$.bin"/></EFDT></SrcFlow></LS></RS></S-TSID>'

function session(receive: Partial<ReceiveSpec> = {}): TestSession {
  const made = new TestSession(target, receive)
  const part = `--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${STSID}\r\n--b--\n`
  const text = `Content-Type: multipart/related; type="application/route-s-tsid+xml"; boundary="b"\r\n\r\n${part}`
  made.sendObject({ tsi: 0, toi: 0x8002_0001, codepoint: 3 }, new Uint8Array(gzipSync(text)))
  return made
}

/** Packets of 1000 bytes; `flagged` are those with the B flag. */
function send(
  to: TestSession,
  toi: number,
  bytes: Uint8Array,
  flagged: readonly number[],
  order?: readonly number[],
): void {
  const count = Math.ceil(bytes.length / 1000)
  for (const packet of order ?? Array.from({ length: count }, (_, at) => at)) {
    const payload = bytes.subarray(packet * 1000, packet * 1000 + 1000)
    to.send({ tsi: 10, toi, offset: packet * 1000, payload, closeObject: flagged.includes(packet) })
  }
}

const files = (of: TestSession) => of.files.map(({ name, lease }) => [name, lease.bytes])
const rules = (of: TestSession) => of.alarms.map(({ rule }) => rule)

describe('an object whose length only the B flag tells', () => {
  type Case = { readonly where: string; readonly flagged: readonly number[]; readonly order?: readonly number[] }
  const cases: readonly Case[] = [
    { where: 'its last packet', flagged: [4] },
    { where: 'its last packet, which comes early', flagged: [4], order: [0, 4, 1, 2, 3] },
    { where: 'its last three packets', flagged: [2, 3, 4] },
    { where: 'its last three packets, out of order', flagged: [2, 3, 4], order: [0, 1, 3, 2, 4] },
    { where: 'all its packets', flagged: [0, 1, 2, 3, 4] },
    { where: 'all its packets, the last one first', flagged: [0, 1, 2, 3, 4], order: [4, 0, 1, 2, 3] },
  ]
  for (const size of [5000, 4500])
    it.each(cases)(`of ${size} bytes is one whole file, where the flag is in $where`, ({ flagged, order }) => {
      const made = session()
      const whole = content(size)
      send(made, 1, whole, flagged, order)
      made.pass(20_000)
      expect(files(made)).toEqual([['v_1.bin', whole]])
      expect(rules(made)).toEqual([])
    })

  it('is whole at once, where its last packet is shorter than others', () => {
    const made = session()
    send(made, 1, content(4500), [2, 3, 4])
    expect(files(made)).toEqual([['v_1.bin', content(4500)]])
  })

  it('is whole at once, where its content shows its end', () => {
    const made = session()
    const xml = new TextEncoder().encode(`<a>${'x'.repeat(1993)}</a>`)
    send(made, 1, xml, [1])
    expect(files(made)).toEqual([['v_1.bin', xml]])
  })

  it('is whole once the next one begins, where packets are in order', () => {
    const made = session({ reorder: false })
    send(made, 1, content(5000), [3, 4])
    send(made, 2, content(1500), [1])
    expect(files(made)).toEqual([
      ['v_1.bin', content(5000)],
      ['v_2.bin', content(1500)],
    ])
  })

  it('is not whole, where packets without the flag follow', () => {
    const made = session()
    send(made, 1, content(5000), [1, 3])
    made.pass(20_000)
    expect(files(made)).toEqual([])
    expect(rules(made)).toEqual(['OBJ-LENGTH'])
  })

  it('is repeated by a carousel without a second file', () => {
    const made = session()
    for (let round = 0; round < 3; round++) {
      send(made, 1, content(5000), [3, 4])
      made.pass(20_000)
    }
    expect(files(made)).toEqual([['v_1.bin', content(5000)]])
    expect(rules(made)).toEqual([])
  })
})

describe('signalling of which nobody tells the length, sent once', () => {
  const text = `--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${STSID}\r\n--b--\n`
  const multipart = `Content-Type: multipart/related; type="application/route-s-tsid+xml"; boundary="b"\r\n\r\n${text}`

  it.each([
    ['a package', new TextEncoder().encode(multipart)],
    ['a packed package', new Uint8Array(gzipSync(multipart))],
    ['a document', new TextEncoder().encode(STSID)],
  ])('is used once it is silent for the time that late packets may take: %s', (_, bytes) => {
    const made = new TestSession(target)
    const packets = Math.ceil(bytes.length / 100)
    for (let at = 0; at < packets; at++)
      made.send({
        tsi: 0,
        toi: 0x8002_0001,
        codepoint: 3,
        offset: at * 100,
        payload: bytes.subarray(at * 100, at * 100 + 100),
      })
    expect(made.services.get(asServiceId(1))?.signalled).toBe(false)
    made.pass(600)
    expect(made.services.get(asServiceId(1))?.signalled).toBe(true)
  })

  it('is not taken for whole where its end is missing', () => {
    const made = new TestSession(target)
    const bytes = new Uint8Array(gzipSync(multipart))
    made.send({ tsi: 0, toi: 0x8002_0001, codepoint: 3, offset: 0, payload: bytes.subarray(0, 100) })
    made.pass(600)
    expect(made.services.get(asServiceId(1))?.signalled).toBe(false)
    made.send({ tsi: 0, toi: 0x8002_0001, codepoint: 3, offset: 100, payload: bytes.subarray(100) })
    made.pass(11_000)
    expect(made.services.get(asServiceId(1))?.signalled).toBe(true)
  })
})
