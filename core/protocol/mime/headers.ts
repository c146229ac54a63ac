/** Header fields of a MIME part, package or entity: names in lower case; the first of two equal names counts. */
export type MimeHeaders = Readonly<Record<string, string>>

/** Headers and the offset of the body. Without an empty line `bodyStart` is the end of the range. */
export type HeaderBlock = { readonly headers: MimeHeaders; readonly bodyStart: number }

/** Longest header block accepted. */
const MAX_HEADER_BYTES = 64 << 10
/** Lines of it that are read; a part has five. */
const MAX_LINES = 256
/** Longest media type that is read, with its parameters; one has a hundred characters. */
const MAX_MEDIA_TYPE = 4096

/**
 * Reads header lines from `start` up to the first empty line. As in real streams, lines end with CRLF or LF, are folded with
 * spaces or tabs, and may lack the space after the colon. Lines without a colon are skipped.
 */
export function readHeaderBlock(bytes: Uint8Array, start: number, end: number): HeaderBlock {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  const limit = Math.min(end, start + MAX_HEADER_BYTES)
  let name: string | null = null
  let value = ''
  const keep = (): void => {
    if (name !== null) headers[name] ??= value.trim()
    name = null
  }
  let lines = 0
  let at = start
  while (at < limit) {
    const feed = bytes.indexOf(0x0a, at)
    let lineEnd = feed < 0 || feed > limit ? limit : feed
    const next = lineEnd < limit ? lineEnd + 1 : limit
    if (lineEnd > at && bytes[lineEnd - 1] === 0x0d) lineEnd--
    if (lineEnd === at) {
      keep()
      return { headers, bodyStart: next }
    }
    if (++lines > MAX_LINES) {
      at = next
      continue
    }
    const first = bytes[at]
    const line = decode(bytes.subarray(at, lineEnd))
    if (first === 0x20 || first === 0x09) {
      if (name !== null) value += ` ${line.trim()}`
    } else {
      keep()
      const colon = line.indexOf(':')
      if (colon > 0) {
        name = line.slice(0, colon).trim().toLowerCase()
        value = line.slice(colon + 1)
      }
    }
    at = next
  }
  keep()
  return { headers, bodyStart: end }
}

/** A media type in lower case without parameters, and its parameters with lower-case names and unquoted values. */
export type MediaType = { readonly type: string; readonly parameters: Readonly<Record<string, string>> }

/**
 * Parses a Content-Type value (RFC 2045 §5.1). Never throws; malformed parameters are skipped, and so is what lies beyond
 * `MAX_MEDIA_TYPE` characters.
 */
export function parseMediaType(header: string): MediaType {
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>
  const text = header.slice(0, MAX_MEDIA_TYPE)
  const semicolon = text.indexOf(';')
  const type = bareMediaType(text)
  let at = semicolon < 0 ? text.length : semicolon
  while (at < text.length) {
    at++ // the semicolon
    let stop = at
    while (stop < text.length && text[stop] !== '=' && text[stop] !== ';') stop++
    if (text[stop] !== '=') {
      at = stop
      continue
    }
    const name = text.slice(at, stop).trim().toLowerCase()
    at = stop + 1
    while (text[at] === ' ' || text[at] === '\t') at++
    let value = ''
    if (text[at] === '"') {
      at++
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && at + 1 < text.length) at++
        stop = at + 1
        while (stop < text.length && text[stop] !== '"' && text[stop] !== '\\') stop++
        value += text.slice(at, stop)
        at = stop
      }
      while (at < text.length && text[at] !== ';') at++
    } else {
      stop = text.indexOf(';', at)
      if (stop < 0) stop = text.length
      value = text.slice(at, stop).trim()
      at = stop
    }
    if (name !== '') parameters[name] ??= value
  }
  return { type, parameters }
}

/** The media type alone, lower case: `application/dash+xml` for `Application/dash+xml; charset=utf-8`. */
export function bareMediaType(text: string): string {
  const semicolon = text.indexOf(';')
  return (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase()
}

const decoder = new TextDecoder('utf-8')

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
