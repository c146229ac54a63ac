/** One connection to a live capture. */
export type CaptureConnection = {
  readonly chunks: AsyncIterable<Uint8Array>
  /** The sender's description, for messages: `status 200, text/html`; null where there is none. */
  readonly about: string | null
  /** Its end is the end of the capture, not a break. */
  readonly ends: boolean
  /** It is a finished capture, which arrives as fast as it is read and so is read at the times of its records. */
  readonly paced: boolean
  /** Ends `chunks` at once. */
  close(): void
}
