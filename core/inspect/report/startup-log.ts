import { CodecError } from '../../bytes/codec-error.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { ChannelRole, Startup } from '../../contract/report.ts'
import type { ChannelFacts, FlowFacts, LlsTableFact, ServiceFacts, SlsFragment } from '../../flow/facts.ts'
import { type FlowObject, MEDIA_NAME, type ObjectKind } from '../../flow/objects.ts'
import { renameKey } from '../../flow/rename-key.ts'
import { isInitSegment, LONGEST_INIT_BYTES } from '../../media/bmff/init-segment.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { parseStsid, type Stsid } from '../../protocol/sls/s-tsid.ts'
import { LACKS, lackFault } from '../../receive/signalling/manifest-lacks.ts'
import { readHlsCodecs, readMpdFacts, roleOfType } from '../../receive/signalling/mpd-facts.ts'
import { firstVariantUs, PlaylistsSeen, withoutVariant } from './variant-playlists.ts'

/** The facts of a service for its startup. */
type StartingService = Pick<ServiceFacts, 'id' | 'protocol' | 'destination' | 'manifest' | 'sharesFilesOf'>

/** Manifests of a channel that are read in vain. */
const MOST_UNREADABLE = 8
/** Bound on remembered destinations of SLTs. */
const MAX_ANNOUNCED = 4096

type ServiceSteps = {
  slsUs: number | null
  stsidUs: number | null
  /** Of the first manifest that can be read. */
  manifestUs: number | null
  /** Why its manifest is of no use, a sentence; null while one is, or none came. */
  manifestFault: string | null
  playableUs: number | null
  /** Media in the S-TSID: a role, or the Representation whose role the MPD has. */
  media: readonly { readonly role: ChannelRole | null; readonly representation: string }[]
  roles: ReadonlyMap<string, ChannelRole>
  /** Roles whose initialisation segment is apart from the media; null without an MPD. */
  initApart: ReadonlySet<ChannelRole> | null
  readonly playlists: PlaylistsSeen
}

type ChannelSteps = {
  /** Of the first manifest and playlist that can be read. */
  manifestUs: number | null
  playlistUs: number | null
  /** Manifests and playlists that came and cannot be read. */
  unreadable: number
  manifestFault: string | null
  initUs: number | null
  mediaUs: number | null
  segmentUs: number | null
  /** First times of init and media that came as plain files: they are what a manifest among the files names, where there is one. */
  plain: Pick<ChannelSteps, 'initUs' | 'mediaUs' | 'segmentUs'> | null
  readonly playlists: PlaylistsSeen
}

/**
 * First time of each step of tuning in (see `STARTUP_STEPS`), stream µs. Content received before the signalling that
 * explains it counts from its arrival.
 */
export class StartupLog {
  readonly #services = new Map<ServiceId, ServiceSteps>()
  readonly #channels: ChannelSteps[] = []
  /** By destination of the SLS: time of the first SLT that lists it. */
  readonly #announced = new Map<string, number>()
  #joinUs: number | null = null
  #llsUs: number | null = null

  /** The source was joined, or began; the earliest counts. */
  joined(timeUs: number): void {
    this.#joinUs = earlier(this.#joinUs, timeUs)
  }

