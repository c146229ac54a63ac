import { type LossCount, type LossFigures, type LossSpans, NO_LOSS, NO_PACKETS } from '../../contract/loss.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { ByteRange, FlowObject } from '../../flow/objects.ts'

/** Length of a slot, µs; a span ends with the slot of now. */
const SLOT_US = 1_000_000
/** Slots of a channel: a minute, and what is still counted into the past. */
const SLOTS = 64
/** The spans shown beside the total, in slots. */
const SHORT = 10
const LONG = 60
/** Channels measured over time; of more, only totals are known. */
const MAX_MEASURED = 1024
/** Losses remembered, since they may be made good. */
const MAX_REMEMBERED = 4096

/** Values of a slot: what arrived, what was missing on the way, and what of that was never made good. */
const ARRIVED = 0
const MISSED = 2
const LOST = 4
const VALUES = 6

type Loss = { readonly channel: number; readonly timeUs: number; missed: LossCount; lost: LossCount }

const NONE: ReadonlySet<ChannelFacts> = new Set()

/** Counts of one channel: sums, and by second of stream time. */
class ChannelMeter {
  /** Packets and bytes of each kind, since the start. */
  readonly sums = new Float64Array(VALUES)
  readonly slots: Float64Array | null
  /** Source packets and bytes at the last sample. */
  packets = 0
  bytes = 0
  #slot = -1
  #era = 0

  constructor(measured: boolean) {
    this.slots = measured ? new Float64Array(SLOTS * VALUES) : null
  }

  /** Clears the slots since the newest one it has. @param era another one: time went back, nothing of before counts */
  turnTo(slot: number, era: number): void {
    if (slot === this.#slot && era === this.#era) return
    const from = this.#slot + 1
    const isNew = this.#slot < 0 || era !== this.#era || slot - this.#slot >= SLOTS
    this.#slot = slot
    this.#era = era
    const { slots } = this
    if (slots === null) return
    if (isNew) {
      slots.fill(0)
      return
    }
    for (let each = from; each <= slot; each++) {
      const at = (each % SLOTS) * VALUES
      slots.fill(0, at, at + VALUES)
    }
  }

  /** @param slot -1 where the time is past what is kept */
  add(value: number, slot: number, packets: number, bytes: number): void {
    this.sums[value] = (this.sums[value] as number) + packets
    this.sums[value + 1] = (this.sums[value + 1] as number) + bytes
    const { slots } = this
    if (slots === null || slot < 0) return
    const at = (slot % SLOTS) * VALUES + value
    slots[at] = (slots[at] as number) + packets
    slots[at + 1] = (slots[at + 1] as number) + bytes
  }
}

/**
 * What was lost of packets and bytes, in all and over the last seconds, before and after repair. A loss belongs to the second in which
 * it happened. Packets are counted by the largest one of the object: ROUTE and FLUTE do not number them. What was sent before
 * reception or after its end is no loss.
 */
export class LossMeter {
  readonly #channels: readonly ChannelFacts[]
  readonly #meters: ChannelMeter[] = []
  readonly #losses = new BoundedMap<number, Loss>(MAX_REMEMBERED)
  /** Slot of the newest sample. */
  #slot = -1
  /** Grows when time goes back. */
  #era = 0
  #settled = false
  /** TSIs that repair flows protect, by destination, as of the last sample; null: to be found. */
  #protected: Map<string, Set<number>> | null = null

  constructor(channels: readonly ChannelFacts[]) {
    this.#channels = channels
  }

