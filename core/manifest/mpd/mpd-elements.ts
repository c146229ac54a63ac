import type { SourceElement } from './xml-source.ts'

/*
 * What of an MPD (ISO/IEC 23009-1) may lead to other files, and what players do with it beyond playing.
 */

/** Elements that hold nothing but descriptions, or whose references are judged one by one. */
export const PLAIN_ELEMENTS: ReadonlySet<string> = new Set([
  ...['MPD', 'Period', 'AdaptationSet', 'EmptyAdaptationSet', 'Representation', 'SubRepresentation', 'BaseURL'],
  ...['SegmentBase', 'SegmentTemplate', 'SegmentList', 'SegmentURL', 'SegmentTimeline', 'S', 'Pattern', 'P'],
  ...['Initialization', 'RepresentationIndex', 'BitstreamSwitching', 'FailoverContent', 'FCS', 'Resync'],
  ...['Role', 'Accessibility', 'Viewpoint', 'Rating', 'FramePacking', 'AudioChannelConfiguration'],
  ...['EssentialProperty', 'SupplementalProperty', 'AssetIdentifier', 'OutputProtection', 'ContentComponent'],
  ...['Label', 'GroupLabel', 'Title', 'Source', 'Copyright', 'ProgramInformation', 'Subset', 'Preselection'],
  ...['InbandEventStream', 'EventStream', 'ContentProtection', 'UTCTiming', 'ProducerReferenceTime'],
  ...['ServiceDescription', 'Scope', 'Latency', 'PlaybackRate', 'OperatingQuality', 'OperatingBandwidth'],
  ...['Switching', 'RandomAccess', 'CommonAttributesElements', 'LeapSecondInformation'],
])

/** Elements of features that the gateway's players have no use for: they load other documents, or report to servers. */
export const REMOTE_ELEMENTS: ReadonlySet<string> = new Set([
  ...['Location', 'PatchLocation', 'ContentSteering', 'ImportedMPD', 'InsertPresentation', 'ReplacePresentation'],
  ...['AlternativeMPD', 'Metrics', 'Reporting', 'ClientDataReporting', 'CMCDParameters', 'UrlQueryInfo'],
  ...['ExtUrlQueryInfo', 'ExtHttpHeaderInfo', 'InitializationSet', 'InitializationGroup'],
])

/** Attributes that name files, relative to the nearest BaseURL. */
export const REFERENCE_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['media', 'initialization', 'index', 'bitstreamSwitching', 'sourceURL'],
])

/** Attributes with references that are followed beyond playing, whatever their prefix. */
export const REMOTE_ATTRIBUTES: ReadonlySet<string> = new Set(['url', 'uri', 'src', 'base', 'reportingUrl'])

/** Attributes whose values identify or inform, though many look like addresses: no player opens them as they are. */
export const IDENTIFIER_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['schemeIdUri', 'profiles', 'schemaLocation', 'id', 'bandwidth', 'moreInformationURL'],
])

/** Elements whose `value` is an identifier of their scheme, or where players go on: the next MPD, or another one. */
export const PROPERTIES: ReadonlySet<string> = new Set(['EssentialProperty', 'SupplementalProperty'])

/** Elements whose `value` is an identifier of their scheme. */
export const DESCRIPTORS: ReadonlySet<string> = new Set([
  ...['Role', 'Accessibility', 'Viewpoint', 'Rating', 'FramePacking', 'AudioChannelConfiguration'],
  ...['AssetIdentifier', 'OutputProtection', 'ContentProtection'],
])

/** Schemes of events by which a broadcast makes players ask for addresses. */
export const CALLING_EVENTS = /callback|alternative-?mpd|:dash:reporting/i

/** Reference that takes its element out (ISO/IEC 23009-1 §5.5.1). */
const RESOLVE_TO_ZERO = 'urn:mpeg:dash:resolve-to-zero:2013'

/** Whether a remote element resolves to nothing, as if it did not exist. */
export function isResolvedToZero(element: SourceElement): boolean {
  return remoteAddress(element) === RESOLVE_TO_ZERO
}

/** Where the content of a remote element lies (xlink); null for one that is here, or resolves to nothing. */
export function remoteElementAddress(element: SourceElement): string | null {
  const address = remoteAddress(element)
  return address === RESOLVE_TO_ZERO ? null : address
}

function remoteAddress({ attributes }: SourceElement): string | null {
  return attributes.find(({ name }) => /^\w[\w.-]*:href$/.test(name))?.value.trim() ?? null
}

const SYSTEMS: Readonly<Record<string, string>> = {
  'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed': 'Widevine',
  '9a04f079-9840-4286-ab92-e65be0885f95': 'PlayReady',
  '94ce86fb-07ff-4f43-adb8-93d2fa968ca2': 'FairPlay',
  'e2719d58-a985-b3c9-781a-b030af78d30e': 'ClearKey',
  '1077efec-c0b2-4d02-ace3-3c1e52e2fb4b': 'Common PSSH',
}

/** Name of a ContentProtection for a person: its system, or `cenc` and the like. */
export function protectionName(schemeIdUri: string, value: string): string {
  const uuid = /^urn:uuid:([0-9a-f-]{36})$/i.exec(schemeIdUri)?.[1]?.toLowerCase()
  if (uuid !== undefined) return SYSTEMS[uuid] ?? 'another DRM system'
  return /^[a-z0-9]{4}$/i.test(value) ? value.toLowerCase() : 'another scheme'
}
