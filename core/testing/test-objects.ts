import { asServiceId, asToi, asTsi } from '../contract/ids.ts'
import { type Lease, ownBytes } from '../flow/lease.ts'
import type { ByteRange, FlowFile, FlowObject, ObjectKind } from '../flow/objects.ts'

const CARRIER = { kind: 'lct', tsi: asTsi(10), toi: asToi(1), codepoint: 8, instance: 0 } as const

/** A received file for tests. */
export function receivedFile(name: string, content: string | Uint8Array, more: Partial<FlowFile> = {}): FlowFile {
  return {
    serviceId: asServiceId(1),
    name,
    contentType: null,
    kind: 'media',
    lease: ownBytes(typeof content === 'string' ? new TextEncoder().encode(content) : content),
    objectIndex: nextIndex++,
    carrier: CARRIER,
    lane: 'tsi10',
    representation: '1',
    complete: true,
    missing: [],
    firstTimeUs: 0,
    lastTimeUs: 0,
    ...more,
  }
}

let nextIndex = 1_000_000

/** An object whose arrival and end a test controls. */
export class ArrivingObject implements FlowObject {
  readonly index: number
  readonly serviceId = asServiceId(1)
  readonly destination = '239.0.0.1:6000'
  readonly channel = 0
  readonly carrier = CARRIER
  readonly role = 'video'
  readonly representation: string | null = '1'
  readonly listed: FlowObject['listed'] = null
  readonly name: string
  readonly contentType = null
  readonly contentEncoding = null
  readonly kind: ObjectKind = 'media'
  size: number | null
  state: FlowObject['state'] = 'receiving'
  readonly lostRanges = []
  readonly joinedAt = 0
  readonly packetBytes = 0
  readonly lostAtUs = 0
  readonly lostFrame = 0
  firstTimeUs = 0
  lastTimeUs = 0
  readonly packets = 0
  readonly repeats = 0
  readonly times = null
  readonly recovered = 0
  readonly starved = false
  readonly recoveredRanges = []
  #bytes = new Uint8Array(0)
  readonly #watchers = new Set<() => void>()

  constructor(index: number, name: string, size: number | null = null) {
    this.index = index
    this.name = name
    this.size = size
  }

  get received(): number {
    return this.#bytes.byteLength
  }

  /** Current number of readers. */
  get watchers(): number {
    return this.#watchers.size
  }

  push(content: string | Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(content as string)])
    for (const watcher of [...this.#watchers]) watcher()
  }

  end(state: 'complete' | 'partial' | 'truncated'): void {
    this.state = state
    if (state === 'complete') this.size = this.received
    for (const watcher of [...this.#watchers]) watcher()
  }

  prefixBytes(): number {
    return this.#bytes.byteLength
  }

  lease(from: number, to: number): Lease {
    const copy = new Uint8Array(to - from)
    copy.set(this.#bytes.subarray(from, to))
    return ownBytes(copy)
  }

  missing(): ByteRange[] {
    return this.size === null || this.size === this.received ? [] : [[this.received, this.size]]
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }
}
