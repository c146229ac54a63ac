import type { ServiceId } from '../../contract/ids.ts'
import { type LimitHit, placeAt } from '../../flow/findings.ts'
import { ownBytes } from '../../flow/lease.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { DeliveryContext } from '../context/contexts.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { type FoundManifest, lookAtManifest } from '../signalling/manifest-check.ts'
import { corruptFile, filesOf, inventedName, namesItself } from './file-delivery.ts'
import type { LctChannel } from './lct-channel.ts'
import type { Takers } from './takers.ts'

/** Files kept for `keepRepeats`, so that a repeat is delivered without another assembly. */
const KEPT_FOR_REPEATS_BYTES = 64 << 20

/** Signalling packages that wait for an owner: all are read at once when it is found, and a sender repeats them. */
const WAITING_PACKAGES = 64

/** Part of the objects in quarantine that leave it at once where it is full, as a power of two. */
const DROPPED_PART = 5

/** A session from the view of its delivery. */
export interface DeliveringSession {
  readonly takers: Takers
  /** Quarantine exceeds its bound: the session finds an owner and then calls `trim`. */
  full(timeUs: number): void
  /** An object ended, or is delivered: its length is compared with that of its table. */
  ending(channel: LctChannel, object: TransportObject, timeUs: number): void
  /** A manifest came that no signalling names. */
  manifestAmongFiles(manifest: FoundManifest, serviceId: ServiceId): void
  limitReached(hit: LimitHit, channel: LctChannel, timeUs: number, frame: number): void
}

/** A whole object with its channel. */
type Delivered = { readonly channel: LctChannel; readonly object: TransportObject; readonly isPackage: boolean }

/**
 * Delivers a session's ended objects: to takers, or as files; whole ones without a name or a service wait in
 * quarantine.
 */
export class ObjectDelivery {
  readonly #context: DeliveryContext
  readonly #session: DeliveringSession
  #waiting: Delivered[] = []
  #waitingBytes = 0
  #waitingPackages = 0
  /** Objects are delivered that waited, for a name or for their service. */
  #draining = false
  readonly #repeatFiles = new Map<number, readonly FlowFile[]>()
  #repeatBytes = 0

  constructor(context: DeliveryContext, session: DeliveringSession) {
    this.#context = context
    this.#session = session
  }

  /** Delivers a whole object, or puts it into quarantine. */
  complete(channel: LctChannel, object: TransportObject, timeUs: number): void {
    if (object.measuredBy !== null) {
      const { name, carrier, index, frame, destination, measuredBy: by } = object
      const place = placeAt(timeUs, frame, { service: channel.serviceId, carrier, object: index, destination })
      this.#context.found({ kind: 'lengthMeasured', name, by, ...place })
    }
    if (this.#tryDeliver(channel, object, timeUs)) return
    this.#wait({ channel, object, isPackage: channel.names.carriesSls })
    if (this.#waitingPackages > WAITING_PACKAGES)
      this.#dropWaiting(
        this.#waiting.findIndex(({ isPackage }) => isPackage),
        1,
        timeUs,
      )
    if (this.#isFull) this.#session.full(timeUs)
  }

  get #isFull(): boolean {
    const { quarantineObjects, quarantineBytes } = this.#context.limits
    return this.#waiting.length > quarantineObjects || this.#waitingBytes > quarantineBytes
  }

  /** Delivers the oldest waiting objects under invented names while quarantine exceeds its bound. */
  trim(timeUs: number): void {
    if (!this.#isFull) return
    const { quarantineObjects, quarantineBytes } = this.#context.limits
    // Several at once, since all others move up.
    const most = quarantineObjects - (quarantineObjects >> DROPPED_PART)
    let [count, bytes] = [0, this.#waitingBytes]
    for (const { object } of this.#waiting) {
      const left = this.#waiting.length - count
      if (left <= 1 || (left <= most && bytes <= quarantineBytes)) break
      bytes -= object.length
      count++
    }
    this.#dropWaiting(0, count, timeUs)
  }

  #wait(each: Delivered): void {
    this.#waiting.push(each)
    this.#waitingBytes += each.object.length
    if (each.isPackage) this.#waitingPackages++
  }

  /** Delivers waiting objects under invented names; packages are dropped. */
  #dropWaiting(index: number, count: number, timeUs: number): void {
    for (const { channel, object, isPackage } of this.#waiting.splice(index, count)) {
      this.#waitingBytes -= object.length
      if (isPackage) this.#waitingPackages--
      this.#deliverUnnamed(channel, object)
      this.#session.limitReached({ limit: 'quarantine', of: 'objects' }, channel, timeUs, object.frame)
    }
  }

  /** Empties quarantine. */
  #takeWaiting(): Delivered[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.#waitingPackages = 0
    return waiting
  }

