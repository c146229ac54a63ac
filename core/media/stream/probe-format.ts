import { AC3 } from '../audio/ac3.ts'
import { ADTS } from '../audio/adts.ts'
import type { AudioFraming } from '../audio/audio-framing.ts'
import { id3Bytes, MPEG_AUDIO } from '../audio/mpeg-audio.ts'
import { TS_SYNC } from '../ts/ts-packets.ts'
import type { MediaFormat } from './media-formats.ts'

/** Bytes after which a format that is not recognised is unknown. */
const PROBE_BYTES = 64 * 1024
/** Frames in a row by which audio is recognised. */
const FRAMES = 3
const BOXES = ['ftyp', 'styp', 'moov', 'moof', 'sidx', 'free', 'skip', 'wide', 'mdat']

/**
 * Recognises the format of a stream by its first bytes.
 * @returns null where it is none of ours, undefined where more bytes are needed
 */
export function probeFormat(bytes: Uint8Array, start: number, end: number): MediaFormat | null | undefined {
  const length = end - start
  if (length < 8) return undefined
  const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8))
  if (BOXES.includes(type)) return 'mp4'
  const findings = [
    isTs(bytes, start, end) ? ('ts' as const) : null,
    annexB(bytes, start, end),
    ...audio(bytes, start, end),
  ]
  const found = findings.find((each) => each !== null && each !== undefined)
  if (found !== undefined) return found
  return length >= PROBE_BYTES ? null : undefined
}

function isTs(bytes: Uint8Array, start: number, end: number): boolean {
  for (const stride of [188, 192, 204])
    for (let offset = 0; offset < stride && start + offset + 2 * stride < end; offset++) {
      const at = start + offset
      if (bytes[at] === TS_SYNC && bytes[at + stride] === TS_SYNC && bytes[at + 2 * stride] === TS_SYNC) return true
    }
  return false
}

/** The first NAL units: parameter sets and delimiters tell the codecs apart. */
function annexB(bytes: Uint8Array, start: number, end: number): 'avc' | 'hevc' | null {
  let leading = start
  while (leading < end && bytes[leading] === 0) leading++
  if (leading - start < 2 || bytes[leading] !== 1) return null
  for (let at = start; at + 5 < end; at++) {
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) continue
    const [first, second] = [bytes[at + 3] as number, bytes[at + 4] as number]
    const hevcType = (first >> 1) & 63
    if ((first & 0x81) === 0 && (second & 0xf8) === 0 && second > 0 && hevcType >= 32 && hevcType <= 34) return 'hevc'
    if ((first & 0x80) === 0 && (first & 31) === 7 && (first & 0x60) !== 0) return 'avc'
  }
  return null
}

function audio(bytes: Uint8Array, start: number, end: number): (MediaFormat | null)[] {
  const tag = id3Bytes(bytes, start, end) ?? 0
  if (tag > 0) return ['mp3']
  const isChain = (framing: AudioFraming): boolean => {
    for (let offset = start; offset < end - framing.headerBytes; offset++) {
      let at = offset
      for (let count = 0; ; count++) {
        if (count === FRAMES) return true
        if (at + framing.headerBytes > end) break
        const frame = framing.header(bytes, at)
        if (frame === null) break
        at += frame.frameBytes
      }
    }
    return false
  }
  return [isChain(ADTS) ? 'aac' : null, isChain(AC3) ? 'ac3' : null, isChain(MPEG_AUDIO) ? 'mp3' : null]
}
