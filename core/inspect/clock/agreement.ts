import { CodecError } from '../../bytes/codec-error.ts'
import type { ServiceId } from '../../contract/ids.ts'
import { BoundedMap, BoundedSet } from '../../flow/bounded-map.ts'
import type { ChannelFacts, ServiceFacts, SlsFragment } from '../../flow/facts.ts'
import { placeAt } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { renameKey } from '../../flow/rename-key.ts'
import { toiOfFileName } from '../../protocol/flute/file-template.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { parseStsid, type Stsid } from '../../protocol/sls/s-tsid.ts'
import { parseUsbd } from '../../protocol/sls/usbd.ts'
import type { AnnouncedMedia, AnnouncedRepresentation } from '../losses/announced-media.ts'
import { type ClockLimits, JITTER } from './clock-limits.ts'
import type { FoundByClock, SilenceWatch } from './silence.ts'
import type { SkippedTime } from './skipped-time.ts'

/** Bounds on services, and on representations that were heard of one. */
const MAX_SERVICES = 1024
const MAX_HEARD = 1024
/** Larger tables and manifests are not compared. */
export const MAX_COMPARED_BYTES = 1 << 20
/** Segments that must be on air within this time of being announced, as of RATE-DROP. */
const SEGMENTS = 2

type Declared = {
  /** `ip:port TSI` of each channel. */
  readonly channels: ReadonlySet<string>
  readonly representations: ReadonlySet<string>
  readonly templates: readonly string[]
  /** Channels of media: `ip:port` and TSI. */
  readonly media: readonly { readonly destination: string; readonly tsi: number; readonly representation: string }[]
}

type State = {
  stsid: Uint8Array | null
  declared: Declared | null
  unicast: readonly string[]
  /** Representations announced, and their ids as one text. */
  representations: readonly AnnouncedRepresentation[] | null
  announced: string
  /** Stream time of the last change of what is announced or declared; null once it was judged. */
  sinceUs: number | null
  readonly heard: BoundedSet<string>
  readonly told: BoundedSet<string>
}

/**
 * Compares what the signalling of a ROUTE service announces with what is on air, two segments after either has changed: a
 * representation of the MPD that no TSI carries, and a TSI of media that carries nothing.
 */
export class AgreementWatch {
  readonly #found: FoundByClock
  readonly #limits: ClockLimits
  readonly #time: SkippedTime
  readonly #silence: SilenceWatch
  readonly #media: AnnouncedMedia
  readonly #channels: readonly ChannelFacts[]
  readonly #services = new BoundedMap<ServiceId, State>(MAX_SERVICES)

  constructor(
    found: FoundByClock,
    limits: ClockLimits,
    time: SkippedTime,
    from: {
      readonly silence: SilenceWatch
      readonly media: AnnouncedMedia
      readonly channels: readonly ChannelFacts[]
    },
  ) {
    this.#found = found
    this.#limits = limits
    this.#time = time
    this.#silence = from.silence
    this.#media = from.media
    this.#channels = from.channels
  }

  slsFragment(service: ServiceId, { type, bytes }: SlsFragment, timeUs: number): void {
    if (bytes.length > MAX_COMPARED_BYTES || (type !== 'S-TSID' && type !== 'USBD')) return
    const state = this.#of(service)
    if (type === 'USBD') {
      state.unicast = read(() => parseUsbd(bytes).unicastPatterns) ?? []
      return
    }
    // Read when time passes: a storm of tables is not read at its pace.
    state.stsid = bytes.slice()
    state.sinceUs = timeUs
  }

