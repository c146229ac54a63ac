import { xmlRootName } from '../../xml/root-name.ts'
import { bareMediaType } from '../mime/headers.ts'

/** Fragments of service layer signalling, A/331 §7.1. */
export type FragmentType =
  | 'USBD'
  | 'S-TSID'
  | 'MPD'
  | 'HLS'
  | 'HELD'
  | 'APD'
  | 'DWD'
  | 'RSAT'
  | 'RDT'
  | 'ENVELOPE'
  | 'UNKNOWN'

/** Media types of the fragments in the two flavours; senders write them exactly, because receivers compare them exactly. */
export const SLS_MEDIA_TYPE = {
  us: { usbd: 'application/route-usd+xml', stsid: 'application/route-s-tsid+xml' },
  korean: { usbd: 'application/mbms-user-service-description+xml', stsid: 'application/s-tsid' },
  envelope: 'application/mbms-envelope+xml',
  mpd: 'application/dash+xml',
  hls: 'application/vnd.apple.mpegurl',
} as const

const BY_ROOT: Readonly<Record<string, FragmentType>> = {
  BundleDescriptionROUTE: 'USBD',
  BundleDescriptionMMT: 'USBD',
  bundleDescription: 'USBD',
  UserServiceDescription: 'USBD',
  userServiceDescription: 'USBD',
  'S-TSID': 'S-TSID',
  MPD: 'MPD',
  HELD: 'HELD',
  AssociatedProcedureDescription: 'APD',
  associatedProcedureDescription: 'APD',
  APD: 'APD',
  DWD: 'DWD',
  RSAT: 'RSAT',
  RDT: 'RDT',
  metadataEnvelope: 'ENVELOPE',
}

const BY_MEDIA_TYPE: Readonly<Record<string, FragmentType>> = {
  [SLS_MEDIA_TYPE.us.usbd]: 'USBD',
  [SLS_MEDIA_TYPE.korean.usbd]: 'USBD',
  'application/mmt-usd+xml': 'USBD',
  [SLS_MEDIA_TYPE.us.stsid]: 'S-TSID',
  [SLS_MEDIA_TYPE.korean.stsid]: 'S-TSID',
  [SLS_MEDIA_TYPE.mpd]: 'MPD',
  [SLS_MEDIA_TYPE.hls]: 'HLS',
  'application/x-mpegurl': 'HLS',
  'audio/mpegurl': 'HLS',
  'audio/x-mpegurl': 'HLS',
  'application/atsc-held+xml': 'HELD',
  'application/route-apd+xml': 'APD',
  'application/atsc-dwd+xml': 'DWD',
  'application/atsc-rsat+xml': 'RSAT',
  'application/atsc-rdt+xml': 'RDT',
  [SLS_MEDIA_TYPE.envelope]: 'ENVELOPE',
}

/**
 * Type of a fragment: by its content where possible, since media types vary in case, parameters and flavour; otherwise by the
 * announced type.
 * @param contentType as announced, parameters allowed; empty or null where there is none
 */
export function fragmentType(contentType: string | null, body: Uint8Array): FragmentType {
  if (startsWithExtM3u(body)) return 'HLS'
  const root = xmlRootName(body)
  const byRoot = root === null ? undefined : lookUp(BY_ROOT, root)
  if (byRoot !== undefined) return byRoot
  return contentType === null ? 'UNKNOWN' : (lookUp(BY_MEDIA_TYPE, bareMediaType(contentType)) ?? 'UNKNOWN')
}

function startsWithExtM3u(body: Uint8Array): boolean {
  return new TextDecoder('utf-8').decode(body.subarray(0, 64)).trimStart().startsWith('#EXTM3U')
}

/** Looks up a name from the network: `constructor` must not find Object's. */
function lookUp(table: Readonly<Record<string, FragmentType>>, name: string): FragmentType | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
