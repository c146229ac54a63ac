import type { ConfinedManifest } from '../confined-manifest.ts'
import {
  CutReferences,
  holdsAddress,
  judgeReference,
  type ReferenceScope,
  type ReferenceVerdict,
} from '../reference-scope.ts'
import { playlistLines } from './parse.ts'
import { HlsVariables } from './variables.ts'

/** Written for a reference that was cut where a line or tag needs one: a name that no file of a broadcast has. */
export const CUT_REFERENCE = 'cut-reference'

/** Tags that load other documents, report, or wait for other playlists. */
const REMOTE_TAGS = /^#EXT-X-(?:CONTENT-STEERING|SESSION-DATA|SESSION-KEY|PREFETCH|DATERANGE)\b/
/** Tags of which the playlist needs the reference: without it, something else would be played. */
const NEEDED_TAGS = /^#EXT-X-(?:KEY|MAP)\b/
/** Tags whose references are playlists. */
const PLAYLIST_TAGS = /^#EXT-X-(?:MEDIA|I-FRAME-STREAM-INF|IMAGE-STREAM-INF|RENDITION-REPORT)\b/
/** An attribute list (RFC 8216 §4.2), strictly. */
const ATTRIBUTES = /^(?:\s*[A-Z0-9-]+=(?:"[^"]*"|[^",]*)(?:,|$))*$/
const ATTRIBUTE = /(?<![A-Z0-9-])([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))/g
const TAG_NAME = /^#EXT[A-Z0-9-]*/i
const DURATION = /^\s*\d+(?:\.\d*)?\s*(?:,.*)?$/
/** Ends of lines for a player's expressions, beside CR and LF. */
const LINE_SEPARATORS = /[\u2028\u2029]/g
/**
 * Tags of low latency: parts are no files of a broadcast, and no request for a playlist waits here for the next of them.
 */
const LOW_LATENCY_TAGS = /^#EXT-X-(?:PART|PART-INF|PRELOAD-HINT|SERVER-CONTROL|RENDITION-REPORT)(?::|$)/

/**
 * Confines a playlist to its own service: each reference leads to a file of it, or is cut with its tag; of segments, keys and
 * maps only the reference is replaced, so that times stay. Variables (EXT-X-DEFINE) are written out, and parts left out.
 */
export function confinePlaylist(text: string, scope: ReferenceScope): ConfinedManifest {
  const cuts = new CutReferences()
  let isRooted = false
  const judge: Judge = (reference, kind) => {
    const verdict = judgeReference(reference, scope)
    if (!isReachable(reference, verdict, kind, scope)) return null
    isRooted ||= verdict.rooted
    return verdict.text ?? reference
  }
  const out: string[] = []
  const variables = new HlsVariables(scope.variables ?? null)
  let variantAt = -1
  let media = { had: 0, kept: 0 }
  const keep = (kept: boolean): void => {
    media = { had: media.had + 1, kept: media.kept + (kept ? 1 : 0) }
  }
  const lines = playlistLines(text)
  const isMaster = /#EXT-X-(?:STREAM-INF|MEDIA):/.test(text)
  lines.forEach((written, index) => {
    const at = index + 1
    const plain = written.replace(LINE_SEPARATORS, '').trimEnd()
    const line = variables.written(/^\s/.test(plain) ? plain.trimStart() : plain)
    if (line === '' || (line.startsWith('#') && !line.startsWith('#EXT'))) {
      // A tag inside of a comment is a tag to some players.
      if (!holdsTag(line)) out.push(line)
    } else if (line.startsWith('#EXT-X-DEFINE:')) variables.define(attributesOf(line))
    else if (LOW_LATENCY_TAGS.test(line)) tagOf(line, at, judge, cuts)
    else if (line.startsWith('#')) {
      const kept = tagOf(line, at, judge, cuts)
      if (line.startsWith('#EXT-X-STREAM-INF:')) variantAt = kept === null ? -1 : out.length
      if (kept !== null) out.push(kept)
    } else {
      const reference = judge(line, isMaster ? 'playlist' : 'file')
      const isInside = reference !== null
      if (!isInside) cuts.add(isMaster ? '#EXT-X-STREAM-INF' : 'segment', at, line)
      if (isMaster && !isInside) {
        if (variantAt >= 0) out.splice(variantAt)
      } else if (isInside) out.push(reference)
      else out.push('#EXT-X-GAP', CUT_REFERENCE)
      keep(isInside)
      variantAt = -1
    }
  })
  const confined = out.join('\n')
  return {
    text: confined === lines.join('\n') ? text : confined,
    original: text,
    cuts,
    isRooted,
    isEmpty: media.had > 0 && media.kept === 0,
    encryption: encryptionOf(out),
  }
}

