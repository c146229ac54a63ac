import type { OptionValue, TuneIn } from './session-spec.ts'

/** Longest time in seconds that a timer can wait, which counts milliseconds in 32 bits. */
export const MAX_SECONDS = 2_147_483

/** Type of the duration of a session. */
export const SESSION_DURATION = { kind: 'duration', above: true, max: MAX_SECONDS } as const satisfies OptionType

/** Type of an option's value, on a command line, in a form and in a saved session. */
export type OptionType =
  /** True where the option is named. */
  | { readonly kind: 'flag' }
  /** True unless the option `--no-…` is named. */
  | { readonly kind: 'negated' }
  /** `on` or `off`. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** A whole number; `bare` is the value of an option named without one. */
  | {
      readonly kind: 'number'
      readonly unit: string
      readonly min: number
      readonly max: number
      readonly bare?: number
    }
  /** Seconds; on a command line also `500ms` or `2s`. `above`: 0 is refused. At most MAX_SECONDS. */
  | { readonly kind: 'duration'; readonly above?: true; readonly max: number }
  /** Bytes; on a command line also `512K` or `4M`, by 1024. */
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'text'; readonly of: TextOf }
  /** Texts; on a command line the option is repeated. */
  | { readonly kind: 'list'; readonly of: TextOf }
  | { readonly kind: 'services' }

/**
 * Meaning of a text. `words`: anything; `source`: a URL, checked by the part that opens it; `input`: a file, a folder or a URL;
 * `endpoint`: `HOST:PORT`, `[IPv6]:PORT` or `:PORT`; `chances`: two percentages, `1x50`.
 */
export type TextOf =
  | 'interface'
  | 'address'
  | 'url'
  | 'folder'
  | 'file'
  | 'words'
  | 'source'
  | 'input'
  | 'endpoint'
  | 'chances'

/** Headings of the help and the forms, in this order. */
export const OPTION_GROUPS = [
  'Serving',
  'Services',
  'Network',
  'Output',
  'Objects',
  'Repair',
  'Log',
  'Capture',
  'Recording',
  'Sending',
] as const
/** One of OPTION_GROUPS. */
export type OptionGroup = (typeof OPTION_GROUPS)[number]

/** Commands that run parts; `open` includes the app's forms. */
export type OptionCommand = 'open' | 'inspect' | 'receive' | 'gateway' | 'record' | 'watch' | 'send' | 'serve'

/** The same option in GPAC. A value that GPAC's option cannot express is refused, not changed. */
export type GpacOption = {
  readonly name: string
  /** It is a property of an input there, behind whose name it is written: `:#NAME=VALUE`. */
  readonly property?: true
  /** GPAC's default where it differs from ours, as its documentation writes it. */
  readonly default?: string
  /** Factor from our number to GPAC's, which is whole; absent of a duration: seconds and their fractions. */
  readonly scale?: number
  /** GPAC's word for each value it has. */
  readonly words?: Readonly<Record<string, string>>
  /** True for us is false for GPAC. */
  readonly inverted?: true
  /** Separator of list entries; absent: GPAC takes one entry. */
  readonly separator?: string
}

/** What a session does with the file or folder that an option names. */
export type DiskUse = {
  readonly use: 'reads' | 'writes'
  /** Its name in a sentence: `the capture`, `--report`. */
  readonly called: string
  /** Fields with which a series of files is written, `NAME_00001.EXT` and so on. */
  readonly seriesWith?: readonly string[]
  /** It may be read and written at the same time, as the folders of a server are. */
  readonly shared?: true
}

/** Forms of a broadcast: by the scheme of its address, and in DVB-MABR by the protocol of its media. */
export const BROADCAST_FORMS = {
  route: 'route://',
  atsc: 'atsc://',
  'mabr-flute': 'mabr:// over FLUTE',
  'mabr-route': 'mabr:// over ROUTE',
} as const
/** One of BROADCAST_FORMS. */
export type BroadcastForm = keyof typeof BROADCAST_FORMS

/** One option of a part: pure data, from which command line, help, forms, saved sessions and README are made. */
export type OptionRow = {
  /** Field of the part in a saved session. */
  readonly key: string
  /** Name among choices, where other parts use `key` for something else; absent: `key`. */
  readonly choice?: string
  /** Name on a command line, without its value; null: it has none. */
  readonly option: `--${string}` | null
  readonly gpac: GpacOption | null
  readonly type: OptionType
  /** Placeholder of its value in the help; absent: that of the type. */
  readonly word?: string
  /** Set for every option that names a file or folder. */
  readonly disk?: DiskUse
  /** It names code of the user's own that the session runs, unless it is one of these words. */
  readonly runs?: readonly string[]
  /** Null: no value. */
  readonly default: OptionValue | null
  readonly group: OptionGroup
  readonly level: 'basic' | 'expert'
  /** Label in a form. */
  readonly label: string
  /** One sentence without its full stop. */
  readonly help: string
  readonly commands: readonly OptionCommand[]
  /** Path of the test that proves it. */
  readonly test: string
  /** It means something only for an input of plain files. */
  readonly ofFiles?: true
  /** What a form shows where nothing is chosen, of an option without default. */
  readonly unset?: string
  /** Forms of a broadcast for which it means something; absent: every. */
  readonly forms?: readonly BroadcastForm[]
  /** Value of another field where only this one is given. */
  readonly implies?: { readonly key: string; readonly value: OptionValue }
  /** The option names the part's subject: an address, files, a folder. A command makes the part where it is given. */
  readonly subject?: true
}

/** TypeScript type of an option's value. */
export type OptionValueOf<Type extends OptionType> = Type extends { kind: 'flag' | 'negated' | 'switch' }
  ? boolean
  : Type extends { kind: 'number' | 'duration' | 'bytes' }
    ? number
    : Type extends { kind: 'choice'; values: readonly (infer Value)[] }
      ? Value
      : Type extends { kind: 'list' }
        ? readonly string[]
        : Type extends { kind: 'services' }
          ? TuneIn
          : string

/** A part with the fields of its table, every default filled in. */
export type SpecOf<Kind extends string, Rows extends readonly OptionRow[]> = {
  readonly id: string
  readonly kind: Kind
} & {
  readonly [Row in Rows[number] as KeyIfSet<Row>]: OptionValueOf<Row['type']>
} & {
  readonly [Row in Rows[number] as KeyIfOptional<Row>]?: OptionValueOf<Row['type']>
}

type KeyIfOptional<Row extends OptionRow> = Row extends { subject: true }
  ? never
  : Row['default'] extends null
    ? Row['key']
    : never
type KeyIfSet<Row extends OptionRow> = Exclude<Row['key'], KeyIfOptional<Row>>
