import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { Datagram } from '../testing/datagrams.ts'
import { flutePacket, raptorQFti } from '../testing/flute-packets.ts'
import { type FluteFile, FluteSender } from '../testing/flute-sender.ts'
import { inspect, TestFolder } from '../testing/program.ts'
import { type ReceivedCapture, receivedCapture } from '../testing/received-capture.ts'
import { content } from '../testing/test-session.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const START_US = 1_700_000_000_000_000
const at = (ms: number): number => START_US + ms * 1000
const file = (toi: number, name: string, bytes: Uint8Array): FluteFile => ({
  toi,
  name,
  contentType: 'application/octet-stream',
  bytes,
})
const A = file(1, 'a.bin', content(2500))
const B = file(2, 'b.bin', content(900))
/** Packet `esi` of an object of 1000-byte symbols. */
const symbol = ({ toi, bytes }: FluteFile, esi: number, ms: number): Datagram =>
  flutePacket(at(ms), { toi, esi, data: bytes.subarray(esi * 1000, esi * 1000 + 1000) })

const received = (packets: readonly Datagram[], ...options: string[]): Promise<ReceivedCapture> =>
  receivedCapture(folder, packets, options)
const heard = ({ alarms }: ReceivedCapture): string[] => alarms.map(({ severity, rule }) => `${severity} ${rule}`)

describe('packets without a place', () => {
  const table = new FluteSender({ digest: 'none' }).table([A], at(0))
  const whole = [0, 1, 2].map((esi) => symbol(A, esi, 10))

  it('are an alarm with the frame, the symbol, and the symbols of the object', async () => {
    const odd = [
      flutePacket(at(5), { esi: 3, data: content(1000) }),
      flutePacket(at(5), { sbn: 9, data: content(1000) }),
    ]
    const told = await received([...table, ...odd, ...whole])
    expect(heard(told)).toEqual(['error ALC-PACKET'])
    expect(told.alarms[0]?.text).toBe(
      '2 malformed datagrams (flute-symbol), the first to 239.255.1.1:6000 in frame 2: TSI 1, TOI 1: SBN 0, ESI 3, but the object has 3 symbols in 1 block',
    )
    expect(told.files).toEqual([['a.bin', 2500]])
  })

  it('are an alarm where a TOI 0 has no instance, and where the payload id is cut', async () => {
    const odd = [
      flutePacket(at(5), { toi: 0, data: content(10) }),
      flutePacket(at(5), { payloadId: Uint8Array.of(0, 0) }),
    ]
    const told = await received([...table, ...odd, ...whole])
    expect(told.alarms.map(({ text }) => text.replace(/^.*frame /, ''))).toEqual([
      '2: TSI 1, TOI 0: TOI 0 without EXT_FDT, which has the number of the instance',
      '3: TSI 1, TOI 1: 2 bytes where the FEC Payload ID is expected',
    ])
    expect(told.files).toEqual([['a.bin', 2500]])
  })
})

describe('a packet without payload that closes the session', () => {
  it.each([0, 1])('is the end of it, not malformed, with TOI %i', async (toi) => {
    const table = new FluteSender({ digest: 'none' }).table([A], at(0))
    const end = flutePacket(at(20), { toi, data: null, closeSession: true })
    const told = await received([...table, ...[0, 1, 2].map((esi) => symbol(A, esi, 10)), end, end])
    expect(heard(told)).toEqual(['info SESSION-CLOSED'])
    expect(told.alarms[0]?.text).toContain('Session ended: the sender closed TSI 1 at 239.255.1.1:6000 (A flag)')
    expect(told.files).toEqual([['a.bin', 2500]])
  })
})

