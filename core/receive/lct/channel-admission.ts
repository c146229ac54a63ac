import type { ChannelEvents } from '../object/channel-events.ts'
import type { KnownObjects } from '../object/known-objects.ts'
import type { CountedHome, OpenObjects } from '../object/open-objects.ts'
import { SIZE_SOURCE } from '../object/transport-object.ts'
import { ChannelSenders, type Comparison } from './channel-senders.ts'
import { objectKey } from './object-key.ts'
import type { SourcePacket } from './source-packet.ts'

/** Decides whose packets a channel takes, by what they say of the objects that are there. */
export class ChannelAdmission<Channel extends CountedHome> {
  readonly senders = new ChannelSenders()
  readonly #channel: Channel
  readonly #events: ChannelEvents<Channel>
  readonly #open: OpenObjects<Channel>
  readonly #known: KnownObjects

  constructor(channel: Channel, events: ChannelEvents<Channel>, open: OpenObjects<Channel>, known: KnownObjects) {
    this.#channel = channel
    this.#events = events
    this.#open = open
    this.#known = known
  }

  /** Whether a packet of another sender is taken. */
  admits(packet: SourcePacket): boolean {
    const senders = this.senders
    const { sender, timeUs, frame } = packet
    if (senders.shared) return true
    if (senders.first === '' || senders.isSilent(timeUs)) {
      // What the last one sent is another transmission.
      if (senders.first !== '') this.#forget(timeUs)
      senders.begin(sender, timeUs)
      return true
    }
    const verdict = senders.judge(this.#compare(packet))
    if (verdict === 'tell') this.#events.twoSenders(this.#channel, senders.first, sender, timeUs, frame)
    return verdict === 'take'
  }

  /** Whether a packet without bytes of an object, such as one of repair symbols, is of the sender that is taken. */
  admitsOther(sender: string, timeUs: number): boolean {
    const senders = this.senders
    if (sender === senders.first) senders.lastUs = timeUs
    else if (senders.shared) return true
    else if (senders.first !== '' && !senders.isSilent(timeUs)) return false
    else {
      if (senders.first !== '') this.#forget(timeUs)
      senders.begin(sender, timeUs)
    }
    return true
  }

  /** How a packet compares with the object of its TOI. */
  #compare({ lct, offset, bytes, from, end }: SourcePacket): Comparison {
    const key = objectKey(lct)
    const open = this.#open.get(key)
    if (open !== undefined) {
      const announced = lct.transferLength
      if (announced >= 0 && open.sizeSource === SIZE_SOURCE.extension && announced !== open.length) return 'different'
      if (open.differs(offset, bytes, from, end)) return 'different'
      return end > from && open.covers(offset, offset + end - from) ? 'same' : 'new'
    }
    const done = this.#known.get(key)
    if (done === undefined || !done.complete) return 'new'
    if (done.isReplacedBy(lct.transferLength, offset, bytes, from, end)) return 'different'
    return done.bytes !== null || (offset === 0 && end > from) ? 'same' : 'new'
  }

  /** Forgets what was received: what follows is another transmission. */
  #forget(timeUs: number): void {
    this.#open.endAll(timeUs)
    this.#known.clear()
  }
}