  objectBegun({ kind, serviceId, name, firstTimeUs, channel }: FlowObject): void {
    if (kind !== 'media' || serviceId === null) return
    const state = this.#services.get(serviceId)
    if (state === undefined) return
    const place = name === null ? null : this.#media.place(serviceId, name, firstTimeUs)
    const announced = place?.list.of?.representation ?? null
    if (announced !== null) state.heard.add(announced)
    const signalled = this.#channels[channel]?.representation ?? null
    if (signalled !== null) state.heard.add(signalled)
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    renameKey(this.#services, former, service)
  }

  serviceGone(service: ServiceId): void {
    this.#services.delete(service)
  }

  /** False where the S-TSID of the service is known and has no such channel. */
  declares(service: ServiceId, { carrier, destination }: ChannelFacts): boolean {
    const declared = this.#services.get(service)?.declared ?? null
    return declared === null || carrier.kind !== 'lct' || declared.channels.has(`${destination} ${carrier.tsi}`)
  }

  /** Folder from which all announced media of a service are fetched by broadband; null where any is broadcast. */
  broadbandOf(service: ServiceId, nowUs: number): string | null {
    const state = this.#services.get(service)
    const representations = this.#media.representations(service, nowUs)
    const unicast = state?.unicast ?? []
    if (representations.length === 0) return null
    const declared = state?.declared?.representations
    const elsewhere = representations.every((each) => declared?.has(each.id) !== true && isBroadband(each, unicast))
    if (!elsewhere || (state !== undefined && state.heard.size > 0)) return null
    const first = representations[0]?.first ?? ''
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(first) ? first.slice(0, first.lastIndexOf('/') + 1) : (unicast[0] ?? null)
  }

  /** @returns time, as it passed, at which a service is compared */
  look(services: readonly ServiceFacts[], nowUs: number): number {
    let dueUs = Number.POSITIVE_INFINITY
    if (this.#services.size === 0) return dueUs
    for (const service of services) {
      const state = this.#services.get(service.id)
      if (state !== undefined && service.protocol === 'route' && service.joined)
        dueUs = Math.min(dueUs, this.#look(service, state, nowUs))
    }
    return dueUs
  }

  /** @returns as `look` */
  #look(service: ServiceFacts, state: State, nowUs: number): number {
    if (state.stsid !== null) {
      const { stsid } = state
      const own = service.destination ?? ''
      state.declared = read(() => declaredIn(parseStsid(stsid), own))
      state.stsid = null
    }
    const representations = this.#media.representations(service.id, nowUs)
    if (representations !== state.representations) {
      state.representations = representations
      const announced = representations.map(({ id }) => id).join('\n')
      if (announced !== state.announced) state.sinceUs = nowUs
      state.announced = announced
    }
    const { declared, sinceUs } = state
    if (sinceUs === null || declared === null) return Number.POSITIVE_INFINITY
    const longestUs = Math.max(0, ...representations.map(({ durationUs }) => durationUs ?? 0))
    const limitUs = Math.max(this.#limits.agreementUs, longestUs * SEGMENTS * JITTER)
    const serviceUs = this.#silence.serviceUs(service.id)
    const fromUs = this.#time.of(sinceUs)
    if (this.#silence.isSilent(service.id) || this.#time.of(serviceUs) - fromUs <= limitUs) return fromUs + limitUs
    state.sinceUs = null
    this.#representations(service, state, declared, representations, sinceUs)
    this.#silent(service, state, declared, sinceUs, limitUs)
    return Number.POSITIVE_INFINITY
  }

  #representations(
    service: ServiceFacts,
    state: State,
    declared: Declared,
    representations: readonly AnnouncedRepresentation[],
    sinceUs: number,
  ): void {
    const carried = ({ id, first }: AnnouncedRepresentation): boolean =>
      declared.representations.has(id) ||
      state.heard.has(id) ||
      (first !== null && declared.templates.some((template) => toiOfFileName(template, first) !== null))
    // A period of which nothing is on air is another time of the presentation, or names that nobody can compare.
    const onAir = new Set(representations.filter(carried).map(({ period }) => period))
    const absent = representations.filter(
      (each) => onAir.has(each.period) && !carried(each) && !isBroadband(each, state.unicast),
    )
    const untold = absent.map(({ id }) => id).filter((id) => !state.told.has(`representation ${id}`))
    if (untold.length === 0) return
    for (const id of untold) state.told.add(`representation ${id}`)
    const { id, destination, manifest } = service
    const setOf = ({ period, set }: AnnouncedRepresentation): string => `${period}/${set}`
    const setsOnAir = new Set(representations.filter(carried).map(setOf))
    const facts = {
      kind: 'representationsAbsent',
      representations: untold,
      wholeSet: absent.some((each) => !setsOnAir.has(setOf(each))),
      manifest: manifest?.name ?? 'The MPD',
    } as const
    this.#found(facts, placeAt(sinceUs, 0, { service: id, destination }))
  }

  #silent(service: ServiceFacts, state: State, declared: Declared, sinceUs: number, limitUs: number): void {
    for (const { destination, tsi, representation } of declared.media) {
      const key = `channel ${destination} ${tsi}`
      if (state.told.has(key) || this.#hasPackets(destination, tsi)) continue
      state.told.add(key)
      const carrier = { kind: 'lct', tsi } as ChannelFacts['carrier']
      const facts = { kind: 'channelNeverSent', representation, limitUs } as const
      this.#found(facts, placeAt(sinceUs, 0, { service: service.id, carrier, destination }))
    }
  }

  #hasPackets(destination: string, tsi: number): boolean {
    return this.#channels.some(
      ({ carrier, destination: of, packets }) =>
        of === destination && carrier.kind === 'lct' && carrier.tsi === tsi && packets > 0,
    )
  }

  #of(service: ServiceId): State {
    let state = this.#services.get(service)
    if (state === undefined) {
      state = {
        ...{ stsid: null, declared: null, unicast: [], representations: null, announced: '', sinceUs: null },
        heard: new BoundedSet(MAX_HEARD),
        told: new BoundedSet(MAX_HEARD),
      }
      this.#services.set(service, state)
    }
    return state
  }
}

function declaredIn({ sessions }: Stsid, own: string): Declared {
  const representations = new Set<string>()
  const all = new Set<string>()
  const templates: string[] = []
  const media: Declared['media'][number][] = []
  for (const { destinationAddress, destinationPort, channels } of sessions) {
    const [, ownAddress = '', ownPort = '0'] = /^(.*):(\d+)$/.exec(own) ?? []
    const address = destinationAddress ?? ownAddress.replace(/[[\]]/g, '')
    const destination = formatDestination(address, destinationPort ?? Number(ownPort))
    for (const { tsi, source } of channels) {
      all.add(`${destination} ${tsi}`)
      const [first] = source?.media ?? []
      for (const { repId } of source?.media ?? []) representations.add(repId)
      const template = source?.efdt?.fileTemplate ?? null
      if (template !== null) templates.push(template)
      if (first !== undefined && first.repId !== '') media.push({ destination, tsi, representation: first.repId })
    }
  }
  return { channels: all, representations, templates, media }
}

/** Its files are fetched by broadband: an address of its own, or a pattern of the USBD's UnicastAppService. */
function isBroadband({ first }: AnnouncedRepresentation, patterns: readonly string[]): boolean {
  if (first === null) return false
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(first) || patterns.some((pattern) => pattern !== '' && first.includes(pattern))
}

/** Null where it cannot be read, which is an alarm of its own. */
function read<Value>(parse: () => Value): Value | null {
  try {
    return parse()
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}