describe('RaptorQ with sub-blocks', () => {
  const T = 48
  const K = 21

  /** Symbol `esi` of a block of `K` symbols: piece by piece from each of its sub-blocks (RFC 6330 4.4.1.2). */
  function symbolOf(
    bytes: Uint8Array,
    blockStart: number,
    symbols: number,
    sizes: readonly number[],
    esi: number,
  ): number[] {
    const data: number[] = []
    let start = blockStart
    for (const size of sizes) {
      for (let i = 0; i < size; i++) data.push(bytes[start + esi * size + i] ?? 0)
      start += symbols * size
    }
    return data
  }

  it.each([
    ['equal ones', 2, [24, 24]],
    ['longer ones first', 5, [12, 12, 8, 8, 8]],
  ])('is put together of its source symbols: %s', async (_, subBlocks, sizes) => {
    const bytes = content(2 * K * T - 30)
    const blocks = [0, 1].flatMap((sbn) =>
      Array.from({ length: K }, (_each, esi) =>
        flutePacket(at(10 + esi), {
          codepoint: 6,
          payloadId: Uint8Array.of(sbn, 0, 0, esi),
          data: Uint8Array.from(symbolOf(bytes, sbn * K * T, K, sizes, esi)),
          extensions: [raptorQFti(bytes.length, T, 2, subBlocks, 4)],
        }),
      ),
    )
    const table = new FluteSender({ sizes: 'fti' }).table([file(1, 'r.bin', bytes)], at(0))
    const told = await received([...table, ...blocks.reverse()])
    expect(told.files).toEqual([['r.bin', bytes.length]])
    // The table has its MD5: other bytes would be an alarm.
    expect(heard(told)).toEqual([])
    const lossy = await received([...table, ...blocks.slice(1)])
    expect(lossy.files).toEqual([])
    expect(lossy.summary).toContain('1 incomplete')
  })

  it('that do not divide a symbol are named', async () => {
    const bytes = content(1000)
    const odd = flutePacket(at(5), {
      codepoint: 6,
      data: content(T),
      extensions: [raptorQFti(bytes.length, T, 1, 13, 4)],
    })
    const table = new FluteSender({ sizes: 'fti' }).table([file(1, 'r.bin', bytes)], at(0))
    const told = await received([...table, odd])
    expect(told.alarms[0]?.text).toContain('symbols of 48 bytes in N = 13 sub-blocks, with an alignment of 4')
  })
})

describe('objects that the table does not describe', () => {
  const C = file(3, 'c.bin', content(2500, 3))

  it('and that come whole are named by their TOI, with their packets', async () => {
    const sender = new FluteSender({ digest: 'none' })
    const told = await received([
      ...[0, 1, 2].map((esi) => symbol(A, esi, esi)),
      ...sender.table([C], at(10)),
      ...[0, 1, 2].map((esi) => symbol(A, esi, 20)),
      ...[0, 1, 2].map((esi) => symbol(C, esi, 30)),
    ])
    expect(heard(told)).toEqual(['warning FDT'])
    expect(told.alarms[0]?.text).toContain('TOI 1 of TSI 1 at 239.255.1.1:6000 came whole (2500 bytes in 6 packets)')
    expect(told.files).toEqual([
      ['c.bin', 2500],
      ['tsi-1/toi-1.bin', 2500],
    ])
  })

  it('and into whose middle reception fell are named by their TOI, as no error', async () => {
    const told = await received([
      ...[1, 2].map((esi) => symbol(A, esi, esi)),
      ...new FluteSender({ digest: 'none' }).table([C], at(10)),
      ...[0, 1, 2].map((esi) => symbol(C, esi, 30)),
    ])
    expect(heard(told)).toEqual(['info FDT'])
    expect(told.alarms[0]?.text).toContain(
      '2 packets of TSI 1 at 239.255.1.1:6000 belong to objects that no FDT describes (TOI 1): reception began in the middle of one',
    )
  })
})

