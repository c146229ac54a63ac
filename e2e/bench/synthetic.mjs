import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes a DASH presentation of many equal segments as hard links to files of noise: traffic of any rate and any number of
 * objects with little disk space. Its segments are not media and are never played.
 * @param {string} dir
 * @param {{ representations: number, segments: number, segmentBytes: number, segmentSeconds: number }} shape
 * @returns {string} path of the manifest
 */
export function syntheticPresentation(dir, { representations, segments, segmentBytes, segmentSeconds }) {
  mkdirSync(dir, { recursive: true })
  const noise = Buffer.alloc(segmentBytes)
  for (let at = 0, state = 1; at < noise.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    noise[at] = state >>> 24
  }
  const ids = Array.from({ length: representations }, (_, index) => `r${index}`)
  for (const id of ids) {
    // One file per representation, because file systems limit the links to one.
    const source = join(dir, `${id}.noise`)
    writeFileSync(source, noise)
    for (let number = 1; number <= segments; number++) linkSync(source, join(dir, `${id}_${number}.m4s`))
  }
  const bandwidth = Math.ceil((segmentBytes * 8) / segmentSeconds)
  const manifest = join(dir, 'manifest.mpd')
  writeFileSync(
    manifest,
    `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT${segments * segmentSeconds}S" minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
 <Period>
${ids
  .map(
    (id) => `  <AdaptationSet mimeType="video/mp4" contentType="video">
   <SegmentTemplate media="$RepresentationID$_$Number$.m4s" timescale="1000" startNumber="1" duration="${segmentSeconds * 1000}"/>
   <Representation id="${id}" codecs="avc1.4D401E" bandwidth="${bandwidth}"/>
  </AdaptationSet>`,
  )
  .join('\n')}
 </Period>
</MPD>
`,
  )
  return manifest
}
