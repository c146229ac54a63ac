import type { HlsVariables } from './hls/variables.ts'
import { REFERENCE_SCHEME, resolveReference } from './reference.ts'

/** What the references of one manifest may lead to: files of its own service, and nothing else. */
export type ReferenceScope = {
  /** Name of the manifest in its service. */
  readonly name: string
  /** Folders, as `http://origin/live/`, below which files of the service were received under absolute names. */
  readonly folders: ReadonlySet<string>
  /**
   * Writes a file received under an absolute name, or named from the root, as a path; its result is null where no request can
   * contain it. Null: such references stay as they are.
   */
  readonly pathOf: ((name: string) => string | null) | null
  /**
   * Path in the service of the file that an address of another host leads to: it was received under the last part of that
   * address. Null where nothing was. Takes templates, and addresses of folders.
   */
  readonly localOf: (url: string) => string | null
  /** Variables of the multivariant playlist of a playlist, which it may import. */
  readonly variables?: HlsVariables
  /** Whether a name of the service is a manifest, whose own references are confined as well. */
  readonly isManifest: (name: string) => boolean
}

/**
 * Where one reference leads. `inside`: `up` folders above its base at most, and `down` from there (net); with `text`, it is to
 * be written so. A rooted one counts from the root of the service instead of its base.
 */
export type ReferenceVerdict =
  | {
      readonly kind: 'inside'
      readonly up: number
      readonly down: number
      readonly rooted: boolean
      readonly text: string | null
    }
  | { readonly kind: 'outside' }

/** One reference that was taken out of a manifest because it leads out of the broadcast. */
export type CutReference = {
  /** Element and attribute, or tag: `SegmentTemplate@media`, `#EXT-X-KEY`. */
  readonly place: string
  /** From 1. */
  readonly line: number
  /** As written, shortened. */
  readonly reference: string
}

/** References taken out of one manifest: the first ones, and the number of all. */
export class CutReferences {
  readonly first: CutReference[] = []
  count = 0

  add(place: string, line: number, reference: string): void {
    this.count++
    const shown = reference.trim().slice(0, MAX_REFERENCE)
    if (this.first.length < MAX_KEPT) this.first.push({ place, line, reference: shown })
  }
}

const MAX_KEPT = 16
const MAX_REFERENCE = 160

const OUTSIDE: ReferenceVerdict = { kind: 'outside' }
const HTTP = /^https?:\/\/[^/?#\\]+\//i
/** URL parsers drop or replace these, so that another address results; the line separators end lines, brackets begin elements. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const REPLACED = /[\x00-\x1f\x7f<>\\\u0085\u2028\u2029\ufeff]/
/** Some XML parsers decode twice. */
const ENTITY = /&(?:#|\w+;)/

/**
 * Judges one reference. Inside are relative references without host and scheme, rooted ones, and absolute ones to folders with
 * received files; `..` is counted for the caller, who knows the depth of the base.
 */
export function judgeReference(reference: string, scope: ReferenceScope): ReferenceVerdict {
  const wanted = reference.trim()
  if (REPLACED.test(wanted) || ENTITY.test(wanted)) return OUTSIDE
  if (REFERENCE_SCHEME.test(wanted) || wanted.startsWith('//')) return absolute(wanted, scope)
  if (asksForOriginal(wanted)) return OUTSIDE
  if (!wanted.startsWith('/')) return { kind: 'inside', ...stepsOf(wanted), rooted: false, text: null }
  const resolved = resolveReference(scope.name, wanted)
  if (REFERENCE_SCHEME.test(resolved)) return absolute(resolved, scope)
  const [path = ''] = wanted.slice(1).split(/[?#]/, 1)
  return rooted(path, scope)
}

/**
 * Judges a template whose identifiers have been replaced by values of the manifest. What the template as written refers to by an
 * absolute name stays there, unless the values climb.
 */
export function judgeExpanded(template: string, expanded: string, scope: ReferenceScope): ReferenceVerdict {
  const written = judgeReference(template, scope)
  if (written.kind === 'outside' || !written.rooted) return judgeReference(expanded, scope)
  return REPLACED.test(expanded) || stepsOf(expanded).up > 0 || /(?:^|\/)(?:\.|%2e){2}(?:\/|$)/i.test(expanded)
    ? OUTSIDE
    : written
}

/** Whether text contains an address of its own: a scheme with an authority, a host, or a scheme that players open. */
export function holdsAddress(text: string): boolean {
  const plain = text.replace(/[\t\r\n]/g, '')
  // From its colon backwards: forwards, each letter of a long word would begin a scheme.
  return /:(?<=[a-z][a-z0-9+.-]*:)\s*[\\/]{2}|(?:^|[\s"'=(,;|])[\\/]{2}|\b(?:https?|wss?|ftp|file|data|blob|javascript):/i.test(
    plain,
  )
}

/** Longer names have no folder: no request contains them. */
const MAX_NAME = 4096

/** Folders that contain files of absolute names, with those above them. */
export function foldersOf(names: Iterable<string>): Set<string> {
  const folders = new Set<string>()
  for (const name of names) {
    if (name.length > MAX_NAME) continue
    const host = HTTP.exec(name)?.[0]
    if (host === undefined) continue
    let folder = name.slice(0, name.lastIndexOf('/') + 1)
    while (folder.length >= host.length && !folders.has(folder)) {
      folders.add(folder)
      folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1)
    }
  }
  return folders
}

function absolute(url: string, scope: ReferenceScope): ReferenceVerdict {
  const [fixed = ''] = url.split('$', 1)
  if (HTTP.test(url) && scope.folders.has(fixed.slice(0, fixed.lastIndexOf('/') + 1))) return rooted(url, scope)
  if (!/^(?:https?:)?\/\//i.test(url) || asksForOriginal(url)) return OUTSIDE
  const local = scope.localOf(url)
  if (local === null) return OUTSIDE
  const verdict = rooted(local, scope)
  // From the root, so that it is found there before it is written for a server.
  return verdict.kind === 'inside' && verdict.text === null ? { ...verdict, text: `/${local}` } : verdict
}

function rooted(path: string, { pathOf }: ReferenceScope): ReferenceVerdict {
  const steps = stepsOf(path)
  const text = steps.up > 0 || pathOf === null ? null : pathOf(path)
  if (steps.up > 0 || (pathOf !== null && text === null)) return OUTSIDE
  return { kind: 'inside', ...steps, rooted: true, text }
}

/** Folders that a relative path climbs at most, and its net depth from there on. `%2e` is a dot to URL parsers. */
function stepsOf(path: string): { readonly up: number; readonly down: number } {
  const segments = (path.split(/[?#]/, 1)[0] ?? '').split('/')
  let depth = 0
  let least = 0
  segments.forEach((segment, at) => {
    const plain = segment.replace(/%2e/gi, '.')
    if (plain === '..') depth--
    else if (plain !== '.' && at < segments.length - 1) depth++
    least = Math.min(least, depth)
  })
  return { up: Math.abs(least), down: depth - least }
}

/** The gateway gives the original of a manifest for `?as=sent`, with all its references. */
function asksForOriginal(reference: string): boolean {
  const [beforeFragment = ''] = reference.split('#', 1)
  const mark = beforeFragment.indexOf('?')
  return mark >= 0 && new URLSearchParams(beforeFragment.slice(mark + 1)).has('as')
}