describe('a segment whose table was lost', () => {
  const MPD = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" type="static" mediaPresentationDuration="PT8S"><Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate timescale="1000" duration="2000" startNumber="1" media="v-$Number$.m4s"/><Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>`
  const manifest = { ...file(9, 'm.mpd', new TextEncoder().encode(MPD)), contentType: 'application/dash+xml' }
  const segment = (number: number): FluteFile => ({
    ...file(10 + number, `v-${number}.m4s`, content(2500, number)),
    contentType: 'video/mp4',
  })

  it.each([
    ['as long as its session is not known', 0],
    ['once its session is known', 8000],
  ])('is told once, with the name that the manifest expects: %s', async (_, startMs) => {
    const sender = new FluteSender({ digest: 'none', sizes: 'fti' })
    const before = Array.from({ length: startMs / 2000 }, () => A)
    const packets = [...before, A, manifest, ...[1, 2, 3, 4].map(segment)].flatMap((each, index) => {
      const ms = 2000 * index
      return [...(each.name === 'v-2.m4s' ? [] : sender.table([each], at(ms))), ...sender.object(each, at(ms + 10))]
    })
    const told = await received(packets)
    expect(heard(told)).toEqual(['warning FDT'])
    expect(told.alarms[0]?.text).toContain(
      'TOI 12 of TSI 1 at 239.255.1.1:6000 came whole (2500 bytes in 3 packets), but no FDT names it, and the manifest expects v-2.m4s',
    )
    expect(told.files.map(([name]) => name)).toContain('tsi-1/toi-12.bin')
  })
})

describe('a table with two names for one TOI', () => {
  it('keeps the first, and names the other', async () => {
    const both = [A, { ...A, name: 'other.bin' }, A]
    const table = new FluteSender({ digest: 'none' }).table(both, at(0))
    const told = await received([...table, ...[0, 1, 2].map((esi) => symbol(A, esi, 10))])
    expect(told.files).toEqual([['a.bin', 2500]])
    expect(heard(told)).toEqual(['warning TABLE-ENTRY'])
    expect(told.alarms[0]?.text).toContain('File[2] (TOI 1 has the name a.bin already) is left out')
  })
})

describe('sizes of 0', () => {
  const oti = { encodingId: 0, instanceId: null, maxEncodingSymbols: null, schemeSpecificInfo: null }
  const zeroSymbol = { ...oti, encodingSymbolLength: 0, maxSourceBlockLength: 100 }
  const zeroBlock = { ...oti, encodingSymbolLength: 1000, maxSourceBlockLength: 0 }

  it('of symbols in the table are told with the TOI, and what they cost is the fault of the sender', async () => {
    const table = new FluteSender({ digest: 'none' }).table([A], at(0), false, { fecOti: zeroSymbol })
    const told = await received([...table, ...[0, 1, 2].map((esi) => symbol(A, esi, 10)), ...table])
    expect(heard(told)).toEqual(['error FEC-SIZES', 'error OBJ-LOSS'])
    expect(told.alarms[0]?.text).toContain('a.bin (TSI 1, TOI 1): zero symbol size in its FDT')
    expect(told.alarms.map(({ cause }) => cause)).toEqual(['sender', 'sender'])
  })

  it('of symbols in a header are told, wherever the table comes', async () => {
    const fti = { kind: 'fti', transferLength: 2500, reserved: 0, symbolLength: 0, maxSourceBlock: 9 } as const
    const packets = [0, 1, 2].map((esi) => flutePacket(at(esi), { esi, data: content(1000), extensions: [fti] }))
    const told = await received([...packets, ...new FluteSender({ digest: 'none', sizes: 'fti' }).table([A], at(10))])
    expect(heard(told)).toEqual(['error FEC-SIZES', 'error OBJ-LOSS'])
    expect(told.alarms[0]?.text).toContain('(TSI 1, TOI 1): zero symbol size in its EXT_FTI')
    expect(told.alarms.map(({ cause }) => cause)).toEqual(['sender', 'sender'])
  })

  it('of source blocks are told, and stand for one block', async () => {
    const table = new FluteSender({ digest: 'none' }).table([A], at(0), false, { fecOti: zeroBlock })
    const told = await received([...table, ...[0, 1, 2].map((esi) => symbol(A, esi, 10))])
    expect(heard(told)).toEqual(['warning FEC-SIZES'])
    expect(told.files).toEqual([['a.bin', 2500]])
  })
})

