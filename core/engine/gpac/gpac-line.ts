import type { LogSpec } from '../../contract/session-spec.ts'
import { type SplitWord, splitWord } from './gpac-address.ts'
import { GpacFault, supported } from './gpac-fault.ts'
import { readGpacLogs } from './gpac-logs.ts'
import { columnOf, type GpacWord, wordsOfLine } from './gpac-words.ts'

/** An option, a property (`#Name`) or a link (`FID`, `SID`) of a filter. */
export type GpacArgument = {
  readonly name: string
  /** Null: the name stands alone, which means true. */
  readonly value: string | null
  readonly column: number
  readonly valueColumn: number
}

/** A filter of a line, with the filters it takes from where the line says so. */
export type GpacFilter = {
  readonly role: 'input' | 'output' | 'play' | 'filter'
  /** Name of the filter; empty for an address. */
  readonly name: string
  /** Address or file of an input or output. */
  readonly subject: string
  readonly column: number
  readonly arguments: readonly GpacArgument[]
  /** Indices of filters that links before it name. */
  readonly links: readonly number[]
}

/** A line of GPAC's grammar, before the meaning of its names is known. */
export type GpacLine = {
  readonly filters: readonly GpacFilter[]
  /** Options with two dashes, which are those of every filter that has them. */
  readonly globals: readonly GpacArgument[]
  readonly durationS?: number
  readonly log?: LogSpec
  /** The graph is to be printed. */
  readonly graph: boolean
}

const ROLES: Readonly<Record<string, GpacFilter['role']>> = {
  '-i': 'input',
  '-src': 'input',
  '-o': 'output',
  '-dst': 'output',
  '-play': 'play',
}
/** Options of a session; `-k` is always on: `q` ends a session. */
const SESSION_OPTIONS = ['-i', '-src', '-o', '-dst', '-play', '-logs=', '-runfor=', '-graph', '-k', '--OPTION=VALUE']
/** Longest session, ms: what a timer can wait. */
/** Longest time after which a line ends, ms. */
export const MAX_RUN_MS = 2 ** 31 - 1

/** Whether an argument is one that only GPAC's grammar has: an input or output, an option of a session, or a filter. */
export function isGpacWord(argument: string, filters: readonly string[]): boolean {
  const [word = ''] = argument.split(/[:=]/)
  return ROLES[word] !== undefined || ['-logs', '-runfor', '-graph', '-k'].includes(word) || filters.includes(word)
}

/**
 * Reads a line.
 * @param filters names of filters
 * @throws GpacFault with the column of what is not understood
 */
export function parseGpacLine(line: string, filters: readonly string[]): GpacLine {
  const read = new LineReader(filters)
  // The next one last, which is taken at no cost.
  const words = wordsOfLine(line).reverse()
  // A pasted line begins with the name of the program.
  const first = words.at(-1)
  if (first !== undefined && /^(?:gpac|routescope)$/.test(first.text)) words.pop()
  if (words.length === 0) throw new GpacFault(1, 'the line names nothing')
  while (words.length > 0) read.take(words)
  return read.line()
}

class LineReader {
  readonly #names: readonly string[]
  readonly #filters: GpacFilter[] = []
  readonly #globals: GpacArgument[] = []
  #links: number[] = []
  #linkColumn = 0
  #durationS: number | undefined
  #log: LogSpec | undefined
  #graph = false

  constructor(names: readonly string[]) {
    this.#names = names
  }

