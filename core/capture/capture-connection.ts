/** The bytes of a live capture, once. */
export type CaptureConnection = {
  readonly chunks: AsyncIterable<Uint8Array>
  /** What the sender says of it, for a message where it is no capture: `status 200, text/html`; null where it says nothing. */
  readonly about: string | null
  /** Its end is the end of the capture, rather than a break. */
  readonly ends: boolean
  /** It comes as fast as it is read, and so is read at the times of its records: a whole capture on a server. */
  readonly paced: boolean
  /** Ends `chunks`, now. */
  close(): void
}
