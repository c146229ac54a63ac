import type { ServiceId, Tsi } from '../contract/ids.ts'
import type { PresentationManifest } from '../ingest/presentation.ts'
import type { MabrCarousel, MabrComponent, MabrSession, MabrTransportSession } from '../protocol/mabr/configuration.ts'
import {
  type MabrProtocol,
  type MabrRepairOptions,
  NO_OTHERS,
  transportSession,
  unicastRepair,
} from './mabr-transport.ts'
import type { Endpoint } from './split-endpoints.ts'

/** One channel of a service, as the configuration describes it. */
export type MabrChannel = {
  readonly tsi: Tsi
  readonly endpoint: Endpoint
  /** Rate of the media, bit/s; null for files. */
  readonly bandwidth: number | null
  /** Null: files without a manifest. */
  readonly repId: string | null
  /** Name of its child playlist; null for DASH. */
  readonly playlist: string | null
  /** Its segments are sent in chunks while they come. */
  readonly isChunked?: boolean
}

/** What the configuration says of a service. */
export type MabrSessionOptions = {
  readonly serviceId: ServiceId
  readonly manifest: PresentationManifest | null
  /** Name of the manifest on air; null: as in the presentation. */
  readonly manifestName: string | null
  /** Before each name of an object. */
  readonly base: string
  readonly protocol: MabrProtocol
  /** Address of the only sender; null: any. */
  readonly source: string | null
  /** All its objects have digests. */
  readonly digests: boolean
  /** Each transport session carries manifest and initialisation segments. */
  readonly inBand: boolean
  readonly repair: MabrRepairOptions
}

/** 10 % more than the media, for headers and tables. */
const PEAK = 1.1
/** Time that a gateway has before players ask, as GPAC's. */
const AVAILABILITY_OFFSET = 'PT4S'

/** Identifier of a service in the configuration. */
function identifierOf(serviceId: ServiceId): string {
  return `urn:routescope:mabr:service:${serviceId}`
}

/** Beginning of the names of a service's objects over FLUTE. */
export function objectBase(serviceId: ServiceId): string {
  return `${identifierOf(serviceId)}/`
}

/** The `MulticastSession` of a service (ETSI TS 103 769 clause 10.2.2). */
export function mabrSession(options: MabrSessionOptions, channels: readonly MabrChannel[]): MabrSession {
  const { serviceId, manifest, manifestName, base } = options
  const manifestId = `manifest-${serviceId}`
  return {
    serviceIdentifier: identifierOf(serviceId),
    availabilityOffset: AVAILABILITY_OFFSET,
    manifests:
      manifest === null
        ? []
        : [
            {
              manifestId,
              contentType: manifest.contentType,
              transportObjectUri: base + (manifestName ?? manifest.name),
              playbackPathPattern: null,
              url: '',
              ...NO_OTHERS,
            },
          ],
    transports: channels.map((channel) => transport(options, manifestId, channel)),
    ...NO_OTHERS,
  }
}

function transport(
  { serviceId, manifest, protocol, source, digests, inBand, repair, base }: MabrSessionOptions,
  manifestId: string,
  { tsi, endpoint, bandwidth, repId, playlist, isChunked = false }: MabrChannel,
): MabrTransportSession {
  const component: Partial<MabrComponent> =
    repId === null || manifest === null
      ? { kind: 'generic', component: 'files' }
      : playlist === null
        ? { kind: 'dash', manifestId, ...placeOf(manifest, repId), representation: repId }
        : { kind: 'hls', manifestId, playlist: base + playlist }
  return {
    ...transportSession(protocol, { source, ...endpoint, tsi }),
    id: String(tsi),
    transmissionMode: isChunked && protocol === 'flute' ? 'chunked' : 'resource',
    transportSecurity: digests ? 'integrity' : 'none',
    averageBitRate: bandwidth,
    maximumBitRate: bandwidth === null ? null : Math.ceil(bandwidth * PEAK),
    repair: unicastRepair(repair, base),
    components: [{ ...EMPTY_COMPONENT, ...component }],
    carousels: inBand && repId !== null ? [carouselOf([identifierOf(serviceId)])] : [],
  }
}

/** A carousel of the manifests and initialisation segments of services. */
export function carouselOf(serviceIdentifiers: readonly string[]): MabrCarousel {
  return {
    transportBytes: null,
    contentBytes: null,
    items: serviceIdentifiers.flatMap((serviceIdRef) =>
      (['manifests', 'init'] as const).map((kind) => ({
        kind,
        serviceIdRef,
        transportSessionIdRef: null,
        revalidationPeriod: null,
        url: '',
        ...NO_OTHERS,
      })),
    ),
  }
}

/** Period and adaptation set of a representation: their ids, or where they have none their numbers in the MPD. */
function placeOf(
  { mpd }: PresentationManifest,
  repId: string,
): { readonly period: string | null; readonly adaptationSet: string | null } {
  for (const [period, { id, adaptationSets }] of (mpd?.periods ?? []).entries())
    for (const [set, each] of adaptationSets.entries())
      if (each.representations.some((representation) => representation.id === repId))
        return { period: id ?? String(period + 1), adaptationSet: each.id ?? String(set + 1) }
  return { period: null, adaptationSet: null }
}

const EMPTY_COMPONENT: MabrComponent = {
  kind: 'generic',
  manifestId: null,
  period: null,
  adaptationSet: null,
  representation: null,
  playlist: null,
  component: null,
  ...NO_OTHERS,
}
