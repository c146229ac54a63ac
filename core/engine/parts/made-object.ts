import type { ServiceId } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import type { Carrier } from '../../flow/carriers.ts'
import { type Lease, ownBytes } from '../../flow/lease.ts'
import type { ByteRange, FlowObject } from '../../flow/objects.ts'

/** What brings objects that this program makes. */
export const MADE: Carrier = { kind: 'made', by: 'packager' }

/** What a segment is called, and of which representation it is. */
export type MadeSegment = {
  readonly name: string
  readonly contentType: string
  readonly role: ChannelRole
  readonly representation: string
  /** Number of the representation, in place of a channel's. */
  readonly channel: number
}

/** A media segment that is being made: its bytes come in order, and none is lost. */
export class MadeObject implements FlowObject {
  readonly index: number
  readonly serviceId: ServiceId
  readonly name: string
  readonly contentType: string
  readonly role: ChannelRole
  readonly representation: string
  readonly firstTimeUs: number
  readonly destination = 'made'
  readonly channel: number
  readonly carrier = MADE
  readonly contentEncoding = null
  readonly listed = null
  readonly kind = 'media'
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
  state: 'receiving' | 'complete' = 'receiving'
  lastTimeUs: number
  #buffer = new Uint8Array(64 * 1024)
  #length = 0
  readonly #watchers = new Set<() => void>()

  constructor(index: number, serviceId: ServiceId, made: MadeSegment, timeUs: number) {
    this.index = index
    this.serviceId = serviceId
    this.name = made.name
    this.contentType = made.contentType
    this.role = made.role
    this.representation = made.representation
    this.channel = made.channel
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
  }

  get size(): number | null {
    return this.state === 'complete' ? this.#length : null
  }

  get received(): number {
    return this.#length
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  append(bytes: Uint8Array, timeUs: number): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      larger.set(this.bytes)
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
    this.lastTimeUs = timeUs
    this.#tell()
  }

  complete(): void {
    this.state = 'complete'
    this.#tell()
  }

  prefixBytes(): number {
    return this.#length
  }

  lease(from: number, to: number): Lease {
    return ownBytes(this.#buffer.subarray(from, Math.min(to, this.#length)))
  }

  missing(): ByteRange[] {
    return []
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}
