import { afterAll, describe, expect, it } from 'vitest'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { gunzipLimited } from '../protocol/gzip.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { parseMultipart } from '../protocol/mime/multipart.ts'
import { parseStsid, type Stsid } from '../protocol/sls/s-tsid.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastLive, GrowingPresentation, type LiveForm, LiveOrigin } from '../testing/live-presentation.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import { type Answering, serveWell, TestServer } from '../testing/test-server.ts'

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
})

const absent: Answering = (_, response) => void response.writeHead(404).end()
const gone: Answering = (_, response) => void response.writeHead(410).end()
const failing: Answering = (_, response) => void response.writeHead(503).end()
const reset: Answering = (request) => void request.socket.destroy()
const short: Answering = (_, response, file) => {
  response.writeHead(200, { 'Content-Length': file?.length ?? 0 })
  response.write(file?.subarray(0, 100), () => response.destroy())
}

async function originOf(presentation: GrowingPresentation, last = 4): Promise<LiveOrigin> {
  const origin = await LiveOrigin.open(presentation, last)
  open.push(origin)
  return origin
}

/** Sends a live presentation from its server, and receives it. */
async function sentAndReceived(url: string): Promise<{ got: Received; told: string[]; sent: readonly Datagram[] }> {
  const told: string[] = []
  const presentation = await loadPresentation(url, { live: ({ kind, sentence }) => told.push(`${kind}: ${sentence}`) })
  const sent = await broadcastLive(presentation)
  const target = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
  return { got: receiveAll(sent, target), told, sent }
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

/** Names of the media that was received, and that each of them is that of the origin. */
function media({ files }: Received, { files: made }: GrowingPresentation, prefix = ''): string[] {
  const names = [...files.keys()]
    .map((name) => name.slice('service1/'.length))
    .filter((name) => name !== 'manifest.mpd')
  for (const name of names) {
    expect(name.startsWith(prefix)).toBe(true)
    expect(
      Buffer.compare(
        files.get(`service1/${name}`) ?? new Uint8Array(),
        made.get(name.slice(prefix.length)) ?? new Uint8Array(1),
      ),
    ).toBe(0)
  }
  return names.map((name) => name.slice(prefix.length)).sort()
}

/** Each version of the SLS that was sent. */
function signalling(datagrams: readonly Datagram[]): { toi: number; manifest: string; stsid: Stsid }[] {
  const lct = new LctPacket()
  const found: { toi: number; manifest: string; stsid: Stsid }[] = []
  let object: Uint8Array[] = []
  for (const { bytes } of datagrams) {
    lct.read(bytes, 0, bytes.length)
    if (lct.tsi !== 0) continue
    object.push(bytes.subarray(lct.headerBytes + 4))
    if (!lct.closeObject) continue
    const [manifest, stsid] = parseMultipart(gunzipLimited(Buffer.concat(object), 1 << 20)).parts
    object = []
    if (found.at(-1)?.toi === lct.toi) continue
    found.push({ toi: lct.toi, manifest: text(manifest?.body), stsid: parseStsid(stsid?.body ?? '') })
  }
  return found
}

describe.concurrent('a live presentation of a server, sent until it ends', () => {
  it.each<LiveForm>(['number', 'time', 'list'])('%s: arrives byte for byte, with each manifest once', async (form) => {
    const presentation = new GrowingPresentation(form)
    const origin = await originOf(presentation)
    const { got, told, sent } = await sentAndReceived(origin.manifestUrl)
    expect(media(got, presentation)).toEqual([...presentation.files.keys()].sort())
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    // At the end: of both channels, and the signalling.
    expect(got.alarms.map(({ rule }) => rule)).toEqual(['SESSION-CLOSED', 'SESSION-CLOSED', 'SESSION-CLOSED'])
    expect(text(got.files.get('service1/manifest.mpd'))).toBe(presentation.manifest)
    const versions = signalling(sent)
    // But for its times, which are the broadcast's.
    const timeless = (manifest: string): string => manifest.replace(/(?<=StartTime="|publishTime=")[^"]+/g, '')
    const onAir = versions.map(({ manifest }) => timeless(manifest)).filter((each, at, all) => each !== all[at - 1])
    const made = presentation.manifests.map(timeless)
    expect(onAir.length).toBeGreaterThan(1)
    expect(onAir).toEqual(made.filter((each) => onAir.includes(each)))
    // Without a template each segment is listed, and that is news; with one only the manifest is.
    if (form !== 'list') expect(new Set(versions.map(({ manifest }) => manifest)).size).toBe(versions.length)
  })

  it('goes out over DVB-MABR by ROUTE as well, with every session closed at its end', async () => {
    const presentation = new GrowingPresentation('number')
    const { manifestUrl } = await originOf(presentation)
    const sent = await broadcastLive(await loadPresentation(manifestUrl), {
      scheme: 'mabr',
      mabr: { protocol: 'route' },
    })
    const got = receiveAll(sent, { kind: 'mabr', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    expect(media(got, presentation)).toEqual([...presentation.files.keys()].sort())
    expect({ lost: got.lost, rules: new Set(got.alarms.map(({ rule }) => rule)) }).toEqual({
      lost: [],
      rules: new Set(['SESSION-CLOSED']),
    })
    const closed = sent.map(({ port, bytes }) => ({ port, ...parseLctHeader(bytes).header }))
    const sessions = closed.filter(({ closeSession }) => closeSession).map(({ port, tsi }) => `${port} ${tsi}`)
    expect([...new Set(sessions)].sort()).toEqual(['6000 1', '6001 0', '6001 10', '6001 20'])
  })

  it('lists the segments whose times are larger than a TOI', async () => {
    const presentation = new GrowingPresentation('time', { firstMs: Date.parse('2026-01-01T00:00:00Z') })
    const { got, told, sent } = await sentAndReceived((await originOf(presentation)).manifestUrl)
    expect(media(got, presentation)).toEqual([...presentation.files.keys()].sort())
    expect(told).toEqual([])
    const files = signalling(sent).at(-1)?.stsid.sessions[0]?.channels[0]?.source?.efdt?.files
    expect(files?.map(({ toi }) => toi).slice(1)).toEqual([1, 2, 3, 4])
  })

  it('goes on with the next period, and with representations that come and go', async () => {
    const server = await TestServer.open()
    open.push(server)
    const put = (name: string): void => void server.files.set(`/${name}`, Buffer.from(`content of ${name}`))
    for (const name of [
      'v0-i',
      'v0-1',
      'v0-2',
      'v0-3',
      'a0-i',
      'a0-1',
      'a0-2',
      'v1-i',
      'v1-1',
      't1-i',
      't1-1',
      'v2-i',
      'v2-1',
    ])
      put(name)
    let published = 0
    const set = (id: string, period: number, last: number): string =>
      `<AdaptationSet mimeType="video/mp4"><SegmentTemplate timescale="10" initialization="$RepresentationID$${period}-i" media="$RepresentationID$${period}-$Number$"><SegmentTimeline><S t="0" d="2" r="${last - 1}"/></SegmentTimeline></SegmentTemplate><Representation id="${id}"/></AdaptationSet>`
    const publish = (type: string, ...periods: string[]): void => {
      const head = `<MPD type="${type}" availabilityStartTime="2026-01-01T00:00:00Z" minimumUpdatePeriod="PT0.1S" publishTime="2026-01-01T00:00:0${published++}Z"`
      const bodies = periods.map((body, at) => `<Period id="${at}" start="PT${at * 0.6}S">${body}</Period>`)
      server.files.set('/manifest.mpd', Buffer.from(`${head}>${bodies.join('')}</MPD>`))
    }
    publish('dynamic', set('v', 0, 1) + set('a', 0, 1))
    const steps = [
      () => publish('dynamic', set('v', 0, 2) + set('a', 0, 2)),
      () => publish('dynamic', set('v', 0, 3) + set('a', 0, 2), set('v', 1, 1) + set('t', 1, 1)),
      () => publish('static', set('v', 0, 3), set('v', 1, 1), set('v', 2, 1)),
    ]
    const told: string[] = []
    const presentation = await loadPresentation(`${server.url}manifest.mpd`, {
      live: ({ sentence }) => told.push(sentence),
    })
    server.answer = serveChanging
    const sent = await broadcastLive(presentation, {}, (objects) => {
      if (objects >= ([2, 4, 7][published - 1] ?? Number.POSITIVE_INFINITY)) steps[published - 1]?.()
    })
    const got = receiveAll(sent, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    const names = [...server.files.keys()].filter((name) => name !== '/manifest.mpd')
    for (const name of names)
      expect([name, text(got.files.get(`service1${name}`))]).toEqual([name, `content of ${name.slice(1)}`])
    expect(told).toEqual([
      expect.stringMatching(/has a new representation, "t"\.$/),
      expect.stringMatching(/has no representation "a" any more\.$/),
      expect.stringMatching(/has no representation "t" any more\.$/),
    ])
    // Whose period is over is closed and signalled no more: the sixth is that of the signalling, at the end.
    expect(got.alarms.map(({ rule }) => rule).filter((rule) => rule === 'SESSION-CLOSED')).toHaveLength(6)
    const last = signalling(sent)
      .at(-1)
      ?.stsid.sessions[0]?.channels.map(({ tsi }) => tsi)
    expect(last).not.toContain(20)
    // A channel is announced together with its initialisation segment.
    const channels = signalling(sent).flatMap(({ stsid }) => stsid.sessions[0]?.channels ?? [])
    expect(channels.every(({ source }) => source?.efdt?.files.length === 1)).toBe(true)
    expect(
      new Set(signalling(sent).flatMap(({ stsid }) => stsid.sessions[0]?.channels.map(({ tsi }) => tsi) ?? [])),
    ).toEqual(new Set([10, 20, 30, 40, 50]))
  })

  it('spreads each segment over its time', async () => {
    const presentation = new GrowingPresentation('number', { segmentMs: 400, tracks: ['v'] })
    const { sent } = await sentAndReceived((await originOf(presentation, 3)).manifestUrl)
    const lct = new LctPacket()
    const times = new Map<number, number[]>()
    for (const { bytes, timeUs } of sent) {
      lct.read(bytes, 0, bytes.length)
      if (lct.tsi === 10 && lct.codepoint === 8) times.set(lct.toi, [...(times.get(lct.toi) ?? []), timeUs])
    }
    expect([...times.keys()]).toEqual([1, 2, 3])
    // Three packets: the last one is due after two thirds of at least half the duration.
    for (const [first = 0, , last = 0] of times.values()) expect(last - first).toBeGreaterThan(130_000)
  })

  it.each<[string, Answering[], RegExp | null]>([
    ['404 for a while', [absent, absent], null],
    ['503', [failing], /it answered 503/],
    ['a reset', [reset, reset], /broke|reset/],
    ['less than announced', [short], /broke|announced/],
  ])('fetches again: %s', async (_, faults, told) => {
    const presentation = new GrowingPresentation('number')
    const origin = await originOf(presentation)
    origin.faults.set('v-002.m4s', [...faults])
    const result = await sentAndReceived(origin.manifestUrl)
    expect(media(result.got, presentation)).toEqual([...presentation.files.keys()].sort())
    expect(result.told).toEqual(told === null ? [] : [expect.stringMatching(told)])
    expect(result.told.every((each) => each.startsWith('retry: '))).toBe(true)
  })

  it('goes on without a segment that never comes, and says so', async () => {
    const presentation = new GrowingPresentation('number')
    const origin = await originOf(presentation)
    origin.faults.set('v-002.m4s', [gone])
    origin.faults.set(
      'a-003.m4s',
      Array.from({ length: 100 }, () => absent),
    )
    const { got, told } = await sentAndReceived(origin.manifestUrl)
    expect(media(got, presentation)).toEqual(
      [...presentation.files.keys()].filter((name) => name !== 'v-002.m4s' && name !== 'a-003.m4s').sort(),
    )
    expect(told.sort()).toEqual([
      expect.stringMatching(
        /^lost: Segment 2 of "v" was not sent: .*live\/v-002\.m4s" did not come, it answered 410\.$/,
      ),
      expect.stringMatching(
        /^lost: Segment 3 of "a" was not sent: .*live\/a-003\.m4s" did not come, it answered 404\.$/,
      ),
    ])
  })

  it('keeps what a manifest said while it cannot be read, and says so', async () => {
    const presentation = new GrowingPresentation('number')
    const origin = await originOf(presentation)
    const garbage: Answering = (_, response) => void response.writeHead(200).end('<html>no manifest</html>')
    // The presentation is asked for twice before it is followed.
    origin.faults.set('manifest.mpd', [serveNow(presentation), serveNow(presentation), garbage, failing, reset])
    const { got, told } = await sentAndReceived(origin.manifestUrl)
    expect(media(got, presentation)).toEqual([...presentation.files.keys()].sort())
    expect(told).toEqual([
      expect.stringMatching(
        /^manifest: The manifest ".*" could not be fetched: it answered 503\. What it said before still counts\.$/,
      ),
      expect.stringMatching(/^manifest: ".*" can be read again\.$/),
    ])
  })

  it('does not use a manifest that went back', async () => {
    const presentation = new GrowingPresentation('number')
    const origin = await originOf(presentation)
    const old = presentation.manifest
      .replace('2026-01-01T00:00:00.001Z', '2025-12-31T00:00:00Z')
      .replace('-init', '-none')
    const back: Answering = (_, response) => void response.writeHead(200).end(old)
    origin.faults.set('manifest.mpd', [serveNow(presentation), serveNow(presentation), back, back])
    const { got, told } = await sentAndReceived(origin.manifestUrl)
    expect(media(got, presentation)).toEqual([...presentation.files.keys()].sort())
    expect(told).toEqual([expect.stringMatching(/^manifest: ".*" went back to an older publishTime/)])
  })

  it.each([
    ['an address at another server', (cdn: string) => `<BaseURL>${cdn}media/</BaseURL>`, '', 'b1/'],
    ['a folder and a query', () => '<BaseURL>sub/</BaseURL>', '?token=a', 'sub/'],
    ['a path of the server', () => '<BaseURL>/elsewhere/</BaseURL>', '', 'b1/'],
    ['the same server by its address', (_: string, own: string) => `<BaseURL>${own}live/x/</BaseURL>`, '', 'x/'],
  ])('gives media names below the manifest: %s', async (_, base, query, prefix) => {
    const presentation = new GrowingPresentation('number', { tracks: ['v'] })
    const origin = await originOf(presentation)
    const cdn = await originOf(presentation, 4)
    presentation.extra.mpd = base(cdn.server.url, origin.server.url)
    presentation.query = query
    presentation.publish()
    const { got, told, sent } = await sentAndReceived(origin.manifestUrl)
    expect(media(got, presentation, prefix)).toEqual([...presentation.files.keys()].sort())
    expect(told).toEqual([])
    const manifest = signalling(sent).at(-1)?.manifest ?? ''
    expect(manifest).not.toMatch(/http:\/\/127|token|\/elsewhere/)
    const asked = [...origin.server.seen, ...cdn.server.seen].map(({ path }) => path)
    if (query !== '') expect(asked).toContain('/live/sub/v-002.m4s?token=a')
  })

  it('asks again at the Location, with the condition of what it has', async () => {
    const presentation = new GrowingPresentation('number', { tracks: ['v'] })
    presentation.extra.mpd = '<Location>../moved/manifest.mpd</Location>'
    presentation.publish()
    const origin = await originOf(presentation)
    const { got, sent } = await sentAndReceived(origin.manifestUrl)
    expect(media(got, presentation)).toEqual([...presentation.files.keys()].sort())
    const asked = origin.server.seen.filter(({ path }) => path.endsWith('.mpd'))
    expect(asked.map(({ path }) => path).slice(0, 4)).toEqual([
      '/live/manifest.mpd',
      '/live/manifest.mpd',
      '/moved/manifest.mpd',
      '/moved/manifest.mpd',
    ])
    expect(asked.some(({ headers }) => headers['if-none-match'] !== undefined)).toBe(true)
    expect(signalling(sent).some(({ manifest }) => manifest.includes('Location'))).toBe(false)
  })
})

const serveNow =
  (presentation: GrowingPresentation): Answering =>
  (_, response) =>
    void response.writeHead(200).end(presentation.manifest)

/** Without the entity tag, which is the same for all contents. */
const serveChanging: Answering = (request, response, file) => {
  if (request.url === '/manifest.mpd') response.writeHead(200).end(file)
  else serveWell(request, response, file)
}
