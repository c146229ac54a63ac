import type { DatagramSink } from '../../flow/datagrams.ts'
import type { Finding } from '../../flow/findings.ts'
import type { LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import type { LinkSource } from '../../receive/link/links.ts'

/** Takes datagrams, and the events of the source besides them. */
export interface DatagramInput extends DatagramSink {
  /** Takes the datagrams instead of this input, which saves a call for each. */
  readonly sink?: DatagramSink
  /** Time passes with or without packets. */
  tick?(timeUs: number): void
  /** The source starts again from its beginning. */
  loop?(timeUs: number): void
  /** The stream's clock does not show all the time that passed, as in `DatagramSourceEvents`. */
  skipped?(fromUs: number, byUs: number): void
  /** Back-pressure: null while it keeps up. */
  busy?(): Promise<void> | null
  /** The source reports a fault. */
  found?(finding: Finding): void
  /** Announces a link layer below the datagrams. @returns taker of its signalling */
  linkLayer?(link: LinkSource): (signalling: LinkSignalling, timeUs: number, frame: number) => void
  /** Datagrams taken that could not be passed on. */
  readonly lost?: number
  /** The datagrams are sent to a network, at their own times only. */
  readonly toNetwork?: boolean
  /** Address that datagrams to a group come from; null where the system chooses it. */
  sourceOf?(group: string): string | null
}
