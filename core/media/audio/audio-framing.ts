/** What the header of an audio frame says. */
export type AudioHeader = {
  /** Length of the frame with its header. */
  readonly frameBytes: number
  /** Bytes of the header that are no part of the sample: those of ADTS, 0 otherwise. */
  readonly headerBytes: number
  /** Samples per channel. */
  readonly samples: number
  readonly sampleRate: number
  readonly channels: number
  /** Part of one stream: equal for all frames that one decoder configuration serves. */
  readonly codec: string
  /** The frame is part of the stream but no sample of its own that is understood. */
  readonly leftOut?: true
}

/** The framing of one audio format. */
export type AudioFraming = {
  /** Bytes that `header` needs. */
  readonly headerBytes: number
  /** Reads a header at `at`, from where `headerBytes` are there; null where none is. */
  header(bytes: Uint8Array, at: number): AudioHeader | null
  /** Content of the configuration box of a frame (`esds`, `dac3`, `dec3`). */
  configuration(bytes: Uint8Array, at: number, frame: AudioHeader): Uint8Array
}

/** The header at `at`; null where none is, or where not all of it is there. */
export function audioHeaderAt(framing: AudioFraming, bytes: Uint8Array, at: number): AudioHeader | null {
  return at + framing.headerBytes > bytes.byteLength ? null : framing.header(bytes, at)
}
