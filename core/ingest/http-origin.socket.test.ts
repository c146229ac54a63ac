import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppErrorCode } from '../contract/app-error.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { serveWell, TestClock, TestServer } from '../testing/test-server.ts'
import { bytesOf, OriginServer } from './http-origin.ts'
import type { Presentation, PresentationSegment } from './presentation.ts'
import { loadPresentation } from './presentation-loader.ts'

let server: TestServer
const open: { close(): Promise<void> }[] = []
beforeEach(async () => {
  const names = readdirSync(DEMO_FOLDER)
  server = await TestServer.open(
    Object.fromEntries(names.map((name) => [`/live/${name}`, readFileSync(join(DEMO_FOLDER, name))])),
  )
})
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
  await server.close()
})

async function load(path: string, address = server.url): Promise<Presentation> {
  const presentation = await loadPresentation(`${address}${path}`)
  open.push(presentation.bytes)
  return presentation
}

const plain = <File extends { readonly bytes: Uint8Array }>(file: File | null) =>
  file === null ? null : { ...file, bytes: Buffer.from(file.bytes).toString('base64') }
const facts = ({ tracks, durationUs }: Presentation) => [
  durationUs,
  tracks.map(({ representation, init, playlist, ...track }) => [track, plain(init), plain(playlist)]),
]

const failure = (code: AppErrorCode, message: RegExp): unknown =>
  expect.objectContaining({ error: expect.objectContaining({ code, message: expect.stringMatching(message) }) })

const firstSegment = ({ tracks }: Presentation): PresentationSegment => {
  const [segment] = tracks[0]?.segments ?? []
  if (segment === undefined) throw new Error('no segment')
  return segment
}