  llsTable(table: LlsTableFact, timeUs: number): void {
    this.#llsUs = earlier(this.#llsUs, timeUs)
    if (table.announces === undefined) return
    try {
      for (const destination of table.announces()) {
        if (this.#announced.size >= MAX_ANNOUNCED) return
        if (!this.#announced.has(destination)) this.#announced.set(destination, timeUs)
      }
    } catch (thrown) {
      // The receiver reports a table that cannot be read.
      if (!(thrown instanceof CodecError)) throw thrown
    }
  }

  slsFragment(serviceId: ServiceId, fragment: SlsFragment, timeUs: number): void {
    const { type, bytes, document } = fragment
    if (type === 'EFDT' || type === 'FDT') return
    const steps = this.#service(serviceId)
    steps.slsUs = earlier(steps.slsUs, timeUs)
    if (type === 'S-TSID') steps.stsidUs = earlier(steps.stsidUs, timeUs)
    if (steps.playableUs !== null) return
    try {
      if (type === 'S-TSID') steps.media = mediaOf(document?.by(parseStsid) ?? parseStsid(bytes))
      else if (type === 'HLS') {
        this.#signalled(steps, faultOf(bytes, readHlsCodecs), timeUs)
        steps.playlists.came(fragment.name, timeUs, () => bytes)
      } else if (type === 'MPD') {
        const facts = fragment.mpd === undefined ? readMpdFacts(bytes) : fragment.mpd()
        this.#signalled(steps, facts.lack === null ? null : manifestFaultText(lackFault(facts.lack)), timeUs)
        steps.roles = facts.roles
        steps.initApart = facts.initApart
      }
    } catch (thrown) {
      // The receiver raises an alarm about it.
      if (!(thrown instanceof CodecError)) throw thrown
      if (type === 'MPD') this.#signalled(steps, manifestFaultText(thrown), timeUs)
    }
  }

  #signalled(steps: ServiceSteps, fault: string | null, timeUs: number): void {
    if (fault === null) steps.manifestUs = earlier(steps.manifestUs, timeUs)
    else steps.manifestFault = fault
  }

  objectBegun(object: FlowObject): void {
    if (object.kind === 'file' && isMediaFile(object)) {
      const plain = this.#plain(object.channel)
      plain.mediaUs = earlier(plain.mediaUs, object.firstTimeUs)
    }
    if (object.kind !== 'media') return
    const steps = this.#channel(object.channel)
    steps.mediaUs = earlier(steps.mediaUs, object.firstTimeUs)
  }

  /** An object ended, or its kind became known after its end. */
  objectEnded(object: FlowObject): void {
    if (object.kind === 'media') this.objectBegun(object)
    if (object.state !== 'complete') return
    const { kind, lastTimeUs } = object
    if (kind === 'file') this.#plainEnded(object)
    if (kind === 'file' || kind === 'signalling') return
    const steps = this.#channel(object.channel)
    // An MPU contains its own initialisation.
    if (object.assembled) steps.initUs = earlier(steps.initUs, lastTimeUs)
    if ((kind === 'manifest' || kind === 'playlist') && !this.#isReadable(steps, kind, object)) return
    this.#arrived(steps, kind, lastTimeUs)
    const { size } = object
    if (kind === 'playlist' && size !== null)
      steps.playlists.came(object.name, lastTimeUs, () => object.lease(0, size).bytes)
  }

  /** Whether a manifest can be read, as far as that is looked at: until one could, and of the first few. */
  #isReadable(steps: ChannelSteps, kind: 'manifest' | 'playlist', object: FlowObject): boolean {
    const known = kind === 'manifest' ? steps.manifestUs : steps.playlistUs
    if (known !== null || object.size === null) return true
    if (steps.unreadable >= MOST_UNREADABLE) return false
    const { bytes } = object.lease(0, object.size)
    const fault = faultOf(bytes, kind === 'manifest' ? readWhatCanBePlayed : readHlsCodecs)
    if (fault === null) return true
    steps.unreadable++
    steps.manifestFault = fault
    return false
  }

  #plainEnded(object: FlowObject): void {
    if (!isMediaFile(object)) return
    this.objectBegun(object)
    const plain = this.#plain(object.channel)
    if (plain.initUs !== null && plain.segmentUs !== null) return
    const size = object.size ?? 0
    if (size <= LONGEST_INIT_BYTES && isInitSegment(object.lease(0, size).bytes))
      plain.initUs = earlier(plain.initUs, object.lastTimeUs)
    else plain.segmentUs = earlier(plain.segmentUs, object.lastTimeUs)
  }

