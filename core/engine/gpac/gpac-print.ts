import { quoted } from '../../contract/choices.ts'
import { gpacDestination } from '../../contract/gpac-destination.ts'
import { parseEndpoint, writeGpac } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { subjectOf } from '../spec/compose.ts'
import { joinWord } from './gpac-address.ts'
import { filterKind, rowsOf } from './gpac-filters.ts'
import { writeGpacLogs } from './gpac-logs.ts'
import { type GpacFamily, type GpacPart, gpacPart } from './gpac-parts.ts'

/** A session as a line of GPAC's grammar. */
export type GpacText = {
  /** Without the name of the program. */
  readonly line: string
  /** What of the session GPAC has no words for. */
  readonly unknown: readonly string[]
}

/** Names of files in a folder that has no others. */
const PLAIN_NAMES = 'service$ServiceID$/$File$'

/** Writes a session as `readGpacLine` reads it. */
export function printGpacLine(spec: SessionSpec, parts: readonly PartDescription[] = PART_DESCRIPTIONS): GpacText {
  return new GpacPrinter(spec, parts).print()
}

class GpacPrinter {
  readonly #spec: SessionSpec
  readonly #parts: readonly PartDescription[]
  readonly #unknown: string[] = []
  readonly #inputs: readonly PartSpec[]
  readonly #outputs: readonly PartSpec[]
  /** Whether links are written by ids. */
  readonly #hasIds: boolean

