import type { ChannelFacts } from '../../flow/facts.ts'
import type { AnnouncedMedia } from './announced-media.ts'

/** Longest gap in objects; a longer one is another numbering. */
const MAX_GAP = 1000
/** Objects of a channel that may begin before their manifest arrives. */
const MAX_UNPLACED = 64
const MAX_PENDING = 64
/** Wait for an object that began late, µs: GPAC's reorder wait. */
const REORDER_US = 500_000

/** One received media object. */
type Seen = {
  readonly name: string
  readonly row: number
  readonly firstTimeUs: number
}

/** Consecutive announced objects of one channel without packets. */
export type Gap = {
  readonly channel: ChannelFacts
  readonly names: readonly string[]
  /** Rows of the neighbouring objects. */
  readonly before: number
  readonly after: number
  /** Begin of the object before, and of the one after. */
  readonly sinceUs: number
  readonly noticedUs: number
  /** Other channels of the destination had packets in between, as known at that time. */
  readonly othersArrived: boolean
}

type Pending = Gap & { readonly names: string[]; readonly dueUs: number; readonly latestUs: number }

type Lane = {
  readonly channel: ChannelFacts
  anchor: Seen
  /** Begun since the anchor and without a position. */
  readonly unplaced: Seen[]
  readonly pending: Pending[]
  /** Typical stream time between the beginnings of two objects. */
  paceUs: number | null
  /** The sender closed its session: what it sends next begins another. */
  closed: boolean
}

/**
 * Finds announced media objects that never arrive: between two received segments, every one in the manifest or playlist
 * must have begun too. Steps are those of the list, so `$Time$` addressing makes no gap; neither do segments sent
 * before tuning in, or after a jump back or far ahead. An object is missing a segment and a half after its time (half
 * of one after its successor began), and not before its successor has ended.
 */
export class MissingObjects {
  readonly #media: AnnouncedMedia
  readonly #othersArrived: (channel: ChannelFacts, before: number, untilUs: number) => boolean
  readonly #lanes = new Map<number, Lane>()

  /** @param othersArrived called when a gap is found, since the history is short */
  constructor(
    media: AnnouncedMedia,
    othersArrived: (channel: ChannelFacts, before: number, untilUs: number) => boolean,
  ) {
    this.#media = media
    this.#othersArrived = othersArrived
  }

  /** A media object of a joined service has its first packet, or its name. */
  begun(channel: ChannelFacts, row: number, name: string, firstTimeUs: number): void {
    const seen: Seen = { name, row, firstTimeUs }
    const lane = this.#lanes.get(channel.index)
    if (lane === undefined) {
      this.#lanes.set(channel.index, { channel, anchor: seen, unplaced: [], pending: [], paceUs: null, closed: false })
      return
    }
    for (const gap of lane.pending) {
      const at = gap.names.indexOf(name)
      if (at < 0) continue
      gap.names.splice(at, 1)
      return
    }
    if (lane.closed) {
      lane.closed = false
      this.#anchor(lane, seen)
      return
    }
    // Its name came late, and others have come since.
    if (firstTimeUs < lane.anchor.firstTimeUs) return
    lane.unplaced.push(seen)
    lane.unplaced.sort((a, b) => a.firstTimeUs - b.firstTimeUs)
    this.#place(lane, firstTimeUs)
    if (lane.unplaced.length <= MAX_UNPLACED) return
    lane.anchor = seen
    lane.unplaced.length = 0
  }

  /** The source starts again from an earlier point: the list does not predict the next object. */
  startOver(channel: number): void {
    this.#lanes.delete(channel)
  }

  /** The sender closed the session of a channel: nothing lacks between its last object and the next. */
  closed(channel: number): void {
    const lane = this.#lanes.get(channel)
    if (lane !== undefined) lane.closed = true
  }

