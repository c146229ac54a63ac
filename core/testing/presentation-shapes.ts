import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { joinBytes } from '../bytes/join-bytes.ts'
import { DEMO_FOLDER } from './make-fixtures.ts'
import { seededBelow } from './seeded.ts'

/** A presentation on disk. */
export type Shape = {
  /** What to send: a manifest, or a folder. */
  readonly input: string
  /** Each file that a receiver must have, by its name on air: as the manifest writes it. The manifest is one of them. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** How a presentation addresses its media. */
export const SHAPES = [
  'DASH number',
  'DASH time',
  'DASH timeline',
  'DASH list',
  'DASH base',
  'HLS fMP4',
  'HLS TS',
  'HLS byte range',
  'files',
] as const
export type ShapeName = (typeof SHAPES)[number]

const TRACKS = ['video', 'audio'] as const
type TrackName = (typeof TRACKS)[number]
/** Segments of each track, 2 s each. */
const SEGMENTS = 2
const SEGMENT_S = 2
const DURATION = `PT${SEGMENTS * SEGMENT_S}S`
const NUMBERS = Array.from({ length: SEGMENTS }, (_, at) => at + 1)
const TS_PACKET_BYTES = 188

type Content = Uint8Array | string
type Files = Readonly<Record<string, Content>>

const demo = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))
const initOf = (track: TrackName): Uint8Array => demo(`${track}-init.mp4`)
const segmentsOf = (track: TrackName): Uint8Array[] => NUMBERS.map((number) => demo(`${track}-${number}.m4s`))

/**
 * Writes a presentation of the demo's first 4 s, addressed in the given way, to a folder.
 * @param folder is there, and empty
 */
export function writeShape(shape: ShapeName, folder: string): Shape {
  const [manifest, files] = WRITERS[shape]()
  const encoder = new TextEncoder()
  const written = new Map(
    Object.entries(files).map(([name, content]) => [
      name,
      typeof content === 'string' ? encoder.encode(content) : content,
    ]),
  )
  for (const [name, bytes] of written) {
    const path = manifest === null ? name : decodeURIComponent(name)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  return { input: manifest === null ? folder : join(folder, manifest), files: written }
}

/** Name of the manifest (null: the folder is sent) and all files of each shape. */
const WRITERS: Readonly<Record<ShapeName, () => readonly [string | null, Files]>> = {
  'DASH number': () => [
    'number.mpd',
    {
      'number.mpd': mpd(() => template('$Number%05d$', `duration="${SEGMENT_S * 1000}"`)),
      ...media((number) => String(number).padStart(5, '0')),
    },
  ],
  'DASH time': () => [
    'time.mpd',
    {
      'time.mpd': mpd(() => template('$Time$', '', timeline(`r="${SEGMENTS - 1}"`))),
      ...media((number) => String((number - 1) * SEGMENT_S * 1000)),
    },
  ],
  // The last element goes on to the end of the period.
  'DASH timeline': () => [
    'timeline.mpd',
    { 'timeline.mpd': mpd(() => template('$Number$', '', timeline('r="-1"'))), ...media(String) },
  ],
  'DASH list': () => [
    'list.mpd',
    {
      'list.mpd': mpd((track) => {
        const urls = NUMBERS.map((number) => `<SegmentURL media="${track}/${listedTail(number)}.m4s"/>`)
        return `<SegmentList timescale="1000" duration="${SEGMENT_S * 1000}"><Initialization sourceURL="${track}/init.mp4"/>${urls.join('')}</SegmentList>`
      }),
      ...media(listedTail),
    },
  ],
  'DASH base': () => {
    const cut = { video: indexed('video'), audio: indexed('audio') }
    const text = mpd((track) => {
      const { initBytes, indexBytes } = cut[track]
      const index = `${initBytes}-${initBytes + indexBytes - 1}`
      return `<BaseURL>${track}/whole.mp4</BaseURL><SegmentBase indexRange="${index}"><Initialization range="0-${initBytes - 1}"/></SegmentBase>`
    })
    return ['base.mpd', { 'base.mpd': text, 'video/whole.mp4': cut.video.bytes, 'audio/whole.mp4': cut.audio.bytes }]
  },
  'HLS fMP4': () => [
    'master.m3u8',
    {
      'master.m3u8': master,
      ...playlists('#EXT-X-MAP:URI="init.mp4"\n', (_, number) => `#EXTINF:${SEGMENT_S},\n${number}.m4s\n`),
      ...media(String),
    },
  ],
  'HLS TS': () => [
    'master.m3u8',
    {
      'master.m3u8': master,
      ...playlists('', (_, number) => `#EXTINF:${SEGMENT_S},\n${number}.ts\n`),
      ...Object.fromEntries(
        TRACKS.flatMap((track, at) =>
          NUMBERS.map((number) => [`${track}/${number}.ts`, transportStream(300, 10 * at + number)]),
        ),
      ),
    },
  ],
  'HLS byte range': () => {
    const offsets = (track: TrackName, number: number): number =>
      segmentsOf(track)
        .slice(0, number - 1)
        .reduce((sum, { length }) => sum + length, initOf(track).length)
    const range = (track: TrackName, number: number): string => {
      const { length } = segmentsOf(track)[number - 1] as Uint8Array
      // The offset of the second follows from the first.
      return number === 2 ? `${length}` : `${length}@${offsets(track, number)}`
    }
    const entry = (track: TrackName, number: number): string =>
      `#EXTINF:${SEGMENT_S},\n#EXT-X-BYTERANGE:${range(track, number)}\nwhole.mp4\n`
    const map = (track: TrackName): string => `#EXT-X-MAP:URI="whole.mp4",BYTERANGE="${initOf(track).length}@0"\n`
    return [
      'master.m3u8',
      {
        'master.m3u8': master,
        ...playlists(map, entry),
        ...Object.fromEntries(
          TRACKS.map((track) => [`${track}/whole.mp4`, joinBytes([initOf(track), ...segmentsOf(track)])]),
        ),
      },
    ]
  },
  files: () => {
    const below = seededBelow(12)
    const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256))
    return [
      null,
      {
        'a.txt': 'plain text',
        'empty.bin': '',
        'one packet.bin': noise(1400),
        'deep/er/é 漢字.dat': noise(30_000),
        'deep/100%.png': noise(5000),
      },
    ]
  },
}

