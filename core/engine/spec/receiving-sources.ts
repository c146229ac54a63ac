import { basename } from 'node:path'
import type { Pace, ReceiveSpec, TuneIn, UserLinkType } from '../../contract/session-spec.ts'
import type { CaptureSource, MulticastSource } from '../../contract/session-spec-1.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { Destination } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { parseMulticastUrl } from '../../socket/multicast-url.ts'

/** A source that brings packets. */
export type ReceivingSource = CaptureSource | MulticastSource

/** All a session receives from, as one: what to look for, where packets come from, and how objects are treated. */
export type ReceivingPlan = {
  readonly kind: 'capture' | 'multicast'
  /** Files and URLs, for a person. */
  readonly label: string
  readonly targets: readonly ReceiveTarget[]
  readonly receive: ReceiveSpec
  /** Captures, merged by their times as one; null where there is none. */
  readonly capture: {
    readonly files: readonly string[]
    readonly pace: Pace
    readonly loop: number
    readonly linkType?: UserLinkType
  } | null
  /** STLTP tunnels that were named: what is joined for each, the tunnel itself first. */
  readonly tunnels: ReadonlyMap<ReceiveTarget, readonly Destination[]>
  readonly live: readonly { readonly source: MulticastSource; readonly target: ReceiveTarget }[]
}

/**
 * Puts the sources of a session together. Captures are played as one, in the order of their times; beside a multicast they play in real time, since both then have one clock. Which services are joined is each
 * source's own choice, how objects are treated is the same for all.
 * @throws AppFailure bad-spec where they do not go together; bad-url
 */
export function planReceiving(sources: readonly ReceivingSource[]): ReceivingPlan {
  const [first] = sources
  if (first === undefined) throw new AppFailure('bad-spec', 'There is nothing to receive from.', 'Add a source.')
  for (const source of sources) sameReceive(first, source)
  const captures = sources.filter((source) => source.kind === 'capture')
  const live: { source: MulticastSource; target: ReceiveTarget }[] = []
  const targets: ReceiveTarget[] = []
  const tunnels = new Map<ReceiveTarget, readonly Destination[]>()
  for (const source of sources) {
    const target = targetOf(source)
    targets.push(target)
    const tunnel = tunnelOf(source)
    if (tunnel !== null) tunnels.set(target, tunnel)
    if (source.kind === 'multicast') live.push({ source, target })
  }
  return {
    kind: live.length > 0 ? 'multicast' : 'capture',
    label: labelOf(sources),
    targets,
    receive: first.receive,
    capture: playedAsOne(captures, live.length > 0),
    tunnels,
    live,
  }
}

/** `ip:port` of the one session asked for, `lls` for what the LLS lists, null for whatever there is. */
export function askedOf(targets: readonly ReceiveTarget[]): string | null {
  const [target, ...others] = targets
  if (target === undefined || others.length > 0) return null
  if (target.kind === 'route' || target.kind === 'mabr') return formatDestination(target.address, target.port)
  return target.kind === 'atsc' ? 'lls' : null
}

/** Which services were asked for by one source; of several together nothing is said. */
export function tuneInOf(targets: readonly ReceiveTarget[], receive: ReceiveSpec): TuneIn {
  return targets.length === 1 ? (targets[0]?.services ?? receive.services) : 'all'
}

function targetOf(source: ReceivingSource): ReceiveTarget {
  const { services } = source.receive
  if (source.url === undefined) return { kind: 'discover', services }
  const { scheme, address, port } = parseMulticastUrl(source.url)
  // What is in the tunnel is found as in a capture.
  if (scheme === 'stltp') return { kind: 'discover', services }
  if (scheme === 'atsc' || address === null || port === null) return { kind: 'atsc', services }
  return { kind: scheme, address, port, services }
}

/** The tunnel of an `stltp://` source and the ports of its FEC (SMPTE ST 2022-1), null for other sources. */
function tunnelOf(source: ReceivingSource): readonly Destination[] | null {
  if (source.url === undefined) return null
  const { scheme, address, port } = parseMulticastUrl(source.url)
  if (scheme !== 'stltp' || address === null || port === null) return null
  return [0, 2, 4].filter((on) => port + on <= 65535).map((on) => ({ address, port: port + on }))
}

/** Names for what is recorded from these sources. */
export function describeSources(sources: readonly ReceivingSource[]): {
  readonly interfaceName: string
  readonly interfaceDescription: string
} {
  const [first] = sources
  const name = first?.kind === 'multicast' ? first.interfaces?.[0] : basename(first?.files[0] ?? '')
  return { interfaceName: name || 'any', interfaceDescription: labelOf(sources) }
}

function sameReceive(first: ReceivingSource, other: ReceivingSource): void {
  for (const key of Object.keys({ ...first.receive, ...other.receive }) as (keyof ReceiveSpec)[]) {
    if (key === 'services' || JSON.stringify(first.receive[key]) === JSON.stringify(other.receive[key])) continue
    throw new AppFailure(
      'bad-spec',
      `The sources ${first.id} and ${other.id} differ in receive.${key}, which is one for a whole session.`,
      'Give them the same, or run a session for each.',
    )
  }
}

function playedAsOne(captures: readonly CaptureSource[], besideLive: boolean): ReceivingPlan['capture'] {
  const [first] = captures
  if (first === undefined) return null
  const other = captures.find(
    (each) => each.pace !== first.pace || each.loop !== first.loop || each.linkType !== first.linkType,
  )
  if (other !== undefined) {
    throw new AppFailure(
      'bad-spec',
      `The captures ${first.id} and ${other.id} differ in pace, loop or link type; several are played as one.`,
      'Give them the same, or run a session for each.',
    )
  }
  if (besideLive && first.pace === 'fast') {
    throw new AppFailure(
      'bad-spec',
      `The capture ${first.id} is read as fast as possible beside a multicast: they have no time in common.`,
      'Set its pace to real, or run a session for each.',
    )
  }
  const { pace, loop, linkType } = first
  const files = captures.flatMap((each) => each.files)
  return { files, pace, loop, ...(linkType === undefined ? {} : { linkType }) }
}

function labelOf(sources: readonly ReceivingSource[]): string {
  const urls = sources.flatMap((source) => (source.kind === 'multicast' ? [source.url] : []))
  const files = sources.flatMap((source) => (source.kind === 'capture' ? source.files : []))
  const [first = ''] = files
  const captures = files.length > 1 ? `${first} and ${files.length - 1} more` : first
  return [...urls, ...(files.length === 0 ? [] : [captures])].join(' ')
}