  /** Delivers the waiting objects that can be delivered now, in order of completion. */
  drain(timeUs: number): void {
    if (this.#waiting.length === 0) return
    this.#draining = true
    for (const each of this.#takeWaiting()) if (!this.#tryDeliver(each.channel, each.object, timeUs)) this.#wait(each)
    this.#draining = false
  }

  #tryDeliver(channel: LctChannel, object: TransportObject, timeUs: number): boolean {
    const { objects } = this.#session.takers
    if (objects.get('any')?.(object, channel, timeUs) === true) {
      object.release()
      return true
    }
    const serviceId = channel.serviceId
    if (serviceId === null) return false
    if (object.toi === 0 && channel.names.mayCarryTable && objects.get('table')?.(object, channel, timeUs) === true) {
      object.release()
      return true
    }
    if (channel.names.carriesSls) {
      objects.get('signalling')?.(object, channel, timeUs)
      object.release()
      return true
    }
    if (object.name === null) {
      channel.names.resolve(object)
      if (object.name !== null) this.#context.observer.objectNamed(object)
      else if (!namesItself(channel, object)) return false
    }
    // It ended before its service was known, and says what others are named.
    if (this.#draining && (object.kind === 'manifest' || object.kind === 'playlist'))
      this.#context.observer.objectNamed(object)
    // Its table may have come after its end.
    this.#session.ending(channel, object, timeUs)
    this.#deliver(filesOf(this.#context, channel, object, serviceId), channel, object, timeUs)
    return true
  }

  #deliver(files: readonly FlowFile[], channel: LctChannel, object: TransportObject, timeUs: number): void {
    const { takers } = this.#session
    for (const file of files) {
      if (takers.takesFile(file, object, channel, timeUs)) continue
      if (file.kind === 'manifest' || file.kind === 'playlist') {
        const manifest = lookAtManifest(this.#context, file, object)
        if (manifest !== null) this.#session.manifestAmongFiles(manifest, file.serviceId)
      }
      this.#context.file(file)
    }
    if (this.#context.spec.keepRepeats && files.length > 0) this.#keepForRepeats(files, object)
    object.release()
  }

  #deliverUnnamed(channel: LctChannel, object: TransportObject): void {
    if (channel.serviceId !== null && !channel.names.carriesSls && object.name === null) {
      const { length: bytes, packets, carrier, index, lastTimeUs, frame, destination } = object
      if (channel.names.needsTable) {
        const facts = { kind: 'objectUnnamed', bytes, packets, expected: null, keptAs: inventedName(object) } as const
        const place = placeAt(lastTimeUs, frame, { service: channel.serviceId, carrier, object: index, destination })
        this.#context.found({ ...facts, ...place })
      }
      object.name = inventedName(object)
      const files = filesOf(this.#context, channel, object, channel.serviceId)
      object.name = null
      this.#deliver(files, channel, object, object.lastTimeUs)
    } else {
      object.release()
    }
  }

  lost(channel: LctChannel, object: TransportObject): void {
    const serviceId = channel.serviceId
    if (object.state === 'partial' && object.countedLost > 0) {
      const {
        name,
        countedLost: lost,
        lostRanges: holes,
        size,
        carrier,
        index,
        lostFrame: frame,
        lostAtUs,
        redeclared,
      } = object
      const [first = 0] = holes[0] ?? []
      const fec = explainFec(channel, object)
      // In one literal: a storm loses an object with each packet.
      this.#context.found({
        kind: 'objectLost',
        name,
        lost,
        size,
        holes: holes.length,
        first,
        fec,
        redeclared,
        service: serviceId,
        carrier,
        object: index,
        destination: channel.destination,
        timeUs: lostAtUs,
        frame,
      })
    }
    this.#lengthUntold(channel, object)
    if (serviceId === null || object.kind === 'signalling') return
    if (object.name === null) channel.names.resolve(object)
    this.#context.sink.lost?.(object)
    if (!this.#context.spec.keepCorrupt) return
    const file = corruptFile(channel, object, serviceId)
    if (file !== null) this.#context.file(file)
  }

  /** Tells of an object that lacks nothing that anybody can name: its length was never told. */
  #lengthUntold(channel: LctChannel, object: TransportObject): void {
    if (object.size !== null || object.starved || object.missing().length > 0) return
    const { name, carrier, index, lastTimeUs, frame, destination, state } = object
    const facts = { kind: 'lengthUntold', name, bytes: object.ranges.total, cut: state === 'truncated' } as const
    const place = placeAt(lastTimeUs, frame, { service: channel.serviceId, carrier, object: index, destination })
    this.#context.found({ ...facts, ...place })
  }

  repeated(channel: LctChannel, done: DoneObject, whole: boolean, timeUs: number): void {
    if (done.signalling) {
      if (!whole && channel.serviceId !== null) {
        this.#context.observer.slsRepeated(channel.serviceId, timeUs, done.carrier)
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
    // They are delivered again at any time: their memory is never spent.
    if (kept === files) for (const { lease } of files) lease.hold?.()
    this.#repeatFiles.set(object.index, kept)
    for (const file of kept) this.#repeatBytes += file.lease.bytes.length
    for (const [index, oldest] of this.#repeatFiles) {
      if (this.#repeatBytes <= KEPT_FOR_REPEATS_BYTES) break
      this.#repeatFiles.delete(index)
      for (const file of oldest) this.#repeatBytes -= file.lease.bytes.length
    }
  }

  /** Delivers all waiting objects under invented names. @returns false where nothing waited */
  deliverWaiting(): boolean {
    const waiting = this.#takeWaiting()
    for (const { channel, object } of waiting) this.#deliverUnnamed(channel, object)
    return waiting.length > 0
  }
}

/** Why a repair flow did not recover an object; null where none protects the channel. */
function explainFec(channel: LctChannel, object: TransportObject): string | null {
  for (const flow of channel.protectedBy) {
    const why = flow.explain(object)
    if (why !== null) return why
  }
  return null
}
