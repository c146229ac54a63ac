import { ADTS } from '../audio/adts.ts'
import { audioHeaderAt } from '../audio/audio-framing.ts'
import { MPEG_AUDIO } from '../audio/mpeg-audio.ts'
import { TS_PACKET_BYTES, TS_SYNC } from '../ts/ts-packets.ts'
import { FragmentSplitter } from './fragment-splitter.ts'
import { FrameSplitter } from './frame-splitter.ts'
import type { StreamSplitter, StreamUnit } from './stream-unit.ts'
import { TsSplitter } from './ts-splitter.ts'

/** A splitter for a media type; of a type without known structure a client may begin anywhere. */
export function splitterFor(mediaType: string | null): StreamSplitter {
  switch (mediaType?.split(';')[0]?.trim().toLowerCase()) {
    case 'audio/mpeg':
      return new FrameSplitter(MPEG_AUDIO)
    case 'audio/aac':
    case 'audio/aacp':
      return new FrameSplitter(ADTS)
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
  if (bytes[0] === TS_SYNC && (bytes.byteLength <= TS_PACKET_BYTES || bytes[TS_PACKET_BYTES] === TS_SYNC))
    return 'video/mp2t'
  if (audioHeaderAt(ADTS, bytes, 0) !== null) return 'audio/aac'
  return audioHeaderAt(MPEG_AUDIO, bytes, 0) === null ? null : 'audio/mpeg'
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
