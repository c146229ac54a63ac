import type { Mpd, MpdAdaptationSet, MpdRepresentation } from './mpd.ts'
import { TextEdits } from './text-edits.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/** A representation whose segments are decoded, and encoded again as what every player takes. */
export type DecodedRepresentation = {
  readonly kind: 'video' | 'audio'
  readonly representation: MpdRepresentation
  /** Pictures per second by the manifest; null: not told, or sound. */
  readonly framesPerS: number | null
}

/** An MPD of decoded representations, and which these are. */
export type DecodedMpd = { readonly text: string; readonly decoded: readonly DecodedRepresentation[] }

/** What is decoded, and what it becomes. */
export type DecodingRule = {
  /** Representation@codecs of what is decoded. */
  readonly codecs: ReadonlySet<string>
  /** Lines of the picture that is made, at most. */
  readonly height: number
}

/** Representation@codecs of what is made. */
const MADE = { video: 'avc1.640028', audio: 'flac' } as const
/** Bits of a picture that is made, by its size. */
const BITS_PER_PIXEL = 0.15
const SOUND_BPS = 800_000
/** Decoding a larger picture costs more than it shows. */
const ENOUGH_LINES = 540

/**
 * The MPD with one representation of each set of undecodable ones, described as what it is decoded to: names and times of segments
 * stay. Sets that a player can decode in part lose the others.
 */
export function decodedMpd(mpd: Mpd, { codecs, height }: DecodingRule): DecodedMpd {
  const edits = new TextEdits()
  const decoded: DecodedRepresentation[] = []
  for (const set of mpd.periods.flatMap(({ adaptationSets }) => adaptationSets)) {
    const wanted = set.representations.filter((one) => one.codecs !== null && codecs.has(one.codecs))
    if (wanted.length === 0) continue
    const kind = kindOf(set, wanted)
    const kept = kind === null || wanted.length < set.representations.length ? null : best(wanted)
    for (const { element } of wanted) if (element !== kept?.element) edits.replaceElement(element, '')
    if (kept === null || kind === null) continue
    const framesPerS = kind === 'video' ? rateOf(sourceAttribute(kept.element, 'frameRate') ?? setRate(set)) : null
    decoded.push({ kind, representation: kept, framesPerS })
    describeMade(edits, set, kept, kind, height)
  }
  return { text: edits.apply(mpd.document.text), decoded }
}

function kindOf(set: MpdAdaptationSet, wanted: readonly MpdRepresentation[]): 'video' | 'audio' | null {
  const type = set.contentType ?? wanted[0]?.contentType
  return type === 'video' || type === 'audio' ? type : null
}

/** The smallest that is large enough, of those with segments; null where there is none. */
function best(representations: readonly MpdRepresentation[]): MpdRepresentation | null {
  const segmented = representations.filter(
    ({ addressing }) => addressing.kind === 'template' || addressing.kind === 'list',
  )
  const bySize = [...segmented].sort((a, b) => sizeOf(a) - sizeOf(b))
  return bySize.find((one) => (one.height ?? 0) >= ENOUGH_LINES) ?? bySize.at(-1) ?? null
}

const sizeOf = ({ height, bandwidth }: MpdRepresentation): number => (height ?? 0) * 1e9 + (bandwidth ?? 0)

function describeMade(
  edits: TextEdits,
  set: MpdAdaptationSet,
  { element, width, height }: MpdRepresentation,
  kind: 'video' | 'audio',
  most: number,
): void {
  edits.setAttribute(element, 'codecs', MADE[kind])
  if (kind === 'audio') {
    edits.setAttribute(element, 'bandwidth', String(SOUND_BPS))
    for (const level of [set.element, element]) removeAll(edits, level, 'AudioChannelConfiguration')
    return
  }
  const lines = Math.min(height ?? most, most)
  const columns =
    height === null || width === null ? Math.round((lines * 16) / 9) : Math.round((width * lines) / height)
  edits.setAttribute(element, 'width', String(columns))
  edits.setAttribute(element, 'height', String(lines))
  edits.setAttribute(element, 'bandwidth', String(Math.round(columns * lines * 30 * BITS_PER_PIXEL)))
}

function removeAll(edits: TextEdits, element: SourceElement, name: string): void {
  for (const child of sourceChildren(element, name)) edits.replaceElement(child, '')
}

function setRate({ element }: MpdAdaptationSet): string | null {
  return sourceAttribute(element, 'frameRate') ?? sourceAttribute(element, 'maxFrameRate')
}

/** `60000/1001` or `25` as a number; null for anything else. */
function rateOf(text: string | null): number | null {
  const [, over = '', under = '1'] = /^\s*(\d+)(?:\s*\/\s*(\d+))?\s*$/.exec(text ?? '') ?? []
  const rate = Number(over) / Number(under)
  return over !== '' && rate > 0 && rate < 1000 ? rate : null
}
