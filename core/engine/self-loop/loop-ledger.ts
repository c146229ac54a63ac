import { hashOf, hexText } from '#platform'
import type { ReturnedObject, ReturnState, SelfLoopSnapshot } from '../../contract/sending-snapshot.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { ObjectOnAir, SendWatch } from '../../send/emitter.ts'
import { ReturnTally } from './return-tally.ts'

/** Objects kept to be matched; what became of older ones is only counted. */
const MOST_OBJECTS = 4096
const DROPPED_AT_ONCE = 64
/** Objects of a snapshot. */
const MOST_SHOWN = 160
/** Delay above which an object is late, µs. */
const LATE_AFTER_US = 500_000
/** Without any packet, an object is lost so long after its last one was sent, µs. */
const LOST_AFTER_US = 3_000_000

/** One object that was sent; all its unchanged transmissions. */
type SentObject = {
  readonly key: string
  readonly destination: string
  readonly tsi: number
  readonly toi: number
  /** What is sent, until its digest is known. */
  onAir: ObjectOnAir | null
  sha256: string | null
  sizeBytes: number | null
  transmissions: number
  beganUs: number
  outUs: number | null
  /** Of its arrival; null before anything of it arrived. */
  index: number | null
  name: string | null
  arrivingUs: number | null
  arrivedUs: number | null
  missingBytes: number
  /** What its arrival told; `coming` before. */
  told: ReturnState
}

/** When its group was joined, µs; null: it is not. */
export type JoinedUs = (destination: string) => number | null

/**
 * Objects that a session sends, and what it receives of them: matched by destination, TSI and TOI, and compared by SHA-256. What is
 * sent again unchanged, as signalling is, is one object.
 */
export class LoopLedger implements SendWatch {
  readonly #nowUs: () => number
  readonly #joinedUs: JoinedUs
  /** In the order of sending. */
  readonly #objects = new Set<SentObject>()
  /** The newest first. */
  readonly #byKey = new Map<string, SentObject[]>()
  readonly #onAir = new Map<ObjectOnAir, SentObject>()
  readonly #dropped = new ReturnTally()
  #strange = 0
  #over = false
  #changes = 0

  /** @param nowUs the clock of sending and receiving */
  constructor(nowUs: () => number, joinedUs: JoinedUs) {
    this.#nowUs = nowUs
    this.#joinedUs = joinedUs
  }

  /** Grows with every change. */
  get changes(): number {
    return this.#changes
  }

