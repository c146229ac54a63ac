import { sameBytes } from '#platform'
import type { ServiceId, Toi, Tsi } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import type { Carrier } from '../../flow/carriers.ts'
import type { Lease } from '../../flow/lease.ts'
import type {
  ByteRange,
  FlowObject,
  IncompleteState,
  ListedFacts,
  ObjectKind,
  ObjectTimes,
} from '../../flow/objects.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import type { BytePool } from './byte-pool.ts'
import { ByteRanges } from './byte-ranges.ts'
import { ObjectBytes } from './object-bytes.ts'
import type { OrderedObject } from './open-order.ts'

/** The LCT channel of an object, as far as the object needs it. */
export interface ObjectHome {
  readonly index: number
  readonly destination: string
  readonly tsi: Tsi
  readonly serviceId: ServiceId | null
  readonly role: ChannelRole
  readonly representation: string | null
}

/** What is known of an object from its first packet. */
export type ObjectBeginning = {
  /** Number among all objects of the session. */
  readonly index: number
  /** Key in the channel's maps: the TOI, or negative for an FDT instance on TOI 0. */
  readonly key: number
  readonly toi: Toi
  /** As in `Carrier`; null where the TOI is its value. */
  readonly wideToi: string | null
  /** Objects of its channel that had this TOI before. */
  readonly instance: number
  readonly codepoint: number
  readonly timeUs: number
  readonly frame: number
}

/** Drops one of its objects. */
export interface Evictor {
  evictOne(object: TransportObject, timeUs: number, frame: number): void
}

/** Why a packet's bytes were rejected. */
export const TAKEN = { malformed: -1, tooManyHoles: -2, noMemory: -3 } as const

/** Source of a length; a stronger source overrides a weaker one. */
export const SIZE_SOURCE = { none: 0, lastPacket: 1, file: 2, extension: 3 } as const

/** Bound on the recovered ranges remembered of one object. */
const MAX_RECOVERED_RANGES = 1024

const scratch: number[] = []
const NO_RANGES: readonly ByteRange[] = []

/**
 * One transport object under assembly. The channel decides which packets belong to it and when it ends; this class
 * keeps ranges and bytes. Where packets overlap the first bytes win (RFC 9223 leaves it open).
 */
