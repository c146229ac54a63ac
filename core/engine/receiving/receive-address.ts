import type { TuneIn } from '../../contract/session-spec.ts'
import type { Destination } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { parseMulticastUrl } from '../../socket/multicast-url.ts'

/** What to receive, as a URL names it. */
export type ReceiveAddress = {
  readonly target: ReceiveTarget
  /** Tunnel of an `stltp://` URL and the ports of its FEC (SMPTE ST 2022-1), the tunnel itself first; null for others. */
  readonly tunnel: readonly Destination[] | null
}

/** Address of a source without a URL: everything that can be found in it. */
export function everything(services: TuneIn): ReceiveAddress {
  return { target: { kind: 'discover', services }, tunnel: null }
}

/** Reads a URL to receive from. @throws AppFailure bad-url */
export function readReceiveUrl(url: string, services: TuneIn): ReceiveAddress {
  const { scheme, address, port } = parseMulticastUrl(url)
  if (scheme === 'stltp') {
    // Services inside the tunnel are found as in a capture.
    if (address === null || port === null) return everything(services)
    const ports = [0, 2, 4].map((on) => port + on).filter((each) => each <= 65535)
    return { target: { kind: 'discover', services }, tunnel: ports.map((each) => ({ address, port: each })) }
  }
  if (scheme === 'atsc' || address === null || port === null)
    return { target: { kind: 'atsc', services }, tunnel: null }
  return { target: { kind: scheme, address, port, services }, tunnel: null }
}
