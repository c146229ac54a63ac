// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it } from 'vitest'
import type { RepairSnapshot } from '../../../core/contract/snapshot.ts'
import { RepairServers } from './RepairServers.tsx'

const repair: RepairSnapshot = {
  active: 1,
  queued: 2,
  done: 11,
  failed: 4,
  bytes: 26_064,
  servers: [
    { url: 'http://a.example/', state: 'ready', requests: 1, bytes: 26_064, problem: null },
    { url: 'http://b.example/', state: 'refused', requests: 3, bytes: 0, problem: 'its bytes differ at 2896' },
  ],
}

const textOf = (value: RepairSnapshot | null): string => {
  const host = document.createElement('div')
  act(() => createRoot(host).render(<RepairServers repair={value} />))
  return (host.textContent ?? '').replace(/\s+/g, ' ')
}

it('shows the progress of fetching, and the state of each server', () => {
  const text = textOf(repair)
  expect(text).toContain('11 repaired, 3 pending, 4 failed')
  expect(text).toContain('http://a.example/ready1 request')
  expect(text).toContain('http://b.example/no longer used3 requests')
  expect(text).toContain('its bytes differ at 2896')
})

it('is absent without repair', () => {
  expect(textOf(null)).toBe('')
  expect(textOf({ ...repair, servers: [] })).toContain('no server is known yet')
})