  constructor(spec: SessionSpec, parts: readonly PartDescription[]) {
    this.#spec = spec
    this.#parts = parts
    this.#inputs = spec.parts.filter((part) => gpacPart(part)?.role === 'input')
    this.#outputs = spec.parts.filter((part) => gpacPart(part)?.role === 'output')
    const kinds = new Set(this.#inputs.map(({ kind }) => kind))
    this.#hasIds = spec.links !== undefined || kinds.size > 1
  }

  print(): GpacText {
    for (const part of this.#spec.parts) this.#listUnknown(part)
    const words: string[] = []
    const { log, durationS } = this.#spec
    if (log !== undefined) {
      const written = writeGpacLogs(log)
      if (written.text !== '') words.push(`-logs=${written.text}`)
      this.#unknown.push(...written.unknown)
    }
    if (durationS !== undefined) {
      const ms = Math.round(durationS * 1000)
      if (ms / 1000 === durationS && ms > 0) words.push(`-runfor=${ms}`)
      else this.#unknown.push(`--duration ${durationS}`)
    }
    for (const input of this.#inputs) words.push(...this.#input(input))
    for (const output of this.#outputs) words.push(...this.#output(output))
    return { line: words.map(quoted).join(' '), unknown: this.#unknown }
  }

  /** Notes a part or an option that GPAC has no word for. */
  #listUnknown(part: PartSpec): void {
    const row = gpacPart(part)
    if (row === undefined) {
      this.#unknown.push(part.kind)
      return
    }
    for (const { key, gpac, subject, option, label } of this.#description(part)?.options ?? []) {
      const value = part[key]
      if (value === undefined || gpac !== null || subject === true || row.wordless?.includes(key) === true) continue
      this.#unknown.push(`${option ?? label} ${shown(value)}`)
    }
  }

  #input(part: PartSpec): string[] {
    const id = this.#hasIds ? [`FID=${this.#inputs.indexOf(part) + 1}`] : []
    const { family, filter } = rowOf(part)
    switch (family) {
      case 'sent': {
        const word = this.#word(this.#subject(part), this.#options(part, filter))
        return ['-i', word, this.#word('dashin', ['forward=file', ...id])]
      }
      case 'received':
        return this.#received(part, filter, id)
      default:
        return this.#media(part, filter, id)
    }
  }

  /** An input of received files, with the options of its outputs that are its own in GPAC. */
  #received(part: PartSpec, filter: string, id: readonly string[]): string[] {
    const fed = this.#outputs.filter((output) => this.#feeds(part, output))
    const [only, ...others] = fed
    const folder = others.length === 0 && isPlainFolder(only) ? only : undefined
    const implied = this.#spec.parts.filter((each) => hasRole(each, 'implied', filter))
    const own = [part, ...implied, ...fed].flatMap((each) => this.#options(each, filter))
    const kept = this.#kept(filter, own, fed)
    const isServed = this.#outputs.some((output) => rowOf(output).serves === true)
    const endless = !isServed && implied.every(({ timeoutS }) => timeoutS === undefined) ? ['timeout=0'] : []
    const odir = folder === undefined || !this.#isAlone(folder) ? [] : [`odir=${String(folder.dir)}`]
    return ['-i', this.#word(this.#subject(part), [...new Set([...own, ...kept, ...endless]), ...odir, ...id])]
  }

  /** Options of outputs that a word of another part would set as well, and that are 0: by their own words. */
  #kept(filter: string, own: readonly string[], outputs: readonly PartSpec[]): string[] {
    return rowsOf(filterKind(filter), this.#parts).flatMap(({ kind, row, word }) => {
      if (row.gpac === null || row.gpac.name === word || !own.some((option) => option.startsWith(`${word}=`))) return []
      const isKept = outputs.some((output) => output.kind === kind && (output[row.key] ?? 0) === 0)
      return isKept ? [`${row.gpac.name}=0`] : []
    })
  }

  /** An input of bytes, and the filters between it and its outputs. */
  #media(part: PartSpec, filter: string, id: readonly string[]): string[] {
    const fed = this.#outputs.filter((output) => this.#feeds(part, output))
    const between = this.#spec.parts.filter((step) => isStep(step) && this.#feeds(part, step))
    const ice = fed.flatMap(({ iceHeaders }) => (iceHeaders ?? []) as readonly string[])
    const properties = ice.map((header) => `#${header.replace(',', '=')}`)
    const own = [part, ...between].flatMap((each) => this.#options(each, filter))
    const isReal = part.pace === 'real' || between.some(({ realTime }) => realTime === 'on')
    const steps: (readonly [string, readonly string[]])[] = [
      ...between.flatMap((step) => this.#step(step)),
      ...(isReal ? [['reframer', ['rt=on']] as const] : []),
    ]
    const written = steps.map(([name, args], at) => this.#word(name, at === steps.length - 1 ? [...args, ...id] : args))
    return ['-i', this.#word(this.#subject(part), [...properties, ...own, ...(steps.length > 0 ? [] : id)]), ...written]
  }

  /** A step as a filter of its own, where it has options of one. */
  #step(step: PartSpec): (readonly [string, readonly string[]])[] {
    const { filter } = rowOf(step)
    const options = filterKind(filter).role === 'step' ? this.#options(step, filter) : []
    return options.length === 0 ? [] : [[filter, options]]
  }

  #output(part: PartSpec): string[] {
    const { filter, family, word, always = [], numbers = [] } = rowOf(part)
    if (isPlainFolder(part) && this.#isAlone(part)) return []
    const ids = this.#inputs.flatMap((input, at) => (this.#feeds(input, part) ? [at + 1] : []))
    const args = [
      ...always,
      ...numbers.map((each) => `${each.word}=${Number(part[each.key] ?? 0)}`),
      ...this.#ofInputs(part),
      ...[part, ...this.#beside(part)].flatMap((each) => this.#options(each, filter)),
      ...(this.#hasIds && family !== null ? [`SID=${ids.join(',')}`] : []),
    ]
    switch (word) {
      case 'filter':
        return [this.#word(filter, [...this.#listen(part), ...args])]
      case 'address':
        return ['-o', this.#word(`http://${String(part.listen)}${String(part.path)}`, args)]
      case 'destination': {
        const { url, words } = gpacDestination(this.#subject(part))
        return ['-o', this.#word(url, [...words, ...args])]
      }
      case 'template': {
        const names = String(part.names ?? PLAIN_NAMES)
        return ['-o', this.#word(part.dir === '.' ? names : `${part.dir}/${names}`, args)]
      }
      default:
        return ['-o', this.#word(this.#subject(part), args)]
    }
  }

  /** Words of an output for options of its inputs. */
  #ofInputs(part: PartSpec): string[] {
    const inputs = this.#inputs.filter((input) => this.#feeds(input, part))
    const words = Object.entries(rowOf(part).ofInputs ?? {})
    return words.flatMap(([word, key]) => (inputs.some((input) => input[key] !== false) ? [word] : []))
  }

  /** Parts whose options are written with an output: steps that feed it, and what it brings with it. */
  #beside(part: PartSpec): readonly PartSpec[] {
    const { filter } = rowOf(part)
    const { parts } = this.#spec
    const steps = parts.filter((each) => hasRole(each, 'step', filter) && this.#feeds(each, part))
    const brought = parts.filter((each) => hasRole(each, 'beside', filter))
    const own = brought.find((each) => this.#feeds(part, each)) ?? brought[0]
    return own === undefined ? steps : [...steps, own]
  }

  #listen(part: PartSpec): string[] {
    const endpoint = parseEndpoint(String(part.listen))
    if (endpoint === null || endpoint.port === 0) {
      this.#unknown.push(`--listen ${String(part.listen)}`)
      return []
    }
    return [`port=${endpoint.port}`, `ifce=${endpoint.host}`]
  }

  /** Options of a part in the words that a filter has for them. */
  #options(part: PartSpec, filter: string): string[] {
    const rows = rowsOf(filterKind(filter), this.#parts).filter(({ kind }) => kind === part.kind)
    return rows.flatMap(({ row, word }) => {
      const value = part[row.key]
      const isOther = word !== row.gpac?.name || gpacPart(part)?.withOutput?.includes(row.key) === true
      if (value === undefined || isOther) return []
      const written = writeGpac(row, value)
      if (!written.ok) {
        this.#unknown.push(`${row.option ?? row.label} ${shown(value)}`)
        return []
      }
      return [`${row.gpac?.property === true ? '#' : ''}${word}=${written.texts.join('')}`]
    })
  }

  #subject(part: PartSpec): string {
    const description = this.#description(part)
    const row = description === undefined ? undefined : subjectOf(description)
    const value = row === undefined ? undefined : part[row.key]
    if (Array.isArray(value) && value.length > 1) this.#unknown.push(value.slice(1).join(' '))
    return Array.isArray(value) ? String(value[0]) : String(value)
  }

  #word(subject: string, args: readonly string[]): string {
    const word = joinWord(subject, args)
    if (word === null) this.#unknown.push(`${subject} ${args.join(' ')}`)
    return word ?? subject
  }

  /** Whether every input that feeds an output feeds nothing else. */
  #isAlone(output: PartSpec): boolean {
    const givers = this.#inputs.filter((input) => this.#feeds(input, output))
    return givers.every((input) => this.#outputs.every((each) => each === output || !this.#feeds(input, each)))
  }

  /** Whether a part feeds another one, or a step on the way to it: by the links, or by default. */
  #feeds(from: PartSpec, to: PartSpec): boolean {
    const { links, parts } = this.#spec
    if (links === undefined) {
      const own = rowOf(from).family
      const family = this.#familyOf(to)
      const joins = (step: PartSpec): boolean => gpacPart(step)?.joins === family && gpacPart(step)?.family === own
      return family !== null && (own === family || parts.some(joins))
    }
    return links.some((link) => {
      const next = link.from === from.id ? parts.find(({ id }) => id === link.to) : undefined
      return next !== undefined && (next === to || (isStep(next) && this.#feeds(next, to)))
    })
  }

  #familyOf(part: PartSpec): GpacFamily | null {
    const { family, familyWith } = rowOf(part)
    const isOther = familyWith !== undefined && this.#spec.parts.some(({ kind }) => kind === familyWith.kind)
    return isOther ? familyWith.family : family
  }

  #description(part: PartSpec): PartDescription | undefined {
    return this.#parts.find(({ kind }) => kind === part.kind)
  }
}

/** The row of a part that a line can have. */
function rowOf(part: PartSpec): GpacPart {
  const row = gpacPart(part)
  if (row === undefined) throw new RangeError(`no word for ${part.kind}`)
  return row
}

function isStep(part: PartSpec): boolean {
  return gpacPart(part)?.role === 'step'
}

/** Whether a part has a role and its options in a filter. */
function hasRole(part: PartSpec, role: GpacPart['role'], filter: string): boolean {
  const row = gpacPart(part)
  return row?.role === role && row.filter === filter
}

/** A folder of services by their numbers, which GPAC's `odir` writes. */
function isPlainFolder(part: PartSpec | undefined): part is PartSpec {
  return part !== undefined && gpacPart(part)?.word === 'template' && part.names === undefined
}

function shown(value: OptionValue): string {
  return Array.isArray(value) ? value.join(' ') : String(value)
}
