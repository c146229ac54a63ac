import { ownBytes } from '../../flow/lease.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { type Fdt, parseFdt } from '../../protocol/flute/fdt.ts'
import { gunzipIfGzip } from '../../protocol/gzip.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import { codecFault, type ReceiveContext } from '../context/receive-context.ts'
import type { RaisesAlarms } from '../context/session-alarm.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { ObjectHome, TransportObject } from '../object/transport-object.ts'
import type { ServiceSignalling } from '../signalling/service-signalling.ts'
import { corruptFile, filesOf, inventedName, namesItself } from './file-delivery.ts'
import type { LctChannel } from './lct-channel.ts'

/** Files kept for `keepRepeats`, so that a repeat can be handed on without being put together again. */
const KEPT_FOR_REPEATS_BYTES = 64 << 20

/** What the delivery of a session's objects asks of the session. */
export interface DeliveringSession extends RaisesAlarms {
  /** The service's SLS, where this session carries it. */
  readonly signalling: ServiceSignalling | null
  /** A whole object waits although the quarantine is full: time to decide whose session this is. */
  quarantineFull(timeUs: number): void
  /** Takes a whole object for itself, before it is known whose it is. @returns false where it is to be delivered */
  takeObject?(object: TransportObject, timeUs: number): boolean
  /** Takes a file for itself. @returns false where it is to be handed on */
  takeFile?(file: FlowFile, object: TransportObject, timeUs: number): boolean
  limitReached(rule: string, text: string, channel: ObjectHome, timeUs: number, frame: number): void
}

/**
 * What becomes of a session's ended objects: tables and signalling are read, files handed on, and whole ones without a name
 * or a service wait in quarantine.
 */
export class ObjectDelivery {
  readonly #context: ReceiveContext
  readonly #session: DeliveringSession
  #waiting: TransportObject[] = []
  #waitingBytes = 0
  readonly #repeatFiles = new Map<number, readonly FlowFile[]>()
  #repeatBytes = 0

  constructor(context: ReceiveContext, session: DeliveringSession) {
    this.#context = context
    this.#session = session
  }

