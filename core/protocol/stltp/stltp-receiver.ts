import { CodecError } from '../../bytes/codec-error.ts'
import { u16At } from '../../bytes/ints.ts'
import { AlpReceiver, type AlpSink } from '../alp/alp-receiver.ts'
import { UDP } from '../ip/wire.ts'
import { AlpStream } from './alp-stream.ts'
import { NO_POINTER, parseBasebandHeader } from './baseband.ts'
import { InnerPackets } from './inner-packets.ts'
import { packetOffset, RTP_TYPE, RtpPacket, sequenceDistance } from './rtp.ts'
import { RtpOrder } from './rtp-order.ts'

/**
 * UDP ports of the inner streams: PLP 0 to 63, preamble, timing and management, security; those of the next RF channel are 100
 * higher.
 */
export const INNER_PORTS = {
  first: 30000,
  preamble: 64,
  timing: 65,
  security: 66,
  channelStep: 100,
  channels: 4,
} as const
const PLPS = 64
/** Largest baseband packet assembled; the longest code of A/322 has some 7 kB. */
const MAX_BASEBAND = 65536

type StltpCounters = {
  /** Inner UDP datagrams. */
  innerPackets: number
  basebandPackets: number
  /** Inner RTP packets of baseband streams that never arrived. */
  innerLost: number
  /** Baseband packets with a missing piece; wholly missing ones are counted only in `innerLost`. */
  basebandLost: number
  preamble: number
  timing: number
  security: number
  /** Inner datagrams of other kinds, and unreadable headers. */
  other: number
  malformed: number
}

/** One PLP of one RF channel. */
class Plp {
  readonly stream: AlpStream
  readonly bytes = new Uint8Array(MAX_BASEBAND)
  /** -1: outside a baseband packet. */
  used = -1
  total = 0
  sequence = -1

  constructor(alp: AlpReceiver, tag: number) {
    this.stream = new AlpStream(alp, tag)
  }
}

/**
 * Unpacks one studio-to-transmitter tunnel (A/324): orders outer RTP, extracts inner IP packets, assembles baseband packets,
 * and reads the ALP packets of each PLP. PLPs are numbered 0 to 63, those of further RF channels from 100, 200 and 300.
 */
export class StltpReceiver {
  readonly alp: AlpReceiver
  readonly outer: RtpOrder
  readonly counters: StltpCounters = {
    innerPackets: 0,
    innerLost: 0,
    basebandPackets: 0,
    basebandLost: 0,
    preamble: 0,
    timing: 0,
    security: 0,
    other: 0,
    malformed: 0,
  }
  readonly #packet = new RtpPacket()
  readonly #inner = new RtpPacket()
  readonly #packets: InnerPackets
  readonly #plps = new Map<number, Plp>()

  constructor(sink: AlpSink) {
    this.alp = new AlpReceiver(sink)
    this.#packets = new InnerPackets((bytes, start, end) => this.#innerPacket(bytes, start, end))
    this.outer = new RtpOrder({
      ordered: (bytes, start, end, gap, recovered) => this.#ordered(bytes, start, end, gap, recovered),
    })
  }

  /** All counters by name. */
  counts(): Record<string, number> {
    const { packets, lost, recovered, duplicates, outOfOrder, late, fecPackets, restarts } = this.outer.counters
    let alpCut = 0
    for (const { stream } of this.#plps.values()) alpCut += stream.dropped
    const { packets: alpPackets, dropped, malformed: alpMalformed, ...alp } = this.alp.counters
    return {
      packets,
      lost,
      recovered,
      duplicates,
      outOfOrder,
      late,
      fecPackets,
      restarts,
      ...this.counters,
      innerDropped: this.#packets.dropped,
      alpPackets,
      alpDropped: dropped + alpCut,
      alpMalformed,
      ...alp,
    }
  }

  /** Ends the input. */
  flush(): void {
    this.outer.flush()
    this.alp.flush()
  }

  #ordered(bytes: Uint8Array, start: number, end: number, gap: boolean, recovered: boolean): void {
    if (gap) this.#packets.lost()
    const packet = this.#packet
    if (!packet.read(bytes, start, end) || packet.payloadType !== RTP_TYPE.tunnel) {
      this.counters.malformed++
      return
    }
    const offset = packet.marker && !recovered ? packetOffset(packet.word) : -1
    this.#packets.push(bytes, packet.payloadStart, packet.payloadEnd, offset)
  }

  #innerPacket(bytes: Uint8Array, start: number, end: number): void {
    this.counters.innerPackets++
    const udp = start + ((bytes[start] as number) & 15) * 4
    const rtp = this.#inner
    if (
      bytes[start + 9] !== UDP ||
      udp + 8 > end ||
      !rtp.read(bytes, udp + 8, Math.min(end, udp + u16At(bytes, udp + 4)))
    ) {
      this.counters.malformed++
      return
    }
    const place = u16At(bytes, udp + 2) - INNER_PORTS.first
    const channel = Math.floor(place / INNER_PORTS.channelStep)
    const id = place - channel * INNER_PORTS.channelStep
    const counters = this.counters
    if (place < 0 || channel >= INNER_PORTS.channels || id > INNER_PORTS.security) counters.other++
    else if (id < PLPS) this.#baseband(bytes, channel * INNER_PORTS.channelStep + id)
    else if (id === INNER_PORTS.preamble) counters.preamble++
    else if (id === INNER_PORTS.timing) counters.timing++
    else counters.security++
  }

  /** Adds a piece of a baseband packet: M marks the first, which has the length. */
  #baseband(bytes: Uint8Array, tag: number): void {
    const { marker, sequence, word, payloadStart, payloadEnd, payloadType } = this.#inner
    if (payloadType !== RTP_TYPE.baseband) {
      this.counters.other++
      return
    }
    let plp = this.#plps.get(tag)
    if (plp === undefined) {
      plp = new Plp(this.alp, tag)
      this.#plps.set(tag, plp)
    }
    if (plp.sequence >= 0 && sequence !== ((plp.sequence + 1) & 0xffff)) {
      const missing = sequenceDistance(sequence, plp.sequence) - 1
      if (missing > 0) this.counters.innerLost += missing
      this.#lost(plp)
    }
    plp.sequence = sequence
    const length = payloadEnd - payloadStart
    if (marker) {
      if (plp.used >= 0) this.#lost(plp)
      // A tunnel editor may omit the length: then the packet is this piece.
      plp.total = word === 0 ? length : word
      if (plp.total > MAX_BASEBAND || length > plp.total) {
        this.counters.malformed++
        this.#lost(plp)
        return
      }
      plp.used = 0
    } else if (plp.used < 0) {
      return
    }
    if (plp.used + length > plp.total) {
      this.#lost(plp)
      return
    }
    plp.bytes.set(bytes.subarray(payloadStart, payloadEnd), plp.used)
    plp.used += length
    if (plp.used < plp.total) return
    const total = plp.used
    plp.used = -1
    this.#basebandPacket(plp, total)
  }

  #basebandPacket(plp: Plp, total: number): void {
    this.counters.basebandPackets++
    try {
      const { pointer, payloadStart } = parseBasebandHeader(plp.bytes, 0, total)
      plp.stream.push(plp.bytes, payloadStart, total, pointer === NO_POINTER ? -1 : pointer)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.counters.malformed++
      plp.stream.lost()
    }
  }

  /** Drops the baseband packet with missing pieces. */
  #lost(plp: Plp): void {
    this.counters.basebandLost++
    plp.used = -1
    plp.stream.lost()
  }
}
