import { u16At, u32At } from '../../bytes/ints.ts'

const HEADER_BYTES = 12
const SEQUENCES = 0x1_0000
/** A jump beyond is another stream. */
const MAX_JUMP = 3000
/** Packets before the first that came for which is waited. */
const FIRST_WINDOW = 16
/** Payload type of MPEG-2 TS (RFC 3551 §6). */
const TS_PAYLOAD_TYPE = 33

type Waiting = { readonly sequence: number; readonly payload: Uint8Array; readonly timeUs: number }

/** Counts of RTP packets. */
export type RtpCounts = { received: number; lost: number; reordered: number; late: number; duplicate: number }

/** Whether a datagram is RTP with a transport stream, as its first bytes tell. */
export function isRtpTs(bytes: Uint8Array): boolean {
  return (
    bytes.length > HEADER_BYTES &&
    ((bytes[0] as number) & 0xc0) === 0x80 &&
    ((bytes[1] as number) & 0x7f) === TS_PAYLOAD_TYPE
  )
}

/**
 * Gives the payloads of RTP packets (RFC 3550 §5.1) in the order of their sequence numbers. A missing packet is waited for until
 * `depth` others have come or `delayUs` has passed.
 */
export class RtpReorder {
  readonly counts: RtpCounts = { received: 0, lost: 0, reordered: 0, late: 0, duplicate: 0 }
  readonly #depth: number
  readonly #delayUs: number
  readonly #take: (payload: Uint8Array, timeUs: number) => void
  readonly #lost: (packets: number, timeUs: number) => void
  /** By extended sequence number. */
  #waiting: Waiting[] = []
  #next: number | null = null
  #source = -1
  /** Nothing was given of this stream. */
  #isFirst = false

  constructor(
    options: { readonly depth: number; readonly delayUs: number },
    take: (payload: Uint8Array, timeUs: number) => void,
    lost: (packets: number, timeUs: number) => void,
  ) {
    this.#depth = options.depth
    this.#delayUs = options.delayUs
    this.#take = take
    this.#lost = lost
  }

  /** Takes a datagram, which is copied where it has to wait. */
  packet(bytes: Uint8Array, timeUs: number): void {
    const payload = payloadOf(bytes)
    if (payload === null) return
    this.tick(timeUs)
    this.counts.received++
    const source = u32At(bytes, 8)
    const sequence = u16At(bytes, 2)
    if (source !== this.#source) {
      this.flush()
      this.#source = source
      this.#next = null
    }
    if (this.#next === null) {
      // The first that came need not be the first that was sent.
      this.#next = (sequence - FIRST_WINDOW + SEQUENCES) % SEQUENCES
      this.#isFirst = true
    }
    const ahead = ((sequence - this.#next + SEQUENCES * 1.5) % SEQUENCES) - SEQUENCES / 2
    if (Math.abs(ahead) > MAX_JUMP) {
      this.flush()
      this.#next = sequence
      this.#give({ sequence, payload, timeUs })
    } else if (ahead < 0) this.counts.late++
    else if (ahead === 0) {
      this.#give({ sequence: this.#next, payload, timeUs })
      this.#release()
    } else this.#hold({ sequence: this.#next + ahead, payload: payload.slice(), timeUs })
    this.tick(timeUs)
  }

  /** Time passes: what has waited too long is given, and what it waited for is lost. */
  tick(timeUs: number): void {
    while (this.#waiting.length > 0) {
      const oldest = Math.min(...this.#waiting.map((each) => each.timeUs))
      if (this.#waiting.length < this.#depth && timeUs - oldest < this.#delayUs) return
      this.#skip()
    }
  }

  /** Gives all that waits. */
  flush(): void {
    while (this.#waiting.length > 0) this.#skip()
  }

  #hold(packet: Waiting): void {
    let at = this.#waiting.length
    while (at > 0 && (this.#waiting[at - 1] as Waiting).sequence > packet.sequence) at--
    if (this.#waiting[at - 1]?.sequence === packet.sequence) {
      this.counts.duplicate++
      return
    }
    if (at < this.#waiting.length) this.counts.reordered++
    this.#waiting.splice(at, 0, packet)
  }

  /** Gives up what is missing before the first that waits. */
  #skip(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const missing = first.sequence - (this.#next ?? first.sequence)
    if (missing > 0 && !this.#isFirst) {
      this.counts.lost += missing
      this.#lost(missing, first.timeUs)
    }
    this.#next = first.sequence
    this.#release()
  }

  #release(): void {
    while (this.#waiting[0]?.sequence === this.#next) this.#give(this.#waiting.shift() as Waiting)
  }

  /** Sequence numbers are extended beyond 16 bits while packets wait, and wrap once none does. */
  #give({ sequence, payload, timeUs }: Waiting): void {
    this.#isFirst = false
    this.#next = sequence + 1
    if (this.#waiting.length === 0) this.#next %= SEQUENCES
    this.#take(payload, timeUs)
  }
}

/** Payload without CSRC list, extension and padding; null where the header is malformed. */
function payloadOf(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < HEADER_BYTES || ((bytes[0] as number) & 0xc0) !== 0x80) return null
  const first = bytes[0] as number
  let start = HEADER_BYTES + 4 * (first & 15)
  if ((first & 0x10) !== 0) {
    if (start + 4 > bytes.length) return null
    start += 4 + 4 * u16At(bytes, start + 2)
  }
  const end = bytes.length - ((first & 0x20) === 0 ? 0 : (bytes.at(-1) as number))
  return start <= end ? bytes.subarray(start, end) : null
}
