import { describe, expect, it } from 'vitest'
import { CUT_REFERENCE, confinePlaylist } from './hls/confine-playlist.ts'
import { confineMpd } from './mpd/confine-mpd.ts'
import { parseXmlSource } from './mpd/xml-source.ts'
import { foldersOf, judgeReference, type ReferenceScope } from './reference-scope.ts'

const OUT = 'http://127.0.0.1:19999'

function scope(name = 'm.mpd', held: readonly string[] = [], root: string | null = '/service1'): ReferenceScope {
  return {
    name,
    folders: foldersOf(held),
    localOf: () => null,
    pathOf: root === null ? null : (wanted) => (/[\\?]|(?:^|\/)\.\.(?:\/|$)/.test(wanted) ? null : `${root}/${wanted}`),
    isManifest: (reference) => /\.(?:mpd|m3u8)(?:\?|$)/.test(reference),
  }
}
const mpdOf = (text: string, of = scope(), clock: string | null = null) =>
  confineMpd(parseXmlSource(new TextEncoder().encode(text)), of, clock)

type Parts = {
  top?: string
  period?: string
  set?: string
  inside?: string
  template?: string
  root?: string
  id?: string
}
const TEMPLATE =
  '<SegmentTemplate duration="2" initialization="$RepresentationID$.mp4" media="$RepresentationID$-$Number$.m4s"/>'
const mpd = ({
  top = '',
  period = '',
  set = '',
  inside = '',
  template = TEMPLATE,
  root = '',
  id = 'v',
}: Parts): string =>
  `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:xlink="http://www.w3.org/1999/xlink" ${root}>${top}<Period id="0">${period}<AdaptationSet id="0" contentType="video">${set}<Representation id="${id}" mimeType="video/mp4" bandwidth="1">${inside}${template}</Representation></AdaptationSet></Period></MPD>`

/** References that lead elsewhere for some reader of addresses. */
const HOSTILE = [
  `${OUT}/x/`,
  `//127.0.0.1:19999/x/`,
  `HTTP://127.0.0.1:19999/`,
  'http:127.0.0.1:19999/',
  'http:/127.0.0.1:19999/',
  'http:\\\\127.0.0.1:19999/',
  '\\\\127.0.0.1:19999/x',
  '/\\127.0.0.1:19999/x',
  '\\/127.0.0.1:19999/x',
  'http://user:pass@127.0.0.1:19999/',
  'http://[::1]:19999/',
  'http://2130706433:19999/',
  'http://0x7f.1:19999/',
  'http://%31%32%37.0.0.1:19999/',
  'https://127.0.0.1:19999/',
  'ws://127.0.0.1:19999/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'blob:http://127.0.0.1:19999/1',
  'javascript:alert(1)',
  'ftp://127.0.0.1/',
  '../x/',
  'a/../../x/',
  '%2e%2e/x/',
  '.%2E/x/',
  'a/%2e%2e/%2e./x/',
  `\u00a0${OUT}/`,
  `\u2003//127.0.0.1:19999/`,
  '/../x/',
  'other.mpd?as=sent',
  'other.mpd?x&%61s=sent',
] as const
/** The same with characters that URL parsers drop. */
const DROPPED = [
  'ht\ttp://127.0.0.1:19999/',
  '/\n/127.0.0.1:19999/',
  '\u0001http://127.0.0.1:19999/',
  'http\u2028://x/',
]

