import { EntryFaults } from '../../bytes/entry-faults.ts'
import { u32At } from '../../bytes/ints.ts'
import type { Tsi } from '../../contract/ids.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import type { FindingFacts } from '../../flow/findings.ts'
import { ReadOnce } from '../../flow/read-once.ts'
import { readRepairFlow } from '../../protocol/fec/repair-flow.ts'
import { type Fdt, parseFdt } from '../../protocol/flute/fdt.ts'
import { LCT_FAULT, lctFaultName } from '../../protocol/lct/lct-packet.ts'
import type { StsidChannel } from '../../protocol/sls/s-tsid.ts'
import { FILE_TABLE_LIMITS } from '../../protocol/table-limits.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import { codecFault, droppedEntries, type ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { ChannelNames } from '../lct/channel-names.ts'
import { objectIsSound } from '../lct/file-delivery.ts'
import { LctChannel } from '../lct/lct-channel.ts'
import { LctSession, type Unclaimed } from '../lct/session-core.ts'
import { SourcePacket } from '../lct/source-packet.ts'
import { readFilesWithin, unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { roleOfType } from '../signalling/mpd-facts.ts'

/**
 * One ROUTE session: a destination address and port. The source address is not part of it, since signalling and packets
 * disagree about it on air. Objects are assembled from the first packet on, with or without the S-TSID; whole ones
 * without a name or a service wait in quarantine.
 */
export class RouteSession extends LctSession {
  /** Source packets seen: the flow is ROUTE and not FLUTE. */
  sourcePackets = 0
  readonly #unclaimed: Unclaimed<RouteSession>
  readonly #onlyTsi: number | undefined
  readonly #source = new SourcePacket()
  readonly #packet = this.#source.lct
  readonly #channels = new Map<Tsi, LctChannel>()
  #last: LctChannel | null = null
  readonly #described = new Map<Tsi, { readonly channel: StsidChannel; readonly service: ReceivedService }>()
  /** Services of a DVB-MABR configuration by TSI; null: of the TSIs without one. */
  readonly #owners = new Map<Tsi | null, ReceivedService>()
  #oddHeaders = 0
  /** Repair packets arrived before an S-TSID. */
  #undescribedRepair = false

  constructor(
    context: ReceiveContext,
    unclaimed: Unclaimed<RouteSession>,
    address: Destination,
    destination: string,
    timeUs: number,
  ) {
    super(context, address, destination, timeUs)
    this.#unclaimed = unclaimed
    this.#onlyTsi = context.spec.onlyTsi
    this.takers.objects.set('table', (object, channel, atUs) => this.#readTable(channel, object, atUs))
    context.fec?.open(this)
  }

  channel(tsi: Tsi): LctChannel | null {
    return this.#channels.get(tsi) ?? null
  }

  get channels(): Iterable<LctChannel> {
    return this.#channels.values()
  }

  /** True where an S-TSID of any service lists this destination. */
  get claimed(): boolean {
    return this.#described.size > 0
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.flow = flow
    const packet = this.#packet
    const fault = packet.read(bytes, start, end)
    if (fault !== LCT_FAULT.none) {
      this.badPacket({ code: lctFaultName(fault), bytes, start, end, timeUs, frame })
      return
    }
    let channel = this.#last
    if (channel === null || channel.tsi !== packet.tsi) {
      channel = this.#channels.get(packet.tsi) ?? this.#addChannel(packet.tsi, timeUs, frame)
      if (channel === null) return
      this.#last = channel
    }
    if (packet.extensionFault !== 0) this.badPacket({ code: 'lct-extension', bytes, start, end, timeUs, frame })
    if ((packet.psi & 2) === 0) {
      channel.repairPackets++
      channel.fec.repairBytes += end - start
      channel.count(end - start, timeUs)
      if (!channel.admitsOther(flow.sourceAddress, timeUs)) return
      if (channel.repair === null && this.context.fec !== null) {
        channel.repair = this.context.fec.flowOf(this, channel.tsi)
        if (!this.#described.has(channel.tsi)) this.#undescribedRepair = true
      }
      channel.repair?.packet(packet, bytes, start, end, timeUs, frame)
      return
    }
    if (((bytes[start + 1] as number) & 0xf0) !== 0xa0) this.#oddHeader(timeUs, frame)
    this.sourcePackets++
    if (this.#onlyTsi !== undefined && packet.tsi !== this.#onlyTsi && packet.tsi !== 0) {
      channel.count(end - start, timeUs)
      return
    }
    const headerEnd = start + packet.headerBytes
    const from = headerEnd + 4
    if (from <= end) {
      const source = this.#source
      source.offset = u32At(bytes, headerEnd)
      source.sender = flow.sourceAddress
      source.bytes = bytes
      source.start = start
      source.from = from
      source.end = end
      source.timeUs = timeUs
      source.frame = frame
      channel.packet(source)
    } else if (headerEnd === end) {
      channel.headerOnly(packet, flow.sourceAddress, end - start, timeUs, frame)
    } else {
      channel.count(end - start, timeUs)
      const what = `TSI ${packet.tsi}, TOI ${packet.toi}: ${end - headerEnd} bytes where the FEC Payload ID is expected`
      this.badPacket({ code: 'fec-payload-id', what, bytes, start, end, timeUs, frame })
    }
  }

  /** Applies an S-TSID's description of one channel of this session. */
  describe(described: StsidChannel, service: ReceivedService, timeUs: number): void {
    this.#described.set(described.tsi, { channel: described, service })
    if (described.repair !== null) {
      this.context.fec?.describe(this, described.tsi, readRepairFlow(described.repair.element), timeUs)
    }
    const channel = this.#channels.get(described.tsi)
    if (channel !== undefined) this.#applyDescription(channel, timeUs)
  }

  /** All RS of an S-TSID are applied: whole objects may have names now, and channels without a description show. */
  descriptionsApplied(timeUs: number): void {
    for (const channel of this.#channels.values()) this.#warnUndeclared(channel, timeUs, 0)
    this.context.fec?.protect()
    this.named(timeUs)
  }

  /** Gives the session to this service. */
  claim(service: ReceivedService, timeUs: number): void {
    this.service = service
    for (const channel of this.#channels.values()) this.#applyDescription(channel, timeUs)
    this.named(timeUs)
  }

  #addChannel(tsi: Tsi, timeUs: number, frame: number): LctChannel | null {
    const { size } = this.#channels
    const most = this.context.channelLimit(size)
    // Those of the S-TSID have room beside a storm of others.
    if (most !== null && (!this.#described.has(tsi) || size >= 2 * this.context.limits.channels)) {
      this.tooManyChannels(tsi, most, timeUs, frame)
      return null
    }
    const channel = new LctChannel(
      this.context,
      this,
      this.context.nextChannelIndex(),
      tsi,
      new ChannelNames(tsi, this.context.listed),
    )
    this.#channels.set(tsi, channel)
    this.#applyDescription(channel, timeUs)
    this.context.fec?.protect()
    this.context.observer.channelSeen(channel)
    this.#warnUndeclared(channel, timeUs, frame)
    return channel
  }

  /**
   * Gives a channel to a service of a DVB-MABR configuration, whose S-TSID may come in another session.
   * @param tsi null: any
   */
  assign(tsi: Tsi | null, service: ReceivedService, timeUs: number): void {
    this.#owners.set(tsi, service)
    this.ownersChanged(timeUs)
  }

  /** The configuration does not list this channel any more. */
  unassign(tsi: Tsi | null, timeUs: number): void {
    if (this.#owners.delete(tsi)) this.ownersChanged(timeUs)
  }

  /** Its channels are of other services, or of other numbers. */
  ownersChanged(timeUs: number): void {
    for (const channel of this.#channels.values()) this.#applyDescription(channel, timeUs)
    this.named(timeUs)
  }

  #ownerOf(tsi: Tsi): ReceivedService | null {
    return this.#owners.get(tsi) ?? (tsi === 0 ? null : this.#owners.get(null)) ?? null
  }

  #applyDescription(channel: LctChannel, timeUs: number): void {
    const described = this.#described.get(channel.tsi)
    const service = this.#ownerOf(channel.tsi) ?? described?.service ?? this.service
    const changedService = channel.serviceId !== (service?.id ?? null)
    channel.serviceId = service?.id ?? null
    if (described !== undefined) {
      const source = described.channel.source
      if (source !== null) {
        channel.names.describe(source)
        channel.listed(source.efdt?.files ?? [], [], timeUs)
        channel.representation = source.media[0]?.repId ?? null
      }
      channel.role = this.#roleOf(channel, described.channel, service ?? described.service)
      channel.fec.protects = described.channel.repair?.protectedTsis ?? []
    }
    if (described !== undefined || changedService) channel.namesChanged(timeUs)
  }

  /** Sets the roles again, with a new MPD. */
  applyRoles(): void {
    for (const channel of this.#channels.values()) {
      const described = this.#described.get(channel.tsi)
      const service = this.#ownerOf(channel.tsi) ?? described?.service
      if (described !== undefined && service !== undefined)
        channel.role = this.#roleOf(channel, described.channel, service)
    }
  }

  #roleOf(channel: LctChannel, described: StsidChannel, service: ReceivedService): LctChannel['role'] {
    if (channel.tsi === 0) return 'signaling'
    const source = described.source
    if (source === null) return described.repair === null ? 'unknown' : 'data'
    for (const media of source.media) {
      const declared = media.contentType === null ? null : roleOfType(media.contentType)
      const role = declared ?? service.roles.get(media.repId) ?? null
      if (role !== null) return role
    }
    return source.realTime ? 'unknown' : 'data'
  }

  #warnUndeclared(channel: LctChannel, timeUs: number, frame: number): void {
    if (channel.tsi === 0 || !this.claimed || this.#described.has(channel.tsi)) return
    this.found({ kind: 'channelUndeclared' }, channel.carrier, timeUs, frame)
  }

  #oddHeader(timeUs: number, frame: number): void {
    if (this.#oddHeaders++ === 0) this.found({ kind: 'oddHeader' }, null, timeUs, frame)
  }

  begun(object: TransportObject): void {
    if (object.announced || object.name === null || object.kind === 'signalling') return
    if (object.serviceId === null) return
    object.announced = true
    this.context.sink.begun?.(object)
  }

  isSound(channel: LctChannel, object: TransportObject): boolean {
    return objectIsSound(this.context, channel, object)
  }

  protected unclaimed(timeUs: number): void {
    this.#unclaimed(this, timeUs)
  }

  /**
   * Reads a table sent as TOI 0 (RFC 9223 §2.4; on air for NRT and for the SLS itself).
   * @returns false where the object is none
   */
  #readTable(channel: LctChannel, object: TransportObject, timeUs: number): boolean {
    const transported = object.bytes(0, object.length)
    this.work.passed.arrived(timeUs)
    let bytes = transported
    let table: Fdt | null = null
    const faults = new EntryFaults()
    const fault = codecFault(() => {
      const most = Math.min(this.context.limits.unpackedBytes, FILE_TABLE_LIMITS.unpackedBytes)
      bytes = unpackWithin(this.work, transported, most, timeUs)
      if (!looksLikeXml(bytes)) return
      readFilesWithin(this.work, bytes, timeUs)
      table = parseFdt(bytes, faults)
    })
    if (fault !== null) {
      if (fault.code === 'fdt-root' || !looksLikeXml(bytes)) return false
      const hit = this.work.hit(fault)
      const facts: FindingFacts = hit === null ? { kind: 'fileTableUnreadable', fault } : { kind: 'limit', hit }
      this.found(facts, object.carrier, timeUs, object.frame, object.index)
      return true
    }
    if (table === null) return false
    const dropped = droppedEntries(`EFDT of TSI ${channel.tsi}`, faults)
    if (dropped !== null) this.found(dropped, object.carrier, timeUs, object.frame, object.index)
    const read: Fdt = table
    channel.listed(read.files, channel.names.addTable(read, timeUs), timeUs)
    const { tsi, index, serviceId } = channel
    if (serviceId !== null) {
      const document = new ReadOnce(bytes, parseFdt, () => read)
      const fragment = { type: 'EFDT', name: `EFDT of TSI ${tsi}`, version: read.version, bytes, document }
      const { carrier, lastTimeUs } = object
      this.context.observer.slsFragment(serviceId, { ...fragment, channel: index, carrier }, lastTimeUs)
    }
    channel.namesChanged(timeUs, read.files)
    this.named(timeUs)
    return true
  }

  tick(timeUs: number): void {
    // The owner is decided soon, and its S-TSID may describe these repair packets.
    if (this.#undescribedRepair && this.service === null && !this.claimed) return
    this.restarts.tick(timeUs)
    if (timeUs < this.dueUs) return
    this.dueUs = Number.POSITIVE_INFINITY
    for (const channel of this.#channels.values()) channel.tick(timeUs)
  }

  protected closed(): void {
    for (const channel of this.#channels.values()) channel.names.clear()
    this.context.fec?.close(this)
  }
}