  #plain(channel: number): Pick<ChannelSteps, 'initUs' | 'mediaUs' | 'segmentUs'> {
    const steps = this.#channel(channel)
    steps.plain ??= { initUs: null, mediaUs: null, segmentUs: null }
    return steps.plain
  }

  /** Counts the media files of a service as its media where a manifest is among the files. */
  #namedByFiles(own: readonly ChannelFacts[]): void {
    const all = own.map(({ index }) => this.#channel(index))
    if (!all.some(({ manifestUs, playlistUs }) => manifestUs !== null || playlistUs !== null)) return
    for (const steps of all) {
      if (steps.plain === null) continue
      steps.initUs = earliest(steps.initUs, steps.plain.initUs)
      steps.mediaUs = earliest(steps.mediaUs, steps.plain.mediaUs)
      steps.segmentUs = earliest(steps.segmentUs, steps.plain.segmentUs)
    }
  }

  #arrived(steps: ChannelSteps, kind: ObjectKind, timeUs: number): void {
    if (kind === 'media') steps.segmentUs = earlier(steps.segmentUs, timeUs)
    else if (kind === 'init') steps.initUs = earlier(steps.initUs, timeUs)
    else if (kind === 'playlist') steps.playlistUs = earlier(steps.playlistUs, timeUs)
    else if (kind === 'manifest') steps.manifestUs = earlier(steps.manifestUs, timeUs)
  }

  /** HTTP repair made an object of a channel whole. */
  fetched(channel: number, kind: ObjectKind, timeUs: number): void {
    const steps = this.#channel(channel)
    this.#arrived(steps, kind, timeUs)
    if (kind === 'playlist') steps.playlists.cameUnnamed(timeUs)
  }

  serviceGone(serviceId: ServiceId): void {
    this.#services.delete(serviceId)
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    renameKey(this.#services, former, service)
  }

  /** The steps of one service so far. */
  of(service: StartingService, channels: readonly ChannelFacts[], flows: readonly FlowFacts[]): Startup {
    const steps = this.#service(service.id)
    // Manifests and initialisation segments of DVB-MABR arrive in the configuration session, which is another service.
    const shared = service.sharesFilesOf === null ? null : this.#service(service.sharesFilesOf)
    const own = ownChannels(service, channels)
    this.#namedByFiles(own)
    const slt = service.destination === null ? null : (this.#announced.get(service.destination) ?? null)
    let first: number | null = null
    for (const flow of flows)
      if (flow.serviceId === service.id && flow.packets > 0) first = earlier(first, flow.firstTimeUs)
    const least = (pick: (steps: ChannelSteps) => number | null): number | null =>
      own.reduce<number | null>((least, { index }) => {
        const value = pick(this.#channel(index))
        return value === null ? least : earlier(least, value)
      }, null)
    // A playlist among the files counts where no signalling has a manifest: then it is all a player gets.
    const manifest =
      earliest(
        steps.manifestUs,
        least((channel) => channel.manifestUs),
      ) ?? least((channel) => channel.playlistUs)
    steps.playableUs ??= this.#playable(service, steps, own, service.protocol === 'mmtp' ? steps.slsUs : manifest)
    return {
      join: this.#joinUs,
      lls: slt === null ? null : this.#llsUs,
      slt,
      firstPacket: first,
      sls: earliest(steps.slsUs, shared?.slsUs ?? null),
      stsid: steps.stsidUs,
      manifest,
      init: least((channel) => channel.initUs),
      firstMedia: least((channel) => channel.mediaUs),
      firstSegment: least((channel) => channel.segmentUs),
      playable: steps.playableUs,
    }
  }

  /** Whether an initialisation segment of a service is apart from its media, as far as known. */
  needsInit(serviceId: ServiceId): boolean {
    const { initApart } = this.#service(serviceId)
    return initApart === null || initApart.size > 0
  }

  /** Why a manifest of the service that came is of no use, a sentence; null without one. @param channels as of `of` */
  manifestFault(service: StartingService, channels: readonly ChannelFacts[]): string | null {
    const own = this.#service(service.id).manifestFault
    if (own !== null) return own
    for (const { index } of ownChannels(service, channels)) {
      const { manifestFault } = this.#channel(index)
      if (manifestFault !== null) return manifestFault
    }
    return null
  }

  /** That no playlist came of those that a player chooses from, a sentence; null where one did, or is not needed. @param channels as of `of` */
  variantFault(service: StartingService, channels: readonly ChannelFacts[]): string | null {
    const seen = this.#playlists(service, this.#service(service.id), ownChannels(service, channels))
    return firstVariantUs(seen) === null ? withoutVariant(seen) : null
  }

  /** Where playlists of a service come; empty where an MPD is there to play by. */
  #playlists(service: StartingService, steps: ServiceSteps, own: readonly ChannelFacts[]): readonly PlaylistsSeen[] {
    if (steps.initApart !== null || this.#hasMpd(service, own)) return []
    return [steps.playlists, ...own.map(({ index }) => this.#channel(index).playlists)]
  }

  #hasMpd(service: StartingService, own: readonly ChannelFacts[]): boolean {
    return service.manifest?.kind === 'dash' || own.some(({ index }) => this.#channel(index).manifestUs !== null)
  }

  /** Roles of media without a whole segment, or without an initialisation segment for it. @param channels as of `of` */
  missingRoles(service: StartingService, channels: readonly ChannelFacts[]): readonly ChannelRole[] {
    const own = ownChannels(service, channels)
    const times = this.#roleTimes(service, this.#service(service.id), own)
    return [...times].filter(([, us]) => us === null).map(([role]) => role)
  }

  /** Time of the last requirement of playing; null while one is missing. */
  #playable(
    service: StartingService,
    steps: ServiceSteps,
    own: readonly ChannelFacts[],
    manifestUs: number | null,
  ): number | null {
    if (manifestUs === null) return null
    const variantUs = firstVariantUs(this.#playlists(service, steps, own))
    if (variantUs === null) return null
    let lastUs = Math.max(manifestUs, variantUs)
    const times = this.#roleTimes(service, steps, own)
    if (times.size === 0) return null
    for (const us of times.values()) {
      if (us === null) return null
      lastUs = Math.max(lastUs, us)
    }
    return lastUs
  }

  /** For each needed role the time of its first segment that can be played; null: none yet. */
  #roleTimes(
    service: StartingService,
    steps: ServiceSteps,
    own: readonly ChannelFacts[],
  ): ReadonlyMap<ChannelRole, number | null> {
    const needed = rolesNeeded(steps, own)
    // Initialisation segments may have a channel of their own.
    const inits = own.map(({ index }) => this.#channel(index).initUs).filter((us) => us !== null)
    const anyInit = inits.length === 0 ? null : Math.min(...inits)
    const hasMpd = this.#hasMpd(service, own)
    const timeOf = (role: ChannelRole | null): number | null => {
      const needsInit =
        role === null || steps.initApart === null ? anyInit !== null || hasMpd : steps.initApart.has(role)
      let best: number | null = null
      for (const channel of own) {
        if (role !== null && channel.role !== role) continue
        const { initUs, segmentUs } = this.#channel(channel.index)
        const init = initUs ?? anyInit
        if (segmentUs === null || (needsInit && init === null)) continue
        best = earlier(best, needsInit ? Math.max(init as number, segmentUs) : segmentUs)
      }
      return best
    }
    // Files without signalling have no roles.
    if (needed.size === 0) {
      const any = own.some(({ index }) => this.#channel(index).mediaUs !== null)
      return new Map(any ? [['unknown', timeOf(null)]] : [])
    }
    return new Map([...needed].map((role) => [role, timeOf(role)]))
  }

  #service(id: ServiceId): ServiceSteps {
    let steps = this.#services.get(id)
    if (steps === undefined) {
      steps = {
        slsUs: null,
        stsidUs: null,
        manifestUs: null,
        manifestFault: null,
        playableUs: null,
        media: [],
        roles: new Map(),
        initApart: null,
        playlists: new PlaylistsSeen(),
      }
      this.#services.set(id, steps)
    }
    return steps
  }

  #channel(index: number): ChannelSteps {
    let steps = this.#channels[index]
    if (steps === undefined) {
      steps = {
        manifestUs: null,
        playlistUs: null,
        unreadable: 0,
        manifestFault: null,
        initUs: null,
        mediaUs: null,
        segmentUs: null,
        plain: null,
        playlists: new PlaylistsSeen(),
      }
      this.#channels[index] = steps
    }
    return steps
  }
}

/** @throws CodecError as `readMpdFacts`, and where nothing of it can be played */
function readWhatCanBePlayed(bytes: Uint8Array): void {
  const { lack } = readMpdFacts(bytes)
  if (lack !== null) throw lackFault(lack)
}

/** Why a manifest is of no use, a sentence; null where it can be read. */
function faultOf(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): string | null {
  try {
    read(bytes)
    return null
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    return manifestFaultText(thrown)
  }
}

const manifestFaultText = ({ code, message }: CodecError): string =>
  code === LACKS ? `Its manifest ${message}.` : 'Its manifest cannot be read.'

/** True of a file with pictures or sound, by its type or name. */
function isMediaFile({ name, contentType }: FlowObject): boolean {
  const type = contentType === null ? '' : bareMediaType(contentType)
  return /^(?:video|audio)\//.test(type) || (name !== null && MEDIA_NAME.test(name))
}

/** Channels of a service, and of the one whose files it shares. */
function ownChannels(service: StartingService, channels: readonly ChannelFacts[]): readonly ChannelFacts[] {
  return channels.filter(
    (channel) =>
      channel !== undefined &&
      channel.serviceId !== null &&
      (channel.serviceId === service.id || channel.serviceId === service.sharesFilesOf),
  )
}

/** Roles of which a player needs a segment: the announced ones; without any, the received ones. */
function rolesNeeded(steps: ServiceSteps, own: readonly ChannelFacts[]): ReadonlySet<ChannelRole> {
  const announced = new Set<ChannelRole>()
  for (const { role, representation } of steps.media) {
    const declared = role ?? steps.roles.get(representation) ?? null
    if (declared !== null) announced.add(declared)
  }
  if (announced.size > 0) return announced
  const seen = new Set<ChannelRole>()
  for (const { role } of own) if (role === 'video' || role === 'audio' || role === 'text') seen.add(role)
  if (seen.size === 0 && own.some(({ role }) => role === 'unknown')) seen.add('unknown')
  return seen
}

function mediaOf(stsid: Stsid): ServiceSteps['media'] {
  return stsid.sessions.flatMap((session) =>
    session.channels.flatMap(({ source }) =>
      (source?.media ?? []).map(({ contentType, repId }) => ({
        role: contentType === null ? null : roleOfType(contentType),
        representation: repId,
      })),
    ),
  )
}

/** The earlier of two times; null counts as none. */
function earliest(one: number | null, other: number | null): number | null {
  return other === null ? one : earlier(one, other)
}

function earlier(before: number | null, timeUs: number): number {
  return before === null || timeUs < before ? timeUs : before
}