describe('judgeReference', () => {
  it.each([...HOSTILE, ...DROPPED])('finds that %j leads outside', (reference) => {
    const verdict = judgeReference(reference, scope())
    expect(verdict.kind === 'outside' || verdict.up > 0).toBe(true)
  })

  it('counts how far a reference climbs, and how deep it ends', () => {
    const at = (reference: string) => judgeReference(reference, scope())
    expect(at('a/b/c.m4s')).toEqual({ kind: 'inside', up: 0, down: 2, rooted: false, text: null })
    expect(at('../a/')).toEqual({ kind: 'inside', up: 1, down: 1, rooted: false, text: null })
    expect(at('a/../../b/./c')).toEqual({ kind: 'inside', up: 1, down: 1, rooted: false, text: null })
    expect(at('seg.m4s?t=../../x')).toMatchObject({ up: 0, down: 0 })
    expect(at('/a/b.m4s')).toEqual({ kind: 'inside', up: 0, down: 1, rooted: true, text: '/service1/a/b.m4s' })
  })

  it('knows folders of files that were received under absolute names', () => {
    const held = scope('http://o/live/m.mpd', ['http://o/live/m.mpd', 'https://cdn/a/b/1.m4s'])
    expect(judgeReference('http://o/live/x.m4s', held)).toMatchObject({ text: '/service1/http://o/live/x.m4s' })
    expect(judgeReference('https://cdn/a/', held)).toMatchObject({ text: '/service1/https://cdn/a/' })
    expect(judgeReference('/live/x.m4s', held)).toMatchObject({ text: '/service1/http://o/live/x.m4s' })
    for (const other of ['http://o/x.m4s/../../x', 'http://o:81/live/', 'http://cdn/a/', 'http://o/liver/'])
      expect(judgeReference(other, held).kind).toBe('outside')
  })
})

