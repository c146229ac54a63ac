/** Limits of incomplete datagrams: 256 of 64 KiB are 16 MiB. */
export const FRAGMENT_LIMITS = { datagrams: 256, datagramBytes: 65535, ageUs: 30_000_000 } as const

const KEY_WORDS = 11
/** Fragments begin at multiples of as many bytes (RFC 791 §3.1, RFC 8200 §4.5), and all but the last end at one. */
const UNIT_BITS = 3
const UNITS = (FRAGMENT_LIMITS.datagramBytes + 1) >> UNIT_BITS

/** One incomplete datagram. Its buffer is reused for the next. */
class Partial {
  readonly key = new Int32Array(KEY_WORDS)
  readonly bytes = new Uint8Array(FRAGMENT_LIMITS.datagramBytes)
  /** Where the piece ends that begins at each unit, bytes; 0 where none does. */
  readonly ends = new Uint16Array(UNITS)
  /** 1 for each unit that a piece has bytes of. */
  readonly covered = new Uint8Array(UNITS)
  received = 0
  /** -1 until the last fragment arrived. */
  total = -1
  fragments = 0
  /** Frames of the first and the last one that arrived. */
  firstFrame = 0
  lastFrame = 0
  protocol = 0
  startedUs = 0
  /** Fragments overlapped: the rest is discarded until the id is reused or expires. */
  discarding = false
}

/**
 * Reassembles fragments of IPv4 and IPv6 in any order. The key is (VLAN, addresses, protocol, id) for IPv4 and (VLAN,
 * addresses, id) for IPv6, without ports: only the first fragment has them.
 */
export class Reassembler {
  /** Fragments dropped: expired, overlapping, or over the limit. */
  dropped = 0
  /** Those of `dropped` whose datagram neither the beginning nor the end of the capture cut, and the frame of the first. */
  lost = 0
  lostFrame = 0
  /** Frame of the fragment about to be added, from 1; 0 where there are none. */
  frame = 0
  /** Its time. */
  timeUs = 0
  /** The key of the fragment about to be added: VLAN and family, id, protocol (0 for IPv6), source, destination. */
  readonly key = new Int32Array(KEY_WORDS)
  /** The result of `add`, valid until the next call. */
  bytes: Uint8Array = new Uint8Array(0)
  total = 0
  protocol = 0
  readonly #open: Partial[] = []
  readonly #free: Partial[] = []

  get waiting(): number {
    return this.#open.length
  }

  /**
   * Adds `from[start, end)` at `offset` of its datagram.
   * @param protocol of the payload; the one of the fragment at offset 0 counts
   * @returns true where the datagram is whole: in `bytes[0, total)`
   */
  add(from: Uint8Array, start: number, end: number, offset: number, more: boolean, protocol: number): boolean {
    const { timeUs } = this
    const length = end - start
    const stop = offset + length
    if (stop > FRAGMENT_LIMITS.datagramBytes || (more && (length % 8 !== 0 || length === 0))) {
      this.#count(1, this.frame)
      return false
    }
    this.#expire(timeUs)
    let partial = this.#find()
    if (partial !== null) {
      const clash = clashOf(partial, from, start, offset, stop)
      if (clash === 'same') return false
      // Different bytes for a known piece: a 16-bit id repeats within seconds at high rates, so this is the next datagram.
      if (clash === 'reused') {
        this.#drop(partial)
        partial = null
      } else if (clash === 'overlap' || (!more && partial.total >= 0) || (partial.total >= 0 && stop > partial.total)) {
        partial.discarding = true
      }
    }
    partial ??= this.#begin(timeUs)
    partial.fragments++
    partial.lastFrame = this.frame
    if (partial.discarding) return false
    partial.bytes.set(from.subarray(start, end), offset)
    partial.ends[offset >> UNIT_BITS] = stop
    partial.covered.fill(1, offset >> UNIT_BITS, unitsTo(stop))
    partial.received += length
    if (offset === 0) partial.protocol = protocol
    if (!more) partial.total = stop
    if (partial.received !== partial.total) {
      if (partial.total >= 0 && partial.received > partial.total) partial.discarding = true
      return false
    }
    this.bytes = partial.bytes
    this.total = partial.total
    this.protocol = partial.protocol
    this.#release(partial)
    return true
  }

  /**
   * Drops all incomplete datagrams at the end of a capture.
   * @param endFrame its last frame, which may cut one
   */
  flush(endFrame = 0): void {
    for (const partial of this.#open) {
      if (endFrame === 0 || partial.lastFrame !== endFrame) continue
      this.dropped += partial.fragments
      partial.fragments = 0
    }
    while (this.#open.length > 0) this.#drop(this.#open[0] as Partial)
  }

  #find(): Partial | null {
    for (const partial of this.#open) {
      let word = 0
      while (word < KEY_WORDS && partial.key[word] === this.key[word]) word++
      if (word === KEY_WORDS) return partial
    }
    return null
  }

  #begin(timeUs: number): Partial {
    if (this.#open.length >= FRAGMENT_LIMITS.datagrams) this.#drop(this.#open[0] as Partial)
    const partial = this.#free.pop() ?? new Partial()
    partial.key.set(this.key)
    partial.startedUs = timeUs
    partial.firstFrame = this.frame
    this.#open.push(partial)
    return partial
  }

  /** Datagrams are in order of their first fragment, the oldest in front. */
  #expire(timeUs: number): void {
    while (this.#open.length > 0 && timeUs - (this.#open[0] as Partial).startedUs > FRAGMENT_LIMITS.ageUs) {
      this.#drop(this.#open[0] as Partial)
    }
  }

  #drop(partial: Partial): void {
    const cutByStart = partial.firstFrame === 1 && partial.ends[0] === 0
    if (cutByStart) this.dropped += partial.fragments
    else this.#count(partial.fragments, partial.firstFrame)
    this.#release(partial)
  }

  #count(fragments: number, frame: number): void {
    this.dropped += fragments
    if (this.lost === 0) this.lostFrame = frame
    this.lost += fragments
  }

  #release(partial: Partial): void {
    this.#open.splice(this.#open.indexOf(partial), 1)
    partial.ends.fill(0)
    partial.covered.fill(0)
    partial.received = 0
    partial.total = -1
    partial.fragments = 0
    partial.discarding = false
    this.#free.push(partial)
  }
}

/** Units of which the bytes before `end` are part. */
function unitsTo(end: number): number {
  return (end + (1 << UNIT_BITS) - 1) >> UNIT_BITS
}

/** How a fragment meets the pieces that are there, which never overlap each other. Takes time by its own length, not by their number. */
function clashOf(
  partial: Partial,
  from: Uint8Array,
  start: number,
  offset: number,
  stop: number,
): 'none' | 'same' | 'reused' | 'overlap' {
  const unit = offset >> UNIT_BITS
  const end = partial.ends[unit] as number
  if (end === stop && end > 0) {
    for (let at = offset; at < stop; at++) if (partial.bytes[at] !== from[start + at - offset]) return 'reused'
    return 'same'
  }
  // One without bytes, which only a last one can be, lies on those of a piece that begins before it.
  if (offset === stop) return end === 0 && partial.covered[unit] === 1 ? 'overlap' : 'none'
  for (let at = unit; at < unitsTo(stop); at++) if (partial.covered[at] === 1) return 'overlap'
  return 'none'
}
