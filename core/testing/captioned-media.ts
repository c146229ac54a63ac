import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sample } from '../flow/samples.ts'
import { FragmentWriter } from '../media/mp4/fragment-writer.ts'
import { DEMO_FOLDER } from './make-fixtures.ts'
import { keepChunks, readStream } from './media-streams.ts'

/* Captions of CTA-608-E and CTA-708-E put into pictures. */

/** A triplet of cc_data: cc_type and two bytes. */
export type Triplet = readonly [type: number, first: number, second: number]

/** A byte with odd parity. */
function withParity(byte: number): number {
  const ones = [...(byte & 0x7f).toString(2)].filter((bit) => bit === '1').length
  return (byte & 0x7f) | (ones % 2 === 0 ? 0x80 : 0)
}

/** Pairs of a field: control codes twice, as they are sent. */
export function field(type: number, ...pairs: readonly (readonly [number, number])[]): Triplet[] {
  return pairs.flatMap(([first, second]) => {
    const triplet: Triplet = [type, withParity(first), withParity(second)]
    return first >= 0x10 && first < 0x20 ? [triplet, triplet] : [triplet]
  })
}

/** Pairs of words of one-byte characters. */
export function pairsOf(words: string): [number, number][] {
  const codes = [...words].map((letter) => letter.charCodeAt(0))
  return Array.from({ length: Math.ceil(codes.length / 2) }, (_, at) => [codes[2 * at] ?? 0, codes[2 * at + 1] ?? 0])
}

/** A DTVCC packet with a block of one service, as triplets. @param sequence of the packet, 0 to 3 */
export function dtvcc(sequence: number, service: number, block: readonly number[]): Triplet[] {
  const bytes = [(service << 5) | block.length, ...block]
  const pairs = Math.ceil((bytes.length + 1) / 2)
  const packet = [(sequence << 6) | pairs, ...bytes, 0]
  return Array.from({ length: pairs }, (_, at) => [at === 0 ? 3 : 2, packet[2 * at] ?? 0, packet[2 * at + 1] ?? 0])
}

/** A NAL unit of SEI with cc_data, with emulation prevention bytes. */
export function captionSei(codec: 'avc' | 'hevc', triplets: readonly Triplet[]): Uint8Array {
  const data = triplets.flatMap(([type, first, second]) => [0xfc | type, first, second])
  const user = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03, 0x40 | triplets.length, 0xff, ...data, 0xff]
  const sei = [4, user.length, ...user, 0x80]
  const nal = codec === 'avc' ? [0x06] : [39 << 1, 1]
  let zeros = 0
  for (const byte of sei) {
    if (zeros >= 2 && byte <= 3) {
      nal.push(3)
      zeros = 0
    }
    zeros = byte === 0 ? zeros + 1 : 0
    nal.push(byte)
  }
  return Uint8Array.from(nal)
}

/** A segment of MP4 with captions in each of its pictures. @param of triplets by the place of a picture in order of presentation */
export function captionedSegment(
  init: Uint8Array,
  media: Uint8Array,
  codec: 'avc' | 'hevc',
  of: (place: number) => readonly Triplet[],
): Uint8Array {
  const { tracks, samples } = readStream('mp4', new Uint8Array(Buffer.concat([init, media])))
  const chunks: Uint8Array[] = []
  const writer = new FragmentWriter(keepChunks(chunks), 100, { beginsAtS: 0 })
  for (const track of tracks) writer.track(track)
  const timeOf = ({ decodeTicks, offsetTicks }: Sample): number => decodeTicks + offsetTicks
  const times = samples.map(timeOf).sort((a, b) => a - b)
  for (const sample of samples) {
    const triplets = of(times.indexOf(timeOf(sample)))
    writer.sample(
      triplets.length === 0 ? sample : { ...sample, data: before(sample.data, captionSei(codec, triplets)) },
    )
  }
  writer.end()
  const [, ...fragments] = chunks
  return new Uint8Array(Buffer.concat(fragments))
}

/** A sample of 32-bit lengths with another NAL unit before its own. */
function before(data: Uint8Array, nal: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(nal.length)
  return new Uint8Array(Buffer.concat([length, nal, data]))
}

/** The words of `captionedFolder`: of CC1, and of service 1. */
export const CAPTION_WORDS = { cc1: 'WORDS IN PICTURES', service1: 'Service words' } as const

/** Pictures of a segment of the demo. */
const PICTURES = 50

/** Pop-on captions in CC1, shown again in each segment, and a window of service 1 in yellow. */
export function demoCaptions(segment: number): (place: number) => readonly Triplet[] {
  const sent608 = field(0, [0x14, 0x20], [0x14, 0x2e], [0x13, 0x70], ...pairsOf(CAPTION_WORDS.cc1), [0x14, 0x2f])
  // DefineWindow 0, visible, 2 rows of 32, upper left at the middle; SetPenColor to yellow; the words.
  const window = [0x98, 0x20, 20, 60, 0x01, 31, 0x09, 0x91, 0x3c, 0, 0]
  const words = [...CAPTION_WORDS.service1].map((letter) => letter.charCodeAt(0))
  const block = segment === 1 ? [...window, ...words] : [0x92, 0, 0, ...words]
  const sent708 = dtvcc((segment - 1) & 3, 1, block)
  return (place) => [
    ...sent608.slice(place, place + 1),
    ...sent708.slice(2 * place, 2 * place + 2),
    // Pictures without anything to say have padding that is not valid; null pairs keep field 2.
    ...(place < PICTURES ? [[1, 0x80, 0x80] as const] : []),
  ]
}

/** Writes the demo presentation with captions in its pictures into a folder. */
export async function captionedFolder(folder: string): Promise<void> {
  await cp(DEMO_FOLDER, folder, { recursive: true })
  const init = await readFile(join(folder, 'video-init.mp4'))
  for (let segment = 1; segment <= 12; segment++) {
    const file = join(folder, `video-${segment}.m4s`)
    await writeFile(file, captionedSegment(init, await readFile(file), 'avc', demoCaptions(segment)))
  }
}
