import type { Toi, Tsi } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import type { SymbolLayout } from '../../protocol/flute/fec-oti.ts'
import { LCT_FAULT, lctFaultName } from '../../protocol/lct/lct-packet.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { objectIsSound } from '../lct/file-delivery.ts'
import { LctChannel } from '../lct/lct-channel.ts'
import type { Restart } from '../lct/restart-watch.ts'
import { LctSession, type Unclaimed } from '../lct/session-core.ts'
import { SourcePacket } from '../lct/source-packet.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { BREAK_US } from '../object/way-back.ts'
import { type EarlyPacket, EarlyPackets } from './early-packets.ts'
import { FdtReader } from './fdt-reader.ts'
import { FluteChannel } from './flute-channel.ts'
import { FluteNames } from './flute-names.ts'
import { instanceOf, mediaKind } from './flute-objects.ts'
import { GrowingSegments } from './growing-segments.ts'
import { SymbolPlacer } from './symbol-placer.ts'
import { Undescribed } from './undescribed.ts'

/** Least time between two looks for packets that wait too long for a table, µs. */
const DROP_US = 1_000_000

/** Owner of a channel, from a gateway configuration. */
export type FluteOwner = {
  readonly service: ReceivedService
  readonly configures: boolean
  readonly representation: string | null
}

/**
 * The packets of one destination that carries FLUTE (RFC 6726, RFC 3926): each TSI is a FLUTE session of its own, whose
 * FDT instances name its objects. Packets without a known layout are stored until their table arrives.
 */
export class FluteSession extends LctSession {
  readonly #unclaimed: Unclaimed<FluteSession>
  readonly #source = new SourcePacket()
  readonly #earlySource = new SourcePacket()
  readonly #channels = new Map<Tsi, FluteChannel>()
  readonly #owners = new Map<Tsi, FluteOwner>()
  /** Owner of each TSI without one in `#owners`. */
  #anyTsi: FluteOwner | null = null
  readonly #segments: GrowingSegments
  #last: FluteChannel | null = null
  readonly #early: EarlyPackets
  #nextDropUs = Number.NEGATIVE_INFINITY
  readonly #placer: SymbolPlacer
  readonly #tables: FdtReader

  constructor(
    context: ReceiveContext,
    unclaimed: Unclaimed<FluteSession>,
    address: Destination,
    destination: string,
    timeUs: number,
  ) {
    super(context, address, destination, timeUs)
    this.#unclaimed = unclaimed
    this.#early = new EarlyPackets(context.pool)
    this.#placer = new SymbolPlacer(context, this, this.#early)
    this.#tables = new FdtReader(context, this, this.work)
    this.#segments = new GrowingSegments(context, (object) => this.#segmentLost(object))
    this.takers.files.set('chunk', (file, object, channel, atUs) => this.#segments.take(file, object, channel, atUs))
  }

  get channels(): Iterable<LctChannel> {
    return [...this.#channels.values()].map((state) => state.channel)
  }

  channel(tsi: Tsi): LctChannel | null {
    return this.#channels.get(tsi)?.channel ?? null
  }

  /** True where a configuration lists it. */
  get claimed(): boolean {
    return this.#owners.size > 0 || this.#anyTsi !== null
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.flow = flow
    const source = this.#source
    const packet = source.lct
    const fault = packet.read(bytes, start, end)
    if (fault !== LCT_FAULT.none) {
      this.badPacket({ code: lctFaultName(fault), bytes, start, end, timeUs, frame })
      return
    }
    let state = this.#last
    if (state === null || state.channel.tsi !== packet.tsi) {
      state = this.#channels.get(packet.tsi) ?? this.#addChannel(packet.tsi, timeUs, frame)
      if (state === null) return
      this.#last = state
    }
    if (packet.extensionFault !== 0) this.badPacket({ code: 'lct-extension', bytes, start, end, timeUs, frame })
    const { onlyTsi } = this.context.spec
    if (onlyTsi !== undefined && packet.tsi !== onlyTsi && packet.toi !== 0 && !state.names.configures) {
      state.channel.count(end - start, timeUs)
      return
    }
    source.fill(flow.sourceAddress, bytes, start, end, timeUs, frame)
    this.#placer.place(state, source, null)
  }

  /** Stops waiting for the table of packets from before a time. */
  #dropEarly(state: FluteChannel, beforeUs: number): void {
    const { channel, firstTableUs } = state
    const { tsi } = channel
    if (this.#early.oldestUs(tsi) >= beforeUs) return
    const byToi = new Map<Toi, EarlyPacket[]>()
    for (const packet of this.#early.take(tsi, ({ timeUs }) => timeUs < beforeUs)) {
      const packets = byToi.get(packet.toi)
      if (packets === undefined) byToi.set(packet.toi, [packet])
      else packets.push(packet)
    }
    const undescribed = new Undescribed()
    for (const [toi, packets] of byToi) {
      const [first] = packets as [EarlyPacket]
      const begun = channel.openObject(toi)
      const count = packets.length + (begun?.packets ?? 0)
      // Reception began in the middle of the object, after its table.
      const joining = begun === null && first.timeUs <= firstTableUs
      // A table was lost: its objects have no name, but their packets can be placed.
      if (!joining) this.#placeAsBefore(state, packets)
      // What is whole is told of when it is given a name.
      if (channel.doneObject(toi)?.complete !== true) undescribed.add(joining, count, first)
    }
    for (const { facts, toi, timeUs, frame } of undescribed.findings)
      this.found(facts, { kind: 'lct', tsi, toi }, timeUs, frame)
  }

  #placeAsBefore(state: FluteChannel, packets: readonly EarlyPacket[]): void {
    for (const packet of packets) {
      this.#earlySource.lct.read(packet.bytes, 0, packet.bytes.length)
      const likely = state.names.likelyLayout(this.#earlySource.lct.codepoint)
      if (likely === null || likely.symbolLength <= 0) return
      this.#placeEarly(state, packet, likely)
    }
  }

  /** Places the packets whose table has arrived. */
  #replayEarly(state: FluteChannel): void {
    const { channel, names } = state
    for (const packet of this.#early.take(channel.tsi, ({ toi }) => names.layout(toi, 0) !== null)) {
      this.#earlySource.lct.read(packet.bytes, 0, packet.bytes.length)
      this.#placeEarly(state, packet, null)
    }
  }

  /** Places a kept packet, whose header is read. */
  #placeEarly(state: FluteChannel, packet: EarlyPacket, layout: SymbolLayout | null): void {
    const { channel } = state
    const { toi, sender, bytes, timeUs, frame } = packet
    channel.packets--
    channel.bytes -= bytes.length
    this.#earlySource.fill(sender, bytes, 0, bytes.length, timeUs, frame)
    this.#placer.place(state, this.#earlySource, layout)
    const open = channel.openObject(toi)
    if (open !== null) open.awaitsTable = false
  }

