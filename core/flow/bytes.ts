/** Format of a byte stream: declared by its source, or probed. Null until it is known. */
export type ByteFormat = {
  /** Media type, such as `video/mp2t`. */
  readonly contentType: string
  /** File suffix without its dot, such as `ts`. */
  readonly extension: string | null
}

/**
 * Takes one endless stream of bytes. Calls are in stream order; none may throw. Parts between sockets, files, muxers and
 * servers that carry no objects are linked by this port.
 */
export interface ByteSink {
  /** Precedes the first chunk, and every chunk from which on the format is another. */
  format?(format: ByteFormat): void
  /**
   * `bytes[start, end)` follows the bytes of the call before; valid only during the call.
   * @param timeUs of received bytes: arrival, µs since the UNIX epoch; of bytes made of samples: media time, µs
   */
  chunk(bytes: Uint8Array, start: number, end: number, timeUs: number): void
  /** A receiver can join with the next chunk, if it gets `preamble` before it; null: it needs nothing. */
  joinable?(preamble: Uint8Array | null): void
  /** Bytes are missing between the last chunk and the next; how many, where that is known. */
  discontinuity?(missingBytes: number | null, timeUs: number): void
  /** Nothing follows. */
  end(timeUs: number): void
  /** Null once somebody takes the stream: before that, a source with a clock of its own waits after its first bytes. */
  ready?(): Promise<void> | null
  /** Takes another stream that arrives beside this one; absent: there is one. */
  beside?(): ByteSink
  /** It takes nothing more of this stream: its source need not go on. */
  readonly isOver?: boolean
  /** Back-pressure: null while it keeps up. */
  busy?(): Promise<void> | null
}