  line(): GpacLine {
    if (this.#links.length > 0) throw new GpacFault(this.#linkColumn, 'no filter follows the link')
    return {
      filters: this.#filters,
      globals: this.#globals,
      graph: this.#graph,
      ...(this.#durationS === undefined ? undefined : { durationS: this.#durationS }),
      ...(this.#log === undefined ? undefined : { log: this.#log }),
    }
  }

  /** Takes the next words, from the end: an option, a link, or a filter. */
  take(words: GpacWord[]): void {
    const word = words.pop() as GpacWord
    const { text } = word
    const [option = '', value] = text.split(/=(.*)/s)
    const role = ROLES[option]
    if (text.startsWith('--')) this.#globals.push(argumentOf(word, { text: text.slice(2), at: 2 }))
    else if (text.startsWith('@')) this.#link(word)
    else if (role !== undefined) this.#address(word, role, option, value, words)
    else if (text.startsWith('-')) this.#session(word, option, value)
    else this.#filter(word)
  }

  #address(
    word: GpacWord,
    role: GpacFilter['role'],
    option: string,
    value: string | undefined,
    words: GpacWord[],
  ): void {
    const named = value === undefined ? words.pop() : cut(word, option.length + 1)
    if (named === undefined || named.text === '' || (value === undefined && named.text.startsWith('-')))
      throw new GpacFault(columnOf(word, 0), `nothing is named behind ${option}`)
    this.#add(role, '', named, splitWord(named))
  }

  #filter(word: GpacWord): void {
    const split = splitWord(word)
    const [name = '', subject] = split.subject.split(/=(.*)/s)
    if (subject !== undefined && (name === 'src' || name === 'dst')) {
      const named = cut(word, name.length + 1)
      this.#add(name === 'src' ? 'input' : 'output', '', named, splitWord(named))
      return
    }
    if (!this.#names.includes(split.subject))
      throw new GpacFault(columnOf(word, 0), `unknown filter '${split.subject}' ${supported(this.#names)}`)
    this.#add('filter', split.subject, word, split)
  }

  #add(role: GpacFilter['role'], name: string, word: GpacWord, { subject, pieces }: SplitWord): void {
    this.#filters.push({
      role,
      name,
      subject: name === '' ? withoutSlash(subject) : '',
      column: columnOf(word, 0),
      arguments: pieces.map((piece) => argumentOf(word, piece)),
      links: this.#links,
    })
    this.#links = []
  }

  /** `@N`: the filter N before the last one; `@@N`: the filter N from the first one. */
  #link(word: GpacWord): void {
    const column = columnOf(word, 0)
    const match = /^(@@?)(\d*)$/.exec(word.text)
    if (match === null)
      throw new GpacFault(column, `'${word.text}' is no link: one is @, @N, @@ or @@N, without properties`)
    const number = Number(match[2] || 0)
    const at = match[1] === '@@' ? number : this.#filters.length - 1 - number
    if (this.#filters[at] === undefined)
      throw new GpacFault(column, `'${word.text}' names no filter: ${this.#filters.length} stand before it`)
    this.#links.push(at)
    this.#linkColumn = column
  }

  #session(word: GpacWord, option: string, value: string | undefined): void {
    const at = columnOf(word, option.length + 1)
    switch (option) {
      case '-logs':
        this.#log = readGpacLogs(value ?? '', (offset) => columnOf(word, option.length + 1 + offset))
        return
      case '-runfor':
        if (!/^\d+$/.test(value ?? '') || Number(value) === 0 || Number(value) > MAX_RUN_MS)
          throw new GpacFault(at, `-runfor is a number of milliseconds from 1 to ${MAX_RUN_MS}`)
        this.#durationS = Number(value) / 1000
        return
      case '-graph':
        this.#graph = true
        return
      case '-k':
        return
      default:
        throw new GpacFault(columnOf(word, 0), `unknown option '${option}' ${supported(SESSION_OPTIONS)}`)
    }
  }
}

/** An address without the slash that only ends it. */
function withoutSlash(subject: string): string {
  return /^https?:/i.test(subject) ? subject : subject.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/]+)\/$/i, '$1')
}

/** A word without its first characters. */
function cut({ text, columns }: GpacWord, length: number): GpacWord {
  return { text: text.slice(length), columns: columns.slice(length) }
}

/** `!name` is `name=false`. */
function argumentOf(word: GpacWord, { text, at }: { readonly text: string; readonly at: number }): GpacArgument {
  const [whole = '', value] = text.split(/=(.*)/s)
  const isNegated = whole.startsWith('!')
  const name = isNegated ? whole.slice(1) : whole
  const column = columnOf(word, at)
  if (name === '' || name === '#') throw new GpacFault(column, 'an option needs a name')
  if (isNegated && value !== undefined) throw new GpacFault(column, `'${whole}' is false by its mark, without a value`)
  return {
    name,
    value: isNegated ? 'false' : (value ?? null),
    column,
    valueColumn: columnOf(word, at + whole.length + (value === undefined ? 0 : 1)),
  }
}