/** Method of the first key that cannot be used without a licence, or that was cut. */
function encryptionOf(lines: readonly string[]): string | null {
  for (const line of lines) {
    if (!line.startsWith('#EXT-X-KEY:')) continue
    const attributes = attributesOf(line)
    const method = attributes.get('METHOD') ?? 'unknown'
    if (method === 'NONE') continue
    const isPlain = method === 'AES-128' && (attributes.get('KEYFORMAT') ?? 'identity') === 'identity'
    if (!isPlain) return method.slice(0, 40)
    if (attributes.get('URI') === CUT_REFERENCE) return `${method} with a key from elsewhere`
  }
  return null
}

function attributesOf(line: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name = '', quoted, bare] of line.slice(line.indexOf(':') + 1).matchAll(ATTRIBUTE))
    attributes.set(name, quoted ?? bare?.trim() ?? '')
  return attributes
}

/** Judges a reference to a playlist or another file. @returns how it is to be written; null: it leads outside */
type Judge = (reference: string, kind: 'playlist' | 'file') => string | null

/** One tag with its references judged; null to leave it out. */
function tagOf(line: string, at: number, judge: Judge, cuts: CutReferences): string | null {
  const tag = TAG_NAME.exec(line)?.[0] ?? ''
  const rest = line.slice(tag.length)
  // A name that goes on in other characters is none that players know, but they look for attributes behind it.
  const value = rest.startsWith(':') ? rest.slice(1) : rest
  // What follows a duration without a comma is an address to some players.
  if (tag === '#EXTINF')
    return DURATION.test(value) && !holdsTag(value) ? line : `${tag}:${/^\s*(\d+(?:\.\d*)?)/.exec(value)?.[1] ?? '0'},`
  const cut = (reference: string): null => {
    cuts.add(tag, at, reference)
    return null
  }
  if (REMOTE_TAGS.test(line)) {
    const isHarmless = /^#EXT-X-(?:DATERANGE|SESSION-DATA)\b/.test(line) && !holdsReference(value) && !holdsTag(value)
    if (isHarmless) return line
    // A key or rendition of the same broadcast is announced again where it is needed.
    return holdsAddress(value) ? cut(value) : null
  }
  if (holdsTag(value)) return holdsAddress(value) ? cut(value) : null
  if (!ATTRIBUTES.test(value)) return holdsReference(value) ? cut(value) : line
  const kept: string[] = []
  let from = 0
  for (const found of value.matchAll(ATTRIBUTE)) {
    const [whole, name = '', quoted, bare] = found
    const reference = quoted ?? bare ?? ''
    const write = (text: string): void => {
      kept.push(value.slice(from, found.index), `${name}="${text}"`)
      from = found.index + whole.length
    }
    if (!/(?:^|-)(?:URI|URL|LIST)$/.test(name)) {
      if (holdsAddress(reference)) return cut(reference)
      continue
    }
    const text = judge(reference, PLAYLIST_TAGS.test(line) ? 'playlist' : 'file')
    if (text !== null) {
      if (text !== reference) write(text)
    } else {
      cuts.add(tag, at, reference)
      if (!NEEDED_TAGS.test(line)) return null
      write(CUT_REFERENCE)
    }
  }
  return from === 0 ? line : `${tag}:${kept.join('')}${value.slice(from)}`
}

/** Whether a reference stays in the service, and is a manifest where a playlist is loaded: only those are confined themselves. */
function isReachable(
  reference: string,
  verdict: ReferenceVerdict,
  kind: 'playlist' | 'file',
  scope: ReferenceScope,
): verdict is ReferenceVerdict & { kind: 'inside' } {
  // A variable that only the player knows could be any address.
  if (verdict.kind === 'outside' || reference.includes('{$')) return false
  if (!verdict.rooted && verdict.up > scope.name.split('/').length - 1) return false
  return kind === 'file' || scope.isManifest(reference)
}

const holdsReference = (value: string): boolean => holdsAddress(value) || /\bX-ASSET-|URI/i.test(value)
/** A tag, or an element for a reader of XML, where none should be. */
const holdsTag = (value: string): boolean => /#EXT|</.test(value)
