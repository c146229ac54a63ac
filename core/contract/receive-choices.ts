import {
  RECEIVE_OPTION_GROUPS,
  RECEIVE_OPTIONS,
  type ReceiveChoices,
  type ReceiveCommand,
  type ReceiveOption,
  type ReceiveOptionKey,
} from './receive-options.ts'
import { DEFAULT_RECEIVE, type ReceiveSpec, type TuneIn } from './session-spec.ts'
import type { MulticastSource } from './session-spec-1.ts'

/** A value as text gave it, or what is wrong with it: words that follow "it is …" or "it must be …". */
export type ReceiveOptionReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

/** The rows that a command takes. */
export function receiveOptions(command: ReceiveCommand): readonly ReceiveOption[] {
  return (RECEIVE_OPTIONS as readonly ReceiveOption[])
    .filter((row) => row.commands.includes(command))
    .sort((a, b) => RECEIVE_OPTION_GROUPS.indexOf(a.group) - RECEIVE_OPTION_GROUPS.indexOf(b.group))
}

const TUNE_IN = ['all', 'first', 'none', 'scan'] as const
const BYTE_UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const

/** Reads what somebody typed for an option. A list is one entry of it. */
export function readReceiveOption({ type }: ReceiveOption, typed: string): ReceiveOptionReading {
  const text = typed.trim()
  switch (type.kind) {
    case 'flag':
    case 'negated':
      return checkType(type, text === 'true' ? true : text === 'false' ? false : text)
    case 'switch':
      return checkType(type, text === 'on' ? true : text === 'off' ? false : text)
    case 'number':
      return checkType(type, /^-?\d+$/.test(text) ? Number(text) : text)
    case 'duration': {
      const match = /^(\d+(?:\.\d+)?)(ms|s|)$/.exec(text)
      return checkType(type, match === null ? text : match[2] === 'ms' ? Number(match[1]) / 1000 : Number(match[1]))
    }
    case 'bytes': {
      const match = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?$/i.exec(text)
      const unit = (match?.[2] ?? '').toLowerCase() as keyof typeof BYTE_UNITS
      return checkType(type, match === null ? text : Math.round(Number(match[1]) * BYTE_UNITS[unit]))
    }
    case 'list': {
      const checked = checkType(type, [text])
      return checked.ok ? { ok: true, value: text } : checked
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

/** Checks a value from a saved session or another process. */
export function checkReceiveOption(row: ReceiveOption, value: unknown): ReceiveOptionReading {
  return checkType(row.type, value)
}

function checkType(type: ReceiveOption['type'], value: unknown): ReceiveOptionReading {
  const fine = { ok: true, value } as const
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
      const what = type.kind === 'bytes' ? 'a number of bytes, such as 512K or 4M,' : 'a whole number'
      return bad(`must be ${what} from ${type.min}${type.max === Number.MAX_SAFE_INTEGER ? '' : ` to ${type.max}`}`)
    }
    case 'duration':
      return typeof value === 'number' && Number.isFinite(value) && value >= 0
        ? fine
        : bad('must be a number of seconds from 0, such as 10, 2.5 or 500ms')
    case 'list': {
      if (!Array.isArray(value)) return bad('must be a list')
      const wrong = value.find((one) => typeof one !== 'string' || !LIST_ENTRY[type.of](one))
      return wrong === undefined ? fine : bad(LIST_PROBLEM[type.of])
    }
    case 'services':
      if (TUNE_IN.some((word) => word === value)) return fine
      return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isSafeInteger(id) && id >= 0)
        ? fine
        : bad('must be all, first, none, scan or service ids such as 1,5009')
    case 'folder':
      return typeof value === 'string' && value !== '' ? fine : bad('must name a folder')
  }
}

const LIST_ENTRY = {
  interface: (text: string) => text !== '' && !/\s/.test(text),
  address: (text: string) =>
    /^\d{1,3}(\.\d{1,3}){3}$/.test(text)
      ? text.split('.').every((part) => Number(part) <= 255)
      : /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text),
  url: (text: string) => /^https?:\/\/[^\s/]+/i.test(text),
} as const
const LIST_PROBLEM = {
  interface: 'must be an address or a name of an interface',
  address: 'must be an IP address in numbers',
  url: 'must be an http:// or https:// address',
} as const

/**
 * Keeps of `value` what is a choice, for what another process or an earlier version wrote.
 * @throws Error that names the first that is not one, where `strict`
 */
export function checkedChoices(value: unknown, strict: boolean): ReceiveChoices {
  const kept: Record<string, unknown> = {}
  const given = typeof value === 'object' && value !== null ? Object.entries(value) : []
  for (const [key, one] of given) {
    const row = RECEIVE_OPTIONS.find((each) => each.key === key)
    const reading = row === undefined ? null : checkReceiveOption(row, one)
    if (reading?.ok === true) kept[key] = one
    else if (strict) throw new Error(`${row?.option ?? key} ${reading?.problem ?? 'is no option of receiving'}`)
  }
  return kept as ReceiveChoices
}

