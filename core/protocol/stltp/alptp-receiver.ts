import { AlpReceiver, type AlpSink } from '../alp/alp-receiver.ts'
import { AlpStream } from './alp-stream.ts'
import { packetOffset, RTP_TYPE, RtpPacket } from './rtp.ts'
import { RtpOrder } from './rtp-order.ts'

/** Receives one ALPTP stream (A/324): ALP packets of one PLP in RTP. */
export class AlptpReceiver {
  readonly alp: AlpReceiver
  readonly outer: RtpOrder
  readonly #packet = new RtpPacket()
  readonly #stream: AlpStream
  #malformed = 0

  constructor(sink: AlpSink, plp: number) {
    this.alp = new AlpReceiver(sink)
    this.#stream = new AlpStream(this.alp, plp)
    this.outer = new RtpOrder({ ordered: (bytes, start, end, gap) => this.#ordered(bytes, start, end, gap) })
  }

  counts(): Record<string, number> {
    const { packets, lost, recovered, duplicates, outOfOrder, late, fecPackets, restarts } = this.outer.counters
    const { packets: alpPackets, dropped, malformed: alpMalformed, ...alp } = this.alp.counters
    const alpDropped = dropped + this.#stream.dropped
    const outer = { packets, lost, recovered, duplicates, outOfOrder, late, fecPackets, restarts }
    return { ...outer, malformed: this.#malformed, alpPackets, alpDropped, alpMalformed, ...alp }
  }

  flush(): void {
    this.outer.flush()
    this.alp.flush()
  }

  #ordered(bytes: Uint8Array, start: number, end: number, gap: boolean): void {
    if (gap) this.#stream.lost()
    const packet = this.#packet
    if (!packet.read(bytes, start, end)) {
      this.#malformed++
      return
    }
    // In 2019 M marks a payload that begins with an ALP packet. Later editions have an offset, as in the tunnel.
    const later = packet.payloadType === RTP_TYPE.alptp
    const pointer = packet.marker ? (later ? packetOffset(packet.word) : 0) : -1
    this.#stream.push(bytes, packet.payloadStart, packet.payloadEnd, pointer)
  }
}
