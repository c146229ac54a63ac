import { networkInterfaces } from 'node:os'
import type { SystemCalls } from '../guard/system-calls.ts'
import { formatIpv4, formatIpv6 } from '../protocol/ip/address.ts'

/*
 * Structures of Linux on 64-bit little-endian machines, in units of 32 bits:
 *
 * struct mmsghdr: name 0-1 | name bytes 2 | – | iovecs 4-5 | their count 6-7 | control 8-9 | control bytes 10-11 | flags 12 | – | received 14 | –
 * struct iovec:   address 0-1 | bytes 2-3
 * struct cmsghdr: bytes 0-1 | level 2 | type 3, then a struct timespec: seconds 4-5 | nanoseconds 6-7
 */
const HEADER_WORDS = 16
const VECTOR_WORDS = 4
/** struct sockaddr_in6, rounded up. */
const NAME_WORDS = 8
const CONTROL_WORDS = 16
const NAME_BYTES = 28
const CONTROL_BYTES = CONTROL_WORDS * 4
const SLOT_WORDS = HEADER_WORDS + VECTOR_WORDS + NAME_WORDS + CONTROL_WORDS

const SOL_SOCKET = 1
const SO_TIMESTAMPNS = 35
const STAMP_BYTES = 32
const CLOCK_REALTIME = 0
const MSG_DONTWAIT = 0x40
const EINTR = 4
const EAGAIN = 11
const AF_INET = 2

/** Words that tell one sender from another: family, port and address. */
export const SENDER_WORDS = 7

/** Where datagrams land: `slots` places of `slotBytes`, from `start` of these bytes on. */
export type Landing = {
  readonly bytes: Uint8Array
  readonly start: number
  readonly slots: number
  readonly slotBytes: number
}

/**
 * Reads many datagrams by one call of the system, with the kernel's arrival times, into slots. What the kernel writes to (payloads,
 * senders, times) is laid out once; every address and length is of this table's own memory, which it holds.
 */
export class BatchTable {
  readonly slots: number
  readonly #calls: SystemCalls
  readonly #landing: Landing
  readonly #table: Uint32Array
  readonly #bytes: Uint8Array
  readonly #headers: number
  readonly #names: number
  readonly #controls: number
  /** Two words of a time, or an option's value. */
  readonly #scratch: number
  readonly #at: number

  constructor(calls: SystemCalls, landing: Landing) {
    const { slots, slotBytes, start, bytes } = landing
    if (start + slots * slotBytes > bytes.length) throw new RangeError('The slots are longer than their memory.')
    this.slots = slots
    this.#calls = calls
    this.#landing = landing
    this.#table = new Uint32Array(new SharedArrayBuffer((slots * SLOT_WORDS + VECTOR_WORDS) * 4))
    this.#bytes = new Uint8Array(this.#table.buffer)
    this.#at = calls.addressOf(this.#table)
    this.#headers = 0
    const vectors = slots * HEADER_WORDS
    this.#names = vectors + slots * VECTOR_WORDS
    this.#controls = this.#names + slots * NAME_WORDS
    this.#scratch = this.#controls + slots * CONTROL_WORDS
    const landed = calls.addressOf(bytes) + start
    for (let slot = 0; slot < slots; slot++) {
      const header = this.#headers + slot * HEADER_WORDS
      const vector = vectors + slot * VECTOR_WORDS
      this.#pointer(header, this.#addressOf(this.#names + slot * NAME_WORDS))
      this.#pointer(header + 4, this.#addressOf(vector))
      this.#table[header + 6] = 1
      this.#pointer(header + 8, this.#addressOf(this.#controls + slot * CONTROL_WORDS))
      this.#pointer(vector, landed + slot * slotBytes)
      this.#table[vector + 2] = slotBytes
    }
    this.#makeReady(0, slots)
  }