  /** Takes the stream's time, and what has arrived until then. */
  sample(timeUs: number): void {
    this.#protected = null
    this.#turnTo(Math.floor(timeUs / SLOT_US))
    for (const channel of this.#channels) if (channel !== undefined) this.#arrived(channel)
  }

  /** No more packets: the last seconds are those before the end. */
  settle(): void {
    this.#protected = null
    for (const channel of this.#channels) if (channel !== undefined) this.#arrived(channel)
    this.#settled = true
  }

  /** An object ended, whole or not: what FEC gave back was missing as well. */
  ended(object: FlowObject): void {
    const { index, channel, lostRanges, recovered } = object
    const before = this.#losses.get(index)
    if (recovered === 0 && lostRanges.length === 0) {
      // It became whole after an incomplete end.
      if (before !== undefined) this.#settleLoss(before, before.missed, NO_PACKETS)
      return
    }
    const lost = object.state === 'complete' ? NO_PACKETS : countOf(lostRanges, object)
    const given = recovered === 0 ? NO_PACKETS : countOf(givenBack(object), object)
    const missed = { packets: lost.packets + given.packets, bytes: lost.bytes + given.bytes }
    if (before === undefined) {
      const loss = { channel, timeUs: object.lostAtUs, missed: NO_PACKETS, lost: NO_PACKETS }
      this.#losses.set(index, loss)
      this.#settleLoss(loss, missed, lost)
    } else this.#settleLoss(before, missed.bytes > before.missed.bytes ? missed : before.missed, lost)
  }

  /** What an object lacked was made good: it goes on, or was fetched. */
  madeGood(row: number): void {
    const loss = this.#losses.get(row)
    if (loss !== undefined) this.#settleLoss(loss, loss.missed, NO_PACKETS)
  }

  /** A repeat of an object lacked bytes. @param again it is another transmission of media, not one that only repeats */
  repeatLost(channel: number, packets: number, bytes: number, again: boolean, timeUs: number): void {
    const meter = this.#meterOf(channel)
    const slot = this.#slotOf(timeUs)
    meter.add(MISSED, slot, packets, bytes)
    if (again) meter.add(LOST, slot, packets, bytes)
  }

  /** Announced objects without a packet; `bytes` as announced, or like their neighbours. */
  absent(channel: number, bytes: number, timeUs: number): void {
    const facts = this.#channels[channel]
    const each = facts === undefined || facts.packets === 0 ? 0 : facts.bytes / facts.packets
    const packets = each === 0 ? 0 : Math.ceil(bytes / each)
    this.repeatLost(channel, packets, bytes, true, timeUs)
  }

  /** Absent objects were fetched. */
  fetched(channel: number, bytes: number): void {
    const meter = this.#meterOf(channel)
    meter.add(LOST, -1, 0, -Math.min(bytes, meter.sums[LOST + 1] as number))
  }

  /** Of some channels. */
  spans(channels: readonly ChannelFacts[]): LossSpans {
    // A list may have 10 000 services of which nothing came.
    if (channels.length === 0) return NO_LOSS
    const guarded = this.#guarded(channels)
    return {
      total: this.#figures(channels, guarded, null),
      last10: this.#figures(channels, guarded, SHORT),
      last60: this.#figures(channels, guarded, LONG),
    }
  }

  /** Bytes lost lately: within a minute, or at all once the session is over. */
  lostLately(channels: readonly ChannelFacts[]): number {
    return channels.length === 0 ? 0 : this.#figures(channels, NONE, this.#settled ? null : LONG).lost.bytes
  }

  #figures(channels: readonly ChannelFacts[], guarded: ReadonlySet<ChannelFacts>, slots: number | null): LossFigures {
    const all = new Float64Array(VALUES)
    const repairable = new Float64Array(VALUES)
    const values = new Float64Array(VALUES)
    for (const channel of channels) {
      const meter = channel === undefined ? undefined : this.#meters[channel.index]
      if (meter === undefined) continue
      this.#valuesOf(meter, slots, values)
      for (let at = 0; at < VALUES; at++) {
        all[at] = (all[at] as number) + (values[at] as number)
        if (guarded.has(channel)) repairable[at] = (repairable[at] as number) + (values[at] as number)
      }
    }
    const before = guarded.size === 0 ? all : repairable
    return {
      sent: countAt(all, ARRIVED, LOST),
      lost: { packets: all[LOST] as number, bytes: all[LOST + 1] as number },
      before: {
        sent: countAt(before, ARRIVED, MISSED),
        lost: { packets: before[MISSED] as number, bytes: before[MISSED + 1] as number },
      },
    }
  }

  /** Channels that FEC protects, and those of which anything was made good. */
  #guarded(channels: readonly ChannelFacts[]): ReadonlySet<ChannelFacts> {
    const guarded = new Set<ChannelFacts>()
    this.#protected ??= this.#protectedTsis()
    for (const channel of channels) {
      if (channel === undefined) continue
      const { sums } = this.#meters[channel.index] ?? NO_METER
      const { carrier, destination } = channel
      const repaired = (sums[MISSED + 1] as number) > (sums[LOST + 1] as number)
      if (repaired || (carrier.kind === 'lct' && this.#protected.get(destination)?.has(carrier.tsi) === true))
        guarded.add(channel)
    }
    return guarded
  }

  /** TSIs that repair flows protect, by destination. */
  #protectedTsis(): Map<string, Set<number>> {
    const all = new Map<string, Set<number>>()
    for (const channel of this.#channels) {
      const protects = channel?.fec?.protects ?? []
      if (channel === undefined || protects.length === 0) continue
      const tsis = all.get(channel.destination) ?? new Set()
      all.set(channel.destination, tsis)
      for (const tsi of protects) tsis.add(tsi)
    }
    return all
  }

  #valuesOf(meter: ChannelMeter, slots: number | null, into: Float64Array): void {
    if (slots === null) {
      into.set(meter.sums)
      return
    }
    into.fill(0)
    if (meter.slots === null) return
    meter.turnTo(this.#slot, this.#era)
    for (let slot = Math.max(0, this.#slot - slots + 1); slot <= this.#slot; slot++) {
      const at = (slot % SLOTS) * VALUES
      for (let value = 0; value < VALUES; value++) {
        into[value] = (into[value] as number) + (meter.slots[at + value] as number)
      }
    }
  }

  #settleLoss(loss: Loss, missed: LossCount, lost: LossCount): void {
    const meter = this.#meterOf(loss.channel)
    const slot = this.#slotOf(loss.timeUs)
    meter.add(MISSED, slot, missed.packets - loss.missed.packets, missed.bytes - loss.missed.bytes)
    meter.add(LOST, slot, lost.packets - loss.lost.packets, lost.bytes - loss.lost.bytes)
    loss.missed = missed
    loss.lost = lost
  }

  #arrived(channel: ChannelFacts): void {
    const packets = channel.packets - channel.repairPackets
    const bytes = channel.bytes - (channel.fec?.repairBytes ?? 0)
    const before = this.#meters[channel.index]
    if (packets === (before?.packets ?? 0) && bytes === (before?.bytes ?? 0)) return
    const meter = this.#meterOf(channel.index)
    meter.add(ARRIVED, this.#slot, packets - meter.packets, bytes - meter.bytes)
    meter.packets = packets
    meter.bytes = bytes
  }

  #turnTo(slot: number): void {
    if (slot < this.#slot) this.#era++
    this.#slot = slot
  }

  /** -1 for a time whose slot is used for another second. */
  #slotOf(timeUs: number): number {
    const slot = Math.floor(timeUs / SLOT_US)
    if (this.#slot < 0 || slot > this.#slot) return this.#slot
    return this.#slot - slot < SLOTS ? slot : -1
  }

  #meterOf(channel: number): ChannelMeter {
    let meter = this.#meters[channel]
    if (meter === undefined) {
      meter = new ChannelMeter(channel < MAX_MEASURED)
      this.#meters[channel] = meter
    }
    meter.turnTo(this.#slot, this.#era)
    return meter
  }
}

const NO_METER = new ChannelMeter(false)

function countAt(values: Float64Array, one: number, other: number): LossCount {
  return {
    packets: (values[one] as number) + (values[other] as number),
    bytes: (values[one + 1] as number) + (values[other + 1] as number),
  }
}

/** Ranges that FEC gave back, without what was sent before reception began. */
function givenBack({ recoveredRanges, joinedAt }: FlowObject): ByteRange[] {
  return recoveredRanges.flatMap(([start, end]): ByteRange[] =>
    end > joinedAt ? [[Math.max(start, joinedAt), end]] : [],
  )
}

/** Bytes of ranges, and the packets they take. */
function countOf(ranges: readonly ByteRange[], { packetBytes, packets, received }: FlowObject): LossCount {
  const unit = packetBytes > 0 ? packetBytes : packets > 0 ? Math.max(1, received / packets) : 1
  let bytes = 0
  let count = 0
  for (const [start, end] of ranges) {
    bytes += end - start
    count += Math.ceil((end - start) / unit)
  }
  return { packets: count, bytes }
}
