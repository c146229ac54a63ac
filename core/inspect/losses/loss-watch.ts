import { asToi, type ServiceId } from '../../contract/ids.ts'
import { OBJECT_STATE } from '../../contract/object-table.ts'
import type { LossCause, Losses } from '../../contract/report.ts'
import type { SocketSnapshot } from '../../contract/snapshot.ts'
import { BoundedSet } from '../../flow/bounded-map.ts'
import { type CarrierPlace, isOnChannel } from '../../flow/carriers.ts'
import type { AbsentObject, ChannelFacts, SlsFragment } from '../../flow/facts.ts'
import { type Finding, type FindingFacts, findingAt, placeAt } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { contentEncodingOf } from '../../protocol/content-encoding.ts'
import type { FdtFile } from '../../protocol/flute/fdt.ts'
import { isReservedToi } from '../../protocol/route/toi-plan.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import { AnnouncedMedia } from './announced-media.ts'
import { DropReports } from './drop-reports.ts'
import { FetchedObjects } from './fetched-objects.ts'
import { HostTrouble } from './host-trouble.ts'
import { LossCauses, type LossVerdict } from './loss-causes.ts'
import { LossEvidence } from './loss-evidence.ts'
import { LossLedger } from './loss-ledger.ts'
import { LossMeter } from './loss-meter.ts'
import { type AbsentFiles, MissingFiles } from './missing-files.ts'
import { type MissingMpuGap, MissingMpus } from './missing-mpus.ts'
import { type Gap, MissingObjects } from './missing-objects.ts'
import { PacketHistory } from './packet-history.ts'
import { UnnamedObjects } from './unnamed-objects.ts'

/** Bound on objects watched for a late name. */
const MAX_NAMELESS = 4096

/**
 * Detects all losses, of bytes and of whole objects, decides their cause, and reports absent objects and dropped
 * packets.
 */
export class LossWatch {
  readonly media = new AnnouncedMedia((service, table, { count, listed, writings }, timeUs) => {
    const facts = { kind: 'entriesDropped', table, dropped: listed, count, writings } as const
    this.#found({ ...facts, ...placeAt(timeUs, 0, { service }) })
  })
  readonly host = new HostTrouble()
  readonly fetched = new FetchedObjects()
  readonly meter: LossMeter
  readonly #columns: ObjectColumns
  readonly #channels: readonly ChannelFacts[]
  readonly #found: (finding: Finding) => void
  readonly #onAbsent: (objects: readonly AbsentObject[]) => void
  readonly #causes: LossCauses
  readonly #ledger: LossLedger
  readonly #evidence: LossEvidence
  readonly #objects: MissingObjects
  readonly #files: MissingFiles
  readonly #mpus = new MissingMpus()
  readonly #unnamed: UnnamedObjects
  readonly #history = new PacketHistory()
  readonly #nameless = new BoundedSet<number>(MAX_NAMELESS)
  /** By channel: announced objects without packets. */
  readonly #absent: number[] = []
  /** Announced objects that never came. */
  neverCame = 0
  readonly #drops: DropReports

