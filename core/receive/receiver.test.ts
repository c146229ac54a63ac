import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { instanceOf, toiOf, toiOfAlarm, tsiOf } from '../testing/carriers.ts'
import { content, TestSession, testFlow, testPacket } from '../testing/test-session.ts'

const target: ReceiveTarget = { kind: 'route', address: '239.255.1.1', port: 5000 }
const SLS_TOI = 0x8002_0001

function stsid(channels: string, destination = 'dIpAddr="239.255.1.1" dPort="5000"'): string {
  return `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS ${destination}>${channels}</RS></S-TSID>`
}

function channel(tsi: number, template: string, files = '', rest = ''): string {
  return `<LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="${template}">${files}</FDT-Instance></EFDT>${rest}</SrcFlow></LS>`
}

function mpd(representations = ''): string {
  return `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic"><Period>${representations}</Period></MPD>`
}

function bundle(...parts: [string, string, string][]): Uint8Array {
  const boundary = 'bound'
  const head = `Content-Type: multipart/related; type="${parts[0]?.[0]}"; boundary="${boundary}"\r\n\r\n`
  const body = parts.map(
    ([type, name, text]) => `--${boundary}\r\nContent-Type: ${type}\r\nContent-Location: ${name}\r\n\r\n${text}\r\n`,
  )
  return new TextEncoder().encode(`${head}${body.join('')}--${boundary}--\n\u0000`)
}

const STSID_TYPE = 'application/route-s-tsid+xml'
const MPD_TYPE = 'application/dash+xml'

function sls(session: TestSession, text = stsid(channel(10, 'v_$TOI$.m4s')), toi = SLS_TOI): void {
  const bytes = new Uint8Array(gzipSync(bundle([STSID_TYPE, 'stsid.xml', text])))
  session.sendObject({ tsi: 0, toi, codepoint: 3 }, bytes)
}

function names(session: TestSession): string[] {
  return session.files.map((file) => file.name)
}

/** Raised rules, except on the TOI bits of Annex C, which the tests ignore. */
const rulesOf = (session: TestSession): string[] =>
  session.alarms.filter((alarm) => alarm.rule !== 'SLS-TOI-BITS').map((alarm) => alarm.rule)

