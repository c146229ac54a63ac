import type { ServiceId } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import { BoundedMap, oldestKey } from '../../flow/bounded-map.ts'
import type { ChannelCarrier } from '../../flow/carriers.ts'
import type { ChannelFacts, MmtpAssetFacts } from '../../flow/facts.ts'
import type { MpuMovie } from '../../media/mmt/mpu-movie.ts'
import { printable } from '../../protocol/mmtp/mp-table.ts'
import { MPU_FAULT } from '../../protocol/mmtp/mpu-payload.ts'
import type { RestartChannel } from '../lct/restart-watch.ts'
import { ChannelBeginnings } from '../object/beginnings.ts'
import type { BytePool } from '../object/byte-pool.ts'
import type { ObjectContext } from '../object/channel-events.ts'
import type { BackVerdict, WayBack } from '../object/way-back.ts'
import { WorkBudget } from '../object/work-budget.ts'
import { roleOfEntry, roleOfHandler } from './asset-roles.ts'
import { ARRIVAL, type MmtpCounter } from './mmtp-counter.ts'
import { type MpuHome, MpuObject } from './mpu-object.ts'
import type { MpuPacket } from './mpu-packet.ts'
import { MpuTimes } from './mpu-times.ts'
import { type EarlierMpu, mpuWayBack } from './mpu-way-back.ts'
import { SkippedMpus } from './skipped-mpus.ts'

/** MPUs of one asset under assembly at a time. */
const MAX_OPEN = 8
/** MPUs that may begin: an asset has one or two a second, or one for each frame. */
const MPUS_AT_ONCE = 256
const MPUS_PER_SECOND = 64
/** Distance from the last whole MPU within which one is expected. */
const EXPECTED_AHEAD = 2
/** Finished MPUs remembered, to recognise late packets and repeats. */
const MAX_KNOWN = 64

/** Shared by the assets of a receiver. */
export type AssetContext = ObjectContext & { nextChannelIndex(): number }

/** Reports of an asset to its session, and the session's facts. */
export interface AssetEvents {
  readonly destination: string
  readonly serviceId: ServiceId | null
  /** Added to packet_ids in names of folders. */
  readonly folderBase: number
  whole(asset: MmtpAsset, mpu: MpuObject, timeUs: number): void
  /** The MPU ended incomplete; handling the event releases it. */
  lost(asset: MmtpAsset, mpu: MpuObject, timeUs: number): void
  memoryFull(asset: MmtpAsset, timeUs: number, frame: number): void
  /** False where MPUs of assets without a description begin too often. */
  mayBegin(timeUs: number): boolean
  /** An MPU of the asset may have to end by time, not before this. */
  dueBy(timeUs: number): void
  /** A packet goes back to an earlier MPU. Where it is of another transmission, `startOver` of the asset has been called. */
  wentBack(asset: MmtpAsset, way: WayBack, timeUs: number, frame: number): BackVerdict
  /** MPUs begin too often: a packet is only counted. */
  passedOver(asset: MmtpAsset, timeUs: number, frame: number): void
}

type Known = {
  readonly index: number
  readonly complete: boolean
  readonly lastTimeUs: number
  packets: number
  repeats: number
}

/** One asset of an MMT package: the MPUs of its packet_id. Also a channel of objects, like an LCT channel. */
export class MmtpAsset implements ChannelFacts, MmtpAssetFacts, MpuHome, RestartChannel {
  readonly index: number
  readonly packetId: number
  readonly carrier: ChannelCarrier
  readonly times = new MpuTimes()
  readonly pool: BytePool
  readonly maxBytes: number
  assetId: string | null = null
  component: MmtpAssetFacts['component'] = null
  /** Four-character code, from the MP table or the MPU's sample entry. */
  type: string | null = null
  mpus = 0
  incomplete = 0
  cutOff = 0
  /** MPUs ended for lack of MPU metadata, or of movie fragment metadata. */
  withoutMetadata = 0
  withoutFragments = 0
  samplesLost = 0
  firstMpu: number | null = null
  lastMpu: number | null = null
  /** The MPU in transmission when the asset was first seen. */
  partialAtStart: number | null = null
  /** Bytes known to be missing from incomplete MPUs. */
  lost = 0
  lastMovie: MpuMovie | null = null
  /** Nothing ends by time before this. */
  dueUs = Number.POSITIVE_INFINITY
  readonly closed = false
  /** As of a channel of ROUTE; what goes back is not kept. */
  readonly names = { source: null, carriesSls: false }
  isBack = false
  readonly tablesWentBack = false
  isHeld = false
  lastMediaUs = -1
  readonly repairPackets = 0
  readonly fec = null
  #counter: MmtpCounter | null = null
  #role: ChannelRole = 'unknown'
  #current: MpuObject | null = null
  #learntFragments = 0
  #seenMetadata = false
  #reported = 0
  #loops = 0
  #lastWhole: number | null = null
  /** First MPU of the transmission, or one before it. */
  #lowestMpu = 0
  readonly #begun = new WorkBudget(MPUS_AT_ONCE, MPUS_PER_SECOND)
  readonly #beginnings: ChannelBeginnings
  readonly #context: AssetContext
  readonly #events: AssetEvents
  readonly #open = new Map<number, MpuObject>()
  readonly #known = new BoundedMap<number, Known>(MAX_KNOWN)
  readonly #skipped = new SkippedMpus()