  begun(address: string, port: number, object: ObjectOnAir): void {
    const { tsi, toi } = object
    const destination = formatDestination(address, port)
    const key = keyOf(destination, tsi, toi)
    const sent: SentObject = {
      key,
      destination,
      tsi,
      toi,
      onAir: object,
      sha256: null,
      sizeBytes: null,
      transmissions: 1,
      beganUs: this.#nowUs(),
      outUs: null,
      index: null,
      name: null,
      arrivingUs: null,
      arrivedUs: null,
      missingBytes: 0,
      told: 'coming',
    }
    this.#changes++
    this.#objects.add(sent)
    this.#onAir.set(object, sent)
    this.#byKey.set(key, [sent, ...(this.#byKey.get(key) ?? [])])
    if (this.#objects.size > MOST_OBJECTS) this.#dropOldest()
  }

  out(object: ObjectOnAir): void {
    const sent = this.#onAir.get(object)
    this.#onAir.delete(object)
    if (sent === undefined) return
    this.#changes++
    sent.outUs = this.#nowUs()
    digest(sent)
    sent.onAir = null
    const before = this.#byKey.get(sent.key)?.find((each) => each !== sent && each.sha256 === sent.sha256)
    if (before === undefined || sent.told !== 'coming') return
    before.transmissions++
    // What has not come back can do so with this transmission.
    if (before.told !== 'equal' && before.told !== 'late') {
      before.beganUs = sent.beganUs
      before.outUs = sent.outUs
    }
    this.#forget(sent)
  }

  /** An object was received whole. @param sha256 of its bytes as transported, in hexadecimal */
  received(object: FlowObject, sha256: string): void {
    const same = this.#sent(object)
    if (same === null) return
    const waiting = same.filter(({ told }) => told === 'coming')
    const sent = same.find((each) => digest(each) === sha256) ?? waiting.at(-1) ?? same[0]
    if (sent === undefined) return
    this.#arrived(sent, object)
    sent.missingBytes = 0
    const isEqual = sent.sha256 === sha256
    sent.told = !isEqual ? 'differs' : (delayOf(sent) ?? 0) > LATE_AFTER_US ? 'late' : 'equal'
    if (isEqual) this.#dropped.delay(delayOf(sent) ?? 0)
  }

  /** An object ended without some of its bytes. */
  incomplete(object: FlowObject): void {
    const sent = this.#sent(object)?.find(({ told, beganUs }) => told === 'coming' && beganUs <= object.lastTimeUs)
    if (sent === undefined) return
    this.#arrived(sent, object)
    const missing = object.missing().reduce((sum, [from, to]) => sum + to - from, 0)
    sent.missingBytes = Math.max(missing, (sent.sizeBytes ?? 0) - object.received)
    sent.told = object.state === 'joined' ? 'unheard' : object.state === 'truncated' ? 'cut' : 'incomplete'
  }

  /** Bytes that an object lacked were fetched. */
  repaired(index: number, sha256: string): void {
    for (const sent of this.#objects) {
      if (sent.index !== index) continue
      sent.told = digest(sent) === sha256 ? 'equal' : 'differs'
      sent.missingBytes = 0
      this.#changes++
    }
  }

  /** Nothing more is sent: what is still on its way was cut off. */
  end(): void {
    this.#over = true
    this.#changes++
  }

  /** Nothing is on its way any more. */
  get isSettled(): boolean {
    for (const sent of this.#objects) if (this.#stateOf(sent) === 'coming') return false
    return true
  }

  snapshot(): SelfLoopSnapshot {
    const tally = this.#dropped.copy()
    const objects = [...this.#objects]
    const rows = objects.slice(-MOST_SHOWN)
    for (const sent of objects) tally.count(sent, this.#stateOf(sent))
    return {
      ...tally.values(),
      strange: this.#strange,
      lateAfterUs: LATE_AFTER_US,
      nowUs: this.#nowUs(),
      objects: rows.map((sent) => ({ ...shown(sent), state: this.#stateOf(sent) })),
    }
  }

  /** What is not received yet when both sending and receiving are over does not come any more. */
  settle(): void {
    for (const sent of this.#objects) {
      const state = this.#stateOf(sent)
      sent.told = state === 'coming' ? 'lost' : state
    }
    this.#changes++
  }

  #stateOf(sent: SentObject): ReturnState {
    const { told, outUs, destination, beganUs } = sent
    if (told !== 'coming') return told
    if (outUs === null) return this.#over ? 'cut' : 'coming'
    const joinedUs = this.#joinedUs(destination)
    if (joinedUs === null || joinedUs > beganUs) return 'unheard'
    return this.#nowUs() - outUs > LOST_AFTER_US ? 'lost' : 'coming'
  }

  /** The objects that were sent under the numbers of a received one; null where there are none. */
  #sent({ destination, carrier }: FlowObject): readonly SentObject[] | null {
    if (carrier.kind !== 'lct') return null
    const same = this.#byKey.get(keyOf(destination, carrier.tsi, carrier.toi))
    if (same === undefined) this.#strange++
    this.#changes++
    return same ?? null
  }

  #arrived(sent: SentObject, { index, name, firstTimeUs, lastTimeUs }: FlowObject): void {
    sent.index = index
    sent.name = name
    sent.arrivingUs = firstTimeUs
    sent.arrivedUs = lastTimeUs
  }

  /** Drops some at once: looking for the oldest passes over those dropped before. */
  #dropOldest(): void {
    for (const oldest of this.#objects) {
      if (this.#objects.size <= MOST_OBJECTS - DROPPED_AT_ONCE) return
      this.#dropped.count(oldest, this.#stateOf(oldest))
      this.#forget(oldest)
    }
  }

  #forget(sent: SentObject): void {
    this.#objects.delete(sent)
    if (sent.onAir !== null) this.#onAir.delete(sent.onAir)
    const left = this.#byKey.get(sent.key)?.filter((each) => each !== sent) ?? []
    if (left.length === 0) this.#byKey.delete(sent.key)
    else this.#byKey.set(sent.key, left)
  }
}

function keyOf(destination: string, tsi: number, toi: number): string {
  return `${destination} ${tsi} ${toi}`
}

/** SHA-256 of what was sent; null while it is not all known. */
function digest(sent: SentObject): string | null {
  const { onAir } = sent
  if (sent.sha256 === null && onAir !== null && onAir.isOut) {
    sent.sizeBytes = onAir.bytes.length
    sent.sha256 = hexText(hashOf('sha256', onAir.bytes))
  }
  return sent.sha256
}

/** From the last packet being sent to the arrival of the last one; the clocks of the two differ by less than a timer's step. */
function delayOf({ outUs, arrivedUs, missingBytes }: SentObject): number | null {
  return outUs === null || arrivedUs === null || missingBytes > 0 ? null : Math.max(0, arrivedUs - outUs)
}

function shown(sent: SentObject): Omit<ReturnedObject, 'state'> {
  const { destination, tsi, toi, index, name, sizeBytes, transmissions } = sent
  const { beganUs, outUs, arrivingUs, arrivedUs, missingBytes } = sent
  const times = { beganUs, outUs, arrivingUs, arrivedUs, delayUs: delayOf(sent), missingBytes }
  return { destination, tsi, toi, index, name, sizeBytes, transmissions, ...times }
}
