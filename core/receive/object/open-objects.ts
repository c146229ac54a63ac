import { isWideToi } from '../../protocol/lct/wide-toi.ts'
import { isReservedToi } from '../../protocol/route/toi-plan.ts'
import type { ChannelEvents, ObjectContext } from './channel-events.ts'
import { hash32 } from './content-hash.ts'
import { HEAD_BYTES } from './done-object.ts'
import type { KnownObjects } from './known-objects.ts'
import { type Evictor, type ObjectHome, SIZE_SOURCE, type TransportObject } from './transport-object.ts'
import { BREAK_US, isBeginning, type WayBack } from './way-back.ts'

/** Incomplete objects kept with their bytes for late packets of a carousel: few for media, which is sent once. */
const KEPT_MEDIA = 2
const KEPT_FILES = 64
/** Objects are not cut into shorter packets than every host takes (RFC 791), bytes. */
const SHORTEST_CUT = 512
/** Whole rounds to the same end that show the end of an object. */
const ROUNDS = 2
/** What comes again sooner is a copy of a packet, not the next round, µs. */
const ROUND_US = 10_000

/** The channel of the objects, and its counters. */
export interface CountedHome extends ObjectHome {
  /** Bytes known to be missing from incomplete objects. */
  lost: number
  complete: number
  incomplete: number
  /** Incomplete objects that lost nothing: begun before reception, or not over at its end. */
  cutOff: number
  /** Objects completed by FEC, and recovered bytes. */
  readonly fec: { healed: number; recovered: number }
  /** Wait of an incomplete object for repair packets after its last packet, µs; 0 without protection. */
  readonly repairWaitUs: number
  /** Restarts of the source. */
  loops: number
  /** TOIs have few bits and wrap to 1: a TOI that goes back means nothing. */
  toisGoRound: boolean
  /** It went back to an earlier object. */
  readonly isBack: boolean
  /** Most bytes of an object in one packet. */
  readonly packetBytes: number
}

/** What decoding gave of an object. */
export type DecodedObject = {
  /** Of the object; -1 unknown. */
  readonly length: number
  /** The object from its beginning; only `ranges` of it are valid. */
  readonly bytes: Uint8Array
  readonly ranges: readonly (readonly [number, number])[]
}

/**
 * The objects of one channel that are being received, or kept after an incomplete end: how and when each of them ends.
 */
export class OpenObjects<Channel extends CountedHome> implements Evictor {
  readonly #context: ObjectContext
  readonly #events: ChannelEvents<Channel>
  readonly #channel: Channel
  readonly #known: KnownObjects
  readonly #objects = new Map<number, TransportObject>()
  /** Those that may still get more bytes are among these: all that began or went on since the others were ending. */
  #goingOn: TransportObject[] = []
  /** Object of the previous packet, the most likely one for the next. */
  last: TransportObject | null = null
  #newestMediaToi = -1
  /** First one of the transmission, or below it. */
  #lowestMediaToi = -1
  #mediaStep = 1
  /** Newest packet of media objects that have ended, or come again; -1 without one. */
  #mediaUs = -1
  /** Nothing ends by time before this. */
  #dueUs = Number.POSITIVE_INFINITY

  constructor(context: ObjectContext, events: ChannelEvents<Channel>, channel: Channel, known: KnownObjects) {
    this.#context = context
    this.#events = events
    this.#channel = channel
    this.#known = known
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: number): TransportObject | undefined {
    return this.#objects.get(key)
  }

  values(): Iterable<TransportObject> {
    return this.#objects.values()
  }

