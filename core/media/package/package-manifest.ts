import { mimeTypeOf, type PackageTrack } from './package-track.ts'

/** What the manifest of a packaged presentation says. */
export type PackageFacts = {
  /** Name of the manifest, at which clients ask for the time of its server. */
  readonly name: string
  /** Names of segments are `BASE-ID-N.m4s` from 1 on. */
  readonly base: string
  /** Wall time of the first sample, and of this manifest, as xs:dateTime. */
  readonly start: string
  readonly published: string
  readonly segmentS: number
  readonly chunkS: number | null
  /** Null: it goes on. */
  readonly durationS: number | null
  readonly tracks: readonly PackageTrack[]
}

/** Writes the MPD (ISO/IEC 23009-1): a set for each track. A live one offers segments chunk by chunk. */
export function packageManifest(facts: PackageFacts): string {
  const { name, start, published, segmentS, durationS, tracks } = facts
  const times =
    durationS === null
      ? `type="dynamic" availabilityStartTime="${start}" publishTime="${published}" minimumUpdatePeriod="PT${rounded(segmentS)}S"`
      : `type="static" mediaPresentationDuration="PT${rounded(durationS)}S"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT${rounded(segmentS)}S" ${times}>
  <Period id="1" start="PT0S">
${tracks.map((track) => setOf(track, facts)).join('')}  </Period>
${durationS === null ? clockAt(name) : ''}</MPD>
`
}

/** The clock of a live presentation: the Date of the server that has it, wherever that is. */
function clockAt(name: string): string {
  return `  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-head:2014" value="${escaped(encodeURIComponent(name))}"/>\n`
}

function setOf({ id, track, bandwidth }: PackageTrack, { base, segmentS, chunkS, durationS }: PackageFacts): string {
  const { kind, codec, width, height, sampleRate, language } = track
  const early =
    chunkS === null || durationS !== null
      ? ''
      : ` availabilityTimeOffset="${rounded(segmentS - chunkS)}" availabilityTimeComplete="false"`
  const size = width === undefined || height === undefined ? '' : ` width="${width}" height="${height}"`
  const rate = kind === 'audio' && sampleRate ? ` audioSamplingRate="${sampleRate}"` : ''
  const spoken = language === null ? '' : ` lang="${escaped(language)}"`
  const name = escaped(encodeURIComponent(`${base}-${id}`))
  return `    <AdaptationSet contentType="${kind}" mimeType="${mimeTypeOf(track)}"${spoken} segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="1000" duration="${Math.round(segmentS * 1000)}" startNumber="1" initialization="${name}-init.mp4" media="${name}-$Number$.m4s"${early}/>
      <Representation id="${id}" codecs="${escaped(codec)}" bandwidth="${bandwidth}"${size}${rate}/>
    </AdaptationSet>
`
}

/** Seconds with at most three decimals. */
function rounded(seconds: number): string {
  return String(Math.round(seconds * 1000) / 1000)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
