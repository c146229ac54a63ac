import type { ChannelEvents } from '../object/channel-events.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import { isReplaceable } from '../object/open-objects.ts'
import { SIZE_SOURCE, type TransportObject } from '../object/transport-object.ts'
import { BREAK_US } from '../object/way-back.ts'
import type { SourcePacket } from './source-packet.ts'

/** Judges packets whose object has another length than before. */
export class LengthChanges<Channel> {
  readonly #channel: Channel
  readonly #events: ChannelEvents<Channel>
  readonly #limits: ReceiveLimits

  constructor(channel: Channel, events: ChannelEvents<Channel>, limits: ReceiveLimits) {
    this.#channel = channel
    this.#events = events
    this.#limits = limits
  }

  /** True where a packet continues an object in spite of another length: the sender knows better now. */
  goesOn(object: TransportObject, { lct, offset, timeUs, frame }: SourcePacket): boolean {
    const { length: before, ranges } = object
    const isNext = offset > 0 && offset === object.cursor && lct.transferLength >= ranges.highest
    if (!isNext || object.redeclared >= 0 || isReplaceable(object) || object.state !== 'receiving') return false
    if (lct.transferLength > this.#limits.objectBytes) return false
    object.redeclared = before
    object.length = lct.transferLength
    this.#events.redeclared(this.#channel, object, before, timeUs, frame)
    return true
  }

  /**
   * True where a packet goes on with an object that its table describes anew. Where it is no such packet, it is of other content.
   */
  isAsRelisted(object: TransportObject, { offset, timeUs, frame }: SourcePacket): boolean {
    const { length: before, relisted } = object
    object.relisted = -1
    const { highest } = object.ranges
    if (offset !== highest || relisted < highest || timeUs - object.lastTimeUs >= BREAK_US) return false
    if (object.sizeSource === SIZE_SOURCE.extension || relisted === before) return true
    object.length = relisted
    if (object.redeclared >= 0) return true
    object.redeclared = before
    this.#events.redeclared(this.#channel, object, before, timeUs, frame)
    return true
  }

  /**
   * Another length comes with a packet from the same place: the same content declared again, or other content of the sender.
   * @returns true of other content, where another transmission begins
   */
  contradicted(object: TransportObject, { lct, offset, bytes, from, end, timeUs, frame }: SourcePacket): boolean {
    if (object.state !== 'receiving') return false
    const differs = object.differs(offset, bytes, from, end)
    object.sendersFault = differs || object.covers(offset, offset + end - from)
    if (isReplaceable(object)) return false
    if (!differs) {
      if (object.sendersFault) object.redeclared = lct.transferLength
      return false
    }
    // An object that is over is only late to be told: what it lacks was lost.
    if (object.endingSinceUs >= 0) return false
    this.#events.changed(this.#channel, object, timeUs, frame)
    return true
  }
}
