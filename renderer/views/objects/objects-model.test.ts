import { describe, expect, it } from 'vitest'
import { fakeRow } from '../../testing/fake-engine.ts'
import { ObjectPages, PAGE_ROWS } from './object-pages.ts'
import { combinedFilter, firstSort, nextSort, receivedShare, typeName } from './objects-model.ts'

describe('the filter', () => {
  const channel = { tsi: 10 } as Parameters<typeof combinedFilter>[2]

  it('adds the selected service and channel to the typed terms', () => {
    expect(combinedFilter('', null, null)).toBe('')
    expect(combinedFilter(' state:partial ', 5003, channel)).toBe('state:partial service:5003 tsi:10')
  })
})

describe('the order', () => {
  it('starts with the newest object of a live source, with the first of a capture', () => {
    expect(firstSort({ live: true, pace: null }).descending).toBe(true)
    expect(firstSort({ live: false, pace: 'real' }).descending).toBe(true)
    expect(firstSort({ live: false, pace: 'fast' }).descending).toBe(false)
  })

  it('reverses on a second click, and begins with the largest number', () => {
    const bySize = nextSort({ column: 'toi', descending: true }, 'size')
    expect(bySize).toEqual({ column: 'size', descending: true })
    expect(nextSort(bySize, 'size').descending).toBe(false)
    expect(nextSort(bySize, 'name').descending).toBe(false)
  })
})

it('computes the share received, unless the size is unknown', () => {
  expect(receivedShare(null, 10)).toBeNull()
  expect(receivedShare(0, 0)).toBe(1)
  expect(receivedShare(200, 50)).toBe(0.25)
})

it('shortens content types', () => {
  expect(typeName('application/dash+xml; charset=utf-8')).toBe('dash+xml')
  expect(typeName('video/mp4')).toBe('video/mp4')
  expect(typeName(null)).toBe('–')
})

describe('pages', () => {
  const rows = (page: number) => Array.from({ length: PAGE_ROWS }, (_, at) => fakeRow(page * PAGE_ROWS + at))

  it('name missing pages, and return fetched rows', () => {
    const pages = new ObjectPages()
    expect(pages.missing(0, PAGE_ROWS + 1)).toEqual([0, 1])
    pages.put(1, rows(1))
    expect(pages.missing(0, PAGE_ROWS + 1)).toEqual([0])
    expect(pages.row(PAGE_ROWS + 3)?.index).toBe(PAGE_ROWS + 3)
    expect(pages.row(3)).toBeNull()
    expect(pages.missing(5, 5)).toEqual([0])
  })

  it('drop the least recently used', () => {
    const pages = new ObjectPages()
    for (let page = 0; page < 60; page++) {
      pages.put(page, rows(page))
      pages.missing(0, 1)
    }
    expect(pages.row(0)?.index).toBe(0)
    expect(pages.row(PAGE_ROWS)).toBeNull()
    expect(pages.row(59 * PAGE_ROWS)?.index).toBe(59 * PAGE_ROWS)
  })

  it('replace fetched rows only', () => {
    const pages = new ObjectPages()
    pages.put(0, rows(0))
    pages.replace(PAGE_ROWS - 1, [fakeRow(1000), fakeRow(1001)])
    expect(pages.row(PAGE_ROWS - 1)?.index).toBe(1000)
    expect(pages.row(PAGE_ROWS)).toBeNull()
  })
})
