import { expect, test } from 'vitest'
import { AppFailure } from '../failure/app-failure.ts'
import { parseMulticastUrl } from './multicast-url.ts'

test.each([
  ['route://225.1.1.0:6000', 'route', '225.1.1.0', 6000, ''],
  ['route://225.1.1.0:6000/', 'route', '225.1.1.0', 6000, '/'],
  ['ROUTE://225.1.1.0:6000/service1/live.mpd', 'route', '225.1.1.0', 6000, '/service1/live.mpd'],
  ['route://225.1.1.0:6000/:max_segs=4:rtimeout=100', 'route', '225.1.1.0', 6000, '/'],
  ['route://225.1.1.0:6000/a.mpd:gpac:odir=x', 'route', '225.1.1.0', 6000, '/a.mpd'],
  ['route://225.1.1.0:6000:max_segs=4', 'route', '225.1.1.0', 6000, ''],
  ['route://[ff15::1]:6000', 'route', 'ff15::1', 6000, ''],
  ['route://[FF15:0:0::0:1]:6000/x', 'route', 'ff15::1', 6000, '/x'],
  ['route://127.0.0.1:6000', 'route', '127.0.0.1', 6000, ''],
  ['route://225.1.1.0:65535', 'route', '225.1.1.0', 65535, ''],
  ['mabr://225.1.1.0:6000', 'mabr', '225.1.1.0', 6000, ''],
  ['mabr://[ff15::1]:6000/', 'mabr', 'ff15::1', 6000, '/'],
  ['atsc://', 'atsc', null, null, ''],
  ['atsc://:max_segs=4', 'atsc', null, null, ''],
  ['atsc://224.0.23.60:4937', 'atsc', '224.0.23.60', 4937, ''],
])('%s', (text, scheme, address, port, path) => {
  expect(parseMulticastUrl(text)).toEqual({ scheme, address, port, path })
})

test.each([
  ['route://225.1.1.0', 'route://225.1.1.0 names no port.'],
  ['route://225.1.1.0:', 'route://225.1.1.0: names no port.'],
  ['route://[ff15::1]', 'route://[ff15::1] names no port.'],
  ['route://225.1.1.0:0', 'The port 0 of route://225.1.1.0:0 is not a number from 1 to 65535.'],
  ['route://225.1.1.0:65536', 'The port 65536 of route://225.1.1.0:65536 is not a number from 1 to 65535.'],
  ['route://225.1.1.0:60o0', 'The port 60o0 of route://225.1.1.0:60o0 is not a number from 1 to 65535.'],
  ['route://225.1.1.0:-1/x', 'The port -1 of route://225.1.1.0:-1/x is not a number from 1 to 65535.'],
  ['route://', 'route:// names no address.'],
  ['route://:6000', 'route://:6000 names no address.'],
  ['route://225.1.1:6000', '"225.1.1" in route://225.1.1:6000 is not an IPv4 address.'],
  ['route://225.1.1.300:6000', '"225.1.1.300" in route://225.1.1.300:6000 is not an IPv4 address.'],
  ['route://example:6000', '"example" in route://example:6000 is not an IP address; names are not looked up.'],
  ['route://ff15::1:6000', 'route://ff15::1:6000 has an IPv6 address without brackets.'],
  ['route://[ff15::zz]:6000', '"ff15::zz" in route://[ff15::zz]:6000 is not an IPv6 address.'],
  ['route://[ff12::1%eth0]:6000', 'The address ff12::1%eth0 of route://[ff12::1%eth0]:6000 names an interface.'],
  ['route://0.0.0.0:6000', '0.0.0.0 in route://0.0.0.0:6000 is neither a multicast address nor one of this machine.'],
  [
    'route://255.255.255.255:6000',
    '255.255.255.255 in route://255.255.255.255:6000 is neither a multicast address nor one of this machine.',
  ],
  ['mabr://', 'mabr:// names no address.'],
  ['flute://225.1.1.0:6000', 'flute:// is not a scheme that can be received.'],
  ['http://127.0.0.1/', 'http:// is not a scheme that can be received.'],
  ['225.1.1.0:6000', '"225.1.1.0:6000" is not a multicast URL.'],
  ['', '"" is not a multicast URL.'],
])('%s is refused with what is wrong', (text, message) => {
  let failure: unknown = null
  try {
    parseMulticastUrl(text)
  } catch (thrown) {
    failure = thrown
  }
  expect(failure).toBeInstanceOf(AppFailure)
  const { error } = failure as AppFailure
  expect(error.code).toBe('bad-url')
  expect(error.message).toBe(message)
  expect(error.tryThis).toMatch(/\.$/)
})

test('an unknown scheme is refused with the supported ones', () => {
  expect(() => parseMulticastUrl('udp://225.1.1.0:1')).toThrow(
    expect.objectContaining({
      error: expect.objectContaining({ tryThis: expect.stringContaining('route://IP:PORT') }),
    }),
  )
})
