import type { BytePool } from '../object/byte-pool.ts'
import { type BackVerdict, BREAK_US, REPEAT_US, type WayBack } from '../object/way-back.ts'
import type { ChannelNames } from './channel-names.ts'
import { SourcePacket } from './source-packet.ts'

/** Silence of all media after which any earlier object is, µs. */
const LONG_BREAK_US = 1_000_000
/** Channels without media for so long have no say, µs. */
const IN_USE_US = 10_000_000
/** Other channels go back so much later, µs. */
const FOLLOW_US = 30_000_000
/** Without a break, and with one channel of media, only a long round through many objects is another transmission. */
const LONG_ROUND = { objects: 8, us: 5_000_000 }
/** With several channels, one through so many: packets that overtake others go back by less. */
const SHORT_ROUND = 3
/** Packets wait so long, and as many bytes of them, until it is seen that all channels have gone back, and go on from there. */
const HOLD_US = 10_000_000
const HOLD_BYTES = 32 << 20

/** Another transmission of a session began. */
export type Restart = {
  readonly from: number
  readonly to: number
  /** Silence of the session's media before it. */
  readonly silentUs: number
  /** The TOIs alone tell it. */
  readonly far: boolean
  /** Another channel has told of it. */
  readonly follows: boolean
}

/** A channel, as far as the watch needs it. */
export interface RestartChannel {
  readonly names: Pick<ChannelNames, 'source' | 'carriesSls'>
  /** Stream time of its newest media packet; -1 without one. */
  readonly lastMediaUs: number
  /** Numbers of its tables have gone back as well, which repeated objects do not bring about. */
  readonly tablesWentBack: boolean
  /** It went back to an earlier object. */
  isBack: boolean
  /** What goes back to earlier objects is kept. */
  isHeld: boolean
  /** Share of the bytes of the media object of a TOI that has come, from 0 to 1; 0 where its length is unknown. */
  shareOf(toi: number): number
  startOver(sinceUs: number, timeUs: number): void
  takeHeld(packet: SourcePacket): void
}

/** The session, as far as the watch needs it. */
export interface RestartHost<Channel extends RestartChannel> {
  readonly channels: Iterable<Channel>
  /** @param sinceUs stream time of the first packet of the new transmission; `frame` is its own */
  restarted(channel: Channel, restart: Restart, sinceUs: number, frame: number): void
}

/** The packet with which a channel went back, without a break, and the bytes that came in order of the object since then. */
type Back = {
  readonly way: WayBack
  readonly silentUs: number
  readonly sinceUs: number
  readonly frame: number
  bytes: number
  /** Its packets are kept; otherwise the object is new, and the channel receives it. */
  readonly kept: boolean
  /** End of the last of these bytes in the object. */
  cursor: number
}

type Held<Channel> = {
  readonly channel: Channel
  readonly sender: string
  readonly offset: number
  readonly bytes: Uint8Array
  readonly from: number
  readonly timeUs: number
  readonly frame: number
}

/**
 * Tells a sender that began again from one that repeats. Both send earlier media objects; but a sender that began again does so on all
 * channels, from the first object on, and after a break in which nothing came. One that goes back to another object, after a longer break,
 * may have lost its first ones, or repeat one: what it sends is kept until it goes on from there, or from where it was. Where there was no break (two transmissions of one
 * capture, one behind the other) what goes back is kept until all channels of media have gone back, and one goes on from there. A sender that
 * repeats each object some time after it goes on from where it was.
 */
export class RestartWatch<Channel extends RestartChannel> {
  readonly #host: RestartHost<Channel>
  readonly #memory: Pick<BytePool, 'reserve' | 'unreserve'>
  readonly #packet = new SourcePacket()
  readonly #held: Held<Channel>[] = []
  #heldBytes = 0
  /** Channels that went back. */
  readonly #back = new Map<Channel, Back>()
  #releasing = false
  #count = 0
  #restartedUs = Number.NEGATIVE_INFINITY
  /** Number of the restart that a channel has last taken part in. */
  readonly #parts = new WeakMap<Channel, number>()

  /** @param memory for packets that wait */
  constructor(host: RestartHost<Channel>, memory: Pick<BytePool, 'reserve' | 'unreserve'>) {
    this.#host = host
    this.#memory = memory
  }

