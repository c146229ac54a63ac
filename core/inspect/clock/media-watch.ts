import type { ServiceId } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import { type FindingPlace, type LateRun, type Outage, placeAt } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { lacksDecodeTime } from '../../media/bmff/decode-time.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { AnnouncedMedia } from '../losses/announced-media.ts'
import type { AgreementWatch } from './agreement.ts'
import { type ClockLimits, JITTER } from './clock-limits.ts'
import { segmentLatenessUs } from './lateness.ts'
import { RateWatch } from './rate-watch.ts'
import type { FoundByClock, SilenceWatch } from './silence.ts'
import type { SkippedTime } from './skipped-time.ts'

/** A stopped channel is one without packets for so many segment durations, with their jitter. */
const SEGMENTS_OF_SILENCE = 2
/** Bytes in which a segment has its first track fragment. */
const HEAD_BYTES = 1 << 16
/** Segments in time that end a run of late ones. */
const IN_TIME = 3

/** What is known of the media of one channel. */
type Lane = {
  readonly channel: ChannelFacts
  /** Longest duration of its announced segments, µs; 0 while unknown. */
  durationUs: number
  outage: Outage | null
  run: LateRun | null
  runs: number
  inTime: number
  /** The media object that began last, and when; null: none. */
  begunUs: number | null
  begunRow: number | null
  /** When it last had a whole one; null: never. */
  segmentUs: number | null
  /** The latest initialisation segment; null: none. */
  initRow: number | null
  readonly rate: RateWatch
}

/** Last media of a channel, for those who look at its service. */
export type LastMedia = {
  readonly role: ChannelRole
  readonly durationUs: number
  /** Packets of the object that began last, which may take long. */
  readonly arrivedUs: number | null
  readonly segmentUs: number | null
  readonly initUs: number | null
}

/** Notices channels of media that stop or change their rate while their service goes on, and segments that come late. */
export class MediaWatch {
  readonly #found: FoundByClock
  readonly #limits: ClockLimits
  readonly #time: SkippedTime
  readonly #silence: SilenceWatch
  readonly #agreement: AgreementWatch
  readonly #media: AnnouncedMedia
  readonly #columns: ObjectColumns
  readonly #shiftUs: () => number
  readonly #lookSoon: () => void
  readonly #channels: readonly ChannelFacts[]
  readonly #lanes = new Map<number, Lane>()
  /** Those of which a duration is known: only they are looked at, however many channels there are. */
  readonly #timed: Lane[] = []
  /** Shortest of their durations, µs; null: to be looked for. */
  #shortestUs: number | null = null

  constructor(
    found: FoundByClock,
    limits: ClockLimits,
    time: SkippedTime,
    from: {
      readonly silence: SilenceWatch
      readonly agreement: AgreementWatch
      readonly media: AnnouncedMedia
      readonly columns: ObjectColumns
      readonly channels: readonly ChannelFacts[]
      readonly shiftUs: () => number
      readonly lookSoon: () => void
    },
  ) {
    this.#found = found
    this.#limits = limits
    this.#time = time
    this.#silence = from.silence
    this.#agreement = from.agreement
    this.#media = from.media
    this.#columns = from.columns
    this.#channels = from.channels
    this.#shiftUs = from.shiftUs
    this.#lookSoon = from.lookSoon
  }

  /** Shortest segment of the media that arrives, µs; null without any. */
  get shortestUs(): number | null {
    if (this.#timed.length === 0) return null
    this.#shortestUs ??= this.#timed.reduce(
      (least, { durationUs }) => Math.min(least, durationUs),
      Number.POSITIVE_INFINITY,
    )
    return this.#shortestUs
  }

