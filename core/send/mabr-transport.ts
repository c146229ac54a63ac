import type { Tsi } from '../contract/ids.ts'
import {
  type MabrRepair,
  type MabrTransportSession,
  mabrProtocolIdentifier,
  type UnknownParts,
} from '../protocol/mabr/configuration.ts'
import type { RepairBase } from './repair-servers.ts'

/** An element without parts of other schemas. */
export const NO_OTHERS: UnknownParts = { otherAttributes: [], others: [] }

/** Time without packets after which a gateway may leave, as GPAC's. */
const IDLE_MS = 60_000
/** Back-off of gateways before they fetch bytes, as GPAC's, ms. */
const FIXED_BACKOFF_MS = 10
const RANDOM_BACKOFF_MS = 20

/** Protocol of the media of a DVB-MABR broadcast. */
export type MabrProtocol = 'flute' | 'route'

/** Where gateways fetch bytes that they miss. */
export type MabrRepairOptions = {
  /** In place of the beginning that all object names of a service share. */
  readonly baseUrls: readonly string[]
  /** Those of one service. */
  readonly servers?: readonly RepairBase[]
  /** Time without packets after which an object counts as incomplete, ms. */
  readonly afterMs: number
}

/** Where a session is sent. `source`: the only sender, of source-specific multicast; null: any. */
export type MabrPlace = {
  readonly source: string | null
  readonly address: string
  readonly port: number
  readonly tsi: Tsi
}

/** A transport session at one endpoint (ETSI TS 103 769 clause 10.2.3.9). */
export function transportSession(
  protocol: MabrProtocol,
  { source, address, port, tsi }: MabrPlace,
): MabrTransportSession {
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
    protocolIdentifier: mabrProtocolIdentifier(protocol),
    protocolVersion: '1',
    endpoints: [{ source, group: address, port, tsi }],
    averageBitRate: null,
    maximumBitRate: null,
    fec: [],
    repair: null,
    components: [],
    carousels: [],
    ...NO_OTHERS,
  }
}

/** @param base beginning of all object names of a service */
export function unicastRepair({ baseUrls, servers = [], afterMs }: MabrRepairOptions, base: string): MabrRepair | null {
  const all = [...baseUrls.map((url) => ({ url, weight: 1 })), ...servers]
  if (all.length === 0) return null
  return {
    objectBaseUri: base,
    receptionTimeoutMs: afterMs,
    fixedBackoffMs: FIXED_BACKOFF_MS,
    randomBackoffMs: RANDOM_BACKOFF_MS,
    baseUrls: all,
    ...NO_OTHERS,
  }
}
