/** A reference to an entity or a character, or an ampersand alone. */
export const REFERENCE = /&(#[xX][0-9a-fA-F]+;|#[0-9]+;|[A-Za-z_:][\w:.-]*;)?/g

/** An ampersand that begins no reference. */
const STRAY = /&(?!(?:#[xX][0-9a-fA-F]+|#[0-9]+|[A-Za-z_:][\w:.-]*);)/
/** Markup in which ampersands have no meaning. */
const OTHER_MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>/
/** Characters for private use, and how many of them are tried. */
const FIRST_PRIVATE = 0xe000
const TRIED = 256

/**
 * A text whose stray ampersands are another character of the same length, for a reader that takes none.
 * @returns null where there are none
 */
export function maskedAmpersands(text: string): { readonly text: string; readonly mask: string } | null {
  if (!text.includes('&')) return null
  for (let tried = 0; tried < TRIED; tried++) {
    const mask = String.fromCharCode(FIRST_PRIVATE + tried)
    if (text.includes(mask)) continue
    const masked = text.replace(new RegExp(STRAY, 'g'), mask)
    return masked === text ? null : { text: masked, mask }
  }
  return null
}

/** Index of the first stray ampersand, or of the first `mask`, in a well-formed document; -1 without one. */
export function firstStray(text: string, mask: string | null = null): number {
  const wanted = mask ?? '&'
  const pattern = new RegExp(`${OTHER_MARKUP.source}|${mask ?? STRAY.source}`, 'g')
  for (const { 0: found, index } of text.matchAll(pattern)) if (found === wanted) return index
  return -1
}

/** A well-formed document with its stray ampersands written as XML has them. */
export function escapedAmpersands(text: string): string {
  const pattern = new RegExp(`${OTHER_MARKUP.source}|${STRAY.source}`, 'g')
  return text.replace(pattern, (found) => (found === '&' ? '&amp;' : found))
}
