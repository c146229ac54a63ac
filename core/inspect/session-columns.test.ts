import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asServiceId, asToi, asTsi } from '../contract/ids.ts'
import { OBJECT_ROW, OBJECT_ROW_BYTES } from '../contract/object-batch.ts'
import { OBJECT_STATE } from '../contract/object-table.ts'
import type { ReportSource } from '../contract/report.ts'
import { placeAt } from '../flow/findings.ts'
import { ReceivedService } from '../receive/context/received-service.ts'
import { Receiver } from '../receive/receiver.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { content, testFlow, testPacket } from '../testing/test-session.ts'
import { SessionColumns } from './session-columns.ts'
import type { ShownObjects } from './shown-objects.ts'

const STSID = `<S-TSID><RS>${['10', '20']
  .map(
    (tsi) =>
      `<LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="1" fileTemplate="${tsi}/s-$TOI$.m4s"/></EFDT><ContentInfo><MediaInfo repId="r${tsi}" contentType="${tsi === '10' ? 'video' : 'audio'}"/></ContentInfo></SrcFlow></LS>`,
  )
  .join('')}</RS></S-TSID>`
const source: ReportSource = { kind: 'capture', name: 'x.pcap', firstTime: 1, lastTime: 2 }
const extra = { frames: 9, udp: 8, bytes: 7, fragmentsDropped: 0 }
const byToi = { column: 'toi', descending: false } as const

class Setup {
  readonly columns: SessionColumns
  readonly receiver: Receiver
  readonly flow = testFlow()
  timeUs = 5_000_000
  #frame = 0

  constructor(options: Partial<ConstructorParameters<typeof SessionColumns>[0]> = {}) {
    this.columns = new SessionColumns({ hash: true, ...options })
    this.receiver = new Receiver(
      {
        targets: [{ kind: 'route', address: this.flow.destinationAddress, port: this.flow.destinationPort }],
        receive: { ...DEFAULT_RECEIVE, services: 'all' },
      },
      { whole: () => undefined },
      this.columns,
    )
    this.send(0, 1, new TextEncoder().encode(STSID), { codepoint: 1 })
  }

