import { quoted } from '../../contract/choices.ts'
import { parseEndpoint, writeGpac } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { subjectOf } from '../spec/compose.ts'
import { joinWord } from './gpac-address.ts'
import { filterKind, rowsOf } from './gpac-filters.ts'
import { writeGpacLogs } from './gpac-logs.ts'

/** A session as a line of GPAC's grammar. */
export type GpacText = {
  /** Without the name of the program. */
  readonly line: string
  /** What of the session GPAC has no words for. */
  readonly unknown: readonly string[]
}

/** Kinds of inputs and outputs, with the filter that each is. */
const INPUTS: Readonly<Record<string, string>> = {
  multicast: 'routein',
  presentation: 'fin',
  'byte-file': 'fin',
  'media-in': 'fin',
  'socket-in': 'sockin',
}
const OUTPUTS: Readonly<Record<string, string>> = {
  folder: 'fout',
  push: 'httpout',
  gateway: 'httpout',
  server: 'httpout',
  'http-stream': 'httpout',
  'http-origin': 'httpout',
  broadcast: 'routeout',
  'socket-out': 'sockout',
  'media-out': 'fout',
  'byte-out': 'fout',
}
/** Parts between inputs and outputs that are written as filters, or with an input. */
const STEPS: readonly string[] = ['media-reader', 'media-objects', 'scaler', 'packager', 'ingest-objects']
/** Parts whose options are written with another part. */
const SHARED: readonly string[] = ['receiver', 'repair', 'multicast-out', 'store', ...STEPS]
/** Options without a word of their own that are written all the same. */
const WRITTEN: readonly string[] = [
  ...['folder.names', 'http-stream.path', 'http-stream.iceHeaders', 'byte-file.pace'],
  ...['scaler.from', 'scaler.to', 'packager.manifest', 'http-origin.path'],
]
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
    this.#inputs = spec.parts.filter(({ kind }) => INPUTS[kind] !== undefined)
    this.#outputs = spec.parts.filter(({ kind }) => OUTPUTS[kind] !== undefined)
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
    const { kind } = part
    if (INPUTS[kind] === undefined && OUTPUTS[kind] === undefined && !SHARED.includes(kind)) this.#unknown.push(kind)
    else
      for (const row of this.#parts.find((each) => each.kind === kind)?.options ?? []) {
        const value = part[row.key]
        if (value === undefined || row.gpac !== null || row.subject === true || WRITTEN.includes(`${kind}.${row.key}`))
          continue
        this.#unknown.push(`${row.option ?? row.label} ${shown(value)}`)
      }
  }

  #input(part: PartSpec): string[] {
    const id = this.#hasIds ? [`FID=${this.#inputs.indexOf(part) + 1}`] : []
    if (part.kind === 'presentation') {
      const word = this.#word(this.#subject(part), this.#options(part, 'fin'))
      return ['-i', word, this.#word('dashin', ['forward=file', ...id])]
    }
    if (part.kind !== 'multicast') return this.#media(part, id)
    const fed = this.#outputs.filter((output) => this.#feeds(part, output))
    const [only, ...others] = fed
    const folder = others.length === 0 && isPlainFolder(only) ? only : undefined
    const between = this.#spec.parts.filter(({ kind }) => kind === 'receiver' || kind === 'repair')
    const own = [part, ...between, ...fed].flatMap((each) => this.#options(each, 'routein'))
    // Segments of a folder are those of a gateway as well, unless it has its own number.
    const isOverridden = own.some((option) => option.startsWith('max_segs=')) && fed.some(keepsAllSegments)
    if (isOverridden) own.push('nbcached=0')
    const receiver = between.find(({ kind }) => kind === 'receiver')
    const isServed = this.#outputs.some(({ kind }) => kind === 'gateway')
    const endless = !isServed && receiver?.timeoutS === undefined ? ['timeout=0'] : []
    const odir = folder === undefined || !this.#isAlone(folder) ? [] : [`odir=${String(folder.dir)}`]
    return ['-i', this.#word(this.#subject(part), [...new Set([...own, ...endless]), ...odir, ...id])]
  }

  /** An input of bytes, and the filters between it and its outputs. */
  #media(part: PartSpec, id: readonly string[]): string[] {
    const filter = INPUTS[part.kind] ?? 'fin'
    const fed = this.#outputs.filter((output) => this.#feeds(part, output))
    const between = this.#spec.parts.filter((step) => STEPS.includes(step.kind) && this.#feeds(part, step))
    const ice = fed.flatMap(({ iceHeaders }) => (iceHeaders ?? []) as readonly string[])
    const properties = ice.map((header) => `#${header.replace(',', '=')}`)
    const own = [part, ...between].flatMap((each) => this.#options(each, filter))
    const scalers = between.filter(({ kind }) => kind === 'scaler')
    const isReal = part.pace === 'real' || between.some(({ realTime }) => realTime === 'on')
    const steps: (readonly [string, readonly string[]])[] = [
      ...scalers
        .filter(({ size }) => size !== undefined)
        .map((scaler) => ['ffsws', this.#options(scaler, 'ffsws')] as const),
      ...(isReal ? [['reframer', ['rt=on']] as const] : []),
    ]
    const written = steps.map(([name, args], at) => this.#word(name, at === steps.length - 1 ? [...args, ...id] : args))
    return ['-i', this.#word(this.#subject(part), [...properties, ...own, ...(steps.length > 0 ? [] : id)]), ...written]
  }

  #output(part: PartSpec): string[] {
    const ids = this.#inputs.flatMap((input, at) => (this.#feeds(input, part) ? [at + 1] : []))
    const from = this.#hasIds && part.kind !== 'server' ? [`SID=${ids.join(',')}`] : []
    switch (part.kind) {
      case 'folder': {
        if (isPlainFolder(part) && this.#isAlone(part)) return []
        const names = String(part.names ?? PLAIN_NAMES)
        return ['-o', this.#word(part.dir === '.' ? names : `${part.dir}/${names}`, ['dynext', ...from])]
      }
      case 'push': {
        const kept = `max_cache_segs=${Number(part.maxSegments ?? 0)}`
        const options = [...this.#options(part, 'httpout'), ...this.#packaging(part)]
        return ['-o', this.#word(this.#subject(part), ['hmode=push', kept, ...options, ...from])]
      }
      case 'broadcast': {
        const out = this.#spec.parts.find(({ kind }) => kind === 'multicast-out')
        const sent = this.#inputs.filter((input) => this.#feeds(input, part))
        const llmode = sent.some(({ lowLatency }) => lowLatency !== false) ? ['llmode'] : []
        const options = [part, ...(out === undefined ? [] : [out])].flatMap((each) => this.#options(each, 'routeout'))
        return ['-o', this.#word(this.#subject(part), [...llmode, ...options, ...from])]
      }
      case 'socket-out':
      case 'media-out':
      case 'byte-out': {
        const options = this.#options(part, OUTPUTS[part.kind] ?? 'fout')
        return ['-o', this.#word(this.#subject(part), [...options, ...from])]
      }
      case 'http-origin':
      case 'http-stream': {
        const url = `http://${String(part.listen)}${String(part.path)}`
        return ['-o', this.#word(url, [...this.#options(part, 'httpout'), ...this.#packaging(part), ...from])]
      }
      default:
        return [this.#word('httpout', [...this.#listen(part), ...this.#options(part, 'httpout'), ...from])]
    }
  }

  /** Options of the packager that feeds an output. */
  #packaging(part: PartSpec): string[] {
    const packagers = this.#spec.parts.filter(({ kind }) => kind === 'packager')
    return packagers.filter((each) => this.#feeds(each, part)).flatMap((each) => this.#options(each, 'httpout'))
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
      const isOther = word !== row.gpac?.name || (part.kind === 'presentation' && row.key === 'lowLatency')
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
    const description = this.#parts.find(({ kind }) => kind === part.kind)
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

  /** Whether an input feeds an output, or a step on the way: by the links, or by default. */
  #feeds(from: PartSpec, to: PartSpec): boolean {
    const { links, parts } = this.#spec
    if (links === undefined) {
      const isTaken = from.kind === 'multicast' && parts.some(({ kind }) => kind === 'media-objects')
      const isPackaged = to.kind === 'push' && parts.some(({ kind }) => kind === 'packager')
      const family = isPackaged ? 'media' : familyOf(to)
      return to.kind !== 'server' && (familyOf(from) === family || (isTaken && family === 'media'))
    }
    return links.some((link) => {
      const next = link.from === from.id ? parts.find(({ id }) => id === link.to) : undefined
      return next !== undefined && (next === to || (STEPS.includes(next.kind) && this.#feeds(next, to)))
    })
  }
}

/** Parts that are linked by default are of one family. */
function familyOf({ kind }: PartSpec): 'sent' | 'media' | 'received' {
  if (kind === 'presentation' || kind === 'broadcast') return 'sent'
  return MEDIA.includes(kind) ? 'media' : 'received'
}
const MEDIA: readonly string[] = [
  ...['byte-file', 'media-in', 'socket-in', 'media-reader', 'scaler', 'packager'],
  ...['http-origin', 'http-stream', 'socket-out', 'media-out', 'byte-out'],
]

/** A folder of services by their numbers, which GPAC's `odir` writes. */
function isPlainFolder(part: PartSpec | undefined): part is PartSpec {
  return part?.kind === 'folder' && part.names === undefined
}

function keepsAllSegments({ kind, maxSegments = 0 }: PartSpec): boolean {
  return kind === 'gateway' && maxSegments === 0
}

function shown(value: OptionValue): string {
  return Array.isArray(value) ? value.join(' ') : String(value)
}