  /**
   * Gives a channel to a service.
   * @param tsi null: each TSI without another owner
   */
  assign(tsi: Tsi | null, owner: FluteOwner, timeUs: number): void {
    if (tsi === null) this.#anyTsi = owner
    else this.#owners.set(tsi, owner)
    this.ownersChanged(timeUs)
  }

  /** The configuration does not list this channel any more. */
  unassign(tsi: Tsi | null, timeUs: number): void {
    if (tsi === null) this.#anyTsi = null
    else this.#owners.delete(tsi)
    this.ownersChanged(timeUs)
  }

  /** Gives the session to this service, where a configuration does not decide. */
  claim(service: ReceivedService, timeUs: number): void {
    this.service = service
    this.ownersChanged(timeUs)
  }

  /** Its channels are of other services, or of other numbers. */
  ownersChanged(timeUs: number): void {
    for (const { channel, names } of this.#channels.values()) this.#applyOwner(channel, names, timeUs)
    this.named(timeUs)
  }

  #applyOwner(channel: LctChannel, names: FluteNames, timeUs: number): void {
    const owner = this.#owners.get(channel.tsi) ?? this.#anyTsi
    const service = owner?.service ?? this.service
    const changed = channel.serviceId !== (service?.id ?? null)
    channel.serviceId = service?.id ?? null
    names.configures = owner?.configures ?? false
    channel.representation = owner?.representation ?? null
    channel.role = this.#roleOf(owner)
    if (!changed) return
    this.#tables.ownerChanged(channel)
    channel.namesChanged(timeUs)
  }

