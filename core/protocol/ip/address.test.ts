import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMulticastAddress } from '../../contract/multicast-address.ts'
import { formatDestination, formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts'

test('IPv4 text and number are inverses', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffffffff }), (value) => {
      expect(parseIpv4(formatIpv4(value))).toBe(value)
      expect(formatIpv4(value | 0)).toBe(formatIpv4(value))
    }),
  )
})

test.each(['1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', ' 1.2.3.4', '', 'a.b.c.d', '1.2.3.-4'])(
  '%j is not an IPv4 address',
  (text) => expect(parseIpv4(text)).toBeNull(),
)

test('IPv6 text and bytes are inverses, in the canonical form of RFC 5952', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect(parseIpv6(formatIpv6(bytes, 0))).toEqual(bytes)
    }),
  )
})

test.each([
  ['FF15:0:0:0:0:0:0:1', 'ff15::1'],
  ['::', '::'],
  ['1::', '1::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('%s is written %s', (text, canonical) => {
  expect(formatIpv6(parseIpv6(text) as Uint8Array, 0)).toBe(canonical)
})

test.each([
  '',
  ':',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  'g::1',
  '12345::',
  '1.2.3.4',
])('%j is no IPv6 address', (text) => expect(parseIpv6(text)).toBeNull())

test('multicast is distinguished from unicast in both families', () => {
  expect(['224.0.0.1', '239.255.255.255', 'ff15::1', 'FF02::1'].map(isMulticastAddress)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['223.255.255.255', '240.0.0.1', '127.0.0.1', 'fe80::1', '::ff'].map(isMulticastAddress)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})

test('a destination has the form of the report', () => {
  expect(formatDestination('225.1.1.0', 6000)).toBe('225.1.1.0:6000')
  expect(formatDestination('ff15::1', 6000)).toBe('[ff15::1]:6000')
})
