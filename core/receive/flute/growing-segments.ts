import { asServiceId } from '../../contract/ids.ts'
import { BoundedSet } from '../../flow/bounded-map.ts'
import { channelWord } from '../../flow/carriers.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { parseChunkName } from '../../protocol/flute/chunk-name.ts'
import type { FileContext } from '../context/contexts.ts'
import { corruptFile } from '../lct/file-delivery.ts'
import type { LctChannel } from '../lct/lct-channel.ts'
import type { ObjectContext } from '../object/channel-events.ts'
import { TransportObject } from '../object/transport-object.ts'

/** Growing segments of one session at a time; beyond it the oldest ends incomplete. */
const MAX_GROWING = 64
/** Delivered segments whose late chunks are recognised, per session. */
const MAX_ENDED = 256

type Growing = { readonly object: TransportObject; readonly channel: LctChannel }

/**
 * Joins chunks that are transport objects of their own (TS 103 769 Annex F, chunked mode) to segments: readers see one
 * object per segment, which grows chunk by chunk.
 */
export class GrowingSegments {
  readonly #context: FileContext & ObjectContext
  readonly #tellLost: (object: TransportObject, channel: LctChannel, timeUs: number) => void
  /** By TSI and name. */
  readonly #growing = new Map<string, Growing>()
  readonly #ended = new BoundedSet<string>(MAX_ENDED)
  /** TSIs with a segment since reception began. */
  readonly #begun = new Set<number>()

  /** @param lost receives incomplete segments */
  constructor(
    context: FileContext & ObjectContext,
    lost: (object: TransportObject, channel: LctChannel, timeUs: number) => void,
  ) {
    this.#context = context
    this.#tellLost = lost
  }

  /**
   * Takes a whole chunk, or the empty object that ends a segment.
   * @returns false for any other object
   */
  take(file: FlowFile, carrier: TransportObject, channel: LctChannel, timeUs: number): boolean {
    const chunk = parseChunkName(file.name)
    // It contradicts its digest.
    if (!file.complete) return chunk !== null
    const empty = file.lease.bytes.length === 0
    if (chunk === null && !(empty && this.#growing.has(keyOf(channel, file.name)))) return false
    const name = chunk?.resource ?? file.name
    const key = keyOf(channel, name)
    if (this.#ended.has(key)) return true
    const growing = this.#growing.get(key) ?? this.#begin(key, name, chunk?.offset ?? 0, carrier, channel, timeUs)
    const { object } = growing
    const offset = chunk?.offset ?? object.ranges.highest
    object.packets += carrier.packets
    object.lastTimeUs = timeUs
    if (offset + file.lease.bytes.length > this.#context.limits.objectBytes) return true
    if (chunk?.isLast === true || empty)
      object.length = Math.max(offset + file.lease.bytes.length, object.ranges.highest)
    if (!empty && object.take(offset, file.lease.bytes, 0, file.lease.bytes.length) < 0) return true
    if (object.whole) this.#finish(key, growing)
    else object.notify()
    return true
  }

  /**
   * Takes the received bytes of an incomplete chunk, where its segment is kept although corrupt.
   * @returns false where the object is no chunk
   */
  lost(chunk: TransportObject, channel: LctChannel, timeUs: number): boolean {
    const parsed = chunk.name === null ? null : parseChunkName(chunk.name)
    if (parsed === null || channel.serviceId === null) return false
    const key = keyOf(channel, parsed.resource)
    if (this.#ended.has(key)) return true
    const { object } =
      this.#growing.get(key) ?? this.#begin(key, parsed.resource, parsed.offset, chunk, channel, timeUs)
    const end = chunk.size === null ? null : parsed.offset + chunk.size
    if (parsed.isLast && end !== null && end <= this.#context.limits.objectBytes)
      object.length = Math.max(end, object.ranges.highest)
    object.lastTimeUs = timeUs
    if (!this.#context.spec.keepCorrupt || chunk.sound === false) return true
    for (const [from, to] of chunk.ranges.covered(0, chunk.ranges.highest)) {
      if (parsed.offset + to <= this.#context.limits.objectBytes)
        object.take(parsed.offset + from, chunk.bytes(from, to), 0, to - from)
    }
    object.notify()
    return true
  }

  #begin(
    key: string,
    name: string,
    offset: number,
    carrier: TransportObject,
    channel: LctChannel,
    timeUs: number,
  ): Growing {
    const { pool } = this.#context
    const { index, toi, instance, codepoint, firstTimeUs, frame } = carrier
    const numbers = { index, key: 0, toi, wideToi: null, instance }
    const object = new TransportObject(channel, pool, { ...numbers, codepoint, timeUs: firstTimeUs, frame })
    object.name = name
    object.contentType = carrier.contentType
    object.kind = 'media'
    // Chunks sent before reception began are not lost.
    if (!this.#begun.has(channel.tsi)) object.joinedAt = offset
    this.#begun.add(channel.tsi)
    for (const other of this.#growing.values()) {
      if (other.channel === channel && other.object.endingSinceUs < 0) other.object.endingSinceUs = timeUs
    }
    const growing = { object, channel }
    this.#growing.set(key, growing)
    if (this.#growing.size > MAX_GROWING) {
      for (const [oldest, each] of this.#growing) {
        this.#lose(oldest, each, 'partial', timeUs)
        break
      }
    }
    this.#context.sink.begun?.(object)
    return growing
  }

  #finish(key: string, { object, channel }: Growing): void {
    this.#end(key)
    object.state = 'complete'
    object.join()
    object.notify()
    this.#context.file(wholeFile(object, channel))
    object.release()
  }

  #lose(key: string, { object, channel }: Growing, why: 'partial' | 'truncated', timeUs: number): void {
    this.#end(key)
    object.endIncomplete(why)
    object.notify()
    this.#tellLost(object, channel, timeUs)
    this.#context.sink.lost?.(object)
    if (this.#context.spec.keepCorrupt && channel.serviceId !== null) {
      const file = corruptFile(channel, object, channel.serviceId)
      if (file !== null) this.#context.file(file)
    }
    object.release()
  }

  #end(key: string): void {
    this.#growing.delete(key)
    this.#ended.add(key)
  }

  /** Ends segments long followed by newer ones, or without further growth. */
  tick(timeUs: number): void {
    for (const [key, growing] of this.#growing) {
      const { object } = growing
      const quietSince = Math.max(object.lastTimeUs, object.endingSinceUs)
      const wait = object.endingSinceUs >= 0 ? this.#context.reorderUs : this.#context.limits.idleMs * 1000
      if (timeUs - quietSince >= wait) this.#lose(key, growing, 'partial', timeUs)
    }
  }

  /** Ends all segments: the source ends or starts again. */
  close(timeUs: number): void {
    for (const [key, growing] of this.#growing) {
      this.#lose(key, growing, growing.object.endingSinceUs >= 0 ? 'partial' : 'truncated', timeUs)
    }
    this.#ended.clear()
  }
}

function keyOf(channel: LctChannel, name: string): string {
  return `${channel.tsi} ${name}`
}

function wholeFile(object: TransportObject, channel: LctChannel): FlowFile {
  return {
    serviceId: channel.serviceId ?? asServiceId(0),
    name: object.name as string,
    contentType: object.contentType,
    kind: 'media',
    lease: object.lease(0, object.length),
    objectIndex: object.index,
    carrier: object.carrier,
    lane: channelWord(object.carrier),
    representation: channel.representation,
    complete: true,
    missing: [],
    firstTimeUs: object.firstTimeUs,
    lastTimeUs: object.lastTimeUs,
  }
}
