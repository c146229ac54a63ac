import type { AudioFraming, AudioHeader } from './audio-framing.ts'
import { makeEsds, OBJECT_TYPES } from './esds.ts'

const RATES = [44100, 48000, 32000] as const
/** Bit rates in kbit/s by layer and index: MPEG-1, then the lower sampling frequencies (ISO/IEC 11172-3 §2.4.2.3, 13818-3). */
const KBITS: readonly (readonly (readonly number[])[])[] = [
  [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
]

/** MPEG audio, layers 1 to 3. Free format is not understood. */
export const MPEG_AUDIO: AudioFraming = {
  headerBytes: 4,
  header(bytes, at) {
    const [b1, b2, b3] = [bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number]
    const version = (b1 >> 3) & 3
    const layer = 4 - ((b1 >> 1) & 3)
    if (bytes[at] !== 0xff || (b1 & 0xe0) !== 0xe0 || version === 1 || layer === 4) return null
    const base = RATES[(b2 >> 2) & 3]
    const kbits = KBITS[version === 3 ? 0 : 1]?.[layer - 1]?.[b2 >> 4]
    if (base === undefined || kbits === undefined || kbits === 0) return null
    const sampleRate = base / (version === 3 ? 1 : version === 2 ? 2 : 4)
    const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152
    const padding = (b2 >> 1) & 1
    const frameBytes =
      layer === 1
        ? (Math.floor((12_000 * kbits) / sampleRate) + padding) * 4
        : Math.floor((samples * 125 * kbits) / sampleRate) + padding
    const frame: AudioHeader = {
      frameBytes,
      headerBytes: 0,
      samples,
      sampleRate,
      channels: b3 >> 6 === 3 ? 1 : 2,
      codec: version === 3 ? 'mp4a.6b' : 'mp4a.69',
    }
    return frameBytes < 4 ? null : frame
  },
  configuration(_bytes, _at, { codec }) {
    const { mpeg1Audio, mpeg2Audio } = OBJECT_TYPES
    return makeEsds(codec === 'mp4a.6b' ? mpeg1Audio : mpeg2Audio, new Uint8Array(0))
  },
}

/** Length of an ID3 tag (version 2) that begins the bytes; 0 where none does, undefined where more bytes are needed to see. */
export function id3Bytes(bytes: Uint8Array, start: number, end: number): number | undefined {
  const mark = [0x49, 0x44, 0x33]
  for (let at = 0; at < 3; at++) {
    if (start + at >= end) return undefined
    if (bytes[start + at] !== mark[at]) return 0
  }
  if (end - start < 10) return undefined
  const length = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + ((bytes[start + at] as number) & 127), 0)
  return 10 + length + (((bytes[start + 5] as number) & 0x10) === 0 ? 0 : 10)
}
