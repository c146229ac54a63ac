import type { ServiceId, Toi, Tsi } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import type { ChannelCarrier } from '../../flow/carriers.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { FdtFile } from '../../protocol/flute/fdt.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import { type FecChannel, FecCounts, type RepairSink } from '../fec/fec-context.ts'
import type { FecFlow } from '../fec/fec-flow.ts'
import { ChannelBeginnings } from '../object/beginnings.ts'
import type { ChannelEvents, ObjectContext } from '../object/channel-events.ts'
import { hash32 } from '../object/content-hash.ts'
import { type DoneObject, HEAD_BYTES } from '../object/done-object.ts'
import { KnownObjects } from '../object/known-objects.ts'
import { type CountedHome, type DecodedObject, isReplaceable, OpenObjects } from '../object/open-objects.ts'
import { SIZE_SOURCE, TAKEN, TransportObject } from '../object/transport-object.ts'
import { BREAK_US, isBeginning } from '../object/way-back.ts'
import { ChannelAdmission } from './channel-admission.ts'
import type { ChannelNames } from './channel-names.ts'
import type { ChannelSenders } from './channel-senders.ts'
import { ChannelTables } from './channel-tables.ts'
import { LengthChanges } from './length-changes.ts'
import { objectKey } from './object-key.ts'
import { RepeatLosses } from './repeat-losses.ts'
import type { SourcePacket } from './source-packet.ts'

const NO_HEADER = new Uint8Array(0)

/**
 * One LCT channel (TSI) of a ROUTE or FLUTE session: finds the object of each packet, distinguishes repeats from reuse
 * of a TOI, and decides when an incomplete object ends. Incomplete objects accept late bytes for a while, for
 * carousels.
 */
export class LctChannel implements ChannelFacts, CountedHome, FecChannel {
  readonly index: number
  readonly tsi: Tsi
  readonly carrier: ChannelCarrier
  readonly names: ChannelNames
  serviceId: ServiceId | null = null
  role: ChannelRole
  representation: string | null = null
  packets = 0
  bytes = 0
  repairPackets = 0
  readonly fec = new FecCounts()
  /** Takes its repair packets (ROUTE); null before the first one and without a repair flow in the S-TSID. */
  repair: FecFlow | null = null
  protectedBy: readonly RepairSink[] = []
  repairWaitUs = 0
  duplicates = 0
  outOfOrder = 0
  lost = 0
  complete = 0
  incomplete = 0
  cutOff = 0
  loops = 0
  /** Most bytes of an object in one packet. */
  packetBytes = 0
  toisGoRound = false
  tablesWentBack = false
  /** Most chunks in one of its segments whose lengths are not told. */
  chunks = 0
  lastTimeUs = 0
  /** It went back to an earlier object. */
  isBack = false
  /** What goes back to earlier objects is kept until it is known whether its sender began again. */
  isHeld = false
  readonly #context: ObjectContext
  readonly #events: ChannelEvents<LctChannel>
  readonly #open: OpenObjects<LctChannel>
  readonly #known: KnownObjects
  readonly #admission: ChannelAdmission<LctChannel>
  readonly #senders: ChannelSenders
  #closedSinceUs = -1
  /** FDT instances begun. */
  #instances = 0
  readonly #beginnings: ChannelBeginnings
  readonly #tables: ChannelTables<LctChannel>
  readonly #lengths: LengthChanges<LctChannel>
  readonly #repeats: RepeatLosses
  /** The beginning of an object has arrived: from then on objects are received from theirs. */
  #began = false

  constructor(context: ObjectContext, events: ChannelEvents<LctChannel>, index: number, tsi: Tsi, names: ChannelNames) {
    this.#context = context
    this.#events = events
    this.#beginnings = new ChannelBeginnings(context.beginnings)
    this.#known = new KnownObjects(context)
    this.#open = new OpenObjects<LctChannel>(context, events, this, this.#known)
    this.#admission = new ChannelAdmission<LctChannel>(this, events, this.#open, this.#known)
    this.#senders = this.#admission.senders
    this.#tables = new ChannelTables<LctChannel>(context, events, names, this.#open, this.#known)
    this.#lengths = new LengthChanges<LctChannel>(this, events, context.limits)
    this.#repeats = new RepeatLosses(this, context)
    this.index = index
    this.tsi = tsi
    this.carrier = { kind: 'lct', tsi: tsi as Tsi }
    this.names = names
    this.role = tsi === 0 ? 'signaling' : 'unknown'
  }

