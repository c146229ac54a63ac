import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChunkName, serialiseChunkName } from './chunk-name.ts'

describe('chunk names', () => {
  it.each([
    ['seg.m4s#1024', { resource: 'seg.m4s', offset: 1024, isLast: false, hasRandomAccessPoint: false }],
    ['seg.m4s?isLast#4096', { resource: 'seg.m4s', offset: 4096, isLast: true, hasRandomAccessPoint: false }],
    ['seg.m4s?hasRandomAccessPoint#0', { resource: 'seg.m4s', offset: 0, isLast: false, hasRandomAccessPoint: true }],
    [
      'http://a/b?isLast&hasRandomAccessPoint#154360',
      { resource: 'http://a/b', offset: 154_360, isLast: true, hasRandomAccessPoint: true },
    ],
    ['b?token=1&isLast#7', { resource: 'b?token=1', offset: 7, isLast: true, hasRandomAccessPoint: false }],
  ])('%s', (name, chunk) => {
    expect(parseChunkName(name)).toEqual(chunk)
  })

  it.each(['seg.m4s', 'seg.m4s?isLast', 'seg#', 'seg#1a', '#12', 'seg#-1', 'seg#9999999999999999'])(
    '%s is not a chunk name',
    (name) => {
      expect(parseChunkName(name)).toBeNull()
    },
  )

  it('are read back as written', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a.m4s', 'tag:x.2025/a.m4s', 'http://h/p?q=1', 'p?q=1&r'),
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        (resource, offset, isLast, hasRandomAccessPoint) => {
          const chunk = { resource, offset, isLast, hasRandomAccessPoint }
          expect(parseChunkName(serialiseChunkName(chunk))).toEqual(chunk)
        },
      ),
    )
  })
})