/** The `receive` of a saved session that the choices make. */
export function receiveSpecOf(choices: ReceiveChoices, services: TuneIn): ReceiveSpec {
  const spec: Record<string, unknown> = { ...DEFAULT_RECEIVE, services, repair: { ...DEFAULT_RECEIVE.repair } }
  // Whoever names a server wants it asked (GPAC's repair_urls does the same).
  if (choices.repair === undefined && (choices.repairUrls?.length ?? 0) > 0) {
    ;(spec.repair as Record<string, unknown>).mode = 'http'
  }
  for (const row of RECEIVE_OPTIONS) {
    const value = choices[row.key]
    const path = /^source\.receive\.(.+)$/.exec(row.path)?.[1]
    if (value === undefined || path === undefined) continue
    if (row.key === 'timeoutS' && value === 0) delete spec.timeoutS
    else if (path.startsWith('repair.')) (spec.repair as Record<string, unknown>)[path.slice('repair.'.length)] = value
    else spec[path] = value
  }
  return spec as ReceiveSpec
}

/** What the choices say of how a multicast source is listened to. */
export function socketFieldsOf(
  choices: ReceiveChoices,
): Pick<MulticastSource, 'interfaces' | 'sourceAddresses' | 'excludeSourceAddresses' | 'bufferBytes'> {
  const { interfaces, sourceAddresses, excludeSourceAddresses, bufferBytes } = choices
  return {
    ...(interfaces === undefined || interfaces.length === 0 ? {} : { interfaces }),
    ...(sourceAddresses === undefined || sourceAddresses.length === 0 ? {} : { sourceAddresses }),
    ...(excludeSourceAddresses === undefined || excludeSourceAddresses.length === 0 ? {} : { excludeSourceAddresses }),
    ...(bufferBytes === undefined ? {} : { bufferBytes }),
  }
}

/**
 * True where a choice is what happens anyway.
 * @param standards where a command has other ones than the table
 */
function isStandard(row: ReceiveOption, value: unknown, standards: ReceiveChoices): boolean {
  if (value === undefined || value === standardOf(row, standards)) return true
  return row.type.kind === 'list' && Array.isArray(value) && value.length === 0
}

/** What holds where nothing is chosen: the caller's own standard, else the table's. */
export function standardOf(row: ReceiveOption, standards: ReceiveChoices): unknown {
  return standards[row.key as ReceiveOptionKey] ?? row.standard
}

/** The choices as they would be typed, `--option value` each, in the order of the table. */
export function commandLineOf(choices: ReceiveChoices, standards: ReceiveChoices = {}): string[] {
  const words: string[] = []
  for (const row of RECEIVE_OPTIONS as readonly ReceiveOption[]) {
    const value: unknown = choices[row.key as ReceiveOptionKey]
    if (isStandard(row, value, standards)) continue
    const { kind } = row.type
    if (kind === 'flag' || kind === 'negated') words.push(row.option)
    else if (kind === 'list') for (const one of value as readonly string[]) words.push(row.option, quoted(one))
    else if (kind === 'switch') words.push(row.option, value === true ? 'on' : 'off')
    else words.push(row.option, quoted(String(value)))
  }
  return words
}

/** The choices in GPAC's words, and those it has no word for. */
export function gpacOptionsOf(choices: ReceiveChoices): { readonly words: string[]; readonly unknown: string[] } {
  const words: string[] = []
  const unknown: string[] = []
  for (const row of RECEIVE_OPTIONS as readonly ReceiveOption[]) {
    const value: unknown = choices[row.key as ReceiveOptionKey]
    if (isStandard(row, value, {})) continue
    const text = row.gpac === null ? null : gpacValue(row, value)
    if (text === null) unknown.push(row.option)
    else words.push(`--${row.gpac}=${quoted(text)}`)
  }
  return { words, unknown }
}

const GPAC_TUNE_IN = { all: '-1', first: '-2', none: '0', scan: '-3' } as const

/** Null where GPAC cannot say it. */
function gpacValue(row: ReceiveOption, value: unknown): string | null {
  switch (row.key) {
    case 'services':
      if (typeof value === 'string') return GPAC_TUNE_IN[value as keyof typeof GPAC_TUNE_IN]
      return (value as readonly number[]).length === 1 ? String((value as readonly number[])[0]) : null
    case 'timeoutS':
      return String(Math.round((value as number) * 1000))
    case 'reorderMs':
      return String((value as number) * 1000)
    case 'keepRepeats':
      return String(value !== true)
    case 'repair':
      return value === 'http' ? 'full' : String(value)
    case 'detectLoops':
      return value === 'auto' ? null : String(value === 'on')
    case 'interfaces':
      return (value as readonly string[]).length === 1 ? String((value as readonly string[])[0]) : null
    case 'repairUrls':
      return (value as readonly string[]).join(',')
    default:
      return String(value)
  }
}

/** As a shell takes it for one word. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