export class TransportObject implements FlowObject, OrderedObject {
  readonly home: ObjectHome
  readonly index: number
  readonly carrier: Extract<Carrier, { kind: 'lct' }>
  readonly firstTimeUs: number
  name: string | null = null
  contentType: string | null = null
  contentEncoding: string | null = null
  listed: ListedFacts | null = null
  kind: ObjectKind = 'file'
  state: 'receiving' | 'complete' | IncompleteState = 'receiving'
  lastTimeUs: number
  packets = 0
  repeats = 0
  times: { -readonly [name in keyof ObjectTimes]: ObjectTimes[name] } | null = null
  /** Length, -1 while unknown. */
  length = -1
  sizeSource: number = SIZE_SOURCE.none
  /** Key in the channel's maps: the TOI, or negative for an FDT instance on TOI 0. */
  readonly key: number
  /** Frame of its first packet. */
  readonly frame: number
  /** Stream time at which a newer object of the channel began, or the sender closed this one; -1 neither. */
  endingSinceUs = -1
  /** End of the packets with the B flag, where nothing else tells the length; -1 none. */
  closedAt = -1
  /** Progress of the transmission: end of the packet last in order. */
  cursor = 0
  /** End of what the current round of its transmission has brought from the first byte on, without a gap. */
  roundEnd = 0
  /** Earlier rounds that brought all of it, to the same end. */
  rounds = 0
  /** Hash and count of its first bytes, to distinguish a repeat from a reuse; 0 bytes: unknown. */
  headHash = 0
  headBytes = 0
  /** `objectBegun` of the sink has been called. */
  announced = false
  /**
   * Offset of the packet with which reception of its channel began, where that is inside this object; bytes before it
   * are not lost.
   */
  joinedAt = 0
  /** Agreement with the digests of its table; null unchecked. */
  sound: boolean | null = null
  /** Bytes recovered by FEC; they count as missing from the network. */
  recovered = 0
  starved = false
  /** The sender contradicts itself about it: what is missing was not lost on the way. */
  sendersFault = false
  /** The other length that was declared of it; -1 none. */
  redeclared = -1
  /** End of the bytes that were looked at for what tells their end; -1 none were. */
  askedAt = -1
  /** Time of the newest table that gives its TOI or its name to other content; -1: none does. */
  supersededUs = -1
  /** Length that a table gives it anew, until its next packet shows whether it is of this object; -1: none does. */
  relisted = -1
  /** Packets of it are kept until a table says where they belong. */
  awaitsTable = false
  /** What shows its length, where nothing tells it. */
  measuredBy: 'content' | 'repeats' | null = null
  /** Their ranges, the first `MAX_RECOVERED_RANGES`. */
  readonly recoveredRanges: ByteRange[] = []
  /** Ranges lost at its incomplete end, and their sum; none again where the object goes on. */
  lostRanges: readonly ByteRange[] = NO_RANGES
  countedLost = 0
  packetBytes = 0
  /** Arrival and frame of the packet after its first hole; -1: it has none so far. */
  gapUs = -1
  gapFrame = 0
  lastFrame = 0
  /** Its packets do not come in order of their offsets (interleaved blocks): a hole below the newest byte may still fill. */
  shuffled = false
  readonly ranges = new ByteRanges()
  older: OrderedObject | null = null
  newer: OrderedObject | null = null
  /** Drops it from the open objects of its channel. */
  evictor: Evictor | null = null
  readonly #bytes: ObjectBytes
  #watchers: Set<() => void> | null = null
  #notifiedPackets = -1
  #keepers = 0
  /** Sinks that will tell when they read its bytes no more. */
  #holders = 0
  #released = false
  /** A range is marked as received, and its bytes found no memory. */
  #torn = false

  constructor(home: ObjectHome, pool: BytePool, beginning: ObjectBeginning) {
    const { index, key, toi, wideToi, instance, codepoint, timeUs, frame } = beginning
    this.home = home
    this.#bytes = new ObjectBytes(pool)
    this.index = index
    this.key = key
    const carrier = { kind: 'lct', tsi: home.tsi as Tsi, toi, codepoint, instance } as const
    this.carrier = wideToi === null ? carrier : { ...carrier, wideToi }
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    this.frame = frame
  }

  evict(timeUs: number, frame: number): void {
    this.evictor?.evictOne(this, timeUs, frame)
  }

  get serviceId(): ServiceId | null {
    return this.home.serviceId
  }
  get destination(): string {
    return this.home.destination
  }
  get channel(): number {
    return this.home.index
  }
  get tsi(): Tsi {
    return this.carrier.tsi
  }
  get toi(): Toi {
    return this.carrier.toi
  }
  get instance(): number {
    return this.carrier.instance
  }
  get codepoint(): number {
    return this.carrier.codepoint
  }
  get representation(): string | null {
    return this.home.representation
  }
  get role(): ChannelRole {
    return this.home.role
  }
  get size(): number | null {
    return this.length < 0 ? null : this.length
  }
  get received(): number {
    return this.ranges.total - this.recovered
  }
  get lostAtUs(): number {
    return this.gapUs < 0 ? this.lastTimeUs : this.gapUs
  }
  get lostFrame(): number {
    return this.gapUs >= 0 ? this.gapFrame : this.lastFrame || this.frame
  }
  /** It ended without bytes that were sent while it was received, or without a word of its end. */
  get lacks(): boolean {
    return this.state === 'partial'
  }
  get whole(): boolean {
    return this.length >= 0 && this.ranges.prefix >= this.length
  }

