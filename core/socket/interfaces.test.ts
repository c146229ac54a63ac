import { expect, test } from 'vitest'
import type { NetworkInterface } from '../contract/engine-api.ts'
import { listInterfaces, resolveInterface } from './interfaces.ts'

const LIST: NetworkInterface[] = [
  { name: 'eth0', address: '192.0.2.2', family: 'IPv4', loopback: false },
  { name: 'eth0', address: 'fe80::1', family: 'IPv6', loopback: false },
  { name: 'wlan0', address: '198.51.100.7', family: 'IPv4', loopback: false },
  { name: 'lo', address: '127.0.0.1', family: 'IPv4', loopback: true },
]

test('this machine has a loopback interface, listed last', () => {
  const list = listInterfaces()
  expect(list.map((entry) => entry.address)).toContain('127.0.0.1')
  const firstLoopback = list.findIndex((entry) => entry.loopback)
  expect(list.slice(firstLoopback).every((entry) => entry.loopback)).toBe(true)
})

test('an interface is found by name, by address, and by its address of the other family', () => {
  expect(resolveInterface('eth0', 'IPv4', LIST)).toBe(LIST[0])
  expect(resolveInterface('eth0', 'IPv6', LIST)).toBe(LIST[1])
  expect(resolveInterface('198.51.100.7', 'IPv4', LIST)).toBe(LIST[2])
  expect(resolveInterface('192.0.2.2', 'IPv6', LIST)).toBe(LIST[1])
  expect(resolveInterface('FE80:0::1', 'IPv4', LIST)).toBe(LIST[0])
})

test.each([
  ['eth9', 'IPv4', 'interface-gone', 'There is no network interface "eth9" that is up.'],
  ['10.9.9.9', 'IPv4', 'address-not-local', '10.9.9.9 is not an address of this machine.'],
  ['wlan0', 'IPv6', 'address-not-local', 'The interface wlan0 has no IPv6 address.'],
] as const)('%s is refused, saying which exist', (text, family, code, message) => {
  expect(() => resolveInterface(text, family, LIST)).toThrow(
    expect.objectContaining({
      error: { code, message, tryThis: expect.stringContaining('eth0 (') },
    }),
  )
})