  /** Last media of a channel; null before the first. */
  lastOf(channel: number): LastMedia | null {
    const lane = this.#lanes.get(channel)
    if (lane === undefined) return null
    const { durationUs, begunUs, begunRow, segmentUs, initRow } = lane
    const arrivedUs = begunUs === null ? null : Math.max(begunUs, this.#lastOfRow(begunRow) ?? begunUs)
    return { role: lane.channel.role, durationUs, arrivedUs, segmentUs, initUs: this.#lastOfRow(initRow) }
  }

  /** Newest packet of an object; null where it is not known. */
  #lastOfRow(row: number | null): number | null {
    return row === null ? null : (this.#columns.values.lastTimeUs[row] ?? null)
  }

  objectBegun(object: FlowObject): void {
    if (object.kind !== 'media') return
    const lane = this.#lane(object.channel)
    if (lane === null) return
    lane.begunUs = object.firstTimeUs
    lane.begunRow = object.index
    this.#returned(lane, object.firstTimeUs)
  }

  /** An object ended, or got its name after its end. */
  objectEnded(object: FlowObject): void {
    const { kind, state } = object
    if (kind === 'init' && state === 'complete') {
      const lane = this.#lane(object.channel)
      if (lane !== null) lane.initRow = object.index
    }
    if (kind !== 'media') return
    const lane = this.#lane(object.channel)
    if (lane === null) return
    if (object.firstTimeUs >= (lane.begunUs ?? 0)) {
      lane.begunUs = object.firstTimeUs
      lane.begunRow = object.index
    }
    const { serviceId, name } = object
    const place = serviceId === null || name === null ? null : this.#media.place(serviceId, name, object.lastTimeUs)
    const durationUs = place === null ? null : place.list.durationUs(place.position)
    if (durationUs !== null && durationUs > lane.durationUs) {
      if (lane.durationUs === 0) this.#timed.push(lane)
      lane.durationUs = durationUs
      this.#shortestUs = null
      this.#lookSoon()
    }
    if (state !== 'complete') return
    lane.segmentUs = Math.max(lane.segmentUs ?? 0, object.lastTimeUs)
    this.#decodeTime(object)
    // A repetition says nothing of the first time.
    if (place === null || durationUs === null || object.repeats > 0) return
    const availabilityUs = place.list.availabilityUs(place.position)
    if (availabilityUs === null) return
    const earlyUs = place.list.of?.earlyUs ?? 0
    const lateUs = segmentLatenessUs(object, { availabilityUs, durationUs, earlyUs }, this.#shiftUs())
    if (lateUs !== null) this.#judge(lane, object, lateUs, durationUs)
  }

  /** MPUs of MMT have their times elsewhere. */
  #decodeTime(object: FlowObject): void {
    const { size, assembled, repeats, name, serviceId: service, carrier, index, destination } = object
    if (size === null || assembled || repeats > 0) return
    if (!lacksDecodeTime(object.lease(0, Math.min(size, HEAD_BYTES)).bytes)) return
    const place = placeAt(object.lastTimeUs, 0, { service, carrier, object: index, destination })
    this.#found({ kind: 'decodeTimeAbsent', name }, place)
  }

  #judge(lane: Lane, object: FlowObject, lateUs: number, durationUs: number): void {
    if (lateUs <= this.#limits.segmentLateUs) {
      if (++lane.inTime >= IN_TIME) lane.run = null
      return
    }
    lane.inTime = 0
    const name = object.name ?? ''
    lane.run ??= { number: ++lane.runs, segments: 0, worstUs: 0, worst: name, durationUs }
    const { run } = lane
    run.segments++
    if (lateUs > run.worstUs) {
      run.worstUs = lateUs
      run.worst = name
    }
    const { serviceId: service, carrier, index, destination } = object
    const place = placeAt(object.lastTimeUs, 0, { service, carrier, object: index, destination })
    this.#found({ kind: 'segmentsLate', run }, place)
  }

  /** @returns time, as it passed, at which a channel is silent unless a packet comes: before, there is nothing to look at */
  look(): number {
    let dueUs = Number.POSITIVE_INFINITY
    for (const lane of this.#timed) {
      const { channel } = lane
      if (channel.serviceId === null) continue
      if (lane.outage !== null && channel.lastTimeUs > lane.outage.fromUs) this.#returned(lane, channel.lastTimeUs)
      dueUs = Math.min(dueUs, this.#stopped(lane, channel.serviceId))
    }
    return dueUs
  }

  /** Takes a sample of each rate; call it once a second or more often. */
  sample(nowUs: number): void {
    for (const lane of this.#timed) {
      const { channel, durationUs } = lane
      if (channel.serviceId === null) continue
      if (lane.outage !== null || this.#silence.isSilent(channel.serviceId)) {
        lane.rate.forget()
        continue
      }
      const { role } = channel
      if (role !== 'video' && role !== 'audio') continue
      const change = lane.rate.look(channel.bytes, this.#time.of(nowUs), durationUs)
      if (change !== null) this.#found({ kind: 'rateChanged', ...change }, this.#place(lane, nowUs))
    }
  }

  /** @returns as `look` */
  #stopped(lane: Lane, service: ServiceId): number {
    const { channel, durationUs, outage } = lane
    // Its end is looked for.
    if (outage !== null) return Number.NEGATIVE_INFINITY
    const limitUs = Math.max(durationUs * SEGMENTS_OF_SILENCE * JITTER, this.#limits.channelUs)
    const serviceUs = this.#silence.serviceUs(service)
    const lastUs = this.#time.of(channel.lastTimeUs)
    const isHere = this.#time.of(serviceUs) - lastUs <= limitUs
    if (isHere || channel.closed || !this.#agreement.declares(service, channel)) return lastUs + limitUs
    lane.outage = { fromUs: channel.lastTimeUs, untilUs: null, lengthUs: null, limitUs }
    this.#found({ kind: 'channelStopped', outage: lane.outage }, this.#place(lane, channel.lastTimeUs))
    return Number.NEGATIVE_INFINITY
  }

  #returned(lane: Lane, timeUs: number): void {
    const { outage } = lane
    if (outage === null || timeUs <= outage.fromUs) return
    lane.outage = null
    outage.untilUs = timeUs
    outage.lengthUs = this.#time.of(timeUs) - this.#time.of(outage.fromUs)
    this.#found({ kind: 'channelBack', outage }, this.#place(lane, timeUs))
  }

  #place({ channel }: Lane, timeUs: number): FindingPlace {
    const { serviceId: service, carrier, destination } = channel
    return placeAt(timeUs, 0, { service, carrier, destination })
  }

  /** The source plays again from an earlier point. */
  startOver(): void {
    for (const lane of this.#lanes.values()) lane.rate.forget()
  }

  #lane(index: number): Lane | null {
    const known = this.#lanes.get(index)
    if (known !== undefined) return known
    const channel = this.#channels[index]
    if (channel === undefined) return null
    const none = { outage: null, run: null, runs: 0, inTime: 0 }
    const noMedia = { begunUs: null, begunRow: null, segmentUs: null, initRow: null }
    const lane: Lane = { channel, durationUs: 0, ...none, ...noMedia, rate: new RateWatch() }
    this.#lanes.set(index, lane)
    return lane
  }
}
