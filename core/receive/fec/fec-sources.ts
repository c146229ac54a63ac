import { asToi, type Toi, type Tsi } from '../../contract/ids.ts'
import type { ProtectedObject } from '../../protocol/fec/repair-flow.ts'
import type { ObjectHome, TransportObject } from '../object/transport-object.ts'
import type { FecChannel, FecContext, FecSession } from './fec-context.ts'
import type { SuperObject } from './super-object.ts'

/** A repair object names no source object of this flow. */
const NO_TOI = asToi(-1)
/** Source objects of one flow kept whole for others of their super-object. */
const MAX_KEPT = 32

/** One protected object of a (super-)object, as far as received. */
export type FecSource = {
  readonly channel: FecChannel | null
  readonly toi: Toi
  readonly object: TransportObject | null
  /** It arrived whole; where `object` is set, its bytes are still available. */
  readonly complete: boolean
  /** -1 unknown. */
  readonly length: number
}

/** Source objects that one repair flow protects: where they are received, and those kept whole for others. */
export class FecSources {
  readonly #context: FecContext
  readonly #session: FecSession
  readonly #tsi: Tsi
  /** Protected objects of each (super-)object, in its order. */
  #members: readonly ProtectedObject[] = []
  /** Whole source objects whose bytes others of their super-object may need. */
  #kept: TransportObject[] = []

  constructor(context: FecContext, session: FecSession, tsi: Tsi) {
    this.#context = context
    this.#session = session
    this.#tsi = tsi
  }

  describe(members: readonly ProtectedObject[]): void {
    this.#members = members
  }

  /** Source objects of each (super-)object; 1 while unknown. */
  get count(): number {
    return Math.max(1, this.#members.length)
  }

  /** Source objects of a (super-)object, in its order; none while unknown. */
  of(repairToi: Toi): FecSource[] {
    const sources: FecSource[] = []
    for (const { tsi, session, sourceToi } of this.#members) {
      const channel = this.#channelOf(tsi, session)
      const toi = sourceToi.valueAt(repairToi) ?? NO_TOI
      const open = channel?.openObject(toi) ?? null
      const kept = this.#keptOf(channel, toi)
      const done = open === null ? channel?.doneObject(toi) : undefined
      const length = open?.length ?? kept?.length ?? done?.length ?? -1
      sources.push({ channel, toi, object: open ?? kept, complete: open === null && done?.complete === true, length })
    }
    return sources
  }

  areWhole(repairToi: Toi): boolean {
    // The first one that lacks is enough: this runs with each object of many.
    return this.#members.length > 0 && this.#members.every((member) => this.#isComplete(member, repairToi))
  }

  #isComplete({ tsi, session, sourceToi }: ProtectedObject, repairToi: Toi): boolean {
    const channel = this.#channelOf(tsi, session)
    const toi = sourceToi.valueAt(repairToi) ?? NO_TOI
    return channel !== null && channel.openObject(toi) === null && channel.doneObject(toi)?.complete === true
  }

  /** Protected objects that are of one channel. */
  membersOf(home: ObjectHome): ProtectedObject[] {
    return this.#members.filter(({ tsi, session }) => this.#channelOf(tsi, session) === home)
  }

  /** Channels of protected objects seen so far. */
  channels(): FecChannel[] {
    return this.#members.flatMap(({ tsi, session }) => this.#channelOf(tsi, session) ?? [])
  }

  #channelOf(tsi: Tsi | null, session: ProtectedObject['session']): FecChannel | null {
    const home = session === null ? this.#session : this.#context.sessionAt(session.address, session.port)
    return home?.channel(tsi ?? this.#tsi) ?? null
  }

  /** Whether it is still the object of its TOI. */
  hasNow(object: TransportObject, { tsi, session }: ProtectedObject): boolean {
    const channel = this.#channelOf(tsi, session)
    return (channel?.openObject(object.toi) ?? this.#keptOf(channel, object.toi)) === object
  }

  /** Keeps a whole object, where others of its super-object may need it. */
  keep(object: TransportObject): void {
    if (this.#members.length <= 1) return
    object.keep()
    this.#kept.push(object)
    this.#context.kept(object.length)
    if (this.#kept.length > MAX_KEPT) this.evictKept()
  }

  #keptOf(channel: FecChannel | null, toi: Toi): TransportObject | null {
    let newest: TransportObject | null = null
    for (const each of this.#kept) if (each.home === channel && each.toi === toi) newest = each
    return newest
  }

  /** Lets kept objects go that are among these. */
  release(sources: readonly FecSource[]): void {
    for (const { object } of sources) if (object !== null && this.#kept.includes(object)) this.#drop(object)
  }

  /** Lets kept objects go whose last packet came longer ago. */
  expire(timeUs: number, waitUs: number): void {
    for (const kept of this.#kept) if (timeUs - kept.lastTimeUs > waitUs) this.#drop(kept)
  }

  /** Lets the oldest kept object go. @returns false where there is none */
  evictKept(): boolean {
    const oldest = this.#kept[0]
    if (oldest === undefined) return false
    this.#drop(oldest)
    return true
  }

  #drop(object: TransportObject): void {
    this.#kept = this.#kept.filter((each) => each !== object)
    this.#context.kept(-object.length)
    object.releaseKept()
  }
}

/** Whether a (super-)object has a source object among some of its members. */
export function isMember(
  source: TransportObject,
  members: readonly ProtectedObject[],
  { toi }: Pick<SuperObject, 'toi'>,
): boolean {
  return members.some(({ sourceToi }) => sourceToi.valueAt(toi) === source.toi)
}