describe('assembly of objects', () => {
  it('restores identical bytes from any cut, order and repetition', () => {
    const plan = fc.record({
      size: fc.integer({ min: 1, max: 5000 }),
      cuts: fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 20 }),
      order: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      again: fc.array(fc.nat(30), { maxLength: 10 }),
      known: fc.constantFrom('every', 'last', 'never'),
    })
    fc.assert(
      fc.property(plan, ({ size, cuts, order, again, known }) => {
        const session = new TestSession(target)
        sls(session)
        const whole = content(size, size)
        const at = [...new Set([0, ...cuts.filter((cut) => cut < size), size])].sort((a, b) => a - b)
        let pieces = at.slice(1).map((end, i) => ({ start: at[i] as number, end }))
        const last = pieces.at(-1)
        pieces.push(...again.map((each) => pieces[each % pieces.length] as { start: number; end: number }))
        pieces = pieces
          .map((piece) => ({ piece, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ piece }) => piece)
        for (const piece of pieces) {
          const isLast = piece.end === last?.end && piece.start === last.start
          session.send({
            tsi: 10,
            toi: 7,
            offset: piece.start,
            payload: whole.subarray(piece.start, piece.end),
            ...(known === 'every' || (known === 'last' && isLast) ? { length: size } : {}),
            closeObject: isLast,
          })
        }
        // Only the B flag tells its length, and others may follow a packet of this size.
        if (known === 'never') session.pass(1000)
        expect(names(session)).toEqual(['v_7.m4s'])
        expect(session.files[0]?.lease.bytes).toEqual(whole)
        expect(session.malformed).toEqual([])
        expect(session.alarms).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('lets a reader follow a growing object of unknown length', () => {
    const session = new TestSession(target)
    sls(session)
    const whole = content(3000)
    session.send({ tsi: 10, toi: 1, offset: 0, payload: whole.subarray(0, 160) })
    const object = session.begun[0]
    expect(object).toMatchObject({ name: 'v_1.m4s', size: null, state: 'receiving', kind: 'media' })
    let calls = 0
    object?.watch(() => calls++)
    session.send({ tsi: 10, toi: 1, offset: 160, payload: whole.subarray(160, 2000) })
    expect(object?.prefixBytes()).toBe(2000)
    expect(object?.lease(0, 2000).bytes).toEqual(whole.subarray(0, 2000))
    session.send({ tsi: 10, toi: 1, offset: 2000, payload: whole.subarray(2000), length: 3000, closeObject: true })
    expect(calls).toBe(2)
    expect(object?.state).toBe('complete')
    expect(session.files[0]?.lease.bytes).toEqual(whole)
  })

  it('accepts a packet without data but with length and close flag as the end', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 10, toi: 1, offset: 0, payload: content(500) })
    expect(session.files).toHaveLength(0)
    session.send({ tsi: 10, toi: 1, offset: 500, length: 500, closeObject: true })
    expect(session.files).toHaveLength(1)
    expect(session.files[0]?.lease.bytes).toHaveLength(500)
  })

  it('completes an object without bytes', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 10, toi: 4, length: 0 })
    expect(session.files[0]).toMatchObject({ name: 'v_4.m4s', complete: true })
  })

  it('refuses bytes beyond the end and keeps the rest', () => {
    const session = new TestSession(target)
    sls(session)
    const whole = content(100)
    session.send({ tsi: 10, toi: 1, offset: 0, payload: whole.subarray(0, 50), length: 100 })
    session.send({ tsi: 10, toi: 1, offset: 80, payload: content(50), length: 100 })
    session.send({ tsi: 10, toi: 1, offset: 50, payload: whole.subarray(50), length: 100 })
    expect(session.malformed).toEqual(['object-range'])
    expect(session.files[0]?.lease.bytes).toEqual(whole)
  })

  it('counts duplicates and late packets', () => {
    const session = new TestSession(target)
    sls(session)
    const whole = content(400)
    const send = (at: number): void =>
      session.send({ tsi: 10, toi: 1, offset: at, payload: whole.subarray(at, at + 100), length: 400 })
    for (const at of [0, 200, 200, 100, 300]) send(at)
    const facts = session.channels.find((each) => tsiOf(each) === 10)
    expect(facts).toMatchObject({ packets: 5, duplicates: 1, outOfOrder: 1, complete: 1, lost: 0 })
  })
})

