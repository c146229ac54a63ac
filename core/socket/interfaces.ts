import { networkInterfaces } from 'node:os'
import type { NetworkInterface } from '../contract/engine-api.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { formatIpv6, parseIpv4, parseIpv6 } from '../protocol/ip/address.ts'

/** The addresses of this machine's active interfaces, loopback last. */
export function listInterfaces(): NetworkInterface[] {
  const list: NetworkInterface[] = []
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address, family, internal } of addresses ?? []) {
      list.push({ name, address, family: family === 'IPv6' ? 'IPv6' : 'IPv4', loopback: internal })
    }
  }
  return list.sort((a, b) => Number(a.loopback) - Number(b.loopback))
}

/**
 * Finds an interface by address or name.
 * @returns its address of the requested family
 * @throws AppFailure address-not-local | interface-gone, with the existing interfaces
 */
export function resolveInterface(
  text: string,
  family: 'IPv4' | 'IPv6',
  list: readonly NetworkInterface[],
): NetworkInterface {
  const isAddress = parseIpv4(text) !== null || text.includes(':')
  const named = isAddress
    ? list.filter((entry) => sameAddress(entry.address, text))
    : list.filter((entry) => entry.name === text)
  if (named.length === 0 && isAddress) {
    throw new AppFailure(
      'address-not-local',
      `${text} is not an address of this machine.`,
      `Choose an interface of this machine: ${describeInterfaces(list)}.`,
    )
  }
  if (named.length === 0) {
    throw new AppFailure(
      'interface-gone',
      `There is no network interface "${text}" that is up.`,
      `Choose one of: ${describeInterfaces(list)}.`,
    )
  }
  // An address of the other family: the same interface may have one of the requested family.
  const names = new Set(named.map((entry) => entry.name))
  const usable = named.find((entry) => entry.family === family)
  const sibling = usable ?? list.find((entry) => names.has(entry.name) && entry.family === family)
  if (sibling === undefined) {
    throw new AppFailure(
      'address-not-local',
      `The interface ${text} has no ${family} address.`,
      `Choose one that has: ${describeInterfaces(list.filter((entry) => entry.family === family))}.`,
    )
  }
  return sibling
}

/** `eth0 (192.0.2.2), lo (127.0.0.1)`. */
export function describeInterfaces(list: readonly NetworkInterface[]): string {
  return list.map(({ name, address }) => `${name} (${address})`).join(', ') || 'none is up'
}

function sameAddress(address: string, text: string): boolean {
  if (address === text) return true
  const ours = parseIpv6(address)
  const theirs = parseIpv6(text.replace(/%.*$/, ''))
  return ours !== null && theirs !== null && formatIpv6(ours, 0) === formatIpv6(theirs, 0)
}
