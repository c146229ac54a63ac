import { u32At } from '../../bytes/ints.ts'
import type { Severity } from '../../contract/report.ts'
import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { Destination, ReceiveObserver } from '../../flow/facts.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { readRepairFlow } from '../../protocol/fec/repair-flow.ts'
import { LCT_FAULT, LctPacket, lctFaultName } from '../../protocol/lct/lct-packet.ts'
import type { StsidChannel } from '../../protocol/sls/s-tsid.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { objectIsSound } from '../lct/file-delivery.ts'
import { LctChannel } from '../lct/lct-channel.ts'
import { type DeliveringSession, ObjectDelivery } from '../lct/object-delivery.ts'
import type { BytePool } from '../object/byte-pool.ts'
import type { ChannelHost } from '../object/channel-host.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import type { ObjectHome, TransportObject } from '../object/transport-object.ts'
import { roleOfType } from '../signalling/mpd-facts.ts'
import type { ServiceSignalling } from '../signalling/service-signalling.ts'

/** What a session asks of the receiver: the service whose SLS it carries. */
export interface SessionHost {
  signallingOf(session: RouteSession): ServiceSignalling | null
  /** A whole object waits although the quarantine is full: time to decide whose session this is. */
  quarantineFull(session: RouteSession, timeUs: number): void
  /** Takes an object of a DVB-MABR session that is no file of it. @returns false elsewhere */
  takeObject(session: RouteSession, object: TransportObject, timeUs: number): boolean
  takeFile(session: RouteSession, file: FlowFile, object: TransportObject, timeUs: number): boolean
}

/**
 * One ROUTE session: a destination address and port. The source address is not part of it, since signalling and packets
 * disagree about it on air. Objects are put together from the first packet on, whether or not the S-TSID has come; whole
 * ones without a name or a service wait in quarantine.
 */
export class RouteSession implements ChannelHost, DeliveringSession {
  readonly destination: string
  readonly address: Destination
  readonly limits: ReceiveLimits
  readonly spec: ReceiveSpec
  readonly reorderUs: number
  readonly pool: BytePool
  readonly observer: ReceiveObserver
  readonly known: { count: number }
  readonly firstTimeUs: number
  /** Service whose SLS (TSI 0) it carries, and that channels belong to which no S-TSID claims; null until decided. */
  service: ReceivedService | null = null
  /** Source packets seen: the flow is ROUTE and not FLUTE. */
  sourcePackets = 0
  readonly #context: ReceiveContext
  readonly #host: SessionHost
  readonly #packet = new LctPacket()
  readonly #channels = new Map<number, LctChannel>()
  #last: LctChannel | null = null
  #flow: Flow | null = null
  readonly #described = new Map<number, { readonly channel: StsidChannel; readonly service: ReceivedService }>()
  readonly #limitCounts = new Map<string, number>()
  #oddHeaders = 0
  #refusedChannels = 0
  /** Repair packets came before an S-TSID. */
  #undescribedRepair = false
  readonly #delivery: ObjectDelivery

  constructor(context: ReceiveContext, host: SessionHost, address: Destination, destination: string, timeUs: number) {
    this.#context = context
    this.#host = host
    this.address = address
    this.destination = destination
    this.limits = context.limits
    this.spec = context.spec
    this.reorderUs = context.reorderUs
    this.pool = context.pool
    this.observer = context.observer
    this.known = context.known
    this.firstTimeUs = timeUs
    this.#delivery = new ObjectDelivery(context, this)
    context.fec?.open(this)
  }

  channel(tsi: number): LctChannel | null {
    return this.#channels.get(tsi) ?? null
  }

  get channels(): Iterable<LctChannel> {
    return this.#channels.values()
  }

