// Makes assets/demo/presentation: 24 s of H.264 and AAC in 2 s CMAF segments, with a DASH and an HLS manifest over the
// same files. Needs ffmpeg with libx264 and drawtext, and a monospace font. Run: node assets/demo/generate.mjs
//
// Loops without a seam: 24 s are 600 frames at 25/s and 1125 AAC frames at 48 kHz, and everything that moves or sounds
// repeats after 24 s or a divisor of it.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SECONDS = 24
const SEGMENT_SECONDS = 2
const FRAME_RATE = 25
const SAMPLE_RATE = 48000
const AAC_FRAME = 1024
const WIDTH = 640
const HEIGHT = 360

const out = join(dirname(fileURLToPath(import.meta.url)), 'presentation')
const work = mkdtempSync(join(tmpdir(), 'routescope-demo-'))
const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-y', '-bitexact', ...args], { stdio: 'inherit' })

function font() {
  const file = execFileSync('fc-match', ['-f', '%{file}', 'DejaVu Sans Mono:style=Bold'], { encoding: 'utf8' })
  return file.replaceAll('\\', '/').replaceAll(':', '\\:')
}

/**
 * Slow waves with film grain (so that segments are of a size worth cutting into packets), eight bars, a square going round
 * once in 4 s, a bar that fills in 24 s, a flash with each beep.
 */
function picture() {
  const bars = ['c0c0c0', 'c0c000', '00c0c0', '00c000', 'c000c0', 'c00000', '0000c0', '202830']
    .map((colour, n) => `drawbox=x=${n * 80}:y=270:w=80:h=50:color=0x${colour}:t=fill`)
    .join(',')
  const text = (what, x, y, size, colour) =>
    `drawtext=fontfile='${font()}':text='${what}':x=${x}:y=${y}:fontsize=${size}:fontcolor=${colour}`
  const turn = (seconds) => `2*PI*T/${seconds}`
  const waves = `24+11*sin(X/23+2*sin(${turn(12)})+${turn(8)})+11*sin(Y/17+X/60-${turn(6)})`
  return [
    `color=c=black:s=${WIDTH}x${HEIGHT}:r=${FRAME_RATE}:d=${SECONDS},format=yuv420p`,
    `geq=lum='${waves}':cb='140+10*sin(X/40+${turn(24)})':cr='122+6*sin(Y/30-${turn(12)})'`,
    `noise=c0_seed=7:c0_strength=9:c0_flags=t+a,${bars}`,
    text('ROUTESCOPE', 24, 22, 26, '0x60d0ff'),
    text('%{pts\\:hms}', '(w-tw)/2', 108, 58, 'white'),
    text('frame %{eif\\:n\\:d\\:3} of 600', '(w-tw)/2', 186, 24, '0xa0b0c0'),
    `drawbox=x=584:y=22:w=32:h=32:color=0xffe060:t=fill:enable='lt(mod(t,1),0.12)'[ground]`,
  ].join(',')
}

const movement = [
  picture(),
  `color=c=0x60d0ff:s=26x26:r=${FRAME_RATE}:d=${SECONDS}[square]`,
  `color=c=0x3080ff:s=${WIDTH}x10:r=${FRAME_RATE}:d=${SECONDS}[bar]`,
  `[ground][square]overlay=x='(W-w)/2+275*cos(2*PI*t/4)':y='(270-h)/2+112*sin(2*PI*t/4)'[a]`,
  `[a][bar]overlay=x='-W+W*t/${SECONDS}':y=335,format=yuv420p[picture]`,
].join(';')

mkdirSync(out, { recursive: true })
for (const name of readdirSync(out)) rmSync(join(out, name))

