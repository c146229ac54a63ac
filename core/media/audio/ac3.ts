import type { AudioFraming, AudioHeader } from './audio-framing.ts'

const RATES = [48000, 44100, 32000] as const
/** Bit rates in kbit/s by half of frmsizecod (ETSI TS 102 366 Table 4.13). */
const KBITS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640] as const
const CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5] as const
const BLOCKS = [1, 2, 3, 6] as const
const BLOCK_SAMPLES = 256

/** AC-3 and E-AC-3 (ETSI TS 102 366). Dependent and further substreams of E-AC-3 are left out. */
export const AC3: AudioFraming = {
  headerBytes: 8,
  header(bytes, at) {
    if (bytes[at] !== 0x0b || bytes[at + 1] !== 0x77) return null
    const bsid = (bytes[at + 5] as number) >> 3
    if (bsid <= 10) return ac3Header(bytes, at)
    return bsid <= 16 ? eac3Header(bytes, at) : null
  },
  configuration(bytes, at, { codec }) {
    return codec === 'ac-3' ? makeDac3(bytes, at) : makeDec3(bytes, at)
  },
}

function ac3Header(bytes: Uint8Array, at: number): AudioHeader | null {
  const b4 = bytes[at + 4] as number
  const rate = RATES[b4 >> 6]
  const kbits = KBITS[(b4 & 63) >> 1]
  if (rate === undefined || kbits === undefined) return null
  const words =
    rate === 48000 ? kbits * 2 : rate === 32000 ? kbits * 3 : Math.floor((kbits * 96_000) / 44_100) + (b4 & 1)
  return {
    frameBytes: words * 2,
    headerBytes: 0,
    samples: 6 * BLOCK_SAMPLES,
    sampleRate: rate,
    channels: (CHANNELS[(bytes[at + 6] as number) >> 5] as number) + ac3Lfe(bytes, at),
    codec: 'ac-3',
  }
}

/** lfeon follows the mix levels that acmod calls for (§4.3.2). */
function ac3Lfe(bytes: Uint8Array, at: number): number {
  const word = ((bytes[at + 6] as number) << 8) | (bytes[at + 7] as number)
  const mode = word >> 13
  let used = 3
  if ((mode & 1) === 1 && mode !== 1) used += 2
  if ((mode & 4) !== 0) used += 2
  if (mode === 2) used += 2
  return (word >> (15 - used)) & 1
}

function eac3Header(bytes: Uint8Array, at: number): AudioHeader | null {
  const [b2, b3, b4] = [bytes[at + 2] as number, bytes[at + 3] as number, bytes[at + 4] as number]
  const frameBytes = ((((b2 & 7) << 8) | b3) + 1) * 2
  const half = b4 >> 6 === 3
  const rate = half ? (RATES[(b4 >> 4) & 3] ?? 0) / 2 : (RATES[b4 >> 6] as number)
  if (rate === 0 || frameBytes < 8) return null
  const frame: AudioHeader = {
    frameBytes,
    headerBytes: 0,
    samples: (half ? 6 : (BLOCKS[(b4 >> 4) & 3] as number)) * BLOCK_SAMPLES,
    sampleRate: rate,
    channels: (CHANNELS[(b4 >> 1) & 7] as number) + (b4 & 1),
    codec: 'ec-3',
  }
  return b2 >> 6 === 1 || ((b2 >> 3) & 7) !== 0 ? { ...frame, leftOut: true } : frame
}

/** AC3SpecificBox (Annex F.4). */
function makeDac3(bytes: Uint8Array, at: number): Uint8Array {
  const [b4, b5, b6] = [bytes[at + 4] as number, bytes[at + 5] as number, bytes[at + 6] as number]
  const value =
    ((b4 >> 6) << 22) |
    ((b5 >> 3) << 17) |
    ((b5 & 7) << 14) |
    ((b6 >> 5) << 11) |
    (ac3Lfe(bytes, at) << 10) |
    (((b4 & 63) >> 1) << 5)
  return Uint8Array.from([value >> 16, (value >> 8) & 255, value & 255])
}

/** EC3SpecificBox (Annex F.6) of one independent substream; the data rate is that of this frame. */
function makeDec3(bytes: Uint8Array, at: number): Uint8Array {
  const frame = eac3Header(bytes, at)
  const [b4, b5] = [bytes[at + 4] as number, bytes[at + 5] as number]
  const rate = frame === null ? 0 : Math.round((frame.frameBytes * 8 * frame.sampleRate) / frame.samples / 1000)
  const fscod = b4 >> 6
  const substream = (fscod << 6) | ((b5 >> 3) << 1)
  return Uint8Array.from([rate >> 5, (rate & 31) << 3, substream, (((b4 >> 1) & 7) << 1) | (b4 & 1), 0])
}
