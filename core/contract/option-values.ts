import { LOOPBACK } from './loopback.ts'
import type { OptionRow, OptionType, TextOf } from './option-row.ts'
import type { OptionValue } from './session-spec.ts'

/** A value read from text, or its fault, which completes "it …". */
export type OptionReading =
  | { readonly ok: true; readonly value: OptionValue }
  | { readonly ok: false; readonly problem: string }

/** A value as text, one entry for each time the option is named; or why it cannot be written. */
export type OptionWriting =
  | { readonly ok: true; readonly texts: readonly string[] }
  | { readonly ok: false; readonly problem: string }

const TUNE_IN = ['all', 'first', 'none', 'scan'] as const
/** Largest service id that is asked for; SLTs have 16 bits, later ones of DVB-MABR more. */
const MAX_ID = 2 ** 32 - 1
const BYTE_UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const

/**
 * Reads the typed value of an option.
 * @param typed one text, or one for each entry of a list
 */
export function readOption({ type }: Pick<OptionRow, 'type'>, typed: string | readonly string[]): OptionReading {
  const texts = typeof typed === 'string' ? [typed] : typed
  if (type.kind === 'list')
    return checkType(
      type,
      texts.map((text) => tidied(type.of, text)),
    )
  const last = texts.at(-1) ?? ''
  if (type.kind === 'text') return checkType(type, tidied(type.of, last))
  const text = last.trim()
  switch (type.kind) {
    case 'flag':
    case 'negated':
      return checkType(type, text === 'true' ? true : text === 'false' ? false : text)
    case 'switch':
      return checkType(type, text === 'on' ? true : text === 'off' ? false : text)
    case 'number':
      return checkType(type, /^-?\d+$/.test(text) ? Number(text) : text)
    case 'duration': {
      const match = /^(\d+(?:\.\d+)?(?:e-?\d+)?)(ms|s|)$/.exec(text)
      return checkType(type, match === null ? text : match[2] === 'ms' ? Number(match[1]) / 1000 : Number(match[1]))
    }
    case 'bytes': {
      const match = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?$/i.exec(text)
      const unit = (match?.[2] ?? '').toLowerCase() as keyof typeof BYTE_UNITS
      return checkType(type, match === null ? text : Math.round(Number(match[1]) * BYTE_UNITS[unit]))
    }
    case 'services':
      return checkType(
        type,
        /^\d+(\s*,\s*\d+)*$/.test(text) ? text.split(',').map((id) => Number(id)) : text.toLowerCase(),
      )
    default:
      return checkType(type, text)
  }
}

/** Trims blanks where they cannot be meant. */
function tidied(of: TextOf, text: string): string {
  return of === 'folder' || of === 'file' || of === 'words' || of === 'input' ? text : text.trim()
}

/** Writes a value as `readOption` reads it. */
export function writeOption(row: OptionRow, value: OptionValue): OptionWriting {
  const checked = checkOption(row, value)
  if (!checked.ok) return checked
  switch (row.type.kind) {
    case 'list':
      return { ok: true, texts: value as readonly string[] }
    case 'switch':
      return { ok: true, texts: [value === true ? 'on' : 'off'] }
    case 'services':
      return { ok: true, texts: [Array.isArray(value) ? value.join(',') : String(value)] }
    default:
      return { ok: true, texts: [String(value)] }
  }
}

/** Checks a value from a saved session or another process. */
export function checkOption(row: Pick<OptionRow, 'type'>, value: unknown): OptionReading {
  return checkType(row.type, value)
}

/** Reads a value in GPAC's grammar, after `NAME=`. */
export function readGpac(row: OptionRow, text: string): OptionReading {
  const { type, gpac } = row
  if (gpac === null) return { ok: false, problem: 'has no name in GPAC' }
  const ours = Object.entries(gpac.words ?? {}).find(([, word]) => word === text)?.[0]
  if (ours !== undefined) return readOption(row, ours)
  switch (type.kind) {
    case 'flag':
    case 'negated':
    case 'switch': {
      const yes = /^(true|yes|1)$/i.test(text)
      if (!yes && !/^(false|no|0)$/i.test(text)) return { ok: false, problem: 'must be true or false' }
      return { ok: true, value: yes !== (gpac.inverted === true) }
    }
    case 'choice':
      // Our own words are refused where GPAC does not have them.
      return gpac.words === undefined
        ? checkType(type, text)
        : { ok: false, problem: `must be one of ${Object.values(gpac.words).join(', ')}` }
    case 'list':
      return checkType(type, gpac.separator === undefined ? [text] : text.split(gpac.separator))
    case 'number':
    case 'duration':
      return checkType(type, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) / (gpac.scale ?? 1) : text)
    default:
      return readOption(row, text)
  }
}

/** Writes a value in GPAC's grammar, after `NAME=`: one text. */
export function writeGpac(row: OptionRow, value: OptionValue): OptionWriting {
  const { gpac } = row
  const checked = checkOption(row, value)
  if (!checked.ok) return checked
  if (gpac === null) return { ok: false, problem: 'has no name in GPAC' }
  const text = gpacText(row, gpac, value)
  if (text === null) return { ok: false, problem: `cannot be ${String(value)} in GPAC` }
  return { ok: true, texts: [text] }
}

