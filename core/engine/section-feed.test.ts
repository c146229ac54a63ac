import { expect, it } from 'vitest'
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
  value = { baseUrl: 'http://127.0.0.1:1', requests: 0, bytes: 0 }
  expect(feed.changes(sections)).toEqual([{ part: 'g', section: 'gateway', version: 1, value }])
  reads = 0
  for (let turn = 0; turn < 10; turn++) expect(feed.changes(sections)).toEqual([])
  expect(reads).toBe(0)
  expect(new SectionFeed().changes(sections)).toHaveLength(1)
  version = 2
  value = null
  expect(feed.changes(sections)).toEqual([{ part: 'g', section: 'gateway', version: 2, value: null }])
})
