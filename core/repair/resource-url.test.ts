import { describe, expect, it } from 'vitest'
import { addressOn, httpAddress, resourceOf } from './resource-url.ts'

describe('resourceOf', () => {
  it.each([
    ['v/1.m4s', 'v/1.m4s', 0, false],
    ['v/1.m4s#0', 'v/1.m4s', 0, true],
    ['v/1.m4s?isLast#154360', 'v/1.m4s', 154360, true],
    ['v/1.m4s?isLast&hasRandomAccessPoint#154360', 'v/1.m4s', 154360, true],
    ['v/1.m4s?hasRandomAccessPoint#0', 'v/1.m4s', 0, true],
    ['v/1.m4s?token=a&isLast#7', 'v/1.m4s?token=a', 7, true],
    ['v/1.m4s#part', 'v/1.m4s', 0, false],
    ['v/1.m4s?isLast', 'v/1.m4s', 0, false],
  ])('%s', (name, bare, offset, isChunk) => {
    expect(resourceOf(name)).toEqual({ name: bare, offset, isChunk })
  })
})

describe('addressOn', () => {
  it.each([
    ['http://s.example', null, 'seg-1.m4s', 'http://s.example/seg-1.m4s'],
    ['http://s.example/x', null, 'v/seg 1.m4s', 'http://s.example/x/v/seg%201.m4s'],
    ['http://s.example/x/', null, '/v/1.m4s', 'http://s.example/x/v/1.m4s'],
    ['http://s.example/x/', 'tag:a.example/', 'tag:a.example/v/1.m4s', 'http://s.example/x/v/1.m4s'],
    ['http://s.example/x/', 'other/', 'tag:a.example,2025/v/1.m4s', 'http://s.example/x/v/1.m4s'],
    ['http://s.example/x/', null, 'http://origin.example/a/1.m4s?k=v', 'http://s.example/x/a/1.m4s?k=v'],
    ['http://s.example/x/', null, 'a%2Fb%zz.m4s', 'http://s.example/x/a%2Fb%25zz.m4s'],
    ['http://s.example/x/', null, '//evil.example/1.m4s', 'http://s.example/x/evil.example/1.m4s'],
    ['http://s.example/x/', null, '../../secret', null],
    ['http://s.example/x/', null, '%2e%2e/secret', null],
    ['http://s.example/x/', null, '', null],
    ['ftp://s.example/', null, 'a', null],
  ])('%s with %s off %s', (server, strip, name, address) => {
    expect(addressOn(server, strip, name)).toBe(address)
  })
})

it('takes only http addresses', () => {
  expect(httpAddress(' https://a.example/x ')).toBe('https://a.example/x')
  expect(httpAddress('file:///etc/passwd')).toBeNull()
  expect(httpAddress('x/y')).toBeNull()
})
