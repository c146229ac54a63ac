/*
 * Bounds of subtitles. Players parse a text track as one task and add each cue to the page, so that a broadcast with some ten
 * thousand cues stops the window for half a minute.
 */

/** Limits of one document. A film has some 1500 cues, of which a few are shown at once. */
const MAX_BYTES = 1 << 20
const MAX_CUES = 3000
/** Times of TTML: players lay out the whole document anew for each. */
const MAX_TIMES = 600
/** Samples of WebVTT in one MP4 segment. */
const MAX_SAMPLES = 300
/** Cues on screen at the same time, which the browser lays out around each other. */
const MAX_TOGETHER = 24
/** Elements of TTML beside those with times. */
const MAX_ELEMENTS = 3000
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
    const { cues, elements, together, most } = measure(bytes)
    if (cues > most) return `has ${count(cues)} cues, and ${count(most)} are read at most`
    if (together > MAX_TOGETHER) return `shows ${count(together)} cues at once, and ${MAX_TOGETHER} are shown at most`
    if (elements > MAX_ELEMENTS + 8 * cues) return `has ${count(elements)} elements, which is more than can be laid out`
    const nowMs = this.#nowMs()
    this.#cues = Math.min(MAX_CUES, this.#cues + ((nowMs - this.#lastMs) / 1000) * CUES_PER_S)
    this.#lastMs = nowMs
    if (cues > this.#cues) return `brings more cues than ${CUES_PER_S} a second`
    this.#cues -= cues
    return null
  }
}

type Measure = { readonly cues: number; readonly elements: number; readonly together: number; readonly most: number }

const ARROW = /-->/g
const VTT_TIMES = /((?:\d+:)?\d\d:\d\d\.\d{3})[ \t]*-->[ \t]*((?:\d+:)?\d\d:\d\d\.\d{3})/g
const TIMED = /<[^<>]*?\s(?:begin|end|dur)\s*=[^<>]*>/g

/** Counts what takes a player time: cues of WebVTT, samples of WebVTT in MP4, or times and elements of TTML. */
function measure(bytes: Uint8Array): Measure {
  // Each byte is one character: only ASCII is looked for, and an MP4 segment around it does not matter.
  const text = new TextDecoder('latin1').decode(bytes)
  const samples = numberOf(text, /vttc/g)
  if (samples > 0) return { cues: samples, elements: 0, together: 0, most: MAX_SAMPLES }
  const arrows = numberOf(text, ARROW)
  const spans: Span[] = []
  for (const [, from = '', to = ''] of text.matchAll(VTT_TIMES)) spans.push([secondsOf(from), secondsOf(to)])
  if (/^\s*(?:\xef\xbb\xbf)?WEBVTT/.test(text) || arrows > numberOf(text, /<!--/g)) {
    // What is no time in our eyes may be one for the player.
    const together = overlap(spans) + arrows - spans.length
    return { cues: arrows, elements: 0, together, most: MAX_CUES }
  }
  const times = [...text.matchAll(TIMED)].map(([tag]) => spanOf(tag))
  // A tag that is read otherwise here, as one with a bracket in a value, is taken for shown all the time.
  const others = Math.max(0, numberOf(text, /\sbegin\s*=/g) - times.length)
  const together = overlap(times) + others
  return { cues: times.length + others, elements: numberOf(text, /</g), together, most: MAX_TIMES }
}

/** A stretch of time, s. */
type Span = readonly [number, number]

function spanOf(tag: string): Span {
  const value = (name: string): number | null => {
    const found = new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)`).exec(tag)?.[1]
    return found === undefined ? null : secondsOf(found)
  }
  const from = value('begin') ?? 0
  const length = value('dur')
  return [from, value('end') ?? (length === null ? Number.POSITIVE_INFINITY : from + length)]
}

/** Seconds of a clock, an offset in s, ms, m or h, or a count of ticks or frames, which only compare with each other. */
function secondsOf(text: string): number {
  const clock = /^(?:(\d+):)?(\d+):(\d+)(?:[.:](\d+))?/.exec(text)
  if (clock !== null) {
    const [, hours = '0', minutes = '0', seconds = '0', rest = '0'] = clock
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(`${seconds}.${rest}`)
  }
  const [, value = '', unit = ''] = /^(\d+(?:\.\d+)?)(h|ms|m|s)?/.exec(text) ?? []
  const factor = { h: 3600, m: 60, s: 1, ms: 0.001 }[unit] ?? 1
  return value === '' ? 0 : Number(value) * factor
}

/** Largest number of spans at one time. */
function overlap(spans: readonly Span[]): number {
  const starts = spans.map(([from]) => from).sort((a, b) => a - b)
  const ends = spans.map(([, to]) => to).sort((a, b) => a - b)
  let most = 0
  let ended = 0
  starts.forEach((from, at) => {
    while ((ends[ended] ?? Number.POSITIVE_INFINITY) <= from) ended++
    most = Math.max(most, at + 1 - ended)
  })
  return most
}

function numberOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
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