const listedTail = (number: number): string => `part%20${['one', 'two'][number - 1]}`

/** Initialisation segments and segments of the demo in a folder for each track. @param tail name of a segment by its number */
function media(tail: (number: number) => string): Files {
  return Object.fromEntries(
    TRACKS.flatMap((track) => [
      [`${track}/init.mp4`, initOf(track)],
      ...segmentsOf(track).map((bytes, at) => [`${track}/${tail(at + 1)}.m4s`, bytes]),
    ]),
  )
}

const timeline = (repeats: string): string =>
  `<SegmentTimeline><S t="0" d="${SEGMENT_S * 1000}" ${repeats}/></SegmentTimeline>`

const template = (name: string, attributes: string, inside = ''): string =>
  `<SegmentTemplate timescale="1000" startNumber="1" ${attributes} initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/${name}.m4s">${inside}</SegmentTemplate>`

function mpd(addressing: (track: TrackName) => string): string {
  const codecs = { video: 'avc1.64001f', audio: 'mp4a.40.2' }
  const sets = TRACKS.map(
    (track) =>
      `<AdaptationSet contentType="${track}" segmentAlignment="true" startWithSAP="1"><Representation id="${track}" mimeType="${track}/mp4" codecs="${codecs[track]}" bandwidth="${track === 'video' ? 329_000 : 102_000}">${addressing(track)}</Representation></AdaptationSet>`,
  )
  return `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:full:2011" type="static" mediaPresentationDuration="${DURATION}" minBufferTime="PT2S"><Period id="0" start="PT0S" duration="${DURATION}">${sets.join('\n')}</Period></MPD>
`
}

const master = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="audio/list.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=431000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="sound"
video/list.m3u8
`

/** A media playlist in a folder for each track. */
function playlists(
  head: string | ((track: TrackName) => string),
  entry: (track: TrackName, number: number) => string,
): Files {
  return Object.fromEntries(
    TRACKS.map((track) => {
      const before = typeof head === 'string' ? head : head(track)
      const entries = NUMBERS.map((number) => entry(track, number)).join('')
      const text = `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:${SEGMENT_S}\n#EXT-X-PLAYLIST-TYPE:VOD\n${before}${entries}#EXT-X-ENDLIST\n`
      return [`${track}/list.m3u8`, text]
    }),
  )
}

/** One file of a track: initialisation segment, a `sidx` of its segments, and these. */
function indexed(track: TrackName): { bytes: Uint8Array; initBytes: number; indexBytes: number } {
  const init = initOf(track)
  const segments = segmentsOf(track)
  const index = new Uint8Array(32 + 12 * segments.length)
  const view = new DataView(index.buffer)
  view.setUint32(0, index.length)
  index.set(new TextEncoder().encode('sidx'), 4)
  view.setUint32(12, 1) // reference_ID
  view.setUint32(16, 1000) // timescale
  view.setUint16(30, segments.length)
  segments.forEach(({ length }, at) => {
    view.setUint32(32 + 12 * at, length)
    view.setUint32(36 + 12 * at, SEGMENT_S * 1000)
    view.setUint32(40 + 12 * at, 0x9000_0000) // starts with SAP of type 1
  })
  return { bytes: joinBytes([init, index, ...segments]), initBytes: init.length, indexBytes: index.length }
}

/** Packets of one PID with noise in them. */
function transportStream(packets: number, seed: number): Uint8Array {
  const below = seededBelow(seed)
  const bytes = Uint8Array.from({ length: packets * TS_PACKET_BYTES }, () => below(256))
  for (let number = 0; number < packets; number++)
    bytes.set([0x47, 0x01, 0x00, 0x10 | (number & 15)], number * TS_PACKET_BYTES)
  return bytes
}
