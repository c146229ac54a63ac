import type { SystemCalls } from '../guard/system-calls.ts'
import { parseIpv4, parseIpv6 } from '../protocol/ip/address.ts'

/*
 * Structures of Linux on 64-bit little-endian machines, in units of 32 bits:
 *
 * struct mmsghdr: name 0-1 | name bytes 2 | – | iovecs 4-5 | their count 6-7 | control 8-9 | control bytes 10-11 | flags 12 | – | sent 14 | –
 * struct iovec:   address 0-1 | bytes 2-3
 */
const HEADER_WORDS = 16
const VECTOR_WORDS = 4
/** struct sockaddr_in6, rounded up. */
const NAME_WORDS = 8
const SLOT_WORDS = HEADER_WORDS + VECTOR_WORDS + NAME_WORDS
const AF_INET = 2
const AF_INET6 = 10
const INET_BYTES = 16
const INET6_BYTES = 28

const MSG_DONTWAIT = 0x40
/** Packets passed on by one call. */
const SLOTS = 64
/** Longer packets are not for batches. */
const SLOT_BYTES = 2048
/** Destinations whose structures are kept. */
const MOST_NAMES = 4096

/** A destination as the kernel reads it; null words where a batch cannot carry it. */
type Name = { readonly address: string; readonly words: Uint32Array | null; readonly bytes: number }

/**
 * Collects packets and passes them to the system by one call. Structures are laid out once; every address and length is of this
 * table's own memory, which it holds.
 */
export class SendTable {
  /** Packets that wait. */
  count = 0
  readonly #calls: SystemCalls
  readonly #table = new Uint32Array(SLOTS * SLOT_WORDS)
  readonly #payloads = new Uint8Array(SLOTS * SLOT_BYTES)
  readonly #headers: number
  /** By port, so that no packet makes a key. */
  readonly #names = new Map<number, Name[]>()
  #nameCount = 0
  readonly #slotNames: Name[] = []
  readonly #slotPorts = new Uint16Array(SLOTS)

  constructor(calls: SystemCalls) {
    this.#calls = calls
    this.#headers = calls.addressOf(this.#table)
    const payloads = calls.addressOf(this.#payloads)
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = slot * HEADER_WORDS
      this.#pointer(header, this.#headers + nameAt(slot) * 4)
      this.#pointer(header + 4, this.#headers + vectorAt(slot) * 4)
      this.#table[header + 6] = 1
      this.#pointer(vectorAt(slot), payloads + slot * SLOT_BYTES)
    }
  }

  get isFull(): boolean {
    return this.count === SLOTS
  }

  /** Takes a copy of a packet. @returns false where it is too long, or its destination not a plain address */
  put(address: string, port: number, bytes: Uint8Array): boolean {
    if (bytes.length > SLOT_BYTES || this.count === SLOTS) return false
    const name = this.#name(address, port)
    if (name.words === null) return false
    const slot = this.count++
    if (this.#slotNames[slot] !== name) {
      this.#table.set(name.words, nameAt(slot))
      this.#table[slot * HEADER_WORDS + 2] = name.bytes
      this.#slotNames[slot] = name
    }
    this.#slotPorts[slot] = port
    this.#payloads.set(bytes, slot * SLOT_BYTES)
    this.#table[vectorAt(slot) + 2] = bytes.length
    return true
  }

  /**
   * Passes the waiting packets on and forgets them; `payload`, `address` and `port` still tell those that were not taken.
   * @returns how many the system took, from the first on: the rest has no room now, or cannot be sent
   */
  flush(fd: number): number {
    const { count } = this
    this.count = 0
    return count === 0 ? 0 : Math.max(0, this.#calls.sendmmsg(fd, this.#headers, count, MSG_DONTWAIT))
  }

  payload(slot: number): Uint8Array {
    const start = slot * SLOT_BYTES
    return this.#payloads.subarray(start, start + (this.#table[vectorAt(slot) + 2] as number))
  }

  address(slot: number): string {
    return this.#slotNames[slot]?.address ?? ''
  }

  port(slot: number): number {
    return this.#slotPorts[slot] as number
  }

  #name(address: string, port: number): Name {
    const list = this.#names.get(port)
    if (list !== undefined) for (const name of list) if (name.address === address) return name
    const name = nameOf(address, port)
    if (this.#nameCount++ >= MOST_NAMES) {
      this.#names.clear()
      this.#nameCount = 1
    }
    this.#names.set(port, [...(this.#names.get(port) ?? []), name])
    return name
  }

  #pointer(at: number, address: number): void {
    this.#table[at] = address % 2 ** 32
    this.#table[at + 1] = Math.floor(address / 2 ** 32)
  }
}

function vectorAt(slot: number): number {
  return SLOTS * HEADER_WORDS + slot * VECTOR_WORDS
}

function nameAt(slot: number): number {
  return SLOTS * (HEADER_WORDS + VECTOR_WORDS) + slot * NAME_WORDS
}

/**
 * ```
 * | family 16 | port 16, high byte first | IPv4 address                                  | – |
 * | family 16 | port 16, high byte first | flow label 32 | IPv6 address | scope 32       |
 * ```
 */
function nameOf(address: string, port: number): Name {
  const words = new Uint32Array(NAME_WORDS)
  const bytes = new Uint8Array(words.buffer)
  const ipv4 = parseIpv4(address)
  const ipv6 = ipv4 === null ? parseIpv6(address) : null
  if (ipv4 === null && ipv6 === null) return { address, words: null, bytes: 0 }
  bytes[0] = ipv4 === null ? AF_INET6 : AF_INET
  bytes[2] = port >>> 8
  bytes[3] = port
  if (ipv6 !== null) bytes.set(ipv6, 8)
  else bytes.set([(ipv4 ?? 0) >>> 24, (ipv4 ?? 0) >>> 16, (ipv4 ?? 0) >>> 8, ipv4 ?? 0], 4)
  return { address, words, bytes: ipv4 === null ? INET6_BYTES : INET_BYTES }
}
