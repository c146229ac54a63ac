/*
 * DTVCC packets and their service blocks (CTA-708-E §5, §6): what triplets with cc_type 2 and 3 carry.
 */

/** Gets the bytes of one service, in any pieces, valid during the call. */
export interface ServiceSink {
  bytes(service: number, bytes: Uint8Array): void
  /** A packet is missing: commands may be cut off. */
  lost(): void
}

/** Longest caption channel packet, with its header byte. */
const MAX_PACKET_BYTES = 128

/** Puts packets together and splits them into service blocks. */
export class DtvccPackets {
  readonly #sink: ServiceSink
  readonly #packet = new Uint8Array(MAX_PACKET_BYTES)
  #length = 0
  /** Of the packet in progress; 0: none is. */
  #size = 0
  #sequence: number | null = null

  constructor(sink: ServiceSink) {
    this.#sink = sink
  }

  /** @param starts the pair begins a packet (cc_type 3) */
  pair(starts: boolean, first: number, second: number): void {
    if (starts) {
      // What is cut off is of no use: its blocks could be anywhere.
      if (this.#size > 0) this.#sink.lost()
      this.#begin(first)
    }
    if (this.#size === 0) return
    this.#packet[this.#length++] = first
    this.#packet[this.#length++] = second
    if (this.#length < this.#size) return
    const size = this.#size
    this.#size = 0
    this.#blocks(size)
  }

  /** caption_channel_packet header: sequence_number (2), packet_size_code (6). */
  #begin(header: number): void {
    const code = header & 0x3f
    this.#size = code === 0 ? MAX_PACKET_BYTES : 2 * code
    this.#length = 0
    const sequence = header >> 6
    if (this.#sequence !== null && sequence !== ((this.#sequence + 1) & 3)) this.#sink.lost()
    this.#sequence = sequence
  }

  /** Service blocks: service_number (3), block_size (5), and for number 7 a byte with the extended number. */
  #blocks(size: number): void {
    let at = 1
    while (at < size) {
      const header = this.#packet[at++] as number
      let service = header >> 5
      const length = header & 0x1f
      if (service === 7 && length > 0) service = (this.#packet[at++] ?? 0) & 0x3f
      // The null service block ends the packet.
      if (service === 0 || length > size - at) return
      this.#sink.bytes(service, this.#packet.subarray(at, at + length))
      at += length
    }
  }
}
