import { isMulticastAddress } from '../../contract/multicast-address.ts'
import { parseIpv4, parseIpv6 } from './address.ts'

/*
 * Addresses that a broadcast names: which of them this computer may follow. Names of hosts are never looked up.
 */

/**
 * Why a destination that signalling names must not be joined; null where it may: a multicast address in figures, routed beyond
 * the local network (not 224.0.0.0/24, RFC 5771 §4; not ff01:: and ff02::, RFC 4291 §2.7), and a port.
 * @returns words that complete "239.1.1.1:0 …"
 */
export function refusalOfGroup(address: string, port: number): string | null {
  const v4 = parseIpv4(address)
  if (v4 === null && parseIpv6(address) === null) return 'is no IP address'
  if (!isMulticastAddress(address)) return 'is not a multicast address'
  const local = v4 === null ? /^ff[0-9a-f][012]:/i.test(address) : v4 >>> 8 === 0xe0_00_00
  if (local) return 'is a group of the local network only'
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? null : 'has no port'
}

/** Blocks of IPv4 that are not of the public internet (RFC 6890), as first address and prefix length. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/** Ends of names that are of this computer or its network. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|localdomain|home\.arpa)\.?$/i

/**
 * Why an HTTP server that signalling names must not be asked; null where it may: a public address, or a name that is not of a
 * local network.
 * @param host of a URL: a name, an IPv4 address, or an IPv6 address in brackets
 * @returns words that complete "The repair server … "
 */
export function refusalOfHost(host: string): string | null {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const v4 = parseIpv4(bare)
  if (v4 !== null) return isPrivateV4(v4) ? 'is not of the public internet' : null
  const v6 = parseIpv6(bare)
  if (v6 !== null) return isPrivateV6(v6) ? 'is not of the public internet' : null
  if (bare === '' || !bare.includes('.') || LOCAL_NAME.test(bare)) return 'is a name of a local network'
  return null
}

function isPrivateV4(address: number): boolean {
  return PRIVATE_V4.some(([first, bits]) => {
    const shift = 32 - bits
    return Math.floor(address / 2 ** shift) === Math.floor((parseIpv4(first) ?? 0) / 2 ** shift)
  })
}

/** All but 2000::/3; of it, not the documentation and translated blocks that hold an IPv4 address. */
function isPrivateV6(bytes: Uint8Array): boolean {
  const at = (index: number): number => bytes[index] ?? 0
  const embedded = (from: number): boolean =>
    isPrivateV4(((at(from) << 24) | (at(from + 1) << 16) | (at(from + 2) << 8) | at(from + 3)) >>> 0)
  // 64:ff9b::/96 and 2002::/16 lead to an IPv4 address.
  if (at(0) === 0 && at(1) === 0x64 && at(2) === 0xff && at(3) === 0x9b) return embedded(12)
  if (at(0) === 0x20 && at(1) === 0x02) return embedded(2)
  if (at(0) === 0x20 && at(1) === 0x01 && at(2) === 0x0d && at(3) === 0xb8) return true
  return at(0) >> 5 !== 1
}
