import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { indexedFile } from '../testing/indexed-file.ts'
import { broadcastLive } from '../testing/live-presentation.ts'
import { broadcastOf, demoDash, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { demoFile } from '../testing/served-files.ts'
import { TestServer } from '../testing/test-server.ts'
import type { SentScheme } from './broadcaster.ts'

const folder = mkdtempSync(join(tmpdir(), 'routescope-odd-'))
const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Before the names of a service's files. */
const PREFIX = /^(?:service\d\/)?(?:urn:routescope:mabr:service:1\/)?/

type Files = Readonly<Record<string, Uint8Array | string>>

/** Writes a presentation. @returns the path of its manifest, the first file */
function stored(name: string, files: Files): string {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true })
    writeFileSync(join(folder, name, path), bytes)
  }
  return join(folder, name, Object.keys(files)[0] ?? '')
}

/** Serves a presentation. @returns the address of its manifest, the first file */
async function served(files: Files): Promise<string> {
  const server = await TestServer.open()
  open.push(server)
  for (const [path, bytes] of Object.entries(files)) server.files.set(`/p/${path}`, Buffer.from(bytes as never))
  return `${server.url}p/${Object.keys(files)[0]}`
}

/** What receivers have of a presentation that is sent, but for its manifest, and what a person is told. */
async function received(
  input: string,
  { scheme = 'route' as SentScheme, cut = false } = {},
): Promise<{ readonly files: Record<string, Buffer>; readonly notes: readonly string[]; readonly manifest: string }> {
  const notes: string[] = []
  const presentation = await loadPresentation(input, { cut, note: ({ sentence }) => notes.push(sentence) })
  const sent = await broadcastOf(presentation, { scheme })
  await presentation.bytes.close()
  const got = receiveAll(sent, { kind: scheme, address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
  expect(got.lost).toEqual([])
  const files = [...got.files].map(([path, bytes]) => [path.replace(PREFIX, ''), Buffer.from(bytes)] as const)
  const manifest = presentation.manifest?.name ?? ''
  return {
    files: Object.fromEntries(files.filter(([path]) => path !== manifest)),
    notes,
    manifest: files.find(([path]) => path === manifest)?.[1].toString() ?? '',
  }
}

const video = (number: number): Uint8Array => demoFile(`video-${number}.m4s`)
const INIT = demoFile('video-init.mp4')

describe.concurrent('a presentation of one file, cut by its index', () => {
  const mpd = ({ initRange, indexRange }: ReturnType<typeof indexedFile>): string =>
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" type="static" mediaPresentationDuration="PT6S" minBufferTime="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="300000" codecs="avc1.64001f"><BaseURL>sub/all.mp4</BaseURL><SegmentBase indexRange="${indexRange}" timescale="1000"><Initialization range="${initRange}"/></SegmentBase></Representation></AdaptationSet></Period></MPD>`
  const segments = [1, 2, 3].map(video)

  it.each([
    ['in a folder', 0, 'route', false],
    ['with indices below its index', 1, 'route', false],
    ['on a server', 0, 'atsc', true],
    ['by FLUTE', 0, 'mabr', false],
  ] as const)('is a file per segment, each with its bytes: %s', async (name, depth, scheme, isServed) => {
    const file = indexedFile(INIT, segments, 90_000, 180_000, depth)
    const files = { 'm.mpd': mpd(file), 'sub/all.mp4': file.bytes }
    const got = await received(isServed ? await served(files) : stored(name, files), { scheme, cut: true })
    const made = {
      'sub/all-init.mp4': INIT,
      'sub/all-1.mp4': video(1),
      'sub/all-2.mp4': video(2),
      'sub/all-3.mp4': video(3),
    }
    expect(Object.keys(got.files).sort()).toEqual(Object.keys(made).sort())
    for (const [path, bytes] of Object.entries(made))
      expect(Buffer.compare(got.files[path] ?? Buffer.alloc(0), bytes), path).toBe(0)
    expect(got.manifest).toMatch(
      /<SegmentTemplate timescale="90000" presentationTimeOffset="0" startNumber="1" initialization="all-init\.mp4" media="all-\$Number\$\.mp4"><SegmentTimeline><S t="0" d="180000"\/>/,
    )
    expect(got.manifest).not.toContain('SegmentBase')
    expect(got.notes).toEqual([])
  })

  it('is named where it has no index', async () => {
    const file = indexedFile(INIT, segments, 90_000, 180_000)
    const path = stored('no-index', { 'm.mpd': mpd(file), 'sub/all.mp4': Buffer.concat([INIT, ...segments]) })
    await expect(loadPresentation(path, { cut: true })).rejects.toThrow(
      'The file of "v" cannot be cut: no index (sidx) is where its segments begin.',
    )
  })
})

it('the manifest has the name that the destination gives it, and leads to the same files', async () => {
  const sent = await broadcastOf(await demoDash(), { manifestName: 'live.mpd' })
  const { files } = receiveAll(sent, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
  expect(files.get('service1/live.mpd')).toEqual(new Uint8Array(demoFile('manifest.mpd')))
  expect([...files.keys()].filter((path) => path.endsWith('.mpd'))).toEqual(['service1/live.mpd'])
})

describe.concurrent('a finished playlist', () => {
  const playlist = (...lines: string[]): string =>
    ['#EXTM3U', '#EXT-X-VERSION:8', '#EXT-X-TARGETDURATION:2', ...lines, '#EXT-X-ENDLIST'].join('\n')

  it('sends each initialisation section that it changes to, over discontinuities and gaps', async () => {
    const text = playlist(
      '#EXT-X-MAP:URI="a.mp4"',
      '#EXTINF:2,\n1.m4s',
      '#EXT-X-GAP\n#EXTINF:2,\nlost.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="b.mp4"',
      '#EXTINF:2,\n2.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="a.mp4"',
      '#EXTINF:2,\n3.m4s',
    )
    const media = {
      '1.m4s': video(1),
      '2.m4s': video(2),
      '3.m4s': video(3),
      'a.mp4': INIT,
      'b.mp4': Buffer.from('another'),
    }
    const got = await received(stored('maps', { 'p.m3u8': text, ...media }))
    expect(got.notes).toEqual([])
    expect(got.manifest).toBe(text)
    expect(Object.keys(got.files).sort()).toEqual(Object.keys(media).sort())
    for (const [path, bytes] of Object.entries(media))
      expect(Buffer.compare(got.files[path] ?? Buffer.alloc(0), bytes), path).toBe(0)
  })
})

describe.concurrent('what of an MPD lies elsewhere', () => {
  const link = (href: string): string =>
    `xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="${href}" xlink:actuate="onLoad"`
  const set = (id: string): string =>
    `<AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" media="${id}-$Number$.m4s" initialization="i.mp4"/><Representation id="${id}" bandwidth="300000"/></AdaptationSet>`
  const period = (id: string): string => `<Period duration="PT2S">${set(id)}</Period>`
  const mpd = (inside: string, root = 'type="static"'): string =>
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT1S" ${root}>${inside}</MPD>`
  const media = { 'a-1.m4s': video(1), 'b-1.m4s': video(2), 'c-1.m4s': video(3), 'd-1.m4s': video(4), 'i.mp4': INIT }
  const files = {
    'm.mpd': mpd(
      `<Period ${link('x/two.xml')}/><Period duration="PT2S"><AdaptationSet ${link('set.xml')}/></Period>${period('d')}`,
    ),
    'x/two.xml': `<?xml version="1.0"?>\n${period('a')}<!-- and -->${period('b')}`,
    'set.xml': set('c'),
    ...media,
  }

  it.each(['in a folder', 'on a server'])('is put in its place and sent: %s', async (where) => {
    const got = await received(where === 'on a server' ? await served(files) : stored('remote', files))
    expect(Object.keys(got.files).sort()).toEqual(Object.keys(media).sort())
    for (const [path, bytes] of Object.entries(media))
      expect(Buffer.compare(got.files[path] ?? Buffer.alloc(0), bytes), path).toBe(0)
    expect(got.manifest).not.toContain('xlink')
    expect(got.manifest.match(/<Period/g)).toHaveLength(4)
  })

  it.each([
    ['is not there', {}],
    ['is of another kind', { 'gone.xml': set('a') }],
    ['leads on', { 'gone.xml': `<Period ${link('x/two.xml')}/>` }],
    ['is no XML', { 'gone.xml': '<Period' }],
  ])('is named and left out where it %s', async (_, more) => {
    const text = mpd(`<Period ${link('gone.xml')}/>${period('d')}`)
    const got = await received(await served({ ...files, 'm.mpd': text, ...more }))
    expect(Object.keys(got.files).sort()).toEqual(['d-1.m4s', 'i.mp4'])
    expect(got.notes).toEqual([
      expect.stringMatching(/^The Period in line 1 of "m\.mpd" lies at gone\.xml, and is not sent/),
    ])
  })

  it('is read once by a live presentation', async () => {
    const server = await TestServer.open()
    open.push(server)
    let count = 0
    server.answer = (request, response, file) => {
      const live = `type="${count > 4 ? 'static' : 'dynamic'}" availabilityStartTime="2026-01-01T00:00:00Z" minimumUpdatePeriod="PT0.1S"`
      if (request.url === '/p/m.mpd') count++
      if (request.url !== '/p/m.mpd') response.end(file)
      else response.end(mpd(`<Period start="PT0S"><AdaptationSet ${link('set.xml')}/></Period>`, live))
    }
    for (const [name, bytes] of Object.entries({ 'i.mp4': INIT, 'c-1.m4s': video(1) }))
      server.files.set(`/p/${name}`, Buffer.from(bytes))
    const timeline = '<SegmentTimeline><S t="0" d="2"/></SegmentTimeline></SegmentTemplate>'
    server.files.set(
      '/p/set.xml',
      Buffer.from(set('c').replace(' duration="2"', ' timescale="10"').replace('/><Rep', `>${timeline}<Rep`)),
    )
    const sent = await broadcastLive(await loadPresentation(`${server.url}p/m.mpd`))
    const got = receiveAll(sent, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    expect(Buffer.compare(got.files.get('service1/c-1.m4s') ?? new Uint8Array(), video(1))).toBe(0)
    // Once to be loaded, which finds that it is live, and once to be followed.
    expect(server.seen.filter(({ path }) => path === '/p/set.xml')).toHaveLength(2)
    expect(count).toBeGreaterThan(4)
  })
})
