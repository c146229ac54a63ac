import type { ChannelRole, Startup } from '../../contract/report.ts'
import type { ServiceFacts } from '../../flow/facts.ts'

/** Service categories with pictures or sound (A/331 table 6.4): linear A/V and linear audio; null: not from an SLT. */
const LINEAR: readonly (number | null)[] = [1, 2, null]

/** What `whyNotPlayable` looks at. */
export type Playability = {
  readonly startup: Startup
  /** Roles of media without a whole segment that can be initialised. */
  readonly missing: readonly ChannelRole[]
  /** An initialisation segment is apart from the media, as far as known. */
  readonly needsInit: boolean
  /** Why a manifest that came is of no use, a sentence; null where none such came. */
  readonly manifestFault: string | null
  /** That no playlist came of those that its master playlist names, a sentence; null where one did, or there is none. */
  readonly variantFault: string | null
  /** Address from which all announced media are fetched by HTTP, where none of them is broadcast. */
  readonly broadband: string | null
  /** Other services use its files: it is the configuration session of a DVB-MABR gateway. */
  readonly configures: boolean
}

type Service = Pick<ServiceFacts, 'protocol' | 'joined' | 'category' | 'destination' | 'signallingUrl' | 'manifest'>

/**
 * The first reason why nothing of a service can be played, one sentence that holds while the session runs and at its end. Null
 * where all that a player needs has arrived.
 */
export function whyNotPlayable(service: Service, from: Playability): string | null {
  const { startup, missing, broadband, configures } = from
  const { protocol, destination, category } = service
  if (startup.playable !== null) return null
  if (!service.joined) return 'This service is not joined.'
  if (protocol === 'none')
    return service.signallingUrl === null
      ? 'No broadcast signalling is announced for this service.'
      : `It is delivered over the internet only, from ${service.signallingUrl}; nothing of it is broadcast.`
  if (startup.firstPacket === null) return `Nothing has arrived from ${destination ?? 'its address'}.`
  if (broadband !== null) return `Its media are not broadcast: they are fetched over the internet, from ${broadband}.`
  if (configures) return 'It carries the configuration and files of other services.'
  const hasMedia = startup.firstMedia !== null || startup.init !== null
  if (protocol === 'mmtp') {
    if (startup.sls === null && startup.firstMedia === null) return 'No MMTP signalling has arrived.'
    return missing.length > 0 && startup.firstSegment !== null
      ? withoutSegment(missing)
      : 'No complete MPU has arrived.'
  }
  const hasManifest = startup.manifest !== null || service.manifest !== null
  if (
    !hasManifest &&
    from.manifestFault === null &&
    !hasMedia &&
    (!LINEAR.includes(category) || (protocol === 'flute' && category === null))
  )
    return 'It carries files, and no manifest.'
  if (protocol === 'route' && startup.sls === null && !hasManifest) return 'Its signalling (SLS) has not arrived.'
  if (startup.manifest === null && from.manifestFault !== null) return from.manifestFault
  if (!hasManifest) return 'No manifest (MPD or playlist) has arrived.'
  if (startup.firstMedia === null) return 'No media segment has arrived.'
  if (startup.firstSegment === null) return 'No media segment has arrived whole.'
  if (from.variantFault !== null) return from.variantFault
  if (startup.init === null && from.needsInit) return 'No initialisation segment has arrived.'
  return withoutSegment(missing)
}

function withoutSegment(missing: readonly ChannelRole[]): string {
  const roles = missing.filter((role) => role !== 'unknown')
  return roles.length === 0
    ? 'No media segment has arrived that its manifest names.'
    : `No whole segment of ${roles.join(' and ')} has arrived.`
}
