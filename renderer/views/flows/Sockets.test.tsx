// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it } from 'vitest'
import type { LeftSnapshot, SocketSnapshot } from '../../../core/contract/snapshot.ts'
import { Sockets } from './Sockets.tsx'

const socket: SocketSnapshot = {
  destination: '225.1.1.0:6000',
  interface: '127.0.0.1 (lo)',
  joinedWallUs: 0,
  packets: 10,
  askedBufferBytes: 16_777_216,
  grantedBufferBytes: 8_388_608,
  reading: 'one by one (koffi is not installed)',
  filter: null,
  passedOver: 0,
  droppedByHost: 7,
  problem: null,
}

const textOf = (sockets: readonly SocketSnapshot[], left: readonly LeftSnapshot[] = []): string => {
  const host = document.createElement('div')
  act(() => createRoot(host).render(<Sockets sockets={sockets} left={left} />))
  return (host.textContent ?? '').replace(/\s+/g, ' ')
}

it('shows requested and granted buffers, and drops of this computer', () => {
  const text = textOf([socket])
  expect(text).toContain('225.1.1.0:6000 on 127.0.0.1 (lo)')
  expect(text).toMatch(/receive buffer 8.388.608 B of 16.777.216 requested/)
  expect(text).toContain('read one by one (koffi is not installed)')
  expect(text).toContain('dropped by this computer 7')
})

it('is absent for a capture, and shows a dash where the system does not count', () => {
  expect(textOf([])).toBe('')
  expect(textOf([{ ...socket, droppedByHost: null }])).toContain('dropped by this computer –')
})

it('lists groups left for now, with the reason', () => {
  expect(textOf([socket], [{ destination: '225.1.1.0:6001', reason: 'silent for 60 s' }])).toContain(
    '225.1.1.0:6001 leftsilent for 60 s; joined again when a player asks for it',
  )
})
