import type { OptionRow } from './option-row.ts'

/** Type of data on a link between two parts; see core/flow. */
export type PortType = 'datagrams' | 'objects' | 'bytes' | 'samples'

/** Card of the first screen that offers a source. Sources of one session are of one group. */
export type SourceGroup = 'Listen' | 'Open' | 'Demo'

/** A text that opens a part: a URL, a file name, `-`. */
export type SourcePattern = {
  /** Case-insensitive regular expression over the text. The first part with a match is opened. */
  readonly pattern: string
  readonly group: SourceGroup
  readonly label: string
  /** What the window shows for the text; absent: the text. A source shown by its label is not kept among the recent ones. */
  readonly shown?: 'file name' | 'label'
  /** Text that a form offers; null: none. */
  readonly example: string | null
  /** GPAC plays the same text. */
  readonly gpac?: true
}

/** A kind of part as pure data, from which command line, forms and README are made. */
export type PartDescription = {
  readonly kind: string
  readonly title: string
  /** One sentence without its full stop. */
  readonly help: string
  readonly takes: PortType | null
  readonly gives: PortType | null
  /** Whether it receives or sends; absent: either. Only parts of one side are linked by default. */
  readonly side?: 'receive' | 'send'
  readonly options: readonly OptionRow[]
  readonly opens?: readonly SourcePattern[]
  /** It ends by itself, after which its session stays open. */
  readonly ends?: true
}