describe('a table that contradicts the packets of its files', () => {
  it.each([500, 1250])('by symbols of another size (%d) is the fault of the sender, and told once', async (size) => {
    const table = new FluteSender({ digest: 'none' }).table([A, B], at(0))
    const odd = Array.from({ length: 2500 / size }, (_, esi) =>
      flutePacket(at(10), { esi, data: A.bytes.subarray(esi * size, esi * size + size) }),
    )
    const told = await received([...table, ...odd, symbol(B, 0, 20)])
    expect(heard(told)).toEqual(['error FEC-SIZES', 'error OBJ-LOSS'])
    expect(told.alarms[0]?.text).toContain(`a packet of ${size} bytes of symbols, of 1000 bytes each by its FDT`)
    expect(told.alarms.map(({ cause }) => cause)).toEqual(['sender', 'sender'])
    expect(told.files).toEqual([['b.bin', 900]])
  })

  it.each([
    ['longer', 4000, ['warning FDT', 'warning OBJ-LENGTH', 'error OBJ-LOSS']],
    ['as long as what came', 2000, ['error OBJ-LOSS', 'warning FDT', 'error ALC-PACKET']],
    ['shorter than what came', 1500, ['error OBJ-LOSS', 'warning FDT', 'error ALC-PACKET']],
  ])('by a length that is %s is the fault of the sender', async (_, length, others) => {
    const sender = new FluteSender({ digest: 'none' })
    const sent = { ...A, bytes: content(3000) }
    const begun = [...sender.table([sent, B], at(0)), symbol(sent, 0, 10), symbol(sent, 1, 20)]
    const again = sender.table([{ ...sent, bytes: content(length) }, B], at(30), true)
    const told = await received([...begun, ...again, symbol(sent, 2, 40), symbol(B, 0, 50), symbol(B, 0, 900)])
    expect(told.files).toEqual([['b.bin', 900]])
    expect(heard(told)).toEqual(others)
    expect(told.alarms.find(({ rule }) => rule === 'OBJ-LOSS')?.cause).toBe('sender')
  })

  it('by a longer length, after which the short last symbol comes, is the fault of the sender', async () => {
    const sender = new FluteSender({ digest: 'none' })
    const begun = [...sender.table([A, B], at(0)), symbol(A, 0, 10), symbol(A, 1, 20)]
    const again = sender.table([{ ...A, bytes: content(4000) }, B], at(30))
    const told = await received([...begun, ...again, symbol(A, 2, 40), symbol(B, 0, 50)])
    expect(heard(told)).toEqual(['warning OBJ-LENGTH', 'error FEC-SIZES', 'error OBJ-LOSS'])
    expect(told.alarms.map(({ cause }) => cause)).toEqual(['sender', 'sender', 'sender'])
    expect(told.alarms[2]?.text).toContain('it was declared to have 4000 bytes, and 2500')
  })

  it('by a symbol size that is half of what is sent is the fault of the sender', async () => {
    const half = { encodingId: 0, instanceId: null, maxEncodingSymbols: null, schemeSpecificInfo: null }
    const fecOti = { ...half, encodingSymbolLength: 500, maxSourceBlockLength: 100 }
    const long = { ...A, bytes: content(4000) }
    const begun = [
      ...new FluteSender({ digest: 'none' }).table([long], at(0)),
      symbol(long, 0, 10),
      symbol(long, 1, 20),
    ]
    const again = new FluteSender({ digest: 'none' }).table([long], at(30), false, { fecOti })
    const told = await received([...begun, ...again, symbol(long, 2, 40), symbol(long, 3, 50)])
    expect(heard(told).slice(0, 2)).toEqual(['warning FDT', 'warning OBJ-CHANGED'])
    const losses = told.alarms.filter(({ rule }) => rule === 'OBJ-LOSS')
    expect(losses.map(({ cause }) => cause)).toEqual(losses.map(() => 'sender'))
    expect(losses.length).toBeGreaterThan(0)
  })

  it('in the middle of a file that its sender breaks off is a loss, of which nobody knows where', async () => {
    const sender = new FluteSender({ digest: 'none' })
    const other = { ...A, bytes: content(1800, 5) }
    const begun = [...sender.table([A], at(0)), symbol(A, 0, 10), symbol(A, 1, 20), ...sender.table([other], at(30))]
    const told = await received([...begun, symbol(other, 0, 40), symbol(other, 1, 50)])
    expect(told.files).toEqual([['a.bin', 1800]])
    expect(told.alarms.map(({ rule, cause }) => `${rule} ${cause}`)).toEqual(['OBJ-LOSS network'])
  })
})

