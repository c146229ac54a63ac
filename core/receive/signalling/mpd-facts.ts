import { CodecError } from '../../bytes/codec-error.ts'
import type { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ChannelRole } from '../../contract/report.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import { attr, childrenOf, type XmlElement } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { lackFault, mpdLack, playlistLack } from './manifest-lacks.ts'

/** The receiver's view of an MPD. */
export type MpdFacts = {
  /** Of each Representation. */
  readonly roles: ReadonlyMap<string, ChannelRole>
  readonly codecs: readonly string[]
  /** Roles of which a Representation has its initialisation segment apart from its media. */
  readonly initApart: ReadonlySet<ChannelRole>
  /** What it lacks that every player needs, said after its name; null where some of it can be played. */
  readonly lack: string | null
}

/**
 * @throws CodecError where it is not well-formed, `mpd-root` where it is another document
 */
export function readMpdFacts(bytes: Uint8Array, faults?: EntryFaults): MpdFacts {
  const root = parseXml(bytes, SLS_LIMITS.xml, faults)
  if (root.local !== 'MPD') throw new CodecError('mpd-root', 0, `it is a document of ${root.local}, not an MPD`)
  const roles = new Map<string, ChannelRole>()
  const codecs = new Set<string>()
  const initApart = new Set<ChannelRole>()
  for (const period of childrenOf(root, 'Period')) {
    const periodInit = namesInit(period)
    for (const set of childrenOf(period, 'AdaptationSet')) {
      const ofSet = typeOfSet(set)
      const setInit = periodInit || namesInit(set)
      for (const representation of childrenOf(set, 'Representation')) {
        const id = attr(representation, 'id')
        const role = roleOf(ofSet, representation)
        if (id !== null && role !== null) roles.set(id, role)
        if (role !== null && (setInit || namesInit(representation))) initApart.add(role)
        for (const codec of (attr(representation, 'codecs') ?? attr(set, 'codecs') ?? '').split(',')) {
          if (codec.trim() !== '') codecs.add(codec.trim())
        }
      }
    }
  }
  return { roles, codecs: [...codecs], initApart, lack: mpdLack(root) }
}

const SEGMENT_ELEMENTS = ['SegmentTemplate', 'SegmentList', 'SegmentBase']

/** Whether a level of an MPD names an initialisation segment; a range without a URL is a part of the media file. */
function namesInit(level: XmlElement): boolean {
  return SEGMENT_ELEMENTS.flatMap((name) => childrenOf(level, name)).some(
    (element) =>
      attr(element, 'initialization') !== null ||
      childrenOf(element, 'Initialization').some((child) => attr(child, 'sourceURL') !== null),
  )
}

/**
 * CODECS attributes of a master playlist (RFC 8216 §4.3.4.2).
 * @throws CodecError `hls-header` where it is no playlist, `manifest-lacks` where nothing of it can be played
 */
export function readHlsCodecs(bytes: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(bytes)
  // The decoder takes a byte order mark away (RFC 8216 §4.1 forbids one; it is met all the same).
  if (!text.startsWith('#EXTM3U')) throw new CodecError('hls-header', 0, 'a playlist begins with #EXTM3U')
  const lack = playlistLack(text)
  if (lack !== null) throw lackFault(lack)
  const codecs = new Set<string>()
  for (const match of text.matchAll(/[:,]CODECS="([^"]{1,200})"/g)) {
    for (const codec of (match[1] as string).split(',')) codecs.add(codec.trim())
  }
  return [...codecs]
}

/** Type of a set: what counts before those of its representations, and what after them. */
type SetType = { readonly first: string | null; readonly last: string | null }

function typeOfSet(set: XmlElement): SetType {
  return { first: attr(set, 'contentType'), last: attr(set, 'mimeType') ?? childType(set) }
}

function roleOf(set: SetType, representation: XmlElement): ChannelRole | null {
  const declared = set.first ?? attr(representation, 'mimeType') ?? set.last
  return declared === null ? null : roleOfType(declared)
}

function childType(set: XmlElement): string | null {
  const component = childrenOf(set, 'ContentComponent')[0]
  return component === undefined ? null : attr(component, 'contentType')
}

/** Role in a MediaInfo@contentType, AdaptationSet@contentType or media type; null without one. */
export function roleOfType(type: string): ChannelRole | null {
  const first = type.trim().toLowerCase()
  if (first.startsWith('video')) return 'video'
  if (first.startsWith('audio')) return 'audio'
  if (/^(text|subtitle|application\/(ttml|mp4))/.test(first)) return 'text'
  return null
}
