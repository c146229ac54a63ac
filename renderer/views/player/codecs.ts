/*
 * Names of codecs, and which of them this window can decode.
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
}

/** Checks a service's codecs. @param supported `MediaSource.isTypeSupported` */
export function checkCodecs(codecs: readonly string[], supported: (type: string) => boolean): CodecCheck {
  const facts = codecs.map(codecFact).filter((fact) => fact.kind !== 'text')
  const bad = facts.filter((fact) => !supported(`${fact.kind}/mp4; codecs="${fact.codec}"`))
  if (bad.length === 0) return { blocked: false, message: null }
  const good = facts.filter((fact) => !bad.includes(fact))
  const names = listed([...new Set(bad.map((fact) => fact.name))])
  const verb = bad.length === 1 ? 'is' : 'are'
  const video = facts.some((fact) => fact.kind === 'video')
  // Sound plays without video, and video without sound.
  const blocked = good.length === 0
  if (blocked) return { blocked, message: `${names} ${verb} not decodable here.` }
  if (video && !good.some((fact) => fact.kind === 'video')) {
    return { blocked, message: `${names} ${verb} not decodable here; playing sound only.` }
  }
  const same = good.some((fact) => fact.kind === 'video') && !good.some((fact) => fact.kind === 'audio')
  const rest =
    same && facts.some((fact) => fact.kind === 'audio') ? 'playing video only' : 'playing the other representations'
  return { blocked, message: `${names} ${verb} not decodable here; ${rest}.` }
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
