import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodePath, parseTarget } from './request-target.ts'

describe('parseTarget', () => {
  test.each([
    ['/', ['']],
    ['/service1/a%20b.mp4', ['service1', 'a b.mp4']],
    ['/service1/', ['service1', '']],
    ['/a%2520b', ['a%20b']],
    ['/a?as=sent', ['a']],
    ['http://127.0.0.1:80/service1/x', ['service1', 'x']],
    ['http://127.0.0.1', ['']],
    ['/service1/tag:host.2025/x.mp4', ['service1', 'tag:host.2025', 'x.mp4']],
    ['/..%c3%a9', ['..é']],
    ['/a%2fb%20c', ['a%2fb c']],
    ['/a%252fb', ['a%2fb']],
  ])('%s', (target, components) => {
    expect(parseTarget(target)).toMatchObject({ components })
  })

  test.each([
    '/../x',
    '/a/./b',
    '/%2e%2e/x',
    '/a%5cb',
    '/a\\b',
    '/%00',
    '/a%0d%0aSet-Cookie:x',
    '/%zz',
    '/%',
    '/%c3%28',
    'x',
    '',
    '*',
    'ftp://host/x',
  ])('%j is refused', (target) => {
    expect(parseTarget(target)).toBe(400)
  })

  test('a target that is too long is refused as such', () => {
    expect(parseTarget(`/${'a'.repeat(9000)}`)).toBe(414)
  })
})

test('a name survives encoding and parsing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const path = encodePath(name)
      if (path === null) return
      const target = parseTarget(`/${path}`)
      if (typeof target === 'number') throw new Error(`refused ${path}`)
      expect(target.components.join('/')).toBe(name)
      expect(path).toMatch(/^[\x21-\x7e]*$/)
    }),
  )
  expect(encodePath('tag:host.2025/a b?#%.mp4')).toBe('tag:host.2025/a%20b%3F%23%25.mp4')
  expect([encodePath('../x'), encodePath('a\\b'), encodePath('\ud800')]).toEqual([null, null, null])
})
