import { afterAll, describe, expect, it } from 'vitest'
import { toAppError } from '../failure/app-failure.ts'
import { broadcastLive, GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { type Answering, TestServer } from '../testing/test-server.ts'
import { loadPresentation } from './presentation-loader.ts'

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
})

const SET =
  '<Period duration="PT2S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" media="v.m4s"/><Representation id="v" bandwidth="1"/></AdaptationSet></Period>'
const mpd = (inside = SET, head = ''): string => `${head}<MPD type="static">${inside}</MPD>`
const live = (media: string, id = 'v'): string =>
  `<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" minimumUpdatePeriod="PT2S"><Period start="PT0S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" media="${media}"/><Representation id="${id}" bandwidth="1"/></AdaptationSet></Period></MPD>`
const says =
  (text: string): Answering =>
  (_, response) =>
    void response.end(text)

describe.concurrent('a manifest of an origin that lies', () => {
  it.each<[string, Answering, RegExp]>([
    [
      'it leads round in a circle',
      (request, response) => void response.writeHead(302, { Location: `${request.url}x` }).end(),
      /could not be fetched: .*redirect/i,
    ],
    [
      'it has 10 MB',
      says(mpd(`<!--${'x'.repeat(10 << 20)}-->${SET}`)),
      /could not be fetched: 104859\d\d bytes are too many/,
    ],
    [
      'it states more bytes than it may have',
      (_, response) => void response.writeHead(200, { 'Content-Length': 1 << 30 }).write('<MPD'),
      /could not be fetched: .*1073741824/,
    ],
    [
      'it unpacks to a bomb of entities',
      says(mpd(`<Title>&b;</Title>${SET}`, '<!DOCTYPE x [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]>')),
      /no usable MPD: .*undefined entity/,
    ],
    ['it is nested without end', says(mpd('<a>'.repeat(100_000))), /no usable MPD: /],
    ['it leads to files of this machine', says(mpd(`<BaseURL>file:///etc/</BaseURL>${SET}`)), /absolute address/],
    [
      'it leads into a local network',
      says(mpd(`<BaseURL>http://10.1.2.3/</BaseURL>${SET}`)),
      /could not be fetched: its host 10\.1\.2\.3 is not of the public internet/,
    ],
    [
      'it is live, and its media lead out of their folder once they are decoded',
      says(live('..%2fv$Number$.m4s')),
      /"\.\.%2fv1\.m4s", which is not a plain path/,
    ],
    [
      'it is live, and the name of a representation leads out',
      says(live('$RepresentationID$/$Number$.m4s', '..%2f..%2fx')),
      /which is not a plain path/,
    ],
    ['it is a playlist of a million lines', says(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n${'#\n'.repeat(1e6)}`), /line/],
    ['it is neither', says('<html>no manifest</html>'), /is neither an MPD nor a playlist/],
    ['it is empty', says(''), /is neither an MPD nor a playlist|could not be fetched/],
  ])('is refused in one sentence: %s', async (_, answer, sentence) => {
    const server = await TestServer.open()
    open.push(server)
    server.answer = answer
    const thrown = await loadPresentation(`${server.url}m.mpd`).catch((error: unknown) => toAppError(error))
    expect(thrown).toMatchObject({ message: expect.stringMatching(sentence), tryThis: expect.stringMatching(/\.$/) })
    expect((thrown as { message: string }).message.length).toBeLessThan(400)
  })
})

describe.concurrent('a live origin that lies', () => {
  const garbage = says('<html>no manifest</html>')
  const other = says('#EXTM3U\n#EXT-X-TARGETDURATION:1\n')
  const bare = says('<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"><Period start="PT0S"/></MPD>')

  it.each<[string, string, readonly Answering[], readonly RegExp[]]>([
    ['a segment that is empty for ever', 'v-002.m4s', Array(60).fill(says('')), [/^lost: Segment 2 .* it is empty\.$/]],
    [
      'a segment that states another length than it has',
      'v-002.m4s',
      Array(60).fill(((_: unknown, response) => {
        response.writeHead(200, { 'Content-Length': 1 << 20 })
        response.write('short', () => response.destroy())
      }) satisfies Answering),
      [/^lost: Segment 2 of "v" was not sent: /],
    ],
    [
      'a segment that states more than an object may have',
      'v-002.m4s',
      Array(60).fill(((_: unknown, response) => {
        response.writeHead(200, { 'Content-Length': 1 << 30 })
        response.write('much')
      }) satisfies Answering),
      [/^lost: Segment 2 of "v" was not sent: .*1073741824/],
    ],
    [
      'a segment that comes byte by byte',
      'v-002.m4s',
      Array(60).fill(((_: unknown, response) => {
        response.writeHead(200, { 'Content-Length': 20_000 })
        const drip = setInterval(() => response.write('x'), 100)
        response.on('close', () => clearInterval(drip))
      }) satisfies Answering),
      [/^lost: Segment 2 of "v" was not sent: .*(?:it sends too slowly|its time was up)\.$/],
    ],
    [
      'a manifest that becomes a page',
      'manifest.mpd',
      [garbage, garbage],
      [/no usable MPD: .*still counts\.$/, /again\.$/],
    ],
    [
      'a manifest that becomes a playlist',
      'manifest.mpd',
      [other, other],
      [/no usable MPD: .*still counts\.$/, /again\.$/],
    ],
    ['a manifest that loses its media', 'manifest.mpd', [bare], [/describes no representation any more: what it said/]],
  ])(
    'is told of, and the broadcast goes on with the other channel and what follows: %s',
    async (_, name, faults, told) => {
      const presentation = new GrowingPresentation('number')
      const origin = await LiveOrigin.open(presentation, 4)
      open.push(origin)
      const well: Answering = (_request, response) => void response.end(presentation.manifest)
      // The presentation is asked for twice before it is followed.
      origin.faults.set(name, name === 'manifest.mpd' ? [well, well, ...faults] : [...faults])
      const said: string[] = []
      const live = ({ kind, sentence }: { kind: string; sentence: string }): void =>
        void said.push(`${kind}: ${sentence}`)
      const packets = await broadcastLive(await loadPresentation(origin.manifestUrl, { live }))
      const got = receiveAll(packets, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
      expect(said).toEqual(told.map((each) => expect.stringMatching(each)))
      const missing = [...presentation.files].filter(
        ([path, made]) => Buffer.compare(got.files.get(`service1/${path}`) ?? new Uint8Array(), made) !== 0,
      )
      expect(missing.map(([path]) => path)).toEqual(name === 'manifest.mpd' ? [] : [name])
    },
  )
})
