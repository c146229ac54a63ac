/** One direction of UDP traffic: source address, destination address and port, and the PLP where there are PLPs. Interned, so that identity is equality. */
export type Flow = {
  /** Dense, from 0, in order of first sight within one FlowTable: an index for arrays. */
  readonly id: number
  readonly family: 4 | 6
  /** Text form of the addresses; IPv6 without brackets. */
  readonly sourceAddress: string
  readonly destinationAddress: string
  readonly sourcePort: number
  readonly destinationPort: number
  /** `ip:port` or `[ipv6]:port`, as the report writes it. */
  readonly destination: string
  /** Physical layer pipe that brought it, where the link layer says (ALP, STLTP); null otherwise. */
  readonly plp: number | null
}

/**
 * Takes datagrams, one call each. Everything that receives packets is one: receiver, capture writer, counters.
 *
 * `bytes[start, end)` is the UDP payload and is valid only during the call; whoever keeps bytes copies them.
 * @param timeUs arrival, integer µs since the UNIX epoch, never going backwards within one source
 * @param frame number of the record in its capture, from 1; for a socket, of the datagram on it
 */
export interface DatagramSink {
  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
}

/** What a source says besides datagrams. */
export interface DatagramSourceEvents {
  /** Time passes without packets (or between them): at least every 100 ms of stream time while the source runs. */
  tick(timeUs: number): void
  /** The capture starts again from its beginning; time goes on, the content repeats. */
  loop(timeUs: number): void
}
