import { linkTypeAdvice, linkTypeName } from './link-types.ts'

/** Why a frame of a capture cannot be read. */
export type PassedReason = 'interface' | 'link-type' | 'cut' | 'block' | 'version' | 'header' | 'fragment'

type Kind = {
  readonly reason: PassedReason
  readonly detail: number
  /** Of the first. */
  readonly frame: number
  readonly captured: number
  readonly original: number
  count: number
}

/** Kinds that are kept apart; all others are counted together. */
const MAX_KINDS = 16

/** Frames that a capture has and that were passed over, by reason: one warning each, with the first frame and their number. */
export class PassedFrames {
  /** All of them. */
  count = 0
  readonly #kinds: Kind[] = []
  #told = 0

  get kinds(): readonly Kind[] {
    return this.#kinds
  }

  /**
   * @param detail number of the interface or link type, else 0
   * @param captured bytes of the frame in the capture
   * @param original its bytes on the wire
   */
  add(reason: PassedReason, detail: number, frame: number, captured = 0, original = 0): void {
    this.count++
    for (const kind of this.#kinds) {
      if (kind.reason === reason && (kind.detail === detail || this.#kinds.length >= MAX_KINDS)) {
        kind.count++
        return
      }
    }
    // At most one more of each reason.
    this.#kinds.push({ reason, detail, frame, captured, original, count: 1 })
  }

  /** IP fragments without the rest of their datagram: frames that were read, and that add to no count. @param count all so far */
  fragments(count: number, frame: number): void {
    const kind = this.#kinds.find(({ reason }) => reason === 'fragment')
    if (kind !== undefined) kind.count = count
    else if (count > 0) this.#kinds.push({ reason: 'fragment', detail: 0, frame, captured: 0, original: 0, count })
  }

  /** Kinds that were not taken before. */
  untold(): readonly Kind[] {
    const kinds = this.#kinds.slice(this.#told)
    this.#told = this.#kinds.length
    return kinds
  }
}

/** What is wrong with these frames, as in "12 packets ...". */
export function passedText({ reason, detail, count, captured, original }: Kind): string {
  const packets = count === 1 ? '1 packet' : `${count} packets`
  switch (reason) {
    case 'interface':
      return `${packets} of interface ${detail}, which the capture does not describe`
    case 'link-type':
      return `${packets} of link type ${linkTypeName(detail)}`
    case 'cut':
      return `${packets} cut off by the snap length (${count === 1 ? '' : 'the first at '}${captured} of ${original} bytes)`
    case 'block':
      return `${packets} in ${count === 1 ? 'a block' : 'blocks'} of impossible lengths`
    case 'header':
      return `${packets} with ${count === 1 ? 'an IP or UDP header that contradicts its' : 'IP or UDP headers that contradict their'} length`
    case 'fragment':
      return `${count === 1 ? '1 IP fragment' : `${count} IP fragments`} without the rest of the datagram`
    case 'version':
      return `${count === 1 ? '1 block' : `${count} blocks`} of a pcapng version that is not known`
  }
}

/** What to do about them. */
export function passedAdvice({ reason, detail }: Kind): string {
  if (reason === 'cut') return 'What they hold is missing; record it again with whole packets: `tcpdump -s 0`.'
  if (reason === 'header')
    return 'What they hold is missing; look at the frame in another program, which may know how it was damaged.'
  if (reason === 'fragment')
    return 'What the datagrams hold is missing; send with a smaller mtu (1500 less the headers), so that no packet is divided.'
  if (reason === 'link-type') return linkTypeAdvice(detail)
  return 'Check the program that wrote or joined this capture.'
}