  #roleOf(owner: FluteOwner | null): ChannelRole {
    if (owner === null) return this.service === null ? 'unknown' : 'data'
    if (owner.configures) return 'signaling'
    return (owner.representation === null ? null : owner.service.roles.get(owner.representation)) ?? 'unknown'
  }

  /** Sets the roles again, with a new MPD. */
  applyRoles(): void {
    for (const { channel } of this.#channels.values()) {
      channel.role = this.#roleOf(this.#owners.get(channel.tsi) ?? this.#anyTsi)
    }
  }

  #addChannel(tsi: Tsi, timeUs: number, frame: number): FluteChannel | null {
    const most = this.context.channelLimit(this.#channels.size)
    if (most !== null) {
      this.tooManyChannels(tsi, most, timeUs, frame)
      return null
    }
    const names = new FluteNames(tsi, this.context.listed)
    const channel = new LctChannel(this.context, this, this.context.nextChannelIndex(), tsi, names)
    channel.toisGoRound = true
    const state = new FluteChannel(channel, names)
    this.#channels.set(tsi, state)
    this.#applyOwner(channel, names, timeUs)
    this.context.observer.channelSeen(channel)
    return state
  }

  override restarted(channel: LctChannel, restart: Restart, sinceUs: number, frame: number): void {
    this.#channels.get(channel.tsi)?.beganAgain()
    if (this.flow !== null) this.context.senderBegan(this.flow.sourceAddress, sinceUs)
    super.restarted(channel, restart, sinceUs, frame)
  }

  begun(object: TransportObject): void {
    if (object.announced || object.name === null || object.kind === 'signalling' || object.kind === 'manifest') return
    // Chunks are shown as the segment they belong to.
    if (object.serviceId === null || /#\d+$/.test(object.name)) return
    object.announced = true
    this.context.sink.begun?.(object)
  }

  isSound(channel: LctChannel, object: TransportObject): boolean {
    if (object.toi === 0) return true
    // Without an owner a corrupt object has no destination: it waits with the others, and is checked later.
    const sound = object.serviceId === null || objectIsSound(this.context, channel, object)
    if (object.kind === 'media' || object.kind === 'init') object.kind = mediaKind(object)
    return sound
  }

  protected override deliver(channel: LctChannel, object: TransportObject, timeUs: number): void {
    if (object.toi !== 0) {
      super.deliver(channel, object, timeUs)
      return
    }
    this.#readTable(channel, object, timeUs)
    object.release()
  }

  #readTable(channel: LctChannel, object: TransportObject, timeUs: number): void {
    const state = this.#channels.get(channel.tsi)
    const read = state === undefined ? null : this.#tables.read(state, object, this.flow?.sourceAddress ?? '', timeUs)
    if (state === undefined || read === null) return
    if (state.firstTableUs === Number.NEGATIVE_INFINITY) state.firstTableUs = timeUs
    state.complete ||= read.complete
    // What waits for a table from before is of another transmission: these would give it wrong names.
    this.#dropEarly(state, state.tablesBackUs - BREAK_US)
    const changed = state.addTable(read, object.firstTimeUs)
    channel.listed(read.files, changed, timeUs)
    for (const toi of changed) channel.replaced(toi, timeUs)
    channel.namesChanged(timeUs, read.files)
    this.#replayEarly(state)
    this.named(timeUs)
  }

  protected unclaimed(timeUs: number): void {
    this.#unclaimed(this, timeUs)
  }

  protected override lose(channel: LctChannel, object: TransportObject, timeUs: number): void {
    // The segment reports the loss of a chunk to its readers.
    if (!this.#segments.lost(object, channel, timeUs)) super.lose(channel, object, timeUs)
  }

  override repeated(channel: LctChannel, done: DoneObject, whole: boolean, timeUs: number): void {
    const { serviceId } = channel
    // A repeated table is a repetition of its channel's signalling.
    if (done.key < 0) {
      this.#channels.get(channel.tsi)?.tookInstance(instanceOf(done), false, timeUs)
      if (!whole && serviceId !== null && this.#channels.get(channel.tsi)?.names.configures === true)
        this.context.observer.slsRepeated(serviceId, timeUs, null)
      return
    }
    super.repeated(channel, done, whole, timeUs)
  }

  #segmentLost(object: TransportObject): void {
    if (object.state !== 'partial' || object.countedLost === 0) return
    const { name, countedLost: lost, lostRanges: holes, carrier, lostFrame: frame, lostAtUs } = object
    const [first = 0] = holes[0] ?? []
    this.found({ kind: 'segmentLost', name, lost, holes: holes.length, first }, carrier, lostAtUs, frame)
  }

  override makeRoom(): boolean {
    const freed = this.#early.clear()
    return super.makeRoom() || freed
  }

  protected override describesNoMore({ tsi }: LctChannel): boolean {
    return this.#channels.get(tsi)?.complete === true
  }

  tick(timeUs: number): void {
    const due = timeUs >= this.dueUs
    if (due) this.dueUs = Number.POSITIVE_INFINITY
    if (due) for (const { channel } of this.#channels.values()) channel.tick(timeUs)
    this.#dropAllEarly(timeUs)
    this.#segments.tick(timeUs)
    this.#tables.tick(timeUs)
  }

  /** Many packets a second that wait too long are looked for once a second: in a slow capture each packet is a tick. */
  #dropAllEarly(timeUs: number): void {
    const beforeUs = timeUs - this.context.limits.idleMs * 1000
    if (this.#early.sinceUs >= beforeUs || (timeUs < this.#nextDropUs && timeUs > this.#nextDropUs - DROP_US)) return
    this.#nextDropUs = timeUs + DROP_US
    for (const state of this.#channels.values()) this.#dropEarly(state, beforeUs)
    this.#early.lookForOldest()
  }

  protected override over(timeUs: number): void {
    this.#segments.close(timeUs)
  }

  override close(timeUs: number): void {
    for (const state of this.#channels.values()) this.#dropEarly(state, Number.POSITIVE_INFINITY)
    this.#tables.tick(Number.POSITIVE_INFINITY)
    super.close(timeUs)
  }

  protected closed(timeUs: number): void {
    for (const { channel, names } of this.#channels.values()) {
      this.context.fec?.closeFlute(channel)
      names.clear()
    }
    this.#segments.close(timeUs)
  }
}
