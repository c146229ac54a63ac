/** Names without anything to normalise: no escape, query, dot segment, empty segment or authority. */
const PLAIN = /^[\w~:@=,+;!$()*-][\w.~:@=,+;!$()*-]*(?:\/[\w~:@=,+;!$()*-][\w.~:@=,+;!$()*-]*)*$/
const AUTHORITY = /^([A-Za-z][A-Za-z0-9+.-]*:)\/\/(?!\.{1,2}(?:[/\\#]|$))([^/\\#]*)/
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' }
/** Escapes that are not the same as the character they escape: delimiters, and what no address contains. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters stay escaped
const IN_PATH = /[\x00-\x1f\x7f/\\?#%]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters stay escaped
const IN_QUERY = /[\x00-\x1f\x7f#%&=+]/g

/**
 * The address that players make of a name, in one form for all its spellings (RFC 3986 §6.2.2): without dot segments, empty
 * segments and the first `/`, with no more escapes than it needs, scheme and host in lower case. Two names lead to one file where
 * their addresses are equal. It is for comparing only, and is the address of itself.
 */
export function addressOf(name: string): string {
  if (PLAIN.test(name)) return name
  const mark = name.indexOf('?')
  const path = mark < 0 ? name : name.slice(0, mark)
  const query = mark < 0 ? '' : `?${unescaped(name.slice(mark + 1), IN_QUERY)}`
  const [whole = '', scheme = '', host = ''] = AUTHORITY.exec(path) ?? []
  const segments = segmentsOf(path.slice(whole.length), whole !== '')
  if (whole === '') return segments.join('/') + query
  const origin = scheme.toLowerCase()
  const port = DEFAULT_PORTS[origin] ?? ''
  const authority = unescaped(host.toLowerCase(), IN_PATH)
  const shortened = port !== '' && authority.endsWith(port) ? authority.slice(0, -port.length) : authority
  return [origin, shortened, ...segments].filter((part, at) => part !== '' || at > 1).join('/') + query
}

/** Segments without dots and empty ones; the last is empty where the path leaves a folder. @param below an authority */
function segmentsOf(path: string, below: boolean): string[] {
  const stack: string[] = []
  let isFolder = false
  for (const one of path.split(/[/\\]/)) {
    const segment = unescaped(one, IN_PATH)
    isFolder = segment === '..' || segment === '.' || segment === ''
    // An empty segment is one that `..` leaves.
    if (segment === '..') stack.pop()
    else if (segment !== '.') stack.push(segment)
  }
  const segments = stack.filter((segment) => segment !== '')
  if (isFolder && (segments.length > 0 || below)) segments.push('')
  return segments
}

/**
 * Addresses under which a file may be known that a player asks for by this name: its own, and without the query, which need not
 * be part of a file's name.
 */
export function addressesOf(name: string): readonly string[] {
  const address = addressOf(name)
  const mark = address.indexOf('?')
  return mark < 0 ? [address] : [address, address.slice(0, mark)]
}

/** Whether a reference of a manifest, or a request, leads to the file of a name. */
export function leadsTo(reference: string, name: string): boolean {
  return reference === name || addressesOf(reference).includes(addressOf(name))
}

/** Values of files by their names, found by any spelling of their address. */
export class AddressMap<Value> {
  readonly #values = new Map<string, Value>()

  constructor(entries: Iterable<readonly [name: string, value: Value]> = []) {
    for (const [name, value] of entries) this.set(name, value)
  }

  set(name: string, value: Value): void {
    this.#values.set(addressOf(name), value)
  }

  get(reference: string): Value | undefined {
    for (const address of addressesOf(reference)) {
      const value = this.#values.get(address)
      if (value !== undefined) return value
    }
    return undefined
  }

  has(reference: string): boolean {
    return addressesOf(reference).some((address) => this.#values.has(address))
  }

  /** In the one form of `addressOf`. */
  addresses(): IterableIterator<string> {
    return this.#values.keys()
  }
}

/**
 * Undoes the escapes of one part of an address, but those of what delimits it; a `%` that begins none, and bytes that are not
 * UTF-8, stay.
 */
function unescaped(part: string, delimiters: RegExp): string {
  if (!/[%\\?#&=+]|[^\x20-\x7e]/.test(part)) return part
  return part
    .split(/((?:%[0-9A-Fa-f]{2})+)/)
    .map((piece, at) => (at % 2 === 0 ? piece.replace(/%/g, '%25').replace(/#/g, '%23') : decoded(piece, delimiters)))
    .join('')
}

function decoded(escapes: string, delimiters: RegExp): string {
  try {
    return decodeURIComponent(escapes).replace(delimiters, escaped)
  } catch {
    return escapes.toUpperCase()
  }
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
