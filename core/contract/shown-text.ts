/*
 * Text from outside (names, addresses, sentences with them in it) as it may be shown: in a terminal, a log, a window.
 */

/** Longest line that is shown, in UTF-16 units; the middle of a longer one is cut out. */
export const MAX_SHOWN = 2000
/** Combining marks shown on one character. */
const MAX_MARKS = 4

const PLAIN = /^[\x20-\x7e]*$/
const PLAIN_LINES = /^[\n\x20-\x7e]*$/
/**
 * C0 and C1 controls, line and paragraph separators, controls of direction, invisible and annotation characters, tags, and
 * surrogates without their other half. The joiners U+200C and U+200D are not among them: scripts and emoji need them.
 */
export const ODD_CHARACTERS: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu
const ODD_IN_DOCUMENT = new RegExp(`(?![\\t\\n])(?:${ODD_CHARACTERS.source})`, 'gu')
const TOO_MANY_MARKS = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu')
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * One line to show: what moves the cursor, breaks the line, turns the direction of writing or cannot be seen is spelt
 * (`\x1b`, `\u202e`, `\n`), more than four combining marks on a character are left out, and a long text is cut in the
 * middle. Text that has none of these is unchanged.
 * @param limit longest result in UTF-16 units, about
 */
export function shownText(text: string, limit: number = MAX_SHOWN): string {
  if (text.length <= limit && PLAIN.test(text)) return text
  return cut(cut(text.replace(TOO_MANY_MARKS, '$1…'), 4 * limit).replace(ODD_CHARACTERS, spelt), limit)
}

/** A document of many lines to show: as `shownText`, but line breaks and tabs are kept, and nothing is cut. */
export function shownDocument(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(ODD_IN_DOCUMENT, spelt).replace(TOO_MANY_MARKS, '$1…')
}

/** JSON in which these characters are escaped, so that it can be printed; it reads back as the same value. */
export function shownJsonText(json: string): string {
  return PLAIN_LINES.test(json)
    ? json
    : json.replace(ODD_IN_DOCUMENT, (character) =>
        [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
          .join(''),
      )
}

function spelt(character: string): string {
  const named = NAMED[character]
  if (named !== undefined) return named
  const code = character.codePointAt(0) ?? 0
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
}

/** The beginning and the end of a text that is longer than `limit`. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const kept = Math.floor((limit - 1) / 2)
  return `${text.slice(0, kept)}…${text.slice(-kept)}`
}

/** A sentence as a part of another: without its capital letter and full stop. */
export function clauseOf(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '')
}