  /** @param packet that may be kept; null where it may not */
  judge(channel: Channel, way: WayBack, packet: SourcePacket | null, timeUs: number, frame: number): BackVerdict {
    if (this.#releasing) return 'repeat'
    this.tick(timeUs)
    const silentUs = this.#silenceUs(timeUs)
    const follows = this.#follows(channel, way, timeUs)
    const realTime = channel.names.source?.realTime ?? (channel.tablesWentBack ? true : null)
    // Others that go back meanwhile do so after the same silence.
    const [{ silentUs: brokeUs } = { silentUs }] = this.#back.values()
    const isLongBreak = brokeUs >= LONG_BREAK_US
    const isBreak = way.first ? brokeUs >= BREAK_US : isLongBreak && packet === null
    const told = follows || way.far || (realTime !== false && way.agoUs >= REPEAT_US && isBreak)
    if (told) {
      this.#release()
      return this.#restart(channel, way, silentUs, follows, timeUs, frame)
    }
    const back = this.#back.get(channel)
    if (realTime === false || way.agoUs < REPEAT_US) return 'repeat'
    if (!isLongBreak && (realTime !== true || (back === undefined && !way.first))) return 'repeat'
    const others = this.#inUse(timeUs).filter((each) => each !== channel)
    const goesOn = isLongBreak
      ? back !== undefined && way.to > back.way.to
      : others.length === 0
        ? way.from - way.to >= LONG_ROUND.objects && way.agoUs >= LONG_ROUND.us
        : back !== undefined &&
          back.way.from - back.way.to >= SHORT_ROUND &&
          way.to > back.way.to &&
          [channel, ...others].every((each) => this.#hasCome(each))
    if (goesOn) return this.#restart(channel, way, silentUs, false, timeUs, frame)
    if (others.length === 0 && !isLongBreak) return 'repeat'
    if (back === undefined)
      this.#back.set(channel, { way, silentUs, sinceUs: timeUs, frame, bytes: 0, cursor: 0, kept: packet !== null })
    channel.isBack = true
    // An object of a TOI that nobody has seen yet is received in any case.
    if (packet === null) return 'repeat'
    channel.isHeld = true
    return this.#keep(channel, packet) ? 'held' : 'repeat'
  }

  /**
   * Judges a packet of a channel that is held.
   * @returns false where it is to be taken
   */
  hold(channel: Channel, way: WayBack, packet: SourcePacket): boolean {
    const { timeUs, frame } = packet
    if (way.to > (this.#back.get(channel)?.way.to ?? 0))
      return this.judge(channel, way, packet, timeUs, frame) === 'held'
    this.tick(timeUs)
    return channel.isHeld && this.#keep(channel, packet)
  }

  /** The channel goes on from where it was before it went back: it repeats. */
  wentOn(): void {
    this.#release()
  }

  #keep(channel: Channel, packet: SourcePacket): boolean {
    const { sender, offset, bytes, start, from, end, timeUs, frame } = packet
    const size = end - start
    if (this.#heldBytes + size > HOLD_BYTES || !this.#memory.reserve(size)) {
      this.#release()
      return false
    }
    this.#heldBytes += size
    const back = this.#back.get(channel)
    if (back?.way.to === packet.lct.toi && offset >= back.cursor) {
      back.bytes += end - from
      back.cursor = offset + end - from
    }
    this.#held.push({ channel, sender, offset, bytes: bytes.slice(start, end), from: from - start, timeUs, frame })
    return true
  }

  /** Whether the object to which a channel went back has come again, but for what may be lost. Packets that come twice, each some time later, seldom do so in order. */
  #hasCome(channel: Channel): boolean {
    const back = this.#back.get(channel)
    if (back === undefined) return false
    const { way, bytes, kept } = back
    return kept ? bytes > 0 && 5 * bytes >= 4 * way.length : channel.shareOf(way.to) >= 0.8
  }

  /** Ends the wait for other channels. */
  tick(timeUs: number): void {
    const [first] = this.#back.values()
    if (first !== undefined && timeUs - first.sinceUs > HOLD_US) this.#release()
  }

  /** No more packets: what waits is a repetition. */
  close(): void {
    this.#release()
  }

  #restart(
    channel: Channel,
    way: WayBack,
    silentUs: number,
    follows: boolean,
    timeUs: number,
    frame: number,
  ): 'restart' {
    // Those that went back without a break did so in the order of time: the first one tells it.
    const [[leader, first] = [channel, { way, silentUs, sinceUs: timeUs, frame, bytes: 0, cursor: 0, kept: false }]] =
      this.#back
    if (!follows) {
      this.#count++
      this.#restartedUs = timeUs
    }
    const { from, to, far } = first.way
    const facts = { from, to, far, silentUs: first.silentUs }
    for (const each of this.#host.channels) {
      // Its signalling counts from the beginning too: a package as it was then is no repetition.
      if (!follows && each.names.carriesSls) each.startOver(timeUs, timeUs)
      const isOver = !follows && each.lastMediaUs >= 0 && (this.#back.has(each) || isSilent(each, timeUs))
      if (each !== channel && !isOver) continue
      this.#parts.set(each, this.#count)
      each.startOver(this.#back.get(each)?.sinceUs ?? timeUs, timeUs)
      this.#host.restarted(each, { ...facts, follows: follows || each !== leader }, first.sinceUs, first.frame)
    }
    if (!follows) this.#release()
    return 'restart'
  }

  #follows(channel: Channel, { agoUs }: WayBack, timeUs: number): boolean {
    if (agoUs < REPEAT_US) return false
    return (this.#parts.get(channel) ?? 0) < this.#count && timeUs - this.#restartedUs < FOLLOW_US
  }

  #inUse(timeUs: number): Channel[] {
    return [...this.#host.channels].filter((each) => each.lastMediaUs >= 0 && timeUs - each.lastMediaUs < IN_USE_US)
  }

  #silenceUs(timeUs: number): number {
    let lastUs = Number.NEGATIVE_INFINITY
    for (const each of this.#host.channels) if (each.lastMediaUs > lastUs) lastUs = each.lastMediaUs
    const heldUs = this.#held.at(-1)?.timeUs ?? lastUs
    if (heldUs > lastUs) lastUs = heldUs
    return timeUs - lastUs
  }

  /** Gives the kept packets to their channels, in their order. */
  #release(): void {
    const held = this.#held.splice(0)
    this.#memory.unreserve(this.#heldBytes)
    this.#heldBytes = 0
    for (const each of this.#back.keys()) {
      each.isBack = false
      each.isHeld = false
    }
    this.#back.clear()
    this.#releasing = true
    const packet = this.#packet
    for (const { channel, sender, offset, bytes, from, timeUs, frame } of held) {
      packet.lct.read(bytes, 0, bytes.length)
      packet.offset = offset
      packet.sender = sender
      packet.bytes = bytes
      packet.start = 0
      packet.from = from
      packet.end = bytes.length
      packet.timeUs = timeUs
      packet.frame = frame
      channel.takeHeld(packet)
    }
    this.#releasing = false
  }
}

function isSilent({ lastMediaUs }: RestartChannel, timeUs: number): boolean {
  return timeUs - lastMediaUs >= BREAK_US
}