describe('confineMpd', () => {
  const xml = (text: string) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;')
  const leads = (text: string) => /19999|2130706433|passwd|javascript|0x7f|data:|blob:/.test(text)

  it.each(HOSTILE.map((one) => [one]))(
    'cuts %j as a base, a template, an initialisation and a location',
    (reference) => {
      const places: [string, Parts][] = [
        ['BaseURL', { top: `<BaseURL>${xml(reference)}</BaseURL>` }],
        ['BaseURL', { period: `<BaseURL serviceLocation="b">${xml(reference)}</BaseURL>` }],
        ['BaseURL', { set: `<d:BaseURL xmlns:d="urn:mpeg:dash:schema:mpd:2011"> ${xml(reference)} </d:BaseURL>` }],
        ['BaseURL', { inside: `<BaseURL><![CDATA[${reference}]]></BaseURL>` }],
        ['SegmentTemplate@media', { template: `<SegmentTemplate media="${xml(reference)}$Number$.m4s"/>` }],
        [
          'SegmentTemplate@initialization',
          { template: `<SegmentTemplate initialization="${xml(reference)}" media="v"/>` },
        ],
        ['SegmentURL@media', { template: `<SegmentList><SegmentURL media="${xml(reference)}"/></SegmentList>` }],
        [
          'Initialization@sourceURL',
          { template: `<SegmentBase><Initialization sourceURL="${xml(reference)}"/></SegmentBase>` },
        ],
      ]
      for (const [place, parts] of places) {
        const { text, cuts, isEmpty } = mpdOf(mpd(parts))
        expect([place, leads(text), cuts.count > 0]).toEqual([place, false, true])
        // A base is left out; what needs the reference goes with it, or is of a representation that goes.
        if (place === 'BaseURL') {
          expect([place, isEmpty, text]).toEqual([place, false, mpd({})])
          expect(cuts.first[0]).toMatchObject({ place, line: 1 })
        } else expect([place, isEmpty]).toEqual([place, true])
      }
    },
  )

  it('judges what templates become, with ids and rates as they stand in the manifest', () => {
    for (const id of ['http://127.0.0.1:19999/', '//127.0.0.1:19999/', '../', '%2e%2e/x', '\\\\127.0.0.1:19999/']) {
      expect(mpdOf(mpd({ id })).isEmpty).toBe(true)
      const up = mpd({ id, template: '' }).replace('<Period id="0">', `<Period id="0">${TEMPLATE}`)
      expect(mpdOf(up).isEmpty).toBe(true)
    }
    const bandwidth = mpd({ template: '<SegmentTemplate media="$Bandwidth$.m4s"/>' }).replace(
      'bandwidth="1"',
      `bandwidth="${OUT}/"`,
    )
    expect(mpdOf(bandwidth).isEmpty).toBe(true)
    expect(mpdOf(mpd({ id: 'a/../b' })).isEmpty).toBe(false)
  })

  it('follows chains of bases, and counts their depth', () => {
    const chain = (template: string) =>
      mpd({
        top: '<BaseURL>a/</BaseURL>',
        set: '<BaseURL>b/</BaseURL>',
        template: `<SegmentTemplate media="${template}"/>`,
      })
    expect(mpdOf(chain('../../v$Number$.m4s'))).toMatchObject({ isEmpty: false, cuts: { count: 0 } })
    expect(mpdOf(chain('../../../v$Number$.m4s'))).toMatchObject({ isEmpty: true, cuts: { count: 1 } })
    const deep = mpd({ template: '<SegmentTemplate media="../v$Number$.m4s"/>' })
    expect(mpdOf(deep, scope('dash/live.mpd')).isEmpty).toBe(false)
    expect(mpdOf(deep, scope('live.mpd')).isEmpty).toBe(true)
    // Of several bases the shallowest counts.
    const several = mpd({
      top: '<BaseURL>a/b/</BaseURL><BaseURL>./</BaseURL>',
      template: '<SegmentTemplate media="../v"/>',
    })
    expect(mpdOf(several).isEmpty).toBe(true)
  })

  it.each([
    ['Location', { top: `<Location>${OUT}/l.mpd</Location>` }],
    ['PatchLocation', { top: `<PatchLocation ttl="60">${OUT}/p</PatchLocation>` }],
    ['AdaptationSet@xlink:href', { period: `<AdaptationSet xlink:href="${OUT}/x" xlink:actuate="onLoad"/>` }],
    ['AdaptationSet@xlink:href', { period: '<AdaptationSet xlink:href="x.xml" xlink:actuate="onLoad"/>' }],
    [
      'EventStream',
      {
        period: `<EventStream schemeIdUri="urn:mpeg:dash:event:callback:2015" value="1"><Event>x</Event></EventStream>`,
      },
    ],
    ['EventStream', { period: `<EventStream schemeIdUri="urn:x"><Event messageData="${OUT}/x"/></EventStream>` }],
    ['InbandEventStream', { set: '<InbandEventStream schemeIdUri="urn:mpeg:dash:event:callback:2015" value="1"/>' }],
    [
      'EventStream',
      {
        period: `<EventStream schemeIdUri="urn:scte:dash:alternativeMPD:insert:2025"><Event><InsertPresentation url="a.mpd"/></Event></EventStream>`,
      },
    ],
    [
      'ContentProtection',
      {
        set: `<ContentProtection schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"><dashif:laurl xmlns:dashif="https://dashif.org/CPS">${OUT}/l</dashif:laurl></ContentProtection>`,
      },
    ],
    [
      'SupplementalProperty@value',
      { top: `<SupplementalProperty schemeIdUri="urn:mpeg:dash:chaining:2016" value="${OUT}/next.mpd"/>` },
    ],
    [
      'EssentialProperty@value',
      { top: `<EssentialProperty schemeIdUri="urn:mpeg:dash:fallback:2016" value="a.mpd //127.0.0.1:19999/b.mpd"/>` },
    ],
    ['ContentSteering', { top: `<ContentSteering>${OUT}/steer</ContentSteering>` }],
    [
      'Metrics',
      {
        top: `<Metrics metrics="x"><Reporting schemeIdUri="urn:dvb:dash:reporting:2014" dvb:reportingUrl="${OUT}/r" xmlns:dvb="urn:dvb"/></Metrics>`,
      },
    ],
    [
      'EssentialProperty@url',
      {
        set: `<EssentialProperty schemeIdUri="urn:dvb:dash:fontdownload:2014" dvb:url="${OUT}/f" xmlns:dvb="urn:dvb"/>`,
      },
    ],
    ['x:any', { set: `<x:any xmlns:x="urn:x"><x:deep>see ${OUT}/deep</x:deep></x:any>` }],
    ['x:any', { set: `<x:any xmlns:x="urn:x" at="//127.0.0.1:19999/x"/>` }],
    ['AdaptationSet@x:y', { set: '' }],
    ['MPD@base', { root: `xml:base="${OUT}/"` }],
  ] as [string, Parts][])('takes out %s', (place, parts) => {
    const written =
      place === 'AdaptationSet@x:y'
        ? mpd(parts).replace('<AdaptationSet ', `<AdaptationSet x:y="${OUT}/" xmlns:x="urn:x" `)
        : mpd(parts)
    const { text, cuts, isEmpty } = mpdOf(written)
    expect(leads(text)).toBe(false)
    expect(text).not.toMatch(/callback|xlink:href|alternativeMPD|laurl/)
    expect(isEmpty).toBe(false)
    if (place !== 'MPD@base') expect(cuts.first[0]?.place).toBe(place.replace('x:y', 'y'))
  })

  it('keeps the clock of the gateway, and no other', () => {
    const timing = (value: string) => `<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="${value}"/>`
    const own = 'http://127.0.0.1:8080/clock'
    const { text } = mpdOf(mpd({ top: timing(own) + timing(`${OUT}/t`) }), scope(), own)
    expect(text).toBe(mpd({ top: timing(own) }))
    const direct = '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-01-01T00:00:00Z"/>'
    expect(mpdOf(mpd({ top: direct })).text).toBe(mpd({ top: direct }))
  })

  it('hides nothing where readers of XML differ', () => {
    for (const hidden of [
      `<!--><BaseURL>${OUT}/</BaseURL>-->`,
      `<?x ><BaseURL>${OUT}/</BaseURL><?y ?>`,
      `<!-- <BaseURL>${OUT}/</BaseURL> -->`,
    ])
      expect(leads(mpdOf(mpd({ top: hidden })).text)).toBe(false)
    expect(mpdOf(mpd({ top: `<BaseURL>&#104;ttp&#58;//127.0.0.1:19999/</BaseURL>` })).cuts.count).toBe(1)
    expect(mpdOf(mpd({ top: '<BaseURL>&amp;#104;ttp://x/</BaseURL>' })).cuts.count).toBe(1)
    const plain = `<?xml version="1.0"?><!-- by a packager -->${mpd({})}`
    expect(mpdOf(plain).text).toBe(plain)
  })

  it('changes nothing of a manifest that stays inside, whatever identifiers it has', () => {
    const text = mpd({
      root: 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:mpeg:dash:schema:mpd:2011 http://standards.iso.org/DASH-MPD.xsd" profiles="http://dashif.org/guidelines/dash264"',
      top: '<ProgramInformation moreInformationURL="http://gpac.io"><Title>a // b</Title></ProgramInformation><BaseURL>./</BaseURL>',
      set: '<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/><EssentialProperty schemeIdUri="http://dashif.org/guidelines/trickmode" value="1"/><x:own xmlns:x="http://x.example/ns" kept="yes">text</x:own>',
      period:
        '<EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin"><Event><Binary>/DAlAAAAAAAAAP/wFAUAAAABf+/+//==</Binary></Event></EventStream>',
    })
    expect(mpdOf(text)).toMatchObject({ text, cuts: { count: 0 }, isEmpty: false, isRooted: false })
  })

  it('writes references to received files as paths, in elements, attributes and templates', () => {
    const at = 'http://origin/live/'
    const held = scope(`${at}m.mpd`, [`${at}m.mpd`, `${at}a b/1.m4s`])
    const { text, cuts, isRooted } = mpdOf(
      mpd({
        top: `<BaseURL>${at}</BaseURL>`,
        template: `<SegmentTemplate media='${at}$RepresentationID$/$Number%05d$.m4s' initialization="&#104;ttp://origin/live/i.mp4"/>`,
      }),
      held,
    )
    expect(text).toContain(`<BaseURL>/service1/${at}</BaseURL>`)
    expect(text).toContain(
      `media='/service1/${at}$RepresentationID$/$Number%05d$.m4s' initialization="/service1/${at}i.mp4"`,
    )
    expect([cuts.count, isRooted]).toEqual([0, true])
    const climbing = mpd({ id: '../../..', template: `<SegmentTemplate media="${at}$RepresentationID$/1.m4s"/>` })
    expect(mpdOf(climbing, held).isEmpty).toBe(true)
    const unmapped = mpdOf(mpd({ top: `<BaseURL>${at}</BaseURL>` }), { ...held, pathOf: null })
    expect([unmapped.text, unmapped.isRooted]).toEqual([mpd({ top: `<BaseURL>${at}</BaseURL>` }), true])
  })

  it('names how all media is encrypted', () => {
    const widevine = '<ContentProtection schemeIdUri="urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED"/>'
    const cenc = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>'
    expect(mpdOf(mpd({ set: cenc, inside: widevine })).encryption).toBe('cenc, Widevine')
    const half = mpd({ set: cenc }).replace(
      '</Period>',
      '<AdaptationSet contentType="audio"><Representation id="a"/></AdaptationSet></Period>',
    )
    expect(mpdOf(half).encryption).toBeNull()
    expect(mpdOf(mpd({})).encryption).toBeNull()
  })
})

