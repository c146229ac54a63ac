/*
 * Bounds of subtitles. Players parse a text track as one task and add each cue to the page, so that a broadcast with some ten
 * thousand cues stops the window for half a minute.
 */

/** Limits of one document, and of what a track may bring at once. */
const MAX_BYTES = 1 << 20
const MAX_CUES = 3000
const MAX_ELEMENTS = 20_000
/** Cues of a second that a track regains of MAX_CUES. */
const CUES_PER_S = 50

/** Replaces a document that is left out, by the format of its first bytes. */
const EMPTY_VTT = 'WEBVTT\n\n'
const EMPTY_TTML = '<tt xmlns="http://www.w3.org/ns/ttml" xml:lang=""><head/><body/></tt>'

/** Bounds the text tracks of one playback. */
export class TextLimits {
  readonly #onLeftOut: (sentence: string) => void
  readonly #nowMs: () => number
  #cues = MAX_CUES
  #lastMs: number

  /** @param onLeftOut called with why a document was left out */
  constructor(onLeftOut: (sentence: string) => void, nowMs: () => number = () => performance.now()) {
    this.#onLeftOut = onLeftOut
    this.#nowMs = nowMs
    this.#lastMs = nowMs()
  }

  /** The document for the player: itself, or an empty one. @param url for the sentence */
  bounded(data: ArrayBuffer, url: string): ArrayBuffer {
    const bytes = new Uint8Array(data)
    const reason = this.#reason(bytes)
    if (reason === null) return data
    this.#onLeftOut(`Subtitles are left out: ${nameOf(url)} ${reason}.`)
    return emptyLike(bytes)
  }

  #reason(bytes: Uint8Array): string | null {
    if (bytes.length > MAX_BYTES) return `has ${count(bytes.length)} bytes, and ${count(MAX_BYTES)} are read at most`
    const { cues, elements } = measure(bytes)
    if (cues > MAX_CUES) return `has ${count(cues)} cues, and ${count(MAX_CUES)} are shown at most`
    if (elements > MAX_ELEMENTS) return `has ${count(elements)} elements, and ${count(MAX_ELEMENTS)} are read at most`
    const nowMs = this.#nowMs()
    this.#cues = Math.min(MAX_CUES, this.#cues + ((nowMs - this.#lastMs) / 1000) * CUES_PER_S)
    this.#lastMs = nowMs
    if (cues > this.#cues) return `brings more cues than ${CUES_PER_S} a second`
    this.#cues -= cues
    return null
  }
}

/** Counts what takes a player time: arrows of WebVTT, samples of WebVTT in MP4, times and elements of TTML. */
function measure(bytes: Uint8Array): { readonly cues: number; readonly elements: number } {
  let arrows = 0
  let samples = 0
  let begins = 0
  let elements = 0
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case 0x3c:
        elements++
        break
      case 0x3e:
        if (bytes[at - 1] === 0x2d && bytes[at - 2] === 0x2d) arrows++
        break
      case 0x76:
        if (bytes[at + 1] === 0x74 && bytes[at + 2] === 0x74 && bytes[at + 3] === 0x63) samples++
        break
      case 0x62:
        if (bytes[at + 1] === 0x65 && bytes[at + 2] === 0x67 && bytes[at + 3] === 0x69 && bytes[at + 4] === 0x6e)
          begins++
        break
    }
  }
  return { cues: Math.max(arrows, samples, begins), elements }
}

function emptyLike(bytes: Uint8Array): ArrayBuffer {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart()
  if (start.startsWith('WEBVTT')) return new TextEncoder().encode(EMPTY_VTT).buffer
  if (start.startsWith('<')) return new TextEncoder().encode(EMPTY_TTML).buffer
  return new ArrayBuffer(0)
}

function count(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u2009')
}

function nameOf(url: string): string {
  const name = url.split(/[?#]/, 1)[0]?.split('/').at(-1) ?? ''
  return name === '' ? 'a file' : name.slice(0, 80)
}
