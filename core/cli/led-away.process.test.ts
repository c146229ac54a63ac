import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { TestFolder } from '../testing/program.ts'
import { type FileOnAir, fluteCapture, ServedCapture, videoOnAir } from '../testing/served-files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const mpd = (template: string, top = '', end = '', period = ''): string =>
  `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:xlink="http://www.w3.org/1999/xlink" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" type="dynamic" availabilityStartTime="2025-12-31T23:59:56Z" minimumUpdatePeriod="PT2S">${top}<Period id="1" start="PT0S" ${period}><AdaptationSet mimeType="video/mp4" contentType="video"><SegmentTemplate timescale="1000" duration="2000" startNumber="1" initialization="${template}i.mp4" media="${template}v-$Number$.m4s"/><Representation id="v" codecs="avc1.64001f" bandwidth="300000"/></AdaptationSet></Period>${end}</MPD>`
const playlist = (base: string): string =>
  `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="${base}i.mp4"\n#EXTINF:2,\n${base}v-1.m4s\n#EXTINF:2,\n${base}v-2.m4s\n`

const CDN = 'http://cdn.example/a/live/'
const TOP =
  '<Location>http://origin.example/m.mpd?k=1</Location><PatchLocation ttl="60">http://origin.example/m.mpp</PatchLocation><BaseURL>./</BaseURL><BaseURL>http://cdn.example/live/</BaseURL>'
const END =
  '<Period xlink:href="http://ads.example/post.xml" xlink:actuate="onLoad" duration="PT9S"/><UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="https://time.example/?iso"/>'

/** Files below a folder, and the manifest beside it. */
const onAir = (name: string, bytes: string, below: string): FileOnAir[] => [
  { name, bytes },
  ...videoOnAir(`${below}i.mp4`, `${below}v-1.m4s`, `${below}v-2.m4s`),
]

const cases: [string, string, FileOnAir[]][] = [
  ['of base addresses, locations, clocks and remote periods', 'm.mpd', onAir('m.mpd', mpd('', TOP, END), '')],
  ['of templates', 'm.mpd', onAir('m.mpd', mpd(CDN), '')],
  ['of templates, to files below a folder', 'm.mpd', onAir('m.mpd', mpd(CDN), 'live/')],
  [
    'of a base address, to files below a folder',
    'm.mpd',
    onAir('m.mpd', mpd('', `<BaseURL>${CDN}</BaseURL>`), 'live/'),
  ],
  ['of a playlist', 'p.m3u8', onAir('p.m3u8', playlist('https://CDN.example/a/live/'), '')],
  ['of a playlist in another folder', 'd/p.m3u8', onAir('d/p.m3u8', playlist(`${CDN}`), 'live/')],
]

it.each(cases)('a gateway leads nobody to other hosts: addresses %s', async (title, name, files) => {
  const capture = folder.at(`${title.replace(/\W/g, '-')}.pcap`)
  writeFileSync(capture, fluteCapture(files))
  const served = await ServedCapture.open(capture, ['--log', 'http@warning'])
  try {
    const manifest = await served.ask(`/service1/${name}`)
    expect(manifest.status).toBe(200)
    expect(manifest.text.replace(/xmlns(?::\w+)?="[^"]*"/g, '')).not.toMatch(/https?:\/\/|ads\.example|Location/)
    // What a player makes of its references is here.
    const references = name.endsWith('.mpd')
      ? templatesOf(manifest.text)
      : [...manifest.text.matchAll(/URI="([^"]*)"|^([^#\n].*)$/gm)].map(([, uri, line]) => uri ?? line ?? '')
    expect(references).toHaveLength(3)
    const base = new URL(`/service1/${name}`, served.base)
    const below = /<BaseURL>([^<]*)/.exec(manifest.text)?.[1] ?? ''
    for (const reference of references) {
      const url = new URL(reference, new URL(below, base))
      expect([url.pathname, (await served.ask(url.pathname)).status]).toEqual([url.pathname, 200])
    }
    // As it was sent, it is still to be had.
    const sent = files[0]?.bytes
    expect((await served.ask(`/service1/${name}?as=sent`)).text).toBe(sent)
  } finally {
    await served.close()
  }
})

/** Addresses of initialisation segment and segments, by the template of an MPD. */
function templatesOf(text: string): string[] {
  const attribute = (of: string): string => new RegExp(`${of}="([^"]*)"`).exec(text)?.[1] ?? ''
  return [attribute('initialization'), ...['1', '2'].map((number) => attribute('media').replace('$Number$', number))]
}

it('what is truly elsewhere is told', async () => {
  const capture = folder.at('elsewhere.pcap')
  writeFileSync(capture, fluteCapture(onAir('m.mpd', mpd('', '', END), '')))
  const served = await ServedCapture.open(capture, ['--log', 'http@warning'])
  try {
    await served.ask('/service1/m.mpd')
    await served.program.printed('stderr', /leads out of the broadcast; cut Period@xlink:href in line 1, "http:\/\/ads/)
  } finally {
    await served.close()
  }
})

describe('HTTP of a gateway', () => {
  /** All that the server sends for these bytes, until it closes the connection. */
  async function raw(base: string, request: string): Promise<string> {
    const { hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname, () => socket.write(request))
    return await text(socket)
  }

  it('lets pages of public addresses in where they are admitted, and refuses before a body is sent', async () => {
    const capture = folder.at('http.pcap')
    writeFileSync(capture, fluteCapture(onAir('m.mpd', mpd(''), '')))
    const served = await ServedCapture.open(capture, ['--allow-origin', 'https://player.example'])
    try {
      const preflight = (origin: string, more = ''): Promise<string> =>
        raw(
          served.base,
          `OPTIONS /service1/m.mpd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: GET\r\n${more}\r\n`,
        )
      const asks = 'Access-Control-Request-Private-Network: true\r\n'
      expect(await preflight('https://player.example', asks)).toMatch(/^Access-Control-Allow-Private-Network: true\r$/m)
      expect(await preflight('https://player.example')).not.toContain('Private-Network')
      expect(await preflight('https://other.example', asks)).not.toContain('Private-Network')
      const put = 'PUT /service1/m.mpd HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'
      const answer = await raw(served.base, put)
      expect(answer).toMatch(/^HTTP\/1\.1 405 /)
      expect(answer).not.toContain('100 Continue')
    } finally {
      await served.close()
    }
  })
})
