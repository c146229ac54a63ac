import { base64Text, hashOf } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { u24At } from '../../bytes/ints.ts'
import { asToi, type Toi, type Tsi } from '../../contract/ids.ts'
import { oldestKey } from '../../flow/bounded-map.ts'
import type { CarrierPlace, ChannelCarrier } from '../../flow/carriers.ts'
import type { FecFault } from '../../flow/findings.ts'
import { fecObjectSymbols, fitsSymbols } from '../../protocol/fec/fec-object.ts'
import { FEC_ENCODING } from '../../protocol/fec/fec-scheme.ts'
import { type FecOti, parseOti } from '../../protocol/fec/oti.ts'
import type { FecParameters, ProtectedObject } from '../../protocol/fec/repair-flow.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import type { ObjectHome, TransportObject } from '../object/transport-object.ts'
import type { FecChannel, FecContext, FecSession, RepairKeeper } from './fec-context.ts'
import { memberOf, type Solution, type SolverInput, type SolverMember } from './fec-solver.ts'
import { SuperObject } from './super-object.ts'

/** A repair object names no source object of this flow. */
const NO_TOI = asToi(-1)
/** FEC objects of one flow remembered; more do not overlap in time. */
const MAX_OBJECTS = 64
/** Source objects of one flow kept whole for others of their super-object. */
const MAX_KEPT = 32
/** Wait for overtaken packets after the last source packet, unless the reorder time is shorter. */
const GRACE_US = 20_000
/** A source object without an end is over after this, while repair packets arrive. */
const QUIET_US = 80_000
/** Interval of the check whether a settled object's TOI is used again. */
const RECHECK_US = 50_000

/** One protected object of a (super-)object, as far as received. */
type Source = {
  readonly channel: FecChannel | null
  readonly toi: Toi
  readonly object: TransportObject | null
  /** It arrived whole; where `object` is set, its bytes are still available. */
  readonly complete: boolean
  /** -1 unknown. */
  readonly length: number
}

/**
 * One repair flow of a ROUTE session: stores the repair symbols of its (super-)objects until the source objects are
 * whole, and decodes incomplete ones once it has enough symbols.
 */
export class FecFlow implements RepairKeeper {
  readonly #context: FecContext
  readonly #session: FecSession
  readonly #tsi: Tsi
  readonly #carrier: ChannelCarrier
  #parameters: FecParameters | null = null
  readonly #objects = new Map<Toi, SuperObject>()
  #last: SuperObject | null = null
  /** Whole source objects whose bytes others of their super-object may need. */
  #kept: TransportObject[] = []

  constructor(context: FecContext, session: FecSession, tsi: Tsi) {
    this.#context = context
    this.#session = session
    this.#tsi = tsi
    this.#carrier = { kind: 'lct', tsi }
  }

  /** Source objects of each (super-)object. */
  get #memberCount(): number {
    return Math.max(1, this.#parameters?.protectedObjects.length ?? 0)
  }

  get parameters(): FecParameters | null {
    return this.#parameters
  }

