import type { Presentation } from '../ingest/presentation.ts'

/**
 * The demo with an MPD that leads elsewhere by everything a player would follow, and plays all the same without it.
 * @param origins as `http://127.0.0.1:PORT`; each is named by some of the references
 */
export function hostileDash(demo: Presentation, origins: readonly string[]): Presentation {
  let next = 0
  const out = (path: string): string => `${origins[next++ % origins.length]}/${path}`
  const host = (origin: string): string => origin.replace(/^http:/, '')
  const timing = (scheme: string): string =>
    `<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-${scheme}:2014" value="${out(`utc-${scheme}`)}"/>`
  const top = [
    `<BaseURL serviceLocation="a">${out('base/')}</BaseURL>`,
    `<BaseURL>${host(out('host/'))}</BaseURL>`,
    `<BaseURL>&#104;ttp:${host(out('entity/'))}</BaseURL>`,
    `<BaseURL><![CDATA[${out('cdata/')}]]></BaseURL>`,
    `<!--><BaseURL>${out('comment/')}</BaseURL>-->`,
    `<?x ><BaseURL>${out('instruction/')}</BaseURL><?y ?>`,
    `<Location>${out('location.mpd')}</Location>`,
    `<PatchLocation ttl="1">${out('patch.mpp')}</PatchLocation>`,
    ...['xsdate', 'iso', 'head'].map(timing),
    `<ContentSteering defaultServiceLocation="a" queryBeforeStart="true">${out('steering')}</ContentSteering>`,
    `<Metrics metrics="BufferLevel"><Reporting schemeIdUri="urn:dvb:dash:reporting:2014" xmlns:dvb="urn:dvb:dash:dash-extensions:2014-1" dvb:reportingUrl="${out('report')}" dvb:probability="1000"/></Metrics>`,
  ].join('\n')
  const calls = [
    `<EventStream schemeIdUri="urn:mpeg:dash:event:callback:2015" value="1" timescale="1000"><Event presentationTime="0" id="1">${out('callback')}</Event><Event presentationTime="500" id="2" messageData="${out('callback-data')}"/></EventStream>`,
    `<EventStream schemeIdUri="urn:mpeg:dash:event:alternativeMPD:replace:2025" timescale="1000"><Event presentationTime="500" duration="1000" id="3"><ReplacePresentation url="${out('other.mpd')}" earliestResolutionTimeOffset="0"/></Event></EventStream>`,
  ].join('\n')
  const sets = [
    `<AdaptationSet xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="${out('xlink')}" xlink:actuate="onLoad"/>`,
    `<AdaptationSet id="7" contentType="text" mimeType="text/vtt" lang="en"><Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/><Representation id="t" bandwidth="1"><BaseURL>${out('text.vtt')}</BaseURL></Representation></AdaptationSet>`,
    `<AdaptationSet id="8" contentType="image" mimeType="image/jpeg"><Representation id="i" bandwidth="1" width="64" height="36"><EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="1x1"/><SegmentTemplate media="${out('thumb')}-$Number$.jpg" duration="2" startNumber="1"/></Representation></AdaptationSet>`,
    `<AdaptationSet id="9" contentType="video"><Representation id="${out('id')}" mimeType="video/mp4" codecs="avc1.64001f" bandwidth="900000" width="640" height="360"><SegmentTemplate timescale="1000" duration="2000" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s"/></Representation></AdaptationSet>`,
  ].join('\n')
  return withManifest(demo, (mpd) =>
    mpd
      .replace(/(<MPD[^>]*>)/, `$1${top}`)
      .replace(/(<Period[^>]*>)/, `$1${calls}`)
      .replace('</Period>', `${sets}</Period>`),
  )
}

/** The demo's MPD with a video `ghost` that is not sent, by the same names as the one that is. */
export function ghostDash(demo: Presentation): Presentation {
  const ghost = `<Representation id="ghost" mimeType="video/mp4" codecs="avc1.64001f" bandwidth="802000" width="640" height="360"><SegmentTemplate timescale="1000" duration="2000" startNumber="1" initialization="video-init.mp4" media="video-$Number$.m4s"/></Representation>`
  return withManifest(demo, (mpd) => mpd.replace('</Representation>', (end) => end + ghost))
}

/** The same for HLS, by its multivariant playlist. */
export function hostileHls(demo: Presentation, origins: readonly string[]): Presentation {
  let next = 0
  const out = (path: string): string => `${origins[next++ % origins.length]}/${path}`
  const lines = [
    `#EXT-X-DEFINE:NAME="out",VALUE="${out('')}"`,
    `#EXT-X-SESSION-DATA:DATA-ID="x",URI="${out('data')}"`,
    `#EXT-X-SESSION-KEY:METHOD=AES-128,URI="${out('key')}"`,
    `#EXT-X-CONTENT-STEERING:SERVER-URI="${out('steering')}",PATHWAY-ID="."`,
    `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",DEFAULT=YES,AUTOSELECT=YES,FORCED=YES,URI="${out('subs.m3u8')}"`,
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Other",DEFAULT=NO,URI="${out('audio.m3u8')}"`,
    `#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="${out('iframes.m3u8')}"`,
    `#EXT-X-STREAM-INF:BANDWIDTH=1000\n{$out}variable.m3u8`,
    `#EXT-X-STREAM-INF:BANDWIDTH=1000\n${out('variant.m3u8')}`,
    `#EXT-X-STREAM-INF:BANDWIDTH=1000\n${out('host.m3u8').replace('http:', '')}`,
    `# x #EXT-X-STREAM-INF:BANDWIDTH=1000\n${out('comment.m3u8')}`,
    '',
  ].join('\n')
  return withManifest(demo, (text) => text.replace('#EXT-X-INDEPENDENT-SEGMENTS\n', `$&${lines}`))
}

function withManifest(demo: Presentation, change: (text: string) => string): Presentation {
  const { manifest } = demo
  if (manifest === null) throw new Error('the demo has a manifest')
  const text = change(new TextDecoder().decode(manifest.bytes))
  return { ...demo, manifest: { ...manifest, bytes: new TextEncoder().encode(text) } }
}
