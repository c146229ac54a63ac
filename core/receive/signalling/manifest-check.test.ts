import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import { FluteSender } from '../../testing/flute-sender.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'

const text = (document: string): Uint8Array => new TextEncoder().encode(document)
const MPD = text(
  '<MPD><Period><AdaptationSet><Representation id="v" codecs="avc1.64001f"/></AdaptationSet></Period></MPD>',
)
const MEDIA_PLAYLIST = text('#EXTM3U\n#EXTINF:2,\na.ts\n')
const MASTER = text('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2"\na.m3u8\n')
const DESTINATION = testFlow('239.255.1.9', 4000, 9)

/** What a session of files leaves as the manifest of its service. */
function manifestOf(files: readonly (readonly [name: string, bytes: Uint8Array])[]) {
  const session = new TestSession({ kind: 'discover' })
  const sender = new FluteSender({ digest: 'none' })
  const listed = files.map(([name, bytes], at) => ({ toi: at + 1, name, contentType: 'text/plain', bytes }))
  const sent = [...sender.table(listed, 0, false), ...listed.flatMap((file) => sender.object(file, 0))]
  for (const { bytes } of sent) session.datagram(bytes, DESTINATION)
  session.close()
  return session.services.get(asServiceId(1))?.manifest
}

describe('a manifest that came as a file', () => {
  it('is what players begin with, where no signalling names one', () => {
    expect(manifestOf([['x/m.mpd', MPD]])).toMatchObject({ kind: 'dash', name: 'x/m.mpd', codecs: ['avc1.64001f'] })
    expect(manifestOf([['a.m3u8', MEDIA_PLAYLIST]])).toMatchObject({ kind: 'hls', name: 'a.m3u8' })
  })

  it('is the one of the whole presentation, whichever came first', () => {
    for (const files of [
      [['a.m3u8', MEDIA_PLAYLIST] as const, ['all.m3u8', MASTER] as const],
      [['all.m3u8', MASTER] as const, ['a.m3u8', MEDIA_PLAYLIST] as const],
    ])
      expect(manifestOf(files)).toMatchObject({ kind: 'hls', name: 'all.m3u8', codecs: ['mp4a.40.2'] })
  })

  it('is none where it cannot be read', () => {
    expect(manifestOf([['m.mpd', text('<html/>')]])).toBeNull()
  })
})
