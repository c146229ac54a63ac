import { expect, test } from 'vitest'
import { parseProcUdp, procAddress } from './host-drops.ts'

const PROC = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  401: 000101E1:1770 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 28437 2 0000000000000000 1234
  617: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 18021 2 0000000000000000 0
garbage
`

test('rows of /proc/net/udp give address, inode and drops', () => {
  expect(parseProcUdp(PROC)).toEqual([
    { local: '000101E1:1770', inode: '28437', drops: 1234 },
    { local: '0100007F:0035', inode: '18021', drops: 0 },
  ])
})

test("addresses have the kernel's form on a little-endian machine", () => {
  expect(procAddress('225.1.1.0', 6000)).toBe('000101E1:1770')
  expect(procAddress('127.0.0.1', 53)).toBe('0100007F:0035')
  expect(procAddress('::1', 53)).toBe('00000000000000000000000001000000:0035')
})
