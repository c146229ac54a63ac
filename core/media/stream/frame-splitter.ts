import { joinBytes } from '../../bytes/join-bytes.ts'
import { type AudioFraming, type AudioHeader, audioHeaderAt } from '../audio/audio-framing.ts'
import { NO_BYTES, type StreamFacts, type StreamSplitter, type StreamUnit } from './stream-unit.ts'

/** Without a frame for this long, the stream is no such format: clients begin anywhere. */
const NO_FRAMES_BYTES = 64 * 1024
/** Header of an ID3v2 tag. */
const TAG_HEADER_BYTES = 10

/** Cuts MPEG audio or ADTS into frames, each an entry. Tags and what else is between frames are units of their own. */
export class FrameSplitter implements StreamSplitter {
  readonly lead = null
  readonly #framing: AudioFraming
  #rest: Uint8Array = NO_BYTES
  /** Bytes of a tag that are still to come. */
  #tagBytes = 0
  /** The last bytes were a frame, so that one header is enough. */
  #inSync = false
  #last: AudioHeader | null = null
  #frameBytes = 0
  #timeMs = 0
  /** Bytes since the last frame. */
  #strangeBytes = 0

  constructor(framing: AudioFraming) {
    this.#framing = framing
  }

  get facts(): StreamFacts | null {
    if (this.#last === null) return null
    const { sampleRate, channels } = this.#last
    return { sampleRate, channels, bitrateBps: Math.round((this.#frameBytes * 8000) / this.#timeMs) }
  }

  push(bytes: Uint8Array): StreamUnit[] {
    const all = joinBytes([this.#rest, bytes])
    const units: StreamUnit[] = []
    let at = 0
    while (at < all.byteLength) {
      if (this.#tagBytes > 0) {
        const end = Math.min(all.byteLength, at + this.#tagBytes)
        this.#tagBytes -= end - at
        units.push({ bytes: all.slice(at, end), entry: false, timeMs: this.#timeMs })
        at = end
        continue
      }
      if (all.byteLength - at < TAG_HEADER_BYTES) break
      const tag = tagBytes(all, at)
      if (tag > 0) {
        this.#tagBytes = tag
        continue
      }
      const frame = audioHeaderAt(this.#framing, all, at)
      const size = frame === null ? 0 : frame.frameBytes
      const needed = this.#inSync ? size : size + this.#framing.headerBytes
      if (frame !== null && at + needed > all.byteLength) break
      if (frame !== null && (this.#inSync || this.#follows(all, at + size))) {
        units.push({ bytes: all.slice(at, at + size), entry: true, timeMs: this.#timeMs })
        this.#count(frame)
        at += size
        continue
      }
      const end = this.#nextCandidate(all, at + 1)
      this.#inSync = false
      this.#strangeBytes += end - at
      units.push({ bytes: all.slice(at, end), entry: this.#strangeBytes > NO_FRAMES_BYTES, timeMs: this.#timeMs })
      at = end
    }
    this.#rest = all.slice(at)
    return units
  }

  end(): StreamUnit[] {
    const rest = this.#rest
    this.#rest = NO_BYTES
    if (rest.byteLength === 0) return []
    const entry = audioHeaderAt(this.#framing, rest, 0)?.frameBytes === rest.byteLength
    return [{ bytes: rest, entry, timeMs: this.#timeMs }]
  }

  #count(frame: AudioHeader): void {
    this.#inSync = true
    this.#strangeBytes = 0
    this.#last = frame
    this.#frameBytes += frame.frameBytes
    this.#timeMs += (frame.samples * 1000) / frame.sampleRate
  }

  /** Whether another frame or a tag begins there. */
  #follows(bytes: Uint8Array, at: number): boolean {
    return (
      audioHeaderAt(this.#framing, bytes, at) !== null || startsWith(bytes, at, 'ID3') || startsWith(bytes, at, 'TAG')
    )
  }

  /** The next offset at which a frame or a tag may begin. */
  #nextCandidate(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.byteLength; at++) {
      if (bytes[at] === 0xff || (bytes[at] === 0x49 && bytes[at + 1] === 0x44)) return at
    }
    return bytes.byteLength
  }
}

/** Length of the ID3v2 tag at an offset, its header included; 0 where there is none. */
function tagBytes(bytes: Uint8Array, at: number): number {
  if (!startsWith(bytes, at, 'ID3')) return 0
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 6, at + 10)
  if (((a | b | c | d) & 0x80) !== 0) return 0
  return TAG_HEADER_BYTES + (a << 21) + (b << 14) + (c << 7) + d
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false
  return true
}