  /** True where an S-TSID of any service names this destination. */
  get claimed(): boolean {
    return this.#described.size > 0
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.#flow = flow
    const packet = this.#packet
    const fault = packet.read(bytes, start, end)
    if (fault !== LCT_FAULT.none) {
      this.badPacket(lctFaultName(fault), bytes, start, end, timeUs, frame)
      return
    }
    let channel = this.#last
    if (channel === null || channel.tsi !== packet.tsi) {
      channel = this.#channels.get(packet.tsi) ?? this.#addChannel(packet.tsi, timeUs, frame)
      if (channel === null) return
      this.#last = channel
    }
    if (packet.extensionFault !== 0) this.badPacket('lct-extension', bytes, start, end, timeUs, frame)
    if ((packet.psi & 2) === 0) {
      channel.repairPackets++
      channel.fec.repairBytes += end - start
      channel.count(end - start, timeUs)
      if (channel.repair === null && this.#context.fec !== null) {
        channel.repair = this.#context.fec.flowOf(this, channel.tsi)
        if (!this.#described.has(channel.tsi)) this.#undescribedRepair = true
      }
      channel.repair?.packet(packet, bytes, start, end, timeUs, frame)
      return
    }
    if (((bytes[start + 1] as number) & 0xf0) !== 0xa0) this.#oddHeader(timeUs, frame)
    this.sourcePackets++
    if (this.spec.onlyTsi !== undefined && packet.tsi !== this.spec.onlyTsi && packet.tsi !== 0) {
      channel.count(end - start, timeUs)
      return
    }
    const headerEnd = start + packet.headerBytes
    const from = headerEnd + 4
    if (from <= end) {
      channel.packet(packet, u32At(bytes, headerEnd), bytes, start, from, end, timeUs, frame)
    } else if (headerEnd === end) {
      channel.headerOnly(packet, end - start, timeUs)
    } else {
      channel.count(end - start, timeUs)
      this.badPacket('fec-payload-id', bytes, start, end, timeUs, frame)
    }
  }

  /** Takes an S-TSID's word on one channel of this session. */
  describe(described: StsidChannel, service: ReceivedService, timeUs: number): void {
    this.#described.set(described.tsi, { channel: described, service })
    if (described.repair !== null) {
      this.#context.fec?.describe(this, described.tsi, readRepairFlow(described.repair.element), timeUs)
    }
    const channel = this.#channels.get(described.tsi)
    if (channel !== undefined) this.#applyDescription(channel, timeUs)
  }

  /** All RS of an S-TSID have been applied: whole objects may now have names, and channels without a word stand out. */
  descriptionsApplied(timeUs: number): void {
    for (const channel of this.#channels.values()) this.#warnUndeclared(channel, timeUs, 0)
    this.#context.fec?.protect()
    this.#delivery.drain(timeUs)
  }

  /** The session is this service's. */
  own(service: ReceivedService, timeUs: number): void {
    this.service = service
    for (const channel of this.#channels.values()) this.#applyDescription(channel, timeUs)
    this.#delivery.drain(timeUs)
  }

  /** Nothing more comes, since we left; what is under way is cut off. */
  left(timeUs: number): void {
    for (const channel of this.#channels.values()) channel.left(timeUs)
  }

  #addChannel(tsi: number, timeUs: number, frame: number): LctChannel | null {
    if (this.#channels.size >= this.limits.channels) {
      if (this.#refusedChannels++ === 0) {
        this.alarm(
          'LIMIT-CHANNELS',
          `More than ${this.limits.channels} TSIs on ${this.destination}; the rest is not received`,
          tsi,
          null,
          timeUs,
          frame,
        )
      }
      return null
    }
    const channel = new LctChannel(this, this.#context.nextChannelIndex(), tsi)
    this.#channels.set(tsi, channel)
    this.#applyDescription(channel, timeUs)
    this.#context.fec?.protect()
    this.observer.channelSeen(channel)
    this.#warnUndeclared(channel, timeUs, frame)
    return channel
  }

  #applyDescription(channel: LctChannel, timeUs: number): void {
    const described = this.#described.get(channel.tsi)
    const service = described?.service ?? this.service
    const changedService = channel.serviceId !== (service?.id ?? null)
    channel.serviceId = service?.id ?? null
    if (described !== undefined) {
      const source = described.channel.source
      if (source !== null) {
        channel.names.describe(source)
        channel.representation = source.media[0]?.repId ?? null
      }
      channel.role = this.#roleOf(channel, described.channel, described.service)
      channel.fec.protects = described.channel.repair?.protectedTsis ?? []
    }
    if (described !== undefined || changedService) channel.namesChanged(timeUs)
  }

  /** Roles once more, now that the MPD is known. */
  applyRoles(): void {
    for (const channel of this.#channels.values()) {
      const described = this.#described.get(channel.tsi)
      if (described !== undefined) channel.role = this.#roleOf(channel, described.channel, described.service)
    }
  }

  #roleOf(channel: LctChannel, described: StsidChannel, service: ReceivedService): LctChannel['role'] {
    if (channel.tsi === 0) return 'signaling'
    const source = described.source
    if (source === null) return described.repair === null ? 'unknown' : 'data'
    for (const media of source.media) {
      const said = media.contentType === null ? null : roleOfType(media.contentType)
      const role = said ?? service.roles.get(media.repId) ?? null
      if (role !== null) return role
    }
    return source.realTime ? 'unknown' : 'data'
  }

  #warnUndeclared(channel: LctChannel, timeUs: number, frame: number): void {
    if (channel.tsi === 0 || !this.claimed || this.#described.has(channel.tsi)) return
    const key = `STSID-TSI ${channel.tsi}`
    if (this.#limitCounts.has(key)) return
    this.#limitCounts.set(key, 1)
    this.alarm(
      'STSID-TSI',
      `TSI ${channel.tsi} is on air at ${this.destination} but no S-TSID declares it`,
      channel.tsi,
      null,
      timeUs,
      frame,
    )
  }

  #oddHeader(timeUs: number, frame: number): void {
    if (this.#oddHeaders++ > 0) return
    const text = `An LCT header on ${this.destination} is not S=1 O=01 H=0 with 32-bit TSI and TOI (A/331 A.3.6)`
    this.alarm('LCT-HEADER', text, null, null, timeUs, frame)
  }

  nextObjectIndex(): number {
    return this.#context.nextObjectIndex()
  }

  objectBegun(object: TransportObject): void {
    if (object.announced || object.name === null || object.kind === 'signalling') return
    if (object.serviceId === null) return
    object.announced = true
    this.#context.sink.begun?.(object)
  }

  get signalling(): ServiceSignalling | null {
    return this.#host.signallingOf(this)
  }

  takeObject(object: TransportObject, timeUs: number): boolean {
    return this.#host.takeObject(this, object, timeUs)
  }

  takeFile(file: FlowFile, object: TransportObject, timeUs: number): boolean {
    return this.#host.takeFile(this, file, object, timeUs)
  }

  quarantineFull(timeUs: number): void {
    this.#host.quarantineFull(this, timeUs)
  }

  objectSound(object: TransportObject): boolean {
    return objectIsSound(this.#context, object.home as LctChannel, object)
  }

  objectComplete(object: TransportObject, timeUs: number): void {
    // Before it is delivered, which may free its bytes.
    for (const flow of (object.home as LctChannel).protectedBy) flow.sourceComplete(object, timeUs)
    this.#delivery.complete(object, timeUs)
  }

  /** Hands on what waits and can be handed on now, in the order it was completed. */
  drain(timeUs: number): void {
    this.#delivery.drain(timeUs)
  }

  objectGivenUp(object: TransportObject, timeUs: number): void {
    this.#delivery.givenUp(object, timeUs)
  }

  objectRepeated(channel: ObjectHome, done: DoneObject, whole: boolean, timeUs: number): void {
    this.#delivery.repeated(channel, done, whole, timeUs)
  }

  relieveMemory(): boolean {
    let freed = false
    for (const channel of this.#channels.values()) if (channel.relieve()) freed = true
    if (this.#delivery.giveAway()) freed = true
    return freed
  }

  badPacket(code: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    if (this.#flow !== null) this.observer.malformed(code, this.#flow, bytes, start, end, timeUs, frame)
  }

  limitReached(rule: string, text: string, channel: ObjectHome, timeUs: number, frame: number): void {
    const count = (this.#limitCounts.get(rule) ?? 0) + 1
    this.#limitCounts.set(rule, count)
    if (count === 1)
      this.alarm(rule, `${this.destination}, TSI ${channel.tsi}: ${text}`, channel.tsi, null, timeUs, frame)
  }

  looped(channel: ObjectHome, from: number, to: number, timeUs: number, frame: number): void {
    const text = `TSI ${channel.tsi} went back from TOI ${from} to ${to}: the source plays again from an earlier point`
    this.alarm('TOI-LOOP', text, channel.tsi, to, timeUs, frame, 'info')
  }

  tick(timeUs: number): void {
    // Whose session this is will be decided soon, and its S-TSID may say that the repair packets are for these objects.
    if (this.#undescribedRepair && this.service === null && !this.claimed) return
    for (const channel of this.#channels.values()) channel.tick(timeUs)
  }

  loop(timeUs: number): void {
    for (const channel of this.#channels.values()) channel.loop(timeUs)
  }

  /** No more packets: ends what is open, and hands on what waits under invented names. */
  close(timeUs: number): void {
    for (const channel of this.#channels.values()) channel.close(timeUs)
    this.#delivery.drain(timeUs)
    this.#delivery.giveAway()
    this.#context.fec?.close(this)
  }

  alarm(
    rule: string,
    text: string,
    tsi: number | null,
    toi: number | null,
    timeUs: number,
    frame: number,
    severity: Severity = rule === 'STSID-TSI' || rule === 'LCT-HEADER' ? 'warning' : 'error',
  ): void {
    const service = (tsi === null ? null : this.#channels.get(tsi)?.serviceId) ?? this.service?.id ?? null
    this.#context.alarm({ rule, severity, service, tsi, toi, timeUs, frame, text })
  }
}
