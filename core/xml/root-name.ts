import { utf16Text } from '#platform'

/**
 * Local name of a document's root element, found without parsing; null where the bytes do not start like XML. Skips
 * declaration, comments, processing instructions and document type; searches only the first 64 KiB.
 */
export function xmlRootName(bytes: Uint8Array): string | null {
  const text = decode(bytes.subarray(0, 64 << 10))
  let at = 0
  while (true) {
    while (at < text.length && /[\s\ufeff]/.test(text[at] as string)) at++
    if (text[at] !== '<') return null
    if (text.startsWith('<!--', at)) at = after(text, '-->', at)
    else if (text.startsWith('<?', at)) at = after(text, '?>', at)
    else if (text.startsWith('<!', at)) at = after(text, '>', at)
    else return /^<(?:[^\s<>/:]+:)?([^\s<>/:]+)/.exec(text.slice(at, at + 300))?.[1] ?? null
  }
}

function after(text: string, token: string, from: number): number {
  const at = text.indexOf(token, from)
  return at < 0 ? text.length : at + token.length
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16Text(bytes, true)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return utf16Text(bytes, false)
  return new TextDecoder('utf-8').decode(bytes)
}
