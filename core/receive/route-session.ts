import { type Fdt, parseFdt } from '../protocol/flute/fdt.ts'
import { gunzipIfGzip } from '../protocol/gzip.ts'
import type { Flow } from '../protocol/ip/flow.ts'
import { LCT_FAULT, LctPacket, lctFaultName } from '../protocol/lct/lct-packet.ts'
import type { StsidChannel } from '../protocol/sls/s-tsid.ts'
import { looksLikeXml } from '../xml/xml-parser.ts'
import type { BytePool } from './byte-pool.ts'
import type { DoneObject } from './done-object.ts'
import { corruptFile, filesOf, inventedName, namesItself } from './file-delivery.ts'
import { type ChannelHost, LctChannel } from './lct-channel.ts'
import type { ReceiveLimits } from './limits.ts'
import { roleOfType } from './mpd-facts.ts'
import type { ReceivedFile } from './object-flow.ts'
import type { Destination, ReceiveObserver } from './observer.ts'
import { codecFault, type ReceiveContext } from './receive-context.ts'
import type { ReceivedService } from './received-service.ts'
import type { ServiceSignalling } from './service-signalling.ts'
import type { TransportObject } from './transport-object.ts'

/** Files kept for `keepRepeats`, so that a repeat can be handed on without being put together again. */
const KEPT_FOR_REPEATS_BYTES = 64 << 20

/** What a session asks of the receiver: the service whose SLS it carries. */
export interface SessionHost {
  signallingOf(session: RouteSession): ServiceSignalling | null
  /** A whole object waits although the quarantine is full: time to decide whose session this is. */
  quarantineFull(session: RouteSession, timeUs: number): void
}

/**
 * One ROUTE session: a destination address and port. The source address is not part of it, since signalling and packets
 * disagree about it on air. Objects are put together from the first packet on, whether or not the S-TSID has come; whole
 * ones without a name or a service wait in quarantine.
 */
export class RouteSession implements ChannelHost {
  readonly destination: string
  readonly address: Destination
  readonly limits: ReceiveLimits
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
  #waiting: TransportObject[] = []
  #waitingBytes = 0
  readonly #repeatFiles = new Map<number, readonly ReceivedFile[]>()
  #repeatBytes = 0