/** Returns null where GPAC cannot express the value. */
function gpacText({ type }: OptionRow, gpac: NonNullable<OptionRow['gpac']>, value: OptionValue): string | null {
  if (gpac.words !== undefined && typeof value === 'string') return gpac.words[value] ?? null
  if (Array.isArray(value)) {
    const entries = value.map(String)
    const { separator } = gpac
    if (entries.length === 0) return null
    if (separator === undefined) {
      // GPAC's word for a value of ours is not an entry.
      const only = entries.length === 1 ? (entries[0] as string) : null
      return only !== null && Object.values(gpac.words ?? {}).includes(only) ? null : only
    }
    return entries.some((entry) => entry.includes(separator)) ? null : entries.join(separator)
  }
  if (typeof value === 'boolean') return String(value !== (gpac.inverted === true))
  if (typeof value === 'number' && (type.kind === 'number' || type.kind === 'duration')) {
    // Seconds may be fractions there, smaller units are whole.
    if (type.kind === 'duration' && gpac.scale === undefined)
      return /^\d+(\.\d+)?$/.test(`${value}`) ? `${value}` : null
    const scale = gpac.scale ?? 1
    const scaled = Math.round(value * scale)
    return scaled / scale === value && Number.isSafeInteger(scaled) ? String(scaled) : null
  }
  return String(value)
}

function checkType(type: OptionType, value: unknown): OptionReading {
  const fine = { ok: true, value: value as OptionValue } as const
  const bad = (problem: string) => ({ ok: false, problem }) as const
  switch (type.kind) {
    case 'flag':
    case 'negated':
      return typeof value === 'boolean' ? fine : bad('must be true or false')
    case 'switch':
      return typeof value === 'boolean' ? fine : bad('must be on or off')
    case 'choice':
      return typeof value === 'string' && type.values.includes(value)
        ? fine
        : bad(`must be one of ${type.values.join(', ')}`)
    case 'number':
    case 'bytes': {
      if (Number.isSafeInteger(value) && (value as number) >= type.min && (value as number) <= type.max) return fine
      const what = type.kind === 'bytes' ? 'a number of bytes' : 'a whole number'
      const example = type.kind === 'bytes' ? ', such as 512K or 4M' : ''
      return bad(`must be ${what} from ${type.min} to ${type.max}${example}`)
    }
    case 'duration':
      return typeof value === 'number' && (type.above === true ? value > 0 : value >= 0) && value <= type.max
        ? fine
        : bad(
            `must be a number of seconds ${type.above === true ? 'above' : 'from'} 0 and at most ${type.max}, such as 10, 2.5 or 500ms`,
          )
    case 'text':
      if (hasNul(value)) return bad(NUL_PROBLEM)
      return typeof value === 'string' && isText(type.of, value) ? fine : bad(TEXT_PROBLEM[type.of])
    case 'list': {
      if (!Array.isArray(value)) return bad('must be a list')
      if (value.some(hasNul)) return bad(NUL_PROBLEM)
      const wrong = value.find((one) => typeof one !== 'string' || !isText(type.of, one))
      return wrong === undefined ? fine : bad(TEXT_PROBLEM[type.of])
    }
    case 'services':
      if (TUNE_IN.some((word) => word === value)) return fine
      return Array.isArray(value) &&
        value.length > 0 &&
        value.every((id) => Number.isSafeInteger(id) && id >= 0 && id <= MAX_ID)
        ? fine
        : bad(`must be all, first, none, scan or service ids from 0 to ${MAX_ID} such as 1,5009`)
  }
}

/** No path and no address has this character. */
function hasNul(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\0')
}

const NUL_PROBLEM = 'must not contain a NUL character'

function isText(of: TextOf, text: string): boolean {
  switch (of) {
    case 'interface':
      return text !== '' && !/\s/.test(text)
    case 'address':
      return /^\d{1,3}(\.\d{1,3}){3}$/.test(text)
        ? text.split('.').every((part) => Number(part) <= 255)
        : /^[0-9a-f.]*:[0-9a-f:.]*$/i.test(text)
    case 'url':
      return /^https?:\/\/[^\s/]+(.*\S)?$/i.test(text) && hasValidPort(text)
    case 'source':
      return /^\S+$/.test(text)
    case 'endpoint':
      return parseEndpoint(text) !== null
    case 'chances':
      return parseChances(text) !== null
    default:
      return text !== ''
  }
}

/** Whether the port of a URL, if it names one, is a number from 0 to 65535. */
function hasValidPort(url: string): boolean {
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''
  const port = /:([^:\]]*)$/.exec(authority.replace(/^.*@/, ''))?.[1] ?? ''
  return port === '' || (/^\d+$/.test(port) && Number(port) <= 65535)
}

const TEXT_PROBLEM: Readonly<Record<TextOf, string>> = {
  interface: 'must be an address or a name of an interface',
  address: 'must be an IP address in numbers',
  url: 'must be an http:// or https:// address with a port from 0 to 65535, if any',
  folder: 'must name a folder',
  file: 'must name a file',
  words: 'must be a text that is not empty',
  source: 'must be an address',
  input: 'must name a file, a folder or a URL',
  chances: 'must be two percentages such as 1x50',
  endpoint: 'must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:8080',
}

/** Chances in percent of the two states of a loss model: that losing begins with a packet, and that it ends. */
export type LossChances = { readonly begins: number; readonly ends: number }

/** Reads `BEGINSxENDS`; null for any other text. */
export function parseChances(text: string): LossChances | null {
  const match = /^(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)$/.exec(text)
  const chances = { begins: Number(match?.[1]), ends: Number(match?.[2]) }
  return match !== null && chances.begins <= 100 && chances.ends <= 100 ? chances : null
}

/** Writes what `parseChances` reads. */
export function chancesText({ begins, ends }: LossChances): string {
  return `${begins}x${ends}`
}

/** Address to serve or listen on. */
export type HostPort = { readonly host: string; readonly port: number }

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`, which is on loopback; null for any other text. */
export function parseEndpoint(text: string): HostPort | null {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) return null
  return { host: match[1] ?? (match[2] || LOOPBACK), port }
}
