import { expect, it } from 'vitest'
import { SessionSections } from '../contract/session-sections.ts'
import type { SectionMap } from '../contract/snapshot.ts'
import type { AnySection } from './part.ts'
import { SectionFeed } from './section-feed.ts'

it('reads a section only when its version has changed, for each window by itself', () => {
  let version = 1
  let reads = 0
  let value: SectionMap['gateway'] | null = null
  const section: AnySection = {
    name: 'gateway',
    version: () => version,
    read: () => {
      reads++
      return value
    },
  }
  const sections = [{ part: 'g', section }]
  const feed = new SectionFeed()
  expect(feed.changes(sections)).toEqual([])
  value = { baseUrl: 'http://127.0.0.1:1', requests: 0, bytes: 0, playsAtOnce: false }
  expect(feed.changes(sections)).toEqual([{ part: 'g', section: 'gateway', version: 1, value }])
  reads = 0
  for (let turn = 0; turn < 10; turn++) expect(feed.changes(sections)).toEqual([])
  expect(reads).toBe(0)
  expect(new SectionFeed().changes(sections)).toHaveLength(1)
  version = 2
  value = null
  expect(feed.changes(sections)).toEqual([{ part: 'g', section: 'gateway', version: 2, value: null }])
})

it('sends the changed fields of what the window has, also of a value that its part changes in place', () => {
  let version = 1
  const value = { baseUrl: 'http://127.0.0.1:1', requests: 0, bytes: 0, playsAtOnce: false }
  const sections = [{ part: 'g', section: { name: 'gateway', version: () => version, read: () => value } as const }]
  const feed = new SectionFeed()
  const window = new SessionSections()
  const part = { id: 'g', kind: 'gateway', title: 'g', subject: '', implied: false }
  const session = { name: '', phase: 'running', problems: [], demo: false, parts: [part], links: [] } as const
  window.take([{ part: null, section: 'session', version: 1, value: session }])
  window.take(feed.changes(sections))
  version = 2
  value.requests = 1
  const changes = feed.changes(sections)
  expect(changes).toEqual([{ part: 'g', section: 'gateway', version: 2, patch: ['.', { requests: 1 }] }])
  window.take(changes)
  expect(window.snapshot('s1')?.gateways).toEqual([value])
  version = 3
  expect(feed.changes(sections)).toEqual([])
})
