import type { CodecError } from '../../bytes/codec-error.ts'
import type { EntryFaults } from '../../bytes/entry-faults.ts'
import { asServiceId, type ServiceId } from '../../contract/ids.ts'
import type { ReportSignature } from '../../contract/report.ts'
import type { CarrierPlace, SignallingCarrier } from '../../flow/carriers.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type {
  Destination,
  MmtpAssetFacts,
  MmtpFacts,
  MmtpFlowFacts,
  MmtpMessageFacts,
  SlsFragment,
} from '../../flow/facts.ts'
import { type FindingFacts, findingAt, type LimitHit } from '../../flow/findings.ts'
import type { Verdict } from '../../protocol/cms/signed-data.ts'
import { MMTP_FAULT, MMTP_TYPE, mmtpFaultName } from '../../protocol/mmtp/mmtp-packet.ts'
import { MPU_FAULT, mpuFaultName } from '../../protocol/mmtp/mpu-payload.ts'
import type { EventTaker } from '../context/event-queue.ts'
import { droppedEntries, type ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { reportSignature } from '../context/signatures.ts'
import { type Restart, type RestartHost, RestartWatch } from '../lct/restart-watch.ts'
import { PassedOver } from '../object/passed-over.ts'
import { SessionWork } from '../object/reading-work.ts'
import type { BackVerdict, WayBack } from '../object/way-back.ts'
import { WorkBudget } from '../object/work-budget.ts'
import { mmtPresentation, mpuFlowFile } from './mmt-presentation.ts'
import { type AssetEvents, MmtpAsset } from './mmtp-asset.ts'
import { MmtpCounters } from './mmtp-counters.ts'
import { type DescribedAsset, type DescribingFlow, type Elsewhere, MmtpDescription } from './mmtp-description.ts'
import { MmtpSignalling } from './mmtp-signalling.ts'
import type { MpuObject } from './mpu-object.ts'
import { MpuPacket } from './mpu-packet.ts'
import { UnclaimedFlow } from './unclaimed-flow.ts'

/** Components of the service outside this flow: in a ROUTE session, or in a further MMTP flow. */
export type ComponentEvent =
  | {
      readonly kind: 'route'
      readonly service: ReceivedService
      readonly address: Destination
      readonly timeUs: number
    }
  | {
      readonly kind: 'flow'
      readonly main: MmtpSession
      readonly service: ReceivedService
      readonly asset: Elsewhere
      readonly timeUs: number
    }

/** Consequences of an ended MPU, or the end of the source. */
type MmtpEvent =
  | { readonly kind: 'whole' | 'lost'; readonly asset: MmtpAsset; readonly mpu: MpuObject; readonly timeUs: number }
  /** The sender of the service began again; `sinceUs`: its first packet. */
  | { readonly kind: 'restarted'; readonly serviceId: ServiceId; readonly sinceUs: number }
  | { readonly kind: 'closed' }

/** Bound on further flows of one service. */
const MAX_FLOWS = 16
/** Offset of a further flow's packet_ids that another flow uses too, in names of files. */
const FOLDERS_PER_FLOW = 0x1_0000
/** MPUs that may begin of all assets without a description and a whole MPU. */
const MPUS_AT_ONCE = 2048
const MPUS_PER_SECOND = 512
/**
 * One MMTP flow: counts its packets by packet_id, reads signalling, and assembles MPUs into files. Whole MPUs wait
 * until a service claims it.
 */
export class MmtpSession
  implements AssetEvents, DescribingFlow, MmtpFlowFacts, EventTaker<MmtpEvent>, RestartHost<MmtpAsset>
{
  readonly destination: string
  readonly address: Destination
  readonly context: ReceiveContext
  readonly firstTimeUs: number
  folderBase = 0
  service: ReceivedService | null = null
  /** Main flow of its service, possibly itself. */
  #main: MmtpSession | null = null
  readonly #components: EventTaker<ComponentEvent>
  /** Flows with further assets of the service, where this is the one in the SLT. */
  readonly #further: MmtpSession[] = []
  readonly #description = new MmtpDescription(this)
  readonly #packet = new MpuPacket()
  readonly #counters = new MmtpCounters((...finding) => this.#found(...finding))
  readonly #assets = new Map<number, MmtpAsset>()
  readonly #assetList: MmtpAsset[] = []
  #lastAsset: MmtpAsset | null = null
  /** The first asset too many: it stands for all. */
  #refusedAsset: CarrierPlace | null = null
  readonly #signalling: MmtpSignalling
  readonly #restarts: RestartWatch<MmtpAsset>
  readonly #work: SessionWork
  readonly #begun = new WorkBudget(MPUS_AT_ONCE, MPUS_PER_SECOND)
  readonly #passed = new PassedOver()
  readonly #unclaimed: UnclaimedFlow
  /** Assets with MPUs that lacked metadata since the last report. */
  readonly #unread = new Set<MmtpAsset>()
  /** No asset has anything to end before this. */
  #dueUs = Number.POSITIVE_INFINITY

  constructor(
    context: ReceiveContext,
    components: EventTaker<ComponentEvent>,
    destination: string,
    address: Destination,
    timeUs: number,
  ) {
    this.context = context
    this.#components = components
    this.destination = destination
    this.address = address
    this.firstTimeUs = timeUs
    this.#work = new SessionWork(context.work)
    this.#restarts = new RestartWatch(this, context.pool)
    this.#unclaimed = new UnclaimedFlow(context.limits)
    this.#signalling = new MmtpSignalling(
      {
        mpTable: (table, _packetId, at) => this.#description.mpTable(table, at),
        atsc3: (message, at) => this.#description.atsc3(message, at),
        fragment: (fragment, changed, at) => this.#fragment(fragment, changed, at),
        verdict: (id, signature, signed, later, at) => this.#verdict(id, signature, signed, later, at),
        signatureLater: (key, signature) => this.#signatureLater(key, signature),
        dropped: (...dropped) => this.entriesDropped(...dropped),
        unreadable: (...unreadable) => this.unreadable(...unreadable),
      },
      context.limits.unpackedBytes,
      this.#work,
    )
  }

  get serviceId(): ServiceId | null {
    return this.service?.id ?? null
  }
  /** Live counters in order of first sight. */
  get facts(): readonly MmtpFacts[] {
    const { list } = this.#counters
    return this.#further.length === 0 ? list : [this, ...this.#further].flatMap((flow) => flow.#counters.list)
  }
  get channels(): readonly MmtpAsset[] {
    return this.#assetList
  }
  get assets(): readonly MmtpAssetFacts[] {
    return this.allAssets
  }
  get allAssets(): readonly MmtpAsset[] {
    return this.#further.length === 0 ? this.#assetList : [this, ...this.#further].flatMap((flow) => flow.#assetList)
  }
  get lostInAll(): number | null {
    return this.#counters.lostInAll
  }
  get messages(): readonly MmtpMessageFacts[] {
    return this.#signalling.kinds
  }

  /** @throws CodecError for unreadable signalling */
  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    const packet = this.#packet.header
    const fault = packet.read(bytes, start, end)
    if (fault !== MMTP_FAULT.none) {
      this.context.observer.malformed({ code: mmtpFaultName(fault), bytes, start, end, timeUs, frame }, flow)
      return
    }
    const counter = this.#counters.counterOf(packet, timeUs, frame)
    if (counter === null) return
    const arrival = counter.count(packet, end - start, timeUs)
    if (packet.type === MMTP_TYPE.mpu) {
      const mpu = this.#packet
      let mpuFault = mpu.payload.read(bytes, packet.payloadStart, packet.payloadEnd)
      if (mpuFault === MPU_FAULT.none) {
        const asset = this.#assetOf(packet.packetId, timeUs, frame)
        if (asset === null) return
        mpu.bytes = bytes
        mpu.start = start
        mpu.timeUs = timeUs
        mpu.frame = frame
        mpuFault = asset.packet(mpu, counter, arrival)
      }
      if (mpuFault !== MPU_FAULT.none)
        this.context.observer.malformed({ code: mpuFaultName(mpuFault), bytes, start, end, timeUs, frame }, flow)
    } else if (packet.type === MMTP_TYPE.signalling) {
      counter.signalling++
      this.#signalling.payload(packet.packetId, bytes, packet.payloadStart, packet.payloadEnd, timeUs, frame)
    }
  }

  /** Gives the flow to this service. */
  claim(service: ReceivedService, timeUs: number): void {
    service.mmtpCounts = this
    this.#main = this
    this.#belong(service)
    this.#description.claimed(timeUs)
  }

  /** Adds the flow to a service, whose main flow is `main`. */
  join(service: ReceivedService, main: MmtpSession): void {
    this.#main = main
    if (main !== this && !main.#further.includes(this) && main.#further.length < MAX_FLOWS) {
      main.#further.push(this)
      const taken = this.#assetList.some(({ packetId }) => main.#assets.has(packetId))
      if (taken) this.folderBase = main.#further.length * FOLDERS_PER_FLOW
    }
    this.#belong(service)
  }

  #belong(service: ReceivedService): void {
    this.service = service
    const { observer } = this.context
    for (const { fragment, timeUs: cameUs } of this.#unclaimed.takeFragments())
      observer.slsFragment(service.id, fragment, cameUs)
    for (const mpu of this.#unclaimed.takeMpus()) this.#deliver(mpu)
    this.#offer()
  }

  dueBy(timeUs: number): void {
    if (timeUs < this.#dueUs) this.#dueUs = timeUs
  }

  /** In a capture of long pauses every packet is a tick: it looks only at what has changed or is due. */
  tick(timeUs: number): void {
    if (timeUs >= this.#dueUs) {
      this.#dueUs = Number.POSITIVE_INFINITY
      for (const asset of this.#assetList) {
        if (timeUs >= asset.dueUs) asset.tick(timeUs)
        this.dueBy(asset.dueUs)
      }
    }
    this.#counters.tick(timeUs)
    if (this.#unread.size === 0) return
    for (const asset of this.#unread) this.#mpusUnread(asset, false, timeUs)
    this.#unread.clear()
  }

  /** The capture starts again. */
  loop(timeUs: number): void {
    for (const asset of this.#assetList) asset.endAll(timeUs)
    this.#counters.restart()
    this.#signalling.restart()
  }

  /** No more packets. */
  close(timeUs: number): void {
    for (const asset of this.#assetList) {
      asset.endAll(timeUs)
      if (asset.withoutMetadata + asset.withoutFragments > 0) this.#mpusUnread(asset, true, timeUs)
    }
    this.#counters.close(timeUs)
    this.context.events.push(this, { kind: 'closed' })
  }

  #closed(): void {
    for (const mpu of this.#unclaimed.takeMpus()) mpu.release()
    for (const asset of this.#assetList) asset.lastMovie = null
  }

  whole(asset: MmtpAsset, mpu: MpuObject, timeUs: number): void {
    mpu.release()
    this.context.events.push(this, { kind: 'whole', asset, mpu, timeUs })
  }

  lost(asset: MmtpAsset, mpu: MpuObject, timeUs: number): void {
    if (asset.unread > 0) this.#unread.add(asset)
    this.context.events.push(this, { kind: 'lost', asset, mpu, timeUs })
  }

  follow(event: MmtpEvent): void {
    if (event.kind === 'whole') this.#complete(event.asset, event.mpu, event.timeUs)
    else if (event.kind === 'lost') this.#lost(event.asset, event.mpu, event.timeUs)
    else if (event.kind === 'restarted') this.context.sink.restarted?.(event.serviceId, event.sinceUs)
    else this.#closed()
  }

  #complete(asset: MmtpAsset, mpu: MpuObject, timeUs: number): void {
    if (this.service !== null) {
      this.#deliver(mpu)
      this.#offer()
      return
    }
    for (let dropped = this.#unclaimed.addMpu(mpu); dropped > 0; dropped--)
      this.#limit({ limit: 'quarantine', of: 'mpus' }, asset.carrier, timeUs, 0)
  }

  #lost(asset: MmtpAsset, mpu: MpuObject, timeUs: number): void {
    const { file, state, fault } = mpu
    if (state === 'partial') {
      const facts = {
        kind: 'mpuLost',
        type: asset.type,
        samples: file?.samples ?? null,
        incomplete: file?.incomplete ?? 0,
        metadata: mpu.hasMetadata,
        fragments: mpu.hasFragments,
        fault,
      } as const
      this.#found(facts, mpu.carrier, timeUs, mpu.frame, mpu.index)
    }
    if (this.service !== null) {
      this.context.sink.lost?.(mpu)
      if (this.context.spec.keepCorrupt && file !== null && state === 'partial') this.#file(mpu, file.bytes)
    }
    mpu.release()
    if (this.context.sink.holds !== true) mpu.releaseFile()
  }

  wentBack(asset: MmtpAsset, way: WayBack, timeUs: number, frame: number): BackVerdict {
    return this.#restarts.judge(asset, way, null, timeUs, frame)
  }

  restarted({ index, packetId }: MmtpAsset, restart: Restart, sinceUs: number, frame: number): void {
    const { context, serviceId, destination } = this
    if (!restart.follows) {
      // Messages are counted by numbers of their own.
      this.#counters.restart((id) => this.#assets.has(id))
      this.#signalling.restart()
    }
    const carrier = { kind: 'mmtp', packetId, mpu: restart.to } as const
    this.#found({ kind: 'sessionRestarted', channel: index, ...restart }, carrier, sinceUs, frame)
    if (serviceId !== null && context.beganAgain(serviceId, destination, restart.follows, sinceUs))
      context.events.push(this, { kind: 'restarted', serviceId, sinceUs })
  }

  mayBegin(timeUs: number): boolean {
    return this.#begun.take(1, timeUs)
  }

  passedOver(asset: MmtpAsset, timeUs: number, frame: number): void {
    this.#passed.arrived(timeUs)
    this.#passed.count++
    this.#limit({ limit: 'mpus', passed: this.#passed }, asset.carrier, timeUs, frame)
  }

  memoryFull(asset: MmtpAsset, timeUs: number, frame: number): void {
    this.#limit({ limit: 'memory', of: 'mpus' }, asset.carrier, timeUs, frame)
  }

  #assetOf(packetId: number, timeUs: number, frame: number): MmtpAsset | null {
    if (this.#lastAsset !== null && this.#lastAsset.packetId === packetId) return this.#lastAsset
    let asset = this.#assets.get(packetId)
    if (asset === undefined) {
      const most = this.context.channelLimit(this.#assetList.length)
      if (most !== null) {
        this.#refusedAsset ??= { kind: 'mmtp', packetId }
        this.#limit({ limit: 'assets', most }, this.#refusedAsset, timeUs, frame)
        return null
      }
      asset = new MmtpAsset(this.context, this, packetId)
      this.#assets.set(packetId, asset)
      this.#assetList.push(asset)
      this.context.observer.channelSeen(asset)
    }
    this.#lastAsset = asset
    return asset
  }

  describe({ packetId, assetId, type, times }: DescribedAsset): void {
    const asset = this.#assetOf(packetId, 0, 0)
    if (asset === null) return
    asset.describe(assetId, type)
    for (const [mpuSequence, timeUs] of times) asset.times.set(mpuSequence, timeUs)
  }

  locate(asset: Elsewhere, timeUs: number): void {
    const { service } = this
    if (service === null || this.#main !== this) return
    this.context.events.push(this.#components, { kind: 'flow', main: this, service, asset, timeUs })
  }

  routeAt(address: Destination, service: ReceivedService, timeUs: number): void {
    this.context.events.push(this.#components, { kind: 'route', service, address, timeUs })
  }

  /**
   * Result of the search for an asset outside this flow.
   * @param flow null where it cannot be received, or belongs to another service
   */
  found(asset: Elsewhere, flow: MmtpSession | null): void {
    if (flow === null || flow === this) return
    if (this.#assets.has(asset.packetId) && flow.folderBase === 0)
      flow.folderBase = (this.#further.indexOf(flow) + 1) * FOLDERS_PER_FLOW
    flow.describe(asset)
  }

  #fragment(fragment: SlsFragment, changed: boolean, timeUs: number): void {
    const { observer } = this.context
    if (this.service === null) {
      if (changed) this.#unclaimed.addFragment(fragment, timeUs)
    } else if (changed) observer.slsFragment(this.service.id, fragment, timeUs)
    else observer.slsUnchanged(this.service.id, `${fragment.type}/${fragment.name}`, fragment.carrier ?? null, timeUs)
  }

  #verdict(
    id: string,
    signature: Uint8Array,
    signed: readonly Uint8Array[],
    later: (signature: ReportSignature) => void,
    timeUs: number,
  ): ReportSignature {
    const judged = (verdict: Verdict): ReportSignature => {
      const report = reportSignature(verdict, timeUs)
      const signed = { of: 'mmtp-message', message: id } as const
      const { verdict: word, text } = report
      this.#found({ kind: 'signatureChecked', signed, verdict: word, text }, null, timeUs, 0)
      return report
    }
    const { signatures } = this.context
    return judged(
      signatures.check(`mmtp/${this.destination}/${id}`, signature, signed, (verdict) => later(judged(verdict))),
    )
  }

  #signatureLater(carrier: SignallingCarrier, signature: ReportSignature): void {
    if (this.service !== null) this.context.observer.slsSignature(this.service.id, carrier, signature)
    this.#unclaimed.signatureLater(carrier, signature)
  }

  /** Offers a presentation to the gateway as soon as an asset's type is known. */
  #offer(): void {
    const { service } = this
    if (service === null) return
    const presentation = mmtPresentation((this.#main ?? this).allAssets)
    if (presentation === null || service.manifest?.codecs.join() === presentation.codecs.join()) return
    service.manifest = presentation
    this.context.observer.serviceChanged(service)
  }

  #deliver(mpu: MpuObject): void {
    if (mpu.file === null) return
    this.#file(mpu, mpu.file.bytes)
    if (this.context.sink.holds !== true) mpu.releaseFile()
  }

  #file(mpu: MpuObject, bytes: Uint8Array): void {
    this.context.file(mpuFlowFile(mpu, bytes, this.service?.id ?? asServiceId(0)))
  }

  #mpusUnread(asset: MmtpAsset, last: boolean, timeUs: number): void {
    asset.reported()
    const { carrier, withoutMetadata, withoutFragments } = asset
    this.#found({ kind: 'mpusUnread', withoutMetadata, withoutFragments, last }, carrier, timeUs, 0)
  }

  entriesDropped(table: string, faults: EntryFaults, timeUs: number, frame: number): void {
    const facts = droppedEntries(table, faults)
    if (facts !== null) this.#found(facts, null, timeUs, frame)
  }

  unreadable(what: string, fault: CodecError, timeUs: number, frame: number): void {
    const hit = this.#work.hit(fault)
    this.#found(hit === null ? { kind: 'messageUnreadable', what, fault } : { kind: 'limit', hit }, null, timeUs, frame)
  }

  #limit(hit: LimitHit, carrier: CarrierPlace, timeUs: number, frame: number): void {
    this.#found({ kind: 'limit', hit }, carrier, timeUs, frame)
  }

  #found(
    facts: FindingFacts,
    carrier: CarrierPlace | null,
    timeUs: number,
    frame: number,
    object: number | null = null,
  ): void {
    const { destination, serviceId: service } = this
    this.context.found(findingAt(facts, { destination, service, carrier, object, timeUs, frame }))
  }
}
