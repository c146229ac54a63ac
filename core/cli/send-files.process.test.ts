import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { indexedFile } from '../testing/indexed-file.ts'
import { routescope, TestFolder, treeOf } from '../testing/program.ts'
import { demoFile } from '../testing/served-files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const template = (attributes: string): string => `<SegmentTemplate timescale="1000" duration="2000" ${attributes}/>`
const SEGMENTS = template('startNumber="1" initialization="i.mp4" media="v-$Number$.m4s"')
const mpd = (inside: string, { root = 'mediaPresentationDuration="PT4S"', before = '', after = '' } = {}): string =>
  `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" type="static" ${root}>${before}<Period id="1"><AdaptationSet mimeType="video/mp4" contentType="video">${inside}<Representation id="v" codecs="avc1.64001f" bandwidth="300000"/></AdaptationSet></Period>${after}</MPD>`
const remote = (href: string, attributes = ''): string =>
  `<Period xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="${href}" xlink:actuate="onLoad" ${attributes}/>`

let count = 0
/**
 * Sends a folder's `m.mpd`.
 * @param files of the demo, or contents, by their names in the folder
 */
async function sent(
  text: string,
  files: Record<string, string | Uint8Array>,
  options: readonly string[] = [],
): Promise<{ readonly lines: readonly string[]; readonly received: readonly string[] }> {
  const name = `p${++count}`
  mkdirSync(folder.at(name))
  writeFileSync(folder.at(name, 'm.mpd'), text)
  for (const [file, source] of Object.entries(files))
    writeFileSync(folder.at(name, file), typeof source === 'string' ? demoFile(source) : source)
  const capture = folder.at(`${name}.pcapng`)
  const url = 'route://239.255.17.4:6000'
  const { status, stderr } = await routescope([
    'send',
    folder.at(name, 'm.mpd'),
    url,
    '--capture-out',
    capture,
    ...options,
  ])
  expect(status).toBe(0)
  const lines = stderr.trimEnd().split('\n')
  expect(lines.pop()).toMatch(/^Sent \d+ packets/)
  await routescope(['receive', '--capture', capture, '--out', folder.at(`${name}-out`)])
  return { lines, received: treeOf(folder.at(`${name}-out`, 'service1')).map(({ path }) => path) }
}

const two = { 'i.mp4': 'video-init.mp4', 'v-1.m4s': 'video-1.m4s', 'v-2.m4s': 'video-2.m4s' }
const three = { ...two, 'v-3.m4s': 'video-3.m4s' }

it('a further segment is sent where there is one, but not in a loop', async () => {
  const once = await sent(mpd(SEGMENTS), three)
  expect(once).toEqual({ lines: [], received: ['i.mp4', 'm.mpd', 'v-1.m4s', 'v-2.m4s', 'v-3.m4s'] })
  const { lines } = await sent(mpd(SEGMENTS), three, ['--loop', '--duration', '3'])
  expect(lines).toEqual([expect.stringMatching(/^routescope: Segment 3 of "v" is not sent: in a loop, /)])
})

it('all segments are sent where the MPD has no duration', async () => {
  const { lines, received } = await sent(mpd(SEGMENTS, { root: '' }), three)
  expect(lines).toEqual([])
  expect(received).toEqual(['i.mp4', 'm.mpd', 'v-1.m4s', 'v-2.m4s', 'v-3.m4s'])
})

it('a last segment that is not there is left out with one line, and files that nothing names are listed', async () => {
  const more = { ...two, 'v-9.m4s': 'video-9.m4s', 'other.mp4': 'video-init.mp4' }
  const { lines, received } = await sent(mpd(SEGMENTS, { root: 'mediaPresentationDuration="PT4.1S"' }), more)
  expect(received).toEqual(['i.mp4', 'm.mpd', 'v-1.m4s', 'v-2.m4s'])
  expect(lines).toEqual([
    expect.stringMatching(/^routescope: Segment 3 of "v" is not sent: ".*v-3\.m4s" is not there/),
    expect.stringMatching(/^routescope: Not sent, since "m\.mpd" does not name them: "other\.mp4", "v-9\.m4s"\./),
  ])
})

it('times come from the files of a template with $Time$ that has no timeline', async () => {
  const media = template('initialization="i.mp4" media="v-$Time$.m4s"')
  const files = {
    'i.mp4': 'video-init.mp4',
    'v-0.m4s': 'video-1.m4s',
    'v-1984.m4s': 'video-2.m4s',
    'v-4010.m4s': 'video-3.m4s',
  }
  const { lines, received } = await sent(mpd(media, { root: 'mediaPresentationDuration="PT6S"' }), files)
  expect({ lines, received }).toEqual({ lines: [], received: [...Object.keys(files), 'm.mpd'].sort() })
})