describe('a presentation on a server', () => {
  it.each(['manifest.mpd', 'master.m3u8'])('%s is that of the same files in a folder, byte for byte', async (name) => {
    const served = await load(`live/${name}`)
    const stored = await loadPresentation(join(DEMO_FOLDER, name))
    expect(facts(served)).toEqual(facts(stored))
    expect(served.manifest?.name).toBe(name)
    for (const segment of served.tracks.flatMap(({ segments }) => segments)) {
      await served.bytes.load(segment)
      expect(Buffer.from(served.bytes.get(segment) ?? []).equals(readFileSync(join(DEMO_FOLDER, segment.name)))).toBe(
        true,
      )
    }
    // A segment is looked for by its first byte, and fetched once.
    const asked = server.seen.filter(({ path }) => path === '/live/video-3.m4s').map(({ range }) => range)
    expect(asked).toEqual(['bytes=0-0', null])
    expect(server.parallel).toBeLessThanOrEqual(16)
  })

  it('is found after a redirect, and its files beside where that leads', async () => {
    server.answer = (request, response, file) => {
      if (request.url === '/now') response.writeHead(302, { Location: '/live/manifest.mpd' }).end()
      else serveWell(request, response, file)
    }
    const { manifest, tracks } = await load('now')
    expect(manifest?.name).toBe('manifest.mpd')
    expect(tracks).toHaveLength(2)
  })

  it('is sent with the user name and password of its address, which no message has', async () => {
    const address = server.url.replace('//', '//anna:secret@')
    const presentation = await load('live/manifest.mpd', address)
    const expected = `Basic ${Buffer.from('anna:secret').toString('base64')}`
    expect(new Set(server.seen.map(({ headers }) => headers.authorization))).toEqual(new Set([expected]))
    server.files.delete('/live/video-1.m4s')
    const thrown = await presentation.bytes.load(firstSegment(presentation)).catch((error: Error) => error)
    expect(thrown).toEqual(failure('input-unusable', /live\/video-1\.m4s" is gone while it is being sent/))
    expect(JSON.stringify(thrown)).not.toMatch(/secret/)
    expect(presentation.bytes.isUnreadable(firstSegment(presentation))).toBe(true)
  })

  it.each<[string, string, AppErrorCode, RegExp]>([
    ['an address without anything', 'nothing.mpd', 'source-unreachable', /nothing\.mpd": it answered 404/],
    ['a page', 'page', 'input-unusable', /page" is neither an MPD nor a playlist/],
    ['a manifest whose segment is missing', 'short.mpd', 'input-unusable', /live\/gone-1\.m4s" is missing.*segment 1/],
    [
      'a live manifest of one file',
      'dynamic.mpd',
      'not-supported',
      /is live, and "v" is not cut into a file per segment/,
    ],
  ])('is refused for %s', async (_, name, code, message) => {
    const mpd = (inside: string, root = 'type="static"') =>
      Buffer.from(
        `<MPD ${root}><Period duration="PT2S"><AdaptationSet mimeType="video/mp4">${inside}<Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>`,
      )
    server.files.set('/live/page', Buffer.from('<!doctype html><title>x</title>'))
    server.files.set('/live/short.mpd', mpd('<SegmentTemplate duration="2" media="gone-$Number$.m4s"/>'))
    const live = mpd('', 'type="dynamic"').toString().replace('<Period', '<Period start="PT0S"')
    server.files.set('/live/dynamic.mpd', Buffer.from(live))
    await expect(load(`live/${name}`)).rejects.toThrowError(failure(code, message))
  })

  it.each<[string, (cdn: string, own: string) => string, string]>([
    ['an address at another server', (cdn) => `<BaseURL>${cdn}x/</BaseURL>`, 'b1/'],
    ['the same server by its address', (_, own) => `<BaseURL>${own}live/y/</BaseURL>`, 'y/'],
    ['a path above the manifest', () => '<BaseURL>../up/</BaseURL>', 'b1/'],
    ['several addresses of one', (cdn) => `<BaseURL>${cdn}x/</BaseURL><BaseURL>z/</BaseURL>`, 'b1/'],
    ['a folder and a query', () => '<BaseURL>w/</BaseURL>', 'w/'],
  ])('that leads elsewhere has names below the manifest: %s', async (_, base, prefix) => {
    const cdn = await TestServer.open()
    open.push(cdn)
    const [one, two] = ['i.mp4', 'v-1.m4s'].map((name) => Buffer.from(`content of ${name}`))
    for (const folder of ['x', 'live/y', 'up', 'live/w'])
      for (const [name, bytes] of [
        ['i.mp4', one],
        ['v-1.m4s?t=1', two],
      ] as const)
        for (const each of [cdn, server]) each.files.set(`/${folder}/${name}`, bytes ?? Buffer.alloc(0))
    const text = `<MPD type="static"><Period duration="PT2S">${base(cdn.url, server.url)}<AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" media="v-$Number$.m4s?t=1" initialization="i.mp4"/><Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>`
    server.files.set('/live/away.mpd', Buffer.from(text))
    const presentation = await load('live/away.mpd')
    const [track] = presentation.tracks
    expect(track?.init).toMatchObject({ name: `${prefix}i.mp4`, bytes: one })
    expect(track?.segments.map(({ name }) => name)).toEqual([`${prefix}v-1.m4s`])
    await presentation.bytes.load(firstSegment(presentation))
    expect(Buffer.from(presentation.bytes.get(firstSegment(presentation)) ?? [])).toEqual(two)
    expect(presentation.manifest?.mpd?.periods[0]?.adaptationSets[0]?.representations[0]?.baseUrl).toBe(prefix)
    expect(new TextDecoder().decode(presentation.manifest?.bytes)).not.toMatch(/http|\.\.|\?t=/)
  })

  it('of finished playlists that lead elsewhere has names below the first one, and playlists that name them so', async () => {
    const cdn = await TestServer.open()
    open.push(cdn)
    const content = (name: string) => Buffer.from(`content of ${name}`)
    const put = (at: TestServer, path: string, text: Uint8Array) => at.files.set(path, text)
    const tail = '#EXT-X-ENDLIST\n'
    put(
      server,
      '/live/away.m3u8',
      Buffer.from(
        `#EXTM3U\n#EXT-X-DEFINE:NAME="s",VALUE="seg"\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${cdn.url}v/v.m3u8?token=1\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="/live/a/a.m3u8"\n`,
      ),
    )
    put(
      cdn,
      '/v/v.m3u8?token=1',
      Buffer.from(
        `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="i.mp4?token=2"\n#EXTINF:1,\n${server.url}other/1.m4s\n#EXTINF:1,\n2.m4s\n${tail}`,
      ),
    )
    put(
      server,
      '/live/a/a.m3u8',
      Buffer.from(
        `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-DEFINE:IMPORT="s"\n#EXTINF:1,\n{$s}-1.ts\n#EXTINF:1,\n../../other/2.ts\n${tail}`,
      ),
    )
    for (const [at, path] of [
      [cdn, '/v/i.mp4?token=2'],
      [server, '/other/1.m4s'],
      [cdn, '/v/2.m4s'],
      [server, '/live/a/seg-1.ts'],
      [server, '/other/2.ts'],
    ] as const)
      put(at, path, content(path))
    const presentation = await load('live/away.m3u8')
    const { manifest, tracks, bytes } = presentation
    const text = (of: Uint8Array | undefined) => new TextDecoder().decode(of)
    expect(text(manifest?.bytes)).toMatch(/\nb1\/v\.m3u8\n.*URI="a\/a\.m3u8"/)
    expect(
      tracks.map(({ playlist, init, segments }) => [playlist?.name, init?.name, segments.map(({ name }) => name)]),
    ).toEqual([
      ['b1/v.m3u8', 'b1/i.mp4', ['b2/1.m4s', 'b1/2.m4s']],
      ['a/a.m3u8', undefined, ['a/seg-1.ts', 'b2/2.ts']],
    ])
    const [video, audio] = tracks.map(({ playlist }) => text(playlist?.bytes))
    expect(video).toMatch(/URI="i\.mp4"\n#EXTINF:1,\n\.\.\/b2\/1\.m4s\n#EXTINF:1,\n2\.m4s\n/)
    expect(audio).toMatch(/DURATION:1\n#EXTINF:1,\nseg-1\.ts\n#EXTINF:1,\n\.\.\/b2\/2\.ts\n/)
    expect(Buffer.from(tracks[0]?.init?.bytes ?? [])).toEqual(content('/v/i.mp4?token=2'))
    const read: string[] = []
    for (const segment of tracks.flatMap(({ segments }) => segments)) {
      await bytes.load(segment)
      read.push(text(bytes.get(segment) ?? undefined))
    }
    expect(read).toEqual(
      ['/other/1.m4s', '/v/2.m4s', '/live/a/seg-1.ts', '/other/2.ts'].map((path) => `content of ${path}`),
    )
  })

  it('has another base address where the first one does not answer, and says so', async () => {
    const dead = await TestServer.open()
    const { url } = dead
    await dead.close()
    const bases = `<BaseURL>${url}</BaseURL><BaseURL>${server.url}live/</BaseURL>`
    const text = server.files.get('/live/manifest.mpd') ?? Buffer.alloc(0)
    server.files.set('/x.mpd', Buffer.from(Buffer.from(text).toString().replace('<Period', `${bases}<Period`)))
    const notes: string[] = []
    const presentation = await loadPresentation(`${server.url}x.mpd`, { note: ({ sentence }) => notes.push(sentence) })
    open.push(presentation.bytes)
    expect(firstSegment(presentation).name).toBe('live/video-1.m4s')
    expect(notes).toEqual([expect.stringMatching(/could not be fetched.*The next BaseURL is used\.$/)])
  }, 30_000)

  it('detects a file that is another one by the time it is sent', async () => {
    const presentation = await load('live/manifest.mpd')
    server.files.set('/live/video-1.m4s', Buffer.from('something else'))
    const segment = firstSegment(presentation)
    await expect(presentation.bytes.load(segment)).rejects.toThrowError(
      failure('input-unusable', new RegExp(`has changed from ${segment.sizeBytes} to 14 bytes`)),
    )
  })
})

describe('the server of a presentation', () => {
  /** Answers a number of requests with faults, then well. */
  const faulty = (...faults: ((response: import('node:http').ServerResponse) => void)[]): void => {
    server.answer = (request, response, file) => {
      const fault = faults.shift()
      if (fault === undefined) serveWell(request, response, file)
      else fault(response)
    }
  }
  const origin = (): OriginServer => {
    const made = new OriginServer(server.url, new TestClock(2500))
    open.push(made)
    return made
  }
  const ask = (of: OriginServer) => of.ask(`${server.url}live/video-1.m4s`, null, 1 << 20)

  it('is asked again where it fails, breaks off, or is busy', async () => {
    faulty(
      (response) => response.writeHead(503).end(),
      (response) => response.destroy(),
      (response) => response.writeHead(429, { 'Retry-After': '1' }).end(),
    )
    const answer = await ask(origin())
    expect(answer === null ? null : bytesOf(answer).length).toBe(server.files.get('/live/video-1.m4s')?.length)
    expect(server.seen).toHaveLength(4)
  })

  it('is given up after four requests in vain, and at once where it refuses', async () => {
    const busy = (response: import('node:http').ServerResponse) => response.writeHead(500).end()
    faulty(busy, busy, busy, busy)
    await expect(ask(origin())).rejects.toThrowError(
      failure('source-unreachable', /video-1\.m4s" could not be fetched: it answered 500/),
    )
    expect(server.seen).toHaveLength(4)
    faulty((response) => response.writeHead(403).end())
    await expect(ask(origin())).rejects.toThrowError(failure('source-unreachable', /it answered 403/))
    expect(server.seen).toHaveLength(5)
  })

  it('waits no longer once it is closed', async () => {
    server.answer = () => undefined
    const one = origin()
    const asked = ask(one)
    await one.close()
    await expect(asked).rejects.toThrowError(failure('source-unreachable', /could not be fetched/))
  })
})
