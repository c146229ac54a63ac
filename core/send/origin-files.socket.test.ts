import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { toAppError } from '../failure/app-failure.ts'
import type { Presentation } from '../ingest/presentation.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { SharedFiles } from '../ingest/shared-files.ts'
import { gunzipLimited } from '../protocol/gzip.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { parseMultipart } from '../protocol/mime/multipart.ts'
import { parseStsid } from '../protocol/sls/s-tsid.ts'
import { type Datagram, DatagramList } from '../testing/datagrams.ts'
import { broadcastLive, GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { broadcastOf, FIXTURE_ADDRESS, FIXTURE_OPTIONS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { serveWell, TestServer } from '../testing/test-server.ts'
import { Broadcaster } from './broadcaster.ts'

const ROUTE = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const root = mkdtempSync(join(tmpdir(), 'origin-files-'))
const media = mkdtempSync(join(tmpdir(), 'origin-media-'))
const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
  for (const folder of [root, media]) rmSync(folder, { recursive: true })
})

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

/** How often each path was asked for as a whole. */
function asked({ seen }: TestServer): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { path, range } of seen) if (range === null) counts.set(path, (counts.get(path) ?? 0) + 1)
  return counts
}

describe.concurrent('DI-23: two inputs of one broadcast that want the same files of a server', () => {
  it.each([
    ['live', false],
    ['finished', true],
  ])('%s: have each fetched once, and send all of them', async (_, isFinished) => {
    const made = new GrowingPresentation('number')
    const last = 5
    if (isFinished) {
      while (made.count < last) made.grow()
      made.end()
    }
    const origin = await LiveOrigin.open(made, last)
    open.push(origin)
    const shared = new SharedFiles()
    const inputs = [shared.join(), shared.join()]
    const presentations = await Promise.all(inputs.map((sharing) => loadPresentation(origin.manifestUrl, { sharing })))
    const sent = await Promise.all(
      presentations.map((each) => (each.live === undefined ? broadcastOf(each) : broadcastLive(each))),
    )
    for (const datagrams of sent) {
      const { files } = receiveAll(datagrams, ROUTE)
      for (const [name, bytes] of made.files)
        expect([name, Buffer.compare(files.get(`service1/${name}`) ?? new Uint8Array(), bytes)]).toEqual([name, 0])
    }
    const counts = asked(origin.server)
    expect([...made.files.keys()].map((name) => counts.get(`/live/${name}`))).toEqual([...made.files].map(() => 1))
    await Promise.all(presentations.map(({ bytes }) => bytes.close()))
  })

  it('do not have what another one did not get: each asks for itself', async () => {
    const shared = new SharedFiles()
    const [first, second] = [shared.join(), shared.join()]
    const { signal } = new AbortController()
    const bytes = new Uint8Array(4)
    let asks = 0
    const fails = first.get('a', signal, async () => ({ kind: 'failed', reason: String(++asks) }))
    const comes = second.get('a', signal, async () => ({ kind: 'bytes', bytes: bytes.fill(++asks) }))
    expect([await fails, await comes]).toEqual([
      { kind: 'failed', reason: '1' },
      { kind: 'bytes', bytes },
    ])
    // The other one has it, who had it asks anew.
    const never = (): never => expect.unreachable()
    expect(await first.get('a', signal, never)).toEqual({ kind: 'bytes', bytes })
    expect(await second.get('a', signal, async () => ({ kind: 'absent', reason: 'gone' }))).toMatchObject({
      kind: 'absent',
    })
  })
})

