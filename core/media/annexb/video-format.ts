/** What parameter sets say of the pictures of a stream. */
export type PictureFormat = {
  readonly width: number
  readonly height: number
  /** Frames per second as a fraction; null where the stream has no timing. */
  readonly rate: { readonly num: number; readonly den: number } | null
  /** Most pictures that precede one in decoding order and follow it in output order. */
  readonly reorder: number
}

/** Why the header of a slice cannot be read, as it is counted: its parameter sets are missing, or it is cut off or no header. */
export type SliceFault = 'undecodable' | 'malformed'

/** One picture, as its first slice has it. */
export type PictureHeader = {
  /** Random access point at which nothing before is needed. */
  readonly sync: boolean
  /** Order of output, within the pictures since the last `restart`. */
  readonly order: number
  /** Pictures before it all precede it in output order. */
  readonly restart: boolean
  /** Second field of the picture before: the same sample. */
  readonly secondField: boolean
}