describe('loss', () => {
  it('ends an incomplete object when a newer one is half a second old, with its missing ranges', () => {
    const session = new TestSession(target)
    sls(session)
    const whole = content(3000)
    session.send({ tsi: 10, toi: 1, offset: 0, payload: whole.subarray(0, 1000), length: 3000 })
    session.send({ tsi: 10, toi: 1, offset: 2000, payload: whole.subarray(2000), length: 3000 })
    session.pass(2000)
    expect(session.lost).toHaveLength(0)
    session.send({ tsi: 10, toi: 2, offset: 0, payload: content(10), length: 5000 })
    session.pass(400)
    expect(session.lost).toHaveLength(0)
    session.pass(200)
    expect(session.lost.map((object) => object.missing())).toEqual([[[1000, 2000]]])
    expect(session.lost[0]).toMatchObject({ state: 'partial', received: 2000 })
    expect(session.channels.find((each) => tsiOf(each) === 10)).toMatchObject({ lost: 1000, incomplete: 1 })
    expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['OBJ-LOSS'])
    expect(session.files).toHaveLength(0)
  })

  it('ends an incomplete object also after a time without objects', () => {
    const session = new TestSession(target)
    sls(session)
    session.sendObject({ tsi: 10, toi: 1 }, content(3000))
    // Until nothing of the first object is due any more.
    session.pass(60_000)
    session.send({ tsi: 10, toi: 2, offset: 0, payload: content(1000), length: 3000 })
    session.sendObject({ tsi: 10, toi: 3 }, content(3000))
    session.pass(600)
    expect(session.lost.map((object) => toiOf(object))).toEqual([2])
  })

  it('does not count an init segment as newer', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 10, toi: 1, offset: 0, payload: content(10), length: 100 })
    session.sendObject({ tsi: 10, toi: 0xffff_ffff, codepoint: 5 }, content(200))
    session.pass(5000)
    expect(session.lost).toHaveLength(0)
  })

  it('heals a lost object when a carousel repeats its missing bytes', () => {
    const session = new TestSession(target)
    sls(session)
    const whole = content(300)
    session.send({ tsi: 10, toi: 1, offset: 100, payload: whole.subarray(100), length: 300, closeObject: true })
    session.pass(1000)
    expect(session.lost).toHaveLength(1)
    session.sendObject({ tsi: 10, toi: 2 }, content(200))
    session.send({ tsi: 10, toi: 1, offset: 0, payload: whole.subarray(0, 100), length: 300 })
    expect(session.files.at(-1)?.lease.bytes).toEqual(whole)
    expect(session.objects.filter((object) => tsiOf(object) === 10)).toHaveLength(2)
    expect(session.channels.find((each) => tsiOf(each) === 10)).toMatchObject({ lost: 0, incomplete: 0, complete: 2 })
  })

  it('delivers a corrupt object with zeros for holes where kept', () => {
    const session = new TestSession(target, { keepCorrupt: true })
    sls(session)
    session.send({ tsi: 10, toi: 1, offset: 2, payload: Uint8Array.of(7, 8), length: 6 })
    session.close()
    expect(session.files[0]).toMatchObject({
      complete: false,
      missing: [
        [0, 2],
        [4, 6],
      ],
    })
    expect([...(session.files[0]?.lease.bytes ?? [])]).toEqual([0, 0, 7, 8, 0, 0])
  })

  it('distinguishes an object cut off by the end of the capture from a lost one', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 10, toi: 1, offset: 0, payload: content(50), length: 100 })
    session.send({ tsi: 10, toi: 2, offset: 0, payload: content(50), length: 100 })
    session.close()
    expect(session.objects.map((object) => [toiOf(object), object.state])).toEqual([
      [SLS_TOI, 'complete'],
      [1, 'partial'],
      [2, 'truncated'],
    ])
    expect(session.channels.find((each) => tsiOf(each) === 10)?.lost).toBe(50)
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('does not count bytes sent before reception as lost', () => {
    const session = new TestSession(target)
    sls(session)
    const whole = content(300)
    session.send({ tsi: 10, toi: 1, offset: 100, payload: whole.subarray(100), length: 300 })
    session.sendObject({ tsi: 10, toi: 2 }, content(200))
    session.pass(1000)
    expect(session.objects.find((object) => toiOf(object) === 1)).toMatchObject({ state: 'joined', received: 200 })
    expect(session.channels.find((each) => tsiOf(each) === 10)).toMatchObject({ lost: 0, incomplete: 0, cutOff: 1 })
    expect(session.alarms).toEqual([])
    session.sendObject({ tsi: 10, toi: 3 }, content(200))
    session.send({ tsi: 10, toi: 1, offset: 0, payload: whole.subarray(0, 100), length: 300 })
    expect(session.files.at(-1)?.lease.bytes).toEqual(whole)
  })

  it('counts only holes after the first received byte', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 10, toi: 1, offset: 100, payload: content(50), length: 300 })
    session.send({ tsi: 10, toi: 1, offset: 170, payload: content(130), length: 300 })
    session.sendObject({ tsi: 10, toi: 2 }, content(200))
    session.pass(1000)
    expect(session.channels.find((each) => tsiOf(each) === 10)).toMatchObject({ lost: 20, incomplete: 1 })
    expect(session.alarms.map((alarm) => [alarm.rule, toiOfAlarm(alarm)])).toEqual([['OBJ-LOSS', 1]])
  })

  it('ends open objects and begins none once the sender closed the channel', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 10, toi: 1, payload: content(10), length: 100, closeSession: true })
    session.pass(600)
    expect(session.lost).toHaveLength(1)
    session.send({ tsi: 10, toi: 2, payload: content(10), length: 10, closeSession: true })
    expect(session.files).toHaveLength(0)
    session.send({ tsi: 10, toi: 3, payload: content(10), length: 10 })
    expect(names(session)).toEqual(['v_3.m4s'])
  })
})