  /** Has the kernel note arrival times for a socket. @throws Error of the system */
  stampTimes(fd: number): void {
    this.#table[this.#scratch] = 1
    const value = this.#addressOf(this.#scratch)
    if (this.#calls.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, value, 4) !== 0)
      throw new SystemError(this.#calls.errno())
  }

  /**
   * Reads up to `most` waiting datagrams into the slots from `first` on.
   * @returns how many; fewer than `most` means that no more are waiting
   * @throws SystemError
   */
  read(fd: number, first: number, most: number): number {
    const count = Math.min(most, this.slots - first)
    if (first < 0 || count < 1) throw new RangeError('There are no such slots.')
    const headers = this.#addressOf(this.#headers + first * HEADER_WORDS)
    const received = this.#calls.recvmmsg(fd, headers, count, MSG_DONTWAIT, 0)
    if (received > 0) return received
    const errno = received === 0 ? EAGAIN : this.#calls.errno()
    if (errno === EAGAIN || errno === EINTR) return 0
    throw new SystemError(errno)
  }

  /** Lets the slots from `first` on receive again, once their datagrams were taken. */
  release(first: number, count: number): void {
    this.#makeReady(first, count)
  }

  /** Offset of a slot's datagram in the landing's bytes. */
  start(slot: number): number {
    return this.#landing.start + slot * this.#landing.slotBytes
  }

  payload(slot: number): Uint8Array {
    const start = this.start(slot)
    return this.#landing.bytes.subarray(start, start + this.length(slot))
  }

  length(slot: number): number {
    return Math.min(this.#word(slot * HEADER_WORDS + 14), this.#landing.slotBytes)
  }

  /** Arrival of a slot's datagram by the system's date, µs; null where the kernel did not note it. */
  arrivalUs(slot: number): number | null {
    const at = this.#controls + slot * CONTROL_WORDS
    const stamped =
      this.#word(slot * HEADER_WORDS + 10) >= STAMP_BYTES &&
      this.#word(at) === STAMP_BYTES &&
      this.#word(at + 2) === SOL_SOCKET &&
      this.#word(at + 3) === SO_TIMESTAMPNS
    return stamped ? this.#timeUs(at + 4) : null
  }

  /** The system's date, µs. */
  dateUs(): number {
    this.#calls.clock_gettime(CLOCK_REALTIME, this.#addressOf(this.#scratch))
    return this.#timeUs(this.#scratch)
  }

  /** Whether a slot's datagram is from the sender that `known` holds; then `known` holds its sender. */
  isFrom(slot: number, known: Uint32Array): boolean {
    const at = this.#names + slot * NAME_WORDS
    const first = this.#word(at)
    const words = (first & 0xffff) === AF_INET ? 2 : SENDER_WORDS
    let same = true
    for (let word = 0; word < words; word++) {
      const value = this.#word(at + word)
      // The flow label of IPv6 belongs to no sender.
      if (value === known[word] || (words > 2 && word === 1)) continue
      known[word] = value
      same = false
    }
    return same
  }

  /** Sender of a slot's datagram, in the words of Node's sockets. */
  sender(slot: number): { readonly address: string; readonly port: number } {
    const at = (this.#names + slot * NAME_WORDS) * 4
    const bytes = this.#bytes
    const port = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
    if (this.#word(at / 4) % 0x10000 !== AF_INET) {
      const linkLocal = bytes[at + 8] === 0xfe && ((bytes[at + 9] as number) & 0xc0) === 0x80
      const zone = linkLocal ? zoneOf(this.#word(at / 4 + 6)) : ''
      return { address: formatIpv6(bytes, at + 8) + zone, port }
    }
    const [a, b, c, d] = bytes.subarray(at + 4, at + 8) as unknown as [number, number, number, number]
    return { address: formatIpv4((a << 24) | (b << 16) | (c << 8) | d), port }
  }

  /** What the kernel shortened to what it wrote is the whole of its memory again. */
  #makeReady(first: number, count: number): void {
    for (let slot = first; slot < first + count; slot++) {
      const header = this.#headers + slot * HEADER_WORDS
      this.#table[header + 2] = NAME_BYTES
      this.#table[header + 10] = CONTROL_BYTES
      this.#table[header + 12] = 0
    }
  }

  #word(at: number): number {
    return this.#table[at] as number
  }

  #addressOf(word: number): number {
    return this.#at + word * 4
  }

  #pointer(at: number, address: number): void {
    this.#table[at] = address % 2 ** 32
    this.#table[at + 1] = Math.floor(address / 2 ** 32)
  }

  #timeUs(at: number): number {
    const seconds = this.#word(at) + this.#word(at + 1) * 2 ** 32
    return seconds * 1e6 + Math.floor(this.#word(at + 2) / 1000)
  }
}

/** A failed call of the system. */
export class SystemError extends Error {
  readonly errno: number

  constructor(errno: number) {
    super(`system error ${errno}`)
    this.name = 'SystemError'
    this.errno = errno
  }
}

/** The interface of a link-local address, as Node appends it. */
function zoneOf(index: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((each) => each.family === 'IPv6' && each.scopeid === index)) return `%${name}`
  }
  return ''
}
