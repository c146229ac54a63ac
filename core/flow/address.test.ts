import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressesOf, addressOf, leadsTo } from './address.ts'

describe('addressOf', () => {
  test.each([
    ['v-1.m4s', 'v-1.m4s'],
    ['./v-1.m4s', 'v-1.m4s'],
    ['x/../v-1.m4s', 'v-1.m4s'],
    ['.//v-1.m4s', 'v-1.m4s'],
    ['x/%2e%2E/v%2D1.m4s', 'v-1.m4s'],
    ['../../v-1.m4s', 'v-1.m4s'],
    ['/live/v-1.m4s', 'live/v-1.m4s'],
    ['live//v-1.m4s', 'live/v-1.m4s'],
    ['a/.', 'a/'],
    ['a/b/..', 'a/'],
    ['', ''],
    ['/', ''],
    ['vid%C3%A9o%20n-1.m4s', 'vidéo n-1.m4s'],
    ['a%2Fb%20c.bin', 'a%2Fb c.bin'],
    ['a%2fb c.bin', 'a%2Fb c.bin'],
    ['100%.bin', '100%25.bin'],
    ['100%25.bin', '100%25.bin'],
    ['%ff.bin', '%FF.bin'],
    ['a #1.bin', 'a %231.bin'],
    ['a%20%231.bin', 'a %231.bin'],
    ['v.m4s?t=1&d=%41%26', 'v.m4s?t=1&d=A%26'],
    ['v.m4s%3Ft=1', 'v.m4s%3Ft=1'],
    ['HTTP://Origin.example:80/x/../Y.m4s?z=1', 'http:/origin.example/Y.m4s?z=1'],
    ['http://origin.example', 'http:/origin.example/'],
    ['tag:a.example,2024/mani', 'tag:a.example,2024/mani'],
    ['dir\\v.m4s', 'dir/v.m4s'],
    ['a//../v.m4s', 'a/v.m4s'],
    ['a://b%#', 'a:/b%25/%23'],
    ['a://./%', 'a:/%25'],
  ])('%j is %j', (name, address) => {
    expect(addressOf(name)).toBe(address)
  })

  test('is the address of itself, as URL parsers make it of what they take', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a./%2eF?#: é\\&') }), (name) => {
        const address = addressOf(name)
        expect(addressOf(address)).toBe(address)
        // What begins with an authority is no name, and some of those are no URL.
        if (!/^[\w./ é-]*$/.test(name) || name.startsWith('//')) return
        const parsed = new URL(encodeURI(name).replace(/%25/g, '%'), 'http://h/').href
        expect(addressOf(parsed)).toBe(addressOf(`http://h/${name}`))
      }),
    )
  })
})

test('a reference leads to a file with its query, or without', () => {
  expect(addressesOf('./v.m4s?t=1')).toEqual(['v.m4s?t=1', 'v.m4s'])
  expect(leadsTo('v.m4s?t=1', './v.m4s')).toBe(true)
  expect(leadsTo('v.m4s?t=1', 'v.m4s?t=1')).toBe(true)
  expect(leadsTo('v.m4s?t=1', 'v.m4s?t=2')).toBe(false)
  expect(leadsTo('v.m4s', 'v.m4s?t=1')).toBe(false)
})