  complete(object: TransportObject, timeUs: number): void {
    const size = object.length
    if (
      this.#waiting.length >= this.#context.limits.quarantineObjects ||
      this.#waitingBytes + size > this.#context.limits.quarantineBytes
    ) {
      this.#session.quarantineFull(timeUs)
      this.drain(timeUs)
    }
    if (this.#tryDeliver(object, timeUs)) return
    this.#waiting.push(object)
    this.#waitingBytes += size
    while (
      this.#waiting.length > 1 &&
      (this.#waiting.length > this.#context.limits.quarantineObjects ||
        this.#waitingBytes > this.#context.limits.quarantineBytes)
    ) {
      const oldest = this.#waiting.shift() as TransportObject
      this.#waitingBytes -= oldest.length
      this.#deliverUnnamed(oldest)
      this.#session.limitReached(
        'LIMIT-QUARANTINE',
        'whole objects without a name fill the quarantine',
        channelOf(oldest),
        timeUs,
        oldest.frame,
      )
    }
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
    if (this.#session.takeObject?.(object, timeUs) === true) {
      object.release()
      return true
    }
    const channel = channelOf(object)
    const serviceId = channel.serviceId
    if (serviceId === null) return false
    if (object.toi === 0 && channel.names.mayCarryTable && this.#readTable(channel, object, serviceId, timeUs)) {
      object.release()
      return true
    }
    if (channel.names.carriesSls) {
      this.#session.signalling?.object(object, timeUs)
      object.release()
      return true
    }
    if (object.name === null) {
      channel.names.resolve(object)
      if (object.name !== null) this.#context.observer.objectNamed(object)
      else if (!namesItself(channel, object)) return false
    }
    this.#deliver(filesOf(this.#context, channel, object, serviceId), object, timeUs)
    return true
  }

  #deliver(files: readonly FlowFile[], object: TransportObject, timeUs: number): void {
    for (const file of files) if (this.#session.takeFile?.(file, object, timeUs) !== true) this.#context.file(file)
    if (this.#context.spec.keepRepeats && files.length > 0) this.#keepForRepeats(files, object)
    object.release()
  }

  #deliverUnnamed(object: TransportObject): void {
    const channel = channelOf(object)
    if (channel.serviceId !== null && !channel.names.carriesSls && object.name === null) {
      object.name = inventedName(object)
      const files = filesOf(this.#context, channel, object, channel.serviceId)
      object.name = null
      this.#deliver(files, object, object.lastTimeUs)
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
      bytes = gunzipIfGzip(transported, this.#context.limits.unpackedBytes)
      if (looksLikeXml(bytes)) table = parseFdt(bytes)
    })
    if (fault !== null) {
      if (fault.code === 'fdt-root' || !looksLikeXml(bytes)) return false
      const text = `The file table of TSI ${channel.tsi} cannot be read (${fault.code}): ${fault.message}`
      this.#session.alarm('EFDT-XML', text, channel.tsi, 0, timeUs, object.frame)
      return true
    }
    if (table === null) return false
    const read: Fdt = table
    channel.names.addTable(read)
    const name = `EFDT of TSI ${channel.tsi}`
    this.#context.observer.slsFragment(
      serviceId,
      { type: 'EFDT', name, version: read.version, bytes, channel: channel.index, tsi: channel.tsi, toi: 0 },
      object.lastTimeUs,
    )
    channel.namesChanged(timeUs)
    this.drain(timeUs)
    return true
  }

  givenUp(object: TransportObject, timeUs: number): void {
    const channel = channelOf(object)
    const serviceId = channel.serviceId
    if (object.state === 'partial' && object.countedLost > 0) {
      const holes = object.missing()
      const of = object.length >= 0 ? ` of ${object.length}` : ''
      const text = `${object.name ?? 'An object'} (TSI ${channel.tsi}, TOI ${object.toi}): ${object.countedLost}${of} bytes missing in ${holes.length} range${holes.length === 1 ? '' : 's'}, first at ${holes[0]?.[0] ?? 0}${explainFec(channel, object)}`
      this.#context.alarm({
        rule: 'OBJ-LOSS',
        severity: 'error',
        service: serviceId,
        tsi: channel.tsi,
        toi: object.toi,
        timeUs,
        frame: object.frame,
        text,
        object: object.index,
      })
    }
    if (serviceId === null || object.kind === 'signalling') return
    if (object.name === null) channel.names.resolve(object)
    this.#context.sink.lost?.(object)
    if (!this.#context.spec.keepCorrupt) return
    const file = corruptFile(channel, object, serviceId)
    if (file !== null) this.#context.file(file)
  }

  repeated(channel: ObjectHome, done: DoneObject, whole: boolean, timeUs: number): void {
    if (done.signalling) {
      if (!whole && channel.serviceId !== null) {
        this.#context.observer.slsRepeated(channel.serviceId, timeUs, channel.tsi, done.key)
      }
      return
    }
    if (channel.tsi === 0) return
    if (!whole || !this.#context.spec.keepRepeats) return
    for (const file of this.#repeatFiles.get(done.index) ?? []) this.#context.file({ ...file, lastTimeUs: timeUs })
  }

  #keepForRepeats(files: readonly FlowFile[], object: TransportObject): void {
    const kept = this.#context.pool.recycles
      ? files.map((file) => ({ ...file, lease: ownBytes(file.lease.bytes.slice()) }))
      : files
    this.#repeatFiles.set(object.index, kept)
    for (const file of kept) this.#repeatBytes += file.lease.bytes.length
    for (const [index, oldest] of this.#repeatFiles) {
      if (this.#repeatBytes <= KEPT_FOR_REPEATS_BYTES) break
      this.#repeatFiles.delete(index)
      for (const file of oldest) this.#repeatBytes -= file.lease.bytes.length
    }
  }

  /** Hands on all that waits under invented names. @returns false where nothing waited */
  giveAway(): boolean {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const object of waiting) this.#deliverUnnamed(object)
    return waiting.length > 0
  }
}

/** Why a repair flow did not help; empty where none protects the channel. */
function explainFec(channel: LctChannel, object: TransportObject): string {
  for (const flow of channel.protectedBy) {
    const why = flow.explain(object)
    if (why !== null) return `; FEC did not restore it: ${why}`
  }
  return ''
}

function channelOf(object: TransportObject): LctChannel {
  return object.home as LctChannel
}