  constructor(context: AssetContext, events: AssetEvents, packetId: number) {
    this.#context = context
    this.#events = events
    this.#beginnings = new ChannelBeginnings(context.beginnings)
    this.index = context.nextChannelIndex()
    this.packetId = packetId
    this.carrier = { kind: 'mmtp', packetId }
    this.pool = context.pool
    this.maxBytes = context.limits.objectBytes
  }

  get destination(): string {
    return this.#events.destination
  }
  get serviceId(): ServiceId | null {
    return this.#events.serviceId
  }
  get folder(): number {
    return this.#events.folderBase + this.packetId
  }
  get absent(): number {
    return this.#skipped.count
  }
  get representation(): string | null {
    return this.assetId
  }
  get role(): ChannelRole {
    return this.#role
  }
  get packets(): number {
    return this.#counter?.packets ?? 0
  }
  get bytes(): number {
    return this.#counter?.bytes ?? 0
  }
  get duplicates(): number {
    return this.#counter?.duplicates ?? 0
  }
  get outOfOrder(): number {
    return this.#counter?.outOfOrder ?? 0
  }
  get complete(): number {
    return this.mpus
  }
  get lastTimeUs(): number {
    return this.#counter?.lastTimeUs ?? 0
  }
  /** MPUs ended for lack of metadata and not reported. */
  get unread(): number {
    return this.withoutMetadata + this.withoutFragments - this.#reported
  }
  timeOf(mpuSequence: number): number | null {
    return this.times.get(mpuSequence)
  }

  /** Applies the MP table's description; it overrides that of the MPU. */
  describe(assetId: string, type: string): void {
    this.assetId = assetId
    this.type = type
    this.#role = roleOfEntry(type)
  }

  /** Marks losses for lack of metadata as reported. */
  reported(): void {
    this.#reported = this.withoutMetadata + this.withoutFragments
  }

  /**
   * Takes one packet with an MPU payload.
   * @param arrival its order, as `counter` found it
   * @returns 0, or the `MPU_FAULT` at which its units cannot be read
   */
  packet(packet: MpuPacket, counter: MmtpCounter, arrival: number): number {
    this.#counter = counter
    const { header, payload, bytes, timeUs, frame } = packet
    const { mpuSequence } = payload
    const beganAgain = arrival !== ARRIVAL.inOrder && this.#beganAgain(packet, arrival)
    if (arrival === ARRIVAL.duplicate && !beganAgain) return MPU_FAULT.none
    this.lastMediaUs = timeUs
    let mpu = this.#current
    if (mpu === null || mpu.sequence !== mpuSequence) {
      mpu = this.#open.get(mpuSequence) ?? this.#begin(packet)
      if (mpu === null) return MPU_FAULT.none
      this.#current = mpu
    }
    mpu.packets++
    mpu.lastTimeUs = timeUs
    let step = payload.next(bytes)
    for (; step > 0; step = payload.next(bytes)) {
      if (mpu.take(payload, header.sequence, bytes)) continue
      this.#events.memoryFull(this, timeUs, frame)
      this.#lose(mpu, 'partial', timeUs)
      return MPU_FAULT.none
    }
    this.#finishIfWhole(mpu, timeUs)
    return -step
  }