describe.concurrent('a live list of byte ranges of a file that grows', () => {
  it('is a file per range, each with its bytes', async () => {
    const server = await TestServer.open()
    open.push(server)
    const content = (seed: number, length: number): Buffer => Buffer.alloc(length, `part ${seed} of the file, `)
    const init = content(0, 300)
    const parts = [1, 2, 3, 4].map((seed) => content(seed, 3000 + seed))
    let count = 0
    const grow = (): void => {
      count++
      let at = init.length
      const urls = parts.slice(0, count).map(({ length }) => {
        const from = at
        at += length
        return `<SegmentURL mediaRange="${from}-${at - 1}"/>`
      })
      const isOver = count === parts.length
      const life = isOver
        ? 'type="static" mediaPresentationDuration="PT0.8S"'
        : 'type="dynamic" minimumUpdatePeriod="PT0.1S"'
      const list = `<SegmentList timescale="10"><Initialization range="0-299"/><SegmentTimeline><S t="0" d="2" r="${count - 1}"/></SegmentTimeline>${urls.join('')}</SegmentList>`
      server.files.set('/p/v.mp4', Buffer.concat([init, ...parts.slice(0, count)]))
      server.files.set(
        '/p/m.mpd',
        Buffer.from(
          `<MPD ${life} availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:00:0${count}Z"><Period id="1" start="PT0S"><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="200000"><BaseURL>v.mp4</BaseURL>${list}</Representation></AdaptationSet></Period></MPD>`,
        ),
      )
    }
    grow()
    server.answer = (request, response, file) => {
      const newest = `bytes=${(file?.length ?? 0) - (parts[count - 1]?.length ?? 0)}-`
      serveWell(request, response, file)
      if (count < parts.length && request.headers.range?.startsWith(newest) === true) grow()
    }
    const told: string[] = []
    const presentation = await loadPresentation(`${server.url}p/m.mpd`, { live: ({ sentence }) => told.push(sentence) })
    const { files, lost } = receiveAll(await broadcastLive(presentation), ROUTE)
    const names = ['v-0-299.mp4', 'v-300-3300.mp4', 'v-3301-6302.mp4', 'v-6303-9305.mp4', 'v-9306-12309.mp4']
    expect(names.map((name) => files.get(`service1/${name}`)?.length)).toEqual([300, 3001, 3002, 3003, 3004])
    expect(Buffer.concat(names.map((name) => files.get(`service1/${name}`) ?? Buffer.of()))).toEqual(
      server.files.get('/p/v.mp4'),
    )
    const manifest = text(files.get('service1/m.mpd'))
    expect([...manifest.matchAll(/(?:media|sourceURL)="([^"]+)"/g)].map(([, name]) => name)).toEqual(names)
    expect(manifest).not.toMatch(/range/i)
    expect({ told, lost }).toEqual({ told: [], lost: [] })
  })
})

/** Sends a presentation again and again in real time. @param isDone looked at after each turn */
async function sendUntil(
  presentation: Presentation,
  told: string[],
  isDone: (sent: readonly Datagram[], objects: number) => boolean,
): Promise<readonly Datagram[]> {
  const list = new DatagramList()
  const nowUs = (): number => Date.now() * 1000
  const onUnreadable = (thrown: unknown): void => void told.push(toAppError(thrown).message)
  const options = { ...FIXTURE_OPTIONS, loop: true, pace: 'real', carouselMs: 300, onUnreadable } as const
  const broadcaster = new Broadcaster(options, presentation, nowUs())
  while (!isDone(list.datagrams, broadcaster.counters.objects)) {
    await broadcaster.prepare(nowUs())
    broadcaster.send(nowUs(), list)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await presentation.bytes.close()
  return list.datagrams
}

/** Names of the plain files that each version of the signalling lists. */
function listings(datagrams: readonly Datagram[]): string[] {
  const lct = new LctPacket()
  const found: string[] = []
  for (const { bytes } of datagrams) {
    lct.read(bytes, 0, bytes.length)
    if (lct.tsi !== 0 || !lct.closeObject) continue
    const [stsid] = parseMultipart(gunzipLimited(bytes.subarray(lct.headerBytes + 4), 1 << 20)).parts
    const [channel] = parseStsid(stsid?.body ?? '').sessions[0]?.channels ?? []
    const names = (channel?.source?.efdt?.files ?? []).map(({ toi, contentLocation }) => `${toi} ${contentLocation}`)
    const version = `${channel?.source?.efdt?.version}: ${names.join(', ')}`
    if (version !== found.at(-1)) found.push(version)
  }
  return found
}

/** The newest manifest on air. */
function manifestOf(datagrams: readonly Datagram[], scheme: 'route' | 'mabr'): string {
  const at = { kind: scheme, address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
  const { files } = receiveAll(datagrams, at)
  return text([...files].find(([name]) => name.endsWith('.mpd'))?.[1])
}

/** Numbers of the segments that a manifest lists; those of a template without a list are `numbers`. */
function listed(manifest: string): string {
  const [, first] = /startNumber="(\d+)"/.exec(manifest) ?? []
  const entries = [...manifest.matchAll(/<S /g)]
  return entries.length === 0 ? 'numbers' : entries.map((_, index) => Number(first) + index).join(' ')
}

describe.concurrent('DI-24: a file that is deleted while it is sent again and again', () => {
  it('in a folder: is told, listed no more, and listed again once it is back', async () => {
    for (const name of ['a.txt', 'b.txt']) writeFileSync(join(root, name), `content of ${name}`)
    const presentation = await loadPresentation(root)
    const told: string[] = []
    // Both were sent once, and are in memory.
    let state: 'there' | 'deleted' | 'back' = 'there'
    const sent = await sendUntil(presentation, told, (datagrams, objects) => {
      const versions = listings(datagrams).length
      if (state === 'there' && objects >= 2) {
        state = 'deleted'
        rmSync(join(root, 'b.txt'))
      } else if (state === 'deleted' && versions === 2) {
        state = 'back'
        // Whole at once: it may be read at any time.
        writeFileSync(join(root, 'new'), 'content of b.txt')
        renameSync(join(root, 'new'), join(root, 'b.txt'))
      }
      return versions === 3
    })
    const [first = '', ...others] = listings(sent)
    const version = Number(first.split(':', 1))
    const later = (count: number): number => ((version + count - 1) % 255) + 1
    expect([first, ...others]).toEqual([
      `${version}: 1 a.txt, 2 b.txt`,
      `${later(1)}: 1 a.txt`,
      `${later(2)}: 1 a.txt, 2 b.txt`,
    ])
    expect(new Set(told)).toEqual(
      new Set([
        `"${join(presentation.bytes.paths()[0] ?? '', '..', 'b.txt')}" cannot be read any more: it does not exist.`,
      ]),
    )
  })

  it.each(['route', 'mabr'] as const)(
    'of a numbered template over %s: no manifest lists it, and numbers do again once it is back',
    async (scheme) => {
      const folder = mkdtempSync(join(media, scheme))
      const template = '<SegmentTemplate media="s$Number$.m4s" duration="1" startNumber="1"/>'
      writeFileSync(
        join(folder, 'm.mpd'),
        `<MPD type="static" mediaPresentationDuration="PT3S"><Period><AdaptationSet mimeType="video/mp4">${template}<Representation id="v" bandwidth="1000"/></AdaptationSet></Period></MPD>`,
      )
      for (const number of [1, 2, 3]) writeFileSync(join(folder, `s${number}.m4s`), `segment ${number}`)
      const presentation = await loadPresentation(join(folder, 'm.mpd'), { loop: true })
      rmSync(join(folder, 's2.m4s'))
      const list = new DatagramList()
      const options = { ...FIXTURE_OPTIONS, scheme, loop: true, pace: 'fast', onUnreadable: () => undefined } as const
      const broadcaster = new Broadcaster(options, presentation, 0)
      const found: string[] = []
      for (let second = 0; second < 68; second++) {
        // In its third turn it is there.
        if (second === 6) writeFileSync(join(folder, 's2.m4s'), 'segment 2')
        for (const endUs = second * 1_000_000; broadcaster.next() <= endUs; ) {
          await broadcaster.prepare(broadcaster.next())
          broadcaster.send(endUs, list)
        }
        const shown = listed(manifestOf(list.datagrams, scheme))
        if (shown !== found.at(-1)) found.push(shown)
        // The receiver needs no more than the newest.
        if (second % 10 === 9) list.datagrams.splice(0, Math.max(0, list.datagrams.length - 60))
      }
      await presentation.bytes.close()
      expect(found.slice(0, 9)).toEqual(['numbers', '1', '3', '3 4', '6', '6 7', '6 7 8', '6 7 8 9', '6 7 8 9 10'])
      expect(found.at(-2)).toMatch(/^6 7 .* 6\d$/)
      expect(found.at(-1)).toBe('numbers')
    },
  )

  it('on a server: is told, and a gap in the playlist', async () => {
    const server = await TestServer.open()
    open.push(server)
    const put = (name: string, content: string): void => void server.files.set(`/p/${name}`, Buffer.from(content))
    const names = ['s1.ts', 's2.ts', 's3.ts']
    for (const name of names) put(name, `content of ${name}`)
    put('master.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\nv.m3u8\n')
    const list = names.map((name) => `#EXTINF:0.4,\n${name}`).join('\n')
    put('v.m3u8', `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${list}\n#EXT-X-ENDLIST\n`)
    const presentation = await loadPresentation(`${server.url}p/master.m3u8`, { loop: true })
    const told: string[] = []
    let turns = 0
    const playlist = (sent: readonly Datagram[]): string => text(receiveAll(sent, ROUTE).files.get('service1/v.m3u8'))
    const sent = await sendUntil(presentation, told, (datagrams) => {
      // It is read before it goes.
      if (server.seen.filter(({ path, range }) => path === '/p/s2.ts' && range === null).length > 0)
        server.files.delete('/p/s2.ts')
      return told.length > 0 && ++turns % 20 === 0 && playlist(datagrams).includes('#EXT-X-GAP')
    })
    expect(playlist(sent)).toMatch(
      /#EXT-X-VERSION:8\n[\s\S]*#EXTINF:0\.400000,\n\S+\n(?:#EXT-X-DISCONTINUITY\n)?#EXT-X-GAP\n#EXTINF:0\.400000,\n/,
    )
    expect(new Set(told)).toEqual(new Set([`"${server.url}p/s2.ts" is gone while it is being sent.`]))
  })
})
