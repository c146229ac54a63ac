import { type DecoderSnapshot, decoderNameOf } from '../../../core/contract/decoder.ts'
import { wordList } from '../../../core/contract/word-list.ts'

/*
 * Names of codecs, which of them this window can decode, and which of the others ffmpeg decodes for it.
 */

const NAMES: readonly (readonly [RegExp, string, 'video' | 'audio' | 'text'])[] = [
  [/^(hvc1|hev1|dvh1|dvhe)/, 'HEVC', 'video'],
  [/^(avc1|avc3)/, 'H.264', 'video'],
  [/^(vvc1|vvi1)/, 'VVC', 'video'],
  [/^av01/, 'AV1', 'video'],
  [/^vp0?9/, 'VP9', 'video'],
  [/^mp4a\.(40|67)/, 'AAC', 'audio'],
  [/^mp4a\.(69|6b)/i, 'MP3', 'audio'],
  [/^ac-4/, 'AC-4', 'audio'],
  [/^(ac-3|mp4a\.a5)/i, 'AC-3', 'audio'],
  [/^(ec-3|mp4a\.a6)/i, 'E-AC-3', 'audio'],
  [/^(mhm|mha)/, 'MPEG-H Audio', 'audio'],
  [/^opus/i, 'Opus', 'audio'],
  [/^flac/i, 'FLAC', 'audio'],
  [/^stpp/, 'IMSC subtitles', 'text'],
  [/^wvtt/, 'WebVTT subtitles', 'text'],
]

export type CodecFact = {
  readonly codec: string
  /** `HEVC (hvc1.2.4.L120)`, or the string alone if unknown. */
  readonly name: string
  readonly kind: 'video' | 'audio' | 'text'
}

export function codecFact(codec: string): CodecFact {
  const known = NAMES.find(([pattern]) => pattern.test(codec))
  return { codec, name: known === undefined ? codec : `${known[1]} (${codec})`, kind: known?.[2] ?? 'video' }
}

export type CodecCheck = {
  /** Whether no codec is decodable. */
  readonly blocked: boolean
  /** One sentence; null if all codecs are decodable. */
  readonly message: string | null
  /** Codecs that ffmpeg decodes for this window. */
  readonly decode: readonly string[]
  /** What to do about the others; null where nothing is to do. */
  readonly advice: string | null
}

/** How to get a decoder, by the state of the engine's. */
const ADVICE: Readonly<Record<DecoderSnapshot['state'], string | null>> = {
  absent: 'With ffmpeg installed it plays: get it from ffmpeg.org or your package manager, then reopen the session.',
  off: 'ffmpeg would decode it, and is switched off (--ffmpeg off).',
  asking: 'Looking for an ffmpeg that decodes it.',
  ready: null,
  unfit: null,
}

/**
 * Checks a service's codecs.
 * @param supported `MediaSource.isTypeSupported`
 * @param decoder the ffmpeg of the engine; null where it has none for this presentation
 * @param failed this window failed at what it claims: ffmpeg decodes all that it can
 */
export function checkCodecs(
  codecs: readonly string[],
  supported: (type: string) => boolean,
  decoder: DecoderSnapshot | null = null,
  failed = false,
): CodecCheck {
  const trusted = new Set(failed ? decodedByFfmpeg(codecs, decoder) : [])
  const facts = codecs.map(codecFact).filter((fact) => fact.kind !== 'text')
  const foreign = facts.filter(({ kind, codec }) => trusted.has(codec) || !supported(`${kind}/mp4; codecs="${codec}"`))
  const able = new Set(decodedByFfmpeg(codecs, decoder))
  const helped = foreign.filter(({ codec }) => able.has(codec))
  const bad = foreign.filter((fact) => !helped.includes(fact))
  const decode = [...new Set(helped.map(({ codec }) => codec))]
  if (bad.length === 0) return { blocked: false, message: null, decode, advice: null }
  const advice = adviceOf(bad, decoder)
  const good = facts.filter((fact) => !bad.includes(fact))
  const names = wordList([...new Set(bad.map((fact) => fact.name))])
  const verb = new Set(bad.map(({ name }) => name)).size === 1 ? 'is' : 'are'
  const video = facts.some((fact) => fact.kind === 'video')
  // Sound plays without video, and video without sound.
  const blocked = good.length === 0
  if (blocked) return { blocked, message: `${names} ${verb} not decodable here.`, decode, advice }
  if (video && !good.some((fact) => fact.kind === 'video')) {
    return { blocked, message: `${names} ${verb} not decodable here; playing sound only.`, decode, advice }
  }
  const same = good.some((fact) => fact.kind === 'video') && !good.some((fact) => fact.kind === 'audio')
  const rest =
    same && facts.some((fact) => fact.kind === 'audio') ? 'playing video only' : 'playing the other representations'
  return { blocked, message: `${names} ${verb} not decodable here; ${rest}.`, decode, advice }
}

/** Those of some codecs that the engine's ffmpeg decodes. */
export function decodedByFfmpeg(codecs: readonly string[], decoder: DecoderSnapshot | null): readonly string[] {
  return codecs.filter((codec) => decoder?.decodes.includes(decoderNameOf(codec) ?? '') === true)
}

/** What would decode what is not. */
function adviceOf(bad: readonly CodecFact[], decoder: DecoderSnapshot | null): string | null {
  if (decoder === null) return null
  if (decoder.state !== 'ready') return decoder.reason ?? ADVICE[decoder.state]
  const wanted = [...new Set(bad.map(({ codec }) => decoderNameOf(codec)))].filter((name) => name !== null)
  if (wanted.length === 0) return null
  return `ffmpeg ${decoder.version} has no decoder ${wordList(wanted)}; a build that has one would decode it.`
}
