import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RecentItems } from './recent.ts'

const capture = (file: string) => ({ sources: [file], choices: {}, label: file })

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

  test('stores only its fields, and no password', () => {
    new RecentItems(file).add({ ...capture('a'), extra: 'x'.repeat(100) } as never)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([capture('a')])
    new RecentItems(file).add({ sources: ['http://me:secret@tuner/ch1'], choices: {} })
    expect(readFileSync(file, 'utf8')).not.toContain('secret')
  })

  test('reads what versions before stored', () => {
    writeFileSync(
      file,
      JSON.stringify([
        { kind: 'url', value: 'atsc:// route://239.1.1.1:6000', label: 'atsc:// route://239.1.1.1:6000' },
        { kind: 'capture', value: '/my captures/a.pcap', label: 'a.pcap' },
      ]),
    )
    expect(new RecentItems(file).list()).toEqual([
      { sources: ['atsc://', 'route://239.1.1.1:6000'], choices: {}, label: 'atsc:// route://239.1.1.1:6000' },
      { sources: ['/my captures/a.pcap'], choices: {}, label: 'a.pcap' },
    ])
  })
})
