import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { parseIpv4, parseIpv6 } from '../protocol/ip/address.ts'
import { i32 } from '../protocol/ip/wire.ts'

/** A bound UDP socket in /proc/net/udp and udp6. */
export type ProcSocket = { readonly local: string; readonly inode: string; readonly drops: number }

/** Address and port in the kernel's form: 32-bit words in host order (little-endian), then the port, in hex. */
export function procAddress(address: string, port: number): string {
  const ipv6 = parseIpv6(address)
  const words: number[] = []
  if (ipv6 === null) words.push(parseIpv4(address) ?? 0)
  else for (let at = 0; at < 16; at += 4) words.push(i32(ipv6, at))
  return `${words.map(littleEndianHex).join('')}:${hex(port, 4)}`
}

function littleEndianHex(word: number): string {
  return hex(word & 255, 2) + hex((word >>> 8) & 255, 2) + hex((word >>> 16) & 255, 2) + hex(word >>> 24, 2)
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}

/** Rows of such a file; other lines are skipped. */
export function parseProcUdp(text: string): ProcSocket[] {
  const sockets: ProcSocket[] = []
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/)
    const [, local, , , , , , , , inode] = columns
    const drops = Number(columns[columns.length - 1])
    if (local === undefined || inode === undefined || columns.length < 13 || !Number.isFinite(drops)) continue
    sockets.push({ local, inode, drops })
  }
  return sockets
}

/** All UDP sockets of this network namespace; null on systems other than Linux. */
export function readProcUdp(family: 4 | 6): ProcSocket[] | null {
  try {
    return parseProcUdp(readFileSync(family === 4 ? '/proc/net/udp' : '/proc/net/udp6', 'latin1'))
  } catch {
    return null
  }
}

/** Inodes of the sockets this process has open; empty on systems without /proc. */
export function ownSocketInodes(): Set<string> {
  const inodes = new Set<string>()
  try {
    for (const descriptor of readdirSync('/proc/self/fd')) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1]
        if (inode !== undefined) inodes.add(inode)
      } catch {
        // Closed after it was listed.
      }
    }
  } catch {
    // Not Linux.
  }
  return inodes
}