describe('repeats and reuse of a TOI', () => {
  it('counts repeats of a carousel and delivers them once', () => {
    const session = new TestSession(target)
    sls(session)
    for (let round = 0; round < 4; round++) session.sendObject({ tsi: 10, toi: 5, codepoint: 1 }, content(2500))
    expect(session.files).toHaveLength(1)
    const row = session.objects.find((object) => toiOf(object) === 5)?.index ?? -1
    expect(session.repeats.get(row)).toBe(3)
    expect(session.channels.find((each) => tsiOf(each) === 10)?.duplicates).toBe(0)
  })

  it('delivers repeats again where configured', () => {
    const session = new TestSession(target, { keepRepeats: true })
    sls(session)
    for (let round = 0; round < 3; round++) session.sendObject({ tsi: 10, toi: 5, codepoint: 1 }, content(2500))
    expect(session.files.map((file) => file.lease.bytes.length)).toEqual([2500, 2500, 2500])
  })

  it('treats another length under the same TOI as a new object', () => {
    const session = new TestSession(target)
    sls(session)
    session.sendObject({ tsi: 10, toi: 5 }, content(2500))
    session.sendObject({ tsi: 10, toi: 5 }, content(2400, 2))
    session.send({ tsi: 10, toi: 6, payload: content(10), length: 100 })
    session.send({ tsi: 10, toi: 6, payload: content(10), length: 90 })
    expect(session.files.map((file) => file.lease.bytes.length)).toEqual([2500, 2400])
    const rows = session.objects.filter((object) => tsiOf(object) === 10)
    expect(rows.map((object) => [toiOf(object), instanceOf(object)])).toEqual([
      [5, 0],
      [5, 1],
      [6, 0],
      [6, 1],
    ])
  })

  it('detects other content of the same length by its first bytes', () => {
    const session = new TestSession(target)
    sls(session)
    session.sendObject({ tsi: 10, toi: 5 }, content(2500))
    session.sendObject({ tsi: 10, toi: 5 }, content(2500, 2))
    expect(session.files.map((file) => file.lease.bytes[0])).toEqual([content(1)[0], content(1, 2)[0]])
  })

  it('compares init segments byte by byte, also after their first packet', () => {
    const session = new TestSession(target)
    sls(session)
    const first = content(2500)
    const second = content(2500)
    second[2400] = 1
    second[2401] = 2
    const init = { tsi: 10, toi: 0xffff_ffff, codepoint: 5 }
    session.sendObject(init, first)
    session.sendObject(init, first)
    session.sendObject(init, second)
    session.sendObject(init, second)
    expect(session.files).toHaveLength(2)
    expect(session.files[0]?.lease.bytes).toEqual(first)
    expect(session.files[1]?.lease.bytes).toEqual(second)
  })

  it('treats TOIs that go far back as a loop and delivers them again, but not small steps back', () => {
    const session = new TestSession(target)
    sls(session)
    for (const toi of [1000, 1001, 1003, 1002, 1001]) session.sendObject({ tsi: 10, toi }, content(100, toi))
    expect(session.files).toHaveLength(4)
    for (const toi of [5, 6]) session.sendObject({ tsi: 10, toi }, content(100, toi))
    session.sendObject({ tsi: 10, toi: 1000 }, content(100, 1000))
    expect(names(session).slice(4)).toEqual(['v_5.m4s', 'v_6.m4s', 'v_1000.m4s'])
    expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['TOI-LOOP'])
  })

  it('delivers everything again after the capture restarts', () => {
    const session = new TestSession(target)
    for (let round = 0; round < 2; round++) {
      sls(session)
      session.sendObject({ tsi: 10, toi: 1 }, content(100))
      session.receiver.loop(session.timeUs)
    }
    expect(names(session)).toEqual(['v_1.m4s', 'v_1.m4s'])
    expect(session.objects.filter((object) => toiOf(object) === 1).map((object) => instanceOf(object))).toEqual([0, 1])
  })
})

