import type { ReportSource } from '../../contract/report.ts'
import type { LeftSnapshot, SocketSnapshot } from '../../contract/snapshot.ts'
import type { Destination } from '../../flow/facts.ts'
import type { DatagramOutput } from '../datagram-output.ts'
import type { ReceiveAddress } from '../receiving/receive-address.ts'

/** What a capture says of itself and of what was lost when it was made, at any moment: asked ten times a second of stream time. */
export type CaptureFacts = {
  readonly frames: number
  readonly malformed: number
  readonly fragmentsDropped: number
  readonly reportedDrops: number
  readonly undatedDrops: number
}

/** A part that brings datagrams from outside the session, as the parts it feeds see it. */
export interface DatagramSource {
  /** File or URL, for a person. */
  readonly label: string
  /** What a report calls it. */
  readonly kind: ReportSource['kind']
  /** What a recording calls the interface. */
  readonly interfaceName: string
  readonly output: DatagramOutput
  /** What to receive from it. */
  readonly addresses: readonly ReceiveAddress[]
  /** Its stream time is wall time, also without packets. */
  readonly wallClock: boolean
  /** Packets come for as long as somebody joins; false: it holds what it holds. */
  readonly live: boolean
  /** Settles when packets come, or at once where only waiting can tell. */
  readonly begun: Promise<void>
  readonly readsStdin?: boolean
  /** It was played to its end, rather than stopped. */
  readonly readToEnd: boolean
  /** What is added to the source's own time to get stream time, µs. */
  readonly shiftUs: number
  /** Joins these destinations and leaves all others. */
  want?(destinations: readonly Destination[]): void
  /** Leaves these destinations (`ip:port`) though they are wanted, and joins again those no longer named. */
  leave?(left: ReadonlySet<string>): void
  /** Ends `run`: nobody waits for more. */
  end?(): void
  sockets(): readonly SocketSnapshot[]
  /** What a receiver has left of its destinations, and why: shown with the sockets. */
  left: () => readonly LeftSnapshot[]
  /** Null where it is no capture. */
  capture(): CaptureFacts | null
}
