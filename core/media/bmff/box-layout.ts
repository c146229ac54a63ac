import type { FieldReader } from './field-reader.ts'

/** How a type of box is read. */
export type BoxLayout = {
  /** Reads its fields, up to its children. */
  readonly read?: (fields: FieldReader) => void
  /** Offset of its children after its header; absent: it has none. */
  readonly children?: number
  /** Fields that describe it in a line, and the words around their values, `$` for the value. */
  readonly summary?: readonly (readonly [field: string, words: string])[]
  /** Boxes that must be among its children: without them it cannot be played. */
  readonly needs?: readonly string[]
}
