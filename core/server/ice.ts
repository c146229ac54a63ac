import type { OutgoingHttpHeaders } from 'node:http'
import type { StreamFacts } from '../media/stream/stream-unit.ts'

/** What radio players are told of a stream. */
export type IceRules = {
  readonly name: string | null
  /** Headers `ice-…` and `icy-…` of the user's own. */
  readonly headers: OutgoingHttpHeaders
  /** Title in the stream itself, for players that ask for it; null: none. */
  readonly title: string | null
}

/** Bytes of a stream between two titles. */
const TITLE_INTERVAL = 16_000
/** A title is at most 255 blocks long. */
const TITLE_BLOCK = 16
const MAX_TITLE_BYTES = 255 * TITLE_BLOCK

/** Headers of a reply, as GPAC has them: bit rates in bits per second. */
export function iceHeaders(rules: IceRules, facts: StreamFacts | null, withTitles: boolean): OutgoingHttpHeaders {
  const { sampleRate = null, channels = null, bitrateBps = null } = facts ?? {}
  const known = [
    sampleRate === null ? [] : `samplerate=${sampleRate}`,
    channels === null ? [] : `channels=${channels}`,
    bitrateBps === null ? [] : `bitrate=${bitrateBps}`,
  ].flat()
  return {
    ...(known.length === 0 ? undefined : { 'ice-audio-info': known.join(';') }),
    ...(bitrateBps === null ? undefined : { 'icy-br': bitrateBps }),
    'icy-pub': 1,
    ...(rules.name === null ? undefined : { 'icy-name': rules.name }),
    ...rules.headers,
    ...(withTitles ? { 'icy-metaint': TITLE_INTERVAL } : undefined),
  }
}

/** Puts a title into a stream for one client, where its headers said that it does: a length of 0 where it has not changed. */
export class IceTitles {
  readonly #title: Buffer
  #told = false
  #left = TITLE_INTERVAL

  constructor(title: string) {
    this.#title = titleBlock(title)
  }

  /** The bytes with what is between them. */
  put(bytes: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = []
    let at = 0
    while (bytes.byteLength - at >= this.#left) {
      pieces.push(bytes.subarray(at, at + this.#left), this.#told ? Buffer.of(0) : this.#title)
      this.#told = true
      at += this.#left
      this.#left = TITLE_INTERVAL
    }
    this.#left -= bytes.byteLength - at
    return pieces.length === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(at)])
  }
}

function titleBlock(title: string): Buffer {
  // A quote would end the title.
  const text = Buffer.from(`StreamTitle='${title.replaceAll("'", '’')}';`).subarray(0, MAX_TITLE_BYTES)
  const blocks = Math.ceil(text.byteLength / TITLE_BLOCK)
  return Buffer.concat([Buffer.of(blocks), text, Buffer.alloc(blocks * TITLE_BLOCK - text.byteLength)])
}
