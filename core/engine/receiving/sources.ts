import type { SocketSnapshot } from '../../contract/snapshot.ts'
import type { CaptureFacts, DatagramSource } from '../faces/datagram-source.ts'

/** Sums over several sources. */
export type SourceSums = {
  readonly datagrams: number
  readonly bytes: number
  readonly firstTimeUs: number | null
  readonly lastTimeUs: number | null
  /** Of the first capture among them; null where there is none. */
  readonly capture: CaptureFacts | null
}

/** Adds up the counters of sources. */
export function sumsOf(sources: readonly DatagramSource[]): SourceSums {
  let datagrams = 0
  let bytes = 0
  let lastTimeUs: number | null = null
  for (const { output } of sources) {
    datagrams += output.datagrams
    bytes += output.bytes
    if (output.lastTimeUs !== null) lastTimeUs = Math.max(lastTimeUs ?? output.lastTimeUs, output.lastTimeUs)
  }
  let capture: CaptureFacts | null = null
  for (const source of sources) capture ??= source.capture()
  return { datagrams, bytes, firstTimeUs: firstTimeOf(sources), lastTimeUs, capture }
}

/** Stream time of the first datagram of any source; null before it. */
function firstTimeOf(sources: readonly DatagramSource[]): number | null {
  let firstUs: number | null = null
  for (const { output } of sources)
    if (output.firstTimeUs !== null && (firstUs === null || output.firstTimeUs < firstUs)) firstUs = output.firstTimeUs
  return firstUs
}

export function socketsOf(sources: readonly DatagramSource[]): SocketSnapshot[] {
  return sources.flatMap((source) => source.sockets())
}

/** Start of listening: the first join, or the first packet of a capture; null before. */
export function joinedUsOf(sources: readonly DatagramSource[]): number | null {
  let earliestUs: number | null = null
  for (const { joinedWallUs } of socketsOf(sources)) earliestUs = Math.min(earliestUs ?? joinedWallUs, joinedWallUs)
  return earliestUs ?? firstTimeOf(sources)
}

/** Addresses, then files, for a person. */
export function labelOf(sources: readonly DatagramSource[]): string {
  const live = sources.filter((source) => source.live)
  return [...live, ...sources.filter((source) => !source.live)].map(({ label }) => label).join(' ')
}
