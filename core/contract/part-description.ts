import type { OptionRow } from './option-row.ts'

/** What runs along a link between two parts; see core/flow. */
export type PortType = 'datagrams' | 'objects' | 'bytes' | 'samples'

/** A text that opens a part: a URL, a file name, `-`. */
export type SourcePattern = {
  /** Regular expression over the whole text, without regard to case. The first part whose pattern fits is opened. */
  readonly pattern: string
  /** Where a person looks for it: among what is listened to, or among what is opened. */
  readonly group: 'Listen' | 'Open'
  readonly label: string
  /** What a form offers to fill in; null: nothing. */
  readonly example: string | null
}

/** A kind of part, as pure data: it reaches the command line, the forms and README as it is. */
export type PartDescription = {
  readonly kind: string
  readonly title: string
  /** One sentence without its full stop. */
  readonly help: string
  readonly takes: PortType | null
  readonly gives: PortType | null
  /** Whether it belongs to what is received or to what is sent; absent: to either. Only parts of one side are linked by themselves. */
  readonly side?: 'receive' | 'send'
  readonly options: readonly OptionRow[]
  readonly opens?: readonly SourcePattern[]
  /** Comes to its end by itself, after which what it gave is still looked at. */
  readonly ends?: true
}
