import type { ReportSource } from '../../contract/report.ts'
import type { LeftSnapshot, SocketSnapshot } from '../../contract/snapshot.ts'
import type { Destination } from '../../flow/facts.ts'
import type { DatagramOutput } from '../datagram-output.ts'
import type { ReceiveAddress } from '../receiving/receive-address.ts'

/** Facts of a capture and of losses while it was made; read ten times a second of stream time. */
export type CaptureFacts = {
  readonly frames: number
  readonly malformed: number
  readonly fragmentsDropped: number
  readonly reportedDrops: number
  readonly undatedDrops: number
  /** Frames of the capture that could not be read. */
  readonly passedOver: number
  /** Packets were read, and none of them has a time. */
  readonly untimed?: boolean
  /** Their times count from the beginning of the capture, not from a date. */
  readonly undated?: boolean
}

/** A part that brings datagrams into the session, as the parts it feeds see it. */
export interface DatagramSource {
  /** File or URL, for a person. */
  readonly label: string
  /** Kind of source in the report. */
  readonly kind: ReportSource['kind']
  /** Name of the interface in a recording. */
  readonly interfaceName: string
  readonly output: DatagramOutput
  /** What to receive from it. */
  readonly addresses: readonly ReceiveAddress[]
  /** Stream time is wall time, also without packets. */
  readonly wallClock: boolean
  /** Packets arrive for as long as it is joined; false: it has an end. */
  readonly live: boolean
  /** Settles at the first packet; at once where the source may stay silent. */
  readonly begun: Promise<void>
  readonly readsStdin?: boolean
  /** It was played to its end, not stopped. */
  readonly readToEnd: boolean
  /** Stream time less the source's own time, µs. */
  readonly shiftUs: number
  /** Joins these destinations and leaves all others. */
  want?(destinations: readonly Destination[]): void
  /** Leaves these destinations (`ip:port`) though they are wanted, and joins again those no longer named. */
  leave?(left: ReadonlySet<string>): void
  /** Ends `run`. */
  end?(): void
  sockets(): readonly SocketSnapshot[]
  /** Destinations that a receiver has left, and why; shown with the sockets. */
  left: () => readonly LeftSnapshot[]
  /** Null where the source is no capture. */
  capture(): CaptureFacts | null
}
