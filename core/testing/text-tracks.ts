import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SampleTrack } from '../flow/samples.ts'
import { BoxWriter } from '../media/mp4/box-writer.ts'
import { FragmentWriter } from '../media/mp4/fragment-writer.ts'
import { DEMO_FOLDER } from './make-fixtures.ts'
import { keepChunks } from './media-streams.ts'

/* Subtitles in MP4 beside the demo: WebVTT, and IMSC1 (ISO/IEC 14496-30). */

const TIMESCALE = 1000
const SEGMENT_MS = 2000
const SEGMENTS = 12
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

type TextKind = {
  readonly id: string
  readonly codec: string
  readonly language: string
  readonly entry: (out: BoxWriter) => void
  readonly sample: (number: number) => Uint8Array
}

const KINDS: readonly TextKind[] = [
  {
    id: 'german',
    codec: 'wvtt',
    language: 'de',
    entry: (out) =>
      out.box('wvtt', () =>
        out
          .zeros(6)
          .u16(1)
          .box('vttC', () => out.bytes(ascii('WEBVTT'))),
      ),
    sample: () => {
      const out = new BoxWriter()
      out.box('vttc', () => out.box('payl', () => out.bytes(ascii('WORTE IM MP4'))))
      return out.take()
    },
  },
  {
    id: 'french',
    codec: 'stpp.ttml.im1t',
    language: 'fr',
    entry: (out) => out.box('stpp', () => out.zeros(6).u16(1).bytes(ascii('http://www.w3.org/ns/ttml\0\0\0'))),
    sample: (number) =>
      ascii(
        `<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" xml:lang="fr" ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text"><head><layout><region xml:id="r" tts:origin="10% 75%" tts:extent="80% 20%"/></layout></head><body><div region="r"><p begin="${2 * (number - 1)}s" end="${2 * number}s">MOTS EN MP4</p></div></body></tt>`,
      ),
  },
]

/** Writes the demo with subtitles in MP4 into a folder: German in WebVTT, French in IMSC1. */
export async function textTracksFolder(folder: string): Promise<void> {
  await cp(DEMO_FOLDER, folder, { recursive: true })
  const manifest = join(folder, 'manifest.mpd')
  const sets = KINDS.map(
    (
      { id, codec, language },
      at,
    ) => `<AdaptationSet id="${at + 5}" contentType="text" mimeType="application/mp4" lang="${language}">
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <SegmentTemplate timescale="${TIMESCALE}" duration="${SEGMENT_MS}" startNumber="1" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s"/>
      <Representation id="${id}" codecs="${codec}" bandwidth="1000"/></AdaptationSet>`,
  )
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('</Period>', `${sets.join('')}</Period>`))
  for (const kind of KINDS) {
    for (let number = 1; number <= SEGMENTS; number++) {
      const [init, ...media] = segmentOf(kind, number)
      if (number === 1) await writeFile(join(folder, `${kind.id}-init.mp4`), init ?? '')
      await writeFile(join(folder, `${kind.id}-${number}.m4s`), Buffer.concat(media))
    }
  }
}

/** Initialisation segment and fragment with one sample. */
function segmentOf({ codec, language, entry, sample }: TextKind, number: number): Uint8Array[] {
  const own = new BoxWriter()
  entry(own)
  const track: SampleTrack = {
    ...{ id: 1, kind: 'text', codec, timescale: TIMESCALE, configuration: null, language },
    entry: own.take(),
  }
  const chunks: Uint8Array[] = []
  const writer = new FragmentWriter(keepChunks(chunks), 100, { beginsAtS: 0 })
  writer.track(track)
  writer.sample({
    ...{ track: 1, data: sample(number), decodeTicks: (number - 1) * SEGMENT_MS, offsetTicks: 0 },
    ...{ durationTicks: SEGMENT_MS, sync: true },
  })
  writer.end()
  return chunks
}
