import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { toAppError } from '../failure/app-failure.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMaster } from '../manifest/hls/playlist.ts'
import { broadcastOf, DEMO_FOLDER, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { chosenMaster } from './chosen-master.ts'
import { parseRepresentationChoice } from './chosen-mpd.ts'
import { loadPresentation } from './presentation-loader.ts'

const folder = mkdtempSync(join(tmpdir(), 'routescope-chosen-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MASTER = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a1",NAME="de",URI="a/de.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a1",NAME="en",URI="a/en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a2",NAME="best",URI="a/best.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="sub",URI="s.m3u8?x=1"
#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO="a1"
low.m3u8
# a comment
#EXT-X-STREAM-INF:BANDWIDTH=5000,AUDIO="a2",SUBTITLES="s"
high.m3u8?token=1
#EXT-X-STREAM-INF:BANDWIDTH=2000,AUDIO="a1",SUBTITLES="s"
mid.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,URI="iframes.m3u8"
`
const master = parsePlaylist(new TextEncoder().encode(MASTER)) as HlsMaster

/** Addresses in a playlist, in their order. */
const urisOf = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /URI="(.*?)"/.exec(line)?.[1] ?? (line === '' || line.startsWith('#') ? [] : line))

describe('what is sent of a multivariant playlist', () => {
  it.each([
    ['highest', ['a/best.m3u8', 's.m3u8?x=1', 'high.m3u8?token=1']],
    ['low', ['a/de.m3u8', 'a/en.m3u8', 'low.m3u8']],
    ['low, a/en', ['a/en.m3u8', 'low.m3u8']],
    ['mid,high,s', ['a/de.m3u8', 'a/en.m3u8', 'a/best.m3u8', 's.m3u8?x=1', 'high.m3u8?token=1', 'mid.m3u8']],
  ])('of %j', (text, uris) => {
    const chosen = chosenMaster(master, parseRepresentationChoice(text), 'm.m3u8')
    expect(urisOf(chosen.lines)).toEqual(uris)
    expect(chosen.lines.slice(0, 2)).toEqual(['#EXTM3U', '#EXT-X-VERSION:7'])
    expect(chosen.lines).toContain('# a comment')
    // Read again, it is what it says it is.
    const again = parsePlaylist(new TextEncoder().encode(chosen.lines.join('\n'))) as HlsMaster
    expect(again.variants).toEqual(chosen.variants)
    expect(again.renditions).toEqual(chosen.renditions)
  })

  it('is all of it where nothing was chosen', () => {
    expect(chosenMaster(master, 'all', 'm.m3u8')).toBe(master)
  })

  it('is refused where no variant is left, with those that there are', () => {
    try {
      chosenMaster(master, ['hd', 'a/de'], 'm.m3u8')
      expect.unreachable()
    } catch (thrown) {
      expect(toAppError(thrown)).toMatchObject({
        code: 'input-unusable',
        message: '"m.m3u8" has none of the representations that are to be sent.',
        tryThis: expect.stringMatching(/^Choose among "low", "high", "mid", "a\/de", .*, at least one variant\.$/),
      })
    }
  })

  it('arrives alone, and the playlist on air lists nothing else', async () => {
    cpSync(DEMO_FOLDER, folder, { recursive: true })
    const path = join(folder, 'master.m3u8')
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text.replace('#EXT-X-STREAM', '#EXT-X-STREAM-INF:BANDWIDTH=9,AUDIO="sound"\nlow.m3u8\n#EXT-X-STREAM'),
    )
    const presentation = await loadPresentation(path, { representations: ['video'] })
    const packets = await broadcastOf(presentation)
    const { files } = receiveAll(packets, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    const onAir = new TextDecoder().decode(files.get('service1/master.m3u8') ?? new Uint8Array())
    expect(onAir).toBe(text)
    expect([...files.keys()].filter((name) => name.endsWith('.m3u8')).sort()).toEqual(
      ['audio', 'master', 'video'].map((name) => `service1/${name}.m3u8`),
    )
  })

  it('is one media playlist as a whole, which is told', async () => {
    const notes: string[] = []
    const note = ({ sentence }: { readonly sentence: string }): void => void notes.push(sentence)
    const { tracks } = await loadPresentation(join(DEMO_FOLDER, 'video.m3u8'), { representations: ['hd'], note })
    expect(tracks).toHaveLength(1)
    expect(notes).toContainEqual(expect.stringMatching(/^All of ".*video\.m3u8" is sent: it is one media playlist/))
  })
})
