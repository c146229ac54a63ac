/** An attribute and the range of its value in the text, between the quotes. */
export type PlacedAttribute = {
  /** As written, with its prefix. */
  readonly name: string
  /** Entities decoded. */
  readonly value: string
  /** Index of the space before it. */
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** An element with its place in the text: UTF-16 indices. */
export type PlacedElement = {
  /** Local name. */
  readonly name: string
  /** Name as written, with its prefix. */
  readonly qualifiedName: string
  /** Index of `<`. */
  readonly start: number
  /** Index after the `>` of the start tag. */
  readonly openEnd: number
  /** Index of `</`; equals `openEnd` for `<x/>`. */
  readonly closeStart: number
  /** Index after the whole element. */
  readonly end: number
  readonly selfClosed: boolean
  readonly attributes: readonly PlacedAttribute[]
  readonly children: readonly PlacedElement[]
}