  get destination(): string {
    return this.#events.destination
  }

  /** Objects being received, and incomplete ones kept. */
  get openObjects(): Iterable<TransportObject> {
    return this.#open.values()
  }

  /** Open object of this key (`objectKey`); null without one. */
  openObject(key: number): TransportObject | null {
    return this.#open.get(key) ?? null
  }

  /** A table gives a TOI other content. */
  replaced(toi: Toi, timeUs: number): void {
    this.#tables.replaced(toi, timeUs)
  }

  /** A table came. @param changed TOIs that mean other content than before */
  listed(files: readonly Pick<FdtFile, 'toi' | 'contentLocation'>[], changed: readonly Toi[], timeUs: number): void {
    this.#tables.listed(files, changed, timeUs)
  }

  /**
   * Takes one source packet. The session sets the place of its bytes, the one difference between ROUTE (start_offset)
   * and FLUTE (source block and symbol).
   */
  packet(packet: SourcePacket): void {
    this.count(packet.end - packet.start, packet.timeUs)
    this.#accept(packet)
  }

  /** Takes a packet that was held, and is counted. */
  takeHeld(packet: SourcePacket): void {
    this.#accept(packet)
  }

  /** Stream time of its newest media packet; -1 without one. */
  get lastMediaUs(): number {
    return this.#open.lastMediaUs
  }

  shareOf(toi: number): number {
    return this.#open.shareOf(toi)
  }

  /**
   * The source plays its media again from an earlier point.
   * @param sinceUs beginning of the new transmission: what began since then belongs to it
   */
  startOver(sinceUs: number, timeUs: number): void {
    this.#open.startOver(sinceUs, timeUs)
  }

  /** The sender began again: objects that began before were broken off, which loses nothing. */
  brokeOff(sinceUs: number): void {
    this.#open.brokeOff(sinceUs)
  }

  /**
   * Takes one of several pieces of a packet that the session has counted.
   * @param first of the packet
   */
  piece(packet: SourcePacket, first: boolean): void {
    const { outOfOrder } = this
    if (first) {
      this.#accept(packet)
    } else {
      const object = this.#open.last
      if (object === null || object.key !== objectKey(packet.lct)) return
      object.packets--
      this.#take(object, packet)
    }
    // Pieces of one packet are far from each other.
    this.outOfOrder = outOfOrder
  }

