import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { routescope, TestFolder, treeOf } from '../testing/program.ts'
import { demoFile, type FileOnAir, fluteCapture, ServedCapture, videoOnAir } from '../testing/served-files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const TEMPLATE =
  '<SegmentTemplate timescale="1000" duration="2000" startNumber="1" initialization="i.mp4QUERY" media="v-$Number$.m4sQUERY"/>'
const mpd = (query: string, attributes: string, top = ''): string =>
  `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" ${attributes}>${top}<Period id="1" start="PT0S"><AdaptationSet mimeType="video/mp4" contentType="video">${TEMPLATE.replaceAll('QUERY', query)}<Representation id="v" codecs="avc1.64001f" bandwidth="300000"/></AdaptationSet></Period></MPD>`
const STATIC = 'type="static" mediaPresentationDuration="PT4S"'
const DYNAMIC = 'type="dynamic" availabilityStartTime="2025-12-31T23:59:56Z" minimumUpdatePeriod="PT2S"'
const PLAYLIST =
  '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:2,\nv-1.m4s\n#EXTINF:2,\nv-2.m4s\n'

function captureOf(name: string, files: readonly FileOnAir[], stepUs?: number): string {
  writeFileSync(folder.at(name), fluteCapture(files, stepUs))
  return folder.at(name)
}

/** Statuses of paths, of a capture that has ended. */
async function statuses(capture: string, paths: readonly string[]): Promise<Record<string, number>> {
  const served = await ServedCapture.open(capture)
  try {
    const found: Record<string, number> = {}
    for (const path of paths) found[path] = (await served.ask(path)).status
    return found
  } finally {
    await served.close()
  }
}

const all = (paths: readonly string[]): Record<string, number> => Object.fromEntries(paths.map((path) => [path, 200]))

describe('a gateway compares names as the addresses that players make of them', () => {
  it('of dot segments: in requests, and in the cut of a playlist', async () => {
    const names = ['./i.mp4', 'x/../v-1.m4s', './/v-2.m4s'] as const
    const capture = captureOf('dots.pcap', [{ name: 'p.m3u8', bytes: PLAYLIST }, ...videoOnAir(...names)])
    const served = await ServedCapture.open(capture)
    try {
      for (const path of ['i.mp4', 'v-1.m4s', 'v-2.m4s'])
        expect((await served.ask(`/service1/${path}`)).status).toBe(200)
      const { text } = await served.ask('/service1/p.m3u8')
      expect(text).toContain('v-1.m4s\n#EXTINF:2,\nv-2.m4s\n#EXT-X-ENDLIST')
      // Every file of the list has a link that leads to it.
      const list = await served.ask('/service1/', { accept: 'application/json' })
      const { files } = JSON.parse(list.text) as { files: { url: string }[] }
      for (const { url } of files) expect([url, (await served.ask(url)).status]).toEqual([url, 200])
    } finally {
      await served.close()
    }
  })

  it('of absolute paths, from the root of the gateway and below the service', async () => {
    const manifest = { name: '/live/m.mpd', bytes: mpd('', STATIC, '<BaseURL>/live/</BaseURL>') }
    const capture = captureOf('rooted.pcap', [manifest, ...videoOnAir('/live/i.mp4', '/live/v-1.m4s', '/live/v-2.m4s')])
    const paths = ['/live/v-1.m4s', '/service1/live/v-1.m4s', '/service1//live/v-1.m4s', '/service1/live/m.mpd']
    expect(await statuses(capture, paths)).toEqual(all(paths))
  })

  it('of queries and escapes', async () => {
    const names = ['i.mp4?t=1&d=2', 'v-1.m4s?t=1&d=2', 'http://h.example/x/y.m4s?z=1']
    const files = [...names, 'a%2Fb%20c.bin', 'café #1.bin'].map((name) => ({ name, bytes: name }))
    const paths = [
      '/service1/v-1.m4s?t=1&d=2',
      '/service1/v-1.m4s%3Ft=1&d=2',
      '/service1/http://h.example/x/y.m4s?z=1',
      '/service1/a%2Fb%20c.bin',
      '/service1/a%252Fb%2520c.bin',
      '/service1/caf%C3%A9%20%231.bin',
    ]
    expect(await statuses(captureOf('queries.pcap', files), paths)).toEqual(all(paths))
    expect(await statuses(folder.at('queries.pcap'), ['/service1/v-1.m4s?t=2'])).toEqual({
      '/service1/v-1.m4s?t=2': 404,
    })
  })

  it.concurrent.each([
    ['dynamic', DYNAMIC],
    ['static', STATIC],
  ])(
    'of queries that only a %s manifest has: what is expected is held, and the manifest is served at once',
    async (name, attributes) => {
      const files = [
        { name: 'm.mpd', bytes: mpd('?t=1&amp;d=2', attributes) },
        ...videoOnAir('i.mp4', 'v-1.m4s', 'v-2.m4s'),
      ]
      // The second segment begins after 4 s, and an unclaimed FLUTE session is served after 5 s.
      const served = await ServedCapture.open(captureOf(`live-${name}.pcap`, files, 80_000), ['--pace', 'real'], null)
      try {
        const manifest = await served.askUntil('/service1/m.mpd', ({ status }) => status === 200)
        expect(manifest.status).toBe(200)
        expect(manifest.text).toContain('type="dynamic"')
        const first = await served.askUntil('/service1/v-1.m4s?t=1&d=2', ({ status }) => status !== 503)
        expect(first.bytes.equals(demoFile('video-1.m4s'))).toBe(true)
        const next = await served.askUntil('/service1/v-2.m4s?t=1&d=2', ({ status, state }) => {
          if (status !== 200) expect(state).toBe('expected')
          return status === 200
        })
        expect(next.bytes.equals(demoFile('video-2.m4s'))).toBe(true)
      } finally {
        await served.close()
      }
    },
  )
})