  /** Applies the parameters in the S-TSID. */
  describe(parameters: FecParameters, timeUs: number): void {
    this.#parameters = parameters
    const { faults } = parameters
    if (faults.length > 0) this.#fault({ fec: 'parameters', faults }, timeUs, 0)
    if (parameters.protectedObjects.length === 0) this.#fault({ fec: 'no-protected-object' }, timeUs, 0)
    for (const object of this.#objects.values()) object.checkPackets = 0
  }

  /** Takes one packet with PSI `0x`. */
  packet(lct: LctPacket, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    const payloadId = start + lct.headerBytes
    const from = payloadId + 4
    if (from > end) {
      if (payloadId !== end) this.#session.badPacket({ code: 'fec-payload-id', bytes, start, end, timeUs, frame })
      return
    }
    let object = this.#last
    if (object === null || object.toi !== lct.toi) {
      object = this.#objects.get(lct.toi) ?? this.#begin(lct.toi, timeUs, frame)
      this.#last = object
    }
    object.lastTimeUs = timeUs
    if (object.settled && (timeUs < object.checkTimeUs || !this.#begunAgain(object, timeUs))) return
    if (object.oti === null && lct.ftiAt >= 0) {
      const code = this.#readOti(object, lct, bytes, start)
      if (code !== null) this.#session.badPacket({ code, bytes, start, end, timeUs, frame })
    }
    const sbn = bytes[payloadId] as number
    const esi = u24At(bytes, payloadId + 1)
    let added = object.symbols.add(sbn, esi, bytes, from, end)
    if (added < 0 && this.#context.makeRoom(object, timeUs)) added = object.symbols.add(sbn, esi, bytes, from, end)
    if (added <= 0) return
    this.#context.grew(object, added, timeUs)
    if (object.symbols.bytes > this.#context.maxDecodedBytes) {
      object.obstacle = `more than ${this.#context.maxDecodedBytes} bytes of repair symbols`
      this.#settle(object)
      return
    }
    if (object.isDue(timeUs) && this.#context.decoding.look(this.#memberCount)) this.#check(object, timeUs, false)
  }

  #begin(toi: Toi, timeUs: number, frame: number): SuperObject {
    const oldest = this.#objects.size >= MAX_OBJECTS ? oldestKey(this.#objects) : undefined
    if (oldest !== undefined) this.drop(this.#objects.get(oldest) as SuperObject)
    const object = new SuperObject(this.#context.pool, toi, timeUs, frame)
    this.#objects.set(toi, object)
    this.#context.begun()
    if (this.#isWhole(object)) object.settled = true
    return object
  }

  /** True where a settled object's TOI now means source objects being received: it starts again. */
  #begunAgain(object: SuperObject, timeUs: number): boolean {
    object.checkTimeUs = timeUs + RECHECK_US
    const sources = this.#sources(object.toi)
    if (
      !sources.some(
        (source) => source.object !== null && !source.complete && !object.sources.includes(source.object.index),
      )
    ) {
      return false
    }
    this.#context.shrank(object.reset(this.#context.pool))
    return true
  }

  /** @returns the code of what is wrong with it; null where it was read */
  #readOti(object: SuperObject, lct: LctPacket, bytes: Uint8Array, start: number): string | null {
    try {
      object.oti = parseOti(bytes, lct.ftiAt + 2, start + lct.headerBytes, FEC_ENCODING.raptorq)
      return null
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      return thrown.code
    }
  }

  /** A source object of this flow is whole; its bytes are still available. */
  sourceComplete(object: TransportObject): void {
    if ((this.#parameters?.protectedObjects.length ?? 0) > 1) {
      object.keep()
      this.#kept.push(object)
      this.#context.kept(object.length)
      if (this.#kept.length > MAX_KEPT) this.#dropKept(this.#kept[0] as TransportObject)
    }
    // Where there is no work left for it the next look settles them.
    if (!this.#context.decoding.look(this.#objects.size)) return
    const members = this.#membersOf(object.home)
    for (const each of this.#objects.values())
      if (!each.settled && isMember(object, members, each) && this.#isWhole(each)) this.#settle(each)
  }

  /** Protected objects that are of one channel. */
  #membersOf(home: ObjectHome): ProtectedObject[] {
    const members = this.#parameters?.protectedObjects ?? []
    return members.filter(({ tsi, session }) => this.#sourceChannel(tsi, session) === home)
  }

  #dropKept(object: TransportObject): void {
    this.#kept = this.#kept.filter((each) => each !== object)
    this.#context.kept(-object.length)
    object.releaseKept()
  }

  #isWhole(object: SuperObject): boolean {
    const members = this.#parameters?.protectedObjects ?? []
    // The first one that lacks is enough: this runs with each object of many.
    return members.length > 0 && members.every((member) => this.#isComplete(member, object.toi))
  }

  #isComplete({ tsi, session, sourceToi }: ProtectedObject, repairToi: Toi): boolean {
    const channel = this.#sourceChannel(tsi, session)
    const toi = sourceToi.valueAt(repairToi) ?? NO_TOI
    return channel !== null && channel.openObject(toi) === null && channel.doneObject(toi)?.complete === true
  }

  /** Source objects of a (super-)object, in its order; none while unknown. */
  #sources(repairToi: Toi): Source[] {
    const sources: Source[] = []
    for (const { tsi, session, sourceToi } of this.#parameters?.protectedObjects ?? []) {
      const channel = this.#sourceChannel(tsi, session)
      const toi = sourceToi.valueAt(repairToi) ?? NO_TOI
      const open = channel?.openObject(toi) ?? null
      const kept = this.#keptOf(channel, toi)
      const done = open === null ? channel?.doneObject(toi) : undefined
      const length = open?.length ?? kept?.length ?? done?.length ?? -1
      sources.push({ channel, toi, object: open ?? kept, complete: open === null && done?.complete === true, length })
    }
    return sources
  }

  #sourceChannel(tsi: Tsi | null, session: ProtectedObject['session']): FecChannel | null {
    const home = session === null ? this.#session : this.#context.sessionAt(session.address, session.port)
    return home?.channel(tsi ?? this.#tsi) ?? null
  }

  /** Channels of protected objects seen so far. */
  sourceChannels(): FecChannel[] {
    const channels: FecChannel[] = []
    for (const { tsi, session } of this.#parameters?.protectedObjects ?? []) {
      const channel = this.#sourceChannel(tsi, session)
      if (channel !== null) channels.push(channel)
    }
    return channels
  }

  #keptOf(channel: FecChannel | null, toi: Toi): TransportObject | null {
    let newest: TransportObject | null = null
    for (const each of this.#kept) if (each.home === channel && each.toi === toi) newest = each
    return newest
  }

  /**
   * Decodes the object if that is possible now.
   * @param final no more packets will arrive
   */
  #check(object: SuperObject, timeUs: number, final: boolean): void {
    const parameters = this.#parameters
    if (object.settled || parameters === null || parameters.protectedObjects.length === 0) return
    const oti = object.oti ?? parameters.oti
    if (oti === null) {
      // Once per object: this runs with each packet.
      if (object.obstacle === null) this.#fault({ fec: 'no-oti' }, timeUs, object.frame)
      object.obstacle = 'no FEC OTI'
      return
    }
    if (oti.subBlocks > 1) {
      if (object.obstacle === null) this.#fault({ fec: 'sub-blocks', subBlocks: oti.subBlocks }, timeUs, object.frame)
      object.obstacle = `N = ${oti.subBlocks} sub-blocks`
      return
    }
    const sources = this.#sources(object.toi)
    if (sources.every((source) => source.complete)) {
      this.#settle(object)
      return
    }
    if (!this.#sameSources(object, sources, timeUs)) return
    if (!final && !this.#isOver(object, sources, timeUs)) return
    const input = this.#inputOf(object, sources, oti)
    if (input === null) return
    this.#decode(object, sources, input, timeUs)
  }

  /** False where a source object was replaced: the stored symbols belong to the former one. */
  #sameSources(object: SuperObject, sources: readonly Source[], timeUs: number): boolean {
    let same = true
    sources.forEach((source, at) => {
      const before = object.sources[at] ?? -1
      const now = source.object?.index ?? before
      if (before >= 0 && now !== before && source.object !== null && source.object.instance > 0) same = false
      object.sources[at] = now
    })
    if (!same) {
      this.#context.shrank(object.reset(this.#context.pool))
      object.checkTimeUs = timeUs
    }
    return same
  }

  /** True where no more source packets are expected, except lost ones. */
  #isOver(object: SuperObject, sources: readonly Source[], timeUs: number): boolean {
    const { reorderUs } = this.#context
    let lastUs = object.firstTimeUs
    for (const { object: source, complete } of sources) {
      if (source === null || complete) continue
      lastUs = Math.max(lastUs, source.lastTimeUs)
      if (source.state !== 'receiving' || source.endingSinceUs >= 0) continue
      if (source.length >= 0 && source.ranges.highest >= source.length) continue
      // Its end may be lost: repair packets after its last packet show that the sender has gone on.
      const quietUs = object.lastTimeUs > source.lastTimeUs ? Math.min(QUIET_US, reorderUs) : reorderUs
      if (timeUs - source.lastTimeUs < quietUs) return this.#later(object, timeUs)
    }
    return timeUs - lastUs >= Math.min(GRACE_US, reorderUs) || this.#later(object, timeUs)
  }

  #later(object: SuperObject, timeUs: number): false {
    object.checkPackets = Number.MAX_SAFE_INTEGER
    object.checkTimeUs = timeUs + GRACE_US / 4
    return false
  }

  /** Sizes of all members; null, with the obstacle stored, where one is unknown. */
  #inputOf(object: SuperObject, sources: readonly Source[], oti: FecOti): SolverInput | null {
    const parameters = this.#parameters as FecParameters
    const members: SolverMember[] = []
    const symbolBytes = oti.symbolBytes
    let unknown = -1
    let sum = 0
    for (let at = 0; at < sources.length; at++) {
      const source = sources[at] as Source
      const declared = parameters.protectedObjects[at]?.symbols ?? null
      const symbols = declared ?? (source.length >= 0 ? fecObjectSymbols(source.length, symbolBytes) : -1)
      if (source.length >= 0 && !fitsSymbols(source.length, symbols, symbolBytes)) {
        object.obstacle = `TOI ${source.toi} of ${source.length} bytes is longer than its ${symbols} announced symbols`
        return null
      }
      if (symbols < 0 && unknown >= 0) {
        object.obstacle = `the lengths of TOIs ${sources[unknown]?.toi} and ${source.toi} are not known`
        return null
      }
      if (symbols < 0) unknown = at
      else sum += symbols
      const bytes = source.object
      members.push({
        symbols,
        length: source.length,
        ranges: bytes?.ranges ?? null,
        read: (from, to) => bytes?.bytes(from, to) ?? new Uint8Array(to - from),
        sizeField: true,
      })
    }
    if (unknown >= 0) {
      const rest = oti.transferLength === 0 ? -1 : Math.ceil(oti.transferLength / symbolBytes) - sum
      if (rest < 1) {
        object.obstacle = `the length of TOI ${sources[unknown]?.toi} is not known`
        return null
      }
      members[unknown] = { ...(members[unknown] as SolverMember), symbols: rest }
    }
    const maxBytes = this.#context.maxDecodedBytes
    return { members, symbolBytes, sourceBlocks: oti.sourceBlocks, repair: object.symbols, maxBytes }
  }

  #decode(object: SuperObject, sources: readonly Source[], input: SolverInput, timeUs: number): void {
    const begun = this.#context.elapsedUs()
    const solution = object.attempt(input, timeUs, this.#context.decoding)
    if (solution === null) return
    if (typeof solution === 'string') {
      this.#fault({ fec: 'sizes', reason: solution }, timeUs, object.frame)
      object.obstacle = solution
      this.#settle(object)
      return
    }
    const channel = this.#session.channel(this.#tsi)
    if (channel !== null) channel.fec.decodeUs += this.#context.elapsedUs() - begun
    if (solution.wrong.length > 0) this.#mismatch(object, 'its repair symbols do not match the received bytes', timeUs)
    else if (solution.recovered > 0) this.#apply(object, sources, input, solution, timeUs)
  }

  #mismatch(object: SuperObject, why: string, timeUs: number): void {
    const carrier = { kind: 'lct', tsi: this.#tsi, toi: object.toi } as const
    this.#fault({ fec: 'mismatch', reason: why }, timeUs, object.frame, carrier)
    object.obstacle = why
    this.#settle(object)
  }

  #apply(
    object: SuperObject,
    sources: readonly Source[],
    input: SolverInput,
    solution: Solution,
    timeUs: number,
  ): void {
    const size = input.symbolBytes
    const found: (ReturnType<typeof memberOf> & { readonly base: number })[] = []
    let base = 0
    for (let at = 0; at < sources.length; at++) {
      const member = input.members[at] as SolverMember
      const decoded = memberOf(solution, member, base, size)
      const bytes = solution.bytes.subarray(base * size, (base + member.symbols) * size)
      if (decoded === null || !agreesWithDigest(sources[at]?.object ?? null, decoded.length, bytes)) {
        this.#mismatch(object, `the decoded bytes of TOI ${sources[at]?.toi} contradict its size or digest`, timeUs)
        return
      }
      found.push({ ...decoded, base })
      base += member.symbols
    }
    const channel = this.#session.channel(this.#tsi)
    if (channel !== null) channel.fec.recoveredSymbols += solution.recovered
    sources.forEach((source, at) => {
      const decoded = found[at]
      if (source.complete || source.channel === null || decoded === undefined || decoded.ranges.length === 0) return
      // An object without packets begins only where all of it is known now.
      const whole =
        decoded.length >= 0 &&
        decoded.ranges.length === 1 &&
        decoded.ranges[0]?.[0] === 0 &&
        decoded.ranges[0][1] === decoded.length
      if (source.object === null && !whole) return
      const bytes = solution.bytes.subarray(decoded.base * size)
      const { length, ranges } = decoded
      source.channel.restore(source.object, source.toi, { length, bytes, ranges }, timeUs, object.frame)
    })
    if (this.#isWhole(object)) this.#settle(object)
  }

  #settle(object: SuperObject): void {
    const obstacle = object.obstacle
    const sources = this.#sources(object.toi)
    const indexes = sources.map((source, at) => source.object?.index ?? object.sources[at] ?? -1)
    this.#context.shrank(object.reset(this.#context.pool))
    object.settled = true
    object.sources.push(...indexes)
    object.obstacle = sources.every((source) => source.complete) ? null : obstacle
    for (const source of sources) {
      if (source.object !== null && this.#kept.includes(source.object)) this.#dropKept(source.object)
    }
  }

  /** Why an object of this flow was not recovered; null where the flow does not protect it. */
  explain(lost: TransportObject): string | null {
    const members = this.#membersOf(lost.home)
    const ofToi = members.filter(
      ({ sourceToi }) => sourceToi.linear?.x !== 0 || sourceToi.valueAt(asToi(0)) === lost.toi,
    )
    const [member] = ofToi
    if (member === undefined) return null
    const channel = this.#sourceChannel(member.tsi, member.session)
    // Another object may have its TOI now.
    if ((channel?.openObject(lost.toi) ?? this.#keptOf(channel, lost.toi)) === lost) {
      for (const object of this.#objects.values())
        if (isMember(lost, ofToi, object)) return object.obstacle ?? 'its source packets had not ended'
    }
    return 'no repair packet arrived for it'
  }

  tick(timeUs: number, final: boolean): void {
    const waitUs = this.#context.keepUs + (this.#parameters?.maximumDelayMs ?? 0) * 1000
    for (const object of this.#objects.values()) {
      if (!object.settled && (final || this.#context.decoding.look(this.#memberCount)))
        this.#check(object, timeUs, final)
      if (timeUs - object.lastTimeUs > waitUs) this.drop(object)
    }
    for (const kept of this.#kept) if (timeUs - kept.lastTimeUs > waitUs) this.#dropKept(kept)
  }

  get oldest(): SuperObject | null {
    for (const object of this.#objects.values()) if (object.symbols.bytes > 0) return object
    return null
  }

  drop(object: SuperObject): void {
    this.#context.shrank(object.reset(this.#context.pool))
    object.symbols.release()
    if (this.#objects.delete(object.toi)) this.#context.dropped()
    if (this.#last === object) this.#last = null
  }

  evictKept(): boolean {
    const oldest = this.#kept[0]
    if (oldest === undefined) return false
    this.#dropKept(oldest)
    return true
  }

  clear(): void {
    for (const object of [...this.#objects.values()]) this.drop(object)
    while (this.evictKept());
  }

  limitReached(most: number, timeUs: number): void {
    const hit = { limit: 'repair-symbols', most, flow: 'route' } as const
    this.#session.found({ kind: 'limit', hit }, this.#carrier, timeUs, 0)
  }

  #fault(fault: FecFault, timeUs: number, frame: number, carrier: CarrierPlace = this.#carrier): void {
    this.#session.found({ kind: 'fecFault', flow: 'route', fault }, carrier, timeUs, frame)
  }
}

/** Whether a (super-)object has a source object among some of its members. */
function isMember(source: TransportObject, members: readonly ProtectedObject[], { toi }: SuperObject): boolean {
  return members.some(({ sourceToi }) => sourceToi.valueAt(toi) === source.toi)
}

/**
 * False where an MD5 of the File entry contradicts decoded bytes; an MD5 of encoded content says nothing about the
 * transported bytes.
 */
function agreesWithDigest(object: TransportObject | null, length: number, bytes: Uint8Array): boolean {
  const md5 = object?.listed?.contentMd5 ?? null
  if (md5 === null || length < 0 || (object !== null && object.contentEncoding !== null)) return true
  return base64Text(hashOf('md5', bytes.subarray(0, length))) === md5
}
