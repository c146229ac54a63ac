import type { Choices } from './choices.ts'
import type { PartDescription } from './part-description.ts'
import type { LinkSpec } from './session-spec.ts'
import { openerOf } from './source-patterns.ts'

/** One end of a relay: an address or a file, and choices of the options of its parts. */
export type RelayEnd = { readonly name: string; readonly choices: Choices }

/** A destination of a relay, and the places of the sources that it takes media from. */
export type RelayDestination = RelayEnd & { readonly from: readonly number[] }

/** What is relayed to where. */
export type RelayRequest = {
  readonly sources: readonly RelayEnd[]
  readonly destinations: readonly RelayDestination[]
}

/** A part as the graph of a session shows it. */
export type GraphPart = {
  readonly id: string
  readonly kind: string
  readonly title: string
  /** What it is about, such as its address, without credentials; empty where its kind has no subject. */
  readonly subject: string
  /** The session does not name it; the graph needs it between others. */
  readonly implied: boolean
}

/** What has passed a link of the graph. */
export type LinkTraffic = LinkSpec & {
  /** Null: neither of its parts counts. */
  readonly passed: { readonly items: number; readonly bytes: number; readonly rateBps: number } | null
  /** What its taker has taken and not worked through yet; null where the taker does not count it. */
  readonly waiting: { readonly items: number; readonly bytes: number } | null
}

/** A session as command lines. */
export type CommandTexts = {
  /** Ours; null where no line has all of it. */
  readonly ours: string | null
  /** GPAC's; null where it has no parts of the session. */
  readonly gpac: string | null
  /** Options that GPAC has no words for. */
  readonly notInGpac: readonly string[]
}

/** A relay as it would run. */
export type RelayPlan = CommandTexts & { readonly parts: readonly GraphPart[]; readonly links: readonly LinkSpec[] }

const SOCKET = /^(?:udp|tcp|udpu|tcpu):\/\//i
const BROADCAST = /^(?:route|atsc|mabr):\/\//i
const CAPTURE = /\.(?:pcap|pcapng|cap)(?:\.gz)?$/i
const URL_LIKE = /^[a-z][a-z0-9+.-]+:\/\//i

/** The parts that give the media of a source, in their order; none where it is no source of a relay. */
export function relaySourceParts(parts: readonly PartDescription[], name: string): readonly PartDescription[] {
  if (SOCKET.test(name)) return ofKinds(parts, 'socket-in', 'media-reader')
  if (BROADCAST.test(name)) return [...opened(parts, name, 'Listen'), ...ofKinds(parts, 'media-objects')]
  if (CAPTURE.test(name)) return [...opened(parts, name, 'Open'), ...ofKinds(parts, 'media-objects')]
  return URL_LIKE.test(name) || name === '' ? [] : ofKinds(parts, 'media-in', 'media-reader')
}

/** The parts that take media to a destination; none where it is no destination of a relay. */
export function relayDestinationParts(parts: readonly PartDescription[], name: string): readonly PartDescription[] {
  if (SOCKET.test(name)) return ofKinds(parts, 'socket-out')
  return URL_LIKE.test(name) || name === '' ? [] : ofKinds(parts, 'media-out')
}

function opened(parts: readonly PartDescription[], name: string, group: 'Listen' | 'Open'): readonly PartDescription[] {
  const opener = openerOf(parts, name, group)
  return opener === null ? [] : [opener.part]
}

function ofKinds(parts: readonly PartDescription[], ...kinds: readonly string[]): readonly PartDescription[] {
  return kinds.flatMap((kind) => parts.find((part) => part.kind === kind) ?? [])
}