  /**
   * @param rateOf bit/s of a destination
   * @param onAbsent called with announced objects as soon as they count as lost
   */
  constructor(
    columns: ObjectColumns,
    channels: readonly ChannelFacts[],
    rateOf: (destination: string) => number,
    found: (finding: Finding) => void,
    onAbsent: (objects: readonly AbsentObject[]) => void = () => undefined,
  ) {
    this.#onAbsent = onAbsent
    this.#columns = columns
    this.#channels = channels
    this.meter = new LossMeter(channels)
    this.#found = found
    this.#drops = new DropReports(this.host, found)
    this.#causes = new LossCauses(this.host, rateOf)
    this.#ledger = new LossLedger(this.#causes)
    this.#evidence = new LossEvidence(columns, channels, this.#causes, this.#ledger, this.#history)
    this.#files = new MissingFiles(columns, channels)
    this.#unnamed = new UnnamedObjects(columns, channels, this.media)
    this.#objects = new MissingObjects(this.media, (channel, before, untilUs) => {
      const fromUs = columns.values.lastTimeUs[before] as number
      return this.#history.othersArrived(channel, fromUs, untilUs)
    })
  }

  get totals(): Losses {
    return this.#ledger.totals
  }

  /** Announced objects that may come still. */
  get awaited(): number {
    return this.#files.awaited
  }

  /** What speaks for the cause of a row's loss. */
  evidenceOf(row: number): string | null {
    return this.#ledger.evidenceOf(row)
  }

  /** What an object lacked was fetched. */
  objectFetched(row: number): void {
    const state = this.#columns.values.state[row] as number
    const channel = this.#columns.values.channel[row] as number
    if (state === OBJECT_STATE.partial) this.fetched.add(row, channel, 'incomplete')
    else if (state !== OBJECT_STATE.complete) this.fetched.add(row, channel, 'cutOff')
    this.meter.madeGood(row)
    this.#ledger.healed(row)
  }

  /** An announced object was fetched whole. */
  absentFetched(bytes: number, destination: string | null, carrier: CarrierPlace | null): void {
    this.neverCame--
    const channel = this.#channels.find(
      (each) => each?.destination === destination && isOnChannel(each.carrier, carrier),
    )
    if (channel !== undefined) this.meter.fetched(channel.index, bytes)
  }

  /** Null where nothing of the row is missing. */
  causeOf(row: number): LossCause | null {
    return this.#ledger.causeOf(row)
  }

  /** End of an object's use to players, in the manifest, else in its file table; null without either. */
  usefulUntilUs({ serviceId, name, destination, carrier, firstTimeUs }: FlowObject): number | null {
    const announced =
      serviceId === null || name === null ? null : this.media.usefulUntilUs(serviceId, name, firstTimeUs)
    if (announced !== null || carrier.kind !== 'lct') return announced
    return this.#files.expiresUs(destination, carrier.tsi, carrier.toi)
  }

  /** Announced objects of a channel without packets. */
  absentOf(channel: number): number {
    return this.#absent[channel] ?? 0
  }

  slsFragment(serviceId: ServiceId, fragment: SlsFragment, own: string | null, timeUs: number): void {
    this.media.slsFragment(serviceId, fragment)
    this.#files.slsFragment(fragment, own, timeUs)
    if (fragment.type === 'MPD') this.#objects.announced(timeUs)
  }

  /** True where an object that came whole without a name was reported in place of a missing one. */
  toldUnnamed(row: number | null): boolean {
    return row !== null && this.#unnamed.told(row)
  }

  /** Name of what manifests announce where a row without a name came; null where they do not tell. */
  expectedInstead(row: number): string | null {
    return this.#unnamed.expectedAt(row)
  }

  serviceGone(serviceId: ServiceId): void {
    this.media.serviceGone(serviceId)
  }

  objectBegun(object: FlowObject): void {
    this.#files.objectBegun(object)
    const { carrier } = object
    if (carrier.kind === 'mmtp') {
      const channel = this.#channels[object.channel]
      if (channel !== undefined) this.#mpus.begun(channel, object.index, carrier.mpu, object.firstTimeUs)
      return
    }
    if (!isSegment(object)) {
      // The S-TSID may name it later.
      if (object.name === null && object.kind !== 'signalling') this.#watchName(object.index)
      return
    }
    this.#begun(object)
  }

  /** An object ended, or got its name after its end. */
  objectEnded(object: FlowObject): void {
    if (this.#nameless.has(object.index) && isSegment(object)) this.#begun(object)
    const { lostRanges } = object
    if (object.state === 'partial' && lostRanges.length > 0 && this.causeOf(object.index) === null)
      this.#ledger.lost(object, lostRanges, () => this.#evidence.ending(object))
    this.meter.ended(object)
    const { kind, state, size, name, serviceId } = object
    if (state !== 'complete' || size === null || name === null || serviceId === null) return
    if (kind === 'manifest') this.media.manifest(serviceId, name, object.lease(0, size).bytes)
    else if (kind === 'playlist') this.media.playlist(serviceId, name, object.lease(0, size).bytes, object.lastTimeUs)
    else return
    this.#objects.announced(object.lastTimeUs)
  }

  objectResumed(object: FlowObject): void {
    this.fetched.remove(object.index)
    this.#ledger.healed(object.index)
    this.meter.madeGood(object.index)
  }

  #begun(object: FlowObject): void {
    const channel = this.#channels[object.channel]
    if (channel === undefined) return
    if (object.name === null || object.serviceId === null) {
      this.#watchName(object.index)
      return
    }
    this.#nameless.delete(object.index)
    this.#objects.begun(channel, object.index, object.name, object.firstTimeUs)
  }

  #watchName(row: number): void {
    this.#nameless.add(row)
  }

  /** The sender closed the session of a channel. */
  sessionClosed(destination: string | null, carrier: CarrierPlace | null): void {
    for (const each of this.#channels)
      if (each?.destination === destination && isOnChannel(each.carrier, carrier)) this.#objects.closed(each.index)
  }

  /** The source plays again from an earlier point: one channel, or (null) all. */
  startOver(channel: number | null): void {
    for (const each of this.#channels) {
      if (each === undefined || (channel !== null && each.index !== channel)) continue
      this.#objects.startOver(each.index)
      this.#mpus.startOver(each.index)
    }
  }

  channelSeen(channel: ChannelFacts): void {
    this.#history.channelSeen(channel)
    this.#evidence.channelSeen(channel)
    this.#files.channelSeen(channel)
  }

  /** Takes what each channel has received so far; call it a few times a second, where there are very many more seldom. */
  lookAround(timeUs: number): void {
    this.#history.look(this.#channels, timeUs)
    this.meter.sample(timeUs)
  }

  /** Checks for new losses; call it a few times a second. */
  sample(timeUs: number): void {
    this.#missing(timeUs)
    this.#drops.report(timeUs, false)
  }

  expireAbsent(): void {
    this.#missing(Number.POSITIVE_INFINITY)
  }

  /** Ends: no more packets. */
  settle(timeUs: number): void {
    this.#missing(Number.POSITIVE_INFINITY)
    this.#drops.report(timeUs, true)
    this.meter.settle()
  }

  hostSockets(sockets: readonly SocketSnapshot[], timeUs: number): void {
    this.#drops.add(this.host.sockets(sockets, timeUs))
  }

  /**
   * Takes a capture's own drops.
   * @param total dropped packets in the capture up to here
   * @param sometime of these, drops without a known time
   */
  captureDrops(total: number, sometime: number, sinceUs: number, timeUs: number): void {
    const drops = this.host.captureDrops(total, timeUs)
    this.#drops.add(drops)
    if (sometime > 0 && drops.length > 0) this.#ledger.droppedSometime(sometime, sinceUs, timeUs)
  }

  #missing(timeUs: number): void {
    const { state } = this.#columns.values
    const ended = (row: number): boolean => state[row] !== OBJECT_STATE.receiving
    for (const gap of this.#objects.expired(timeUs, ended)) this.#gap(gap)
    for (const absent of this.#files.expired(timeUs)) this.#absentFiles(absent)
    for (const gap of this.#mpus.expired(timeUs)) this.#absentMpus(gap)
  }

  #absentMpus({ channel, mpus, before, after, noticedUs }: MissingMpuGap): void {
    const fromUs = this.#columns.values.lastTimeUs[before] as number
    const toUs = this.#columns.values.firstTimeUs[after] as number
    const othersArrived = this.#history.othersArrived(channel, fromUs, toUs)
    const verdict = this.#evidence.absence(channel, { before, after, fromUs, toUs }, othersArrived, false)
    this.#absentObjects(
      channel,
      mpus.length,
      [0, this.#evidence.sizeLike(before, after, mpus.length)],
      verdict,
      fromUs,
      toUs,
    )
    this.#reportAbsent({ kind: 'mpusAbsent', mpus, ...verdict }, channel, noticedUs)
  }

  #gap({ channel, names, before, after, noticedUs, othersArrived }: Gap): void {
    const { firstTimeUs, lastTimeUs } = this.#columns.values
    const { destination } = channel
    const toUs = firstTimeUs[after] as number
    const lastUs = lastTimeUs[before] as number
    const fromUs = lastUs < toUs ? lastUs : (firstTimeUs[before] as number)
    const pending = this.#objects.pendingElsewhere(destination, channel.index, fromUs, toUs)
    const verdict = this.#evidence.absence(channel, { before, after, fromUs, toUs }, othersArrived, pending)
    const unnamed = this.#unnamed.between(channel.index, before, after)
    if (unnamed.length >= names.length) {
      // They came: a table that names them was lost.
      for (const [at, expected] of names.entries()) this.#reportUnnamed(unnamed[at] as number, expected, channel)
      this.neverCame += names.length
      this.#tellAbsent(names, channel, noticedUs)
      return
    }
    const nameOf = (row: number): string => String(this.#columns.textOf('name', row))
    this.#absentObjects(
      channel,
      names.length,
      [0, this.#evidence.sizeLike(before, after, names.length)],
      verdict,
      fromUs,
      toUs,
    )
    const between = [nameOf(before), nameOf(after)] as const
    this.#reportAbsent({ kind: 'objectsAbsent', names, between, ...verdict }, channel, noticedUs)
    this.#tellAbsent(names, channel, noticedUs)
  }

  /** Files that no one has under these names may be had elsewhere. */
  #tellAbsent(names: readonly string[], channel: ChannelFacts, noticedUs: number): void {
    const { serviceId, carrier, representation } = channel
    if (serviceId === null) return
    const unlisted = { contentType: null, sizeBytes: null, encoded: false, listed: null }
    this.#onAbsent(
      names.map((name) => {
        const usefulUntilUs = this.media.usefulUntilUs(serviceId, name, noticedUs)
        return { serviceId, carrier, representation, name, kind: 'media', ...unlisted, noticedUs, usefulUntilUs }
      }),
    )
  }

  #reportUnnamed(row: number, expected: string, { serviceId: service, destination, carrier }: ChannelFacts): void {
    const { size, packets, lastTimeUs, toi } = this.#columns.values
    if (carrier.kind !== 'lct') return
    const place = { service, destination, object: row, carrier: { ...carrier, toi: asToi(toi[row] as number) } }
    const facts = { kind: 'objectUnnamed', bytes: size[row] as number, packets: packets[row] as number } as const
    this.#found({ ...facts, expected, keptAs: null, ...placeAt(lastTimeUs[row] as number, 0, place) })
    this.#unnamed.tell(row)
  }

  #absentFiles({ channel, files, sinceUs, expiresUs, wentRound }: AbsentFiles): void {
    const names = files.map(({ contentLocation }) => contentLocation)
    const bytes = files.reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0)
    const toUs = channel.lastTimeUs
    const around = {
      neighboursWhole: channel.incomplete === 0,
      neighbourPackets: wentRound ? Number.POSITIVE_INFINITY : channel.packets,
      othersArrived: true,
      othersLost: channel.lost > 0,
    }
    const verdict = this.#causes.ofObject({ destination: channel.destination, fromUs: sinceUs, toUs }, around)
    this.#absentObjects(channel, names.length, [bytes, bytes], verdict, sinceUs, toUs)
    this.#reportAbsent({ kind: 'objectsAbsent', names, between: null, ...verdict }, channel, toUs)
    const { serviceId, carrier, representation } = channel
    if (serviceId === null) return
    this.#onAbsent(
      files.map((file) => {
        const { contentLocation: name, contentType } = file
        const kind = this.media.place(serviceId, name, toUs) === null ? 'file' : 'media'
        const encoded = contentEncodingOf(file.contentEncoding) !== null
        const facts = { kind, contentType, sizeBytes: sizeOf(file), encoded } as const
        return {
          serviceId,
          carrier,
          representation,
          name,
          ...facts,
          listed: file,
          noticedUs: toUs,
          usefulUntilUs: expiresUs,
        }
      }),
    )
  }

  #absentObjects(
    channel: ChannelFacts,
    count: number,
    [bytes, likely]: readonly [announced: number, likely: number],
    { cause }: LossVerdict,
    fromUs: number,
    toUs: number,
  ): void {
    this.meter.absent(channel.index, likely, toUs)
    this.#absent[channel.index] = this.absentOf(channel.index) + count
    this.neverCame += count
    this.#ledger.absent({ destination: channel.destination, channel: channel.index, fromUs, toUs }, count, bytes, cause)
  }

  #reportAbsent(facts: FindingFacts, { serviceId: service, carrier, destination }: ChannelFacts, timeUs: number): void {
    this.#found(findingAt(facts, placeAt(timeUs, 0, { service, carrier, destination })))
  }
}

/** As transported. */
function sizeOf({ transferLength, contentLength, contentEncoding }: FdtFile): number | null {
  return transferLength ?? (contentEncodingOf(contentEncoding) === null ? contentLength : null)
}

function isSegment(object: FlowObject): boolean {
  const { carrier, kind } = object
  return kind === 'media' && !(carrier.kind === 'lct' && isReservedToi(carrier.toi))
}
