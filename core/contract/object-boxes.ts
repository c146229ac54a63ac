/** Which bytes of an object are shown: those that arrived, or the file that the gateway serves in its place. */
export type BytesView = 'arrived' | 'served'

/** A box of an object in its tree, or bytes in which none can be recognised; in the order of the bytes. */
export type BoxRow = {
  /** Four-character code; null for bytes without a recognisable box. */
  readonly type: string | null
  readonly offset: number
  /** As its size field says, also where the object ends before. */
  readonly size: number
  /** 0 for a box of the top level. */
  readonly depth: number
  /** Bytes of it that did not arrive. */
  readonly missing: number
  /** Its most telling value: `sequence 41`, `avc1`, `25 samples`. */
  readonly summary: string | null
  /** What is wrong with it, as a person reads it; null where nothing is. */
  readonly fault: string | null
}

/** The boxes of one object. */
export type ObjectBoxes = {
  readonly rows: readonly BoxRow[]
  /** Not all boxes are listed: there are too many, or the object is too long to be examined at once. */
  readonly more: boolean
}

/** A field of a box, or one entry of its table. */
export type BoxField = {
  readonly name: string
  /** Null where bytes of it did not arrive. */
  readonly value: string | null
  readonly offset: number
  readonly size: number
  readonly note: string | null
}
