import type { Tsi } from '../../contract/ids.ts'
import { SpacedLooks } from '../../flow/spaced-looks.ts'
import type { FecParameters } from '../../protocol/fec/repair-flow.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { BytePool } from '../object/byte-pool.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import { DecodingWork } from './decoding-work.ts'
import type { FecChannel, FecContext, FecSession, RepairKeeper } from './fec-context.ts'
import { FecFlow } from './fec-flow.ts'
import { FluteRepair, type FluteRepairHost } from './flute-repair.ts'
import type { SuperObject } from './super-object.ts'

/** Step of decoding and expiry; an object is kept for one more step. */
const STEP_US = 100_000
/** (Super-)objects that each step allows to look at, besides those that arrived bytes pay for. */
const LOOKED = 128

/** All repair flows of a receiver: super-objects may span sessions, and share one memory bound. */
export class FecReceiver implements FecContext {
  readonly pool: BytePool
  readonly reorderUs: number
  readonly keepUs: number
  readonly maxDecodedBytes: number
  readonly elapsedUs: () => number
  readonly decoding: DecodingWork
  readonly #limit: number
  readonly #sessions = new Map<string, FecSession>()
  readonly #flows = new Map<FecSession, Map<Tsi, FecFlow>>()
  readonly #maxFlows: number
  /** Those of FLUTE, by the channel they protect and use. */
  readonly #keepers = new Map<FecChannel, FluteRepair>()
  #bytes = 0
  /** (Super-)objects and flows of ROUTE, which a look passes. */
  #objects = 0
  #flowCount = 0
  readonly #looks = new SpacedLooks(LOOKED)
  readonly #arrivedBytes: () => number

  /** @param arrivedBytes bytes of all datagrams so far */
  constructor(
    limits: ReceiveLimits,
    pool: BytePool,
    reorderUs: number,
    elapsedUs: () => number,
    arrivedBytes: () => number,
  ) {
    this.decoding = new DecodingWork(arrivedBytes)
    this.#arrivedBytes = arrivedBytes
    this.pool = pool
    this.reorderUs = reorderUs
    this.elapsedUs = elapsedUs
    this.keepUs = limits.idleMs * 1000 + 2 * STEP_US
    this.maxDecodedBytes = limits.fecObjectBytes
    this.#limit = limits.fecBytes
    this.#maxFlows = limits.channels
  }

  open(session: FecSession): void {
    this.#sessions.set(session.destination, session)
  }

  /** The session ended. */
  close(session: FecSession): void {
    const flows = this.#flows.get(session)
    for (const flow of flows?.values() ?? []) flow.clear()
    this.#flowCount -= flows?.size ?? 0
    this.#flows.delete(session)
    if (this.#sessions.get(session.destination) === session) this.#sessions.delete(session.destination)
  }

  sessionAt(address: string, port: number): FecSession | null {
    return this.#sessions.get(formatDestination(address, port)) ?? null
  }

  /** The repair flow of a TSI, made at its first packet or description; null beyond the bound. */
  flowOf(session: FecSession, tsi: Tsi): FecFlow | null {
    let flows = this.#flows.get(session)
    if (flows === undefined) {
      flows = new Map()
      this.#flows.set(session, flows)
    }
    const known = flows.get(tsi)
    if (known !== undefined || flows.size >= this.#maxFlows) return known ?? null
    const flow = new FecFlow(this, session, tsi)
    flows.set(tsi, flow)
    this.#flowCount++
    return flow
  }

  /** Applies the S-TSID's parameters of a TSI that carries a repair flow. */
  describe(session: FecSession, tsi: Tsi, parameters: FecParameters, timeUs: number): void {
    this.flowOf(session, tsi)?.describe(parameters, timeUs)
  }

  /** Gives each source channel its repair flows, and the wait of its objects for them. */
  protect(): void {
    const of = new Map<FecChannel, FecFlow[]>()
    for (const flow of this.#routeFlows()) {
      for (const channel of flow.sourceChannels()) {
        const flows = of.get(channel)
        if (flows === undefined) of.set(channel, [flow])
        else if (!flows.includes(flow)) flows.push(flow)
      }
    }
    for (const [channel, flows] of of) {
      channel.protectedBy = flows
      channel.repairWaitUs = Math.max(...flows.map((flow) => flow.parameters?.maximumDelayMs ?? 0)) * 1000 + STEP_US
    }
  }

  /** The repair symbols a FLUTE channel carries for its own objects. */
  fluteRepairOf(session: FluteRepairHost, channel: FecChannel): FluteRepair {
    let repair = this.#keepers.get(channel)
    if (repair === undefined) {
      repair = new FluteRepair(this, session, channel)
      this.#keepers.set(channel, repair)
      channel.protectedBy = [repair]
    }
    return repair
  }

  /** A channel of a FLUTE session ended. */
  closeFlute(channel: FecChannel): void {
    this.#keepers.get(channel)?.clear()
    this.#keepers.delete(channel)
  }

  *#routeFlows(): Iterable<FecFlow> {
    for (const flows of this.#flows.values()) yield* flows.values()
  }

  *#all(): Iterable<RepairKeeper> {
    yield* this.#routeFlows()
    yield* this.#keepers.values()
  }

  grew(object: SuperObject, bytes: number, timeUs: number): void {
    this.#bytes += bytes
    while (this.#bytes > this.#limit && this.makeRoom(object, timeUs));
  }

  shrank(bytes: number): void {
    this.#bytes -= bytes
  }

  kept(bytes: number): void {
    this.#bytes += bytes
  }

  makeRoom(besides: SuperObject, timeUs: number): boolean {
    for (const flow of this.#all()) if (flow.evictKept()) return true
    let victim: SuperObject | null = null
    let owner: RepairKeeper | null = null
    for (const flow of this.#all()) {
      const oldest = flow.oldest
      if (oldest === null || oldest === besides) continue
      if (victim !== null && victim.firstTimeUs <= oldest.firstTimeUs) continue
      victim = oldest
      owner = flow
    }
    if (victim === null || owner === null) return false
    owner.limitReached(this.#limit, timeUs)
    owner.drop(victim)
    return true
  }

  begun(): void {
    this.#objects++
  }

  dropped(): void {
    this.#objects--
  }

  tick(timeUs: number): void {
    // Most streams have no FEC, and a capture's time passes quickly.
    if (this.#flows.size === 0 && this.#keepers.size === 0) return
    if (!this.#looks.due(this.#flowCount + this.#keepers.size + this.#objects, this.#arrivedBytes())) return
    this.decoding.turn(false)
    this.#pass(timeUs, false)
  }

  /** No more packets: decodes what can be decoded. */
  finish(timeUs: number): void {
    this.decoding.turn(true)
    this.#pass(timeUs, true)
  }

  /** Without an iterator over all: a capture's packet may each be a step of time. */
  #pass(timeUs: number, final: boolean): void {
    for (const flows of this.#flows.values()) for (const flow of flows.values()) flow.tick(timeUs, final)
    for (const keeper of this.#keepers.values()) keeper.tick(timeUs, final)
  }

  clear(): void {
    for (const flow of this.#all()) flow.clear()
  }
}