  /**
   * @param ended true where the object of a row has ended
   * @returns gaps certain by now
   */
  expired(timeUs: number, ended: (row: number) => boolean): Gap[] {
    const found: Gap[] = []
    for (const lane of this.#lanes.values()) {
      for (let at = 0; at < lane.pending.length; at++) {
        const gap = lane.pending[at] as Pending
        if (timeUs < gap.dueUs || (timeUs < gap.latestUs && !ended(gap.after))) continue
        lane.pending.splice(at--, 1)
        if (gap.names.length > 0) found.push(gap)
      }
    }
    return found
  }

  /** True where other channels of a destination seem to lack objects from the same stretch of time. */
  pendingElsewhere(destination: string, channel: number, fromUs: number, toUs: number): boolean {
    for (const lane of this.#lanes.values()) {
      if (lane.channel.destination !== destination || lane.channel.index === channel) continue
      for (const gap of lane.pending)
        if (gap.names.length > 0 && gap.sinceUs <= toUs && gap.noticedUs >= fromUs) return true
    }
    return false
  }

  /** Tries again to place objects, after a new manifest. */
  announced(timeUs: number): void {
    for (const lane of this.#lanes.values()) if (lane.unplaced.length > 0) this.#place(lane, timeUs)
  }

  /** Places objects as far as the list reaches. */
  #place(lane: Lane, timeUs: number): void {
    const service = lane.channel.serviceId
    if (service === null) return
    const placed: { seen: Seen; position: number }[] = []
    const from = this.#media.place(service, lane.anchor.name, timeUs)
    for (const seen of lane.unplaced) {
      const position = from === null ? null : from.list.positionOf(seen.name)
      if (position !== null) placed.push({ seen, position })
    }
    const newest = lane.unplaced.at(-1) as Seen
    if (from === null) {
      // The anchor is not listed, or no longer: the newest object is the next anchor.
      if (this.#media.place(service, newest.name, timeUs) !== null) this.#anchor(lane, newest)
      return
    }
    const last = placed.at(-1)
    // Not listed so far: the manifest arrives later.
    if (last?.seen !== newest) return
    const ahead = last.position - from.position
    if (ahead < 0 && -ahead <= MAX_UNPLACED) {
      lane.unplaced.pop()
      if (timeUs - lane.anchor.firstTimeUs < REORDER_US) return
    }
    if (ahead <= 0) {
      this.#anchor(lane, newest)
      return
    }
    const durationUs = from.list.durationUs(last.position) ?? 0
    const elapsedUs = newest.firstTimeUs - lane.anchor.firstTimeUs
    const came = new Set(placed.map(({ position }) => position))
    const names: string[] = []
    if (ahead <= MAX_GAP && this.#isGap(lane, ahead, elapsedUs, durationUs)) {
      for (let position = from.position + 1; position < last.position; position++) {
        const name = came.has(position) ? null : from.list.nameAt(position)
        if (name !== null) names.push(name)
      }
    }
    if (names.length > 0 && lane.pending.length < MAX_PENDING) {
      const dueUs = newest.firstTimeUs + Math.max(REORDER_US, durationUs / 2)
      lane.pending.push({
        channel: lane.channel,
        names,
        before: lane.anchor.row,
        after: newest.row,
        sinceUs: lane.anchor.firstTimeUs,
        noticedUs: newest.firstTimeUs,
        othersArrived: this.#othersArrived(lane.channel, lane.anchor.row, newest.firstTimeUs),
        dueUs,
        latestUs: dueUs + Math.max(2 * durationUs, 4 * REORDER_US),
      })
    } else if (elapsedUs > 0) {
      const stepUs = elapsedUs / ahead
      lane.paceUs = lane.paceUs === null ? stepUs : (lane.paceUs * 3 + stepUs) / 4
    }
    this.#anchor(lane, newest)
  }

  /** True where the elapsed time fits this many objects; a jump ahead in no time is another numbering. */
  #isGap(lane: Lane, ahead: number, elapsedUs: number, durationUs: number): boolean {
    if (ahead <= 4) return true
    const paceUs = Math.min(lane.paceUs ?? durationUs, durationUs)
    return paceUs > 0 && ahead <= 4 + (2 * elapsedUs) / paceUs
  }

  #anchor(lane: Lane, seen: Seen): void {
    lane.anchor = seen
    lane.unplaced.length = 0
  }
}
