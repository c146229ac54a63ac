import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import type { Report } from '../contract/report.ts'
import { LLS_ADDRESS, LLS_PORT, LLS_TABLE, serialiseLlsTable } from '../protocol/lls/lls-table.ts'
import { SLS_PROTOCOL, SLT_SERVICE_DEFAULTS, type SltService, serialiseSlt } from '../protocol/lls/slt.ts'
import { type Datagram, pcapOf, withLoss } from '../testing/datagrams.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { MABR_PORT, mabrCapture } from '../testing/mabr-capture.ts'
import {
  DEMO_FOLDER,
  demoDash,
  FIXTURE_ADDRESS,
  FIXTURE_PORT,
  FIXTURE_START_US,
  hlsFixture,
  routeFixture,
  twoServicesFixture,
  withoutObjects,
} from '../testing/make-fixtures.ts'
import { RunningProgram, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { alpFrames, ipPacketsFrom, pcapOfFrames } from '../testing/reencapsulate.ts'
import { TestServer } from '../testing/test-server.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

let sent: readonly Datagram[]
beforeAll(async () => {
  sent = await routeFixture()
})

let written = 0
function captureOf(datagrams: readonly Datagram[]): string {
  const file = folder.at(`${++written}.pcap`)
  writeFileSync(file, pcapOf(datagrams))
  return file
}

/** Its status and what `receive` says of a capture, and its report. */
async function received(capture: string, ...options: string[]) {
  const report = folder.at(`${++written}.json`)
  const out = folder.at(`${written}`)
  const ended = await routescope(['receive', '--capture', capture, '--out', out, '--report', report, ...options])
  return { ...ended, report: JSON.parse(readFileSync(report, 'utf8')) as Report }
}

const service = (id: number, change: Partial<SltService>): SltService => ({
  ...SLT_SERVICE_DEFAULTS,
  serviceId: asServiceId(id),
  shortServiceName: `S${id}`,
  ...change,
})

const broadcast = (slsProtocol: number, destinationPort: number): SltService['signalling'] => ({
  ...{ slsProtocol, majorVersion: 1, minorVersion: 0, destinationAddress: '239.255.9.9', destinationPort },
  ...{ sourceAddress: null, otherAttributes: [] },
})

/** An SLT every second. */
function slts(services: readonly SltService[], seconds: number): Datagram[] {
  const slt = { bsids: [1], capabilities: null, inetUrls: [], services, otherAttributes: [] }
  const table = { tableId: LLS_TABLE.slt, groupId: 1, groupCount: 1, version: 1, compressed: true }
  const bytes = serialiseLlsTable({ ...table, body: serialiseSlt(slt) })
  return Array.from({ length: seconds }, (_, second) => ({
    ...{ address: LLS_ADDRESS, port: LLS_PORT, bytes },
    timeUs: FIXTURE_START_US + second * 1_000_000,
  }))
}

describe('services of which nothing arrives', () => {
  it('are each an alarm that names their destination, whatever their protocol', async () => {
    const listed = [
      service(1, { signalling: broadcast(SLS_PROTOCOL.route, 5001) }),
      service(2, { signalling: broadcast(SLS_PROTOCOL.mmtp, 5002) }),
    ]
    const { status, stderr, report } = await received(captureOf(slts(listed, 20)), '--services', 'all')
    expect(status).toBe(3)
    const silent = report.alarms.filter(({ severity }) => severity === 'error')
    expect(silent.map(({ rule, service }) => [rule, service])).toEqual([
      ['SLS-PRESENT', 1],
      ['SLS-PRESENT', 2],
    ])
    expect(silent.map(({ text }) => /239\.255\.9\.9:\d+/.exec(text)?.[0])).toEqual([
      '239.255.9.9:5001',
      '239.255.9.9:5002',
    ])
    expect(stderr).toContain('Service 2: not playable: nothing has arrived from 239.255.9.9:5002; LLS 0.00, SLT 0.00\n')
  })

  it('are named as delivered over the internet, where the SLT says so', async () => {
    const inetUrls = [{ urlType: 1, url: 'https://live.example/sls' }]
    const { status, stderr, report } = await received(captureOf(slts([service(4, { inetUrls })], 3)))
    expect(status).toBe(3)
    expect(stderr).toContain('over the internet only, from https://live.example/sls')
    expect(stderr).not.toContain('none of them')
    expect(report.services[0]?.notPlayable).toContain('over the internet only')
  })
})

/** A capture of media of the demo, and of a manifest, as files. */
function filesWith(name: string, contentType: string, text: string): string {
  const sender = new FluteSender({ digest: 'none' })
  const files = ['video-init.mp4', 'video-1.m4s'].map((media) => ({
    ...{ name: media, contentType: 'video/mp4' },
    bytes: new Uint8Array(readFileSync(join(DEMO_FOLDER, media))),
  }))
  const all = [{ name, contentType, bytes: new TextEncoder().encode(text) }, ...files].map((file, at) => ({
    toi: at + 1,
    ...file,
  }))
  return captureOf([
    ...sender.table(all, FIXTURE_START_US, false),
    ...all.flatMap((file, at) => sender.object(file, FIXTURE_START_US + (at + 1) * 100_000)),
  ])
}

describe('what cannot be played', () => {
  it('says why, and nothing that is not so: not joined, files, no media', async () => {
    const two = await received(captureOf(await twoServicesFixture()), '--services', '1')
    expect(two.stderr).toMatch(/^Service 1: playable after /m)
    expect(two.stderr).toMatch(/^Service 2: not joined$/m)
    const sender = new FluteSender({ digest: 'none' })
    const file = { toi: 1, name: 'a.bin', contentType: 'application/octet-stream', bytes: new Uint8Array(5000) }
    const files = await received(
      captureOf([...sender.table([file], FIXTURE_START_US, false), ...sender.object(file, FIXTURE_START_US + 1000)]),
    )
    expect(files.stderr).toContain('Service 1: not playable: it carries files, and no manifest; packets 0.00\n')
    const signalling = captureOf(sent.slice(0, 2))
    const { stdout } = await routescope(['inspect', signalling])
    expect(stdout).toContain('not playable: no media segment has arrived')
  })

  it.each([
    ['video.m3u8', '10/4294967293', 'the playlist video.m3u8 that its master playlist names has not arrived'],
    ['audio.m3u8', '20/4294967293', null],
  ])('says that the playlist of the only variant never came, where it is %s', async (_, object, lack) => {
    const { stderr, report } = await received(captureOf(withoutObjects(await hlsFixture(), [object])))
    if (lack === null) expect(stderr).toMatch(/^Service 1: playable after /m)
    else expect(stderr).toContain(`Service 1: not playable: ${lack}; `)
    expect(report.services[0]?.notPlayable?.toLowerCase() ?? null).toBe(lack === null ? null : `${lack}.`)
  })

  it('is playable once its manifest and segments came as plain files', async () => {
    const sender = new FluteSender({ digest: 'none' })
    const named = ['manifest.mpd', 'video-init.mp4', 'video-1.m4s'].map((name, at) => ({
      ...{ toi: at + 1, name, contentType: name.endsWith('mpd') ? 'application/dash+xml' : 'video/mp4' },
      bytes: new Uint8Array(readFileSync(join(DEMO_FOLDER, name))),
    }))
    const datagrams = [
      ...sender.table(named, FIXTURE_START_US, false),
      ...named.flatMap((file, at) => sender.object(file, FIXTURE_START_US + (at + 1) * 500_000)),
    ]
    expect((await received(captureOf(datagrams))).stderr).toMatch(/^Service 1: playable after 1\.\d+ s: /m)
  })

  it.each([
    ['manifest.mpd', 'application/dash+xml', '<MPD><Period', 'xml-syntax'],
    ['other.mpd', 'application/dash+xml', '<html/>', 'mpd-root'],
    ['master.m3u8', 'application/vnd.apple.mpegurl', '<html/>', 'hls-header'],
  ])('says that %s cannot be read', async (name, contentType, text, code) => {
    const { stderr, report } = await received(filesWith(name, contentType, text))
    expect(stderr).toMatch(/^Service 1: not playable: its manifest cannot be read; /m)
    const alarms = report.alarms.filter(({ rule }) => rule === 'MPD-XML')
    expect(alarms).toMatchObject([{ severity: 'error', count: 1 }])
    expect(alarms[0]?.text).toContain(`The manifest ${name} of service 1 cannot be read (${code})`)
  })

  it.each([
    ['an MPD', 'a.mpd', '<MPD/>', 'has no Period'],
    ['a Period', 'a.mpd', '<MPD><Period/></MPD>', 'has no AdaptationSet'],
    ['a set', 'a.mpd', '<MPD><Period><AdaptationSet/></Period></MPD>', 'has no Representation'],
    [
      'a Representation',
      'a.mpd',
      '<MPD><Period><AdaptationSet mimeType="video/mp4"><Representation id="v"/></AdaptationSet></Period></MPD>',
      'has nothing to play: Representation v names no segments, by SegmentTemplate, SegmentList, SegmentBase or BaseURL',
    ],
    [
      'a playlist',
      'a.m3u8',
      '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-ENDLIST\n',
      'lists neither segments nor variants',
    ],
  ])('says what %s lacks of which no player can play anything', async (_, name, text, lack) => {
    const type = name.endsWith('.mpd') ? 'application/dash+xml' : 'application/vnd.apple.mpegurl'
    const { stderr, report } = await received(filesWith(name, type, text))
    expect(stderr).toContain(`Service 1: not playable: its manifest ${lack}; `)
    expect(report.services[0]?.notPlayable).toBe(`Its manifest ${lack}.`)
    const alarms = report.alarms.filter(({ severity }) => severity !== 'info')
    expect(alarms).toMatchObject([{ rule: 'MPD-LACKS', severity: 'error', count: 1 }])
    expect(alarms[0]?.text).toBe(`The manifest ${name} of service 1 ${lack}: no player can play it (frame 2)`)
  })

  it.each(['manifest.mpd', 'master.m3u8'])(
    'is playable where a folder with %s was sent over ROUTE',
    async (manifest) => {
      const input = folder.at(`folder-${manifest}`)
      cpSync(DEMO_FOLDER, input, { recursive: true })
      for (const name of readdirSync(input))
        if (/\.(?:mpd|m3u8)$/.test(name) && name.split('.')[1] !== manifest.split('.')[1]) rmSync(join(input, name))
      const capture = folder.at(`${manifest}.pcapng`)
      await routescope(['send', input, 'route://239.255.1.1:6000', '--pace', 'fast', '--capture-out', capture])
      expect((await received(capture)).stderr).toMatch(/^Service 1: playable after \d\.\d+ s: /m)
    },
  )
})

describe('an SLT that comes seconds after the service it lists', () => {
  it('names that service, of which all came: it is joined and playable', async () => {
    const signalling = { ...broadcast(SLS_PROTOCOL.route, FIXTURE_PORT), destinationAddress: FIXTURE_ADDRESS }
    const listed = [service(1, { signalling: signalling as SltService['signalling'] })]
    const late = slts(listed, 8).filter(({ timeUs }) => timeUs >= FIXTURE_START_US + 4_000_000)
    const { stderr, report } = await received(captureOf([...sent, ...late].sort((a, b) => a.timeUs - b.timeUs)))
    expect(stderr).toMatch(/^Service 1: playable after /m)
    expect(report.services.map(({ id, name, notPlayable }) => [id, name, notPlayable])).toEqual([[1, 'S1', null]])
    expect(report.services[0]?.startup.sls).toBeLessThan(FIXTURE_START_US / 1e6 + 1)
  })

  it('gives its number to all that came before, in folders, report and alarms', async () => {
    const signalling = { ...broadcast(SLS_PROTOCOL.route, FIXTURE_PORT), destinationAddress: FIXTURE_ADDRESS }
    const listed = [service(7, { signalling: signalling as SltService['signalling'] })]
    const late = slts(listed, 8).filter(({ timeUs }) => timeUs >= FIXTURE_START_US + 4_000_000)
    const lossy = sent.filter((_, at) => at !== 40)
    const capture = captureOf([...lossy, ...late].sort((a, b) => a.timeUs - b.timeUs))
    const { stderr, report } = await received(capture)
    const paths = treeOf(folder.at(`${written}`)).map(({ path }) => path)
    // All but the segment that lacks a packet.
    expect(paths).toHaveLength(26)
    expect(paths.filter((path) => !path.startsWith('service7/'))).toEqual([])
    expect(stderr).toMatch(/^Service 7: playable after /m)
    expect(report.services.map(({ id, name, notPlayable }) => [id, name, notPlayable])).toEqual([[7, 'S7', null]])
    expect(report.services[0]?.sls.map(({ type }) => type).sort()).toEqual(['MPD', 'S-TSID'])
    const numbers = (rule: RegExp) =>
      report.alarms.filter((alarm) => rule.test(alarm.rule)).map((alarm) => alarm.service)
    expect(numbers(/^OBJ-LOSS$/)).toEqual([7])
    expect(new Set(numbers(/^(?!LLS-)/))).toEqual(new Set([7]))
  })
})

describe('a DVB-MABR configuration that comes seconds after the media it names', () => {
  it.each([
    ['of a service that is found', []],
    ['of a session that was asked for', [`mabr://${FIXTURE_ADDRESS}:${MABR_PORT}`]],
  ])('%s: loses no file, and makes no other service', async (_name, source) => {
    const all = await mabrCapture(await demoDash())
    const late = all.filter(({ port, timeUs }) => port !== MABR_PORT || timeUs >= FIXTURE_START_US + 4_500_000)
    const trees = [all, late].map(async (datagrams) => {
      const out = folder.at(`out-${++written}`)
      await routescope(['receive', ...source, '--capture', captureOf(datagrams), '--out', out])
      return treeOf(out)
    })
    const [whole, later] = await Promise.all(trees)
    expect(whole?.length).toBe(27)
    expect(later).toEqual(whole)
  })
})

describe('the text of a report', () => {
  it('names a file table of FLUTE once', async () => {
    const { stdout } = await routescope(['inspect', captureOf(await mabrCapture(await demoDash(), { segments: 2 }))])
    expect(stdout).toMatch(/^ {2}FDT of TSI 1, version 1, /m)
    expect(stdout).not.toMatch(/FDT FDT|SLS FDT/)
  })
})

describe('a DVB-MABR service whose tracks and S-TSID have sessions of their own', () => {
  it('is one service in folders, notices, report and gateway', async () => {
    const sent = await mabrCapture(await demoDash(), { transport: 'route', split: true })
    // Three segments show it: the gateway plays a capture in its time.
    const capture = captureOf(sent.filter(({ timeUs }) => timeUs < FIXTURE_START_US + 6_000_000))
    const out = folder.at('split')
    const { status, stdout } = await routescope(['receive', '--capture', capture, '--out', out, '--json'])
    expect(status).toBe(0)
    const folders = new Set(treeOf(out).map(({ path }) => path.split('/')[0]))
    expect([...folders]).toEqual(['service1'])
    const notices = stdout.split('\n').filter((line) => line.includes('"event":"file"'))
    expect(new Set(notices.map((line) => (JSON.parse(line) as { service: number }).service))).toEqual(new Set([1]))
    const inspected = JSON.parse((await routescope(['inspect', '--json', capture])).stdout) as Report
    const media = inspected.services.map(({ id, sessions, notPlayable }) => ({
      id,
      notPlayable: notPlayable !== null,
      sessions: sessions.filter(({ channels }) => channels.some(({ role }) => role !== 'signaling')).length,
    }))
    expect(media).toEqual([
      { id: 0, notPlayable: true, sessions: 0 },
      { id: 1, notPlayable: false, sessions: 2 },
    ])
    const program = new RunningProgram(['gateway', '--capture', capture, '--listen', '127.0.0.1:0'])
    try {
      const [, baseUrl] = await program.printed('stdout', /Serving (http:\S+)/)
      await program.printed('stderr', /The source has ended/)
      for (const name of ['manifest.mpd', 'video-1.m4s', 'audio-init.mp4'])
        expect((await fetch(`${baseUrl}/service1/${name}`)).status).toBe(200)
    } finally {
      await program.interrupt()
    }
  })
})

describe('what HTTP repair made whole', () => {
  it('is complete in the summary and the report, and playable', async () => {
    const names = ['video', 'audio'].flatMap((track) => Array.from({ length: 12 }, (_, at) => `${track}-${at + 1}.m4s`))
    const server = await TestServer.open(
      Object.fromEntries(names.map((name) => [`/${name}`, new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))])),
    )
    try {
      const lossy = captureOf(withLoss(sent, 0.3, 7))
      const { status, stderr, report } = await received(lossy, '--repair', 'http', '--repair-url', server.url)
      expect(status).toBe(0)
      const [, complete, objects, incomplete] = /: (\d+) of (\d+) objects complete, (\d+) incomplete/.exec(stderr) ?? []
      expect({ complete, incomplete }).toEqual({ complete: objects, incomplete: '0' })
      expect(stderr).toMatch(/^Service 1: playable after /m)
      expect(report.services[0]?.notPlayable).toBeNull()
      expect(report.services[0]?.startup.playable).not.toBeNull()
    } finally {
      await server.close()
    }
  })
})

describe('a capture of ALP packets without IP', () => {
  it('names what they hold', async () => {
    const [frame] = alpFrames(ipPacketsFrom(sent.slice(0, 1)), 'single')
    // Type 7 (A/330 5.1): a transport stream; its own length field, one TS packet without its sync byte.
    const ts = Uint8Array.from([0xe2, ...new Uint8Array(187)])
    const file = folder.at('ts.pcap')
    writeFileSync(file, pcapOfFrames(Array(28).fill({ bytes: ts, timeUs: frame?.timeUs ?? 0 }), 289))
    const { status, stderr } = await routescope(['inspect', file])
    expect(status).toBe(3)
    expect(stderr).toContain('28 ALP packets of MPEG-2 transport stream')
  })
})
