/** A piece of a stream that a server sends at once: a frame, a fragment, packets between two clock references. */
export type StreamUnit = {
  /** Memory of its own. */
  readonly bytes: Uint8Array
  /** A client may begin here, after the splitter's `lead`. */
  readonly entry: boolean
  /** Media time of its first byte, ms since the first unit; null where the format tells none. */
  readonly timeMs: number | null
}

/** Properties of the sound in a stream; null where unknown. */
export type StreamFacts = {
  readonly sampleRate: number | null
  readonly channels: number | null
  /** Bits per second, averaged over the stream so far. */
  readonly bitrateBps: number | null
}

/** Cuts an endless stream of one format into units. All its bytes are in them, in their order. Nothing throws. */
export interface StreamSplitter {
  /** Bytes that a client needs before it can begin at an entry; null where it needs none. */
  readonly lead: Uint8Array | null
  readonly facts: StreamFacts | null
  /** Takes bytes that are valid during the call. @returns the units that are whole now */
  push(bytes: Uint8Array): StreamUnit[]
  /** Ends the stream. @returns what is left */
  end(): StreamUnit[]
}

/** A stream without bytes. */
export const NO_BYTES = new Uint8Array(0)
