import { adtsFrame, mpegAudioFrame } from './audio-frame.ts'
import { FragmentSplitter } from './fragment-splitter.ts'
import { FrameSplitter } from './frame-splitter.ts'
import type { StreamSplitter, StreamUnit } from './stream-unit.ts'
import { TsSplitter } from './ts-splitter.ts'

/** A splitter for a media type; of a type without known structure a client may begin anywhere. */
export function splitterFor(mediaType: string | null): StreamSplitter {
  switch (mediaType?.split(';')[0]?.trim().toLowerCase()) {
    case 'audio/mpeg':
      return new FrameSplitter(mpegAudioFrame)
    case 'audio/aac':
    case 'audio/aacp':
      return new FrameSplitter(adtsFrame)
    case 'video/mp2t':
      return new TsSplitter()
    case 'video/mp4':
    case 'audio/mp4':
    case 'video/iso.segment':
      return new FragmentSplitter()
    default:
      return new PlainSplitter()
  }
}

/** The media type of a stream by its first bytes: ID3 or MPEG audio, ADTS, MPEG-2 TS, MP4; null for any other. */
export function probeMediaType(bytes: Uint8Array): string | null {
  const word = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (word(0).startsWith('ID3')) return 'audio/mpeg'
  if (['ftyp', 'styp', 'moov', 'moof'].includes(word(4))) return 'video/mp4'
  if (bytes[0] === 0x47 && (bytes.byteLength <= 188 || bytes[188] === 0x47)) return 'video/mp2t'
  if (adtsFrame(bytes, 0) !== null) return 'audio/aac'
  return mpegAudioFrame(bytes, 0) === null ? null : 'audio/mpeg'
}

/** A stream of unknown structure: each piece is a unit. */
class PlainSplitter implements StreamSplitter {
  readonly lead = null
  readonly facts = null

  push(bytes: Uint8Array): StreamUnit[] {
    return bytes.byteLength === 0 ? [] : [{ bytes: bytes.slice(), entry: true, timeMs: null }]
  }

  end(): StreamUnit[] {
    return []
  }
}