describe('a file that its sender breaks off and replaces under a new table', () => {
  const long = file(1, 'a.bin', content(20_000))
  const begun = (sender: FluteSender): Datagram[] => [
    ...sender.table([long, B], at(0)),
    ...[0, 1, 2, 3, 4].map((esi) => symbol(long, esi, 10 + 10 * esi)),
  ]
  const others = {
    'other bytes': file(1, 'a.bin', content(1800, 5)),
    'another TOI': file(3, 'a.bin', content(1800, 5)),
    'another name': file(1, 'c.bin', content(1800, 5)),
  }

  it.each(Object.entries(others))('with %s was lost by the sender', async (_, other) => {
    const sender = new FluteSender({ digest: 'none' })
    const again = [...sender.table([other], at(60)), symbol(other, 0, 70), symbol(other, 1, 80), symbol(B, 0, 12_000)]
    const told = await received([...begun(sender), ...again])
    expect(told.files).toContainEqual([other.name, 1800])
    const lost = told.alarms.filter(({ rule }) => rule === 'OBJ-LOSS')
    expect(lost.map(({ cause, tsi, toi }) => [cause, tsi, toi])).toEqual([['sender', 1, 1]])
    expect(lost[0]?.evidence).toBe(
      'a newer table has other content in its place, 10 ms after its packet at byte 5000 of 20000, before the rest could be sent',
    )
  })

  it('is a loss, of which nobody knows where, once the rest could have been sent', async () => {
    const sender = new FluteSender({ digest: 'none' })
    const other = others['other bytes']
    const again = [...sender.table([other], at(400)), symbol(other, 0, 410), symbol(other, 1, 420)]
    const told = await received([...begun(sender), ...again])
    expect(told.alarms.map(({ rule, cause }) => `${rule} ${cause}`)).toEqual(['OBJ-LOSS network'])
  })
})

describe('an FEC scheme that is not known', () => {
  it('is named once, and its packets are read', async () => {
    const oti = { encodingId: 7, instanceId: null, maxEncodingSymbols: null, schemeSpecificInfo: null }
    const fecOti = { ...oti, encodingSymbolLength: 1000, maxSourceBlockLength: 100 }
    const table = new FluteSender({ digest: 'none' }).table([A], at(0), false, { fecOti })
    const packets = [0, 1, 2].map((esi) =>
      flutePacket(at(10), { esi, codepoint: 7, data: A.bytes.subarray(esi * 1000, esi * 1000 + 1000) }),
    )
    const told = await received([...table, ...packets])
    expect(heard(told)).toEqual(['info FEC-SCHEME'])
    expect(told.alarms[0]?.text).toContain('uses FEC Encoding ID 7, which is not known here')
    expect(told.files).toEqual([['a.bin', 2500]])
  })
})

describe('an FDT instance whose number is used again', () => {
  const object = (packets: FluteFile, ms: number): Datagram[] => [0, 1, 2].map((esi) => symbol(packets, esi, ms))
  /** The packets of a table with this number. */
  const instance = (files: readonly FluteFile[], ms: number, contentType?: string): Datagram[] =>
    new FluteSender({ digest: 'none' }).table(files, at(ms), false, contentType === undefined ? {} : { contentType })

  it('for other content while it is valid is told once', async () => {
    const packets = [...instance([A], 0), ...object(A, 10), ...instance([A], 20, 'text/a'), ...object(A, 30)]
    const told = await received([...packets, ...instance([A], 40, 'text/b'), ...instance([A], 50, 'text/b')])
    expect(heard(told)).toEqual(['warning FDT'])
    expect(told.alarms[0]?.text).toContain('FDT instance 1 of TSI 1 changed 2 times while valid')
    expect(told.files).toEqual([['a.bin', 2500]])
  })

  it.each([false, true])(
    'for other files shows that the sender began again (after an end of session: %s)',
    async (ended) => {
      const other = file(1, 'new.bin', content(2200, 9))
      const end = flutePacket(at(15), { toi: 0, data: null, closeSession: true })
      const told = await received([
        ...instance([A], 0),
        ...object(A, 10),
        ...(ended ? [end] : []),
        ...instance([other], 3000),
        ...object(other, 3010),
      ])
      expect(heard(told).filter((alarm) => alarm !== 'info SESSION-CLOSED')).toEqual(['warning FDT'])
      expect(told.alarms.at(-1)?.text).toContain('The sender began again: FDT instance 1 of TSI 1 was used again')
      expect(told.alarms.at(-1)?.time).toBeCloseTo(at(3000) / 1e6, 1)
      expect(told.files).toEqual([
        ['a.bin', 2500],
        ['new.bin', 2200],
      ])
    },
  )

  it('with the same content is silent', async () => {
    const told = await received([...instance([A], 0), ...object(A, 10), ...instance([A], 0), ...object(A, 30)])
    expect(heard(told)).toEqual([])
  })
})

