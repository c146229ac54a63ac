import { expect, it } from 'vitest'
import { pathOfReference } from '../files/outside-name.ts'
import { NamesOnAir } from './names-on-air.ts'

it('gives every file a name that is a plain path once a receiver decodes it', () => {
  const names = new NamesOnAir('http://origin/live/m.m3u8')
  const addresses = [
    'http://origin/live/a.ts',
    'http://origin/live/..%2f..%2fx.ts',
    'http://origin/live/%2e%2e%2fx.ts',
    'http://origin/live/a%5c..%5cx.ts',
    'http://origin/live/x%00.ts',
    'http://origin/live/%E2%80%AEx.mp4',
    'http://origin/live//x.ts',
    'http://origin/live/%2fetc/x.ts',
    'http://other/..%2fx.m3u8',
    'http://other/%ff.ts',
    `http://other/${'x'.repeat(300)}.ts`,
  ]
  const given = addresses.map((address) => names.of(address))
  expect(given.filter((name) => !pathOfReference(name).ok)).toEqual([])
  expect(given.slice(0, 3)).toEqual(['a.ts', 'b0/1.ts', 'b0/2.ts'])
  expect(new Set(given).size).toBe(addresses.length)
  expect(addresses.map((address) => names.of(address))).toEqual(given)
})
