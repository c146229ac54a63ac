import { describe, expect, it } from 'vitest'
import { fragmentValues } from '../inspect/signalling/fragment-values.ts'
import { confinePlaylist } from '../manifest/hls/confine-playlist.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import { confineMpd } from '../manifest/mpd/confine-mpd.ts'
import { finishedMpd } from '../manifest/mpd/finished.ts'
import { liveMpd } from '../manifest/mpd/live.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { segmentFinder } from '../manifest/mpd/segments.ts'
import { parseXmlSource } from '../manifest/mpd/xml-source.ts'
import { foldersOf, holdsAddress } from '../manifest/reference-scope.ts'
import { readMpdFacts } from '../receive/signalling/mpd-facts.ts'
import { growthOf } from './growth.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const DYNAMIC = 'type="dynamic" availabilityStartTime="2020-01-01T00:00:00Z"'
const mpd = (set: string, type = DYNAMIC): Uint8Array =>
  utf8(
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${type}><Period id="1" start="PT0S"><AdaptationSet>${set}</AdaptationSet></Period></MPD>`,
  )
const template = (entries: string, media = 'v-$Time$.m4s'): string =>
  `<SegmentTemplate timescale="1000" media="${media}" initialization="i.mp4"><SegmentTimeline>${entries}</SegmentTimeline></SegmentTemplate>`
const representations = (count: number, inside = ''): string =>
  Array.from({ length: count }, (_, id) => `<Representation id="${id}" bandwidth="1">${inside}</Representation>`).join(
    '',
  )
const scope = { name: 'm.mpd', folders: new Set<string>(), pathOf: null, localOf: () => null, isManifest: () => true }
const COMPLETE = [{ name: 'v-0.m4s', completeUs: 1.6e15 }]
const ARRIVALS = { shiftUs: 0, clockUrl: 'http://127.0.0.1/clock', complete: COMPLETE, carried: new Set(['1']) }
const STORED = ['i.mp4', 'v-0.m4s', 'v-1.m4s', 'v-200000.m4s']

/** Linear is 4, quadratic 16. */
const MOST = 9

describe('a manifest meant to blow up whoever expands it', () => {
  it('of many representations is read, confined and written in proportion to their number', () => {
    const timeline = template('<S t="0" d="1" r="100000"/>')
    const document = (count: number): Uint8Array => mpd(timeline + representations(count))
    const all = (bytes: Uint8Array) => () => {
      const read = parseMpd(bytes, 'm.mpd')
      liveMpd(read, ARRIVALS)
      finishedMpd(read, STORED)
      confineMpd(parseXmlSource(bytes), scope, null)
      readMpdFacts(bytes)
      fragmentValues('MPD', bytes)
    }
    const growth = growthOf(all(document(500)), all(document(2000)))
    expect(growth.ratio, JSON.stringify(growth)).toBeLessThan(MOST)
    const read = parseMpd(document(2000), 'm.mpd')
    expect(read.periods[0]?.adaptationSets[0]?.representations).toHaveLength(2000)
    expect(liveMpd(read, ARRIVALS)).toContain('<Representation id="1" ')
    expect(finishedMpd(read, STORED)).toContain('type="static"')
  })

  it('has a timeline once, not once for each representation', () => {
    const { periods } = parseMpd(mpd(template('<S d="1"/>'.repeat(5000)) + representations(500)))
    const timelines = new Set(
      periods[0]?.adaptationSets[0]?.representations.map(({ addressing }) =>
        addressing.kind === 'template' ? addressing.timeline : null,
      ),
    )
    expect(timelines.size).toBe(1)
  })

  it.each([
    ['more representations than any player takes', representations(5000), 'mpd-too-large'],
    [
      'URLs that each representation has again',
      `<SegmentList duration="1">${'<SegmentURL media="a"/>'.repeat(3000)}</SegmentList>${representations(1000)}`,
      'mpd-too-large',
    ],
  ])('is refused for %s', (_, set, code) => {
    expect(() => parseMpd(mpd(set))).toThrow(expect.objectContaining({ code }))
  })

  it('loses the set whose BaseURL is endless', () => {
    const { periods } = parseMpd(mpd(`<BaseURL>${'a/'.repeat(5000)}</BaseURL>${representations(10)}`))
    expect(periods[0]?.adaptationSets).toEqual([])
  })

  it('is not written where its timelines list millions of segments', () => {
    const sets = (each: string): Uint8Array =>
      utf8(
        `<MPD ${DYNAMIC}><Period start="PT0S">${`<AdaptationSet>${template(each)}<Representation id="1"/></AdaptationSet>`.repeat(50)}</Period></MPD>`,
      )
    const many = parseMpd(sets('<S t="0" d="1" r="500000"/>'))
    for (const write of [() => liveMpd(many, ARRIVALS), () => finishedMpd(many, STORED)])
      expect(write).toThrow(expect.objectContaining({ code: 'mpd-too-many-segments' }))
    expect(liveMpd(parseMpd(sets('<S t="0" d="1" r="5"/>')), ARRIVALS)).not.toBeNull()
  })

  it('names no segment by a template of many numbers, or of endless text', () => {
    for (const media of ['$Number$'.repeat(30), `${'a'.repeat(5000)}$Number$`]) {
      const [period] = parseMpd(mpd(`${template('<S d="1"/>', media)}<Representation id="1"/>`)).periods
      const representation = period?.adaptationSets[0]?.representations[0]
      expect(representation === undefined ? 0 : segmentFinder(representation)(`${'1'.repeat(500)}x`)).toBeNull()
    }
  })
})

describe('text of manifests and playlists', () => {
  const cases: [string, (length: number) => string, (text: string) => unknown][] = [
    ['a word without an address', (length) => 'a'.repeat(length), holdsAddress],
    ['colons', (length) => 'a: '.repeat(length / 3), holdsAddress],
    ['folders', (length) => `http://a/${'b/'.repeat(length / 2)}`, (text) => foldersOf([text]).size],
    [
      'an attribute without a value',
      (length) => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:${'A'.repeat(length)}\n`,
      (text) => [parsePlaylist(utf8(text)), confinePlaylist(text, scope)],
    ],
    [
      'many references in one tag',
      (length) => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:${'URI="http://b/",'.repeat(length / 16)}A=B\n`,
      (text) => confinePlaylist(text, scope),
    ],
  ]
  it.each(cases)('%s: is read in proportion to its length', (_, make, read) => {
    const small = make(32 << 10)
    const large = make(128 << 10)
    const growth = growthOf(
      () => void read(small),
      () => void read(large),
    )
    if (growth.largeMs > 20) expect(growth.ratio, JSON.stringify(growth)).toBeLessThan(MOST)
    expect(large.length).toBeGreaterThan(3 * small.length)
  })

  it('of a playlist is refused beyond a quarter of a million lines', () => {
    const lines = (count: number): string => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${'#EXTINF:2,\nv.ts\n'.repeat(count)}`
    expect(parsePlaylist(utf8(lines(100_000)))).toMatchObject({ kind: 'media' })
    for (const read of [() => parsePlaylist(utf8(lines(200_000))), () => confinePlaylist(lines(200_000), scope)])
      expect(read).toThrow(expect.objectContaining({ code: 'hls-too-large' }))
  })

  it('of a tag with several references is written with each of them cut', () => {
    const { text } = confinePlaylist('#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="http://b/k",KEYFORMAT="x"\na.ts', scope)
    expect(text).toContain('#EXT-X-KEY:METHOD=AES-128,URI="cut-reference",KEYFORMAT="x"')
  })
})