  /** Whether a packet whose number goes back is of another transmission, which then begins with it. */
  #beganAgain({ header, payload, timeUs, frame }: MpuPacket, arrival: number): boolean {
    const { mpuSequence } = payload
    if (this.lastMpu === null || this.#context.spec.detectLoops === 'off') return false
    const begins = payload.fragmentType === 0 && payload.indicator < 2
    const sent = { newest: this.lastMpu, lowest: this.#lowestMpu, lastUs: this.lastMediaUs }
    const way = mpuWayBack(mpuSequence, begins, sent, this.#earlier(mpuSequence), timeUs)
    if (way === null || this.#events.wentBack(this, way, timeUs, frame) !== 'restart') return false
    this.#counter?.sequence.beginAt(header.sequence, arrival)
    return true
  }

  #earlier(mpuSequence: number): EarlierMpu | null {
    const open = this.#open.get(mpuSequence)
    if (open !== undefined) return { lastTimeUs: open.lastTimeUs, open: true }
    const known = this.#known.get(mpuSequence)
    return known === undefined ? null : { lastTimeUs: known.lastTimeUs, open: false }
  }

  /** The source sends its MPUs again from an earlier one. @param sinceUs what began since then belongs to it */
  startOver(sinceUs: number, timeUs: number): void {
    for (const mpu of [...this.#open.values()]) if (mpu.firstTimeUs < sinceUs) this.#lose(mpu, 'truncated', timeUs)
    this.#known.clear()
    this.#skipped.restart()
    this.#counter?.sequence.restart()
    this.lastMpu = null
    this.#lastWhole = null
    this.#loops++
  }

  shareOf(mpuSequence: number): number {
    return this.#known.get(mpuSequence)?.complete === true ? 1 : 0
  }

  takeHeld(): void {}

  #begin({ header, payload, bytes, start, timeUs, frame }: MpuPacket): MpuObject | null {
    const { mpuSequence } = payload
    const known = this.#known.get(mpuSequence)
    if (known !== undefined) {
      known.packets++
      if (payload.fragmentType === 0 && payload.indicator < 2) known.repeats++
      if (known.complete) this.#context.observer.objectRepeated(known.index, known.packets, known.repeats, timeUs)
      return null
    }
    if (!this.#mayBegin(mpuSequence, timeUs)) {
      this.#events.passedOver(this, timeUs, frame)
      return null
    }
    this.#context.beginnings.begun()
    const oldest = this.#open.size >= MAX_OPEN ? oldestKey(this.#open) : undefined
    if (oldest !== undefined) this.#lose(this.#open.get(oldest) as MpuObject, 'partial', timeUs)
    const first = this.lastMpu === null
    const index = this.#context.nextObjectIndex()
    const numbers = { index, mpu: mpuSequence, instance: this.#loops, sequence: header.sequence }
    const mpu = new MpuObject(this, numbers, timeUs, frame)
    mpu.joinedLate = first
    this.#open.set(mpuSequence, mpu)
    this.firstMpu ??= mpuSequence
    const behind = this.lastMpu === null ? 0 : (this.lastMpu - mpuSequence) | 0
    // Further back than any late packet: the encoder restarted its count.
    const ahead = behind <= 0 || behind > MAX_KNOWN
    // A long jump is a restart of the count or a long interruption, not a loss of that many MPUs.
    if (Math.abs(behind) > MAX_KNOWN) this.#skipped.restart()
    else if (!ahead) this.#skipped.late(mpuSequence)
    else this.#skipped.newest(mpuSequence, Math.max(0, -behind - 1))
    if (first || ((mpuSequence - this.#lowestMpu) | 0) < 0) this.#lowestMpu = mpuSequence
    if (ahead) this.lastMpu = mpuSequence
    this.#due(timeUs + this.#context.limits.idleMs * 1000)
    this.#context.observer.objectBegun(mpu, bytes, start, payload.dataEnd, payload.dataEnd)
    // A late MPU does not end those after it.
    if (ahead) {
      for (const other of [...this.#open.values()]) {
        if (other === mpu || other.endingSinceUs >= 0) continue
        other.endingSinceUs = timeUs
        this.#due(timeUs + this.#context.reorderUs)
        other.complete(true)
        this.#finishIfWhole(other, timeUs)
      }
    }
    return mpu
  }

  /** The MPU after one that was whole always; any other as often as MPUs begin, so that a storm costs little. */
  #mayBegin(mpuSequence: number, timeUs: number): boolean {
    const ahead = this.#lastWhole === null ? 0 : (mpuSequence - this.#lastWhole) | 0
    if (ahead > 0 && ahead <= EXPECTED_AHEAD) return true
    if (!this.#begun.take(1, timeUs) || !this.#beginnings.mayBegin(this.mpus)) return false
    return this.mpus > 0 || this.assetId !== null || this.#events.mayBegin(timeUs)
  }

  /**
   * Delivers a complete MPU. Only the next MPU shows whether another movie fragment follows, until the number of
   * fragments per MPU is known. Nothing follows items: they may be repeated in the same MPU.
   */
  #finishIfWhole(mpu: MpuObject, timeUs: number): void {
    if (mpu.state !== 'receiving' || !mpu.complete(false)) {
      this.#learn(mpu)
      return
    }
    this.#learn(mpu)
    const mayGoOn = mpu.isTimed && (this.#learntFragments === 0 || mpu.fragments < this.#learntFragments)
    if (mpu.endingSinceUs >= 0 || !mayGoOn) this.#finish(mpu, timeUs)
  }

  /** Reads from an MPU's metadata what no MP table describes. */
  #learn(mpu: MpuObject): void {
    const { movie } = mpu
    if (movie === null || movie === this.lastMovie) return
    this.lastMovie = movie
    const entry = movie.tracks[0]
    if (entry === undefined) return
    this.type ??= entry.entryType
    if (this.assetId === null && movie.assetId !== null) this.assetId = printable(movie.assetId)
    if (this.#role === 'unknown') this.#role = roleOfHandler(entry.handler)
  }

  #finish(mpu: MpuObject, timeUs: number): void {
    mpu.state = 'complete'
    this.mpus++
    this.#context.beginnings.whole()
    this.#lastWhole = mpu.sequence
    this.#learntFragments = Math.max(1, mpu.fragments)
    this.#seenMetadata = true
    this.#removeOpen(mpu)
    this.#addEnded(mpu)
    this.#context.observer.objectEnded(mpu)
    this.#events.whole(this, mpu, timeUs)
  }

  #lose(mpu: MpuObject, state: 'partial' | 'truncated', timeUs: number): void {
    if (mpu.complete(true)) {
      this.#learn(mpu)
      this.#finish(mpu, timeUs)
      return
    }
    const atStart = mpu.joinedLate && !this.#seenMetadata && !(mpu.hasMetadata && mpu.hasFragments)
    mpu.state = atStart ? 'joined' : state
    if (atStart) this.partialAtStart = mpu.sequence
    mpu.buildPartial()
    this.#learn(mpu)
    if (mpu.state === 'partial') {
      this.incomplete++
      if (!mpu.hasMetadata) this.withoutMetadata++
      else if (mpu.file === null) this.withoutFragments++
      this.samplesLost += mpu.file?.incomplete ?? 0
      mpu.lostRanges = mpu.missing()
      for (const [from, to] of mpu.lostRanges) this.lost += to - from
    } else this.cutOff++
    this.#removeOpen(mpu)
    this.#addEnded(mpu)
    this.#context.observer.objectEnded(mpu)
    this.#events.lost(this, mpu, timeUs)
  }

  #removeOpen(mpu: MpuObject): void {
    this.#open.delete(mpu.sequence)
    if (this.#current === mpu) this.#current = null
  }

  #addEnded(mpu: MpuObject): void {
    const { index, packets, state, lastTimeUs } = mpu
    this.#known.set(mpu.sequence, { index, packets, lastTimeUs, repeats: 0, complete: state === 'complete' })
  }

  #due(timeUs: number): void {
    if (timeUs >= this.dueUs) return
    this.dueUs = timeUs
    this.#events.dueBy(timeUs)
  }

  /** Ends MPUs that waited long enough, and sets when the next ones are due. */
  tick(timeUs: number): void {
    const { reorderUs, limits } = this.#context
    this.dueUs = Number.POSITIVE_INFINITY
    for (const mpu of [...this.#open.values()]) {
      const ending = mpu.endingSinceUs >= 0
      const endsUs = ending ? mpu.endingSinceUs + reorderUs : mpu.lastTimeUs + limits.idleMs * 1000
      if (timeUs >= endsUs) this.#lose(mpu, 'partial', timeUs)
      else if (endsUs < this.dueUs) this.dueUs = endsUs
    }
  }

  /** No more packets, or a restart of the source: open MPUs are cut off, unless a newer MPU had begun. */
  endAll(timeUs: number): void {
    for (const mpu of [...this.#open.values()])
      this.#lose(mpu, mpu.endingSinceUs >= 0 ? 'partial' : 'truncated', timeUs)
    this.#known.clear()
    this.#loops++
  }
}