describe('TOIs above 2^53-1', () => {
  const EVEN = 2n ** 53n
  const ODD = EVEN + 1n
  const names = new Map([
    [EVEN, 'even.bin'],
    [ODD, 'odd.bin'],
    [2n ** 64n - 1n, 'last.bin'],
  ])

  /** A table in the form of the sender, which knows ordinary TOIs only. */
  function table(): Datagram {
    const files = [...names].map(([toi, name]) => `<File TOI="${toi}" Content-Location="${name}" Content-Length="3"/>`)
    const oti =
      'FEC-OTI-FEC-Encoding-ID="0" FEC-OTI-Maximum-Source-Block-Length="9" FEC-OTI-Encoding-Symbol-Length="1000"'
    const data = new TextEncoder().encode(`<FDT-Instance Expires="4294944000" ${oti}>${files.join('')}</FDT-Instance>`)
    const fti = {
      kind: 'fti',
      transferLength: data.length,
      reserved: 0,
      symbolLength: 1000,
      maxSourceBlock: 9,
    } as const
    const extensions = [{ kind: 'fdt', fluteVersion: 1, instanceId: 1 } as const, fti]
    return flutePacket(at(0), { wideToi: 0n, tsi: 1, data, extensions })
  }

  it.each(['first', 'last'])('are objects of their own, with the table %s', async (when) => {
    const objects = [...names].map(([wideToi, name]) =>
      flutePacket(at(10), { wideToi, tsi: 1, data: new TextEncoder().encode(name.slice(0, 3)) }),
    )
    const told = await received(when === 'first' ? [table(), ...objects] : [...objects, table()])
    expect(told.files).toEqual([...names.values()].sort().map((name) => [name, 3]))
    for (const name of names.values()) expect(readFileSync(`${told.folder}/${name}`, 'utf8')).toBe(name.slice(0, 3))
    expect(heard(told)).toEqual([])
  })

  it('are told and reported by their value', async () => {
    const odd = flutePacket(at(20), { wideToi: ODD, tsi: 1, data: content(10), closeObject: true })
    const told = await received([
      ...new FluteSender({ digest: 'none' }).table([A], at(0)),
      ...[0, 1, 2].map((esi) => symbol(A, esi, 10)),
      odd,
    ])
    expect(told.files).toEqual([
      ['a.bin', 2500],
      [`tsi-1/toi-${ODD}.bin`, 10],
    ])
    expect(told.alarms[0]?.text).toContain(`TOI ${ODD} of TSI 1`)
    const { services } = await inspect(told.capture)
    const objects = services[0]?.sessions[0]?.channels[0]?.objects ?? []
    expect(objects.at(-1)).toMatchObject({ toi: Number(ODD), wideToi: String(ODD) })
  })
})

describe('more objects than wait for an owner', () => {
  it('have the names of their table', async () => {
    const sender = new FluteSender({ digest: 'none' })
    // All come in the second in which a configuration could still claim the session.
    const files = Array.from({ length: 1100 }, (_, index) => file(index + 1, `${index + 1}.bin`, content(20)))
    const tables = Array.from({ length: 11 }, (_, part) =>
      sender.table(files.slice(part * 100, part * 100 + 100), at(0)),
    )
    const told = await received([...tables.flat(), ...files.flatMap((each) => sender.object(each, at(1)))])
    expect(heard(told)).toEqual([])
    expect(told.files.map(([name]) => name).sort()).toEqual(files.map(({ name }) => name).sort())
  })
})
