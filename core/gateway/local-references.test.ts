import { describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { localReferences } from './local-references.ts'

const names = ['http://origin/live/manifest.mpd', 'http://origin/live/a%20b/1.m4s', 'http://origin/v.m3u8']

describe('localReferences', () => {
  it('rewrites base URLs of received files to the gateway, and no others', () => {
    const mpd = (a: string, b: string): string =>
      `<MPD><BaseURL serviceLocation="x">${a}</BaseURL><Period><d:BaseURL>\n ${b}</d:BaseURL></Period></MPD>`
    expect(localReferences(mpd('http://origin/live/', 'http://elsewhere/live/'), asServiceId(1), names)).toBe(
      mpd('/service1/http://origin/live/', 'http://elsewhere/live/'),
    )
    expect(localReferences(mpd('sub/', 'http://origin/live/'), asServiceId(7), names)).toBe(
      mpd('sub/', '/service7/http://origin/live/'),
    )
  })

  it('rewrites templates and lists of segments, and keeps their identifiers for players', () => {
    const mpd = (at: string, other = 'http://elsewhere/'): string =>
      `<MPD><SegmentTemplate media='${at}$RepresentationID$/a%20b-$Number%05d$.m4s' initialization="${at}$RepresentationID$.mp4" timescale="1"/><SegmentTemplate media="${other}$Number$.m4s" initialization="http://$Number$/x"/><d:SegmentList><d:Initialization sourceURL="${at}i.mp4"/><d:SegmentURL media="${at}1.m4s"/></d:SegmentList><Other media="http://origin/live/x"/></MPD>`
    expect(localReferences(mpd('http://origin/live/'), asServiceId(3), names)).toBe(
      mpd('/service3/http://origin/live/').replace('a%20b', 'a%2520b'),
    )
    // A host alone is no folder of received files.
    expect(localReferences('<SegmentTemplate media="http://origin"/>', asServiceId(3), names)).toBe(
      '<SegmentTemplate media="http://origin"/>',
    )
  })

  it('rewrites the URIs of playlists too', () => {
    const playlist = (map: string, uri: string): string =>
      `#EXTM3U\n#EXT-X-MAP:URI="${map}"\n#EXTINF:2,\n${uri}\nnext.m4s\n`
    expect(localReferences(playlist('http://origin/i.mp4', 'http://origin/v.m3u8'), asServiceId(2), names)).toBe(
      playlist('/service2/http://origin/i.mp4', '/service2/http://origin/v.m3u8'),
    )
    expect(localReferences(playlist('https://cdn/i.mp4', 'https://cdn/1.m4s'), asServiceId(2), names)).toBe(
      playlist('https://cdn/i.mp4', 'https://cdn/1.m4s'),
    )
  })

  it('changes nothing where no file is named by a URL', () => {
    const text = '<MPD><BaseURL>http://origin/live/</BaseURL></MPD>'
    expect(localReferences(text, asServiceId(1), ['manifest.mpd', 'tag:x/1.m4s'])).toBe(text)
  })
})
