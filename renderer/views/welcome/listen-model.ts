import type { NetworkInterface } from '../../../core/contract/engine-api.ts'

export type InterfaceChoice = { readonly value: string; readonly text: string }

/** Interfaces to join on, IPv4 first and loopback last. The value is the address, since names may be shared. */
export function interfaceChoices(interfaces: readonly NetworkInterface[]): readonly InterfaceChoice[] {
  const rank = (one: NetworkInterface) => (one.loopback ? 2 : 0) + (one.family === 'IPv6' ? 1 : 0)
  return [...interfaces]
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .map((one) => ({
      value: one.address,
      text: `${one.name}, ${one.address}${one.loopback ? ' (this computer only)' : ''}`,
    }))
}

/** Names of interfaces, each once, loopback last. */
export function interfaceNames(interfaces: readonly NetworkInterface[]): readonly string[] {
  const sorted = [...interfaces].sort((a, b) => Number(a.loopback) - Number(b.loopback))
  return [...new Set(sorted.map(({ name }) => name))]
}

/** IPv4 interfaces that are not in use. */
export function otherInterfaces(
  interfaces: readonly NetworkInterface[],
  used: readonly string[],
): readonly NetworkInterface[] {
  return interfaces.filter(
    (one) => one.family === 'IPv4' && !used.some((text) => text.includes(one.address) || text === one.name),
  )
}
