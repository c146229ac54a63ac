import { codecFact } from './codecs.ts'

/** Attributes of a tag line: NAME=value, quoted or not (RFC 8216 §4.2). */
const ATTRIBUTE = /([A-Z0-9-]+)=("[^"]*"|[^",]*)/g

/**
 * A multivariant playlist without what cannot be decoded here, which players refuse as a whole: of a variant with one codec too
 * many the rest is offered, a variant without any is left out. A group of sound that no variant has any more goes with it: players
 * take every rendition for one of a variant that names no group. The text as it is where nothing can be decoded, or all of it.
 * @param supported `MediaSource.isTypeSupported`
 */
export function decodableMaster(text: string, supported: (type: string) => boolean): string {
  const lines = text.split(/\r?\n/)
  const sounds = soundsOf(lines)
  const out: string[] = []
  /** Groups that a picture no longer has, and those that a variant has. */
  const [dropped, kept] = [new Set<string>(), new Set<string>()]
  let left = 0
  let changed = false
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (!line.startsWith('#EXT-X-STREAM-INF:')) {
      out.push(line)
      continue
    }
    const uriAt = lines.findIndex((other, index) => index > at && other !== '' && !other.startsWith('#'))
    const codecs =
      attribute(line, 'CODECS')
        ?.split(',')
        .map((codec) => codec.trim())
        .filter((codec) => codec !== '') ?? []
    const facts = codecs.map((codec) => codecFact(codec))
    const good = facts.filter(({ kind, codec }) => kind === 'text' || supported(`${kind}/mp4; codecs="${codec}"`))
    const media = good.filter(({ kind }) => kind !== 'text')
    const group = attribute(line, 'AUDIO')
    if (uriAt === -1 || good.length === facts.length) {
      if (group !== null) kept.add(group)
      out.push(line)
      left++
      continue
    }
    changed = true
    const [first] = media
    const sound = group === null ? null : (sounds.get(group) ?? null)
    // Sound alone has a playlist of its own, or is in one with a picture that stops the player.
    const uri = first?.kind === 'audio' && facts.some(({ kind }) => kind === 'video') ? sound : (lines[uriAt] as string)
    if (first !== undefined && uri !== null) {
      const codecsLeft = `CODECS="${good.map(({ codec }) => codec).join(',')}"`
      const isPicture = media.some(({ kind }) => kind === 'video')
      const keepsGroup = isPicture && media.some(({ kind }) => kind === 'audio')
      if (group !== null && isPicture) (keepsGroup ? kept : dropped).add(group)
      out.push(withoutGroup(line.replace(/CODECS="[^"]*"/, codecsLeft), keepsGroup))
      for (const between of lines.slice(at + 1, uriAt)) out.push(between)
      out.push(uri)
      left++
    }
    at = uriAt
  }
  if (!changed || left === 0) return text
  const isGone = (group: string | null): boolean => group !== null && dropped.has(group) && !kept.has(group)
  return out.filter((line) => !isSound(line) || !isGone(attribute(line, 'GROUP-ID'))).join('\n')
}

function attribute(line: string, name: string): string | null {
  for (const [, key, value = ''] of line.matchAll(ATTRIBUTE)) if (key === name) return value.replace(/^"|"$/g, '')
  return null
}

const withoutGroup = (line: string, keeps: boolean): string => (keeps ? line : line.replace(/,AUDIO="[^"]*"/, ''))

const isSound = (line: string): boolean => line.startsWith('#EXT-X-MEDIA:') && attribute(line, 'TYPE') === 'AUDIO'

/** Address of the first rendition of each group of sound that has one of its own. */
function soundsOf(lines: readonly string[]): Map<string, string> {
  const sounds = new Map<string, string>()
  for (const line of lines) {
    if (!isSound(line)) continue
    const [group, uri] = [attribute(line, 'GROUP-ID'), attribute(line, 'URI')]
    if (group !== null && uri !== null && !sounds.has(group)) sounds.set(group, uri)
  }
  return sounds
}