describe('confinePlaylist', () => {
  const media = (lines: string, segments = '#EXTINF:2,\n1.m4s\n') =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${lines}${segments}`
  const confined = (text: string, of = scope('v.m3u8')) => confinePlaylist(text, of)
  const STREAM = '#EXT-X-STREAM-INF:BANDWIDTH=1\n'

  it.each([...HOSTILE, `${OUT}/x.m3u8`, 'x.m3u8?as=sent'])(
    'cuts %j as a segment, a map, a key and a variant',
    (reference) => {
      const segment = confined(media('', `#EXTINF:2,\n${reference}\n`))
      expect(segment.text).toBe(media('', `#EXTINF:2,\n#EXT-X-GAP\n${CUT_REFERENCE}\n`))
      expect(segment).toMatchObject({ isEmpty: true, cuts: { count: 1, first: [{ place: 'segment', line: 4 }] } })
      if (reference.includes('"')) return
      const map = confined(media(`#EXT-X-MAP:URI="${reference}"\n`))
      expect(map.text).toBe(media(`#EXT-X-MAP:URI="${CUT_REFERENCE}"\n`))
      const key = confined(media(`#EXT-X-KEY:METHOD=AES-128,URI="${reference}"\n`))
      expect(key).toMatchObject({
        encryption: 'AES-128 with a key from elsewhere',
        cuts: { first: [{ place: '#EXT-X-KEY' }] },
      })
      const variant = confined(`#EXTM3U\n${STREAM}${reference}\n${STREAM}v.m3u8\n`)
      expect([variant.text, variant.isEmpty]).toEqual([`#EXTM3U\n${STREAM}v.m3u8\n`, false])
      expect(confined(`#EXTM3U\n${STREAM}${reference}\n`).isEmpty).toBe(true)
    },
  )

  it.each([
    ['#EXT-X-MEDIA', `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="${OUT}/a.m3u8"`],
    ['#EXT-X-I-FRAME-STREAM-INF', `#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="${OUT}/i.m3u8"`],
    ['#EXT-X-SESSION-DATA', `#EXT-X-SESSION-DATA:DATA-ID="x",URI="${OUT}/d"`],
    ['#EXT-X-SESSION-KEY', `#EXT-X-SESSION-KEY:METHOD=AES-128,URI="${OUT}/k"`],
    ['#EXT-X-CONTENT-STEERING', `#EXT-X-CONTENT-STEERING:SERVER-URI="${OUT}/s",PATHWAY-ID="a"`],
    ['#EXT-X-PRELOAD-HINT', `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${OUT}/p"`],
    ['#EXT-X-RENDITION-REPORT', `#EXT-X-RENDITION-REPORT:URI="${OUT}/r.m3u8"`],
    ['#EXT-X-PART', `#EXT-X-PART:DURATION=1,URI="//127.0.0.1:19999/p"`],
    [
      '#EXT-X-DATERANGE',
      `#EXT-X-DATERANGE:ID="a",CLASS="com.apple.hls.interstitial",START-DATE="2026-01-01T00:00:00Z",X-ASSET-URI="${OUT}/a"`,
    ],
    ['#EXT-X-DATERANGE', `#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:00Z",X-ASSET-LIST="${OUT}/a"`],
    ['#EXT-X-PREFETCH', `#EXT-X-PREFETCH:${OUT}/p`],
    ['#EXT-X-NEW', `#EXT-X-NEW:THING="${OUT}/p"`],
    ['#EXT-X-KIND', `#EXT-X-KIND:uri='${OUT}/p'`],
    ['#EXT-X-KIND', '#EXT-X-KIND,URI="made.up:19999/p"'],
    ['#EXT-X-KIND', '#EXT-X-KIND;a="b",URI="made.up:19999/p"'],
    ['#EXT-X-', '#EXT-X-ÜBER:URI="made.up:19999/p"'],
  ])('leaves out %s', (place, line) => {
    const isMaster = /MEDIA:|SESSION|STEERING|I-FRAME/.test(line)
    const wrap = (tag: string) => (isMaster ? `#EXTM3U\n${tag}${STREAM}v.m3u8\n` : media(tag))
    const { text, cuts } = confined(wrap(`${line}\n`))
    expect(text).toBe(wrap(''))
    expect(cuts.first[0]).toMatchObject({ place })
  })

  it('hides nothing where players read lines differently', () => {
    const seen = (text: string) => confined(media('', text)).text
    expect(seen(`#EXTINF:2.0 ${OUT}/x.m4s\n1.m4s\n`)).not.toContain('19999')
    expect(seen(`# a\u2028${OUT}/x.m4s\n#EXTINF:2,\n1.m4s\n`)).not.toContain('\u2028')
    expect(seen(`#EXTINF:2,t\u2029${OUT}/x\n1.m4s\n`)).not.toContain('\u2029')
    expect(seen(`\u00a0${OUT}/x.m4s\n`)).not.toContain('19999')
    expect(confined(`#EXTM3U\n# x #EXT-X-STREAM-INF:BANDWIDTH=1\n${OUT}/v.m3u8\n${STREAM}v.m3u8\n`).text).not.toContain(
      '19999',
    )
    expect(confined(`#EXTM3U\n# #EXT-X-MEDIA:TYPE=AUDIO,URI="${OUT}/a.m3u8"\n${STREAM}v.m3u8\n`).text).not.toContain(
      '19999',
    )
    expect(seen(`#EXT-X-MAP: URI="${OUT}/i"\n#EXTINF:2,\n1.m4s\n`)).not.toContain('19999')
    expect(seen(`#EXT-X-MAP:A="x" ,URI="${OUT}/i"\n#EXTINF:2,\n1.m4s\n`)).not.toContain('19999')
  })

  it('writes variables out before it judges', () => {
    const define = `#EXT-X-DEFINE:NAME="h",VALUE="${OUT}"\n#EXT-X-DEFINE:NAME="s",VALUE="seg"\n`
    const { text, cuts } = confined(
      media(define, '#EXTINF:2,\n{$h}/1.m4s\n#EXTINF:2,\n{$s}-1.m4s\n#EXTINF:2,\n{$imported}/1.m4s\n'),
    )
    expect(text).toBe(
      media(
        '',
        `#EXTINF:2,\n#EXT-X-GAP\n${CUT_REFERENCE}\n#EXTINF:2,\nseg-1.m4s\n#EXTINF:2,\n#EXT-X-GAP\n${CUT_REFERENCE}\n`,
      ),
    )
    expect(cuts.count).toBe(2)
    expect(confined(media('#EXT-X-DEFINE:IMPORT="x"\n')).text).toBe(media(''))
  })

  it('lets variants lead to manifests only, whose own references are confined too', () => {
    expect(confined(`#EXTM3U\n${STREAM}v.bin\n`).isEmpty).toBe(true)
    expect(confined(`#EXTM3U\n${STREAM}sub/v.m3u8\n`).isEmpty).toBe(false)
  })

  it('changes nothing of a playlist that stays inside', () => {
    for (const text of [
      `#EXTM3U\n## by a packager\n#EXT-X-VERSION:6\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="a.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"\nv.m3u8\n`,
      media(
        '#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x00\n#EXT-X-MAP:URI="i.mp4",BYTERANGE="10@0"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n',
        '#EXTINF:2.002,title, with // things\n1.m4s?t=1\n#EXT-X-DISCONTINUITY\n#EXTINF:2\na b/2.m4s\n',
      ),
    ])
      expect(confined(text)).toMatchObject({
        text,
        cuts: { count: 0 },
        isEmpty: false,
        encryption: null,
        isRooted: false,
      })
  })

  it('writes references to received files as paths', () => {
    const held = scope('http://origin/v.m3u8', ['http://origin/v.m3u8', 'http://origin/i.mp4'])
    const { text } = confined(
      media('#EXT-X-MAP:URI="http://origin/i.mp4"\n', '#EXTINF:2,\nhttp://origin/1.m4s\n'),
      held,
    )
    expect(text).toBe(
      media('#EXT-X-MAP:URI="/service1/http://origin/i.mp4"\n', '#EXTINF:2,\n/service1/http://origin/1.m4s\n'),
    )
  })
})
