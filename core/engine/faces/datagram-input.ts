import type { DatagramSink } from '../../flow/datagrams.ts'
import type { Finding } from '../../flow/findings.ts'
import type { LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import type { LinkSource } from '../../receive/link/links.ts'

/** Takes datagrams, and what a source says besides them. */
export interface DatagramInput extends DatagramSink {
  /** Takes the datagrams in its place, where that saves a call for each. */
  readonly sink?: DatagramSink
  /** Time passes with or without packets. */
  tick?(timeUs: number): void
  /** The source starts again from its beginning. */
  loop?(timeUs: number): void
  /** Back-pressure: null while it keeps up. */
  busy?(): Promise<void> | null
  /** Something is wrong with the source. */
  found?(finding: Finding): void
  /** A link layer below the datagrams. @returns where its signalling goes */
  linkLayer?(link: LinkSource): (signalling: LinkSignalling, timeUs: number, frame: number) => void
  /** Datagrams it took and could not pass on. */
  readonly lost?: number
  /** Sends them to a network, which takes them at their own pace only. */
  readonly toNetwork?: boolean
}