  send(
    tsi: number,
    toi: number,
    bytes: Uint8Array,
    more: { codepoint?: number; length?: number; offset?: number } = {},
  ) {
    this.timeUs += 1000
    const packet = testPacket({ tsi, toi, payload: bytes, length: bytes.length, ...more })
    this.receiver.datagram(this.flow, packet, 0, packet.length, this.timeUs, ++this.#frame)
  }

  names(filter: string, column: Parameters<ShownObjects['query']>[0]['sort']['column'] = 'toi', descending = false) {
    const view = this.columns.shown.query({ filter, sort: { column, descending } })
    return this.columns.shown.rows(view.viewId, 0, view.total).map((row) => row.name ?? `toi ${row.toi}`)
  }
}

function small(): Setup {
  const setup = new Setup()
  setup.send(10, 2, content(300))
  setup.send(10, 10, content(100))
  setup.send(20, 3, content(50))
  setup.send(20, 3, content(50))
  setup.send(10, 11, content(40), { length: 100 })
  return setup
}

describe('report', () => {
  it('lists the received objects, with hashes of the transported bytes', () => {
    const setup = small()
    setup.receiver.close(setup.timeUs)
    const report = setup.columns.views.report(source, extra)
    const none = { objects: 0, bytes: 0 }
    expect(report.totals).toEqual({
      ...{ frames: 9, udp: 8, bytes: 7, malformed: 0, fragmentsDropped: 0 },
      losses: { network: none, host: none, capture: none, sender: none, unknown: none },
      loss: {
        last10: expect.anything(),
        last60: expect.anything(),
        total: expect.objectContaining({ lost: { packets: 0, bytes: 0 } }),
      },
      hostDrops: null,
      captureDrops: null,
      eventLoopLagMs: null,
    })
    expect(report.flows).toEqual([
      { destination: '239.255.1.1:5000', packets: 6, bytes: expect.any(Number), protocol: 'route', plp: null },
    ])
    const service = report.services[0]
    expect(service).toMatchObject({ id: 1, name: null, protocol: 'route', destination: '239.255.1.1:5000', mmtp: null })
    expect(service?.sls).toEqual([
      {
        type: 'S-TSID',
        name: 'stsid.xml',
        version: null,
        firstTime: 5.001,
        bytes: STSID.length,
        lastTime: 5.001,
        count: 1,
        toi: 1,
        toiMeaning: 'version 1',
        values: expect.objectContaining({ sessions: expect.any(Array) }),
        signature: null,
        interval: null,
      },
    ])
    const [signalling, video, audio] = service?.sessions[0]?.channels ?? []
    expect(signalling).toMatchObject({ tsi: 0, role: 'signaling', representation: null })
    expect(video).toMatchObject({ tsi: 10, role: 'video', representation: 'r10', packets: 3, lost: 0, duplicates: 0 })
    expect(audio?.objects).toEqual([
      {
        toi: 3,
        instance: 0,
        name: '20/s-3.m4s',
        contentType: null,
        size: 50,
        received: 50,
        recovered: 0,
        complete: true,
        missing: [],
        sha256: createHash('sha256').update(content(50)).digest('hex'),
        codepoint: 8,
        packets: 2,
        firstTime: 5.004,
        lastTime: 5.005,
        repeats: 1,
        senderTime: null,
        presentationTime: null,
        repair: null,
        state: 'complete',
      },
    ])
    expect(video?.objects[2]).toMatchObject({
      toi: 11,
      complete: false,
      received: 40,
      sha256: null,
      missing: [[40, 100]],
    })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  it('computes no hashes where they are off', () => {
    const setup = new Setup({ hash: false })
    setup.send(10, 1, content(10))
    const objects = setup.columns.views.report(source, extra).services[0]?.sessions[0]?.channels[1]?.objects
    expect(objects?.[0]).toMatchObject({ complete: true, sha256: null })
  })

  it('counts malformed datagrams by code with the first example', () => {
    const setup = new Setup()
    const bad = Uint8Array.of(0x20, 1, 2, 3)
    for (let i = 0; i < 3; i++) setup.receiver.datagram(setup.flow, bad, 0, 4, setup.timeUs, 77 + i)
    const report = setup.columns.views.report(source, extra)
    expect(report.totals.malformed).toBe(3)
    expect(report.alarms).toHaveLength(1)
    expect(report.alarms[0]).toMatchObject({ rule: 'LCT-HEADER', severity: 'error' })
    expect(report.alarms[0]?.text).toMatch(/3 malformed datagrams \(lct-version\).*frame 77: 20010203/)
  })

  it('lists a bounded number of alarms of a rule and counts the rest', () => {
    const { columns } = new Setup()
    for (let toi = 0; toi < 250; toi++) {
      const place = placeAt(toi * 1e6, 1, {
        service: asServiceId(1),
        carrier: { kind: 'lct', tsi: asTsi(10), toi: asToi(toi) },
      })
      columns.found({ kind: 'segmentLost', name: `object ${toi}`, lost: 1, holes: 1, first: 0, ...place })
    }
    expect(columns.views.alarms()).toHaveLength(101)
    expect(columns.views.alarms().at(-1)?.text).toContain('150 more of SEG-LOSS')
    // The window and the report have the same.
    const facts = columns.views
      .alarms()
      .map(({ rule, severity, time, count, text }) => ({ rule, severity, time, count, text }))
    expect(columns.views.report(source, extra).alarms).toMatchObject(facts)
  })
})

describe('rows', () => {
  it('filters by each term, by all of several, and by bare words', () => {
    const setup = small()
    expect(setup.names('')).toHaveLength(5)
    expect(setup.names('tsi:10')).toEqual(['10/s-2.m4s', '10/s-10.m4s', '10/s-11.m4s'])
    expect(setup.names('role:audio')).toEqual(['20/s-3.m4s'])
    expect(setup.names('state:receiving')).toEqual(['10/s-11.m4s'])
    expect(setup.names('size:>=100 tsi:10')).toEqual(['10/s-2.m4s', '10/s-10.m4s', '10/s-11.m4s'])
    expect(setup.names('service:1 size:<60')).toEqual(['20/s-3.m4s'])
    expect(setup.names('name:S-1')).toEqual(['10/s-10.m4s', '10/s-11.m4s'])
    expect(setup.names('11')).toEqual(['10/s-11.m4s'])
    expect(setup.names('s-2 toi:2')).toEqual(['10/s-2.m4s'])
  })

  it('reports an unknown term and shows all rows', () => {
    const { columns } = small()
    for (const filter of ['colour:red', 'tsi:ten', 'state:lost', 'role:', 'role:boss']) {
      const view = columns.shown.query({ filter, sort: byToi })
      expect(view.error).toContain(`"${filter}"`)
      expect(view.total).toBe(5)
    }
  })

  it('sorts by any column, names by their numbers', () => {
    const setup = small()
    expect(setup.names('', 'name')).toEqual(['10/s-2.m4s', '10/s-10.m4s', '10/s-11.m4s', '20/s-3.m4s', 'toi 1'])
    expect(setup.names('tsi:10', 'size', true)).toEqual(['10/s-2.m4s', '10/s-10.m4s', '10/s-11.m4s'])
    expect(setup.names('tsi:10', 'firstTimeUs', true)).toEqual(['10/s-11.m4s', '10/s-10.m4s', '10/s-2.m4s'])
    const columns = [
      'lastTimeUs',
      'service',
      'tsi',
      'contentType',
      'codepoint',
      'received',
      'packets',
      'repeats',
      'state',
    ] as const
    for (const column of columns) expect(setup.names('', column)).toHaveLength(5)
  })

  it('keeps a selection until it is refreshed, and finds a row in it', () => {
    const setup = small()
    const view = setup.columns.shown.query({ filter: 'tsi:10', sort: byToi })
    setup.send(10, 1, content(5))
    expect(setup.columns.shown.rows(view.viewId, 0, 99)).toHaveLength(3)
    expect(setup.columns.shown.position(view.viewId, 5)).toBe(-1)
    expect(setup.columns.shown.refresh(view.viewId)).toMatchObject({ viewId: view.viewId, total: 4, error: null })
    expect(setup.columns.shown.position(view.viewId, 5)).toBe(0)
    expect(setup.columns.shown.refresh(9999).error).not.toBeNull()
  })

  it('returns changed rows by cursor, packed as in the contract', () => {
    const setup = small()
    const first = setup.columns.shown.objectBatch(0)
    expect(first?.rows.length).toBe(5 * OBJECT_ROW_BYTES)
    expect(first?.total).toBe(5)
    expect(setup.columns.shown.objectBatch(first?.cursor ?? 0)).toBeNull()
    setup.send(10, 11, content(60), { offset: 40, length: 100 })
    const next = setup.columns.shown.objectBatch(first?.cursor ?? 0)
    expect(next?.rows.length).toBe(OBJECT_ROW_BYTES)
    const view = new DataView(next?.rows.buffer as ArrayBuffer)
    expect(view.getUint32(OBJECT_ROW.index, true)).toBe(4)
    expect(view.getFloat64(OBJECT_ROW.toi, true)).toBe(11)
    expect(view.getFloat64(OBJECT_ROW.size, true)).toBe(100)
    expect(view.getFloat64(OBJECT_ROW.received, true)).toBe(100)
    expect(view.getUint16(OBJECT_ROW.state, true)).toBe(OBJECT_STATE.complete)
  })

  it('returns many rows in batches, each row once', () => {
    const setup = new Setup()
    for (let toi = 0; toi < 20_000; toi++) setup.send(10, toi, content(4))
    const seen = new Set<number>()
    let cursor = 0
    for (
      let batch = setup.columns.shown.objectBatch(cursor);
      batch !== null;
      batch = setup.columns.shown.objectBatch(cursor)
    ) {
      cursor = batch.cursor
      const view = new DataView(batch.rows.buffer)
      for (let at = 0; at < batch.rows.length; at += OBJECT_ROW_BYTES) {
        const index = view.getUint32(at + OBJECT_ROW.index, true)
        expect(seen.has(index)).toBe(false)
        seen.add(index)
      }
    }
    expect(seen.size).toBe(20_001)
  })

  it('describes one object: header fields, hash, what is missing, stored bytes and address', () => {
    const bytes = new Uint8Array([0, 0, 0, 8, 0x73, 0x74, 0x79, 0x70, 0, 0, 0, 9, 0x6d, 0x64, 0x61, 0x74, 1])
    const setup = new Setup({
      bytesOf: (index, view) => (index === 1 && view === 'arrived' ? bytes : null),
      urlOf: (id, name) => `http://h/${id}/${name}`,
    })
    setup.send(10, 2, bytes)
    const detail = setup.columns.shown.detail(1)
    expect(detail).toMatchObject({
      sha256: createHash('sha256').update(bytes).digest('hex'),
      missing: [],
      isBoxes: true,
      storedBytes: 17,
      unpacked: false,
      servedBytes: null,
      text: null,
      url: 'http://h/1/10/s-2.m4s',
    })
    expect(detail?.header.map((field) => field.name)).toEqual(expect.arrayContaining(['TSI', 'TOI', 'CCI']))
    expect(setup.columns.shown.boxes(1, 'arrived').rows).toMatchObject([
      { type: 'styp', offset: 0, size: 8 },
      { type: 'mdat', offset: 8, size: 9 },
    ])
    expect(setup.columns.shown.detail(0)?.text).toEqual({ language: 'xml', text: STSID })
    expect(setup.columns.shown.detail(99)).toBeNull()
  })

  it('shows text around a hole, and ranges fetched in place of missing ones as holes', () => {
    const text = new TextEncoder().encode('<a>0123456789</a>')
    const setup = new Setup({ bytesOf: (index, view) => (index === 1 && view === 'arrived' ? text : null) })
    setup.send(10, 2, text.subarray(0, 5), { length: text.length })
    setup.send(10, 2, text.subarray(9), { length: text.length, offset: 9 })
    expect(setup.columns.shown.detail(1)).toMatchObject({
      holes: [[5, 9]],
      text: { text: '<a>01[4 bytes not received]6789</a>' },
    })
    setup.receiver.close(setup.timeUs)
    const fetched = [[5, 9]] as const
    setup.columns.objectRepaired(1, {
      how: 'http',
      kind: 'signalling',
      bytes: 4,
      urls: ['http://a/'],
      fetched,
      whole: text,
    })
    expect(setup.columns.shown.detail(1)).toMatchObject({ missing: [], holes: [[5, 9]], servedBytes: text.length })
  })

  it('counts the payload of the packet, not of the part of it that is stored', () => {
    const setup = new Setup()
    setup.send(10, 2, content(1448), { length: 2000 })
    const payload = setup.columns.shown.detail(1)?.header.find(({ name }) => name === 'payload')
    const datagram = testPacket({ tsi: 10, toi: 2, payload: content(1448), length: 2000 }).length
    expect(payload).toEqual({
      name: 'payload',
      value: '1448 bytes',
      note: `of ${datagram} bytes in the datagram (UDP length ${datagram + 8})`,
    })
  })

  it('bounds its rows', () => {
    const setup = new Setup({ maxRows: 3 })
    for (let toi = 1; toi < 10; toi++) setup.send(10, toi, content(4))
    expect(setup.columns.objectCount).toBe(3)
    expect(setup.columns.objects.refused).toBe(7)
  })
})

describe('hashes of large objects', () => {
  const whole = content(3_000_000)
  const parts = Array.from({ length: 30 }, (_, index) => index * 100_000)
  const receive = (setup: Setup, order: readonly number[]) => {
    for (const offset of order) {
      setup.send(10, 2, whole.subarray(offset, offset + 100_000), { offset, length: whole.length })
      setup.columns.sample(setup.timeUs)
    }
    return setup.columns.shown.detail(1)
  }

  it('are right for any number of steps and any order of arrival', () => {
    const sha256 = createHash('sha256').update(whole).digest('hex')
    expect(receive(new Setup(), parts)).toMatchObject({ row: { state: 'complete' }, sha256 })
    expect(receive(new Setup(), [...parts].reverse())).toMatchObject({ row: { state: 'complete' }, sha256 })
    const swapped = parts.map((_, index) => parts[index ^ 1] ?? 0)
    expect(receive(new Setup(), swapped)).toMatchObject({ row: { state: 'complete' }, sha256 })
  })

  it('are absent for lost objects', () => {
    const setup = new Setup()
    receive(
      setup,
      parts.filter((offset) => offset !== 2_000_000),
    )
    setup.receiver.close(setup.timeUs)
    expect(setup.columns.shown.detail(1)).toMatchObject({ sha256: null, missing: [[2_000_000, 2_100_000]] })
  })
})

describe('snapshot', () => {
  it('has rates over a second, the state of services, and signalling by key', () => {
    const setup = small()
    const { columns } = setup
    columns.sample(setup.timeUs)
    setup.send(10, 12, content(980))
    columns.sample(setup.timeUs + 500_000)
    expect(columns.views.flows()[0]?.rateBps).toBe(0)
    columns.sample(setup.timeUs + 999_000)
    expect(columns.views.flows()[0]).toMatchObject({ protocol: 'route', service: 1, rateBps: (980 + 24) * 8 })
    expect(columns.views.totals()).toMatchObject({
      packets: 7,
      packetsPerSecond: 1,
      objects: 6,
      complete: 5,
      malformed: 0,
    })
    const playable = {
      kind: 'dash',
      url: 'u',
      live: true,
      codecs: [],
      cut: null,
      encryption: null,
      picture: null,
      offAir: [],
      restarts: 0,
      decoder: null,
      decoded: null,
    } as const
    expect(columns.views.services(() => null)[0]).toMatchObject({ state: 'receiving', objects: 5, playable: null })
    expect(columns.views.services(() => null)[0]?.notPlayable).not.toBeNull()
    expect(columns.views.services(() => playable)[0]).toMatchObject({ playable })
    columns.sample(setup.timeUs + 20_000_000)
    expect(columns.views.services(() => null)[0]?.state).toBe('silent')
    expect(columns.views.channels().map((each) => [each.tsi, each.role, each.complete])).toEqual([
      [0, 'signaling', 1],
      [10, 'video', 3],
      [20, 'audio', 1],
    ])
    const key = columns.views.signalling()[0]?.key ?? ''
    expect(columns.views.signallingText(key)).toMatchObject({ key, language: 'xml', text: STSID })
    expect(columns.views.signallingText(key).values).toMatchObject({
      sessions: [{ channels: [{ tsi: 10 }, { tsi: 20 }] }],
    })
    expect(columns.views.signallingText('none').text).toBe('')
  })

  it('say which service is which where one gets another number', () => {
    const columns = new SessionColumns({ hash: false })
    const [found, other] = [new ReceivedService(asServiceId(1), true), new ReceivedService(asServiceId(2), true)]
    const lines = () => columns.views.services(() => null).map(({ id, serial }) => [id, serial])
    for (const service of [found, other]) columns.serviceChanged(service)
    expect(lines()).toEqual([
      [1, 1],
      [2, 2],
    ])
    found.id = asServiceId(7)
    columns.serviceRenumbered(found, asServiceId(1))
    columns.serviceChanged(new ReceivedService(asServiceId(1), false))
    expect(lines().sort()).toEqual([
      [1, 3],
      [2, 2],
      [7, 1],
    ])
  })

  it('keeps the last 32 versions of a fragment', () => {
    const setup = new Setup()
    for (let version = 1; version <= 50; version++) {
      setup.send(0, version + 1, new TextEncoder().encode(`<MPD id="${version}"/>`), { codepoint: 1 })
    }
    const manifests = setup.columns.views.signalling().filter((each) => each.type === 'MPD')
    expect(manifests).toHaveLength(32)
    expect(setup.columns.views.signallingText(manifests.at(-1)?.key ?? '').text).toContain('id="50"')
    expect(new Set(manifests.map((each) => each.key)).size).toBe(32)
  })
})
