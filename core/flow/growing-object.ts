import type { ServiceId } from '../contract/ids.ts'
import type { Carrier } from './carriers.ts'
import { type Lease, ownBytes } from './lease.ts'
import type { ByteRange, FlowFile, FlowObject, ObjectKind } from './objects.ts'

/** Facts of an object that no packets brought. */
export type GrowingFacts = {
  readonly serviceId: ServiceId
  readonly name: string
  readonly contentType: string | null
  readonly kind: ObjectKind
  readonly representation: string | null
  readonly carrier: Carrier
  /** Null: its end tells. */
  readonly size: number | null
  /** Its channel in one word. */
  readonly lane: string
}

const FIRST_BYTES = 64 * 1024
/** Of the next object: rows of received ones are not negative. */
let nextIndex = -1

/** An object whose bytes come one after another, as of an upload or of a file that is fetched. Its memory is its own. */
export class GrowingObject implements FlowObject {
  readonly index = nextIndex--
  readonly serviceId: ServiceId
  readonly destination = ''
  readonly channel = 0
  readonly carrier: Carrier
  readonly role = 'unknown'
  readonly representation: string | null
  readonly name: string
  readonly contentType: string | null
  readonly contentEncoding = null
  readonly listed = null
  readonly kind: ObjectKind
  readonly recovered = 0
  readonly starved = false
  readonly recoveredRanges: readonly ByteRange[] = []
  readonly lostRanges: readonly ByteRange[] = []
  readonly joinedAt = 0
  readonly packetBytes = 0
  readonly lostAtUs = 0
  readonly lostFrame = 0
  readonly packets = 0
  readonly repeats = 0
  readonly times = null
  readonly firstTimeUs: number
  readonly #lane: string
  readonly #watchers = new Set<() => void>()
  size: number | null
  state: 'receiving' | 'partial' | 'complete' = 'receiving'
  lastTimeUs: number
  #bytes: Uint8Array
  #length = 0

  /** @param timeUs of its beginning, µs since the UNIX epoch */
  constructor(facts: GrowingFacts, timeUs: number) {
    this.serviceId = facts.serviceId
    this.carrier = facts.carrier
    this.representation = facts.representation
    this.name = facts.name
    this.contentType = facts.contentType
    this.kind = facts.kind
    this.size = facts.size
    this.#lane = facts.lane
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    this.#bytes = new Uint8Array(Math.min(facts.size ?? FIRST_BYTES, FIRST_BYTES))
  }

  get received(): number {
    return this.#length
  }

  append(bytes: Uint8Array, timeUs: number): void {
    const length = this.#length + bytes.byteLength
    if (length > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = length
    this.lastTimeUs = timeUs
    this.#tell()
  }

  /** Ends it. @returns the file, of one that is whole */
  end(isWhole: boolean): FlowFile | null {
    this.state = isWhole ? 'complete' : 'partial'
    if (isWhole) this.size = this.#length
    this.#tell()
    if (!isWhole) return null
    const { serviceId, name, contentType, kind, carrier, representation, firstTimeUs, lastTimeUs } = this
    return {
      serviceId,
      name,
      contentType,
      kind,
      lease: ownBytes(this.#bytes.subarray(0, this.#length)),
      objectIndex: this.index,
      carrier,
      lane: this.#lane,
      representation,
      complete: true,
      missing: [],
      firstTimeUs,
      lastTimeUs,
    }
  }

  prefixBytes(): number {
    return this.#length
  }

  lease(from: number, to: number): Lease {
    if (to <= this.#length) return ownBytes(this.#bytes.subarray(from, to))
    const bytes = new Uint8Array(to - from)
    bytes.set(this.#bytes.subarray(from, this.#length))
    return ownBytes(bytes)
  }

  missing(): ByteRange[] {
    return this.size === null || this.size <= this.#length ? [] : [[this.#length, this.size]]
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}