describe('send', () => {
  const presentation = (name: string, files: Record<string, string | Uint8Array>): string => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder.at(name), path, '..'), { recursive: true })
      writeFileSync(folder.at(name, path), content)
    }
    return folder.at(name)
  }
  /** What a receiver of the sent presentation writes. */
  const received = async (manifest: string, out: string): Promise<string[]> => {
    const capture = folder.at(`${out}.pcapng`)
    const sent = await routescope(['send', manifest, 'route://239.255.17.2:6000', '--capture-out', capture])
    expect(sent.stderr).toMatch(/^Sent \d+ packets/)
    expect(sent.status).toBe(0)
    await routescope(['receive', '--capture', capture, '--out', folder.at(out)])
    return treeOf(folder.at(out, 'service1')).map(({ path }) => path)
  }
  const video = (init: string, first: string, second: string): Record<string, Uint8Array> => ({
    [init]: demoFile('video-init.mp4'),
    [first]: demoFile('video-1.m4s'),
    [second]: demoFile('video-2.m4s'),
  })

  it.concurrent.each(['./pic/hd/p.m3u8', 'pic/../pic/hd/p.m3u8'])(
    'sends a child playlist %s as pic/hd/p.m3u8',
    async (uri) => {
      const name = uri.replace(/\W/g, '-')
      const master = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="avc1.64001f"\n${uri}\n`
      const child = `${PLAYLIST}#EXT-X-ENDLIST\n`
      const at = presentation(name, {
        'p.m3u8': master,
        'pic/hd/p.m3u8': child,
        ...video('pic/hd/i.mp4', 'pic/hd/v-1.m4s', 'pic/hd/v-2.m4s'),
      })
      expect(await received(join(at, 'p.m3u8'), `${name}-out`)).toEqual([
        'p.m3u8',
        'pic/hd/i.mp4',
        'pic/hd/p.m3u8',
        'pic/hd/v-1.m4s',
        'pic/hd/v-2.m4s',
      ])
      const served = await ServedCapture.open(folder.at(`${name}-out.pcapng`))
      try {
        expect((await served.ask('/service1/pic/hd/p.m3u8')).status).toBe(200)
      } finally {
        await served.close()
      }
    },
  )

  it('finds the file of a name with a query, and sends again what was dumped', async () => {
    const at = presentation('query', {
      'm.mpd': mpd('?t=1&amp;d=2', STATIC),
      ...video('i.mp4', 'v-1.m4s', 'v-2.m4s'),
    })
    const names = ['i.mp4?t=1&d=2', 'm.mpd', 'v-1.m4s?t=1&d=2', 'v-2.m4s?t=1&d=2']
    expect(await received(join(at, 'm.mpd'), 'query-out')).toEqual(names)
    expect(await received(folder.at('query-out', 'service1', 'm.mpd'), 'query-again')).toEqual(names)
  })

  it('sends again what was dumped under escaped names', async () => {
    const text = mpd('', STATIC).replace('v-$', 'vid%C3%A9o%20n-$').replace('i.mp4', '%E6%98%A0.mp4')
    const at = presentation('escaped é#1%25', {
      'm.mpd': text,
      ...video('映.mp4', 'vidéo n-1.m4s', 'vidéo n-2.m4s'),
    })
    const names = ['%E6%98%A0.mp4', 'm.mpd', 'vid%C3%A9o%20n-1.m4s', 'vid%C3%A9o%20n-2.m4s']
    expect(await received(join(at, 'm.mpd'), 'escaped-out')).toEqual(names)
    expect(await received(folder.at('escaped-out', 'service1', 'm.mpd'), 'escaped-again')).toEqual(names)
  })

  it('sends the demo from a copy, unchanged', async () => {
    cpSync(DEMO_FOLDER, folder.at('copy'), { recursive: true })
    const names = await received(folder.at('copy', 'manifest.mpd'), 'copy-out')
    expect(names.filter((name) => name.endsWith('.m4s'))).toHaveLength(24)
    expect(readFileSync(folder.at('copy-out', 'service1', 'manifest.mpd'), 'utf8')).toBe(
      readFileSync(join(DEMO_FOLDER, 'manifest.mpd'), 'utf8'),
    )
  })
})
