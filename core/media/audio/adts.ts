import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import type { AudioFraming, AudioHeader } from './audio-framing.ts'
import { makeEsds, OBJECT_TYPES, openEsds } from './esds.ts'

/** Sampling frequencies by index (ISO/IEC 14496-3 Table 1.18). */
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350] as const
/** Length of a header without CRC. */
export const ADTS_HEADER_BYTES = 7
const MAX_FRAME_BYTES = 8191

/** ADTS (ISO/IEC 14496-3 §1.A.2.2). Frames of several raw data blocks are left out. */
export const ADTS: AudioFraming = {
  headerBytes: ADTS_HEADER_BYTES,
  header(bytes, at) {
    const [b1, b2, b3] = [bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number]
    if (bytes[at] !== 0xff || (b1 & 0xf6) !== 0xf0) return null
    const sampleRate = AAC_RATES[(b2 >> 2) & 15]
    const frameBytes = ((b3 & 3) << 11) | ((bytes[at + 4] as number) << 3) | ((bytes[at + 5] as number) >> 5)
    const headerBytes = (b1 & 1) === 1 ? ADTS_HEADER_BYTES : ADTS_HEADER_BYTES + 2
    if (sampleRate === undefined || frameBytes < headerBytes) return null
    const channelConfig = ((b2 & 1) << 2) | (b3 >> 6)
    const blocks = (bytes[at + 6] as number) & 3
    const frame: AudioHeader = {
      frameBytes,
      headerBytes,
      samples: 1024 * (blocks + 1),
      sampleRate,
      channels: channelConfig === 7 ? 8 : channelConfig,
      codec: `mp4a.40.${(b2 >> 6) + 1}`,
    }
    return blocks === 0 ? frame : { ...frame, leftOut: true }
  },
  configuration(bytes, at) {
    const [b2, b3] = [bytes[at + 2] as number, bytes[at + 3] as number]
    const objectType = (b2 >> 6) + 1
    const index = (b2 >> 2) & 15
    const channels = ((b2 & 1) << 2) | (b3 >> 6)
    const specific = (objectType << 11) | (index << 7) | (channels << 3)
    return makeEsds(OBJECT_TYPES.aac, Uint8Array.from([specific >> 8, specific & 255]))
  },
}

/** What an AudioSpecificConfig says (§1.6.2.1); null where it is no AAC that ADTS can carry. */
export function openAudioSpecificConfig(
  specific: Uint8Array,
): { readonly objectType: number; readonly rateIndex: number; readonly channelConfig: number } | null {
  if (specific.length < 2) return null
  const [first, second] = [specific[0] as number, specific[1] as number]
  const objectType = first >> 3
  const rateIndex = ((first & 7) << 1) | (second >> 7)
  if (rateIndex >= AAC_RATES.length) return null
  const channelConfig = (second >> 3) & 15
  if (objectType === 5 || objectType === 29) return { objectType: 2, rateIndex, channelConfig }
  return objectType >= 1 && objectType <= 4 ? { objectType, rateIndex, channelConfig } : null
}

/** Writes an ADTS header. @returns false where the frame is too long for one */
export function writeAdtsHeader(
  into: Uint8Array,
  at: number,
  config: NonNullable<ReturnType<typeof openAudioSpecificConfig>>,
  payloadBytes: number,
): boolean {
  const length = payloadBytes + ADTS_HEADER_BYTES
  if (length > MAX_FRAME_BYTES) return false
  into[at] = 0xff
  into[at + 1] = 0xf1
  into[at + 2] = ((config.objectType - 1) << 6) | (config.rateIndex << 2) | (config.channelConfig >> 2)
  into[at + 3] = ((config.channelConfig & 3) << 6) | (length >> 11)
  into[at + 4] = length >> 3
  into[at + 5] = ((length & 7) << 5) | 0x1f
  into[at + 6] = 0xfc
  return true
}

/** Writes the frames of one audio track as they are, AAC behind ADTS headers; one chunk for each frame. Other tracks are left out. */
export class AudioWriter implements SampleSink {
  readonly #accepts: (codec: string) => boolean
  readonly #sink: ByteSink
  #timescale = 1
  #timeUs = 0
  #track: number | null = null
  #config: ReturnType<typeof openAudioSpecificConfig> = null
  #out = new Uint8Array(MAX_FRAME_BYTES)

  constructor(accepts: (codec: string) => boolean, sink: ByteSink) {
    this.#accepts = accepts
    this.#sink = sink
  }

  track({ id, kind, codec, configuration, timescale }: SampleTrack): void {
    if (kind !== 'audio' || !this.#accepts(codec) || (this.#track !== null && this.#track !== id)) return
    this.#track = id
    this.#timescale = timescale
    const esds = configuration !== null && codec.startsWith('mp4a.40') ? openEsds(configuration) : null
    this.#config = esds === null ? null : openAudioSpecificConfig(esds.specific)
  }

  sample({ track, data, decodeTicks }: Sample): void {
    if (track !== this.#track) return
    this.#timeUs = Math.round((decodeTicks / this.#timescale) * 1e6)
    this.#sink.joinable?.(null)
    if (this.#config === null) {
      this.#sink.chunk(data, 0, data.length, this.#timeUs)
      return
    }
    if (!writeAdtsHeader(this.#out, 0, this.#config, data.length)) return
    this.#out.set(data, ADTS_HEADER_BYTES)
    this.#sink.chunk(this.#out, 0, ADTS_HEADER_BYTES + data.length, this.#timeUs)
  }

  end(): void {
    this.#sink.end(this.#timeUs)
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }
}
