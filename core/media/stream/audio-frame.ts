/** A frame of MPEG audio or AAC. */
export type AudioFrame = {
  /** With its header. */
  readonly sizeBytes: number
  readonly samples: number
  readonly sampleRate: number
  readonly channels: number
}

/** Bytes of a header from which the length of a frame is known. */
export const FRAME_HEADER_BYTES = 7

const RATES_1 = [44_100, 48_000, 32_000]
const KBPS_1_1 = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448]
const KBPS_1_2 = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
const KBPS_1_3 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const KBPS_2_1 = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256]
const KBPS_2_23 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

/**
 * The frame of MPEG audio whose header is at an offset (ISO/IEC 11172-3 §2.4.1.3, 13818-3, MPEG 2.5); null where there is none, or
 * one of free format.
 *
 * ```
 * sync 11 | version 2 | layer 2 | no CRC 1 | bitrate 4 | rate 2 | padding 1 | private 1 | mode 2 | …
 * ```
 */
export function mpegAudioFrame(bytes: Uint8Array, at: number): AudioFrame | null {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4)
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return null
  const version = (second >> 3) & 3
  const layer = 4 - ((second >> 1) & 3)
  if (version === 1 || layer === 4) return null
  const isFirst = version === 3
  const rate = RATES_1[(third >> 2) & 3]
  const kbps = kbpsOf(isFirst, layer)[(third >> 4) - 1]
  if (rate === undefined || kbps === undefined) return null
  const sampleRate = isFirst ? rate : version === 2 ? rate / 2 : rate / 4
  const padding = (third >> 1) & 1
  const samples = layer === 1 ? 384 : layer === 3 && !isFirst ? 576 : 1152
  const slots = Math.floor((samples * kbps * 1000) / 8 / sampleRate / (layer === 1 ? 4 : 1)) + padding
  const channels = fourth >> 6 === 3 ? 1 : 2
  return { sizeBytes: layer === 1 ? slots * 4 : slots, samples, sampleRate, channels }
}

function kbpsOf(isFirst: boolean, layer: number): readonly number[] {
  if (isFirst) return layer === 1 ? KBPS_1_1 : layer === 2 ? KBPS_1_2 : KBPS_1_3
  return layer === 1 ? KBPS_2_1 : KBPS_2_23
}

const ADTS_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350]

/**
 * The ADTS frame whose header is at an offset (ISO/IEC 13818-7 §6.2); null where there is none.
 *
 * ```
 * sync 12 | id 1 | layer 2 = 0 | no CRC 1 | profile 2 | rate 4 | private 1 | channels 3 | … 4 | length 13 | fullness 11 | blocks 2
 * ```
 */
export function adtsFrame(bytes: Uint8Array, at: number): AudioFrame | null {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = bytes.subarray(at, at + 7)
  if (first !== 0xff || (second & 0xf6) !== 0xf0) return null
  const sampleRate = ADTS_RATES[(third >> 2) & 15]
  const sizeBytes = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5)
  if (sampleRate === undefined || sizeBytes < FRAME_HEADER_BYTES) return null
  const channels = ((third & 1) << 2) | (fourth >> 6)
  return { sizeBytes, samples: 1024 * ((seventh & 3) + 1), sampleRate, channels: channels === 7 ? 8 : channels }
}
