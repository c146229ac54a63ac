/** Stream time without a packet of the first sender after which another one takes its place, µs. */
const SILENT_US = 3_000_000
/** Packets that repeat bytes of the first sender, after which the other one is known to send the same. */
const AGREEING = 2
/** Packets of another sender passed over without agreement, after which it is told. */
const PASSED = 64

/** How a packet of another sender compares with what is there: `new` where there is nothing to compare. */
export type Comparison = 'same' | 'different' | 'new'

/**
 * The senders of one channel. A TSI is scoped by its sender's address (RFC 5651 §5.1), so that bytes of two senders must not
 * become one object. The first one is taken; another one is taken beside it once its bytes have proved to be the same stream, and
 * in its place once it has fallen silent.
 */
export class ChannelSenders {
  /** Address of the sender that is taken; empty before the first packet. */
  first = ''
  /** Stream time of its newest packet. */
  lastUs = 0
  #other: 'unknown' | 'same' | 'different' = 'unknown'
  #agreed = 0
  #passed = 0

  /** True where any sender's packets are taken. */
  get shared(): boolean {
    return this.#other === 'same'
  }

  /** Takes this sender's packets from now on. */
  begin(sender: string, timeUs: number): void {
    this.first = sender
    this.lastUs = timeUs
    this.#other = 'unknown'
    this.#agreed = 0
    this.#passed = 0
  }

  isSilent(timeUs: number): boolean {
    return timeUs - this.lastUs > SILENT_US
  }

  /**
   * Judges one packet of another sender.
   * @returns `take` it, pass it `over`, or pass it over and `tell`, once, that there are two senders
   */
  judge(found: Comparison): 'take' | 'over' | 'tell' {
    if (this.#other !== 'unknown') return this.shared ? 'take' : 'over'
    if (found === 'same' && ++this.#agreed >= AGREEING) {
      this.#other = 'same'
      return 'take'
    }
    if (found !== 'different' && ++this.#passed < PASSED) return 'over'
    this.#other = 'different'
    return 'tell'
  }
}
