import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { inspect, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { demoFile, fluteCapture, ServedCapture, videoOnAir } from '../testing/served-files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const HEAD = '#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:2\n'
const media = (define: string, ending = '#EXT-X-ENDLIST\n'): string =>
  `\ufeff${HEAD}${define}#EXT-X-MAP:URI="{$d}/i,1.mp4"\n#EXTINF:2,ti,tle\n{$d}/v-1.m4s\n#EXTINF:2,\n{$d}/v-2.m4s\n${ending}`.replaceAll(
    '\n',
    '\r\n',
  )
const VIDEO = { 'i,1.mp4': 'video-init.mp4', 'v-1.m4s': 'video-1.m4s', 'v-2.m4s': 'video-2.m4s' }

/** A folder with the demo's video in `sub`, and these playlists. */
function presentation(name: string, playlists: Record<string, string>): string {
  mkdirSync(folder.at(name, 'sub'), { recursive: true })
  for (const [file, source] of Object.entries(VIDEO)) writeFileSync(folder.at(name, 'sub', file), demoFile(source))
  for (const [file, text] of Object.entries(playlists)) writeFileSync(folder.at(name, file), text)
  return folder.at(name)
}

describe('send of a playlist with variables', () => {
  const send = (manifest: string, capture: string) =>
    routescope(['send', manifest, 'route://239.255.17.3:6000', '--capture-out', folder.at(capture)])
  const MASTER = `#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-DEFINE:NAME="d",VALUE="sub"\n#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="avc1.64001f"\nv.m3u8\n`

  it.each([
    ['its own', 'p.m3u8', { 'p.m3u8': media('#EXT-X-DEFINE:NAME="d",VALUE="sub"\n') }],
    ['imported', 'p.m3u8', { 'p.m3u8': MASTER, 'v.m3u8': media('#EXT-X-DEFINE:IMPORT="d"\n') }],
  ])('finds the files of %s, and its own receiver has nothing to note', async (name, manifest, playlists) => {
    const at = presentation(name.replace(' ', '-'), playlists)
    expect(await send(join(at, manifest), `${name}.pcapng`)).toMatchObject({ status: 0 })
    const out = folder.at(`${name}-out`)
    await routescope(['receive', '--capture', folder.at(`${name}.pcapng`), '--out', out])
    const received = treeOf(join(out, 'service1')).map(({ path }) => path)
    const files = Object.keys(VIDEO).map((file) => `sub/${file}`)
    expect(received).toEqual([...Object.keys(playlists), ...files].sort())
    const { alarms } = await inspect(folder.at(`${name}.pcapng`))
    expect(alarms.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule)).toEqual([])
    const served = await ServedCapture.open(folder.at(`${name}.pcapng`))
    try {
      const { text } = await served.ask(`/service1/${Object.keys(playlists).at(-1)}`)
      expect(text).toContain('#EXT-X-MAP:URI="sub/i,1.mp4"')
      expect(text).toContain('sub/v-1.m4s')
      expect(text).not.toMatch(/DEFINE|\{\$/)
    } finally {
      await served.close()
    }
  })

  it('names one that nothing gives a value', async () => {
    const at = presentation('query', { 'p.m3u8': media('#EXT-X-DEFINE:QUERYPARAM="d"\n') })
    const { status, stderr } = await send(join(at, 'p.m3u8'), 'query.pcapng')
    expect(stderr).toContain(
      'p.m3u8" cannot be sent: it names "{$d}/v-1.m4s", and no #EXT-X-DEFINE gives {$d} a value.',
    )
    expect(status).toBe(2)
  })
})

it('segments of any names, and one that the playlist has not (EXT-X-GAP), are no loss where the rest goes round between them', async () => {
  const at = folder.at('any-names')
  cpSync(DEMO_FOLDER, at, { recursive: true })
  const list = readFileSync(join(at, 'video.m3u8'), 'utf8').replace(/(#EXTINF.*\nvideo-5\.m4s)/, '#EXT-X-GAP\n$1')
  const named = list.replace(/^video-(\d+)\.m4s/gm, (_, number: string) => `v${(Number(number) * 7919) % 1000}.m4s`)
  for (let n = 1; n <= 12; n++) renameSync(join(at, `video-${n}.m4s`), join(at, `v${(n * 7919) % 1000}.m4s`))
  writeFileSync(join(at, 'video.m3u8'), named)
  const capture = folder.at('any-names.pcapng')
  await routescope(['send', join(at, 'master.m3u8'), 'route://239.255.17.3:6000', '--capture-out', capture])
  const { alarms } = await inspect(capture)
  expect(alarms.filter(({ severity }) => severity !== 'info').map(({ text }) => text)).toEqual([])
  const { stderr, status } = await routescope(['receive', '--capture', capture, '--out', folder.at('any-out')])
  expect(stderr).toMatch(/^Received \d+ packets, \d+ bytes: 28 of 28 objects complete, 0 incomplete, 28 files\.$/m)
  expect(status).toBe(0)
})

it('a playlist with variables is served as it grows', async () => {
  const capture = folder.at('grows.pcap')
  const files = [
    { name: 'p.m3u8', bytes: media('#EXT-X-DEFINE:NAME="d",VALUE="sub"\n') },
    ...videoOnAir('sub/i,1.mp4', 'sub/v-1.m4s', 'sub/v-2.m4s'),
  ]
  // Served from 5 s on; the second segment ends after 13 s.
  writeFileSync(capture, fluteCapture(files, 80_000))
  const served = await ServedCapture.open(capture, ['--pace', 'real'], null)
  try {
    const growing = await served.askUntil('/service1/p.m3u8', ({ status, state }) => {
      if (status !== 200) expect(state).toBe('expected')
      return status === 200
    })
    expect(growing.text).toMatch(/sub\/v-1\.m4s\n$/)
    const grown = await served.askUntil('/service1/sub/v-2.m4s', ({ status }) => status === 200)
    expect(grown.bytes.equals(demoFile('video-2.m4s'))).toBe(true)
  } finally {
    await served.close()
  }
})

it('tags of low latency are left out, since no request waits for parts', async () => {
  const capture = folder.at('parts.pcap')
  const tags = [
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3',
    '#EXT-X-PART-INF:PART-TARGET=1',
    '#EXT-X-MAP:URI="i.mp4"',
    '#EXTINF:2,\nv-1.m4s',
    '#EXT-X-PART:DURATION=1,URI="v-2.1.m4s"',
    '#EXT-X-PART:DURATION=1,URI="v-2.m4s",BYTERANGE="9@0"',
    '#EXTINF:2,\nv-2.m4s',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="v-3.1.m4s"',
    '#EXT-X-RENDITION-REPORT:URI="q.m3u8",LAST-MSN=1',
  ]
  const text = `${HEAD}${tags.join('\n')}\n`
  writeFileSync(capture, fluteCapture([{ name: 'p.m3u8', bytes: text }, ...videoOnAir('i.mp4', 'v-1.m4s', 'v-2.m4s')]))
  const served = await ServedCapture.open(capture)
  try {
    const { text: list } = await served.ask('/service1/p.m3u8?_HLS_msn=9')
    expect(list.split('\n').filter((line) => line !== '')).toEqual([
      ...HEAD.trimEnd().split('\n'),
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-PLAYLIST-TYPE:VOD',
      '#EXT-X-MAP:URI="i.mp4"',
      ...['#EXTINF:2,', 'v-1.m4s', '#EXTINF:2,', 'v-2.m4s', '#EXT-X-ENDLIST'],
    ])
    expect((await served.ask('/service1/p.m3u8?as=sent')).text).toBe(text)
  } finally {
    await served.close()
  }
})
