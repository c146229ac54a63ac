import { isMulticastAddress } from '../../contract/multicast-address.ts'
import type { Flow } from '../../flow/datagrams.ts'
import { formatDestination, formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts'
import { i32 } from './wire.ts'

/** Most flows kept separately, so that a hostile capture cannot fill the memory. */
export const FLOW_LIMITS = { unicast: 16384, multicast: 65536 } as const

/**
 * Interns flows by number: looking up a known one allocates nothing. Beyond FLOW_LIMITS all new flows of a family share the
 * flow to port 0 of the unspecified address, so that unicast cannot push out multicast.
 */
export class FlowTable {
  /** PLP of the flows looked up next, or -1: the same addresses on two PLPs are two flows. */
  plp = -1
  readonly #flows: Flow[] = []
  readonly #ipv4 = new KeyTable(4)
  readonly #ipv6 = new KeyTable(10)
  #last4: Flow | null = null
  #last6: Flow | null = null
  #overflow4: Flow | null = null
  #overflow6: Flow | null = null
  #unicast = 0
  #multicast = 0

  /** Every flow seen, at the index of its id. */
  get flows(): readonly Flow[] {
    return this.#flows
  }

  /** Addresses as 32 bits, signed or unsigned. */
  ipv4(source: number, destination: number, sourcePort: number, destinationPort: number): Flow {
    const key = this.#ipv4.key
    const ports = (sourcePort << 16) | destinationPort
    const from = source | 0
    const to = destination | 0
    const plp = this.plp
    if (this.#last4 !== null && key[0] === from && key[1] === to && key[2] === ports && key[3] === plp) {
      return this.#last4
    }
    key[0] = from
    key[1] = to
    key[2] = ports
    key[3] = plp
    const id = this.#ipv4.find()
    const flow = id >= 0 ? (this.#flows[id] as Flow) : this.#add4(from, to, sourcePort, destinationPort)
    this.#last4 = flow
    return flow
  }

  /** Both addresses are 16 bytes in `bytes`. */
  ipv6(
    bytes: Uint8Array,
    sourceOffset: number,
    destinationOffset: number,
    sourcePort: number,
    destinationPort: number,
  ): Flow {
    const key = this.#ipv6.key
    const ports = (sourcePort << 16) | destinationPort
    let same = this.#last6 !== null && key[8] === ports && key[9] === this.plp
    key[8] = ports
    key[9] = this.plp
    for (let word = 0; word < 4; word++) {
      const from = i32(bytes, sourceOffset + word * 4)
      const to = i32(bytes, destinationOffset + word * 4)
      if (key[word] !== from || key[word + 4] !== to) same = false
      key[word] = from
      key[word + 4] = to
    }
    if (same) return this.#last6 as Flow
    const id = this.#ipv6.find()
    const flow =
      id >= 0
        ? (this.#flows[id] as Flow)
        : this.#add6(bytes, sourceOffset, destinationOffset, sourcePort, destinationPort)
    this.#last6 = flow
    return flow
  }

  /** For sockets, whose addresses are text; a zone (`%eth0`) is ignored. An invalid address counts as unspecified. */
  byText(sourceAddress: string, destinationAddress: string, sourcePort: number, destinationPort: number): Flow {
    const source = withoutZone(sourceAddress)
    const destination = withoutZone(destinationAddress)
    if (!destination.includes(':')) {
      return this.ipv4(parseIpv4(source) ?? 0, parseIpv4(destination) ?? 0, sourcePort, destinationPort)
    }
    const bytes = new Uint8Array(32)
    bytes.set(parseIpv6(source) ?? [], 0)
    bytes.set(parseIpv6(destination) ?? [], 16)
    return this.ipv6(bytes, 0, 16, sourcePort, destinationPort)
  }

  #add4(source: number, destination: number, sourcePort: number, destinationPort: number): Flow {
    const to = formatIpv4(destination)
    if (!this.#admit(to)) {
      this.#overflow4 ??= this.#push(4, '0.0.0.0', '0.0.0.0', 0, 0)
      return this.#overflow4
    }
    this.#ipv4.add(this.#flows.length)
    return this.#push(4, formatIpv4(source), to, sourcePort, destinationPort)
  }

  #add6(bytes: Uint8Array, source: number, destination: number, sourcePort: number, destinationPort: number): Flow {
    const to = formatIpv6(bytes, destination)
    if (!this.#admit(to)) {
      this.#overflow6 ??= this.#push(6, '::', '::', 0, 0)
      return this.#overflow6
    }
    this.#ipv6.add(this.#flows.length)
    return this.#push(6, formatIpv6(bytes, source), to, sourcePort, destinationPort)
  }

  #admit(destination: string): boolean {
    return isMulticastAddress(destination)
      ? ++this.#multicast <= FLOW_LIMITS.multicast
      : ++this.#unicast <= FLOW_LIMITS.unicast
  }

  #push(family: 4 | 6, source: string, destination: string, sourcePort: number, destinationPort: number): Flow {
    const flow: Flow = {
      id: this.#flows.length,
      family,
      sourceAddress: source,
      destinationAddress: destination,
      sourcePort,
      destinationPort,
      destination: formatDestination(destination, destinationPort),
      plp: this.plp < 0 ? null : this.plp,
    }
    this.#flows.push(flow)
    return flow
  }
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}

/** Open-addressing hash from a key of fixed width to a flow id. The looked-up key remains in `key`. */
class KeyTable {
  readonly key: Int32Array
  readonly #words: number
  #keys: Int32Array
  /** 0 empty, otherwise entry + 1. */
  #slots = new Int32Array(64)
  #ids = new Int32Array(32)
  #count = 0
  #slot = 0

  constructor(words: number) {
    this.#words = words
    this.key = new Int32Array(words)
    this.#keys = new Int32Array(words * 32)
  }

  /** Id stored under `key`, or -1; `add` may follow directly. */
  find(): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(this.key, 0, this.#words) & mask
    for (;;) {
      const entry = (this.#slots[slot] as number) - 1
      if (entry < 0) {
        this.#slot = slot
        return -1
      }
      if (this.#matches(entry)) return this.#ids[entry] as number
      slot = (slot + 1) & mask
    }
  }

  add(id: number): void {
    this.#keys.set(this.key, this.#count * this.#words)
    this.#ids[this.#count] = id
    this.#slots[this.#slot] = ++this.#count
    if (this.#count === this.#ids.length) this.#grow()
  }

  #matches(entry: number): boolean {
    const at = entry * this.#words
    for (let word = 0; word < this.#words; word++) if (this.#keys[at + word] !== this.key[word]) return false
    return true
  }

  #grow(): void {
    const keys = new Int32Array(this.#keys.length * 2)
    keys.set(this.#keys)
    this.#keys = keys
    const ids = new Int32Array(this.#ids.length * 2)
    ids.set(this.#ids)
    this.#ids = ids
    this.#slots = new Int32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = hashOf(this.#keys, entry * this.#words, this.#words) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = entry + 1
    }
  }
}

/** Murmur's mixing: flows of one session differ in few bits. */
function hashOf(words: Int32Array, at: number, count: number): number {
  let hash = 0x9747b28c | 0
  for (let index = at; index < at + count; index++) {
    let word = Math.imul(words[index] as number, 0xcc9e2d51)
    word = (word << 15) | (word >>> 17)
    hash ^= Math.imul(word, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
