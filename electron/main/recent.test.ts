import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isRecentItem, RecentItems } from './recent.ts'

const capture = (value: string) => ({ kind: 'capture' as const, value, label: value })

describe('RecentItems', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recent-'))
    file = join(folder, 'recent.json')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('keeps entries newest first, once each, between runs', () => {
    const items = new RecentItems(file)
    for (const name of ['a', 'b', 'a']) items.add(capture(name))
    expect(new RecentItems(file).list()).toEqual([capture('a'), capture('b')])
  })

  test('drops the oldest', () => {
    const items = new RecentItems(file)
    for (let at = 0; at < 30; at += 1) items.add(capture(String(at)))
    expect(items.list()).toHaveLength(12)
    expect(items.list()[0]).toEqual(capture('29'))
  })

  test('starts empty from a broken file and drops invalid entries', () => {
    writeFileSync(file, '[{"kind":"capture"')
    expect(new RecentItems(file).list()).toEqual([])
    writeFileSync(file, JSON.stringify([7, { kind: 'shell', value: 'x', label: 'x' }, capture('good')]))
    expect(new RecentItems(file).list()).toEqual([capture('good')])
  })

  test('stores only its three fields', () => {
    new RecentItems(file).add({ ...capture('a'), extra: 'x'.repeat(100) } as never)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([capture('a')])
  })

  test('refuses overlong texts', () => {
    expect(isRecentItem(capture('x'.repeat(4096)))).toBe(true)
    expect(isRecentItem(capture('x'.repeat(4097)))).toBe(false)
    expect(isRecentItem(capture(''))).toBe(false)
  })
})
