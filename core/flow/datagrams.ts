/**
 * One direction of UDP traffic: source address, destination address and port, and PLP where there are PLPs. Interned:
 * identity is equality.
 */
export type Flow = {
  /** Dense from 0, in order of first sight within one FlowTable: an index for arrays. */
  readonly id: number
  readonly family: 4 | 6
  /** Text form of the addresses; IPv6 without brackets. */
  readonly sourceAddress: string
  readonly destinationAddress: string
  readonly sourcePort: number
  readonly destinationPort: number
  /** `ip:port` or `[ipv6]:port`, as in the report. */
  readonly destination: string
  /** Physical layer pipe, from the link layer (ALP, STLTP); null without one. */
  readonly plp: number | null
}

/**
 * Takes datagrams, one call each: receiver, capture writer, counters.
 *
 * `bytes[start, end)` is the UDP payload, valid only during the call; a sink that keeps bytes copies them.
 * @param timeUs arrival, integer µs since the UNIX epoch, never going backwards within one source
 * @param frame number of the record in its capture, or of the datagram on its socket; from 1
 */
export interface DatagramSink {
  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
}

/** A datagram, or a table in it, that could not be read: `bytes[start, end)`, valid during the call. */
export type BadDatagram = {
  readonly code: string
  /** What is wrong, where the code does not say it. */
  readonly what?: string
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly timeUs: number
  readonly frame: number
}

/** Events of a source other than datagrams. */
export interface DatagramSourceEvents {
  /** Time passes, at least every 100 ms of stream time while the source runs. */
  tick(timeUs: number): void
  /** The capture starts again from its beginning; time goes on, the content repeats. */
  loop(timeUs: number): void
  /**
   * The stream's clock does not show all the time that passed: `byUs` more from stream time `fromUs` on (a gap of a capture is
   * shortened), or less than 0 where it jumped ahead by as much.
   */
  skipped?(fromUs: number, byUs: number): void
}
