/**
 * Characters that a text from outside must not bring to a terminal, a log or a file name: C0, DEL and C1, marks that change
 * the direction of writing, separators of lines, invisible tags, and halves of surrogate pairs.
 */
export const UNSAFE_CHARACTERS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Whether a text has a character of UNSAFE_CHARACTERS. */
export function hasUnsafeCharacters(text: string): boolean {
  return text.search(UNSAFE_CHARACTERS) >= 0
}

/** A text as it may be printed: unsafe characters as `\u{202E}`, the end of a long text as `…`. */
export function escapedText(text: string, most = 300): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text
  return cut.replace(UNSAFE_CHARACTERS, (unsafe) => `\\u{${(unsafe.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)
}