it('a period that resolves to zero does not exist', async () => {
  const before = remote('urn:mpeg:dash:resolve-to-zero:2013')
  const { lines, received } = await sent(mpd(SEGMENTS, { before }), two)
  expect({ lines, received }).toEqual({ lines: [], received: ['i.mp4', 'm.mpd', 'v-1.m4s', 'v-2.m4s'] })
})

it('a remote period is named, and what is left out for it', async () => {
  const before = remote('http://ads.example/p.xml', 'duration="PT2S"')
  const { lines, received } = await sent(mpd(SEGMENTS, { before }), two)
  expect(received).toEqual(['i.mp4', 'm.mpd', 'v-1.m4s'])
  expect(lines).toEqual([
    expect.stringContaining('The Period in line 1 of "m.mpd" lies at http://ads.example/p.xml, and is not sent.'),
    expect.stringContaining('does not name it: "v-2.m4s"'),
  ])
})

it('undeclared prefixes are noted', async () => {
  const root = 'xsi:schemaLocation="urn:x y.xsd" yt:earliest="4" mediaPresentationDuration="PT4S"'
  const { lines, received } = await sent(mpd(SEGMENTS, { root }), two)
  expect(received).toEqual(['i.mp4', 'm.mpd', 'v-1.m4s', 'v-2.m4s'])
  expect(lines).toEqual([
    expect.stringContaining('"m.mpd" does not declare the prefix "xsi", "yt", so that strict players refuse it.'),
  ])
})

it('what receivers cannot take is said before the first packet', async () => {
  mkdirSync(folder.at('plain', 'ünï'), { recursive: true })
  writeFileSync(folder.at('plain', 'ünï', '日本 1.bin'), 'abc')
  writeFileSync(folder.at('plain', 'empty.bin'), '')
  const send = async (url: string, capture: string): Promise<string[]> => {
    const { stderr } = await routescope(['send', folder.at('plain'), url, '--capture-out', folder.at(capture)])
    return stderr.trimEnd().split('\n')
  }
  const empty = expect.stringMatching(/^routescope: GPAC's receivers may write .* into empty ones: "empty\.bin"\./)
  const sentLine = expect.stringMatching(/^Sent \d+ packets/)
  expect(await send('atsc://239.255.17.5:6000', 'atsc.pcapng')).toEqual([
    expect.stringMatching(/^routescope: GPAC's receivers take no service over ATSC 3\.0 that has no MPD/),
    empty,
    sentLine,
  ])
  expect(await send('route://239.255.17.5:6000', 'route.pcapng')).toEqual([empty, sentLine])
  await routescope(['receive', '--capture', folder.at('route.pcapng'), '--out', folder.at('plain-out')])
  const received = treeOf(folder.at('plain-out', 'service1')).map(({ path, size }) => [path, size])
  expect(received).toEqual([
    ['empty.bin', 0],
    ['ünï/日本 1.bin', 3],
  ])
})

it('files of byte ranges are sent whole, and can be played once they have arrived', async () => {
  const ranged = `<BaseURL>whole.mp4</BaseURL><SegmentBase indexRange="900-999"><Initialization range="0-899"/></SegmentBase>`
  const text = mpd('', { root: 'mediaPresentationDuration="PT2S"' }).replace(
    'bandwidth="300000"/>',
    `bandwidth="300000">${ranged}</Representation>`,
  )
  const { lines, received } = await sent(text, { 'whole.mp4': 'video-1.m4s' })
  expect(received).toEqual(['m.mpd', 'whole.mp4'])
  expect(lines).toEqual([
    expect.stringMatching(/^routescope: "whole\.mp4" is sent whole, because the manifest names byte ranges/),
  ])
  const report = await routescope(['inspect', '--json', folder.at(`p${count}.pcapng`)])
  const [service] = JSON.parse(report.stdout).services
  expect(service).toMatchObject({ notPlayable: null, startup: { init: null, playable: expect.any(Number) } })
})

it('files of byte ranges are cut into one per segment where that is asked for', async () => {
  const segments = ['video-1.m4s', 'video-2.m4s'].map(demoFile)
  const { bytes, initRange, indexRange } = indexedFile(demoFile('video-init.mp4'), segments, 1000, 2000)
  const ranged = `<BaseURL>all.mp4</BaseURL><SegmentBase timescale="1000" indexRange="${indexRange}"><Initialization range="${initRange}"/></SegmentBase>`
  const text = mpd('', { root: 'mediaPresentationDuration="PT4S"' }).replace(
    'bandwidth="300000"/>',
    `bandwidth="300000">${ranged}</Representation>`,
  )
  const { lines, received } = await sent(text, { 'all.mp4': bytes }, ['--cut'])
  expect({ lines, received }).toEqual({ lines: [], received: ['all-1.mp4', 'all-2.mp4', 'all-init.mp4', 'm.mpd'] })
})
