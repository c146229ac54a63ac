/** The resource an object was made of, from the object's name. */
export type Resource = {
  /** Without the marks of chunked delivery. */
  readonly name: string
  /** Offset of the object in the resource: more than 0 for a later chunk. */
  readonly offset: number
  /** The object is a part of a longer resource (TS 103 769 Annex F). */
  readonly isChunk: boolean
}

const CHUNK_MARKS = new Set(['isLast', 'hasRandomAccessPoint'])
const SCHEME = /^[a-z][a-z0-9+.-]*:/i

/** Removes `#offset`, `isLast` and `hasRandomAccessPoint` from a name; any other query stays. */
export function resourceOf(name: string): Resource {
  const hash = name.indexOf('#')
  const fragment = hash < 0 ? '' : name.slice(hash + 1)
  const isChunk = /^\d{1,15}$/.test(fragment)
  const before = hash < 0 ? name : name.slice(0, hash)
  const question = before.indexOf('?')
  if (question < 0) return { name: before, offset: isChunk ? Number(fragment) : 0, isChunk }
  const kept = before
    .slice(question + 1)
    .split('&')
    .filter((part) => !CHUNK_MARKS.has(part))
  const bare = before.slice(0, question) + (kept.length === 0 ? '' : `?${kept.join('&')}`)
  return { name: bare, offset: isChunk ? Number(fragment) : 0, isChunk }
}

/**
 * Address of a resource on a server: the server's address, then the name without `stripBase`. Of a URI that does not
 * begin with `stripBase`, the part behind its authority (`tag:…/`, `http://host/`) is used.
 * @returns null unless an http address below the server's: names on air must not reach other parts of a server
 */
export function addressOn(server: string, stripBase: string | null, name: string): string | null {
  const base = httpAddress(server)
  if (base === null) return null
  let path = name
  if (stripBase !== null && stripBase !== '' && name.startsWith(stripBase)) path = name.slice(stripBase.length)
  else if (/^https?:\/\//i.test(name)) path = name.replace(/^[^/]*\/\/[^/]*\/?/, '')
  else if (SCHEME.test(name) && name.includes('/')) path = name.slice(name.indexOf('/') + 1)
  // Servers may refuse or misread an invalid escape.
  path = path.replace(/^\/+/, '').replace(/%(?![0-9a-f]{2})/gi, '%25')
  if (path === '') return null
  const folder = new URL(base)
  folder.hash = ''
  folder.search = ''
  if (!folder.pathname.endsWith('/')) folder.pathname += '/'
  try {
    const address = new URL(`./${path}`, folder)
    address.hash = ''
    return address.href.startsWith(folder.href) ? address.href : null
  } catch {
    return null
  }
}

/** An absolute http or https address in its normal form; null for anything else. */
export function httpAddress(text: string): string | null {
  try {
    const url = new URL(text.trim())
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null
  } catch {
    return null
  }
}
