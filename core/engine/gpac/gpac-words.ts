import { quoted } from '../../contract/choices.ts'
import { GpacFault } from './gpac-fault.ts'

/** A word of a line, with the column of each of its characters and of its end. */
export type GpacWord = { readonly text: string; readonly columns: readonly number[] }

/** Column of a character of a word. */
export function columnOf(word: GpacWord, at: number): number {
  return word.columns[at] ?? word.columns.at(-1) ?? 1
}

/** A line as a person types it, of the arguments that a shell made of it. */
export function lineOfArguments(args: readonly string[]): string {
  return args.map((arg) => (arg === '' ? "''" : quoted(arg))).join(' ')
}

/**
 * Splits a line into words as a shell does: blanks separate, quotes keep blanks. A backslash is itself unless a blank, a quote or
 * another backslash follows, so that paths of Windows are read.
 * @throws GpacFault for a quote without its end
 */
export function wordsOfLine(line: string): GpacWord[] {
  const words: GpacWord[] = []
  let text = ''
  let columns: number[] = []
  let isOpen = false
  let quote: { readonly mark: string; readonly at: number } | null = null
  const end = (at: number): void => {
    if (isOpen) words.push({ text, columns: [...columns, at + 1] })
    text = ''
    columns = []
    isOpen = false
  }
  const take = (character: string, at: number): void => {
    text += character
    columns.push(at + 1)
    isOpen = true
  }
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (quote !== null && character === quote.mark) quote = null
    else if (quote === null && (character === "'" || character === '"')) {
      quote = { mark: character, at }
      isOpen = true
    } else if (character === '\\' && quote?.mark !== "'" && /[\s\\'"$]/.test(line.charAt(at + 1))) {
      take(line.charAt(at + 1), at)
      at++
    } else if (quote === null && /\s/.test(character)) end(at)
    else take(character, at)
  }
  if (quote !== null) throw new GpacFault(quote.at + 1, `the quote ${quote.mark} has no end`)
  end(line.length)
  return words
}
