/** Scheme of an absolute reference. */
export const REFERENCE_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/

/** True for a reference with its own host or scheme (`http:`, `//host`, `tag:`), which does not resolve against a folder. */
export function isAbsoluteReference(reference: string): boolean {
  return REFERENCE_SCHEME.test(reference) || reference.startsWith('//')
}

/**
 * Resolves a reference against the name of its document, as RFC 3986 §5.2 for URLs, except that the base may be relative
 * (`dash/manifest.mpd`), as names of a ROUTE service are. Leading `..` out of a relative base are kept for the caller. A
 * fragment is dropped, a query kept.
 */
export function resolveReference(base: string, reference: string): string {
  const [wanted = ''] = reference.split('#', 1)
  if (wanted === '') return base
  if (isAbsoluteReference(wanted)) return wanted
  const [basePath = ''] = base.split(/[?#]/, 1)
  const root = rootOf(basePath)
  if (wanted.startsWith('/')) return root + withoutDots(wanted, true)
  if (wanted.startsWith('?')) return basePath + wanted
  const path = basePath.slice(root.length)
  return root + withoutDots(path.slice(0, path.lastIndexOf('/') + 1) + wanted, path.startsWith('/'))
}

/** A name as a reference in a document of another name; both are relative to the same folder. */
export function relativeReference(document: string, name: string): string {
  const from = document.split('/').slice(0, -1)
  const to = name.split('/')
  let shared = 0
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared++
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/')
}

/** `http://host` of an absolute base, or an empty text. `tag:` and the like have no authority: they are all path. */
function rootOf(base: string): string {
  return /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?]*/.exec(base)?.[0] ?? ''
}

function withoutDots(path: string, rooted: boolean): string {
  const query = path.indexOf('?')
  const tail = query < 0 ? '' : path.slice(query)
  const kept: string[] = []
  const segments = (query < 0 ? path : path.slice(0, query)).split('/')
  if (rooted) segments.shift()
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1
    if (segment === '..') {
      if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
      else if (!rooted) kept.push('..')
      if (last) kept.push('')
    } else if (segment === '.') {
      if (last) kept.push('')
    } else kept.push(segment)
  })
  return (rooted ? '/' : '') + kept.join('/') + tail
}