  /**
   * Takes `source[from, to)` at offset `start`.
   * @returns number of new bytes, or a negative value (`TAKEN`) where nothing was taken
   */
  take(start: number, source: Uint8Array, from: number, to: number): number {
    const end = start + to - from
    if (this.length >= 0 && end > this.length) return TAKEN.malformed
    if (this.#torn) return TAKEN.noMemory
    if (start === this.ranges.prefix && this.ranges.highest <= start) {
      if (!this.#bytes.write(start, source, from, to, this.length)) return TAKEN.noMemory
      this.ranges.prefix = end
      this.ranges.highest = end
      this.ranges.total += end - start
      return end - start
    }
    scratch.length = 0
    const added = this.ranges.add(start, end, scratch)
    if (added < 0) return TAKEN.tooManyHoles
    this.#bytes.tableBytes(this.ranges.tableBytes)
    for (let i = 0; i < scratch.length; i += 2) {
      const a = scratch[i] as number
      const b = scratch[i + 1] as number
      if (!this.#bytes.write(a, source, from + a - start, from + b - start, this.length)) {
        // Ranges are already marked.
        this.#torn = true
        return TAKEN.noMemory
      }
    }
    return added
  }

  /**
   * Fills the holes of `[from, to)` with bytes of `source`, which begins where the object does.
   * @returns as `take`
   */
  restore(from: number, to: number, source: Uint8Array): number {
    let filled = 0
    let cursor = from
    for (const [start, end] of [...this.ranges.covered(from, to), [to, to] as const]) {
      if (start > cursor) {
        const added = this.take(cursor, source, cursor, start)
        if (added < 0) {
          this.recovered += filled
          return added
        }
        filled += added
        if (this.recoveredRanges.length < MAX_RECOVERED_RANGES) this.recoveredRanges.push([cursor, start])
      }
      cursor = end
    }
    this.recovered += filled
    this.#notifiedPackets = -1
    return filled
  }

  /** True where all bytes of `[start, end)` are there. */
  covers(start: number, end: number): boolean {
    return this.ranges.covers(start, end)
  }

  /** True where bytes already received at `start` differ from `source[from, to)`. */
  differs(start: number, source: Uint8Array, from: number, to: number): boolean {
    const end = start + to - from
    if (end <= this.ranges.prefix) return !sameBytes(this.#bytes.view(start, end), source.subarray(from, to))
    if (!this.ranges.touches(start, end)) return false
    for (const [a, b] of this.ranges.covered(start, end)) {
      const have = this.#bytes.view(a, b)
      for (let i = 0; i < have.length; i++) if (have[i] !== source[from + a - start + i]) return true
    }
    return false
  }

  /** Stores the times of a header; for headers with times, which are few. */
  takeTimes(lct: LctPacket, timeUs: number): void {
    this.times ??= {
      senderUs: null,
      senderArrivalUs: null,
      residualMs: null,
      sessionChangedUs: null,
      presentationUs: null,
      earliestTicks: null,
    }
    const times = this.times
    if (times.senderUs === null && lct.sctUs >= 0) {
      times.senderUs = lct.sctUs
      times.senderArrivalUs = timeUs
    }
    if (times.residualMs === null && lct.ertMs >= 0) times.residualMs = lct.ertMs
    if (times.sessionChangedUs === null && lct.slcUs >= 0) times.sessionChangedUs = lct.slcUs
    if (times.presentationUs === null && lct.presentationUs >= 0) times.presentationUs = lct.presentationUs
    if (times.earliestTicks === null && lct.cci > 0) times.earliestTicks = lct.cci
  }

  /**
   * Ends it incomplete: what was sent before reception began, or would have come after its end, is not lost.
   *
   * @param why `partial` where its transmission has ended, `truncated` where only reception ends
   */
  endIncomplete(why: 'partial' | 'truncated'): void {
    const holes = this.missing()
    const upTo = why === 'partial' ? Number.POSITIVE_INFINITY : this.shuffled ? 0 : this.ranges.highest
    const lost: ByteRange[] = []
    for (const [start, end] of holes) {
      const from = Math.max(start, this.joinedAt)
      const to = Math.min(end, upTo)
      if (from < to) lost.push([from, to])
    }
    this.lostRanges = lost
    this.countedLost = sumOfRanges(lost)
    if (lost.length > 0) this.state = 'partial'
    else if (this.joinedAt > 0 && (why === 'truncated' || holes.length > 0)) this.state = 'joined'
    else this.state = why
  }

  /** It goes on after an incomplete end. */
  goOn(): void {
    this.state = 'receiving'
    this.lostRanges = NO_RANGES
    this.countedLost = 0
  }

  /** Makes the complete object one buffer. */
  join(): void {
    this.#bytes.join(this.length)
  }

  /** Ends the receiver's use of the bytes (see `ObjectBytes.release`), unless a repair flow keeps them. */
  release(): void {
    this.#released = true
    if (this.#keepers === 0) this.#bytes.release()
  }

  /** Keeps the bytes beyond `release`, until as many calls of `releaseKept`. */
  keep(): void {
    this.#keepers++
  }

  releaseKept(): void {
    if (--this.#keepers === 0 && this.#released) this.#bytes.release()
  }

  hold(): void {
    this.#holders++
  }

  /** One holder less; after the last one, the memory of an object that is one file, `bytes`, is used again. */
  spent(bytes: Uint8Array): void {
    if (--this.#holders > 0 || this.#keepers > 0 || bytes.byteLength !== this.length) return
    this.#bytes.spent(bytes)
  }

  lease(from: number, to: number): Lease {
    return this.leaseOf(this.bytes(from, to))
  }

  /** A lease on bytes that are a view of this object's bytes, or made of them. */
  leaseOf(bytes: Uint8Array): Lease {
    return new ObjectLease(this, bytes)
  }

  /** A lease on bytes of an incomplete object, holes as zeros: they are put together where somebody looks at them. */
  leaseWithHoles(size: number): Lease {
    return new HoledLease(this, size)
  }

  /** Calls the watchers after more bytes or the end. */
  notify(): void {
    if (this.#watchers === null) return
    if (this.state === 'receiving' && this.#notifiedPackets === this.packets) return
    this.#notifiedPackets = this.packets
    for (const watcher of [...this.#watchers]) watcher()
  }

  prefixBytes(): number {
    return this.ranges.prefix
  }

  /** Bytes `[from, to)` for immediate use, a view where in one piece; holes read as zeros. */
  bytes(from: number, to: number): Uint8Array {
    if (from >= to) return new Uint8Array(0)
    if (to <= this.ranges.prefix) return this.#bytes.view(from, to)
    return this.#bytes.copyWithHoles(from, to, this.ranges)
  }

  missing(): ByteRange[] {
    return this.ranges.missing(this.size)
  }

  watch(watcher: () => void): () => void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
    return () => {
      this.#watchers?.delete(watcher)
    }
  }
}

function sumOfRanges(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0)
}

abstract class LeaseOnObject implements Lease {
  protected readonly object: TransportObject

  constructor(object: TransportObject) {
    this.object = object
  }

  abstract get bytes(): Uint8Array

  keep(): void {
    this.object.keep()
  }

  release(): void {
    this.object.releaseKept()
  }

  hold(): void {
    this.object.hold()
  }

  spent(): void {
    this.object.spent(this.bytes)
  }
}

class ObjectLease extends LeaseOnObject {
  readonly bytes: Uint8Array

  constructor(object: TransportObject, bytes: Uint8Array) {
    super(object)
    this.bytes = bytes
  }
}

/** A storm of claims loses objects that nobody looks at: their holes are not filled. */
class HoledLease extends LeaseOnObject {
  readonly #size: number
  #made: Uint8Array | null = null

  constructor(object: TransportObject, size: number) {
    super(object)
    this.#size = size
  }

  get bytes(): Uint8Array {
    this.#made ??= this.object.bytes(0, this.#size)
    return this.#made
  }
}
