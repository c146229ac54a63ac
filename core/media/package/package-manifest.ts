import type { SampleTrack } from '../../flow/samples.ts'

/** What the manifest of a packaged presentation says. */
export type PackageFacts = {
  /** Names of segments are `BASE-N.m4s` from 1 on. */
  readonly base: string
  /** Wall time of the first sample, and of this manifest, as xs:dateTime. */
  readonly start: string
  readonly published: string
  readonly segmentS: number
  readonly chunkS: number | null
  /** Null: it goes on. */
  readonly durationS: number | null
  readonly bandwidth: number
  readonly tracks: readonly SampleTrack[]
}

/** Writes the MPD (ISO/IEC 23009-1) of one representation with all tracks. A live one offers segments chunk by chunk. */
export function packageManifest(facts: PackageFacts): string {
  const { base, start, published, segmentS, chunkS, durationS, bandwidth, tracks } = facts
  const video = tracks.find(({ kind }) => kind === 'video')
  const kind = video === undefined ? 'audio' : 'video'
  const times =
    durationS === null
      ? `type="dynamic" availabilityStartTime="${start}" publishTime="${published}" minimumUpdatePeriod="PT${rounded(segmentS)}S"`
      : `type="static" mediaPresentationDuration="PT${rounded(durationS)}S"`
  const early =
    chunkS === null || durationS !== null
      ? ''
      : ` availabilityTimeOffset="${rounded(segmentS - chunkS)}" availabilityTimeComplete="false"`
  const size =
    video?.width === undefined || video.height === undefined ? '' : ` width="${video.width}" height="${video.height}"`
  const rate = video === undefined && tracks[0]?.sampleRate ? ` audioSamplingRate="${tracks[0].sampleRate}"` : ''
  const name = escaped(encodeURIComponent(base))
  return `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT${rounded(segmentS)}S" ${times}>
  <Period id="1" start="PT0S">
    <AdaptationSet contentType="${kind}" mimeType="${kind}/mp4" segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="1000" duration="${Math.round(segmentS * 1000)}" startNumber="1" initialization="${name}-init.mp4" media="${name}-$Number$.m4s"${early}/>
      <Representation id="1" codecs="${escaped(tracks.map(({ codec }) => codec).join(','))}" bandwidth="${bandwidth}"${size}${rate}/>
    </AdaptationSet>
  </Period>
</MPD>
`
}

/** Seconds with at most three decimals. */
function rounded(seconds: number): string {
  return String(Math.round(seconds * 1000) / 1000)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
