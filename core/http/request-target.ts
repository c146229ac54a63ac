import { addressOf } from '../flow/address.ts'

/** A parsed request target: path components decoded, and the path as written. */
export type RequestTarget = {
  /** Decoded components: `/a/b%20c` is `['a', 'b c']`, `/` is `['']`, `/a/` is `['a', '']`. An escaped `/` stays so. */
  readonly components: readonly string[]
  /** The same components, not decoded. */
  readonly written: readonly string[]
  readonly query: URLSearchParams
  /** The query as written, with its `?`; empty without one. */
  readonly search: string
}

/** Of targets without a query; nobody changes it. */
const NO_QUERY = new URLSearchParams()
const MAX_TARGET_BYTES = 8 * 1024

/**
 * Reads a request target strictly (RFC 9112 §3.2): origin form, or absolute form of which host and scheme are dropped.
 * @returns the status to refuse it with: 414 too long, 400 not decodable or with forbidden characters
 */
export function parseTarget(target: string): RequestTarget | 400 | 414 {
  if (target.length > MAX_TARGET_BYTES) return 414
  const origin = target.startsWith('/') ? target : (/^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1] ?? null)
  if (origin === null) return 400
  const [beforeFragment = ''] = origin.split('#', 1)
  const mark = beforeFragment.indexOf('?')
  const path = (mark < 0 ? beforeFragment : beforeFragment.slice(0, mark)) || '/'
  if (!path.startsWith('/')) return 400
  const written = path.slice(1).split('/')
  const components: string[] = []
  for (const one of written) {
    const decoded = decodeComponent(one)
    if (decoded === null) return 400
    components.push(decoded)
  }
  const search = mark < 0 ? '' : beforeFragment.slice(mark)
  return { components, written, query: search === '' ? NO_QUERY : new URLSearchParams(search), search }
}

/** Most components are as they are written. */
const COMMON = /^(?!\.{1,2}$)[\w.~-]*$/

/** Decodes once; null for a bad escape, bad UTF-8, `.` and `..`, control characters, and a backslash. */
function decodeComponent(written: string): string | null {
  if (COMMON.test(written)) return written
  let decoded: string
  try {
    // An escaped separator is part of a name, and no separator (RFC 3986 §2.2).
    decoded = decodeURIComponent(written.replace(/%(?=2f)/gi, '%25'))
  } catch {
    return null
  }
  return isPlain(decoded) ? decoded : null
}

function isPlain(component: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return component !== '.' && component !== '..' && !/[\x00-\x1f\x7f/\\]/.test(component)
}

/** Matches common names, which are written as they are. */
const UNENCODED = /^(?!\.{0,2}(?:\/|$))[\w.~-]+(?:\/(?!\.{0,2}(?:\/|$))[\w.~-]+)*$/

/** Encodes a name as the path of an address, `/` kept; null for a name that no request can contain. */
export function encodePath(name: string): string | null {
  if (UNENCODED.test(name)) return name
  const components = name.split('/')
  if (!components.every(isPlain)) return null
  try {
    return components
      .map((component) => encodeURIComponent(component).replace(/%(3A|40|24|26|2B|2C|3B|3D)/g, plain))
      .join('/')
  } catch {
    return null
  }
}

/** Path of a name, or, of one that no request can contain, of its address; null where there is none either. */
export function encodeAddress(name: string): string | null {
  const path = encodePath(name)
  if (path !== null) return path
  const [plainPath = '', ...query] = addressOf(name).split('?')
  if (plainPath === '' || !plainPath.split('/').every(isPlain)) return null
  try {
    const written = plainPath.split('/').map((component) => withEscapes(encodeURIComponent(component)))
    return written.join('/') + (query.length === 0 ? '' : `?${withEscapes(encodeURI(query.join('?')))}`)
  } catch {
    return null
  }
}

/** Restores the escapes that an address has. */
function withEscapes(encoded: string): string {
  return encoded.replace(/%25(?=[0-9A-F]{2})/g, '%')
}

/** Restores characters that a path may contain unescaped (RFC 3986 §3.3). */
function plain(escaped: string): string {
  return decodeURIComponent(escaped)
}