describe('names and signalling', () => {
  it('assembles objects before the S-TSID arrives, and then names them', () => {
    const session = new TestSession(target)
    session.sendObject({ tsi: 10, toi: 1 }, content(3000))
    expect(session.files).toHaveLength(0)
    session.send({ tsi: 10, toi: 2, payload: content(10), length: 20 })
    sls(session)
    expect(names(session)).toEqual(['v_1.m4s'])
    expect(session.begun.map((object) => object.name)).toEqual(['v_2.m4s'])
  })

  it('delivers unnamed objects under invented names at the end', () => {
    const session = new TestSession(target)
    session.sendObject({ tsi: 10, toi: 1, codepoint: 1 }, content(3000))
    session.close()
    expect(names(session)).toEqual(['tsi-10/toi-1.bin'])
    expect(session.objects[0]?.name).toBeNull()
  })

  it('prefers File entries to the template, and inflates where the entry names gzip', () => {
    const session = new TestSession(target)
    const file = '<File Content-Location="page.html" TOI="9" Content-Encoding="gzip" Content-Type="text/html"/>'
    sls(session, stsid(channel(10, 'v_$TOI%05d$.m4s', file)))
    const plain = content(5000)
    session.sendObject({ tsi: 10, toi: 9, codepoint: 1 }, new Uint8Array(gzipSync(plain)))
    session.sendObject({ tsi: 10, toi: 3 }, content(10))
    expect(names(session)).toEqual(['page.html', 'v_00003.m4s'])
    expect(session.files[0]).toMatchObject({ contentType: 'text/html', kind: 'file' })
    expect(Buffer.compare(session.files[0]?.lease.bytes ?? new Uint8Array(), plain)).toBe(0)
  })

  it('reads TOI 0 as media where the S-TSID carries the table, and else as a table', () => {
    const session = new TestSession(target)
    sls(session, stsid(`${channel(10, 't_$TOI$.m4s')}<LS tsi="11"><SrcFlow rt="false"/></LS>`))
    session.sendObject({ tsi: 10, toi: 0 }, content(100))
    session.sendObject({ tsi: 11, toi: 44, codepoint: 0 }, content(50))
    const table = '<EFDT version="3"><FDTParameters><File TOI="44" Content-Location="a.bin"/></FDTParameters></EFDT>'
    session.sendObject({ tsi: 11, toi: 0, codepoint: 0 }, new Uint8Array(gzipSync(table)))
    expect(names(session)).toEqual(['t_0.m4s', 'a.bin'])
    expect(session.channels.map((each) => [tsiOf(each), each.role])).toEqual([
      [0, 'signaling'],
      [10, 'unknown'],
      [11, 'data'],
    ])
    expect(session.fragments.map((fragment) => fragment.type)).toEqual(['S-TSID', 'EFDT'])
  })

  it('uses Transfer-Length of a table where the packets have no length', () => {
    const session = new TestSession(target)
    sls(session, stsid(channel(10, 'v_$TOI$.m4s', '<File Content-Location="x" TOI="5" Transfer-Length="1500"/>')))
    session.send({ tsi: 10, toi: 5, codepoint: 1, payload: content(1500) })
    expect(names(session)).toEqual(['x'])
  })

  it('reads packages and entities as their content', () => {
    const session = new TestSession(target)
    sls(session, stsid('<LS tsi="12"><SrcFlow rt="false"><EFDT><FDT-Instance Expires="1"/></EFDT></SrcFlow></LS>'))
    session.sendObject(
      { tsi: 12, toi: 1, codepoint: 3 },
      bundle(['text/plain', 'a.txt', 'one'], ['text/plain', 'b/c.txt', 'two']),
    )
    const entity = new TextEncoder().encode('Content-Location: d.txt\r\nContent-Type: text/plain\r\n\r\nthree')
    session.sendObject({ tsi: 12, toi: 2, codepoint: 2 }, entity)
    expect(session.files.map((file) => [file.name, new TextDecoder().decode(file.lease.bytes)])).toEqual([
      ['a.txt', 'one'],
      ['b/c.txt', 'two'],
      ['d.txt', 'three'],
    ])
  })

  it('unpacks the manifest from the bundle and reads roles from it', () => {
    const session = new TestSession(target)
    const media = '<ContentInfo><MediaInfo repId="a1"/></ContentInfo>'
    const set = '<AdaptationSet mimeType="audio/mp4"><Representation id="a1" codecs="mp4a.40.2"/></AdaptationSet>'
    const parts = bundle(
      [STSID_TYPE, 'stsid.xml', stsid(channel(10, 'v_$TOI$.m4s', '', media))],
      [MPD_TYPE, 'live.mpd', mpd(set)],
    )
    session.sendObject({ tsi: 0, toi: 1, codepoint: 3 }, parts)
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(session.files.map((file) => [file.name, file.kind, file.representation])).toEqual([
      ['live.mpd', 'manifest', null],
      ['v_1.m4s', 'media', 'a1'],
    ])
    expect(session.channels[1]?.role).toBe('audio')
    expect(session.services.get(1)?.manifest).toEqual({ kind: 'dash', name: 'live.mpd', codecs: ['mp4a.40.2'] })
    session.sendObject({ tsi: 0, toi: 2, codepoint: 3 }, parts)
    expect(session.files).toHaveLength(2)
  })

  it('reads a fragment without a package', () => {
    const session = new TestSession(target)
    session.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, new TextEncoder().encode(stsid(channel(10, 'v_$TOI$.m4s'))))
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(names(session)).toEqual(['v_1.m4s'])
  })

  it('reports the place of broken signalling and keeps the good parts', () => {
    const session = new TestSession(target)
    const parts = bundle(
      [MPD_TYPE, 'bad.mpd', '<MPD>\n<Period>\n</MPD>'],
      [STSID_TYPE, 'stsid.xml', stsid(channel(10, 'v_$TOI$.m4s'))],
    )
    session.sendObject({ tsi: 0, toi: 1, codepoint: 3 }, parts)
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(names(session)).toEqual(['v_1.m4s'])
    expect(rulesOf(session)).toEqual(['MPD-XML'])
    expect(session.alarms.at(-1)?.text).toMatch(/bad\.mpd.*line 3/)
    const broken = gzipSync(parts)
    broken.fill(0xee, 40, 60)
    session.sendObject({ tsi: 0, toi: 2, codepoint: 3 }, new Uint8Array(broken))
    expect(rulesOf(session)).toEqual(['MPD-XML', 'SLS-GZIP'])
  })

  it('warns of a TSI that the S-TSID does not declare', () => {
    const session = new TestSession(target)
    sls(session)
    session.send({ tsi: 99, toi: 1, payload: content(10) })
    session.send({ tsi: 99, toi: 1, payload: content(10) })
    expect(session.alarms.map((alarm) => [alarm.rule, alarm.carrier])).toEqual([
      ['STSID-TSI', { kind: 'lct', tsi: 99 }],
    ])
  })

  it('follows an RS to another port and wants it', () => {
    const session = new TestSession(target)
    expect(session.wanted).toEqual([{ address: '239.255.1.1', port: 5000 }])
    sls(session, stsid(channel(10, 'v_$TOI$.m4s'), 'dPort="5001"'))
    expect(session.wanted).toEqual([
      { address: '239.255.1.1', port: 5000 },
      { address: '239.255.1.1', port: 5001 },
    ])
    const other = testFlow('239.255.1.1', 5001, 1)
    session.sendObject({ tsi: 10, toi: 1 }, content(10), 1000, other)
    expect(session.files.map((file) => [file.serviceId, file.name])).toEqual([[1, 'v_1.m4s']])
  })
})

