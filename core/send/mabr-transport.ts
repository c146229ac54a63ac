import type { Tsi } from '../contract/ids.ts'
import { type MabrTransportSession, mabrProtocolIdentifier, type UnknownParts } from '../protocol/mabr/configuration.ts'

/** An element without parts of other schemas. */
export const NO_OTHERS: UnknownParts = { otherAttributes: [], others: [] }

/** Time without packets after which a gateway may leave, as GPAC's. */
const IDLE_MS = 60_000

/** A transport session of FLUTE at one endpoint (ETSI TS 103 769 clause 10.2.3.9). */
export function fluteTransport(group: string, port: number, tsi: Tsi): MabrTransportSession {
  return {
    id: null,
    serviceClass: null,
    start: null,
    duration: null,
    contentIngestMethod: null,
    transmissionMode: null,
    transportSecurity: null,
    idleTimeoutMs: IDLE_MS,
    tags: null,
    protocolIdentifier: mabrProtocolIdentifier('flute'),
    protocolVersion: '1',
    endpoints: [{ source: null, group, port, tsi }],
    averageBitRate: null,
    maximumBitRate: null,
    fec: [],
    repair: null,
    components: [],
    carousels: [],
    ...NO_OTHERS,
  }
}