  /** Adds a new object; its beginning ends those before it. */
  add(object: TransportObject, timeUs: number, frame: number): void {
    if (isMedia(object)) {
      const { toi } = object
      // No object has had it: it is the beginning of another transmission only where it is far from this one, or the first.
      const isBack = this.#channel.isBack || toi <= this.#lowestMediaToi || this.isFarBack(toi)
      if (isBack && this.goesBack(toi)) {
        const way = this.wayBack(toi, Number.POSITIVE_INFINITY, 0)
        this.#events.wentBack(this.#channel, way, null, timeUs, frame)
      }
      // Numbers that stand for wide TOIs have no order.
      if (!isWideToi(toi)) this.#count(toi)
    }
    // An init segment or playlist is sent between segments and ends nothing.
    if (object.kind !== 'init' && object.kind !== 'playlist' && !isReservedToi(object.toi)) {
      this.ending(timeUs)
      if (!this.#context.spec.reorder) this.#endNow(timeUs)
    }
    this.#objects.set(object.key, object)
    this.#goesOn(object)
    object.evictor = this
    this.#context.openOrder.add(object)
    this.#due(timeUs + (mayTellItsEnd(object) ? this.#context.reorderUs : this.#context.limits.idleMs * 1000))
  }

  #count(toi: number): void {
    if (this.#lowestMediaToi < 0 || toi < this.#lowestMediaToi) this.#lowestMediaToi = toi
    if (toi <= this.#newestMediaToi) return
    if (this.#newestMediaToi >= 0) this.#mediaStep = toi - this.#newestMediaToi
    this.#newestMediaToi = toi
  }

  #due(timeUs: number): void {
    if (timeUs >= this.#dueUs) return
    this.#dueUs = timeUs
    this.#events.dueBy(timeUs)
  }

  /**
   * A packet has the B flag of an object whose length nothing tells: that is its end, if it is the last one. Senders may set the flag in
   * several last packets (RFC 5651 §5.1), so a packet as long as others may not be; then its content tells, or that no more follows.
   * @param count bytes of the object in this packet
   */
  closeAt(object: TransportObject, end: number, count: number): void {
    const first = object.closedAt < 0
    object.closedAt = Math.max(object.closedAt, end)
    const { highest } = object.ranges
    if (object.closedAt < highest) return
    const short = count < Math.max(this.#channel.packetBytes, SHORTEST_CUT)
    const length = short ? highest : first ? this.#events.lengthByContent(this.#channel, object, true) : null
    if (length === null || length < highest || length > this.#context.limits.objectBytes) return
    object.length = length
    object.sizeSource = SIZE_SOURCE.lastPacket
  }

  /** The sender closed this object: it gets no more bytes, except late ones. */
  endingOne(object: TransportObject, timeUs: number): void {
    if (object.endingSinceUs < 0) object.endingSinceUs = timeUs
    this.#due(timeUs + this.#context.reorderUs)
  }

  #goesOn(object: TransportObject): void {
    if (this.#goingOn.length >= 2 * this.#objects.size + 16) this.#goingOn = [...this.#objects.values()]
    this.#goingOn.push(object)
  }

  /** Open objects get no more bytes, except late ones. */
  ending(timeUs: number): void {
    for (const object of this.#goingOn) {
      if (object.endingSinceUs < 0 && this.#objects.get(object.key) === object) object.endingSinceUs = timeUs
    }
    this.#goingOn.length = 0
    this.#due(timeUs + this.#context.reorderUs)
  }

  /** Packets are configured to be in order: a new object ends the others at once, without a wait for late bytes. */
  #endNow(timeUs: number): void {
    for (const object of [...this.#objects.values()]) {
      if (this.#endByContent(object, true, timeUs)) continue
      this.lose(object, 'partial', timeUs)
      this.drop(object)
    }
  }

  finish(object: TransportObject, timeUs: number): void {
    if (object.state !== 'receiving') this.resume(object)
    this.#events.ending(this.#channel, object, timeUs)
    if (!this.#events.isSound(this.#channel, object)) {
      this.lose(object, 'partial', timeUs)
      this.drop(object)
      return
    }
    object.state = 'complete'
    this.#hadMedia(object)
    this.#channel.complete++
    this.#context.beginnings.whole()
    object.join()
    this.#delete(object)
    this.#known.add(object, this.#channel.loops, isReplaceable(object))
    this.#context.observer.objectEnded(object)
    object.notify()
    this.#events.whole(this.#channel, object, timeUs)
  }

  /** Puts decoded bytes into an object's holes. */
  restore(object: TransportObject, { length, bytes, ranges }: DecodedObject, timeUs: number): void {
    if (object.length < 0 && length >= object.ranges.highest) {
      object.length = length
      object.sizeSource = SIZE_SOURCE.extension
    }
    const before = object.recovered
    for (const [from, to] of ranges) if (object.restore(from, to, bytes) < 0) break
    if (object.recovered === before && !object.whole) return
    this.#channel.fec.recovered += object.recovered - before
    if (object.headBytes === 0 && object.ranges.prefix >= HEAD_BYTES) {
      object.headBytes = HEAD_BYTES
      object.headHash = hash32(object.bytes(0, HEAD_BYTES), 0, HEAD_BYTES)
    }
    if (object.state !== 'receiving') this.resume(object)
    if (!object.whole) {
      object.notify()
      return
    }
    this.#channel.fec.healed++
    this.finish(object, timeUs)
  }

  resume(object: TransportObject): void {
    this.#channel.lost -= object.countedLost
    if (object.lacks) this.#channel.incomplete--
    else this.#channel.cutOff--
    object.goOn()
    object.endingSinceUs = -1
    this.#goesOn(object)
    this.#due(object.lastTimeUs)
    this.#context.observer.objectResumed(object)
  }

  /**
   * The first bytes of an object whose length nobody told come again, the same.
   * @param agoUs since its last packet
   * @returns true where it is whole: its content tells its end, or it ended twice in the same place
   */
  comesRound(object: TransportObject, agoUs: number, timeUs: number): boolean {
    const { prefix, highest } = object.ranges
    if (object.roundEnd !== highest || prefix !== highest || agoUs < ROUND_US) return false
    if (this.#endByContent(object, true, timeUs)) return true
    object.rounds++
    return false
  }

  /**
   * Ends an object whose length nobody told by its content, where that tells its end, else by its last B flag, or by rounds.
   * @returns true where it is whole
   */
  #endByContent(object: TransportObject, over: boolean, timeUs: number): boolean {
    if (object.length >= 0 || object.state !== 'receiving' || object.ranges.total === 0) return false
    const { closedAt, ranges } = object
    const { highest } = ranges
    const content = this.#events.lengthByContent(this.#channel, object, over)
    const isRound = content === null && object.rounds + (object.roundEnd === highest ? 1 : 0) >= ROUNDS
    const length = content ?? (isRound || (over && closedAt === highest) ? highest : null)
    if (length === null || length > this.#context.limits.objectBytes) return false
    object.length = length
    object.sizeSource = SIZE_SOURCE.lastPacket
    if (closedAt < 0) object.measuredBy = isRound ? 'repeats' : 'content'
    if (!object.whole) return false
    this.finish(object, timeUs)
    return true
  }

  /** @param why `partial` where its transmission has ended, `truncated` where only reception ends */
  lose(object: TransportObject, why: 'partial' | 'truncated', timeUs: number): void {
    if (object.state !== 'receiving') return
    this.#events.ending(this.#channel, object, timeUs)
    object.endIncomplete(why)
    this.#hadMedia(object)
    this.#due(timeUs)
    this.#channel.lost += object.countedLost
    if (object.lacks) this.#channel.incomplete++
    else this.#channel.cutOff++
    this.#context.observer.objectEnded(object)
    object.notify()
    this.#events.lost(this.#channel, object, timeUs)
  }

  /** Removes an incomplete object; its TOI is remembered as lost. */
  drop(object: TransportObject): void {
    this.remove(object)
    this.#known.add(object, this.#channel.loops, false)
  }

  remove(object: TransportObject): void {
    object.release()
    this.#delete(object)
  }

  #delete(object: TransportObject): void {
    if (this.last === object) this.last = null
    if (this.#objects.get(object.key) !== object) return
    this.#objects.delete(object.key)
    this.#context.openOrder.remove(object)
  }

  /** Makes room for one more open object, within the bound of the channel and that of all. */
  makeRoom(timeUs: number, frame: number): void {
    const { openOrder, limits } = this.#context
    if (this.#objects.size >= limits.openObjects) this.#evict(timeUs, frame)
    else if (openOrder.count >= limits.openObjectsInAll) openOrder.oldest?.evict(timeUs, frame)
  }

  evictOne(object: TransportObject, timeUs: number, frame: number): void {
    if (object.state === 'receiving') {
      const most = this.#context.limits.openObjectsInAll
      this.#events.limitReached({ limit: 'open-objects', most }, this.#channel, timeUs, frame)
      this.lose(object, 'partial', timeUs)
    }
    this.drop(object)
  }

  /** Removes an object that has ended, else the oldest. */
  #evict(timeUs: number, frame: number): void {
    let victim: TransportObject | null = null
    for (const object of this.#objects.values()) {
      victim ??= object
      if (object.state !== 'receiving') {
        victim = object
        break
      }
    }
    if (victim === null) return
    if (victim.state === 'receiving') {
      const most = this.#context.limits.openObjects
      this.#events.limitReached({ limit: 'open-objects', most }, this.#channel, timeUs, frame)
      this.lose(victim, 'partial', timeUs)
    }
    this.drop(victim)
  }

  /**
   * Frees memory: objects kept for late bytes, and bytes stored for comparison.
   * @returns true where there were some
   */
  evictKept(): boolean {
    let freed = this.#known.evictKept()
    for (const object of [...this.#objects.values()]) {
      if (object.state === 'receiving') continue
      this.drop(object)
      freed = true
    }
    return freed
  }

  /** Ends objects that waited long enough, and tells when the next ones are due. */
  tick(timeUs: number): void {
    // Without objects too: a time that has passed would keep later ones from being due.
    if (timeUs >= this.#dueUs) this.#endDue(timeUs)
    if (this.#dueUs !== Number.POSITIVE_INFINITY) this.#events.dueBy(this.#dueUs)
  }

  #endDue(timeUs: number): void {
    let dueUs = Number.POSITIVE_INFINITY
    let keptMedia = 0
    let keptFiles = 0
    for (const object of this.#objects.values()) {
      if (object.state === 'receiving') {
        const quietSince = Math.max(object.lastTimeUs, object.endingSinceUs)
        const idleUs = this.#context.limits.idleMs * 1000
        const overUs = object.endingSinceUs >= 0 ? this.#context.reorderUs : idleUs
        // Its table may come as long as packets are kept.
        const wait = object.awaitsTable ? 2 * idleUs : overUs
        const endsUs = Math.max(quietSince + wait, object.lastTimeUs + this.#channel.repairWaitUs)
        if (timeUs < endsUs) {
          const askUs = mayTellItsEnd(object) ? quietSince + this.#context.reorderUs : endsUs
          if (timeUs >= askUs && this.#endByContent(object, false, timeUs)) continue
          if (timeUs >= askUs) object.askedAt = object.ranges.highest
          dueUs = Math.min(dueUs, timeUs >= askUs ? endsUs : askUs)
          continue
        }
        if (this.#endByContent(object, true, timeUs)) continue
        this.lose(object, 'partial', timeUs)
      }
      if (isMedia(object)) keptMedia++
      else keptFiles++
    }
    this.#dueUs = dueUs
    if (keptMedia <= KEPT_MEDIA && keptFiles <= KEPT_FILES) return
    for (const object of [...this.#objects.values()]) {
      if (object.state === 'receiving') continue
      if (isMedia(object) ? keptMedia-- > KEPT_MEDIA : keptFiles-- > KEPT_FILES) this.drop(object)
    }
  }

  /** The capture starts again: open objects are cut off, and whole ones may arrive again as new. */
  loop(timeUs: number): void {
    this.endAll(timeUs)
    this.#channel.loops++
    this.#newestMediaToi = -1
    this.#lowestMediaToi = -1
  }

  /** No more packets: an object whose transmission had ended is lost, the others are cut off. */
  close(timeUs: number): void {
    this.endAll(timeUs)
    this.#known.clear()
  }

  endAll(timeUs: number): void {
    for (const object of [...this.#objects.values()]) {
      const sentToTheEnd = object.length >= 0 && object.ranges.highest >= object.length
      const over = object.endingSinceUs >= 0 || sentToTheEnd || object.sendersFault
      if (this.#endByContent(object, over, timeUs)) continue
      this.lose(object, over ? 'partial' : 'truncated', timeUs)
      this.drop(object)
    }
  }

  /** Stream time of the newest media packet; -1 without one. */
  get lastMediaUs(): number {
    let lastUs = this.#mediaUs
    for (const object of this.#objects.values())
      if (isMedia(object) && object.lastTimeUs > lastUs) lastUs = object.lastTimeUs
    return lastUs
  }

  /** A media object came again. */
  mediaCame(timeUs: number): void {
    if (timeUs > this.#mediaUs) this.#mediaUs = timeUs
  }

  #hadMedia(object: TransportObject): void {
    if (isMedia(object)) this.mediaCame(object.lastTimeUs)
  }

  /** Whether a media object of this TOI comes behind those that were to follow it. */
  goesBack(toi: number): boolean {
    if (toi >= this.#newestMediaToi || this.#context.spec.detectLoops === 'off') return false
    return !this.#channel.toisGoRound && !isWideToi(toi)
  }

  /** Whether a packet goes on from where media was: it is of an object that follows all of it, or fills the newest one. */
  goesOn(toi: number, offset: number, count: number): boolean {
    if (isReservedToi(toi) || isWideToi(toi)) return false
    if (toi !== this.#newestMediaToi) return toi > this.#newestMediaToi
    const newest = this.#objects.get(toi)
    return newest !== undefined && count > 0 && !newest.covers(offset, offset + count)
  }

  /**
   * Whether a packet of an open object may be of another one: its sender broke off in the middle of it and goes back in it, or it comes
   * behind those that were to follow it.
   * @returns time since its end, µs, infinite without one; -1: it goes on
   */
  beganAgainUs(object: TransportObject, offset: number, count: number, timeUs: number): number {
    if (!isMedia(object) || object.ranges.total === 0) return -1
    const isSilent = timeUs - this.lastMediaUs >= BREAK_US
    // One packet that is all an object lacks from before reception may come late, while other media comes.
    const fills = object.state === 'joined' && offset === 0 && count >= object.joinedAt
    if (fills && !this.#channel.isBack && !isSilent) return -1
    if (!isBeginning(offset, count)) return -1
    if (this.goesBack(object.toi)) return timeUs - object.lastTimeUs
    const isNewest = object.toi === this.#newestMediaToi && this.#context.spec.detectLoops !== 'off'
    // Reception was joined in it, and it is sent from its beginning.
    if (offset < object.joinedAt && isNewest && isSilent) return timeUs - object.lastTimeUs
    const brokenOff = object.state === 'receiving' && object.length >= 0 && object.ranges.highest < object.length
    // What fills a hole only comes late, and so may a copy of another packet while there are holes.
    const { prefix, highest } = object.ranges
    const isBack = offset < object.cursor && object.covers(offset, offset + 1) && (offset === 0 || prefix === highest)
    return brokenOff && isNewest && isBack ? Number.POSITIVE_INFINITY : -1
  }

  /**
   * @param agoUs since the end of the object of this TOI
   * @param length of it, 0 unknown
   */
  wayBack(toi: number, agoUs: number, length: number): WayBack {
    const first = toi <= this.#lowestMediaToi
    return { from: this.#newestMediaToi, to: toi, agoUs, length: Math.max(0, length), first, far: this.isFarBack(toi) }
  }

  /** Share of the bytes of an object that has come, from 0 to 1; 0 where its length is unknown. */
  shareOf(toi: number): number {
    const open = this.#objects.get(toi)
    if (open !== undefined) return open.length > 0 ? open.ranges.total / open.length : 0
    return this.#known.get(toi)?.complete === true ? 1 : 0
  }

  isFarBack(toi: number): boolean {
    const { detectLoops } = this.#context.spec
    if (detectLoops === 'off' || this.#channel.toisGoRound) return false
    // GPAC uses 100 for any step; TOIs of `$Time$` differ by much more between segments.
    return toi < this.#newestMediaToi - (detectLoops === 'on' ? 100 : Math.max(100, 4 * this.#mediaStep))
  }

  brokeOff(sinceUs: number): void {
    for (const object of [...this.#objects.values()]) {
      if (object.toi === 0 || object.firstTimeUs >= sinceUs) continue
      this.lose(object, 'truncated', sinceUs)
      this.drop(object)
    }
  }

  /** The source plays its content again from an earlier point since `sinceUs`: its media objects may arrive again as new. */
  startOver(sinceUs: number, timeUs: number): void {
    this.#newestMediaToi = -1
    this.#lowestMediaToi = -1
    for (const object of [...this.#objects.values()]) {
      if (!isMedia(object)) continue
      if (object.firstTimeUs >= sinceUs) {
        if (!isWideToi(object.toi)) this.#count(object.toi)
        continue
      }
      this.lose(object, 'truncated', timeUs)
      this.drop(object)
    }
    this.#channel.loops++
  }
}

/** Signalling of untold length: once it is silent, its content may show that all of it came. */
function mayTellItsEnd({ kind, length, askedAt, ranges }: TransportObject): boolean {
  return kind === 'signalling' && length < 0 && askedAt !== ranges.highest
}

/** True for a media segment, sent once under a TOI of its own. */
function isMedia(object: TransportObject): boolean {
  return object.kind === 'media' && !isReservedToi(object.toi)
}

/** True for objects that senders replace under the same TOI: their bytes are compared. */
export function isReplaceable(object: TransportObject): boolean {
  return (
    object.kind === 'init' ||
    object.kind === 'playlist' ||
    object.kind === 'manifest' ||
    object.kind === 'signalling' ||
    isReservedToi(object.toi)
  )
}