  constructor(context: ReceiveContext, host: SessionHost, address: Destination, destination: string, timeUs: number) {
    this.#context = context
    this.#host = host
    this.address = address
    this.destination = destination
    this.limits = context.limits
    this.reorderUs = context.reorderUs
    this.pool = context.pool
    this.observer = context.observer
    this.known = context.known
    this.firstTimeUs = timeUs
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
      // A repair packet, or FLUTE; neither is put together here.
      channel.packets++
      channel.repairPackets++
      channel.bytes += end - start
      channel.lastTimeUs = timeUs
      return
    }
    if (((bytes[start + 1] as number) & 0xf0) !== 0xa0) this.#oddHeader(timeUs, frame)
    this.sourcePackets++
    channel.packet(packet, bytes, start, end, timeUs, frame)
  }

  /** Takes an S-TSID's word on one channel of this session. */
  describe(described: StsidChannel, service: ReceivedService, timeUs: number): void {
    this.#described.set(described.tsi, { channel: described, service })
    const channel = this.#channels.get(described.tsi)
    if (channel !== undefined) this.#applyDescription(channel, timeUs)
  }

  /** All RS of an S-TSID have been applied: whole objects may now have names, and channels without a word stand out. */
  descriptionsApplied(timeUs: number): void {
    for (const channel of this.#channels.values()) this.#warnUndeclared(channel, timeUs, 0)
    this.drain(timeUs)
  }

  /** The session is this service's. */
  own(service: ReceivedService, timeUs: number): void {
    this.service = service
    for (const channel of this.#channels.values()) this.#applyDescription(channel, timeUs)
    this.drain(timeUs)
  }

  #addChannel(tsi: number, timeUs: number, frame: number): LctChannel | null {
    if (this.#channels.size >= this.limits.channels) {
      if (this.#refusedChannels++ === 0) {
        this.#alarm(
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
    this.#alarm(
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
    this.#alarm('LCT-HEADER', text, null, null, timeUs, frame)
  }

  nextObjectIndex(): number {
    return this.#context.nextObjectIndex()
  }

  objectBegun(object: TransportObject): void {
    if (object.announced || object.name === null || object.kind === 'signalling') return
    if (object.serviceId === null) return
    object.announced = true
    this.#context.sink.objectBegun?.(object)
  }

  objectComplete(object: TransportObject, timeUs: number): void {
    const size = object.length
    if (
      this.#waiting.length >= this.limits.quarantineObjects ||
      this.#waitingBytes + size > this.limits.quarantineBytes
    ) {
      this.#host.quarantineFull(this, timeUs)
      this.drain(timeUs)
    }
    if (this.#tryDeliver(object, timeUs)) return
    this.#waiting.push(object)
    this.#waitingBytes += size
    while (
      this.#waiting.length > 1 &&
      (this.#waiting.length > this.limits.quarantineObjects || this.#waitingBytes > this.limits.quarantineBytes)
    ) {
      const oldest = this.#waiting.shift() as TransportObject
      this.#waitingBytes -= oldest.length
      this.#deliverUnnamed(oldest)
      this.limitReached(
        'LIMIT-QUARANTINE',
        'whole objects without a name fill the quarantine',
        this.#channelOf(oldest),
        timeUs,
        oldest.frame,
      )
    }
  }

  #channelOf(object: TransportObject): LctChannel {
    return object.home as LctChannel
  }

  /** Hands on what waits and can be handed on now, in the order it was completed. */
  drain(timeUs: number): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    const still: TransportObject[] = []
    for (const object of waiting) if (!this.#tryDeliver(object, timeUs)) still.push(object)
    // Reading signalling can complete and queue more.
    this.#waiting = [...still, ...this.#waiting]
    for (const object of still) this.#waitingBytes += object.length
  }

  #tryDeliver(object: TransportObject, timeUs: number): boolean {
    const channel = this.#channelOf(object)
    const serviceId = channel.serviceId
    if (serviceId === null) return false
    if (object.toi === 0 && channel.names.mayCarryTable && this.#readTable(channel, object, serviceId, timeUs)) {
      object.release()
      return true
    }
    if (channel.tsi === 0) {
      this.#host.signallingOf(this)?.object(object, timeUs)
      object.release()
      return true
    }
    if (object.name === null) {
      channel.names.resolve(object)
      if (object.name !== null) this.observer.objectNamed(object)
      else if (!namesItself(channel, object)) return false
    }
    this.#deliver(filesOf(this.#context, channel, object, serviceId), object)
    return true
  }

  #deliver(files: readonly ReceivedFile[], object: TransportObject): void {
    for (const file of files) this.#context.file(file)
    if (this.#context.spec.keepRepeats && files.length > 0) this.#keepForRepeats(files, object)
    object.release()
  }

  #deliverUnnamed(object: TransportObject): void {
    const channel = this.#channelOf(object)
    if (channel.serviceId !== null && channel.tsi !== 0 && object.name === null) {
      object.name = inventedName(object)
      const files = filesOf(this.#context, channel, object, channel.serviceId)
      object.name = null
      this.#deliver(files, object)
    } else {
      object.release()
    }
  }

  /** A table sent as TOI 0 (RFC 9223 §2.4; on air for NRT and for the SLS itself). False where the object is none. */
  #readTable(channel: LctChannel, object: TransportObject, serviceId: number, timeUs: number): boolean {
    const transported = object.bytes(0, object.length)
    let bytes = transported
    let table: Fdt | null = null
    const fault = codecFault(() => {
      bytes = gunzipIfGzip(transported, this.limits.unpackedBytes)
      if (looksLikeXml(bytes)) table = parseFdt(bytes)
    })
    if (fault !== null) {
      if (fault.code === 'fdt-root' || !looksLikeXml(bytes)) return false
      const text = `The file table of TSI ${channel.tsi} cannot be read (${fault.code}): ${fault.message}`
      this.#alarm('EFDT-XML', text, channel.tsi, 0, timeUs, object.frame)
      return true
    }
    if (table === null) return false
    const read: Fdt = table
    channel.names.addTable(read)
    const name = `EFDT of TSI ${channel.tsi}`
    this.observer.slsFragment(serviceId, { type: 'EFDT', name, version: read.version, bytes }, object.lastTimeUs)
    channel.namesChanged(timeUs)
    this.drain(timeUs)
    return true
  }

  objectGivenUp(object: TransportObject, timeUs: number): void {
    const channel = this.#channelOf(object)
    const serviceId = channel.serviceId
    if (object.state === 'partial' && object.countedLost > 0) {
      const holes = object.missing()
      const of = object.length >= 0 ? ` of ${object.length}` : ''
      const text = `${object.name ?? 'An object'} (TSI ${channel.tsi}, TOI ${object.toi}): ${object.countedLost}${of} bytes missing in ${holes.length} range${holes.length === 1 ? '' : 's'}, first at ${holes[0]?.[0] ?? 0}`
      this.#alarm('OBJ-LOSS', text, channel.tsi, object.toi, timeUs, object.frame)
    }
    if (serviceId === null || object.kind === 'signalling') return
    if (object.name === null) channel.names.resolve(object)
    this.#context.sink.objectLost?.(object)
    if (!this.#context.spec.keepCorrupt) return
    const file = corruptFile(channel, object, serviceId)
    if (file !== null) this.#context.file(file)
  }

  objectRepeated(channel: LctChannel, done: DoneObject, whole: boolean, timeUs: number): void {
    if (channel.tsi === 0) {
      if (!whole && done.key !== 0 && channel.serviceId !== null) this.observer.slsRepeated(channel.serviceId, timeUs)
      return
    }
    if (!whole || !this.#context.spec.keepRepeats) return
    for (const file of this.#repeatFiles.get(done.index) ?? []) this.#context.file({ ...file, lastTimeUs: timeUs })
  }

  #keepForRepeats(files: readonly ReceivedFile[], object: TransportObject): void {
    const kept = this.pool.recycles ? files.map((file) => ({ ...file, bytes: file.bytes.slice() })) : files
    this.#repeatFiles.set(object.index, kept)
    for (const file of kept) this.#repeatBytes += file.bytes.length
    for (const [index, oldest] of this.#repeatFiles) {
      if (this.#repeatBytes <= KEPT_FOR_REPEATS_BYTES) break
      this.#repeatFiles.delete(index)
      for (const file of oldest) this.#repeatBytes -= file.bytes.length
    }
  }

  relieveMemory(_timeUs: number): boolean {
    let freed = false
    for (const channel of this.#channels.values()) if (channel.relieve()) freed = true
    while (this.#waiting.length > 0) {
      const oldest = this.#waiting.shift() as TransportObject
      this.#waitingBytes -= oldest.length
      this.#deliverUnnamed(oldest)
      freed = true
    }
    return freed
  }

  badPacket(code: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    if (this.#flow !== null) this.observer.malformed(code, this.#flow, bytes, start, end, timeUs, frame)
  }

  limitReached(rule: string, text: string, channel: LctChannel, timeUs: number, frame: number): void {
    const count = (this.#limitCounts.get(rule) ?? 0) + 1
    this.#limitCounts.set(rule, count)
    if (count === 1)
      this.#alarm(rule, `${this.destination}, TSI ${channel.tsi}: ${text}`, channel.tsi, null, timeUs, frame)
  }

  looped(channel: LctChannel, from: number, to: number, timeUs: number, frame: number): void {
    const text = `TSI ${channel.tsi} went back from TOI ${from} to ${to}: the source plays again from an earlier point`
    this.#alarm('TOI-LOOP', text, channel.tsi, to, timeUs, frame, 'info')
  }

  tick(timeUs: number): void {
    for (const channel of this.#channels.values()) channel.tick(timeUs)
  }

  loop(timeUs: number): void {
    for (const channel of this.#channels.values()) channel.loop(timeUs)
  }

  /** No more packets: ends what is open, and hands on what waits under invented names. */
  close(timeUs: number): void {
    for (const channel of this.#channels.values()) channel.close(timeUs)
    this.drain(timeUs)
    for (const object of this.#waiting) this.#deliverUnnamed(object)
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #alarm(
    rule: string,
    text: string,
    tsi: number | null,
    toi: number | null,
    timeUs: number,
    frame: number,
    severity: 'error' | 'warning' | 'info' = rule === 'STSID-TSI' || rule === 'LCT-HEADER' ? 'warning' : 'error',
  ): void {
    const service = (tsi === null ? null : this.#channels.get(tsi)?.serviceId) ?? this.service?.id ?? null
    this.#context.alarm({ rule, severity, service, tsi, toi, timeUs, frame, text })
  }
}
