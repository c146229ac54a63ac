import { u16At } from '../../bytes/ints.ts'
import { isMulticastAddress } from '../../contract/multicast-address.ts'
import { i32 } from './wire.ts'

/** Dotted form of an IPv4 address given as 32 bits, signed or not. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** Text of the IPv6 address at `at` in RFC 5952's canonical form: lower case, the longest run of zero groups as `::`. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  const groups: number[] = []
  for (let index = 0; index < 8; index++) groups.push(u16At(bytes, at + index * 2))
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (mapped) return `::ffff:${formatIpv4(i32(bytes, at + 12))}`
  let runStart = -1
  let runLength = 1 // a single zero group is written out
  for (let index = 0; index < 8; index++) {
    let length = 0
    while (index + length < 8 && groups[index + length] === 0) length++
    if (length > runLength) {
      runStart = index
      runLength = length
    }
  }
  const hex = groups.map((group) => group.toString(16))
  if (runStart < 0) return hex.join(':')
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`
}

/** @returns the address as unsigned 32 bits; null where the text is not four numbers 0 to 255 without leading zeros */
export function parseIpv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return null
  let value = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null
    value = value * 256 + Number(part)
  }
  return value
}

/** @returns the 16 bytes of an IPv6 address (no brackets, no zone); null where the text is none */
export function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groupsOf(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] as string, true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const bytes = new Uint8Array(16)
  for (const [index, group] of groups.entries()) {
    bytes[index * 2] = group >>> 8
    bytes[index * 2 + 1] = group
  }
  return bytes
}

function groupsOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const ipv4 = parseIpv4(part)
      if (ipv4 === null) return null
      groups.push(ipv4 >>> 16, ipv4 & 0xffff)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return null
    }
  }
  return groups
}

/** The address in canonical form; null where the text is none, or cannot be a sender's (a group, all zeros). */
export function senderAddress(text: string): string | null {
  const v4 = parseIpv4(text)
  const v6 = v4 === null ? parseIpv6(text) : null
  if (v4 === null && v6 === null) return null
  const address = v4 !== null ? formatIpv4(v4) : formatIpv6(v6 as Uint8Array, 0)
  return v4 === 0 || address === '::' || isMulticastAddress(address) ? null : address
}

/** `ip:port` or `[ipv6]:port`. */
export function formatDestination(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
