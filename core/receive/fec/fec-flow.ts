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
import type { FecParameters } from '../../protocol/fec/repair-flow.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { FecChannel, FecContext, FecSession, RepairKeeper } from './fec-context.ts'
import { memberOf, type Solution, type SolverInput, type SolverMember } from './fec-solver.ts'
import { type FecSource, FecSources, isMember } from './fec-sources.ts'
import { GRACE_US, MAX_SUPER_OBJECTS, SuperObject } from './super-object.ts'

/** A source object without an end is over after this, while repair packets arrive. */
const QUIET_US = 80_000
/**
 * One repair flow of a ROUTE session: stores the repair symbols of its (super-)objects until the source objects are
 * whole, and decodes incomplete ones once it has enough symbols.
 */
export class FecFlow implements RepairKeeper {
  readonly #context: FecContext
  readonly #session: FecSession
  readonly #tsi: Tsi
  readonly #carrier: ChannelCarrier
  readonly #sources: FecSources
  #parameters: FecParameters | null = null
  readonly #objects = new Map<Toi, SuperObject>()
  #last: SuperObject | null = null

  constructor(context: FecContext, session: FecSession, tsi: Tsi) {
    this.#context = context
    this.#session = session
    this.#tsi = tsi
    this.#carrier = { kind: 'lct', tsi }
    this.#sources = new FecSources(context, session, tsi)
  }

  get parameters(): FecParameters | null {
    return this.#parameters
  }

  /** Applies the parameters in the S-TSID. */
  describe(parameters: FecParameters, timeUs: number): void {
    this.#parameters = parameters
    this.#sources.describe(parameters.protectedObjects)
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
    if (object.isDue(timeUs) && this.#context.decoding.look(this.#sources.count)) this.#check(object, timeUs, false)
  }

  #begin(toi: Toi, timeUs: number, frame: number): SuperObject {
    const oldest = this.#objects.size >= MAX_SUPER_OBJECTS ? oldestKey(this.#objects) : undefined
    if (oldest !== undefined) this.drop(this.#objects.get(oldest) as SuperObject)
    const object = new SuperObject(this.#context.pool, toi, timeUs, frame)
    this.#objects.set(toi, object)
    this.#context.begun()
    if (this.#sources.areWhole(object.toi)) object.settled = true
    return object
  }

  /** True where a settled object's TOI now means source objects being received: it starts again. */
  #begunAgain(object: SuperObject, timeUs: number): boolean {
    object.recheckLater(timeUs)
    const sources = this.#sources.of(object.toi)
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
    this.#sources.keep(object)
    // Where there is no work left for it the next look settles them.
    if (!this.#context.decoding.look(this.#objects.size)) return
    const members = this.#sources.membersOf(object.home)
    for (const each of this.#objects.values())
      if (!each.settled && isMember(object, members, each) && this.#sources.areWhole(each.toi)) this.#settle(each)
  }

  /** Channels of protected objects seen so far. */
  sourceChannels(): FecChannel[] {
    return this.#sources.channels()
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
    const sources = this.#sources.of(object.toi)
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
  #sameSources(object: SuperObject, sources: readonly FecSource[], timeUs: number): boolean {
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
  #isOver(object: SuperObject, sources: readonly FecSource[], timeUs: number): boolean {
    const { reorderUs } = this.#context
    let lastUs = object.firstTimeUs
    for (const { object: source, complete } of sources) {
      if (source === null || complete) continue
      lastUs = Math.max(lastUs, source.lastTimeUs)
      if (source.state !== 'receiving' || source.endingSinceUs >= 0) continue
      if (source.length >= 0 && source.ranges.highest >= source.length) continue
      // Its end may be lost: repair packets after its last packet show that the sender has gone on.
      const quietUs = object.lastTimeUs > source.lastTimeUs ? Math.min(QUIET_US, reorderUs) : reorderUs
      if (timeUs - source.lastTimeUs < quietUs) return object.waitForMore(timeUs)
    }
    return timeUs - lastUs >= Math.min(GRACE_US, reorderUs) || object.waitForMore(timeUs)
  }

  /** Sizes of all members; null, with the obstacle stored, where one is unknown. */
  #inputOf(object: SuperObject, sources: readonly FecSource[], oti: FecOti): SolverInput | null {
    const parameters = this.#parameters as FecParameters
    const members: SolverMember[] = []
    const symbolBytes = oti.symbolBytes
    let unknown = -1
    let sum = 0
    for (let at = 0; at < sources.length; at++) {
      const source = sources[at] as FecSource
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

  #decode(object: SuperObject, sources: readonly FecSource[], input: SolverInput, timeUs: number): void {
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
    sources: readonly FecSource[],
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
    if (this.#sources.areWhole(object.toi)) this.#settle(object)
  }

  #settle(object: SuperObject): void {
    const obstacle = object.obstacle
    const sources = this.#sources.of(object.toi)
    const indexes = sources.map((source, at) => source.object?.index ?? object.sources[at] ?? -1)
    this.#context.shrank(object.reset(this.#context.pool))
    object.settled = true
    object.sources.push(...indexes)
    object.obstacle = sources.every((source) => source.complete) ? null : obstacle
    this.#sources.release(sources)
  }

  /** Why an object of this flow was not recovered; null where the flow does not protect it. */
  explain(lost: TransportObject): string | null {
    const members = this.#sources.membersOf(lost.home)
    const ofToi = members.filter(
      ({ sourceToi }) => sourceToi.linear?.x !== 0 || sourceToi.valueAt(asToi(0)) === lost.toi,
    )
    const [member] = ofToi
    if (member === undefined) return null
    // Another object may have its TOI now.
    if (this.#sources.hasNow(lost, member)) {
      for (const object of this.#objects.values())
        if (isMember(lost, ofToi, object)) return object.obstacle ?? 'its source packets had not ended'
    }
    return 'no repair packet arrived for it'
  }

  tick(timeUs: number, final: boolean): void {
    const waitUs = this.#context.keepUs + (this.#parameters?.maximumDelayMs ?? 0) * 1000
    for (const object of this.#objects.values()) {
      if (!object.settled && (final || this.#context.decoding.look(this.#sources.count)))
        this.#check(object, timeUs, final)
      if (timeUs - object.lastTimeUs > waitUs) this.drop(object)
    }
    this.#sources.expire(timeUs, waitUs)
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
    return this.#sources.evictKept()
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

/**
 * False where an MD5 of the File entry contradicts decoded bytes; an MD5 of encoded content says nothing about the
 * transported bytes.
 */
function agreesWithDigest(object: TransportObject | null, length: number, bytes: Uint8Array): boolean {
  const md5 = object?.listed?.contentMd5 ?? null
  if (md5 === null || length < 0 || (object !== null && object.contentEncoding !== null)) return true
  return base64Text(hashOf('md5', bytes.subarray(0, length))) === md5
}
