import { GpacFault } from './gpac-fault.ts'
import { columnOf, type GpacWord } from './gpac-words.ts'

/** A piece of a word, and where it begins in it. */
export type GpacPiece = { readonly text: string; readonly at: number }

/** A word taken apart: what it is about, and its arguments. */
export type SplitWord = { readonly subject: string; readonly pieces: readonly GpacPiece[] }

/** Ends an address whose own colons are not separators. */
const ESCAPE = ':gpac'
/** Scheme, user and host of an address, with its port: colons that separate nothing. */
const ADDRESS = /[a-z][a-z0-9+.-]*:\/\/(?:[^/:@,]*(?::[^/:@,]*)?@)?(?:\[[^\]]*\]|[^/:,]*)(?::\d+(?=[/:,?#]|$))?/iy
/** A drive of Windows. */
const DRIVE = /[a-z]:[\\/](?!\/)/iy

/**
 * Splits a word at its colons. Those of an address and of a drive are its own; all up to `:gpac` are the subject's; what follows a
 * double colon is one argument up to the next double colon, whatever colons it has.
 * @throws GpacFault for an argument without a name
 */
export function splitWord(word: GpacWord): SplitWord {
  const split = splitText(word.text)
  const nameless = split.pieces.find(({ text }) => text === '')
  if (nameless === undefined) return split
  throw new GpacFault(columnOf(word, nameless.at - 1), 'an option without a name follows the colon')
}

/** A piece without a name is empty. */
function splitText(text: string): SplitWord {
  const escaped = new RegExp(`${ESCAPE}(?=:|$)`).exec(text)
  const subjectEnd = escaped?.index ?? pieceEnd(text, 0)
  const pieces: GpacPiece[] = []
  let at = escaped === null ? subjectEnd : subjectEnd + ESCAPE.length
  while (at < text.length) {
    const isProtected = text.startsWith('::', at)
    const begin = at + (isProtected ? 2 : 1)
    const double = text.indexOf('::', begin)
    const end = isProtected ? (double < 0 ? text.length : double) : pieceEnd(text, begin)
    pieces.push({ text: text.slice(begin, end), at: begin })
    at = end
  }
  return { subject: text.slice(0, subjectEnd), pieces }
}

/** Index of the colon that ends what begins at `from`, or the length of the text. */
function pieceEnd(text: string, from: number): number {
  let at = from
  let mayBeAddress = true
  while (at < text.length) {
    const whole = mayBeAddress ? (matchAt(ADDRESS, text, at) ?? matchAt(DRIVE, text, at)) : null
    if (whole !== null) {
      at += whole
      mayBeAddress = false
      continue
    }
    const character = text.charAt(at)
    if (character === ':') return at
    mayBeAddress = character === '=' || character === ','
    at++
  }
  return at
}

/** Length of what a sticky expression matches at an index; null where it does not. */
function matchAt(expression: RegExp, text: string, at: number): number | null {
  expression.lastIndex = at
  return expression.exec(text)?.[0].length ?? null
}

/** Puts arguments behind a subject so that `splitWord` reads them; null where the grammar has no way to write one. */
export function joinWord(subject: string, args: readonly string[]): string | null {
  let text = pieceEnd(subject, 0) === subject.length ? subject : `${subject}${ESCAPE}`
  let wasProtected = false
  for (const arg of args) {
    // What follows a protected argument is protected as well: a single colon would be a part of the one before.
    wasProtected ||= pieceEnd(arg, 0) !== arg.length
    text += `${wasProtected ? '::' : ':'}${arg}`
  }
  const split = splitText(text)
  const isSame = split.subject === subject && split.pieces.length === args.length
  return isSame && split.pieces.every((piece, at) => piece.text === args[at]) ? text : null
}
