import { describe, expect, it, test } from 'vitest'
import { refusalOfGroup, refusalOfHost } from './signalled-address.ts'

describe('a destination that signalling names', () => {
  it.each([
    ['239.255.1.1', 6000],
    ['224.0.1.0', 1],
    ['224.0.23.60', 4937],
    ['232.1.2.3', 65_535],
    ['ff0e::1', 5000],
    ['ff15::1', 5000],
    ['FF3E::8000:1', 5000],
  ])('%s port %i may be joined', (address, port) => {
    expect(refusalOfGroup(address, port)).toBeNull()
  })

  it.each([
    ['tracker.example', 5000, 'is no IP address'],
    ['localhost', 5000, 'is no IP address'],
    ['', 5000, 'is no IP address'],
    ['239.1.1', 5000, 'is no IP address'],
    ['239.01.1.1', 5000, 'is no IP address'],
    ['0xef010101', 5000, 'is no IP address'],
    ['4009820417', 5000, 'is no IP address'],
    ['239.1.1.1%eth0', 5000, 'is no IP address'],
    ['ff02::fb%eth0', 5000, 'is no IP address'],
    ['127.0.0.1', 22, 'is not a multicast address'],
    ['255.255.255.255', 5000, 'is not a multicast address'],
    ['0.0.0.0', 5000, 'is not a multicast address'],
    ['192.168.1.255', 5000, 'is not a multicast address'],
    ['::1', 5000, 'is not a multicast address'],
    ['::ffff:239.1.1.1', 5000, 'is not a multicast address'],
    ['224.0.0.1', 5000, 'is a group of the local network only'],
    ['224.0.0.251', 5353, 'is a group of the local network only'],
    ['ff02::fb', 5353, 'is a group of the local network only'],
    ['ff31::1', 5000, 'is a group of the local network only'],
    ['239.1.1.1', 0, 'has no port'],
    ['239.1.1.1', 65_536, 'has no port'],
    ['239.1.1.1', 1.5, 'has no port'],
  ])('%s port %f may not: it %s', (address, port, reason) => {
    expect(refusalOfGroup(address, port)).toBe(reason)
  })
})

test.each(['repair.example.org', '93.184.216.34', '8.8.8.8', '[2606:2800:220:1::1]', '11.0.0.1', '172.32.0.1'])(
  'the server %s is of the public internet',
  (host) => {
    expect(refusalOfHost(host)).toBeNull()
  },
)

test.each([
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.1.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[fe80::1]',
  '[fd00::1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:db8::1]',
  'localhost',
  'LOCALHOST.',
  'router',
  'printer.local',
  'a.b.internal',
  'nas.home.arpa',
  '',
])('the server %s is not', (host) => {
  expect(refusalOfHost(host)).not.toBeNull()
})