// Video: closed GOPs of exactly one segment, no B-frames, so that decode time is presentation time and no edit list is needed.
const video = join(work, 'video.mp4')
ffmpeg(
  ...['-filter_complex', movement, '-map', '[picture]', '-frames:v', String(SECONDS * FRAME_RATE)],
  ...['-c:v', 'libx264', '-profile:v', 'high', '-preset', 'veryslow', '-threads', '1', '-crf', '19', '-bf', '0'],
  ...['-maxrate', '900k', '-bufsize', '1200k', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0'],
  ...['-video_track_timescale', '12800', video],
)

// Audio: 880 Hz for 0.12 s each second with soft edges (1320 Hz at the start of the loop) over a very quiet chord. Three
// turns are encoded and the frames of the middle one kept: their overlap with the frame before is that of an endless loop.
// The encoder is one frame late, hence the + 1.
const tone = (hz, when) => `0.16*sin(2*PI*${hz}*t)*${when}*pow(sin(PI*min(mod(t,1)/0.12,1)),2)`
const beep = `${tone(880, `gte(mod(t,${SECONDS}),1)`)}+${tone(1320, `lt(mod(t,${SECONDS}),1)`)}`
const chord = (a, b) => `0.012*sin(2*PI*${a}*t)+0.009*sin(2*PI*${b}*t)`
const turns = join(work, 'turns.aac')
ffmpeg(
  ...[
    '-f',
    'lavfi',
    '-i',
    `aevalsrc='${beep}+${chord(220, 330)}|${beep}+${chord(275, 440)}':s=${SAMPLE_RATE}:d=${3 * SECONDS}`,
  ],
  ...['-c:a', 'aac', '-b:a', '96k', '-f', 'adts', turns],
)
const frameCount = (SECONDS * SAMPLE_RATE) / AAC_FRAME
const frames = adtsFrames(readFileSync(turns)).slice(frameCount + 1, 2 * frameCount + 1)
const audio = join(work, 'audio.aac')
writeFileSync(audio, Buffer.concat(frames))

// One run of ffmpeg's own segmenter over both; its manifests are only read for the durations.
const scratch = join(work, 'dash')
mkdirSync(scratch)
ffmpeg(
  ...['-i', video, '-i', audio, '-map', '0:v', '-map', '1:a', '-c', 'copy', '-map_metadata', '-1'],
  ...['-f', 'dash', '-seg_duration', String(SEGMENT_SECONDS), '-use_template', '1', '-use_timeline', '1'],
  ...['-hls_playlist', '1', '-init_seg_name', '$RepresentationID$-init.mp4'],
  ...['-media_seg_name', '$RepresentationID$-$Number$.m4s', join(scratch, 'manifest.mpd')],
)
const tracks = [
  {
    id: 'video',
    from: '0',
    type: 'video',
    codecs: codecOf('0'),
    extra: `width="${WIDTH}" height="${HEIGHT}" frameRate="25"`,
  },
  { id: 'audio', from: '1', type: 'audio', codecs: 'mp4a.40.2', extra: `audioSamplingRate="${SAMPLE_RATE}"` },
]
for (const track of tracks) {
  const playlist = readFileSync(join(scratch, `media_${track.from}.m3u8`), 'utf8')
  track.durations = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]))
  if (track.durations.length !== SECONDS / SEGMENT_SECONDS)
    throw new Error(`${track.id}: ${track.durations.length} segments`)
  copy(`${track.from}-init.mp4`, `${track.id}-init.mp4`)
  const sizes = track.durations.map((_, n) => copy(`${track.from}-${n + 1}.m4s`, `${track.id}-${n + 1}.m4s`))
  track.bandwidth = Math.ceil(Math.max(...sizes.map((size, n) => (size * 8) / track.durations[n])) / 1000) * 1000
}

writeFileSync(join(out, 'manifest.mpd'), mpd())
for (const track of tracks) writeFileSync(join(out, `${track.id}.m3u8`), mediaPlaylist(track))
writeFileSync(join(out, 'master.m3u8'), masterPlaylist())
rmSync(work, { recursive: true })
const total = readdirSync(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0)
console.log(`${readdirSync(out).length} files, ${total} bytes`)

function copy(from, to) {
  const bytes = readFileSync(join(scratch, from))
  writeFileSync(join(out, to), bytes)
  return bytes.length
}

function adtsFrames(bytes) {
  const list = []
  for (let at = 0; at + 7 <= bytes.length; ) {
    const length = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5)
    list.push(bytes.subarray(at, at + length))
    at += length
  }
  return list
}

/** RFC 6381 name from the avcC box of an init segment. */
function codecOf(from) {
  const init = readFileSync(join(scratch, `${from}-init.mp4`))
  return `avc1.${init.toString('hex', init.indexOf('avcC') + 5, init.indexOf('avcC') + 8)}`
}

function mpd() {
  const sets = tracks.map(
    (
      track,
      n,
    ) => `    <AdaptationSet id="${n}" contentType="${track.type}" segmentAlignment="true" startWithSAP="1"${track.type === 'audio' ? ' lang="en"' : ''}>
      <Representation id="${track.id}" mimeType="${track.type}/mp4" codecs="${track.codecs}" bandwidth="${track.bandwidth}" ${track.extra}>
        <SegmentTemplate timescale="1000" duration="${SEGMENT_SECONDS * 1000}" startNumber="1" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s"/>
      </Representation>
    </AdaptationSet>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" type="static" mediaPresentationDuration="PT${SECONDS}S" maxSegmentDuration="PT${SEGMENT_SECONDS}S" minBufferTime="PT${SEGMENT_SECONDS}S">
  <ProgramInformation>
    <Title>Routescope demo</Title>
  </ProgramInformation>
  <Period id="0" start="PT0S" duration="PT${SECONDS}S">
${sets.join('\n')}
  </Period>
</MPD>
`
}

function mediaPlaylist(track) {
  const target = Math.ceil(Math.max(...track.durations) - 0.5)
  const entries = track.durations.map((seconds, n) => `#EXTINF:${seconds.toFixed(6)},\n${track.id}-${n + 1}.m4s\n`)
  return `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:${target}
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="${track.id}-init.mp4"
${entries.join('')}#EXT-X-ENDLIST
`
}

function masterPlaylist() {
  const [picture, sound] = tracks
  return `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=${picture.bandwidth + sound.bandwidth},CODECS="${picture.codecs},${sound.codecs}",RESOLUTION=${WIDTH}x${HEIGHT},FRAME-RATE=${FRAME_RATE},AUDIO="sound"
video.m3u8
`
}