describe('which services', () => {
  it('makes a service for each discovered ROUTE flow, and gives a split session to its claimant', () => {
    const session = new TestSession({ kind: 'discover' })
    const media = testFlow('239.255.1.1', 5001, 1)
    const alone = testFlow('239.255.9.9', 6000, 2)
    session.sendObject({ tsi: 10, toi: 1 }, content(10), 1000, media)
    session.sendObject({ tsi: 20, toi: 1, codepoint: 1 }, content(10), 1000, alone)
    sls(session, stsid(channel(10, 'v_$TOI$.m4s'), 'dPort="5001"'))
    session.pass(2000)
    session.close()
    expect([...session.services.values()].map(({ id, destination }) => [id, destination])).toContainEqual([
      session.files.find((file) => file.name === 'v_1.m4s')?.serviceId,
      '239.255.1.1:5000',
    ])
    expect(session.channels.find((each) => each.destination === '239.255.9.9:6000')?.serviceId).not.toBeNull()
    expect(session.services.size - session.gone.length).toBe(2)
  })

  it('joins nothing when only scanning, but lists the services', () => {
    const session = new TestSession({ kind: 'discover' }, { services: 'scan' })
    sls(session)
    session.close()
    expect([...session.services.values()].map(({ id, joined }) => [id, joined])).toEqual([[1, false]])
    expect(session.files).toHaveLength(0)
    expect(session.objects).toHaveLength(0)
  })

  it('joins only the first session for `first`', () => {
    const session = new TestSession({ kind: 'discover' }, { services: 'first' })
    const second = testFlow('239.255.2.2', 5000, 1)
    sls(session)
    session.pass(1500)
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    session.sendObject({ tsi: 10, toi: 1 }, content(10), 1000, second)
    session.pass(1500)
    session.close()
    expect(session.files.map((file) => file.serviceId)).toEqual([1])
    expect([...session.services.values()].map(({ id, joined }) => [id, joined])).toEqual([
      [1, true],
      [2, false],
    ])
  })

  it('ignores repair packets', () => {
    const session = new TestSession(target)
    sls(session)
    session.datagram(testPacket({ tsi: 10, toi: 1, payload: content(10), length: 10, psi: 0 }))
    expect(session.files).toHaveLength(0)
    expect(session.channels.find((each) => tsiOf(each) === 10)).toMatchObject({ packets: 1, repairPackets: 1 })
  })
})