  #accept(packet: SourcePacket): void {
    const { lct, timeUs } = packet
    if (packet.sender === this.#senders.first) this.#senders.lastUs = timeUs
    else if (!this.#admission.admits(packet)) return
    if (lct.closeSession !== this.#closedSinceUs >= 0) this.#closing(lct.closeSession, timeUs, packet.frame)
    const key = objectKey(lct)
    if (this.isBack && this.#keptBack(key, packet)) return
    let object = this.#open.last
    if (object === null || object.key !== key) object = this.#open.get(key) ?? null
    if (object !== null && timeUs - object.lastTimeUs >= BREAK_US) {
      const agoUs = this.#open.beganAgainUs(object, packet.offset, packet.end - packet.from, timeUs)
      if (agoUs >= 0) {
        const way = this.#open.wayBack(key, agoUs, object.length)
        const verdict = this.#events.wentBack(this, way, packet, timeUs, packet.frame)
        if (verdict === 'held') return
        if (verdict === 'restart') object = null
      }
    }
    if (object === null) {
      object = this.#newOrRepeat(packet, key)
      if (object === null) return
    } else if (object.relisted >= 0 && !this.#lengths.isAsRelisted(object, packet)) {
      this.#open.lose(object, 'partial', timeUs)
      this.#open.remove(object)
      object = this.#begin(packet, key, object.instance + 1)
      if (object === null) return
    } else if (!this.#sameLength(object, lct) && !this.#lengths.goesOn(object, packet)) {
      // What is sent once was not lost: its transmission was broken off.
      this.#open.lose(object, this.#lengths.contradicted(object, packet) ? 'truncated' : 'partial', timeUs)
      this.#open.remove(object)
      object = this.#begin(packet, key, object.instance + 1)
      if (object === null) return
    }
    if (!this.#began) this.#join(object, packet.offset)
    this.#open.last = object
    this.#take(object, packet)
  }

  /** Whether a packet of a channel that went back is kept. */
  #keptBack(key: number, packet: SourcePacket): boolean {
    if (this.#open.goesOn(key, packet.offset, packet.end - packet.from)) this.#events.wentOn()
    if (!this.isHeld || !this.#open.goesBack(key)) return false
    const { timeUs } = packet
    const [open, done] = [this.#open.get(key), this.#known.get(key)]
    const restedUs = open === undefined ? done?.restedUs(timeUs) : timeUs - open.lastTimeUs
    const length = open?.length ?? done?.length ?? 0
    return this.#events.hold(this, this.#open.wayBack(key, restedUs ?? Number.POSITIVE_INFINITY, length), packet)
  }

  /** An object that was on its way when reception began: bytes sent before are not lost. */
  #join(object: TransportObject, offset: number): void {
    const before = this.#open.last
    // One that begins behind the end of another was not on its way.
    this.#began = offset === 0 || (before !== null && before !== object && before.ranges.highest === before.length)
    if (this.#began || object.packets > 0) return
    object.joinedAt = offset
    object.cursor = offset
  }

  /** Whether a packet without bytes of an object, such as one of repair symbols, is of the sender that is taken. */
  admitsOther(sender: string, timeUs: number): boolean {
    return this.#admission.admitsOther(sender, timeUs)
  }

  /** Takes one packet without data. */
  headerOnly(lct: LctPacket, sender: string, size: number, timeUs: number, frame: number): void {
    this.count(size, timeUs)
    if (!this.admitsOther(sender, timeUs)) return
    if (lct.closeSession !== this.#closedSinceUs >= 0) this.#closing(lct.closeSession, timeUs, frame)
    this.#headerOnly(lct, timeUs)
  }

  /** Counts a packet without object bytes. */
  count(size: number, timeUs: number): void {
    this.packets++
    this.bytes += size
    this.lastTimeUs = timeUs
  }

  #take(object: TransportObject, packet: SourcePacket): void {
    const { lct, offset, bytes, from, end, timeUs } = packet
    const count = end - from
    if (offset + count > this.#context.limits.objectBytes) {
      const most = this.#context.limits.objectBytes
      const hit = { limit: 'object-bytes', most, claimed: null } as const
      this.#events.limitReached(hit, this, timeUs, packet.frame, object.carrier)
      return
    }
    object.packets++
    const agoUs = timeUs - object.lastTimeUs
    object.lastTimeUs = timeUs
    if (lct.timed) object.takeTimes(lct, timeUs)
    if (object.sizeSource === SIZE_SOURCE.lastPacket && offset + count > object.length) {
      // More bytes follow: what looked like the last packet did not mark the length.
      object.length = -1
      object.sizeSource = SIZE_SOURCE.none
    }
    let added = object.take(offset, bytes, from, end)
    if (added === TAKEN.noMemory && this.#events.makeRoom()) added = object.take(offset, bytes, from, end)
    if (added < 0) {
      this.#notTaken(object, added, packet)
      return
    }
    if (added < count && object.differs(offset, bytes, from, end)) {
      if (!isReplaceable(object)) this.#events.changed(this, object, timeUs, packet.frame)
      this.#replaceWhileOpen(object, packet)
      return
    }
    if (count > object.packetBytes) {
      object.packetBytes = count
      if (count > this.packetBytes) this.packetBytes = count
    }
    object.lastFrame = packet.frame
    if (added === 0 && count > 0) this.duplicates++
    if (added > 0) object.rounds = 0
    if (offset === 0) {
      if (added === 0 && object.length < 0 && this.#open.comesRound(object, agoUs, timeUs)) return
      object.roundEnd = count
    } else if (offset === object.roundEnd) object.roundEnd = offset + count
    if (offset === 0) {
      if (object.headBytes === 0 && count > 0) {
        object.headBytes = Math.min(HEAD_BYTES, count)
        object.headHash = hash32(bytes, from, from + object.headBytes)
      }
      // The beginning after the end is the next round of a carousel, not a late packet.
      if (object.cursor > 0 && added > 0 && object.endingSinceUs < 0 && object.cursor !== object.length) {
        this.outOfOrder++
        object.shuffled = true
      }
      if (added === 0 || object.cursor === object.length || object.endingSinceUs >= 0) object.cursor = count
      else object.cursor = Math.max(object.cursor, count)
    } else if (offset >= object.cursor) {
      if (offset > object.cursor && object.gapUs < 0) {
        object.gapUs = timeUs
        object.gapFrame = packet.frame
      }
      object.cursor = offset + count
    } else if (added > 0) {
      this.outOfOrder++
      object.shuffled = true
      // It came late: nothing was lost so far.
      if (object.ranges.prefix >= object.cursor) object.gapUs = -1
    }
    if (added > 0 && object.state !== 'receiving') this.#open.resume(object)
    if (packet.objectEnd >= 0 && object.length < 0) {
      object.length = Math.max(packet.objectEnd, object.ranges.highest)
      object.sizeSource = SIZE_SOURCE.lastPacket
    }
    if (lct.closeObject) {
      if (object.length < 0) this.#open.closeAt(object, offset + count, count)
      this.#open.endingOne(object, timeUs)
    }
    if (object.length >= 0 && object.ranges.prefix >= object.length) this.#open.finish(object, timeUs)
    else object.notify()
  }

  #notTaken(object: TransportObject, why: number, packet: SourcePacket): void {
    const { bytes, start, end, timeUs, frame } = packet
    if (why === TAKEN.malformed) {
      const { offset, from } = packet
      const what = `TSI ${this.tsi}, TOI ${object.carrier.wideToi ?? object.toi}: bytes ${offset} to ${offset + end - from} of an object of ${object.length}`
      this.#events.badPacket({ code: 'object-range', what, bytes, start, end, timeUs, frame })
    } else if (why === TAKEN.tooManyHoles) {
      this.#events.limitReached({ limit: 'holes' }, this, timeUs, frame, object.carrier)
    } else {
      this.#events.limitReached({ limit: 'memory', of: 'objects' }, this, timeUs, frame)
      object.starved = true
      if (object.state === 'receiving') this.#open.lose(object, 'partial', timeUs)
      this.#open.drop(object)
    }
  }

  /**
   * Starts an object again whose bytes change in mid-transmission: new content begins with this packet. What was repeated
   * without a gap until here, and was the same, belongs to it as well.
   */
  #replaceWhileOpen(object: TransportObject, packet: SourcePacket): void {
    const repeated =
      packet.offset > 0 && object.roundEnd === packet.offset ? object.bytes(0, packet.offset).slice() : null
    // What is sent once was not lost: its transmission was broken off.
    object.sendersFault = true
    const why = isReplaceable(object) ? 'partial' : 'truncated'
    if (object.state === 'receiving') this.#open.lose(object, why, packet.timeUs)
    this.#open.remove(object)
    const next = this.#begin(packet, object.key, object.instance + 1)
    if (next === null) return
    this.#open.last = next
    if (repeated !== null && next.take(0, repeated, 0, repeated.length) > 0) {
      next.headBytes = Math.min(HEAD_BYTES, repeated.length)
      next.headHash = hash32(repeated, 0, next.headBytes)
      next.cursor = repeated.length
      next.roundEnd = repeated.length
    }
    this.#take(next, packet)
  }

  /** False where the header's length contradicts this object: another one has its TOI now. */
  #sameLength(object: TransportObject, lct: LctPacket): boolean {
    const announced = lct.transferLength
    if (announced < 0 || announced === object.length) {
      if (announced >= 0) object.sizeSource = SIZE_SOURCE.extension
      return true
    }
    if (object.sizeSource === SIZE_SOURCE.extension) return false
    if (announced < object.ranges.highest || announced > this.#context.limits.objectBytes) return false
    object.length = announced
    object.sizeSource = SIZE_SOURCE.extension
    return true
  }

  #newOrRepeat(packet: SourcePacket, key: number): TransportObject | null {
    const { lct, offset, bytes, from, end, timeUs, frame } = packet
    const done = this.#known.get(key)
    if (done === undefined) return this.#begin(packet, key, 0)
    const restedUs = done.restedUs(timeUs)
    const mayBegin =
      (restedUs >= BREAK_US && isBeginning(offset, end - from)) || (offset === 0 && this.#open.isFarBack(key))
    if (done.media && mayBegin && done.loop === this.loops && this.#open.goesBack(key)) {
      const way = this.#open.wayBack(key, restedUs, done.length)
      if (this.#events.wentBack(this, way, packet, timeUs, frame) === 'held') return null
    }
    const again = done.loop !== this.loops || done.isReplacedBy(lct.transferLength, offset, bytes, from, end)
    if (!again) {
      this.#repeat(done, offset, end - from, timeUs)
      return null
    }
    const object = this.#begin(packet, key, done.carrier.instance + 1)
    if (object === null) return null
    if (done.complete && done.loop === this.loops && !isReplaceable(object))
      this.#events.changed(this, object, timeUs, frame)
    // Unchanged bytes already repeated in this round belong to the new content too.
    if (
      done.bytes !== null &&
      done.loop === this.loops &&
      done.repeats > 0 &&
      done.repeatEnd === offset &&
      offset > 0
    ) {
      if (object.take(0, done.bytes, 0, offset) > 0) {
        object.headBytes = Math.min(HEAD_BYTES, offset)
        object.headHash = hash32(done.bytes, 0, object.headBytes)
        object.cursor = offset
      }
    }
    this.#known.remove(done)
    return object
  }

  #begin(packet: SourcePacket, key: number, instance: number): TransportObject | null {
    const { lct, bytes, start, from, timeUs, frame } = packet
    const context = this.#context
    if (this.#closedSinceUs >= 0 && timeUs - this.#closedSinceUs > context.reorderUs) return null
    if (lct.transferLength > context.limits.objectBytes) {
      const { toi, transferLength: claimed } = lct
      const hit = { limit: 'object-bytes', most: context.limits.objectBytes, claimed } as const
      this.#events.limitReached(hit, this, timeUs, frame, { kind: 'lct', tsi: this.tsi, toi })
      return null
    }
    if (!this.#mayBegin(packet)) {
      this.#events.passedOver(this, timeUs, frame)
      return null
    }
    context.beginnings.begun()
    this.#open.makeRoom(timeUs, frame)
    const index = context.nextObjectIndex()
    const { toi, wideToi, codepoint } = lct
    const object = new TransportObject(this, context.pool, {
      index,
      key,
      toi: toi as Toi,
      wideToi,
      // Each FDT instance is another object under TOI 0.
      instance: key < 0 ? this.#instances++ : instance,
      codepoint,
      timeUs,
      frame,
    })
    this.names.resolve(object)
    if (lct.transferLength >= 0) {
      object.length = lct.transferLength
      object.sizeSource = SIZE_SOURCE.extension
    } else {
      const listed = this.names.transferLength(lct.toi)
      if (listed >= 0 && listed <= context.limits.objectBytes) {
        object.length = listed
        object.sizeSource = SIZE_SOURCE.file
      }
    }
    this.#open.add(object, timeUs, frame)
    if (this.#closedSinceUs >= 0) this.#open.endingOne(object, timeUs)
    context.observer.objectBegun(object, bytes, start, from, packet.end)
    this.#events.begun(object)
    return object
  }

  /** Whether an object may begin with this packet: always where it is whole with it, else as often as objects begin. */
  #mayBegin({ lct, offset, from, end }: SourcePacket): boolean {
    if (offset === 0 && (lct.closeObject || lct.transferLength === end - from)) return true
    return this.#beginnings.mayBegin(this.complete)
  }

  /** Takes a packet of an object that is already whole. */
  #repeat(done: DoneObject, offset: number, count: number, timeUs: number): void {
    done.packets++
    if (done.media) this.#open.mediaCame(timeUs)
    if (!this.#senders.shared) this.#repeats.follow(done, offset, count, timeUs)
    if (offset === 0) {
      done.repeats++
      done.repeatEnd = count
      this.#events.repeated(this, done, false, timeUs)
    } else if (offset >= done.repeatEnd && done.repeatEnd < done.length) {
      done.repeatEnd = offset === done.repeatEnd ? offset + count : done.length
    } else {
      this.duplicates++
    }
    this.#context.observer.objectRepeated(done.index, done.packets, done.repeats, timeUs)
    if (done.repeatEnd === done.length && offset + count === done.length) {
      this.#events.repeated(this, done, true, timeUs)
    }
  }

  #headerOnly(lct: LctPacket, timeUs: number): void {
    const object = this.#open.get(lct.toi)
    if (object === undefined) return
    object.packets++
    object.lastTimeUs = timeUs
    if (lct.timed) object.takeTimes(lct, timeUs)
    if (lct.transferLength >= 0 && object.length < 0 && lct.transferLength >= object.ranges.highest) {
      object.length = lct.transferLength
      object.sizeSource = SIZE_SOURCE.extension
    }
    if (lct.closeObject) {
      if (object.length < 0) this.#open.closeAt(object, object.ranges.highest, 0)
      this.#open.endingOne(object, timeUs)
    }
    if (object.whole) this.#open.finish(object, timeUs)
  }

  #closing(closing: boolean, timeUs: number, frame: number): void {
    this.#closedSinceUs = closing ? timeUs : -1
    if (!closing) return
    this.#open.ending(timeUs)
    this.#events.sessionClosed(this, timeUs, frame)
  }

  get closed(): boolean {
    return this.#closedSinceUs >= 0
  }

  doneObject(key: number): DoneObject | undefined {
    return this.#known.get(key)
  }

  restore(object: TransportObject | null, toi: Toi, decoded: DecodedObject, timeUs: number, frame: number): void {
    const restored = object ?? this.#beginUnseen(toi, decoded.length, timeUs, frame)
    if (restored !== null) this.#open.restore(restored, decoded, timeUs)
  }

  /** Begins an object without packets. */
  #beginUnseen(toi: Toi, length: number, timeUs: number, frame: number): TransportObject | null {
    const context = this.#context
    if (this.#known.get(toi) !== undefined || length > context.limits.objectBytes) return null
    context.beginnings.begun()
    this.#open.makeRoom(timeUs, frame)
    const codepoint = this.names.source?.payloads[0]?.codepoint ?? 0
    const index = context.nextObjectIndex()
    const numbers = { index, key: toi, toi: toi as Toi, wideToi: null, instance: 0 }
    const object = new TransportObject(this, context.pool, { ...numbers, codepoint, timeUs, frame })
    this.names.resolve(object)
    object.length = length
    object.sizeSource = SIZE_SOURCE.extension
    this.#open.add(object, timeUs, frame)
    context.observer.objectBegun(object, NO_HEADER, 0, 0, 0)
    this.#events.begun(object)
    return object
  }

  /** Ends objects whose time has passed. */
  tick(timeUs: number): void {
    this.#open.tick(timeUs)
  }

  evictKept(): boolean {
    return this.#open.evictKept()
  }

  /** The capture starts again: open objects are cut off, and whole ones may arrive again as new. */
  loop(timeUs: number): void {
    this.#open.loop(timeUs)
  }

  /** Reception stopped for a while: open objects are cut off, later packets are another transmission. */
  left(timeUs: number): void {
    this.#open.endAll(timeUs)
  }

  /** No more packets: an object whose transmission had ended is lost, the others are cut off. */
  close(timeUs: number): void {
    this.#open.close(timeUs)
  }

  /**
   * Names or lengths became known: checks open objects again.
   * @param files that a table lists; absent: any
   */
  namesChanged(timeUs: number, files?: readonly { readonly toi: Toi }[]): void {
    this.#tables.namesChanged(timeUs, files)
  }
}