describe('bounds', () => {
  it('bounds objects, channels and memory, with one alarm each', () => {
    const session = new TestSession(target, {}, { openObjects: 4, channels: 3, memoryBytes: 100_000 })
    sls(session)
    for (let toi = 1; toi <= 50; toi++) session.send({ tsi: 10, toi, payload: content(100), length: 20_000 })
    for (let tsi = 100; tsi < 150; tsi++) session.send({ tsi, toi: 1, payload: content(10), length: 9 + tsi })
    for (const offset of [0, 60_000]) {
      session.send({ tsi: 10, toi: 1000, offset, payload: content(60_000), length: 500_000 })
    }
    session.send({ tsi: 10, toi: 1001, offset: 0xffff_0000, payload: content(100) })
    expect(session.channels).toHaveLength(3)
    expect(session.receiver.usedBytes).toBeLessThanOrEqual(100_000)
    const rules = session.alarms.map((alarm) => alarm.rule).filter((rule) => rule.startsWith('LIMIT'))
    expect(rules.sort()).toEqual(['LIMIT-CHANNELS', 'LIMIT-MEMORY', 'LIMIT-OBJECT', 'LIMIT-OPEN'])
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('keeps nameless objects within the quarantine', () => {
    const session = new TestSession(target, {}, { quarantineObjects: 3 })
    for (let toi = 1; toi <= 10; toi++) session.sendObject({ tsi: 10, toi, codepoint: 1 }, content(10, toi))
    expect(session.files.map((file) => file.name)).toEqual([1, 2, 3, 4, 5, 6, 7].map((toi) => `tsi-10/toi-${toi}.bin`))
    sls(session)
    expect(names(session).slice(7)).toEqual(['v_8.m4s', 'v_9.m4s', 'v_10.m4s'])
  })
})
